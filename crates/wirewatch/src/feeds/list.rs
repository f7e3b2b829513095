//! `feeds.toml`: who publishes, and which feeds are followed.

use crate::{
    config::{ConfigError, Origin, Problem, line_of, unknown},
    feeds::{
        checked_url, domain_of, folder, language,
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
use wirewatch_model::{FeedSettings, FeedSpec, Publisher, PublisherKind, address};

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
        for (domain, row) in rows {
            let DeValue::Table(table) = row.get_ref() else {
                self.problem(&domain.span(), format!("publisher {} must be a table", domain.get_ref()));
                continue;
            };
            self.known_keys(table, &[PUBLISHER_KEYS]);
            let registrable = address::registrable_domain(domain.get_ref());
            if registrable != *domain.get_ref() {
                let message = format!(
                    "publisher {} must be named by its registrable domain, {registrable}",
                    domain.get_ref()
                );
                self.problem(&domain.span(), message);
            }
            let kind = self.string(table, "kind").map(|kind| self.kind(table, &kind));
            let publisher = Publisher {
                name: self.string(table, "name").unwrap_or_else(|| registrable.clone()),
                domain: registrable.clone(),
                country: self.string(table, "country"),
                language: self.string(table, "language"),
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
        self.problem(&span, unknown("kind", name, KINDS.iter().map(|kind| kind.as_str())));
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
            match checked_url(&url) {
                Err(message) => self.problem(&span, message),
                Ok(url) if !seen.insert(url.clone()) => {
                    self.problem(&span, format!("{url} stands in the list twice"));
                }
                Ok(url) => {
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
            title: self.string(table, "title"),
            folder: self.string(table, "folder").as_deref().and_then(folder),
            off: self.string(table, "off"),
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
            language: self.language(table),
            topics: self.topics(table),
        };
        for error in check_settings(&settings) {
            let span = table.get(error.key).map(toml::Spanned::span).unwrap_or_default();
            self.problem(&span, error.to_string());
        }
        settings
    }

    fn language(&mut self, table: &DeTable<'_>) -> Option<String> {
        match language(&self.string(table, "language").filter(|text| !text.is_empty())?) {
            Ok(code) => Some(code),
            Err(message) => {
                let span = table.get("language").map(toml::Spanned::span).unwrap_or_default();
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
            if let Some(value) = self.string(rows, name.get_ref()) {
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
        let value = table.get(key)?;
        let text = value.get_ref().as_str().map(|text| text.trim().to_owned());
        if text.as_deref().is_none_or(str::is_empty) {
            self.problem(&value.span(), format!("{key} must be a string that is not empty"));
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

const KINDS: [PublisherKind; 7] = [
    PublisherKind::Wire,
    PublisherKind::Newspaper,
    PublisherKind::Broadcaster,
    PublisherKind::Government,
    PublisherKind::ThinkTank,
    PublisherKind::StateControlled,
    PublisherKind::Aggregator,
];

/// The names of the kinds, for a message.
pub(crate) fn kind_names() -> String {
    KINDS.map(PublisherKind::as_str).join(", ")
}

/// The kind of a publisher by its name in configuration.
pub(crate) fn kind_from_name(name: &str) -> Option<PublisherKind> {
    KINDS.into_iter().find(|kind| kind.as_str() == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feeds::BUILT_IN;
    use wirewatch_tag::Tagger;

    fn list(text: &str) -> Vec<FeedSpec> {
        read(text).expect("valid list")
    }

    fn read(text: &str) -> Result<Vec<FeedSpec>, ConfigError> {
        parse(Path::new("f.toml"), text, &TopicNames::new(&|| Ok(Tagger::builtin())))
    }

    #[track_caller]
    fn check_problem(text: &str, want: &str) {
        let error = read(text).expect_err("a mistake");
        let problems: Vec<String> = error.0.iter().map(Problem::to_string).collect();
        assert_eq!(problems, [want]);
    }

    #[test]
    fn the_compiled_in_list_is_valid_and_mostly_followed() {
        let feeds = list(BUILT_IN);
        let off = feeds.iter().filter(|feed| feed.off.is_some()).count();
        assert!(feeds.len() > 100 && off * 5 < feeds.len(), "{} feeds, {off} off", feeds.len());
        assert!(feeds.iter().all(|feed| feed.publisher.language.is_some()));
    }

    #[test]
    fn a_feed_takes_its_publisher_from_the_table() {
        let feeds = list(concat!(
            "[publishers]\n\"wire.example\" = { name = \"Wire\", kind = \"state-controlled\", country = \"CH\" }\n",
            "[[feed]]\nurl = \"https://feeds.other.example/rss\"\npublisher = \"wire.example\"\nhost_pause_ms = 0\n",
            "[[feed]]\nurl = \"https://news.paper.example/rss\"\noff = \"dead\"\n",
        ));
        assert_eq!(feeds[0].publisher.name, "Wire");
        assert_eq!(feeds[0].publisher.kind, PublisherKind::StateControlled);
        assert_eq!(feeds[0].settings.host_pause_ms, Some(0));
        assert_eq!(feeds[1].publisher.domain, "paper.example");
        assert_eq!(feeds[1].off.as_deref(), Some("dead"));
    }

    #[test]
    fn a_feed_has_settings_of_its_own() {
        let feeds = list(concat!(
            "[[feed]]\nurl = \"https://a.example/rss\"\nfolder = \" World / Europe/\"\nuser_agent = \"desk/1.0\"\n",
            "headers = { Authorization = \"Bearer ${DESK_TOKEN}\" }\nproxy = \"socks5h://127.0.0.1:9050\"\n",
            "http1_only = true\nlanguage = \"pt-BR\"\ntopics = [\"sanctions\", \"energy\"]\n",
            "interval_floor_secs = 1_800\nfetch_pages = false\n",
        ));
        let FeedSpec { folder, settings, .. } = &feeds[0];
        assert_eq!(folder.as_deref(), Some("World/Europe"));
        assert_eq!(settings.user_agent.as_deref(), Some("desk/1.0"));
        assert_eq!(settings.headers["Authorization"], "Bearer ${DESK_TOKEN}");
        assert_eq!(settings.proxy.as_deref(), Some("socks5h://127.0.0.1:9050"));
        assert_eq!((settings.http1_only, settings.fetch_pages), (Some(true), Some(false)));
        assert_eq!(settings.language.as_deref(), Some("pt-BR"));
        assert_eq!(settings.topics, ["sanctions", "energy"]);
        assert_eq!(settings.interval_floor_secs, Some(1800));
    }

    #[test]
    fn mistakes_in_settings_name_their_line() {
        let feed = |line: &str| format!("[[feed]]\nurl = \"https://a.example/\"\n{line}\n");
        for (line, want) in [
            ("topics = [\n  \"sanction\"]", "f.toml:4: unknown topic sanction: did you mean sanctions?"),
            ("topics = \"sanctions\"", "f.toml:3: topics are a list of slugs"),
            ("headers = \"X: y\"", "f.toml:3: headers are written { Name = \"value\" }"),
            ("headers = { X = 1 }", "f.toml:3: X must be a string"),
            ("proxy = \"proxy.example:3128\"", "f.toml:3: proxy"),
            ("language = \"ukrainian\"", "f.toml:3: 'ukrainian' is no language code"),
            ("http1_only = \"yes\"", "f.toml:3: http1_only must be true or false"),
            ("http_1_only = true", "f.toml:3: unknown key http_1_only: did you mean http1_only?"),
        ] {
            let error = read(&feed(line)).expect_err(line);
            let problems: Vec<String> = error.0.iter().map(Problem::to_string).collect();
            assert!(problems.len() == 1 && problems[0].starts_with(want), "{problems:?}");
        }
    }

    #[test]
    fn mistakes_name_their_line() {
        check_problem(
            "[[feed]]\nurl = \"https://a.example/\"\ntitel = \"x\"\n",
            "f.toml:3: unknown key titel: did you mean title?",
        );
        check_problem("[[feed]]\ntitle = \"x\"\n", "f.toml:1: a feed needs url = \"…\"");
        check_problem(
            "\n[[feed]]\nurl = \"ftp://a.example/\"\n",
            "f.toml:3: 'ftp://a.example/' is no http or https address",
        );
        check_problem(
            "[[feed]]\nurl = \"https://a.example/\"\nhost_pause_ms = -1\n",
            "f.toml:3: host_pause_ms must be a whole number from 0",
        );
        check_problem(
            "[[feed]]\nurl = \"https://a.example/\"\n[[feed]]\nurl = \"https://a.example/\"\n",
            "f.toml:4: https://a.example/ stands in the list twice",
        );
        check_problem(
            "[publishers]\n\"news.a.example\" = { name = \"A\" }\n",
            "f.toml:2: publisher news.a.example must be named by its registrable domain, a.example",
        );
        check_problem(
            "[publishers]\n\"a.example\" = { kind = \"newspapers\" }\n",
            "f.toml:2: unknown kind newspapers: did you mean newspaper?",
        );
    }
}
