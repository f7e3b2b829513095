//! What is a copy and what is not, on articles of our own writing.

mod common;
#[path = "common/texts.rs"]
mod texts;

use common::{Article, Desk, check_copy};
use texts::{DRILL, GAS, GENEVA};
use wirewatch_model::{Relation, Verdict};

/// Judges `text` after [`GENEVA`], [`GAS`] and [`DRILL`], which are 1, 2 and 3.
fn judged(publisher: &str, title: &str, text: &str) -> Verdict {
    let mut desk = Desk::new();
    for (id, (title, text)) in [GENEVA, GAS, DRILL].iter().enumerate() {
        let article = Article::new(id as i64 + 1, "first.example", title, text);
        assert_eq!(desk.verdict(&article), Verdict::New);
    }
    desk.verdict(&Article::new(9, publisher, title, text))
}

fn paragraphs(text: &str) -> Vec<&str> {
    text.split("\n\n").collect()
}

#[test]
fn the_same_text_is_an_exact_copy_whatever_its_typography() {
    let text = GENEVA
        .1
        .replace(' ', "  ")
        .replace("simply", "sim\u{ad}ply")
        .replace("Co-operation", "Co\u{2010}operation");
    check_copy(judged("other.example", GENEVA.0, &text), 1, &[Relation::Exact]);
    let text = DRILL.1.replace('’', "ʼ").replace('ї', "\u{456}\u{308}");
    check_copy(judged("other.example", DRILL.0, &text), 3, &[Relation::Exact]);
}

#[test]
fn wrong_decoding_is_no_other_text() {
    let text = DRILL.1.replace('’', "â€™");
    check_copy(judged("other.example", DRILL.0, &text), 3, &[Relation::Exact]);
}

#[test]
fn a_dispatch_under_another_headline_and_dateline_is_syndicated() {
    let text =
        format!("GENEVA, Jan 10 (Agency) — {}\n\n(Reporting by A. Writer; editing by B. Reader)", GENEVA.1);
    check_copy(judged("other.example", "US and Russia meet", &text), 1, &[Relation::Syndicated]);
}

#[test]
fn a_third_of_an_article_is_found_in_its_whole() {
    let text = paragraphs(GENEVA.1)[..2].join("\n\n");
    check_copy(judged("other.example", GENEVA.0, &text), 1, &[Relation::Truncated]);
}

#[test]
fn an_article_with_passages_added_is_extended() {
    let text = format!(
        "{}\n\n{}",
        GENEVA.1,
        "Analysts in Kyiv doubt that the week will bring more than a promise to \
meet again. They point to Bucharest in 2008, when the alliance promised membership without a date, and to the years \
of talks about the Donbas that followed the agreements of Minsk. In Moscow, commentators close to the government \
spoke of a last chance. The rouble lost two percent against the dollar, and shares of Sberbank fell for the fourth \
day in a row. In Helsinki the president said in his address that Finland keeps the right to apply for membership, and \
Stockholm sent armoured cars to Gotland."
    );
    check_copy(judged("other.example", GENEVA.0, &text), 1, &[Relation::Extended]);
}

#[test]
fn a_new_opening_and_corrected_figures_make_an_update() {
    let text = GENEVA.1.replace("100,000", "120,000").replace("eight hours", "seven hours");
    let text = format!("The first day of talks ended without a date for the next.\n\n{text}");
    check_copy(judged("first.example", GENEVA.0, &text), 1, &[Relation::Updated, Relation::Syndicated]);
}

