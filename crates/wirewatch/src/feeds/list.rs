//! `feeds.toml`: who publishes, and which feeds are followed.

use crate::{
    config::{ConfigError, Origin, Problem, line_of, unknown},
    feeds::{
        country, domain, domain_of, folder, language, listed_url, named,
        settings::{self, TopicNames},
    },
};
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    ops::Range,
    path::Path,
};
use toml::de::{DeArray, DeTable, DeValue};
use wirewatch_fetch::check_settings;
use wirewatch_model::{FeedSettings, FeedSpec, Publisher, PublisherKind};

const TOP_KEYS: &[&str] = &["publishers", "feed"];
const PUBLISHER_KEYS: &[&str] = &["name", "country", "language", "kind"];
/// Beside the settings, which have names of their own.
const FEED_KEYS: &[&str] = &["url", "publisher", "title", "folder", "off"];

/// Reads a feed list; every mistake is named with its line.
pub(crate) fn parse(path: &Path, text: &str, topics: &TopicNames<'_>) -> Result<Vec<FeedSpec>, ConfigError> {
    let mut reader = ListReader { path, text, topics, problems: Vec::new() };
    let feeds = match DeTable::parse(text) {
        Ok(table) => reader.list(table.get_ref()),
        Err(error) => {
            reader.problem(&error.span().unwrap_or_default(), format!("not valid TOML: {}", error.message()));
            Vec::new()
        }
    };
    Problem::sort(&mut reader.problems);
    if reader.problems.is_empty() { Ok(feeds) } else { Err(ConfigError(reader.problems)) }
}

struct ListReader<'a> {
    path: &'a Path,
    text: &'a str,
    topics: &'a TopicNames<'a>,
    problems: Vec<Problem>,
}

