//! What a reader of the press should have found.

use crate::content::{Article, ArticleKind};
use crate::newswire::{FeedState, Newswire};
use crate::raw::{FeedText, RawOutlet};
use serde::{Deserialize, Serialize};
use std::path::Path;
use wirewatch_model::Relation;

/// The ground truth: one record for each entry a feed announces.
///
/// An article announced by two feeds of its outlet has two records with the same `article` and
/// `address`. Copies are labelled from the writer's side: a reader who meets the copy before its
/// original finds the same pair the other way round.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Truth {
    /// How many editions there are.
    pub editions: usize,
    /// In the order of the feeds.
    pub entries: Vec<TruthEntry>,
}

/// One announced entry and the article behind it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TruthEntry {
    /// Address of the feed.
    pub feed: String,
    /// Host of the outlet.
    pub outlet: String,
    /// The press's own id of the article.
    pub article: String,
    /// What tells the entry from others of its feed: its id, else its link, else its title.
    pub key: String,
    /// The id the feed gives, as written (`guid`, `id`, in RSS 1.0 `rdf:about`).
    pub entry_id: Option<String>,
    /// The link the feed gives, with tracking parameters or a redirect.
    pub link: Option<String>,
    /// The address of the article's page, where it answers; `None` for an entry without link.
    pub address: Option<String>,
    /// An address of another outlet that the page declares as canonical.
    pub claims: Option<String>,
    /// The latest headline.
    pub title: String,
    /// BCP 47 code.
    pub language: String,
    /// The edition that first shows it, from 1.
    pub edition: u8,
    /// What it is.
    pub kind: EntryKind,
    /// For a copy: the press's id of its original.
    pub original: Option<String>,
    /// For a copy: the address of its original.
    pub original_address: Option<String>,
    /// For a copy: how it relates to its original.
    pub relation: Option<Relation>,
    /// For a bulletin: the family it belongs to. Days of one family are no copies of each other.
    pub family: Option<String>,
    /// Whether it belongs to the story the seeds follow.
    pub relevant: bool,
    /// The topics it is mainly about (slugs of the taxonomy).
    pub topics: Vec<String>,
    /// How often its title or text changes after its first version, over all editions.
    pub revisions: u32,
    /// Whether its page can be had.
    pub page: PageState,
    /// Whether the entry carries the whole text.
    pub full_text: bool,
}

/// What an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EntryKind {
    /// Written for its outlet.
    Original,
    /// Made from an article of another outlet.
    Copy,
    /// One day of a daily report.
    Bulletin,
}

/// Whether a page can be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PageState {
    /// It answers.
    Served,
    /// It answers 404: the feed's text must stand in.
    Missing,
    /// robots.txt closes it: it must not be asked for, and the feed's text must stand in.
    Disallowed,
    /// The entry has no link: the feed's text must stand in.
    Unlinked,
}

impl Truth {
    pub(crate) fn of(newswire: &Newswire) -> Self {
        let mut entries = Vec::new();
        for (outlet, state) in newswire.feeds() {
            for place in &state.articles {
                entries.push(entry(newswire, outlet, state, &newswire.content.articles[*place]));
            }
        }
        Self { editions: newswire.content.edition_ends.len(), entries }
    }

    /// The truth as JSON, for tools outside the program.
    pub fn to_json(&self) -> String {
        // Plain strings, numbers and lists: serialising them does not fail.
        serde_json::to_string_pretty(self).unwrap_or_default()
    }

    /// Writes [`to_json`](Self::to_json) to a file.
    pub fn write(&self, path: &Path) -> std::io::Result<()> {
        std::fs::write(path, self.to_json())
    }

    /// One record for each article, of those that several feeds announce the first.
    pub fn articles(&self) -> impl Iterator<Item = &TruthEntry> {
        let mut seen = std::collections::HashSet::new();
        self.entries.iter().filter(move |entry| seen.insert(entry.article.as_str()))
    }
}

fn entry(newswire: &Newswire, outlet: &RawOutlet, state: &FeedState, article: &Article) -> TruthEntry {
    let last = &article.versions[article.versions.len() - 1];
    let link = newswire.announced(&state.feed, article);
    let entry_id = newswire.entry_id(&state.feed, article);
    let key = entry_id.clone().or_else(|| link.clone()).unwrap_or_else(|| last.title.clone());
    let address_of = |id: &str| {
        let found = newswire.content.articles.iter().find(|other| other.id == id);
        found.map(|other| newswire.address(other))
    };
    let (kind, original, relation, family) = match &article.kind {
        ArticleKind::Original => (EntryKind::Original, None, None, None),
        ArticleKind::Copy { of, relation } => (EntryKind::Copy, Some(of.clone()), Some(*relation), None),
        ArticleKind::Bulletin { family } => (EntryKind::Bulletin, None, None, Some(family.clone())),
    };
    TruthEntry {
        feed: outlet.address(&state.feed.path),
        outlet: outlet.host(),
        article: article.id.clone(),
        key,
        entry_id,
        address: link.is_some().then(|| newswire.address(article)),
        link,
        claims: article.quirks.canonical.as_deref().and_then(address_of),
        title: last.title.clone(),
        language: outlet.language.clone(),
        edition: article.versions[0].edition,
        kind,
        original_address: original.as_deref().and_then(address_of),
        original,
        relation,
        family,
        relevant: article.relevant,
        topics: article.topics.clone(),
        revisions: article.revisions(),
        page: page_state(outlet, article),
        full_text: state.feed.text == FeedText::Full,
    }
}

fn page_state(outlet: &RawOutlet, article: &Article) -> PageState {
    if article.quirks.without_link {
        PageState::Unlinked
    } else if article.quirks.page_missing {
        PageState::Missing
    } else if outlet.disallow.iter().any(|prefix| article.path.starts_with(prefix.as_str())) {
        PageState::Disallowed
    } else {
        PageState::Served
    }
}
