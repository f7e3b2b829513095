//! What a user is told about a rules file, and what a local file changes.

#![allow(clippy::expect_used, reason = "a test may stop where it fails")]

use wirewatch_tag::{Rules, RulesError, TagInput, Tagger};

const TOPICS: &str = r#"
[relevance]
threshold = 0.5
[[relevance.terms]]
en = ["ukrain*"]

[[topic]]
slug = "grain"
title = "Grain"
definition = "Grain and its way to the sea"
[[topic.terms]]
weight = 3
en = ["grain", "wheat"]
uk = ["зерн*"]
"#;

fn parse(topics: &str, local: Option<&str>) -> Result<Rules, RulesError> {
    Rules::parse(topics, "", &[], local)
}

#[track_caller]
fn check_error(topics: &str, want: &str) {
    let error = parse(topics, None).expect_err("must be refused");
    assert_eq!(error.to_string(), want);
}

#[test]
fn an_unknown_key_is_named_with_its_line_and_the_nearest_known_one() {
    check_error(
        &TOPICS.replace("definition =", "definiton ="),
        "topics.toml line 7: 'topic.definition' is missing or empty",
    );
    check_error(
        &TOPICS.replace("[[topic.terms]]", "treshold = 0.4\n[[topic.terms]]"),
        "topics.toml line 11: unknown key 'topic.treshold', did you mean 'threshold'?",
    );
    check_error(
        &TOPICS.replace("weight = 3", "wieght = 3"),
        "topics.toml line 12: unknown key 'topic.terms.wieght', did you mean 'weight'?",
    );
    check_error(&format!("zzz = 1\n{TOPICS}"), "topics.toml line 1: unknown key 'zzz'");
}

#[test]
fn a_wrong_value_is_named_with_its_line() {
    check_error(
        &TOPICS.replace("weight = 3", "weight = \"heavy\""),
        "topics.toml line 12: 'topic.terms.weight' wants a number, found string",
    );
    check_error(
        &TOPICS.replace("weight = 3", "weight = 99"),
        "topics.toml line 12: 'topic.terms.weight' 99 is not between -10 and 10",
    );
    check_error(
        &TOPICS.replace("\"wheat\"", "\"whe*at\""),
        "topics.toml line 13: 'topic.terms.en' has a term whose '*' does not end a word: 'whe*at'",
    );
    check_error(
        &TOPICS.replace("\"wheat\"", "\"w*\""),
        "topics.toml line 13: 'topic.terms.en' has a term too short to mean anything: 'w*'",
    );
    check_error(
        &TOPICS.replace("slug = \"grain\"", "slug = \"Grain!\""),
        "topics.toml line 7: 'topic.slug' 'Grain!' may hold a-z, 0-9 and '-' only",
    );
    check_error(
        &TOPICS.replace("weight = 3", "near = \"portz\""),
        "topics.toml line 11: 'topic.terms.near' names no context: 'portz'",
    );
    check_error(
        &TOPICS.replace("[[topic.terms]]", "seeds = [\"one ¶1\"]\n[[topic.terms]]"),
        "topics.toml line 11: 'topic.seeds' names no seed profile: 'one'",
    );
}

#[test]
fn what_is_no_toml_and_what_lacks_everything_is_refused() {
    let error = parse("[relevance\n", None).expect_err("no TOML");
    assert!(matches!(error, RulesError::Syntax { line: 1, .. }), "{error}");
    check_error("", "topics.toml line 1: 'relevance' is missing or empty");
    check_error("[relevance]\nthreshold = 0.5\n", "topics.toml line 1: 'topic' is missing or empty");
    let twice = format!("{TOPICS}{}", &TOPICS[TOPICS.find("[[topic]]").expect("there")..]);
    check_error(&twice, "topics.toml line 15: 'topic.slug' 'grain' is there twice");
}

#[test]
fn an_entity_of_an_unknown_kind_is_refused() {
    let entities = "[[entity]]\nid = \"odesa\"\nkind = \"port\"\n[entity.names]\nen = [\"Odesa\"]\n";
    let error = Rules::parse(TOPICS, entities, &[], None).expect_err("unknown kind");
    assert_eq!(
        error.to_string(),
        "entities.toml line 1: 'entity.kind' is 'port', known are person, place, organisation, media, \
         document, event"
    );
}

fn terms_found(local: Option<&str>, text: &str) -> Vec<(String, String)> {
    let tagger = Tagger::new(parse(TOPICS, local).expect("valid"));
    let tags = tagger.tag(&TagInput { title: "", text, language: Some("en"), background: &[], hinted: &[] });
    let found = tags.topics.into_iter().flat_map(|topic| {
        topic.evidence.into_iter().map(move |evidence| (topic.slug.clone(), evidence.term))
    });
    let mut found: Vec<_> = found.collect();
    found.sort();
    found
}

