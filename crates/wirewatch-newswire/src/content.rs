//! The built-in content: outlets and articles from the files under `press/`, copies derived, checked.

use crate::bulletin;
use crate::raw::{ArticleFile, OutletFile, Quirks, RawArticle, RawCopy, RawOutlet};
use crate::text::{fill, first_sentence, first_words, paragraphs};
use std::collections::HashMap;
use wirewatch_model::{Relation, Stamp};

/// The files of articles, compiled in.
const ARTICLE_FILES: &[(&str, &str)] = &[
    ("buildup.toml", include_str!("../press/articles/buildup.toml")),
    ("bulletin.toml", include_str!("../press/articles/bulletin.toml")),
    ("copies.toml", include_str!("../press/articles/copies.toml")),
    ("economy.toml", include_str!("../press/articles/economy.toml")),
    ("february.toml", include_str!("../press/articles/february.toml")),
    ("german.toml", include_str!("../press/articles/german.toml")),
    ("offtopic.toml", include_str!("../press/articles/offtopic.toml")),
    ("rewrites.toml", include_str!("../press/articles/rewrites.toml")),
    ("russian.toml", include_str!("../press/articles/russian.toml")),
    ("talks.toml", include_str!("../press/articles/talks.toml")),
    ("ukrainian.toml", include_str!("../press/articles/ukrainian.toml")),
];

const OUTLETS: &str = include_str!("../press/outlets.toml");

/// What is wrong with the press's own files.
#[derive(Debug, thiserror::Error)]
pub enum ContentError {
    /// A file is no TOML or has an unknown or missing key.
    #[error("press/{file} cannot be read")]
    Read {
        /// The file.
        file: String,
        /// Line and reason.
        #[source]
        source: Box<toml::de::Error>,
    },
    /// An article refers to what is not there, or its values do not fit.
    #[error("press/articles/{file}, '{id}': {message}")]
    Article {
        /// The file.
        file: String,
        /// The article.
        id: String,
        /// What is wrong.
        message: String,
    },
    /// A page layout is not there or lacks a block.
    #[error("layout '{layout}' {message}")]
    Layout {
        /// The layout.
        layout: String,
        /// What is wrong.
        message: String,
    },
}

/// Everything the built-in press can ever show.
#[derive(Debug)]
pub(crate) struct Content {
    pub(crate) outlets: Vec<RawOutlet>,
    pub(crate) articles: Vec<Article>,
    /// How many publications and edits there are.
    pub(crate) events: usize,
    /// Events visible once edition `n + 1` is out.
    pub(crate) edition_ends: Vec<usize>,
}

/// One article at one outlet, with all its versions.
#[derive(Debug)]
pub(crate) struct Article {
    pub(crate) id: String,
    pub(crate) outlet: usize,
    pub(crate) section: String,
    pub(crate) author: Option<String>,
    pub(crate) published: Stamp,
    pub(crate) kind: ArticleKind,
    pub(crate) relevant: bool,
    pub(crate) topics: Vec<String>,
    pub(crate) quirks: Quirks,
    /// Path of its page.
    pub(crate) path: String,
    /// The article whose address its page declares as canonical.
    pub(crate) canonical: Option<usize>,
    /// First to latest; never empty.
    pub(crate) versions: Vec<Version>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ArticleKind {
    Original,
    Copy { of: String, relation: Relation },
    Bulletin { family: String },
}

/// A text of an article from one moment on.
#[derive(Clone, Debug)]
pub(crate) struct Version {
    pub(crate) title: String,
    pub(crate) summary: String,
    pub(crate) paragraphs: Vec<String>,
    pub(crate) at: Stamp,
    pub(crate) edition: u8,
    /// Place in the timeline: visible when more than this many events are.
    pub(crate) event: usize,
}

impl Article {
    /// The version on show when `visible` events are, with its number.
    pub(crate) fn version_at(&self, visible: usize) -> Option<(usize, &Version)> {
        self.versions.iter().enumerate().rev().find(|(_, version)| version.event < visible)
    }

    /// How often a reader sees its title or text change.
    pub(crate) fn revisions(&self) -> u32 {
        let changed =
            |pair: &&[Version]| pair[0].title != pair[1].title || pair[0].paragraphs != pair[1].paragraphs;
        u32::try_from(self.versions.windows(2).filter(changed).count()).unwrap_or(u32::MAX)
    }
}

impl RawOutlet {
    /// Its host name.
    pub(crate) fn host(&self) -> String {
        format!("{}.example", self.id)
    }

