//! A folder of stored pages as a press: one host and one feed for each site, bytes as they were stored.
//!
//! The folder holds `gold.json` (`{id: {"url": …}}`; other fields are not read) and
//! `pages/ID.html.gz`, or it holds such folders, whose pages are then called `FOLDER/ID`. A page keeps host, path and query of its address and is served over http; a
//! page without address gets a host of its own.

use crate::conditional::{Coded, Document, StepTag};
use crate::text::escape;
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};
use url::Url;
use wirewatch_model::address;
use xxhash_rust::xxh3::xxh3_64;

/// Path of each host's feed; no stored page can have it.
pub(crate) const FEED_PATH: &str = "/wirewatch-press/feed.xml";

/// Why a folder cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// `gold.json` cannot be read.
    #[error("{path} cannot be read")]
    Read {
        /// The file.
        path: PathBuf,
        /// The reason.
        #[source]
        source: std::io::Error,
    },
    /// Neither the folder nor one directly in it holds a `gold.json`.
    #[error("{path} holds no gold.json, and no folder in it does")]
    NoPages {
        /// The folder.
        path: PathBuf,
    },
    /// `gold.json` is no object of records.
    #[error("{path} is no JSON object of pages")]
    Json {
        /// The file.
        path: PathBuf,
        /// Line and reason.
        #[source]
        source: serde_json::Error,
    },
}

/// Addresses and files; the bytes stay on disk until they are asked for.
#[derive(Debug)]
pub(crate) struct Folder {
    /// Host to its pages, in order of id.
    pub(crate) hosts: BTreeMap<String, Vec<StoredPage>>,
    files: HashMap<String, PathBuf>,
}

#[derive(Debug)]
pub(crate) struct StoredPage {
    pub(crate) id: String,
    pub(crate) url: String,
}

#[derive(Deserialize)]
struct GoldRecord {
    #[serde(default)]
    url: Option<String>,
}

impl Folder {
    pub(crate) fn open(dir: &Path) -> Result<Self, FolderError> {
        let mut folder = Self { hosts: BTreeMap::new(), files: HashMap::new() };
        let mut taken = HashSet::new();
        if dir.join("gold.json").exists() {
            folder.add(dir, "", &mut taken)?;
            return Ok(folder);
        }
        for (name, source) in sources(dir)? {
            folder.add(&source, &format!("{name}/"), &mut taken)?;
        }
        Ok(folder)
    }

    fn add(&mut self, dir: &Path, prefix: &str, taken: &mut HashSet<String>) -> Result<(), FolderError> {
        let path = dir.join("gold.json");
        let text = std::fs::read(&path).map_err(|source| FolderError::Read { path: path.clone(), source })?;
        let gold: BTreeMap<String, GoldRecord> =
            serde_json::from_slice(&text).map_err(|source| FolderError::Json { path, source })?;
        for (id, record) in gold {
            let file = dir.join("pages").join(format!("{id}.html.gz"));
            let id = format!("{prefix}{id}");
            let (host, url, identity) = place(&id, record.url.as_deref(), taken);
            self.files.insert(identity, file);
            self.hosts.entry(host).or_default().push(StoredPage { id, url });
        }
        Ok(())
    }

    /// The page at an address; `None` when there is none, an error when its file cannot be read.
    pub(crate) async fn page(&self, host: &str, path: &str) -> Option<std::io::Result<Document>> {
        let identity = address::identity(&format!("http://{host}{path}"))?;
        let file = self.files.get(&identity)?;
        Some(tokio::fs::read(file).await.map(|body| Document {
            content_type: "text/html".to_owned(),
            etag: Some(StepTag { hash: xxh3_64(&body), step: 0 }),
            body: Coded::Gzip(body),
            last_modified: None,
        }))
    }

    /// The feed of a host.
    pub(crate) fn feed(&self, host: &str) -> Option<Document> {
        let pages = self.hosts.get(host)?;
        let mut xml = format!(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<rss version=\"2.0\"><channel>\n<title>{host}</title>\
             <link>http://{host}/</link><description>Stored pages of {host}</description>\n"
        );
        for page in pages {
            let (id, url) = (escape(&page.id), escape(&page.url));
            xml.push_str(&format!(
                "<item><title>Page {id}</title><link>{url}</link><guid isPermaLink=\"false\">{id}</guid></item>\n"
            ));
        }
        xml.push_str("</channel></rss>\n");
        let body = xml.into_bytes();
        Some(Document {
            content_type: "application/rss+xml; charset=utf-8".to_owned(),
            etag: Some(StepTag { hash: xxh3_64(&body), step: 0 }),
            body: Coded::Plain(body),
            last_modified: None,
        })
    }
}

