//! `wirewatch feeds discover`: the feeds of a site.

use super::{network::Network, set::with_settings};
use crate::{
    app::App,
    exit::{Exit, UsageError},
    feeds::{self, domain_of, feed_url},
    output::{Column, Format, printable},
};
use clap::Args;
use serde::Serialize;
use std::{collections::HashSet, fmt::Write as _};
use wirewatch_fetch::{Discovery, FoundFeed, span_in_words};
use wirewatch_model::{FeedSettings, FeedSpec};

#[derive(Debug, Args)]
pub(super) struct DiscoverArgs {
    /// A page of the site, or its host
    #[arg(value_name = "URL|HOST")]
    site: String,
    /// Write lines that are ready for feeds.toml
    #[arg(long)]
    toml: bool,
    /// A setting for these requests, with the names of the feed list: proxy=ADDRESS, http1_only=true, …
    #[arg(long = "set", value_name = "KEY=VALUE")]
    settings: Vec<String>,
}

#[derive(Serialize)]
struct Row {
    url: String,
    title: Option<String>,
    found: &'static str,
    format: String,
    language: Option<String>,
    entries: usize,
    dated: usize,
    full_text: usize,
    newest_entry: Option<String>,
    comments: bool,
    score: i32,
}

const COLUMNS: &[Column] = &[
    Column::text("url"),
    Column::text("title"),
    Column::text("found"),
    Column::text("format"),
    Column::text("language"),
    Column::number("entries"),
    Column::number("dated").hidden(),
    Column::number("full_text"),
    Column::time("newest_entry"),
    Column::text("comments").hidden(),
    Column::number("score").hidden(),
];

pub(super) fn discover(app: &mut App, args: &DiscoverArgs) -> anyhow::Result<Exit> {
    let address = site_address(&args.site)?;
    let settings = with_settings(app, FeedSettings::default(), &args.settings)?;
    let discovery = Network::with(app, |app, network| Ok(network.discover(app, &address, &settings)))?;
    if args.toml {
        let listed = Listed::of(feeds::load(&app.config)?);
        let lines = toml_lines(&discovery, &listed, app.now.as_second());
        app.output.raw(lines.as_bytes())?;
    } else {
        show(app, &discovery.feeds)?;
    }
    for (url, reason) in &discovery.refused {
        tracing::debug!("{url} is no feed: {reason}");
    }
    if discovery.feeds.is_empty() {
        tracing::warn!("{}", nothing(&address, &discovery));
        return Ok(Exit::Partial);
    }
    if app.output.format() == Format::Table && !args.toml {
        tracing::info!("wirewatch feeds add URL follows one; --toml writes lines for your feed list");
    }
    Ok(Exit::Done)
}

/// The page to look at, of an address or a host.
pub(super) fn site_address(site: &str) -> anyhow::Result<String> {
    let site = site.trim();
    if !has_host(site) {
        let message = format!("'{site}' is no address: write the host of the site, as in press.example");
        return Err(UsageError(message).into());
    }
    let address = if site.contains("://") { site.to_owned() } else { format!("https://{site}") };
    match feed_url(&address) {
        Ok(url) => Ok(url),
        Err(reason) => Err(UsageError(reason).into()),
    }
}

/// Whether a text without a beginning can be an address: a host has a dot before its path.
pub(super) fn has_host(text: &str) -> bool {
    text.contains("://") || text.split('/').next().is_some_and(|host| host.contains('.'))
}

/// Why there is nothing to show.
pub(super) fn nothing(address: &str, discovery: &Discovery) -> String {
    let tried = match discovery.refused.len() {
        0 => String::new(),
        count => format!("; {count} addresses that may be one brought none (-v says why)"),
    };
    match &discovery.no_page {
        Some(reason) => format!("no feed was found: {address} cannot be looked at: {reason}{tried}"),
        None => format!("no feed was found on {address}{tried}"),
    }
}

/// Shows feeds, best first.
pub(super) fn show(app: &mut App, feeds: &[FoundFeed]) -> anyhow::Result<()> {
    let rows: Vec<Row> = feeds.iter().cloned().map(row).collect();
    app.output.rows(COLUMNS, &rows)
}

fn row(feed: FoundFeed) -> Row {
    Row {
        url: feed.url,
        title: feed.title,
        found: feed.found.as_str(),
        format: feed.format,
        language: feed.language,
        entries: feed.entries,
        dated: feed.dated,
        full_text: feed.full_text,
        newest_entry: feed.newest_entry.map(|at| at.to_string()),
        comments: feed.comments,
        score: feed.score,
    }
}

/// What the feed list has already.
#[derive(Default)]
struct Listed {
    urls: HashSet<String>,
    /// Domains.
    publishers: HashSet<String>,
}

impl Listed {
    fn of(specs: Vec<FeedSpec>) -> Self {
        let (urls, publishers) = specs.into_iter().map(|spec| (spec.url, spec.publisher.domain)).unzip();
        Self { urls, publishers }
    }
}

