//! What an entry may be known by when its key is new: some publishers give new ids at every fetch, add
//! ids later, or edit what the key is made of.

use super::keys::counter;
use std::collections::{HashMap, HashSet};
use wirewatch_model::{Entry, Stamp, address};
use xxhash_rust::xxh3::Xxh3;

/// Where an entry of a body leads, and how it is told from others there.
pub(super) struct Place {
    /// The identity of its address.
    pub(super) identity: Option<String>,
    pub(super) told: Told,
}

/// What tells an entry from others at its address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Told {
    /// Its id, or that it is alone there.
    Key,
    /// What may be a mere counter of versions in its id.
    Counter,
    /// Its title and its date.
    Text,
}

/// Gives every entry of one body its aliases. A mark that several of them bear tells nothing apart and
/// is none: a link all entries share, a date an importer gave to all. An entry that is announced twice
/// counts once. Entries that only their text or a counter tells apart at their link have marks of that: when
/// one of them is the last of its body it has another key.
pub(super) fn give_aliases(entries: &mut [Entry], places: &[Place]) {
    let mut keys = HashSet::new();
    let firsts: Vec<bool> = entries.iter().map(|entry| keys.insert(entry.key.as_str())).collect();
    let once = |nth: &usize| firsts[*nth];
    let links = counted((0..entries.len()).filter(once).filter_map(|nth| places[nth].identity.as_ref()));
    let marks: Vec<Vec<u64>> = entries
        .iter()
        .zip(places)
        .map(|(entry, Place { identity, told })| match identity {
            Some(identity) if links.get(identity).is_some_and(|times| *times > 1) => match told {
                Told::Key => Vec::new(),
                Told::Counter => of_address(entry, identity).into_iter().chain(of_counter(entry)).collect(),
                Told::Text => of_alarm(entry, identity),
            },
            Some(identity) => of_address(entry, identity).into_iter().chain(of_counter(entry)).collect(),
            None => of_text(entry).into_iter().chain(of_counter(entry)).collect(),
        })
        .collect();
    let seen = counted((0..entries.len()).filter(once).flat_map(|nth| &marks[nth]));
    for (entry, marks) in entries.iter_mut().zip(&marks) {
        entry.aliases = marks.iter().filter(|mark| seen.get(mark) == Some(&1)).copied().collect();
    }
}

fn counted<T: std::hash::Hash + Eq>(values: impl Iterator<Item = T>) -> HashMap<T, u32> {
    let mut counts = HashMap::new();
    values.for_each(|value| *counts.entry(value).or_insert(0) += 1);
    counts
}

/// An address alone is no alias: a live blog announces many entries under one, one after another.
fn of_address(entry: &Entry, identity: &str) -> Vec<u64> {
    let published = entry.published.map(|stamp| hash("address+date", &[identity, &instant(&stamp)]));
    let title = (!entry.title.is_empty()).then(|| hash("address+title", &[identity, &entry.title]));
    published.into_iter().chain(title).collect()
}

/// Where the next alarm may come in the same words, a title tells only what has no date.
fn of_alarm(entry: &Entry, identity: &str) -> Vec<u64> {
    let mut marks = of_address(entry, identity);
    marks.truncate(1);
    marks
}

/// The whole of an id that is an address with a counter.
fn of_counter(entry: &Entry) -> Option<u64> {
    let id = entry.id.as_deref()?;
    let counter = counter(id).filter(|counter| !counter.is_empty())?;
    Some(hash("address+counter", &[&address::identity(id)?, counter]))
}

/// Without an address: a time to the second is as good as an id within one feed; a time in full minutes
/// is shared too easily. The whole text counts where no date tells one alarm from the next in the same
/// words.
fn of_text(entry: &Entry) -> Vec<u64> {
    let exact = |stamp: &Stamp| matches!(stamp, Stamp::Instant { at, .. } if at.as_second() % 60 != 0);
    let published = entry.published.filter(exact).map(|stamp| hash("date", &[&instant(&stamp)]));
    let summary = entry.summary.as_deref().or(entry.content.as_deref()).unwrap_or_default();
    let says = entry.published.is_none() && !(entry.title.is_empty() && summary.is_empty());
    let text = says.then(|| hash("text", &[&entry.title, summary]));
    published.into_iter().chain(text).collect()
}

