//! What the network answered for one entry.

use crate::OwedEntry;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A page as it came over the wire, decompressed but not decoded.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    /// The address that answered, after redirects.
    pub url: String,
    /// The addresses that redirected, first asked first.
    pub redirects: Vec<String>,
    /// HTTP status.
    pub status: u16,
    /// The headers worth keeping as provenance, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The value of Content-Type.
    pub content_type: Option<String>,
    /// The decompressed body.
    pub body: Vec<u8>,
    /// SHA-256 of the body.
    pub sha256: [u8; 32],
    /// When the answer was complete.
    pub fetched_at: Timestamp,
}

impl Page {
    /// The value of a kept header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

impl fmt::Debug for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Page")
            .field("url", &self.url)
            .field("status", &self.status)
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// Where the bytes of an article came from: what is kept of a [`Page`] for good.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provenance {
    /// The address that answered.
    pub url: String,
    /// HTTP status.
    pub status: u16,
    /// The headers that matter, names in lower case.
    pub headers: Vec<(String, String)>,
    /// When the answer was complete.
    pub fetched_at: Timestamp,
    /// SHA-256 of the page.
    pub sha256: [u8; 32],
}

impl From<&Page> for Provenance {
    fn from(page: &Page) -> Self {
        Self {
            url: page.url.clone(),
            status: page.status,
            headers: page.headers.clone(),
            fetched_at: page.fetched_at,
            sha256: page.sha256,
        }
    }
}

/// Why a page could not be had.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageFailure {
    /// HTTP status, when there was an answer.
    pub status: Option<u16>,
    /// What happened, in words a person can act on.
    pub reason: String,
    /// A lasting failure (401, 403, 404, 410, 451, robots.txt, a wall, not an article): trying again
    /// soon is pointless.
    pub lasting: bool,
    /// The server asked not to be asked before this.
    pub retry_after: Option<Timestamp>,
}

/// The body an article is made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RawBody {
    /// The page itself.
    Page(Page),
    /// The page could not be had: the feed's own text stands in for it.
    Feed {
        /// Why there is no page; `None` when the entry links to none.
        failure: Option<PageFailure>,
    },
}

/// An entry with the body its article is made of, on the way to the cleaner.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RawArticle {
    /// The entry.
    pub owed: OwedEntry,
    /// The page, or the feed's own text.
    pub body: RawBody,
}
