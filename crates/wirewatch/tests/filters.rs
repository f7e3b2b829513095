//! The stage filters through the real program, on pages, feeds and texts of our own.

mod common;

use common::{Session, fixture};
use serde_json::{Value, json};

const TALKS: &str = "Diplomats from Russia and the United States met in Geneva on Monday to speak about NATO \
    enlargement and the troops that Moscow has moved towards the border of Ukraine since November.\n\n\
    After eight hours both sides said that the talks would go on in Brussels on Wednesday. The deputy foreign \
    minister said that his country had no plans to attack, while the American side repeated that sanctions \
    would follow any invasion.\n\n\
    The alliance has refused to give a written promise that it will take no new members in the east.";

const GARDEN: &str = "The town garden opened its new greenhouse on Saturday with a market for seeds and young \
    trees. Children planted sunflowers along the wall while the brass band played in the rain.\n\n\
    The gardener said that the first tomatoes would be ripe in June and invited everybody to come and taste \
    them, whatever the weather may be by then.";

#[test]
fn parse_reads_a_feed_and_names_what_is_none() {
    let session = Session::new();
    let lines = [
        json!({"id": "a", "path": fixture("harbour.rss"), "note": 1}),
        json!({"id": "b", "body": "<html><body>moved</body></html>"}),
        json!({"id": "c", "path": "no such file"}),
    ];
    let (code, answers) = session.stage(&["parse"], &lines);
    assert_eq!(code, 3);
    let feed = &answers[0];
    assert_eq!(feed["title"], "Harbour Post");
    assert_eq!((&feed["id"], &feed["note"], feed.get("path")), (&json!("a"), &json!(1), None));
    let entries = feed["entries"].as_array().expect("entries");
    assert_eq!(entries.len(), 2);
    assert_eq!(entries[0]["id"], "harbour-1");
    assert_eq!(entries[0]["url"], "https://harbour.example/2022/01/grain-ships-leave");
    assert_eq!(entries[0]["published"], "2022-01-12T08:15:00+02:00");
    assert_eq!(entries[1]["id"], Value::Null);
    assert_eq!(entries[1]["published"], Value::Null);
    assert!(entries[1]["key"].as_str().is_some_and(|key| !key.is_empty()));
    assert_eq!(answers[1]["kind"], "html");
    assert!(answers[1]["error"].is_string() && answers[2]["error"].is_string());
}

#[test]
fn clean_cuts_the_article_out_and_the_answers_do_not_depend_on_jobs() {
    let session = Session::new();
    let html = std::fs::read_to_string(fixture("harbour.html")).expect("fixture");
    let lines: Vec<Value> = (0..40)
        .map(|n| json!({"id": n, "html": html, "url": format!("https://harbour.example/2022/01/{n}-ships")}))
        .collect();
    let (code, alone) = session.stage(&["clean", "--jobs", "1"], &lines);
    assert_eq!(code, 0);
    assert_eq!(alone[7]["id"], 7);
    assert_eq!(alone[7]["title"], "Grain ships leave Odesa after talks");
    assert_eq!(alone[7]["published"], "2022-01-12T08:15:00+02:00");
    assert_eq!(alone[7]["rejected"], Value::Null);
    let text = alone[7]["text"].as_str().expect("text");
    assert!(text.starts_with("Three ships with grain") && text.contains("\n\n"), "{text}");
    for furniture in ["newsletter", "Lighthouse", "never text", "Imprint"] {
        assert!(!text.contains(furniture), "{furniture}: {text}");
    }
    assert!(alone[7].get("html").is_none());
    assert_eq!(session.stage(&["clean", "--jobs", "4"], &lines).1, alone);
}

#[test]
fn clean_learns_what_recurs_only_when_asked() {
    let session = Session::new();
    let page = |n: u32| {
        let body: String = (1..6)
            .map(|m| format!("<p>Paragraph {m} of report {n} tells of ship {} that left port {} in week {} with grain and steel.</p>", n * 7 + m, n * 3 + m, n + m))
            .collect();
        format!(
            "<html><head><title>Report {n}</title></head><body><article><h1>Report {n}</h1>{body}\
             <p>Readers keep this harbour chronicle alive with whatever they can spare each month, thank you.</p>\
             </article></body></html>"
        )
    };
    let lines: Vec<Value> = (0..8)
        .map(|n| json!({"id": n, "html": page(n), "url": format!("https://learn.example/2022/report-{n}")}))
        .collect();
    let (_, without) = session.stage(&["clean"], &lines);
    let (code, with) = session.stage(&["clean", "--learn"], &lines);
    assert_eq!(code, 0);
    let has = |answer: &Value| answer["text"].as_str().expect("text").contains("keep this harbour chronicle");
    assert!(without.iter().all(has), "nothing is known of the host: the line may be part of the article");
    assert!(has(&with[0]) && !has(&with[7]), "the eighth page is cleaned with what seven taught");
}

