//! Drafts to entries: absolute links, one stable key each.

use super::{
    aliases::{Place, Told, give_aliases},
    draft::Draft,
};
use std::collections::{HashMap, HashSet};
use url::Url;
use wirewatch_model::{Entry, Stamp, address};
use xxhash_rust::xxh3::xxh3_128;

/// A longer id stands in the key as its hash, in bytes.
const LONGEST_ID: usize = 200;
/// A longer address is no address, in bytes.
const LONGEST_LINK: usize = 4096;

/// What the feed gives its entries.
#[derive(Debug, Default)]
pub(crate) struct Scope {
    /// Where the feed was had, or what it says its base is.
    pub(crate) base: Option<Url>,
    /// Authors of entries that name none.
    pub(crate) authors: Vec<String>,
    /// Language of entries that name none.
    pub(crate) language: Option<String>,
}

/// Makes entries; what cannot be taken is in the second list, with the reason. What the body announces
/// twice is in the first list twice, under one key.
pub(crate) fn entries(drafts: Vec<Draft>, scope: &Scope) -> (Vec<Entry>, Vec<String>) {
    let shared = shared_ids(&drafts);
    let (mut rejects, mut named) = (Vec::new(), Vec::with_capacity(drafts.len()));
    for (nth, draft) in drafts.into_iter().enumerate() {
        if draft.empty {
            rejects.push(format!("entry {} holds nothing", nth + 1));
            continue;
        }
        let url = absolute(&draft, scope);
        let identity = url.as_deref().and_then(address::identity);
        let id = draft.id.as_deref().filter(|id| !shared.contains(*id));
        let name = name(id, url.as_deref(), identity.as_deref(), &draft);
        named.push((draft, url, identity, name));
    }
    let crowded = crowded(named.iter().map(|(draft, _, _, name)| (draft, name)));
    let mut entries: Vec<Entry> = Vec::with_capacity(named.len());
    let mut places = Vec::with_capacity(named.len());
    for (draft, url, identity, name) in named {
        let (key, told) = key(&name, &draft, &crowded);
        // One that stands alone may have its page there, however short the address is.
        let shares_address = matches!(&name, Name::Address { identity, .. } if crowded.contains(identity));
        entries.push(Entry { shares_address, ..entry(draft, scope, key, url) });
        places.push(Place { identity, told });
    }
    give_aliases(&mut entries, &places);
    (entries, rejects)
}

/// Every key once: of entries announced several times the first, which is the latest as a rule. The
/// others are in the second list, with the reason.
pub(crate) fn each_once(entries: Vec<Entry>) -> (Vec<Entry>, Vec<String>) {
    let mut seen = HashSet::new();
    let (kept, repeated): (Vec<Entry>, Vec<Entry>) =
        entries.into_iter().partition(|entry| seen.insert(entry.key.clone()));
    let reason = |entry: &Entry| format!("entry {} is announced a second time", entry.key);
    let reasons = repeated.iter().map(reason).collect();
    (kept, reasons)
}

/// Ids that stand for several addresses in one feed, or without address for several titles: they tell
/// nothing apart.
fn shared_ids(drafts: &[Draft]) -> HashSet<String> {
    let mut first: HashMap<&str, &Draft> = HashMap::new();
    let mut shared = HashSet::new();
    for draft in drafts {
        let Some(id) = &draft.id else { continue };
        let other = *first.entry(id).or_insert(draft);
        let tells = match (draft.links.first(), other.links.first()) {
            (Some(one), Some(other)) => one == other,
            (None, None) => draft.title == other.title,
            _ => true,
        };
        if !tells {
            shared.insert(id.clone());
        }
    }
    shared
}

fn entry(draft: Draft, scope: &Scope, key: String, url: Option<String>) -> Entry {
    Entry {
        key,
        aliases: Vec::new(),
        shares_address: false,
        id: draft.id,
        url,
        title: draft.title,
        published: draft.published,
        updated: draft.updated,
        authors: if draft.authors.is_empty() { scope.authors.clone() } else { draft.authors },
        summary: draft.summary,
        content: draft.content,
        language: draft.language.or_else(|| scope.language.clone()),
    }
}

