//! The life of an article in the index: pending, settled, withdrawn, revised, restored, evicted.

mod common;
#[path = "common/texts.rs"]
mod texts;

use common::{Article, Desk, check_copy, start};
use jiff::SignedDuration;
use proptest::prelude::*;
use texts::{DRILL, GAS, GENEVA};
use wirewatch_dedup::{DedupConfig, Deduper, SignatureError, Step, StoredText};
use wirewatch_model::{ArticleId, Relation, Verdict};

fn geneva(id: i64) -> Article {
    Article::new(id, &format!("site{id}.example"), GENEVA.0, GENEVA.1)
}

fn cut(id: i64) -> Article {
    let text: Vec<&str> = GENEVA.1.split("\n\n").take(3).collect();
    Article { text: text.join("\n\n"), ..geneva(id) }
}

/// Invariant 5: nothing refers to what is not stored.
#[test]
fn inv05_a_withdrawn_original_gives_back_its_copies() {
    let mut desk = Desk::new();
    desk.judge(&geneva(1));
    check_copy(desk.judge(&cut(2)).verdict, 1, &[Relation::Truncated]);
    assert_eq!(desk.deduper.withdraw(ArticleId(1)), [ArticleId(2)]);
    assert!(desk.deduper.is_empty());
    assert_eq!(desk.judge(&cut(2)).verdict, Verdict::New);
    check_copy(desk.judge(&geneva(3)).verdict, 2, &[Relation::Extended]);
}

#[test]
fn inv05_a_settled_article_stays_when_it_is_withdrawn_by_mistake() {
    let mut desk = Desk::new();
    desk.verdict(&geneva(1));
    assert_eq!(desk.deduper.withdraw(ArticleId(1)), []);
    check_copy(desk.verdict(&geneva(2)), 1, &[Relation::Exact]);
}

#[test]
fn judging_an_article_again_does_not_make_it_a_copy_of_itself() {
    let mut desk = Desk::new();
    let first = desk.judge(&geneva(1));
    assert_eq!(desk.judge(&geneva(1)), first);
    assert_eq!(desk.deduper.len(), 1);
}

#[test]
fn what_the_store_knows_is_an_exact_copy_for_ever() {
    let mut desk = Desk::new();
    let article = geneva(9);
    let step = desk.deduper.judge(&article.incoming(), Some(ArticleId(3)));
    let Step::Judged(judgement) = step else { panic!("{step:?}") };
    assert_eq!(judgement.verdict, Verdict::ExactCopy { of: ArticleId(3) });
}

#[test]
fn what_the_store_knows_is_followed_to_the_original() {
    let mut desk = Desk::new();
    desk.verdict(&geneva(1));
    desk.verdict(&cut(2));
    let article = Article { text: "Other words altogether.".to_owned(), ..geneva(3) };
    let step = desk.deduper.judge(&article.incoming(), Some(ArticleId(2)));
    let Step::Judged(judgement) = step else { panic!("{step:?}") };
    assert_eq!(judgement.verdict, Verdict::ExactCopy { of: ArticleId(1) });
}

#[test]
fn a_stand_in_is_never_an_original() {
    let mut desk = Desk::new();
    let stand_in = Article { standalone: false, ..cut(1) };
    assert_eq!(desk.verdict(&stand_in), Verdict::New);
    assert_eq!(desk.verdict(&cut(2)), Verdict::New);
    check_copy(desk.verdict(&Article { standalone: false, ..cut(3) }), 2, &[Relation::Exact]);
}

#[test]
fn a_completed_stand_in_may_be_an_original() {
    let mut desk = Desk::new();
    desk.verdict(&Article { standalone: false, ..cut(1) });
    assert_eq!(desk.verdict(&geneva(1)), Verdict::New);
    check_copy(desk.verdict(&cut(2)), 1, &[Relation::Truncated]);
}

#[test]
fn an_original_that_is_judged_again_stays_the_original() {
    let mut desk = Desk::new();
    desk.verdict(&Article::new(1, "a.example", GAS.0, GAS.1));
    desk.verdict(&geneva(2));
    desk.verdict(&cut(3));
    let changed = Article { text: GAS.1.to_owned(), ..geneva(2) };
    assert_eq!(desk.verdict(&changed), Verdict::New);
    assert_eq!(desk.deduper.len(), 3);
}

