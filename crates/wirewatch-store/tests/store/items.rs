//! Questions of a person: listings, full text, changes.

use super::support::*;
use proptest::prelude::*;
use wirewatch_model::*;
use wirewatch_store::*;

/// One article for each text, with ids from 1.
fn with_texts(texts: &[(&str, &str)]) -> World {
    let world = World::new();
    let keys: Vec<String> = (1..=texts.len()).map(|number| format!("k{number}")).collect();
    let ids = world.announced(&keys.iter().map(String::as_str).collect::<Vec<_>>());
    for ((entry, id), (language, text)) in ids.into_iter().zip(1..).zip(texts) {
        let mut tagged = article(entry, id, text);
        tagged.judged.article.language = Some((*language).to_owned());
        tagged.judged.time = at(-id);
        world.done(tagged);
    }
    world
}

fn ids(items: &[Item]) -> Vec<i64> {
    items.iter().map(|item| item.id.0).collect()
}

#[track_caller]
fn check_search(world: &World, words: &str, want: &[i64]) {
    for order in [ItemOrder::Stored, ItemOrder::Time, ItemOrder::Rank, ItemOrder::Seq] {
        let filter = ItemFilter { text: Some(words.to_owned()), order, ..ItemFilter::default() };
        let mut found = ids(&world.reader().items(&filter).expect("no error"));
        found.sort_unstable();
        assert_eq!(found, want, "'{words}' by {order:?}");
    }
}

#[test]
fn full_text_finds_inflected_forms() {
    let world = with_texts(&[
        ("uk", "Президент України провів переговори щодо гарантій безпеки."),
        ("ru", "Переговоры о гарантиях безопасности прошли в Женеве. Ещё раз."),
        ("en", "The talks on security guarantees ended in Geneva."),
        ("uk", "Прем\u{2bc}єр-міністр відвідав об'єднання громад."),
    ]);
    check_search(&world, "україна", &[1]);
    check_search(&world, "УКРАЇНУ переговорів", &[1]);
    check_search(&world, "безопасность", &[2]);
    check_search(&world, "еще", &[2]);
    check_search(&world, "talk guarantee", &[3]);
    check_search(&world, "geneva paris", &[]);
    check_search(&world, "об\u{2bc}єднанням", &[4]);
    check_search(&world, "прем'єр-міністра", &[4]);
    check_search(&world, "", &[]);
    world.close();
}

#[test]
fn full_text_comes_last_stored_first() {
    let world = with_texts(&[("en", "Talks one."), ("en", "Sport."), ("en", "Talks three.")]);
    let filter = ItemFilter { text: Some("talks".to_owned()), ..ItemFilter::default() };
    assert_eq!(ids(&world.reader().items(&filter).expect("items")), [3, 1]);
    let by_time = ItemFilter { order: ItemOrder::Time, ..filter.clone() };
    assert_eq!(ids(&world.reader().items(&by_time).expect("items")), [1, 3]);
    world.close();
}

#[test]
fn a_filter_narrows_by_everything_it_names() {
    let world = World::new();
    let entries = world.announced(&["a", "b", "c", "d"]);
    for (entry, id) in entries.into_iter().zip(1..) {
        let mut tagged = article(entry, id, &format!("Text {id}."));
        tagged.judged.time = at(id * 10);
        tagged.tags.relevant = id != 4;
        tagged.judged.article.language = Some(["en", "uk", "uk-UA", "en"][id as usize - 1].to_owned());
        if id == 3 {
            tagged.judged.publisher = Publisher {
                domain: "golos.example".to_owned(),
                name: "Голос".to_owned(),
                ..Publisher::default()
            };
        }
        tagged.tags.topics = match id {
            1 => vec![topic("nato", 0.5)],
            2 => vec![topic("nato", 0.5), topic("energy", 0.9)],
            _ => Vec::new(),
        };
        world.done(tagged);
    }
    let reader = world.reader();
    let check = |filter: ItemFilter, want: &[i64]| {
        assert_eq!(ids(&reader.items(&filter).expect("items")), want, "{filter:?}");
    };
    let all = ItemFilter::default;
    let topics = |slugs: &[&str]| slugs.iter().map(|slug| (*slug).to_owned()).collect::<Vec<_>>();
    check(all(), &[3, 2, 1]);
    check(ItemFilter { relevant: None, ..all() }, &[4, 3, 2, 1]);
    check(ItemFilter { topics: topics(&["nato"]), ..all() }, &[2, 1]);
    check(ItemFilter { topics: topics(&["energy", "nato"]), ..all() }, &[2, 1]);
    check(ItemFilter { topics: topics(&["nato"]), order: ItemOrder::Seq, ..all() }, &[1, 2]);
    check(ItemFilter { topics: topics(&["unheard-of"]), ..all() }, &[]);
    check(ItemFilter { publishers: topics(&["голос"]), ..all() }, &[3]);
    check(ItemFilter { publishers: topics(&["golos.example"]), ..all() }, &[3]);
    check(ItemFilter { publishers: topics(&["nobody"]), ..all() }, &[]);
    check(ItemFilter { languages: topics(&["uk"]), ..all() }, &[3, 2]);
    check(ItemFilter { since: Some(at(20)), until: Some(at(30)), ..all() }, &[2]);
    check(ItemFilter { after: Some(Seq(2)), ..all() }, &[3]);
    check(ItemFilter { order: ItemOrder::Time, limit: 2, ..all() }, &[3, 2]);
    check(ItemFilter { limit: 0, ..all() }, &[]);
    world.close();
}

