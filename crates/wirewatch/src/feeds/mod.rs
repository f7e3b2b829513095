//! Feed lists as people keep them: our `feeds.toml`, and OPML.

mod list;
pub(crate) mod opml;

pub(crate) use list::kind_from_name;

use anyhow::Context as _;
use std::path::Path;
use wirewatch_model::{FeedSpec, address};

/// The list that is followed when the user has none.
pub(crate) const BUILT_IN: &str = include_str!("../../../../config/feeds.toml");

/// What the compiled-in list is called in messages.
pub(crate) const BUILT_IN_NAME: &str = "config/feeds.toml (compiled in)";

/// The feeds of the user's file, else those of the compiled-in list.
pub(crate) fn load(file: Option<&Path>) -> anyhow::Result<Vec<FeedSpec>> {
    let Some(path) = file else {
        return Ok(list::parse(Path::new(BUILT_IN_NAME), BUILT_IN)?);
    };
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("the feed list {} cannot be read (feeds.file names it)", path.display()))?;
    Ok(list::parse(path, &text)?)
}

/// The address of a feed as it is stored, or why it is none.
pub(crate) fn checked_url(url: &str) -> Result<String, String> {
    let url = url.trim();
    match address::host(url) {
        Some(_) if url.starts_with("http://") || url.starts_with("https://") => Ok(url.to_owned()),
        _ => Err(format!("'{url}' is no http or https address")),
    }
}

/// The domain that identifies a publisher: that of an address.
pub(crate) fn domain_of(url: &str) -> String {
    address::publisher_domain(url).unwrap_or_default()
}