/// The moment whatever the offset it is written in.
fn instant(stamp: &Stamp) -> String {
    match stamp {
        Stamp::Day(day) => day.to_string(),
        Stamp::Instant { at, .. } => at.as_second().to_string(),
    }
}

/// The parts are kept apart by a byte no text of a feed holds.
fn hash(kind: &str, parts: &[&str]) -> u64 {
    let mut hasher = Xxh3::new();
    for part in std::iter::once(&kind).chain(parts) {
        hasher.update(part.as_bytes());
        hasher.update(&[0]);
    }
    hasher.digest()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(url: Option<&str>, title: &str, published: Option<&str>) -> Entry {
        Entry {
            key: format!("{url:?} {title}"),
            url: url.map(str::to_owned),
            title: title.to_owned(),
            published: published.map(|date| date.parse().expect(date)),
            ..Entry::default()
        }
    }

    fn aliases(mut entries: Vec<Entry>) -> Vec<Vec<u64>> {
        let place = |entry: &Entry| Place {
            identity: entry.url.as_deref().and_then(address::identity),
            told: Told::Key,
        };
        let places: Vec<_> = entries.iter().map(place).collect();
        give_aliases(&mut entries, &places);
        entries.into_iter().map(|entry| entry.aliases).collect()
    }

    fn of(entry: Entry) -> Vec<u64> {
        aliases(vec![entry]).remove(0)
    }

    fn share_one(one: Entry, other: Entry) -> bool {
        let other = of(other);
        of(one).iter().any(|mark| other.contains(mark))
    }

    const LINK: Option<&str> = Some("https://press.example/1");
    const DATE: Option<&str> = Some("2022-01-10T09:30:00+02:00");

    #[test]
    fn one_of_title_and_date_may_change_beside_the_address() {
        let old = || entry(LINK, "Old", DATE);
        assert!(share_one(old(), entry(LINK, "New", DATE)));
        assert!(share_one(old(), entry(LINK, "Old", Some("2022-01-10T11:00:00Z"))));
        assert!(share_one(old(), entry(Some("http://www.press.example/1/?utm_source=x"), "New", DATE)));
        assert!(share_one(old(), entry(LINK, "New", Some("2022-01-10T07:30:00Z"))), "another offset");
        assert!(!share_one(old(), entry(LINK, "New", Some("2022-01-10T11:00:00Z"))));
        assert!(!share_one(old(), entry(Some("https://press.example/2"), "Old", DATE)));
    }

    #[test]
    fn without_address_an_exact_time_or_the_whole_text_counts() {
        let exact = Some("2022-01-10T09:30:17+02:00");
        assert!(share_one(entry(None, "Old", exact), entry(None, "New", exact)));
        assert!(!share_one(entry(None, "Old", DATE), entry(None, "New", DATE)), "full minutes are shared");
        assert!(share_one(entry(None, "Old", None), entry(None, "Old", None)));
        assert!(!share_one(entry(None, "Alarm", exact), entry(None, "Alarm", DATE)), "the next alarm");
        assert!(of(entry(None, "", DATE)).is_empty());
    }

    #[test]
    fn what_several_entries_share_is_no_alias() {
        let shared = vec![entry(LINK, "One", DATE), entry(LINK, "Two", None)];
        assert!(aliases(shared).iter().all(Vec::is_empty));
        let imported = Some("2022-01-10T09:30:17Z");
        let marks = aliases(vec![entry(None, "One", imported), entry(None, "Two", imported)]);
        assert!(marks.iter().all(Vec::is_empty), "{marks:?}");
    }
}
