//! Whatever comes in whatever order: nothing announced is lost, and the file stays whole.

use super::support::*;
use proptest::prelude::*;
use wirewatch_model::*;
use wirewatch_store::*;

/// One thing that happens to one of a few feeds, entries or articles, which may not exist.
#[derive(Clone, Debug)]
enum Event {
    Checked { feed: i64, keys: Vec<(u8, u8)> },
    Stored { entry: i64, article: i64, verdict: u8, words: u8, stands_in: bool },
    Linked { entry: i64, article: i64 },
    Failed { entry: i64, again: bool },
    Rejected { entry: i64, again: bool },
    Unchanged { entry: i64 },
    Postponed { entry: i64 },
    Died { entry: i64 },
}

fn event() -> impl Strategy<Value = Event> {
    let entry = 1..7i64;
    let article = 1..5i64;
    prop_oneof![
        (1..3i64, prop::collection::vec((0..5u8, 0..3u8), 0..5))
            .prop_map(|(feed, keys)| Event::Checked { feed, keys }),
        (entry.clone(), article.clone(), 0..6u8, 0..4u8, any::<bool>()).prop_map(
            |(entry, article, verdict, words, stands_in)| Event::Stored {
                entry,
                article,
                verdict,
                words,
                stands_in
            }
        ),
        (entry.clone(), article).prop_map(|(entry, article)| Event::Linked { entry, article }),
        (entry.clone(), any::<bool>()).prop_map(|(entry, again)| Event::Failed { entry, again }),
        (entry.clone(), any::<bool>()).prop_map(|(entry, again)| Event::Rejected { entry, again }),
        entry.clone().prop_map(|entry| Event::Unchanged { entry }),
        entry.clone().prop_map(|entry| Event::Postponed { entry }),
        entry.prop_map(|entry| Event::Died { entry }),
    ]
}

fn write_of(event: &Event, now: jiff::Timestamp) -> Write {
    let again = |again: &bool| again.then_some(now);
    match event {
        Event::Checked { feed, keys } => {
            let mut seen = std::collections::HashSet::new();
            let entries = keys.iter().filter(|(key, _)| seen.insert(*key)).map(|(key, version)| Entry {
                content: Some(format!("version {version}")),
                aliases: vec![u64::MAX - u64::from(key % 2), u64::from(*version)],
                ..entry(&format!("k{key}"))
            });
            Write::FeedChecked(Box::new(FeedCheck {
                entries: entries.collect(),
                ..check(FeedId(*feed), now)
            }))
        }
        Event::Stored { entry, article: id, verdict, words, stands_in } => {
            let of = ArticleId(*id % 4 + 1);
            let mut tagged = article(EntryId(*entry), *id, &format!("Text number {words}."));
            tagged.judged.seen_at = now;
            tagged.judged.taken_at = now;
            tagged.judged.verdict = match verdict {
                0 | 1 => Verdict::New,
                2 => Verdict::ExactCopy { of },
                3 | 4 => Verdict::Revision { of: ArticleId(*id) },
                _ => Verdict::Same { of: ArticleId(*id) },
            };
            tagged.judged.completion = match verdict {
                3 => Some(Verdict::ExactCopy { of }),
                4 => Some(Verdict::New),
                _ => None,
            };
            Write::ArticleDone(Box::new(if *stands_in { provisional(tagged, now) } else { tagged }))
        }
        Event::Linked { entry, article } => Write::EntryLinked {
            entry: EntryId(*entry),
            article: ArticleId(*article),
            taken_at: now,
            at: now,
        },
        Event::Failed { entry, again: retry } => Write::PageFailed {
            entry: EntryId(*entry),
            failure: PageFailure { status: None, reason: "slow".into(), lasting: false, retry_after: None },
            next_try: again(retry),
            taken_at: now,
            at: now,
        },
        Event::Rejected { entry, again: retry } => Write::EntryRejected {
            reject: Reject {
                entry: EntryId(*entry),
                ordinal: None,
                stage: Stage::Clean,
                reason: "no text".into(),
                retry_at: again(retry),
            },
            taken_at: now,
            at: now,
        },
        Event::Unchanged { entry } => {
            Write::EntryUnchanged { entry: EntryId(*entry), taken_at: now, at: now }
        }
        Event::Postponed { entry } => Write::EntryPostponed {
            entry: EntryId(*entry),
            until: now,
            reason: "paused".into(),
            taken_at: now,
            at: now,
        },
        Event::Died { entry } => Write::Strike { target: StrikeTarget::Entry(EntryId(*entry)), at: now },
    }
}

/// What must not be, however articles came in and were completed.
const WRONG: [&str; 5] = [
    "article a JOIN article root ON root.id = a.copy_of WHERE root.copy_of IS NOT NULL OR root.story <> a.story",
    "article a WHERE (a.copy_of IS NULL) <> (a.id NOT IN (SELECT article FROM copy))",
    "article a WHERE (SELECT group_concat(story) FROM story_article WHERE article = a.id) <> a.story",
    "story s WHERE s.lead NOT IN (SELECT article FROM story_article WHERE story = s.id)",
    "article a WHERE a.provisional AND NOT EXISTS
        (SELECT 1 FROM entry e WHERE e.article = a.id AND e.state IN ('owed', 'provisional'))",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn inv01_nothing_announced_is_lost(events in prop::collection::vec(event(), 1..60)) {
        let world = World::new();
        for name in ["a", "b"] {
            world.feed(&format!("https://{name}.example/rss"));
        }
        let answers: Vec<_> = events
            .iter()
            .zip(1..)
            .map(|(event, minute)| world.handle.submit(write_of(event, at(minute))).expect("queued"))
            .collect();
        let (mut announced, mut stored, mut changes) = (0, 0, 0);
        for answer in answers {
            match answer.blocking_recv().expect("answered") {
                Ok(Written::Checked(counts)) => announced += u64::from(counts.new),
                Ok(Written::Article(done)) if done.outcome == StoredAs::New => {
                    stored += 1;
                    changes += 1;
                }
                Ok(Written::Article(ArticleStored { outcome: StoredAs::Revision(_) | StoredAs::Completed, .. })) => {
                    changes += 1;
                }
                Ok(_) => {}
                Err(error) => prop_assert!(
                    !matches!(error, WriteError::Fatal { .. } | WriteError::Ended),
                    "{error:?}"
                ),
            }
        }
        let stats = world.reader().stats().expect("stats");
        let counts = stats.entries;
        prop_assert_eq!(counts.seen, announced);
        prop_assert_eq!(counts.seen, counts.owed + counts.provisional + counts.done + counts.rejected);
        prop_assert_eq!(stats.articles, stored);
        let told = |kinds: &str| world.sql(&format!("SELECT count(*) FROM change WHERE {kinds}"));
        prop_assert_eq!(told("kind <> 'regrouped'"), changes.to_string(), "one number a change");
        prop_assert_eq!(told("true"), stats.last_seq.to_string(), "none left out");
        for wrong in WRONG {
            prop_assert_eq!(world.sql(&format!("SELECT count(*) FROM {wrong}")), "0", "{}", wrong);
        }
        // What is owed or stands in is always handed out again at some time.
        let waiting = "SELECT count(*) FROM entry WHERE state IN ('owed', 'provisional') AND next_try IS NULL";
        prop_assert_eq!(world.sql(waiting), "0");
        world.close();
    }
}