#[test]
fn words_replaced_one_by_one_are_still_a_copy() {
    let text = [
        ("sat down", "met"),
        ("close to eight", "nearly eight"),
        ("talks on the demands", "negotiations about the demands"),
        ("put in writing", "written down"),
        ("said afterwards", "stated later"),
        ("conversation", "exchange"),
        ("difficult but businesslike", "hard yet professional"),
        ("had no plans", "did not intend"),
        ("told reporters", "informed journalists"),
        ("pushed back on", "rejected"),
        ("offered to speak", "proposed to talk"),
        ("placement of missiles", "deployment of rockets"),
        ("provided that", "as long as"),
        ("refused", "turned down"),
        ("is the first of", "opens a series of"),
        ("gathers", "convenes"),
        ("follows in", "comes next in"),
        ("stand near", "are massed close to"),
        ("according to", "by"),
        ("added since", "built up from"),
        ("has asked its partners", "urged its allies"),
        ("left open", "did not say"),
        ("another round", "more meetings"),
    ]
    .iter()
    .fold(GENEVA.1.to_owned(), |text, (from, to)| text.replace(from, to));
    check_copy(
        judged("other.example", "Security guarantees: negotiations open in Geneva", &text),
        1,
        &[Relation::Rewritten, Relation::Updated],
    );
}

#[test]
fn a_shared_quotation_is_no_copy() {
    let quoted = paragraphs(GENEVA.1)[1];
    let text = format!(
        "In Kyiv the mood was one of suspicion. Officials followed the day from afar and learnt of its course from the \
news, as a member of the delegation to the contact group remarked with some bitterness.\n\n{quoted}\n\n\
President Volodymyr Zelensky proposed a summit of four leaders to end the war in the east, his office announced. His \
adviser Andriy Yermak had spoken with his counterparts in Paris and Berlin before. In the Verkhovna Rada, deputies \
demanded to hear the foreign minister behind closed doors on Friday.\n\n\
On the contact line the night was quiet. The joint forces counted two violations near Svitlodarsk and Zolote."
    );
    assert_eq!(judged("other.example", "Kyiv watches the talks from afar", &text), Verdict::New);
}

#[test]
fn a_digest_of_several_articles_is_a_copy_of_none() {
    let item = |article: (&str, &str)| format!("{}\n\n{}", article.0, paragraphs(article.1)[0]);
    let text = format!(
        "Good morning, this is what you need to know.\n\n{}\n\n{}\n\n{}",
        item(GENEVA),
        item(GAS),
        item(DRILL)
    );
    assert_eq!(
        judged("other.example", "Morning briefing: talks on security guarantees open", &text),
        Verdict::New
    );
}

#[test]
fn an_empty_text_is_new() {
    assert_eq!(judged("other.example", "", ""), Verdict::New);
    assert_eq!(judged("other.example", "…", " — "), Verdict::New);
}

#[test]
fn copies_of_copies_name_the_original() {
    let mut desk = Desk::new();
    let cut = paragraphs(GENEVA.1)[..4].join("\n\n");
    assert_eq!(desk.verdict(&Article::new(1, "a.example", GENEVA.0, GENEVA.1)), Verdict::New);
    check_copy(desk.verdict(&Article::new(2, "b.example", GENEVA.0, &cut)), 1, &[Relation::Truncated]);
    check_copy(desk.verdict(&Article::new(3, "c.example", GENEVA.0, &cut)), 1, &[Relation::Exact]);
    let shorter = paragraphs(&cut)[..3].join("\n\n");
    check_copy(desk.verdict(&Article::new(4, "d.example", GENEVA.0, &shorter)), 1, &[Relation::Truncated]);
}

#[test]
fn evidence_says_what_decided() {
    let mut desk = Desk::new();
    desk.judge(&Article::new(1, "a.example", GENEVA.0, GENEVA.1));
    let cut = paragraphs(GENEVA.1)[..3].join("\n\n");
    let evidence = desk.judge(&Article::new(2, "b.example", GENEVA.0, &cut)).evidence.expect("a copy");
    assert!(evidence.contained_in_original > 0.95, "{evidence:?}");
    assert!((0.3..0.7).contains(&evidence.contains_original), "{evidence:?}");
    assert!(evidence.longest_run_words > 50, "{evidence:?}");
    assert!(evidence.figures_agree == 1.0 && evidence.names_agree > 0.9, "{evidence:?}");
}
