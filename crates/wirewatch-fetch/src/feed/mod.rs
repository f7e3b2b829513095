//! temporary
use wirewatch_model::{Entry, FeedHead, Freshness, Repair, Stamp};
/// v
pub const PARSER_VERSION: u32 = 1;
/// x
#[derive(Debug)]
pub struct ParsedFeed {
    /// x
    pub head: FeedHead,
    /// x
    pub entries: Vec<Entry>,
    /// x
    pub repairs: Vec<Repair>,
    /// x
    pub rejects: Vec<String>,
    /// x
    pub freshness: Freshness,
    /// x
    pub whole: bool,
}
/// x
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotAFeedKind {
    /// x
    Text,
}
/// x
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct NotAFeed {
    /// x
    pub kind: NotAFeedKind,
    /// x
    pub message: String,
}
/// x
pub fn parse_feed(
    _body: &[u8],
    _content_type: Option<&str>,
    _url: Option<&str>,
) -> Result<ParsedFeed, NotAFeed> {
    Err(NotAFeed { kind: NotAFeedKind::Text, message: String::new() })
}
/// x
pub fn read_date(_: &str) -> Option<Stamp> {
    None
}
pub(crate) fn binary_kind(_: &[u8]) -> Option<&'static str> {
    None
}