/// What names an entry, by its own word.
enum Name {
    /// An id of its publisher, or what it says: its key.
    Key(String),
    /// No more than an address, and what may be a mere counter of its versions (`#0`, `#1`).
    Address { identity: String, counter: String },
}

/// An id that is an address counts as that address, so that another scheme, tracking parameters, or an id
/// that comes and goes make no new entry; a fragment tells entries of one page apart, unless it may be a
/// mere counter of versions.
fn name(id: Option<&str>, url: Option<&str>, identity: Option<&str>, draft: &Draft) -> Name {
    let at = |identity: String| Name::Address { identity, counter: String::new() };
    match (id, identity) {
        // The address as id is the rule, and its identity is known.
        (Some(id), Some(identity)) if url == Some(id) && !id.contains('#') => at(identity.to_owned()),
        (Some(id), Some(identity)) if may_be_place(id) => {
            Name::Key(bounded("i:", &format!("{id}@{identity}")))
        }
        (Some(id), _) => match address::identity(id) {
            None => Name::Key(bounded("i:", id)),
            Some(identity) => match counter(id) {
                Some(counter) => Name::Address { identity, counter: counter.to_owned() },
                None => Name::Key(bounded("u:", &format!("{identity}#{}", fragment(id)))),
            },
        },
        (None, Some(identity)) => at(identity.to_owned()),
        (None, None) => Name::Key(own_key(draft)),
    }
}

/// The key of an entry, and how it is told from others at its address. One address may stand for many
/// entries: alarms that all lead to one page, parts of a live blog.
fn key(name: &Name, draft: &Draft, crowded: &HashSet<String>) -> (String, Told) {
    match name {
        Name::Key(key) => (key.clone(), Told::Key),
        Name::Address { identity, counter } if crowded.contains(identity) && !counter.is_empty() => {
            (bounded("u:", &format!("{identity}#{counter}")), Told::Counter)
        }
        // A section is no article: what it is the address of is told by its text, also when it stands alone.
        Name::Address { identity, counter }
            if crowded.contains(identity)
                || counter.is_empty() && address::is_front_page(&format!("https://{identity}")) =>
        {
            (bounded("u:", &format!("{identity}#{}", own_key(draft))), Told::Text)
        }
        Name::Address { identity, .. } => (bounded("u:", identity), Told::Key),
    }
}

/// The addresses that name several entries with different titles or dates in one body: they tell nothing
/// apart.
fn crowded<'d>(named: impl Iterator<Item = (&'d Draft, &'d Name)>) -> HashSet<String> {
    let mut first: HashMap<&str, &Draft> = HashMap::new();
    let mut crowded = HashSet::new();
    for (draft, name) in named {
        let Name::Address { identity, .. } = name else { continue };
        let other = *first.entry(identity).or_insert(draft);
        if draft.title != other.title || date(draft) != date(other) {
            crowded.insert(identity.clone());
        }
    }
    crowded
}

/// What may be a mere counter of versions at the end of an id: a short number, or nothing.
pub(super) fn counter(id: &str) -> Option<&str> {
    let fragment = fragment(id);
    (fragment.len() <= 3 && fragment.bytes().all(|byte| byte.is_ascii_digit())).then_some(fragment)
}

fn fragment(id: &str) -> &str {
    id.split_once('#').map_or("", |(_, fragment)| fragment)
}

/// Whether an id may be no more than the entry's place in the list: the next article would have it too.
/// Such an id counts with the address beside it; an article that moves down is known by its aliases.
fn may_be_place(id: &str) -> bool {
    id.len() <= 3 && id.bytes().all(|byte| byte.is_ascii_digit())
}

/// The key of what neither id nor address tells apart: what it says, without what an edit changes last.
fn own_key(draft: &Draft) -> String {
    let date = date(draft).map(|stamp| stamp.to_string()).unwrap_or_default();
    let text = if draft.title.is_empty() {
        draft.content.as_deref().or(draft.summary.as_deref()).unwrap_or_default()
    } else {
        &draft.title
    };
    format!("t:{:032x}", xxh3_128(format!("{text}\n{date}").as_bytes()))
}