#[test]
fn dedup_points_to_earlier_lines() {
    let session = Session::new();
    let edited = TALKS.replace("eight hours", "nine hours of talks behind closed doors");
    let lines = [
        json!({"id": 10, "url": "https://a.example/talks", "title": "Talks in Geneva", "text": TALKS, "published": "2022-01-10T18:00:00Z"}),
        json!({"id": "x", "url": "https://b.example/1", "title": "Talks in Geneva", "text": TALKS, "published": "2022-01-10T19:00:00Z"}),
        json!({"id": 12, "url": "https://c.example/garden", "title": "Greenhouse opened", "text": GARDEN, "published": "2022-01-10T20:00:00Z"}),
        json!({"id": 13, "url": "https://a.example/talks", "title": "Talks in Geneva", "text": edited, "published": "2022-01-10T18:00:00Z"}),
    ];
    let (code, answers) = session.stage(&["dedup"], &lines);
    assert_eq!(code, 0);
    let verdicts: Vec<_> = answers.iter().map(|answer| answer["verdict"].as_str().expect("text")).collect();
    assert_eq!(verdicts, ["new", "exact-copy", "new", "revision"]);
    assert_eq!((&answers[1]["of"], &answers[1]["relation"]), (&json!(10), &json!("exact")));
    assert_eq!(answers[3]["of"], json!(10));
    assert_eq!((&answers[0]["story"], &answers[1]["story"]), (&json!(10), &json!(10)));
    assert_eq!((&answers[0]["of"], &answers[0]["similarity"]), (&Value::Null, &Value::Null));
}

#[test]
fn tag_gives_topics_with_spans_that_hold() {
    let session = Session::new();
    let lines = [
        json!({"id": 1, "title": "Talks in Geneva on Ukraine", "text": TALKS}),
        json!({"id": 2, "title": "Greenhouse opened", "text": GARDEN}),
        json!({"id": 3, "title": "no text"}),
    ];
    let (code, answers) = session.stage(&["tag", "--rules-only"], &lines);
    assert_eq!(code, 3);
    assert_eq!(answers[0]["relevant"], true);
    assert_eq!(answers[1]["relevant"], false);
    assert!(answers[2]["error"].as_str().is_some_and(|error| error.contains("text")));
    let topics = answers[0]["topics"].as_array().expect("topics");
    assert!(topics.iter().any(|topic| topic["slug"] == "diplomacy-talks"), "{topics:?}");
    for topic in topics {
        let evidence = topic["evidence"].as_array().expect("evidence");
        assert!(!evidence.is_empty());
        for span in evidence {
            let field = if span["field"] == "title" { "Talks in Geneva on Ukraine" } else { TALKS };
            let (start, end) = (span["start"].as_u64().expect("start"), span["end"].as_u64().expect("end"));
            assert!(start < end && end <= field.chars().count() as u64, "{span}");
        }
    }
}

#[test]
fn numbers_pass_unchanged_and_ids_come_back_as_they_were_given() {
    let session = Session::new();
    let line = |id: &str| {
        format!("{{\"id\":{id},\"title\":\"Talks\",\"text\":\"{}\",\"price\":2.50}}\n", "word ".repeat(90))
    };
    let (first, second) = ("123456789012345678901234567890", "7.0");
    let input = format!("\u{feff}{}{}", line(first), line(second));
    let ran = session.pipe(&["stage", "dedup"], &input).expect(0);
    let answers: Vec<&str> = ran.stdout.lines().collect();
    assert!(answers.iter().all(|answer| answer.contains("\"price\":2.50")), "{answers:?}");
    assert!(answers[0].starts_with(&format!("{{\"id\":{first},")), "{answers:?}");
    assert!(answers[1].contains(&format!("\"of\":{first}")), "{answers:?}");
}

#[test]
fn filters_can_be_piped_into_one_another() {
    let session = Session::new();
    let lines = [
        json!({"id": 1, "path": fixture("harbour.html"), "url": "https://harbour.example/2022/01/grain-ships-leave"}),
        json!({"id": 2, "path": "no such file"}),
    ];
    let (_, cleaned) = session.stage(&["clean"], &lines);
    let (_, judged) = session.stage(&["dedup"], &cleaned);
    let (code, tagged) = session.stage(&["tag"], &judged);
    assert_eq!(code, 3);
    assert_eq!(tagged[0]["verdict"], "new");
    assert_eq!(tagged[0]["title"], "Grain ships leave Odesa after talks");
    assert_eq!(tagged[0]["relevant"], true);
    assert!(tagged[1]["error"].as_str().is_some_and(|error| error.contains("no such file")), "{}", tagged[1]);
}

#[test]
fn a_closed_pipe_is_a_normal_end() {
    let session = Session::new();
    for jobs in ["1", "3"] {
        let mut child = session
            .command(&["stage", "clean", "--jobs", jobs])
            .stdin(std::process::Stdio::piped())
            .spawn()
            .expect("starts");
        drop(child.stdout.take());
        let mut stdin = child.stdin.take().expect("piped");
        let line = format!("{}\n", json!({"id": 1, "html": "<p>words</p>", "note": "x".repeat(2000)}));
        // Goes on until the program has noticed: it closes its end.
        while std::io::Write::write_all(&mut stdin, line.as_bytes()).is_ok() {}
        let ran = common::Ran::of(child).expect(0);
        assert_eq!(ran.stderr, "");
    }
}