#[test]
fn a_revision_is_known_by_its_new_text_and_its_first() {
    let mut desk = Desk::new();
    desk.verdict(&geneva(1));
    for text in [GAS, DRILL] {
        desk.deduper.revise(&Article { text: text.1.to_owned(), ..geneva(1) }.incoming());
    }
    check_copy(desk.verdict(&Article { text: DRILL.1.to_owned(), ..geneva(2) }), 1, &[Relation::Exact]);
    check_copy(desk.verdict(&cut(3)), 1, &[Relation::Truncated]);
    let between: Vec<&str> = GAS.1.split("\n\n").take(3).collect();
    assert_eq!(desk.verdict(&Article::new(4, "d.example", GAS.0, &between.join("\n\n"))), Verdict::New);
}

#[test]
fn exact_copies_and_stand_ins_survive_a_restart() {
    let mut desk = Desk::new();
    desk.verdict(&geneva(1));
    desk.verdict(&geneva(2));
    desk.verdict(&Article { standalone: false, ..Article::new(3, "c.example", GAS.0, "Gas is short.") });
    desk.verdict(&Article { standalone: false, ..Article::new(4, "d.example", "", "") });
    let mut desk = desk.restarted(DedupConfig::default());
    check_copy(desk.verdict(&geneva(5)), 1, &[Relation::Exact]);
    assert_eq!(desk.verdict(&Article::new(6, "e.example", GAS.0, "Gas is short.")), Verdict::New);
}

#[test]
fn texts_that_left_the_memory_are_asked_for() {
    let mut desk = Desk::new();
    desk.verdict(&geneva(1));
    let mut desk = desk.restarted(DedupConfig::default());
    check_copy(desk.verdict(&cut(2)), 1, &[Relation::Truncated]);
    assert_eq!(desk.asked, 1);
}

#[test]
fn a_text_the_store_no_longer_has_does_not_stop_the_verdict() {
    let mut desk = Desk::new();
    desk.verdict(&geneva(1));
    let mut desk = desk.restarted(DedupConfig::default());
    desk.stored.clear();
    assert_eq!(desk.verdict(&cut(2)), Verdict::New);
}

#[test]
fn articles_outside_the_windows_are_not_compared() {
    let mut desk = Desk::new();
    desk.verdict(&geneva(1));
    assert_eq!(desk.verdict(&cut(2).at(24 * 200)), Verdict::New);
}

#[test]
fn old_articles_are_thinned_out_and_then_forgotten() {
    let mut desk = Desk::with(DedupConfig { keep_latest: 0, ..DedupConfig::default() });
    let letter = |number: u32| char::from(b'a' + (number % 26) as u8);
    let word = |number: u32| [letter(number), letter(number / 26), letter(number / 7), ' '];
    let long: String = (0..1_000).flat_map(word).collect();
    desk.verdict(&Article::new(1, "a.example", "A long report", &long));
    let full = desk.deduper.index_bytes();
    desk.deduper.evict(start() + SignedDuration::from_hours(24 * 30));
    assert_eq!(desk.deduper.len(), 1);
    assert!(desk.deduper.index_bytes() <= full);
    let copy = Article::new(2, "b.example", "A long report", &format!("{long} and a word more")).at(24 * 30);
    check_copy(desk.verdict(&copy), 1, &[Relation::Syndicated]);
    desk.deduper.evict(start() + SignedDuration::from_hours(24 * 300));
    assert!(desk.deduper.is_empty());
}

#[test]
fn the_index_never_holds_more_articles_than_it_may() {
    let mut desk = Desk::with(DedupConfig { keep_latest: 0, max_articles: 10, ..DedupConfig::default() });
    for id in 1..=30 {
        let text: String = (0..90).map(|word| format!("w{id}x{word} ")).collect();
        desk.verdict(&Article::new(id, "a.example", "Report", &text));
    }
    desk.deduper.evict(start());
    assert_eq!(desk.deduper.len(), 10);
}

#[test]
fn a_foreign_signature_is_refused() {
    let mut deduper = Deduper::new(DedupConfig::default());
    let refused = deduper.restore(ArticleId(1), start(), "", &[250, 0]);
    assert_eq!(refused, Err(SignatureError::Version(250)));
    assert_eq!(deduper.restore(ArticleId(1), start(), "", &[]), Err(SignatureError::Damaged));
    assert!(deduper.is_empty());
}