/// The folders in a folder that hold a `gold.json`, by name.
fn sources(dir: &Path) -> Result<Vec<(String, PathBuf)>, FolderError> {
    let read = |source| FolderError::Read { path: dir.to_owned(), source };
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).map_err(read)? {
        let entry = entry.map_err(read)?;
        if entry.path().join("gold.json").exists() {
            found.push((entry.file_name().to_string_lossy().into_owned(), entry.path()));
        }
    }
    if found.is_empty() {
        return Err(FolderError::NoPages { path: dir.to_owned() });
    }
    found.sort();
    Ok(found)
}

/// Host, address and identity of a page; no two pages of a folder share an identity.
fn place(id: &str, url: Option<&str>, taken: &mut HashSet<String>) -> (String, String, String) {
    let stored = url.and_then(|url| Url::parse(url.trim()).ok()).and_then(plain_http);
    let mut url = stored.unwrap_or_else(|| own_address(id));
    let mut identity = address::identity(url.as_str());
    if identity.as_ref().is_none_or(|identity| taken.contains(identity)) {
        url.query_pairs_mut().append_pair("page-id", id);
        identity = address::identity(url.as_str());
    }
    // An http address with a host always has an identity; the address itself is as unique.
    let identity = identity.unwrap_or_else(|| url.to_string());
    taken.insert(identity.clone());
    (url.host_str().unwrap_or_default().to_owned(), url.into(), identity)
}

/// The address over http on the usual port; `None` for what is no web address.
fn plain_http(mut url: Url) -> Option<Url> {
    url.host_str().filter(|host| !host.is_empty())?;
    url.set_scheme("http").ok()?;
    url.set_port(None).ok()?;
    url.set_username("").ok()?;
    url.set_password(None).ok()?;
    url.set_fragment(None);
    Some(url)
}

/// `http://ID.pages.example/HASH.html`; an id that is no plain host label is replaced by its hash.
fn own_address(id: &str) -> Url {
    let hash = format!("{:016x}", xxh3_64(id.as_bytes()));
    let plain = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit();
    let label = if (1..=60).contains(&id.len()) && id.chars().all(plain) { id } else { &hash };
    let address = format!("http://{label}.pages.example/{hash}.html");
    #[allow(clippy::expect_used, reason = "a label of small letters and digits makes a valid host name")]
    Url::parse(&address).expect("a valid address")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn addresses_keep_host_path_and_query() {
        let mut taken = HashSet::new();
        let (host, url, _) = place("a", Some("https://www.news.test:8443/x/y?b=2&a=1#top"), &mut taken);
        assert_eq!((host.as_str(), url.as_str()), ("www.news.test", "http://www.news.test/x/y?b=2&a=1"));
    }

    #[test]
    fn two_pages_of_one_address_are_told_apart() {
        let mut taken = HashSet::new();
        let (_, first, one) = place("a", Some("https://news.test/x"), &mut taken);
        let (_, second, two) = place("b", Some("http://www.news.test/x/?utm_source=feed"), &mut taken);
        assert_ne!(first, second);
        assert_ne!(one, two);
        assert!(second.ends_with("page-id=b"), "{second}");
    }

    proptest! {
        #[test]
        fn every_id_gets_an_address_of_its_own(ids in prop::collection::hash_set("\\PC{0,80}", 1..20)) {
            let mut taken = HashSet::new();
            let urls: HashSet<String> = ids.iter().map(|id| place(id, None, &mut taken).1).collect();
            prop_assert_eq!(urls.len(), ids.len());
        }

        #[test]
        fn no_address_panics(url in "\\PC{0,60}") {
            let (host, url, identity) = place("id", Some(&url), &mut HashSet::new());
            prop_assert!(!host.is_empty() && url.starts_with("http://") && !identity.is_empty());
        }
    }
}
