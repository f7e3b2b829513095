//! The stage filter's way of judging: lines in, verdicts out, with the field names of the contract.

#![allow(clippy::expect_used, reason = "a helper that fails is a test that fails")]

#[path = "common/texts.rs"]
mod texts;

use serde_json::{Value, json};
use texts::{GAS, GENEVA};
use wirewatch_dedup::{DedupConfig, Stream, StreamArticle};

fn judged(lines: &[Value]) -> Vec<Value> {
    let mut stream = Stream::new(DedupConfig::default());
    let article =
        |line: &Value| serde_json::from_value::<StreamArticle>(line.clone()).expect("the contract's fields");
    lines
        .iter()
        .map(|line| serde_json::to_value(stream.judge(article(line))).expect("plain values"))
        .collect()
}

fn line(id: &str, url: &str, (title, text): (&str, &str)) -> Value {
    json!({"id": id, "url": url, "title": title, "text": text, "published": "2022-01-10T10:00:00Z"})
}

#[test]
fn a_new_article_and_its_exact_copy() {
    let out =
        judged(&[line("a", "https://one.example/1", GENEVA), line("b", "https://two.example/2", GENEVA)]);
    assert_eq!(
        out[0],
        json!({"id": "a", "verdict": "new", "of": null, "relation": null, "similarity": null, "story": "a"})
    );
    let copy = json!({"id": "b", "verdict": "exact-copy", "of": "a", "relation": "exact", "similarity": 1.0, "story": "a"});
    assert_eq!(out[1], copy);
}

#[test]
fn a_cut_copy_points_to_its_original() {
    let cut = &GENEVA.1[..GENEVA.1.len() / 2];
    let out = judged(&[
        line("a", "https://one.example/1", GENEVA),
        line("x", "https://one.example/2", GAS),
        line("b", "https://two.example/2", (GENEVA.0, cut)),
    ]);
    assert_eq!((&out[2]["verdict"], &out[2]["of"]), (&json!("near-copy"), &json!("a")));
    assert_eq!((&out[2]["relation"], &out[2]["story"]), (&json!("truncated"), &json!("a")));
    assert!(out[2]["similarity"].as_f64().expect("a number") > 0.9);
}

#[test]
fn the_same_address_is_a_revision() {
    let edited = GENEVA.1.replace("difficult", "hard");
    let out = judged(&[
        line("a", "https://www.one.example/1?utm_source=x", GENEVA),
        line("b", "http://one.example/1", (GENEVA.0, &edited)),
        line("c", "https://one.example/1#top", (GENEVA.0, &format!("{edited}\n\n1,234 views"))),
    ]);
    for (at, relation) in [(1, "updated"), (2, "exact")] {
        assert_eq!((&out[at]["verdict"], &out[at]["of"]), (&json!("revision"), &json!("a")), "{at}");
        assert_eq!(out[at]["relation"], json!(relation), "{at}");
    }
}

#[test]
fn only_title_and_text_are_needed() {
    let bare = |id: &str, text: &str| json!({"id": id, "title": "", "text": text, "published": "soon"});
    let out = judged(&[bare("a", GAS.1), bare("b", GENEVA.1), bare("c", GAS.1)]);
    assert_eq!(out[1]["verdict"], json!("new"));
    assert_eq!(out[2]["of"], json!("a"));
}

#[test]
fn each_line_is_judged_with_what_came_before_only() {
    let lines = [
        line("a", "https://one.example/1", GENEVA),
        line("b", "https://two.example/2", GAS),
        line("c", "https://three.example/3", GENEVA),
        line("d", "https://four.example/3", GAS),
    ];
    let whole = judged(&lines);
    for end in 1..lines.len() {
        assert_eq!(judged(&lines[..end]), whole[..end]);
    }
}
