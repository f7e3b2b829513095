//! The ground truth agrees with itself and with the taxonomy.

use std::collections::{HashMap, HashSet};
use wirewatch_newswire::{EntryKind, PageState, Press, Truth};

/// The slugs of the taxonomy.
const TOPICS: [&str; 20] = [
    "diplomacy-talks",
    "buildup-invasion-threat",
    "military-operations",
    "nato-enlargement",
    "nato-posture",
    "security-demands",
    "sanctions",
    "energy",
    "arms-control-nuclear",
    "crimea-donbas",
    "hybrid-warfare",
    "eu-role",
    "us-policy",
    "kremlin-politics",
    "belarus",
    "post-soviet-sphere",
    "military-aid",
    "civilians-humanitarian",
    "ukraine-politics",
    "third-countries",
];

fn truth() -> Truth {
    Press::builtin().expect("sound").truth().expect("the built-in press has one")
}

#[test]
fn relevant_articles_have_topics_of_the_taxonomy_and_others_none() {
    for entry in truth().entries {
        assert_eq!(entry.relevant, !entry.topics.is_empty(), "{}", entry.article);
        assert!(entry.topics.len() <= 3, "{}", entry.article);
        for topic in &entry.topics {
            assert!(TOPICS.contains(&topic.as_str()), "{}: {topic}", entry.article);
        }
    }
}

#[test]
fn every_copy_names_an_original_that_is_announced() {
    let truth = truth();
    let articles: HashMap<&str, _> = truth.articles().map(|entry| (entry.article.as_str(), entry)).collect();
    for entry in truth.entries.iter().filter(|entry| entry.kind == EntryKind::Copy) {
        let original = articles[entry.original.as_deref().expect("a copy has an original")];
        assert_eq!(
            entry.original_address.is_some(),
            original.page != PageState::Unlinked,
            "{}",
            entry.article
        );
        assert_eq!(entry.original_address, original.address, "{}", entry.article);
        assert_ne!(entry.outlet, original.outlet, "{}", entry.article);
        assert!(entry.relation.is_some());
    }
}

#[test]
fn keys_are_unique_in_their_feed_and_addresses_belong_to_one_article() {
    let truth = truth();
    let mut keys = HashSet::new();
    let mut addresses = HashMap::new();
    for entry in &truth.entries {
        assert!(keys.insert((&entry.feed, &entry.key)), "{} {}", entry.feed, entry.key);
        if let Some(address) = &entry.address {
            assert_eq!(*addresses.entry(address).or_insert(&entry.article), &entry.article);
        }
    }
    assert!(truth.entries.len() > truth.articles().count(), "some articles are announced by two feeds");
}

#[test]
fn holds_each_way_in_which_a_page_cannot_be_had() {
    let truth = truth();
    for state in [PageState::Missing, PageState::Disallowed, PageState::Unlinked] {
        let mut entries = truth.entries.iter().filter(|entry| entry.page == state);
        assert!(entries.any(|entry| entry.full_text), "{state:?}");
    }
    assert!(truth.entries.iter().any(|entry| entry.page == PageState::Missing && !entry.full_text));
    let mut claims = truth.entries.iter().filter_map(|entry| entry.claims.as_deref().map(|url| (url, entry)));
    assert!(claims.any(|(url, entry)| entry.kind == EntryKind::Original && !url.contains(&entry.outlet)));
    assert!(truth.entries.iter().any(|e| e.link.as_deref().is_some_and(|link| link.contains("utm_source="))));
}

#[test]
fn survives_a_file() {
    let truth = truth();
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("truth.json");
    truth.write(&path).expect("writes");
    let text = std::fs::read_to_string(&path).expect("reads");
    assert_eq!(serde_json::from_str::<Truth>(&text).expect("its own JSON"), truth);
}