impl ListReader<'_> {
    fn list(&mut self, top: &DeTable<'_>) -> Vec<FeedSpec> {
        self.known_keys(top, &[TOP_KEYS]);
        let mut publishers = HashMap::new();
        match top.get("publishers").map(|value| (value.span(), value.get_ref())) {
            Some((_, DeValue::Table(rows))) => publishers = self.publishers(rows),
            Some((span, _)) => self.problem(&span, "publishers must be a table".to_owned()),
            None => {}
        }
        match top.get("feed").map(|value| (value.span(), value.get_ref())) {
            Some((_, DeValue::Array(rows))) => self.feeds(rows, &publishers),
            Some((span, _)) => {
                self.problem(&span, "feeds are written as [[feed]]".to_owned());
                Vec::new()
            }
            None => Vec::new(),
        }
    }

    fn publishers(&mut self, rows: &DeTable<'_>) -> HashMap<String, Publisher> {
        let mut publishers = HashMap::new();
        for (key, row) in rows {
            let written = key.get_ref();
            let DeValue::Table(table) = row.get_ref() else {
                self.problem(&key.span(), format!("publisher {written} must be a table"));
                continue;
            };
            self.known_keys(table, &[PUBLISHER_KEYS]);
            let registrable = match domain(written) {
                Ok(registrable) => registrable,
                Err(message) => {
                    self.problem(&key.span(), format!("publisher {message}"));
                    continue;
                }
            };
            if registrable != *written {
                let message =
                    format!("publisher {written} must be named by its registrable domain, {registrable}");
                self.problem(&key.span(), message);
            }
            let kind = self.string(table, "kind").map(|kind| self.kind(table, &kind));
            let publisher = Publisher {
                name: self.name(table, "name").unwrap_or_else(|| registrable.clone()),
                domain: registrable.clone(),
                country: self.code(table, "country", country),
                language: self.code(table, "language", language),
                kind: kind.unwrap_or_default(),
            };
            publishers.insert(registrable, publisher);
        }
        publishers
    }

    fn kind(&mut self, table: &DeTable<'_>, name: &str) -> PublisherKind {
        if let Some(kind) = kind_from_name(name) {
            return kind;
        }
        let span = table.get("kind").map(toml::Spanned::span).unwrap_or_default();
        self.problem(&span, unknown("kind", name, PublisherKind::ALL.iter().map(|kind| kind.as_str())));
        PublisherKind::default()
    }

    fn feeds(&mut self, rows: &DeArray<'_>, publishers: &HashMap<String, Publisher>) -> Vec<FeedSpec> {
        let mut seen = HashSet::new();
        let mut feeds = Vec::new();
        for row in rows {
            let DeValue::Table(table) = row.get_ref() else {
                self.problem(&row.span(), "feeds are written as [[feed]]".to_owned());
                continue;
            };
            self.known_keys(table, &[FEED_KEYS, settings::KEYS]);
            let Some(url) = self.string(table, "url") else {
                self.problem(&row.span(), "a feed needs url = \"…\"".to_owned());
                continue;
            };
            let span = table.get("url").map(toml::Spanned::span).unwrap_or_default();
            match listed_url(&url) {
                Err(message) => self.problem(&span, message),
                Ok((url, one)) if !seen.insert(one.clone()) => {
                    self.problem(&span, format!("{url} stands in the list twice"));
                }
                Ok((url, _)) => {
                    let publisher = self.publisher_of(table, &url, publishers);
                    feeds.push(self.feed(table, url, publisher));
                }
            }
        }
        feeds
    }

    fn publisher_of(
        &mut self,
        table: &DeTable<'_>,
        url: &str,
        publishers: &HashMap<String, Publisher>,
    ) -> Publisher {
        let named = self.string(table, "publisher");
        let domain = named.clone().unwrap_or_else(|| domain_of(url));
        if let Some(publisher) = publishers.get(&domain) {
            return publisher.clone();
        }
        if let Some(named) = named {
            let span = table.get("publisher").map(toml::Spanned::span).unwrap_or_default();
            self.problem(&span, unknown("publisher", &named, publishers.keys().map(String::as_str)));
        }
        Publisher { name: domain.clone(), domain, ..Publisher::default() }
    }

    fn feed(&mut self, table: &DeTable<'_>, url: String, publisher: Publisher) -> FeedSpec {
        FeedSpec {
            url,
            publisher,
            title: self.name(table, "title"),
            folder: self.string(table, "folder").as_deref().and_then(folder),
            off: self.name(table, "off"),
            origin: wirewatch_model::Origin::File,
            settings: self.settings(table),
        }
    }

    fn settings(&mut self, table: &DeTable<'_>) -> FeedSettings {
        let settings = FeedSettings {
            interval_floor_secs: self.whole(table, "interval_floor_secs"),
            host_pause_ms: self.whole(table, "host_pause_ms"),
            fetch_pages: self.switch(table, "fetch_pages"),
            user_agent: self.string(table, "user_agent"),
            headers: self.headers(table),
            proxy: self.string(table, "proxy"),
            http1_only: self.switch(table, "http1_only"),
            language: self.code(table, "language", language),
            topics: self.topics(table),
        };
        for error in check_settings(&settings) {
            let span = table.get(error.key).map(toml::Spanned::span).unwrap_or_default();
            self.problem(&span, error.to_string());
        }
        settings
    }

    /// A text of a form that is checked.
    fn code(
        &mut self,
        table: &DeTable<'_>,
        key: &str,
        check: fn(&str) -> Result<String, String>,
    ) -> Option<String> {
        match check(&self.string(table, key).filter(|text| !text.is_empty())?) {
            Ok(code) => Some(code),
            Err(message) => {
                let span = table.get(key).map(toml::Spanned::span).unwrap_or_default();
                self.problem(&span, message);
                None
            }
        }
    }

    fn headers(&mut self, table: &DeTable<'_>) -> BTreeMap<String, String> {
        let Some(value) = table.get("headers") else { return BTreeMap::new() };
        let DeValue::Table(rows) = value.get_ref() else {
            self.problem(&value.span(), "headers are written { Name = \"value\" }".to_owned());
            return BTreeMap::new();
        };
        let mut headers = BTreeMap::new();
        for name in rows.keys() {
            let label = format!("headers.{}", name.get_ref());
            if let Some(value) = self.text(rows, name.get_ref(), &label) {
                headers.insert(name.get_ref().to_string(), value);
            }
        }
        headers
    }

    fn topics(&mut self, table: &DeTable<'_>) -> Vec<String> {
        let Some(value) = table.get("topics") else { return Vec::new() };
        let DeValue::Array(rows) = value.get_ref() else {
            self.problem(&value.span(), "topics are a list of slugs, such as [\"sanctions\"]".to_owned());
            return Vec::new();
        };
        let mut slugs = Vec::new();
        for row in rows {
            let slug = row.get_ref().as_str().unwrap_or_default();
            match self.topics.check(slug) {
                Ok(()) => slugs.push(slug.to_owned()),
                Err(message) => self.problem(&row.span(), message),
            }
        }
        slugs
    }

    fn known_keys(&mut self, table: &DeTable<'_>, known: &[&[&str]]) {
        let known = || known.iter().copied().flatten().copied();
        for key in table.keys() {
            if !known().any(|known| known == key.get_ref().as_ref()) {
                self.problem(&key.span(), unknown("key", key.get_ref(), known()));
            }
        }
    }

    fn string(&mut self, table: &DeTable<'_>, key: &str) -> Option<String> {
        self.text(table, key, key)
    }

    /// A name of the user's choice.
    fn name(&mut self, table: &DeTable<'_>, key: &str) -> Option<String> {
        self.string(table, key).as_deref().and_then(named)
    }

    /// A text that messages call `label`.
    fn text(&mut self, table: &DeTable<'_>, key: &str, label: &str) -> Option<String> {
        let value = table.get(key)?;
        let text = value.get_ref().as_str().map(|text| text.trim().to_owned());
        if text.as_deref().is_none_or(str::is_empty) {
            self.problem(&value.span(), format!("{label} must be a string that is not empty"));
        }
        text
    }

    fn whole(&mut self, table: &DeTable<'_>, key: &str) -> Option<u32> {
        let value = table.get(key)?;
        let digits = value.get_ref().as_integer().map(toml::de::DeInteger::as_str);
        let number = digits.and_then(|digits| digits.replace('_', "").parse().ok());
        if number.is_none() {
            self.problem(&value.span(), format!("{key} must be a whole number from 0"));
        }
        number
    }

    fn switch(&mut self, table: &DeTable<'_>, key: &str) -> Option<bool> {
        let value = table.get(key)?;
        let switch = value.get_ref().as_bool();
        if switch.is_none() {
            self.problem(&value.span(), format!("{key} must be true or false"));
        }
        switch
    }

    fn problem(&mut self, span: &Range<usize>, message: String) {
        let origin = Origin::File { path: self.path.to_owned(), line: Some(line_of(self.text, span)) };
        self.problems.push(Problem { origin, message });
    }
}

/// The names of the kinds, for a message.
pub(crate) fn kind_names() -> String {
    PublisherKind::ALL.map(PublisherKind::as_str).join(", ")
}

/// The kind of a publisher by its name in configuration.
pub(crate) fn kind_from_name(name: &str) -> Option<PublisherKind> {
    PublisherKind::ALL.into_iter().find(|kind| kind.as_str() == name)
}

#[cfg(test)]
mod tests;
