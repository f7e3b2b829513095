//! The settings of one feed, by the names they have in `feeds.toml`.

use crate::{config::unknown, feeds::language};
use std::cell::OnceCell;
use wirewatch_fetch::check_settings;
use wirewatch_model::FeedSettings;
use wirewatch_tag::Tagger;

/// The settings there are.
pub(crate) const KEYS: &[&str] = &[
    "interval_floor_secs",
    "host_pause_ms",
    "fetch_pages",
    "user_agent",
    "headers",
    "proxy",
    "http1_only",
    "language",
    "topics",
];

/// What can be set as well and has a flag of its own where a feed is added.
const PLACES: &[&str] = &["title", "folder"];

/// The slugs of the topics, read from the rules when the first of them is asked for.
pub(crate) struct TopicNames<'a> {
    tagger: &'a dyn Fn() -> anyhow::Result<Tagger>,
    slugs: OnceCell<Result<Vec<String>, String>>,
}

impl<'a> TopicNames<'a> {
    /// Those of a tagger that is made when it is needed.
    pub(crate) fn new(tagger: &'a dyn Fn() -> anyhow::Result<Tagger>) -> Self {
        Self { tagger, slugs: OnceCell::new() }
    }

    /// Refuses a slug that no rule has.
    pub(crate) fn check(&self, slug: &str) -> Result<(), String> {
        let slugs = self.slugs.get_or_init(|| self.read()).as_ref().map_err(Clone::clone)?;
        if slugs.iter().any(|known| known == slug) {
            return Ok(());
        }
        let unknown = unknown("topic", slug, slugs.iter().map(String::as_str));
        Err(format!("{unknown} (`wirewatch topics list` shows them)"))
    }

    fn read(&self) -> Result<Vec<String>, String> {
        let tagger = (self.tagger)().map_err(|error| format!("{error:#}"))?;
        Ok(tagger.topics().map(|topic| topic.slug.to_owned()).collect())
    }
}

/// Sets what `KEY=VALUE` says; an empty value takes the setting back. A header is `headers.NAME=VALUE`,
/// topics have commas between them. What is refused changes nothing.
pub(crate) fn assign(
    settings: &mut FeedSettings,
    assignment: &str,
    topics: &TopicNames<'_>,
) -> Result<(), String> {
    let mut changed = settings.clone();
    change(&mut changed, assignment, topics)?;
    *settings = changed;
    Ok(())
}

fn change(settings: &mut FeedSettings, assignment: &str, topics: &TopicNames<'_>) -> Result<(), String> {
    let (key, value) = assignment
        .split_once('=')
        .map(|(key, value)| (key.trim(), value.trim()))
        .ok_or_else(|| format!("'{assignment}' sets nothing: write KEY=VALUE"))?;
    let text = (!value.is_empty()).then(|| value.to_owned());
    if let Some(name) = key.strip_prefix("headers.") {
        match text {
            Some(value) => settings.headers.insert(name.to_owned(), value),
            None => settings.headers.remove(name),
        };
        return checked(settings, "headers");
    }
    match key {
        "interval_floor_secs" => settings.interval_floor_secs = whole(key, text)?,
        "host_pause_ms" => settings.host_pause_ms = whole(key, text)?,
        "fetch_pages" => settings.fetch_pages = switch(key, text)?,
        "http1_only" => settings.http1_only = switch(key, text)?,
        "user_agent" => settings.user_agent = text,
        "proxy" => settings.proxy = text,
        "language" => settings.language = text.map(|code| language(&code)).transpose()?,
        "topics" => {
            let slugs = value.split(',').map(str::trim).filter(|slug| !slug.is_empty());
            let slugs: Vec<String> = slugs.map(str::to_owned).collect();
            slugs.iter().try_for_each(|slug| topics.check(slug))?;
            settings.topics = slugs;
        }
        "headers" if text.is_none() => settings.headers.clear(),
        "headers" => return Err("a header is set by headers.NAME=VALUE".to_owned()),
        _ if PLACES.contains(&key) => return Err(format!("{key} is set by --{key}")),
        _ => return Err(unknown("setting", key, [KEYS, PLACES].into_iter().flatten().copied())),
    }
    checked(settings, key)
}

/// What the fetcher says of a setting.
fn checked(settings: &FeedSettings, key: &str) -> Result<(), String> {
    match check_settings(settings).into_iter().find(|error| error.key == key) {
        Some(error) => Err(error.to_string()),
        None => Ok(()),
    }
}