/// Local terms of so low a threshold that one hit earns the topic.
const ANY: &str = "[[topic]]\nslug = \"grain\"\nthreshold = 0.0\n";

#[test]
fn a_local_file_adds_and_takes_away_terms() {
    let text = "Wheat and barley from Ukraine.";
    let pair = |term: &str| ("grain".to_owned(), term.to_owned());
    assert_eq!(terms_found(Some(ANY), text), [pair("wheat")]);
    let added = format!("{ANY}remove = [\"wheat\"]\n[[topic.terms]]\nen = [\"barley\"]\n");
    assert_eq!(terms_found(Some(&added), text), [pair("barley")]);
}

#[test]
fn a_local_file_makes_topics_and_switches_them_off() {
    let port = "[[topic]]\nslug = \"ports\"\ntitle = \"Ports\"\ndefinition = \"d\"\nthreshold = 0.0\n\
                [[topic.terms]]\nen = [\"harbour*\"]\n[[topic]]\nslug = \"grain\"\noff = true\n";
    let found = terms_found(Some(port), "Grain in the harbours of Ukraine.");
    assert_eq!(found, [("ports".to_owned(), "harbour*".to_owned())]);
}

#[test]
fn complaints_about_a_local_file_name_it() {
    let error =
        parse(TOPICS, Some("[[topic]]\nslug = \"grain\"\nremove = [\"weat\"]\n")).expect_err("no such term");
    assert_eq!(
        error.to_string(),
        "topics.local.toml line 3: 'topic.remove' 'weat' is no term of it, nearest is 'wheat'"
    );
    let error = parse(TOPICS, Some("[[topic]]\nslug = \"grian\"\n")).expect_err("a new topic needs a title");
    assert_eq!(error.to_string(), "topics.local.toml line 1: 'topic.title' is missing or empty");
}

#[test]
fn other_rules_have_another_version_and_the_same_rules_the_same() {
    let version = |local| Tagger::new(parse(TOPICS, local).expect("valid")).rules_version();
    assert_eq!(version(None), version(None));
    assert_ne!(version(None), version(Some(ANY)));
    assert!(i64::try_from(version(None)).is_ok(), "SQLite keeps it");
}

#[test]
fn a_longer_term_without_weight_takes_the_shorter_one_out() {
    let masked = format!("{ANY}[[topic.terms]]\nweight = 0\nen = [\"grain of salt\"]\n");
    assert!(terms_found(Some(&masked), "With a grain of salt from Ukraine.").is_empty());
}

#[test]
fn a_term_that_needs_a_context_counts_only_beside_it() {
    let local = format!(
        "[[context]]\nname = \"sea\"\nen = [\"black sea\"]\n{ANY}[[topic.terms]]\nnear = \"sea\"\nen = [\"ship*\"]\n"
    );
    assert_eq!(terms_found(Some(&local), "Ships left the Black Sea.").len(), 1);
    assert!(terms_found(Some(&local), "Ships left the river.").is_empty());
    let far = format!("Ships left. {} The Black Sea is calm.", "Nothing else happened. ".repeat(20));
    assert!(terms_found(Some(&local), &far).is_empty());
}

#[test]
fn a_term_without_its_context_leaves_its_place_to_another() {
    let local = format!(
        "[[context]]\nname = \"sea\"\nen = [\"black sea\"]\n{ANY}[[topic.terms]]\nnear = \"sea\"\nen = [\"grain ship*\"]\n"
    );
    let terms = |text| terms_found(Some(&local), text).into_iter().map(|(_, term)| term).collect::<Vec<_>>();
    assert_eq!(terms("Grain ships left Ukraine by the Black Sea."), ["grain ship*"]);
    assert_eq!(terms("Grain ships left Ukraine."), ["grain"]);
}

#[test]
fn the_shipped_rules_can_be_read_with_a_local_file_over_them() {
    let local = "[[topic]]\nslug = \"energy\"\n[[topic.terms]]\nen = [\"wood pellets\"]\n";
    let with = Tagger::new(Rules::shipped(Some(local)).expect("valid"));
    let without = Tagger::new(Rules::shipped(None).expect("valid"));
    let energy =
        |tagger: &Tagger| tagger.topics().find(|topic| topic.slug == "energy").map(|topic| topic.terms);
    assert_eq!(energy(&with), energy(&without).map(|terms| terms + 1));
}
