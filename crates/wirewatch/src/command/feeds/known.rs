//! Which feeds there are, and which of them a person means.

use crate::{
    app::App,
    command::demo::is_demo,
    exit::UsageError,
    feeds::{self, feed_url},
    output::printable,
};
use std::collections::HashSet;
use wirewatch_model::{FeedSpec, Origin, Publisher};
use wirewatch_store::{Database, FeedRow, Reader};

/// A feed of the database, or one of the list that no run has met yet.
pub(super) enum Known {
    Stored(Box<FeedRow>),
    Listed(Box<FeedSpec>),
}

impl Known {
    fn listed(spec: FeedSpec) -> Self {
        Self::Listed(Box::new(spec))
    }

    pub(super) fn url(&self) -> &str {
        match self {
            Self::Stored(row) => &row.url,
            Self::Listed(spec) => &spec.url,
        }
    }

    fn title(&self) -> Option<&str> {
        match self {
            Self::Stored(row) => row.title.as_deref(),
            Self::Listed(spec) => spec.title.as_deref(),
        }
    }

    fn publisher(&self) -> &Publisher {
        match self {
            Self::Stored(row) => &row.publisher,
            Self::Listed(spec) => &spec.publisher,
        }
    }

    /// The names a person may call it by.
    fn names(&self) -> impl Iterator<Item = String> {
        let Publisher { name, domain, .. } = self.publisher();
        [self.title().unwrap_or_default(), name, domain].map(str::to_lowercase).into_iter()
    }

    /// In one line: number, publisher, title, address.
    fn line(&self) -> String {
        let number = match self {
            Self::Stored(row) => row.id.to_string(),
            Self::Listed(_) => "-".to_owned(),
        };
        let title = self.title().map(|title| format!(" · {title}")).unwrap_or_default();
        printable(&format!("  {number}  {}{title}  {}", self.publisher().name, self.url()))
    }
}

/// Every feed; works before the first run too.
pub(super) fn known(app: &App) -> anyhow::Result<Vec<Known>> {
    let path = app.database_path();
    if !path.exists() {
        return Ok(feeds::load(&app.config)?.into_iter().map(Known::listed).collect());
    }
    let reader = Database::open_existing(&path)?.reader()?;
    let listed = list_of(app, &reader)?;
    let mut known: Vec<Known> = Vec::new();
    let mut met = HashSet::new();
    for row in reader.feeds()?.into_iter().filter(|row| row.origin != Origin::Backfill.as_str()) {
        met.insert(row.url.clone());
        known.push(Known::Stored(Box::new(row)));
    }
    // A run brings the list in; before it, and after the list was changed, some stand only there. A feed
    // that moved is found under the address it was listed with.
    if known.iter().any(|feed| matches!(feed, Known::Stored(row) if row.origin == Origin::File.as_str())) {
        for spec in listed {
            if !met.contains(&spec.url) && reader.find_feed(&spec.url)?.is_none() {
                known.push(Known::listed(spec));
            }
        }
    } else {
        known.extend(listed.into_iter().filter(|spec| !met.contains(&spec.url)).map(Known::listed));
    }
    Ok(known)
}

/// The list a run on this database would follow: the simulated press brings its own.
fn list_of(app: &App, reader: &Reader) -> anyhow::Result<Vec<FeedSpec>> {
    if is_demo(reader)? { Ok(Vec::new()) } else { feeds::load(&app.config) }
}

/// The feed of an address or number, in the database or, before a run has met it, in the list.
pub(super) fn find(app: &App, name: &str) -> anyhow::Result<Option<Known>> {
    let path = app.database_path();
    let listed = if path.exists() {
        let reader = Database::open_existing(&path)?.reader()?;
        if let Some(row) = reader.find_feed(name)? {
            return Ok(Some(Known::Stored(Box::new(row))));
        }
        list_of(app, &reader)?
    } else {
        feeds::load(&app.config)?
    };
    Ok(listed.into_iter().find(|spec| spec.url == name).map(Known::listed))
}

/// The feed a person means: by number, address, title or publisher.
pub(super) fn named(app: &App, name: &str) -> anyhow::Result<Known> {
    match means(app, name)? {
        Some(feed) => Ok(feed),
        None => {
            Err(UsageError(format!("no feed {name} is known: `wirewatch feeds list` shows those there are"))
                .into())
        }
    }
}

/// As [`named`], and `None` when no feed is meant.
pub(super) fn means(app: &App, name: &str) -> anyhow::Result<Option<Known>> {
    let name = name.trim();
    if let Some(found) = find(app, name)? {
        return Ok(Some(found));
    }
    if let Ok(url) = feed_url(name) {
        return find(app, &url);
    }
    let wanted = name.to_lowercase();
    let all = known(app)?;
    let (whole, part): (Vec<Known>, Vec<Known>) = all
        .into_iter()
        .filter(|feed| !wanted.is_empty() && feed.names().any(|name| name.contains(&wanted)))
        .partition(|feed| feed.names().any(|name| name == wanted));
    let mut meant = if whole.is_empty() { part } else { whole };
    match meant.len() {
        0 | 1 => Ok(meant.pop()),
        _ => {
            let lines: Vec<String> = meant.iter().take(12).map(Known::line).collect();
            let message = format!(
                "{} feeds may be meant by {name}; name one by number or address\n{}",
                meant.len(),
                lines.join("\n")
            );
            Err(UsageError(message).into())
        }
    }
}
