//! Any text through dedup and tag: verdicts and spans, never a panic; every span lies in its text.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;
use wirewatch_dedup::{DedupConfig, Deduper, Incoming, Step};
use wirewatch_model::{ArticleId, Field};
use wirewatch_tag::{TagInput, Tagger};

static TAGGER: LazyLock<Tagger> = LazyLock::new(Tagger::builtin);

fuzz_target!(|texts: (String, String)| {
    let mut deduper = Deduper::new(DedupConfig::default());
    for (id, text) in [(1, &texts.0), (2, &texts.1)] {
        let incoming = Incoming {
            id: ArticleId(id),
            title: text.lines().next().unwrap_or_default(),
            text,
            publisher: "fuzz.example",
            time: jiff::Timestamp::UNIX_EPOCH,
            language: None,
            standalone: true,
        };
        assert!(matches!(deduper.judge(&incoming, None), Step::Judged(_)), "both texts are in memory");
        let tags = TAGGER.tag(&TagInput {
            title: incoming.title,
            text,
            language: None,
            background: &[],
            hinted: &[],
        });
        for span in tags.topics.iter().flat_map(|topic| &topic.evidence) {
            let field = if span.field == Field::Title { incoming.title } else { text };
            assert!(span.start < span.end && span.end as usize <= field.chars().count());
        }
    }
});