    /// The absolute address of a path.
    pub(crate) fn address(&self, path: &str) -> String {
        format!("http://{}.example{path}", self.id)
    }
}

/// Reads and checks the compiled-in files.
pub(crate) fn builtin() -> Result<Content, ContentError> {
    read(OUTLETS, ARTICLE_FILES)
}

fn read(outlets: &str, files: &[(&str, &str)]) -> Result<Content, ContentError> {
    let outlets = parse::<OutletFile>("outlets.toml", outlets)?.outlet;
    let mut articles: Vec<Article> = Vec::new();
    let mut parsed = Vec::new();
    for (file, text) in files {
        parsed.push((*file, parse::<ArticleFile>(&format!("articles/{file}"), text)?));
    }
    // Originals of all files come first: a copy may stand in another file than its original.
    for (file, raw) in &parsed {
        let builder = Builder { file, outlets: &outlets };
        for article in &raw.article {
            articles.push(builder.original(article)?);
        }
        for bulletin in &raw.bulletin {
            articles.extend(bulletin::days(&builder, bulletin)?);
        }
    }
    for (file, raw) in &parsed {
        let builder = Builder { file, outlets: &outlets };
        for copy in &raw.copy {
            let original = articles.iter().find(|article| article.id == copy.of);
            let original = original.ok_or_else(|| builder.invalid(&copy.id, "its original is unknown"))?;
            let copy = builder.copy(copy, original)?;
            articles.push(copy);
        }
    }
    link(&outlets, &mut articles)?;
    let (events, edition_ends) = lay_out_timeline(&mut articles);
    Ok(Content { outlets, articles, events, edition_ends })
}

fn parse<T: serde::de::DeserializeOwned>(file: &str, text: &str) -> Result<T, ContentError> {
    toml::from_str(text)
        .map_err(|source| ContentError::Read { file: file.to_owned(), source: Box::new(source) })
}

/// Makes articles of what one file says.
pub(crate) struct Builder<'a> {
    file: &'a str,
    outlets: &'a [RawOutlet],
}

impl Builder<'_> {
    pub(crate) fn invalid(&self, id: &str, message: impl Into<String>) -> ContentError {
        ContentError::Article { file: self.file.to_owned(), id: id.to_owned(), message: message.into() }
    }

    pub(crate) fn outlet(&self, id: &str, outlet: &str) -> Result<usize, ContentError> {
        let place = self.outlets.iter().position(|known| known.id == outlet);
        place.ok_or_else(|| self.invalid(id, format!("outlet '{outlet}' is unknown")))
    }

    pub(crate) fn stamp(&self, id: &str, text: &str) -> Result<Stamp, ContentError> {
        text.parse().map_err(|error| self.invalid(id, format!("{error}")))
    }

    fn original(&self, raw: &RawArticle) -> Result<Article, ContentError> {
        let published = self.stamp(&raw.id, &raw.published)?;
        let body = paragraphs(&raw.text);
        let Some(lead) = body.first() else { return Err(self.invalid(&raw.id, "has no text")) };
        let summary = raw.summary.clone().unwrap_or_else(|| first_sentence(lead).to_owned());
        let first = Version {
            title: raw.title.clone(),
            summary,
            paragraphs: body,
            at: published,
            edition: raw.edition,
            event: 0,
        };
        let mut versions = vec![first];
        for edit in &raw.edit {
            let next = self.edited(raw, &versions[versions.len() - 1], edit)?;
            versions.push(next);
        }
        Ok(Article {
            id: raw.id.clone(),
            outlet: self.outlet(&raw.id, &raw.outlet)?,
            section: raw.section.clone(),
            author: raw.author.clone(),
            published,
            kind: ArticleKind::Original,
            relevant: raw.relevant,
            topics: raw.topics.clone(),
            quirks: raw.quirks.clone(),
            path: String::new(),
            canonical: None,
            versions,
        })
    }

    fn edited(
        &self,
        raw: &RawArticle,
        before: &Version,
        edit: &crate::raw::RawEdit,
    ) -> Result<Version, ContentError> {
        let mut next = before.clone();
        next.at = self.stamp(&raw.id, &edit.at)?;
        if edit.edition <= before.edition || next.at.instant() <= before.at.instant() {
            return Err(self.invalid(&raw.id, "an edit must come after what it edits"));
        }
        next.edition = edit.edition;
        if let Some(text) = &edit.text {
            next.paragraphs = paragraphs(text);
        }
        for (old, new) in &edit.replace {
            let found = next.paragraphs.iter_mut().find(|paragraph| paragraph.contains(old.as_str()));
            let found = found.ok_or_else(|| self.invalid(&raw.id, format!("'{old}' is not in the text")))?;
            *found = found.replacen(old.as_str(), new, 1);
        }
        if let Some(more) = &edit.append {
            next.paragraphs.extend(paragraphs(more));
        }
        if let Some(title) = &edit.title {
            next.title.clone_from(title);
        }
        if let Some(summary) = &edit.summary {
            next.summary.clone_from(summary);
        }
        Ok(next)
    }

    fn copy(&self, raw: &RawCopy, original: &Article) -> Result<Article, ContentError> {
        let source = &original.versions[0];
        let published = self.stamp(&raw.id, &raw.published)?;
        let body = match (raw.relation, &raw.text, raw.keep_words) {
            (Relation::Exact, None, None) => source.paragraphs.clone(),
            (Relation::Syndicated, None, None) => syndicated(raw, source),
            (Relation::Truncated, None, Some(words)) => first_words(&source.paragraphs, words),
            (Relation::Rewritten, Some(text), None) => paragraphs(text),
            _ => return Err(self.invalid(&raw.id, "its keys do not fit its relation")),
        };
        let summary = match (&raw.summary, raw.relation) {
            (Some(summary), _) => summary.clone(),
            (None, Relation::Rewritten) => body.first().map_or("", |lead| first_sentence(lead)).to_owned(),
            (None, _) => source.summary.clone(),
        };
        let version = Version {
            title: raw.title.clone().unwrap_or_else(|| source.title.clone()),
            summary,
            paragraphs: body,
            at: published,
            edition: raw.edition,
            event: 0,
        };
        Ok(Article {
            id: raw.id.clone(),
            outlet: self.outlet(&raw.id, &raw.outlet)?,
            section: raw.section.clone(),
            author: raw.author.clone(),
            published,
            kind: ArticleKind::Copy { of: raw.of.clone(), relation: raw.relation },
            relevant: original.relevant,
            topics: original.topics.clone(),
            quirks: raw.quirks.clone(),
            path: String::new(),
            canonical: None,
            versions: vec![version],
        })
    }
}