#[test]
fn lines_of_a_site_that_recur_are_background_and_no_evidence() {
    const FURNITURE: &str = "Our newsroom in the old harbour is open to visitors every Thursday from noon, bring a \
friend and a question, coffee is on the house. We print what two sources confirm, correct what was wrong on the same \
page and name the author of every picture that you see here. If you like what we do, tell others, and if you do not, \
tell us: the address stands below, and every letter is read by a person who answers within a week.";
    let mut desk = Desk::new();
    for (id, item) in [
        (1, "The bridge over the Dnipro near Kremenchuk opens to lorries in March after repairs."),
        (2, "A ferry with forty people aboard ran aground off Kinburn, and nobody was hurt at all."),
        (3, "Wheat from the south found buyers in Egypt and Tunisia at prices last seen in 2013."),
        (4, "The theatre in Mariupol plays a new comedy, and tickets are gone until the end of May."),
    ] {
        let text = format!("{item}\n\n{FURNITURE}");
        let judgement = desk.judge(&Article::new(id, "site.example", item, &text));
        assert_eq!(judgement.verdict, Verdict::New, "{id}");
        let expected: &[u32] = if id > 2 { &[1] } else { &[] };
        assert_eq!(judgement.background, expected, "{id}");
    }
}

/// A stream of articles made of few words, so that copies, cuts and chance overlaps abound.
fn streams() -> impl Strategy<Value = Vec<Article>> {
    let text = (0u64..6, 0usize..3, 20usize..120, 0usize..4, 0usize..3);
    proptest::collection::vec(text, 1..14).prop_map(|texts| {
        let articles = texts.into_iter().enumerate().map(|(at, (seed, skip, words, edit, publisher))| {
            let mut state = seed + 1;
            let mut text = String::new();
            for word in 0..words + skip * 10 {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                if word >= skip * 10 {
                    let drawn = if edit > 0 && word % (7 + edit) == 0 {
                        900 + edit as u64
                    } else {
                        (state >> 33) % 400
                    };
                    text += &format!(
                        "{}{drawn}{}",
                        ["w", "", "W"][(drawn % 3) as usize],
                        if word % 17 == 16 { ".\n\n" } else { " " }
                    );
                }
            }
            Article::new(
                at as i64 + 1,
                ["a.example", "b.example", ""][publisher],
                &format!("Title {}", seed % 2),
                &text,
            )
        });
        articles.collect()
    })
}

fn verdicts(desk: &mut Desk, articles: &[Article]) -> Vec<Verdict> {
    articles.iter().map(|article| desk.verdict(article)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_same_stream_has_the_same_verdicts_across_a_restart(articles in streams(), at in 0usize..14) {
        let whole = verdicts(&mut Desk::new(), &articles);
        let (before, after) = articles.split_at(at.min(articles.len()));
        let mut desk = Desk::new();
        let mut parts = verdicts(&mut desk, before);
        let mut desk = desk.restarted(DedupConfig::default());
        parts.extend(verdicts(&mut desk, after));
        prop_assert_eq!(whole, parts);
    }

    #[test]
    fn the_same_stream_has_the_same_verdicts_with_few_texts_in_memory(articles in streams()) {
        let whole = verdicts(&mut Desk::new(), &articles);
        let mut small = Desk::with(DedupConfig { texts_in_memory: 0, ..DedupConfig::default() });
        prop_assert_eq!(whole, verdicts(&mut small, &articles));
    }

    #[test]
    fn a_withdrawn_article_leaves_no_trace(articles in streams(), at in 0usize..14) {
        let (before, after) = articles.split_at(at.min(articles.len() - 1));
        let (rejected, after) = after.split_first().expect("at is below the length");
        let mut clean = Desk::new();
        verdicts(&mut clean, before);
        let mut desk = Desk::new();
        verdicts(&mut desk, before);
        desk.judge(rejected);
        desk.deduper.withdraw(ArticleId(rejected.id));
        prop_assert_eq!(desk.deduper.len(), clean.deduper.len());
        prop_assert_eq!(verdicts(&mut desk, after), verdicts(&mut clean, after));
    }

    #[test]
    fn every_copy_names_an_original_that_came_before(articles in streams()) {
        let mut desk = Desk::new();
        let mut all: Vec<Verdict> = Vec::new();
        for article in &articles {
            let verdict = desk.verdict(article);
            if let Some(of) = verdict.of() {
                prop_assert!(of.0 < article.id);
                prop_assert_eq!(all[of.0 as usize - 1], Verdict::New);
            }
            all.push(verdict);
        }
    }

    #[test]
    fn no_text_makes_it_panic(texts in proptest::collection::vec(("\\PC{0,40}", "[\\PC\n]{0,300}"), 1..5)) {
        let mut desk = Desk::new();
        for (id, (title, text)) in texts.iter().enumerate() {
            let article = Article::new(id as i64, "a.example", title, text);
            desk.verdict(&article);
            desk.deduper.provide(ArticleId(99), &StoredText { title, text, publisher: "", time: start() });
            desk.deduper.revise(&Article { text: text.repeat(3), ..article }.incoming());
        }
    }
}