/// What [`assign`] would make the same settings of. Headers are left out, for they may hold secrets, and
/// so is what [`assign`] refuses.
pub(crate) fn assignments(settings: &FeedSettings) -> Vec<(&'static str, String)> {
    let FeedSettings { interval_floor_secs, host_pause_ms, fetch_pages, http1_only, .. } = settings;
    let topics = (!settings.topics.is_empty()).then(|| settings.topics.join(","));
    let refused = check_settings(settings);
    [
        ("interval_floor_secs", interval_floor_secs.map(|secs| secs.to_string())),
        ("host_pause_ms", host_pause_ms.map(|ms| ms.to_string())),
        ("fetch_pages", fetch_pages.map(|on| on.to_string())),
        ("user_agent", settings.user_agent.clone()),
        ("proxy", settings.proxy.clone()),
        ("http1_only", http1_only.map(|on| on.to_string())),
        ("language", settings.language.clone()),
        ("topics", topics),
    ]
    .into_iter()
    .filter_map(|(key, value)| Some((key, value?)))
    .filter(|(key, _)| refused.iter().all(|error| error.key != *key))
    .collect()
}

fn whole(key: &str, text: Option<String>) -> Result<Option<u32>, String> {
    let wrong = || format!("{key} must be a whole number from 0");
    text.map(|text| text.parse().map_err(|_| wrong())).transpose()
}

fn switch(key: &str, text: Option<String>) -> Result<Option<bool>, String> {
    let wrong = || format!("{key} must be true or false");
    text.map(|text| text.parse().map_err(|_| wrong())).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assigned(assignments: &[&str]) -> Result<FeedSettings, String> {
        let mut settings = FeedSettings::default();
        let topics = TopicNames::new(&|| Ok(Tagger::builtin()));
        for assignment in assignments {
            assign(&mut settings, assignment, &topics)?;
        }
        Ok(settings)
    }

    #[test]
    fn every_setting_is_set_by_its_name_and_taken_back_by_nothing() {
        let all = [
            "interval_floor_secs=300",
            "host_pause_ms = 0",
            "fetch_pages=false",
            "user_agent=desk/1.0",
            "headers.X-Key=${DESK_KEY}",
            "proxy=socks5h://127.0.0.1:9050",
            "http1_only=true",
            "language=UK",
            "topics=sanctions, energy",
        ];
        let settings = assigned(&all).expect("all can be set");
        assert_eq!(settings.interval_floor_secs, Some(300));
        assert_eq!(settings.host_pause_ms, Some(0));
        assert_eq!((settings.fetch_pages, settings.http1_only), (Some(false), Some(true)));
        assert_eq!(settings.headers["X-Key"], "${DESK_KEY}");
        assert_eq!(settings.language.as_deref(), Some("uk"));
        assert_eq!(settings.topics, ["sanctions", "energy"]);
        let none = all.map(|text| format!("{}=", text.split_once('=').expect("a key").0.trim()));
        let back: Vec<&str> = all.into_iter().chain(none.iter().map(String::as_str)).collect();
        assert_eq!(assigned(&back), Ok(FeedSettings::default()));
        let keys = all.map(|text| text.split(['=', '.']).next().unwrap_or_default().trim());
        assert_eq!(keys, KEYS, "every key there is");
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        for (assignment, words) in [
            ("interval_floor_secs=-1", "whole number"),
            ("fetch_pages=no", "true or false"),
            ("headers=X", "headers.NAME=VALUE"),
            ("headers.a b=x", "no name of a header"),
            ("proxy=ftp://a.example", "proxy"),
            ("language=ukrainian", "language code"),
            ("topics=sanction", "did you mean sanctions?"),
            ("user_agnet=x", "did you mean user_agent?"),
            ("titel=x", "did you mean title?"),
            ("Foldr=x", "did you mean folder?"),
            ("title=x", "--title"),
            ("zzz=x", "known are interval_floor_secs, host_pause_ms"),
            ("http1_only", "KEY=VALUE"),
        ] {
            let refused = assigned(&[assignment]).expect_err(assignment);
            assert!(refused.contains(words), "{refused}");
        }
    }

    #[test]
    fn what_is_refused_is_neither_kept_nor_written() {
        let mut settings = FeedSettings::default();
        let topics = TopicNames::new(&|| Ok(Tagger::builtin()));
        for assignment in
            ["interval_floor_secs=5", "proxy=http://u:p@h.example:1", "user_agent=a\u{7}b", "headers.a b=x"]
        {
            assert!(assign(&mut settings, assignment, &topics).is_err(), "{assignment}");
        }
        assert_eq!(settings, FeedSettings::default());
        settings.proxy = Some("http://u:p@h.example:1".to_owned());
        settings.http1_only = Some(true);
        assert_eq!(assignments(&settings), [("http1_only", "true".to_owned())]);
    }
}