#[test]
fn inv09_listings_page_without_gaps_or_repeats() {
    let texts: Vec<(&str, &str)> = (0..23).map(|_| ("en", "Talks went on.")).collect();
    let world = with_texts(&texts);
    let reader = world.reader();
    for order in [ItemOrder::Stored, ItemOrder::Time] {
        for text in [None, Some("talks".to_owned())] {
            let filter = ItemFilter { order, text, limit: 5, ..ItemFilter::default() };
            let mut seen = Vec::new();
            let mut cursor = None;
            loop {
                let page = reader.items_after(&filter, cursor).expect("page");
                let Some(last) = page.last() else { break };
                cursor = Some(ItemCursor { id: last.id, time: last.time.parse().expect("time") });
                seen.extend(ids(&page));
            }
            let want: Vec<i64> =
                if order == ItemOrder::Stored { (1..=23).rev().collect() } else { (1..=23).collect() };
            assert_eq!(seen, want, "{filter:?}");
        }
    }
    world.close();
}

#[test]
fn inv09_a_reader_sees_the_latest_state_of_each_change_once() {
    let world = with_texts(&[("en", "One."), ("en", "Two."), ("en", "Three.")]);
    let entry = world.entry_id("k1");
    world.done(with_verdict(article(entry, 1, "One, edited."), Verdict::Revision { of: ArticleId(1) }));
    let reader = world.reader();
    let everything = ItemFilter { relevant: None, copies: Copies::Show, limit: 2, ..ItemFilter::default() };
    let first = reader.changes(&everything).expect("changes");
    let rows = |changes: &Changes| {
        changes.changes.iter().map(|row| (row.seq.0, row.item.id.0, row.kind.clone())).collect::<Vec<_>>()
    };
    assert_eq!(rows(&first), [(2, 2, "new".to_owned()), (3, 3, "new".to_owned())]);
    assert_eq!(first.reached, Seq(3));
    let next =
        reader.changes(&ItemFilter { after: Some(first.reached), ..everything.clone() }).expect("changes");
    assert_eq!(rows(&next), [(4, 1, "revision".to_owned())]);
    assert_eq!(next.reached, Seq(4));
    let none = ItemFilter { after: Some(Seq(0)), topics: vec!["nato".to_owned()], ..everything };
    let none = reader.changes(&none).expect("changes");
    assert_eq!(
        (none.changes.len(), none.reached),
        (0, Seq(4)),
        "what the filter holds back is looked at too"
    );
    world.close();
}

#[test]
fn odd_words_never_reach_sqlite_as_syntax() {
    let world =
        with_texts(&[("en", "The U.S. said COVID-19 would not stop talks; C++ is 100% fine, don't worry.")]);
    for words in ["don't", "c++", "u.s.", "covid-19", "100%", "talks;", "fine,", "\"talks\"", "(talks"] {
        check_search(&world, words, &[1]);
    }
    for words in ["-nato", "a AND", "NEAR(", "title:x", "*", "\"", "\0", "^", "{a b}:c", "½", "\u{301}"] {
        let filter = ItemFilter { text: Some(words.to_owned()), ..ItemFilter::default() };
        world.reader().items(&filter).unwrap_or_else(|error| panic!("{words}: {error:?}"));
    }
    world.close();
}

#[test]
fn no_text_of_a_person_is_a_sql_error() {
    let world = with_texts(&[("uk", "Переговори тривають.")]);
    let reader = world.reader();
    let order =
        prop::sample::select(vec![ItemOrder::Stored, ItemOrder::Time, ItemOrder::Rank, ItemOrder::Seq]);
    let words = prop_oneof!["\\PC{0,60}", "[a-z\"'()*:^+{}; -]{0,40}", any::<String>()];
    proptest!(|(words in words, name in "\\PC{0,20}", order in order)| {
        let filter = ItemFilter {
            text: Some(words),
            topics: vec![name.clone()],
            publishers: vec![name.clone()],
            languages: vec![name],
            order,
            ..ItemFilter::default()
        };
        prop_assert!(reader.items(&filter).is_ok());
        let only_words = ItemFilter { text: filter.text.clone(), order, ..ItemFilter::default() };
        let found = reader.items(&only_words);
        prop_assert!(found.is_ok(), "{found:?}");
    });
}