fn syndicated(raw: &RawCopy, source: &Version) -> Vec<String> {
    let mut body = source.paragraphs.clone();
    if let (Some(dateline), Some(lead)) = (&raw.dateline, body.first_mut()) {
        *lead = format!("{dateline} {lead}");
    }
    body.extend(raw.credit.clone());
    body
}

/// Gives every article its path and finds the articles that pages declare as canonical.
fn link(outlets: &[RawOutlet], articles: &mut [Article]) -> Result<(), ContentError> {
    let mut places: HashMap<String, usize> = HashMap::new();
    for (place, article) in articles.iter_mut().enumerate() {
        let invalid =
            |message: String| ContentError::Article { file: "*".to_owned(), id: article.id.clone(), message };
        if places.insert(article.id.clone(), place).is_some() {
            return Err(invalid("the id stands twice".to_owned()));
        }
        let stamp = article.published.to_string();
        let (year, month, day) = (&stamp[..4], &stamp[5..7], &stamp[8..10]);
        let path = fill(&outlets[article.outlet].article_path, |name| match name {
            "section" => Some(article.section.as_str()),
            "slug" => Some(article.id.as_str()),
            "year" => Some(year),
            "month" => Some(month),
            "day" => Some(day),
            _ => None,
        });
        article.path = path.map_err(|name| invalid(format!("article_path names '{name}'")))?;
    }
    for article in articles {
        if let Some(other) = &article.quirks.canonical {
            let place = places.get(other).copied();
            article.canonical = Some(place.ok_or_else(|| ContentError::Article {
                file: "*".to_owned(),
                id: article.id.clone(),
                message: format!("canonical '{other}' is unknown"),
            })?);
        }
    }
    Ok(())
}

/// Numbers every publication and edit: by edition, then by time.
fn lay_out_timeline(articles: &mut [Article]) -> (usize, Vec<usize>) {
    let mut events: Vec<(u8, jiff::Timestamp, usize, usize)> = Vec::new();
    for (place, article) in articles.iter().enumerate() {
        for (number, version) in article.versions.iter().enumerate() {
            events.push((version.edition, version.at.instant(), place, number));
        }
    }
    events.sort();
    let last = events.last().map_or(0, |event| event.0);
    let ends = (1..=last).map(|edition| events.partition_point(|event| event.0 <= edition)).collect();
    for (event, (_, _, place, number)) in events.iter().enumerate() {
        articles[*place].versions[*number].event = event;
    }
    (events.len(), ends)
}

#[cfg(test)]
mod tests;