fn date(draft: &Draft) -> Option<Stamp> {
    draft.published.or(draft.updated)
}

fn bounded(kind: &str, text: &str) -> String {
    if text.len() <= LONGEST_ID && !text.contains(char::is_control) {
        format!("{kind}{text}")
    } else {
        format!("{kind}#{:032x}", xxh3_128(text.as_bytes()))
    }
}

/// The first candidate that is an http(s) address, made absolute.
fn absolute(draft: &Draft, scope: &Scope) -> Option<String> {
    let base = match (&draft.base, &scope.base) {
        (Some(own), Some(outer)) => outer.join(own).ok(),
        (Some(own), None) => Url::parse(own).ok(),
        (None, outer) => outer.clone(),
    };
    draft.links.iter().find_map(|link| web_address(link, base.as_ref()))
}

/// An absolute http(s) address without credentials, or none.
pub(crate) fn web_address(link: &str, base: Option<&Url>) -> Option<String> {
    // Quotes and characters nobody sees come with pasted addresses.
    let outside = |letter: char| {
        letter.is_whitespace() || matches!(letter, '"' | '\'' | '\u{200b}' | '\u{200e}' | '\u{feff}')
    };
    let link = link.trim_matches(outside);
    if link.is_empty() || link.len() > LONGEST_LINK {
        return None;
    }
    // Escaped once too often; no address holds this on purpose.
    let link = link.replace("&amp;", "&");
    let mut url = match Url::parse(&link) {
        Ok(url) => url,
        Err(_) if lacks_scheme(&link, base) => Url::parse(&format!("https://{link}")).ok()?,
        // `//press.example/1` needs a scheme only.
        Err(_) => match base {
            Some(base) => base.join(&link).ok()?,
            None => Url::parse(&format!("https:{}", link.strip_prefix("//").map(|_| &link)?)).ok()?,
        },
    };
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none_or(str::is_empty) {
        return None;
    }
    // http(s) addresses always accept the change.
    let _ = (url.set_username(""), url.set_password(None));
    Some(url.into())
}