/// The feeds as a part of a feed list, with their publisher unless the list knows it. Those that nobody
/// wants by chance (readers' comments, feeds without entries) and those of the list are comments.
fn toml_lines(discovery: &Discovery, listed: &Listed, now: i64) -> String {
    let mut text = String::new();
    let site = discovery.page.as_deref().map(domain_of).filter(|domain| !domain.is_empty());
    let first = discovery.feeds.first();
    let domain = site.or_else(|| first.map(|feed| domain_of(&feed.url))).unwrap_or_default();
    // Writing to a string cannot fail.
    if let Some(feed) = first.filter(|_| !listed.publishers.contains(&domain)) {
        let name = feed.title.as_ref().unwrap_or(&domain);
        let _ = writeln!(text, "[publishers.{}]\nname = {}", quoted(&domain), quoted(name));
        if let Some(code) = &feed.language {
            let _ = writeln!(text, "language = {}", quoted(code));
        }
        text.push('\n');
    }
    for feed in &discovery.feeds {
        let newest =
            feed.newest_entry.map(|at| format!(", newest {} old", span_in_words(now - at.as_second())));
        let comments = if feed.comments { ", readers' comments" } else { "" };
        let is_listed = listed.urls.contains(&feed.url);
        let known = if is_listed { ", in your list already" } else { "" };
        let newest = newest.unwrap_or_default();
        let _ = writeln!(text, "# {} entries{newest}{comments}{known}", feed.entries);
        let mark = if is_listed || feed.comments || feed.entries == 0 { "# " } else { "" };
        let _ = writeln!(text, "{mark}[[feed]]\n{mark}url = {}", quoted(&feed.url));
        if domain_of(&feed.url) != domain {
            let _ = writeln!(text, "{mark}publisher = {}", quoted(&domain));
        }
        if let Some(title) = &feed.title {
            let _ = writeln!(text, "{mark}title = {}", quoted(title));
        }
        text.push('\n');
    }
    text
}

/// A text as a string of TOML, on one line.
fn quoted(text: &str) -> String {
    let text = printable(text).replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{text}\"")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feeds::read_list;
    use wirewatch_fetch::Found;

    fn feed(url: &str, title: &str) -> FoundFeed {
        FoundFeed {
            url: url.to_owned(),
            found: Found::Named,
            title: Some(title.to_owned()),
            language: Some("uk".to_owned()),
            format: "rss-2.0".to_owned(),
            entries: 20,
            dated: 20,
            full_text: 0,
            newest_entry: "2022-01-10T06:00:00Z".parse().ok(),
            comments: false,
            same_site: true,
            score: 90,
        }
    }

    #[test]
    fn lines_for_the_feed_list_are_a_feed_list() {
        let discovery = Discovery {
            page: Some("https://www.press.example/".to_owned()),
            feeds: vec![
                feed("https://www.press.example/rss", "The \"Press\" \\ daily\n"),
                feed("https://feeds.other.example/press", "Press"),
            ],
            ..Discovery::default()
        };
        let now = 1_641_801_600;
        let text = toml_lines(&discovery, &Listed::default(), now);
        assert!(text.contains("# 20 entries, newest 2 h old"), "{text}");
        // Also below a list that has publishers already.
        let list = format!(
            "[publishers]\n\"a.example\" = {{ name = \"A\" }}\n[[feed]]\nurl = \"https://a.example/\"\n\n{text}"
        );
        let feeds = read_list(&list).expect("a list");
        assert_eq!(feeds.len(), 3);
        assert!(feeds[1..].iter().all(|feed| feed.publisher.domain == "press.example"), "{feeds:?}");
        assert_eq!(feeds[1].publisher.language.as_deref(), Some("uk"));
        assert_eq!(feeds[1].title.as_deref(), Some("The \"Press\" \\ daily"));
        let again = toml_lines(&discovery, &Listed::of(feeds), now);
        assert!(!again.contains("[publishers") && again.contains("in your list already"), "{again}");
        assert_eq!(read_list(&format!("{list}{again}")).expect("a list").len(), 3, "none comes twice");
    }

    #[test]
    fn feeds_that_nobody_wants_by_chance_are_not_switched_on_by_pasting() {
        let mut feeds =
            ["rss", "comments", "empty"].map(|path| feed(&format!("https://a.example/{path}"), "A"));
        (feeds[1].comments, feeds[2].entries) = (true, 0);
        let discovery = Discovery { feeds: feeds.to_vec(), ..Discovery::default() };
        let text = toml_lines(&discovery, &Listed::default(), 1_641_801_600);
        let listed = read_list(&text).expect("a list");
        assert_eq!((listed.len(), listed[0].url.as_str()), (1, "https://a.example/rss"));
        assert!(text.contains("# url = \"https://a.example/comments\""), "{text}");
    }

    #[test]
    fn a_host_is_an_address_too() {
        assert_eq!(site_address("press.example").ok().as_deref(), Some("https://press.example/"));
        assert_eq!(
            site_address("http://press.example/news").ok().as_deref(),
            Some("http://press.example/news")
        );
        for site in ["", "localhost", "press", "a/b.c", "10.0.0.1", "ftp://press.example"] {
            assert!(site_address(site).is_err(), "{site}");
        }
    }
}