/// `www.press.example/1`, or the site's own name before a path.
fn lacks_scheme(link: &str, base: Option<&Url>) -> bool {
    let host = link.split(['/', '?']).next().unwrap_or_default();
    let own = base.and_then(Url::host_str).is_some_and(|own| own.trim_start_matches("www.") == host);
    own || host.starts_with("www.") && host.matches('.').count() > 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft(id: Option<&str>, link: Option<&str>, title: &str) -> Draft {
        Draft {
            id: id.map(str::to_owned),
            links: link.map(str::to_owned).into_iter().collect(),
            title: title.to_owned(),
            ..Draft::default()
        }
    }

    fn keys(drafts: Vec<Draft>) -> Vec<String> {
        entries(drafts, &Scope::default()).0.into_iter().map(|entry| entry.key).collect()
    }

    fn key(id: Option<&str>, link: Option<&str>, title: &str) -> String {
        keys(vec![draft(id, link, title)]).pop().expect("one")
    }

    #[test]
    fn an_id_that_counts_places_does_not_make_one_entry_of_two() {
        let first = key(Some("1"), Some("http://a.example/one"), "one");
        assert_ne!(first, key(Some("1"), Some("http://a.example/two"), "two"));
        assert_ne!(first, key(Some("2"), Some("http://a.example/one"), "one"), "told apart on one page");
        assert_eq!(key(Some("7"), None, "old"), key(Some("7"), None, "new"), "there is nothing better");
    }

    #[test]
    fn an_id_outlives_edits_of_everything_else() {
        let one = key(Some("tag:press.example,2022:1"), Some("http://a.example/1"), "old");
        assert_eq!(one, key(Some("tag:press.example,2022:1"), Some("http://a.example/2"), "new"));
    }

    #[test]
    fn without_id_the_link_counts_whatever_its_scheme_and_tracking() {
        let one = key(None, Some("https://www.a.example/1?utm_source=rss"), "old");
        assert_eq!(one, key(None, Some("http://a.example/1"), "new"));
        assert_eq!(one, key(Some("https://a.example/1"), Some("http://a.example/1"), "new"));
        assert_eq!(one, key(Some("https://a.example/1#0"), None, "new"));
        assert_ne!(one, key(Some("https://a.example/1#block-77"), None, "new"));
    }

    #[test]
    fn an_address_that_stands_for_several_entries_is_no_name() {
        let link = Some("https://a.example/news/alerts-of-today");
        let alarms = || (0..4).map(|nth| draft(None, link, &format!("Alarm {nth}"))).collect::<Vec<_>>();
        let (all, fewer) = (keys(alarms()), keys(alarms().split_off(2)));
        assert_eq!(all.iter().collect::<HashSet<_>>().len(), 4);
        assert_eq!(all[2..], fewer, "whoever else is there");
        let same = keys(vec![draft(None, link, "Alarm"), draft(None, link, "Alarm")]);
        assert_eq!(same[0], same[1], "but one entry twice is one");
        let ids = ["https://a.example/live-1#101", "https://a.example/live-1#102"];
        let parts = keys(ids.iter().map(|id| draft(Some(id), None, id)).collect());
        assert_eq!(parts, ["u:a.example/live-1#101", "u:a.example/live-1#102"]);
    }

    #[test]
    fn a_section_names_no_entry() {
        let key = |title| key(None, Some("https://a.example/alerts"), title);
        assert_ne!(key("One"), key("Two"));
    }

    #[test]
    fn without_id_and_link_title_and_date_count() {
        assert_eq!(key(None, None, "title"), key(None, None, "title"));
        assert_ne!(key(None, None, "title"), key(None, None, "another"));
    }

    #[test]
    fn an_entry_announced_twice_is_taken_once() {
        let link = Some("http://a.example/1");
        let twice = vec![draft(Some("1"), link, "first"), draft(Some("1"), link, "second")];
        let (entries, rejects) = each_once(entries(twice, &Scope::default()).0);
        assert_eq!((entries.len(), rejects.len()), (1, 1));
        assert_eq!(entries[0].title, "first");
    }

    #[test]
    fn an_id_that_stands_for_several_addresses_is_none() {
        let drafts =
            (0..10).map(|nth| draft(Some("0"), Some(&format!("http://a.example/{nth}")), "t")).collect();
        let count = |drafts| keys(drafts).into_iter().collect::<HashSet<_>>().len();
        assert_eq!(count(drafts), 10);
        let titles = (0..10).map(|nth| draft(Some("0"), None, &format!("title {nth}"))).collect();
        assert_eq!(count(titles), 10);
    }

    #[test]
    fn only_web_addresses_are_links() {
        let base = Url::parse("https://a.example/feeds/rss").ok();
        let check = |link: &str| web_address(link, base.as_ref());
        for link in
            ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "mailto:a@b.example", ""]
        {
            assert_eq!(check(link), None, "{link}");
        }
        assert_eq!(check("../1").as_deref(), Some("https://a.example/1"));
        assert_eq!(check("//b.example/1").as_deref(), Some("https://b.example/1"));
        assert_eq!(check("http://u:p@b.example/1").as_deref(), Some("http://b.example/1"));
        assert_eq!(web_address("//b.example/1", None).as_deref(), Some("https://b.example/1"));
        assert_eq!(web_address("/1", None), None);
        assert_eq!(check("a.example/1").as_deref(), Some("https://a.example/1"));
        assert_eq!(check("www.b.example/1").as_deref(), Some("https://www.b.example/1"));
        assert_eq!(check("news/1.html").as_deref(), Some("https://a.example/feeds/news/1.html"));
        assert_eq!(check("\u{200b}\"https://b.example/1\"").as_deref(), Some("https://b.example/1"));
        assert_eq!(check("/1?a=1&amp;b=2").as_deref(), Some("https://a.example/1?a=1&b=2"));
    }

    #[test]
    fn huge_ids_make_short_keys() {
        assert!(key(Some(&"x".repeat(1_000_000)), None, "t").len() < 100);
    }
}
