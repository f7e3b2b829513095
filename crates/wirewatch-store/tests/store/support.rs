//! A database in a temporary folder with its writer, and values to put into it.

use jiff::Timestamp;
use std::collections::HashSet;
use std::time::Duration;
use tempfile::TempDir;
use wirewatch_model::*;
use wirewatch_store::*;

pub(crate) struct World {
    pub(crate) folder: TempDir,
    pub(crate) database: Database,
    pub(crate) handle: WriterHandle,
    writer: Writer,
}

pub(crate) fn quick() -> WriterOptions {
    WriterOptions {
        group_quiet: Duration::ZERO,
        retry_pause: (Duration::from_millis(1), Duration::from_millis(2)),
        ..WriterOptions::default()
    }
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(quick())
    }

    pub(crate) fn with(options: WriterOptions) -> Self {
        let folder = tempfile::tempdir().expect("folder");
        let database = Database::open(folder.path().join("wirewatch.db")).expect("new database");
        let writer = database.start_writer(options).expect("writer");
        Self { folder, database, handle: writer.handle(), writer }
    }

    /// Ends the writer and checks the file.
    pub(crate) fn close(self) -> TempDir {
        drop(self.handle);
        self.writer.join().expect("writer ends well");
        assert_eq!(self.database.check().expect("check"), Vec::<String>::new());
        self.folder
    }

    pub(crate) fn reader(&self) -> Reader {
        self.database.reader().expect("reader")
    }

    #[track_caller]
    pub(crate) fn write(&self, write: impl Into<Write>) -> Written {
        store(&self.handle, write).expect("stored")
    }

    #[track_caller]
    pub(crate) fn refuse(&self, write: impl Into<Write>) -> WriteError {
        store(&self.handle, write).expect_err("must be refused")
    }

    /// A feed of the list.
    pub(crate) fn feed(&self, url: &str) -> FeedId {
        match self.write(ShortWrite::AddFeeds { specs: vec![spec(url)], at: at(0) }) {
            Written::FeedsAdded(ids) => ids[0],
            other => panic!("{other:?}"),
        }
    }

    #[track_caller]
    pub(crate) fn check(&self, feed: FeedId, entries: Vec<Entry>, at: Timestamp) -> CheckCounts {
        self.check_with(FeedCheck { entries, ..check(feed, at) })
    }

    #[track_caller]
    pub(crate) fn check_with(&self, check: FeedCheck) -> CheckCounts {
        match self.write(Write::FeedChecked(Box::new(check))) {
            Written::Checked(counts) => counts,
            other => panic!("{other:?}"),
        }
    }

    #[track_caller]
    pub(crate) fn done(&self, article: TaggedArticle) -> ArticleStored {
        match self.write(Write::ArticleDone(Box::new(article))) {
            Written::Article(stored) => stored,
            other => panic!("{other:?}"),
        }
    }

    /// A feed with one entry for each key, all owed.
    pub(crate) fn announced(&self, keys: &[&str]) -> Vec<EntryId> {
        let feed = self.feed("https://news.example/rss");
        self.check(feed, keys.iter().map(|key| entry(key)).collect(), at(0));
        keys.iter().map(|key| self.entry_id(key)).collect()
    }

    pub(crate) fn owed(&self, now: Timestamp) -> Vec<OwedEntry> {
        self.reader().owed_entries(now, 100, &HashSet::new(), &HashSet::new()).expect("owed")
    }

    pub(crate) fn entry_id(&self, key: &str) -> EntryId {
        EntryId(self.sql(&format!("SELECT id FROM entry WHERE key = '{key}'")).parse().expect("id"))
    }

    pub(crate) fn state(&self, key: &str) -> String {
        self.sql(&format!("SELECT state FROM entry WHERE key = '{key}'"))
    }

    pub(crate) fn next_try(&self, key: &str) -> Option<Timestamp> {
        let text = self.sql(&format!("SELECT next_try FROM entry WHERE key = '{key}'"));
        (!text.is_empty()).then(|| Timestamp::from_microsecond(text.parse().expect("time")).expect("time"))
    }

    /// The first column of the first row, as text.
    pub(crate) fn sql(&self, sql: &str) -> String {
        let connection = rusqlite::Connection::open(self.database.path()).expect("open");
        connection
            .query_row(sql, [], |row| {
                Ok(match row.get_ref(0)? {
                    rusqlite::types::ValueRef::Null => String::new(),
                    rusqlite::types::ValueRef::Integer(number) => number.to_string(),
                    rusqlite::types::ValueRef::Real(number) => number.to_string(),
                    other => other.as_str().expect("text").to_owned(),
                })
            })
            .unwrap_or_else(|error| panic!("{sql}: {error}"))
    }
}

/// Hands a request in and waits until it is durable.
pub(crate) fn store(handle: &WriterHandle, write: impl Into<Write>) -> Result<Written, WriteError> {
    handle.submit(write)?.blocking_recv().unwrap_or(Err(WriteError::Ended))
}

/// Waits until the writer is in a state.
#[track_caller]
pub(crate) fn wait_for(handle: &WriterHandle, is: impl Fn(&WriterState) -> bool) {
    let end = std::time::Instant::now() + Duration::from_secs(60);
    while !is(&handle.state()) {
        assert!(std::time::Instant::now() < end, "the writer is {:?}", handle.state());
        std::thread::yield_now();
    }
}

/// Minutes after a Monday morning.
pub(crate) fn at(minutes: i64) -> Timestamp {
    Timestamp::from_second(1_641_801_600 + minutes * 60).expect("in range")
}

pub(crate) fn spec(url: &str) -> FeedSpec {
    FeedSpec {
        url: url.to_owned(),
        publisher: Publisher {
            domain: address::publisher_domain(url).expect("http"),
            name: format!("Paper at {url}"),
            country: Some("UA".to_owned()),
            language: Some("uk".to_owned()),
            kind: PublisherKind::Wire,
        },
        ..FeedSpec::default()
    }
}

pub(crate) fn check(feed: FeedId, at: Timestamp) -> FeedCheck {
    FeedCheck {
        duration_ms: 12,
        status: Some(200),
        body_bytes: 1_000,
        next_due: Some(at + Duration::from_secs(600)),
        ..FeedCheck::new(feed, at, Outcome::Read, Health::Ok)
    }
}

pub(crate) fn entry(key: &str) -> Entry {
    Entry {
        key: key.to_owned(),
        url: Some(format!("https://news.example/{key}")),
        title: format!("Title of {key}"),
        summary: Some("A summary.".to_owned()),
        ..Entry::default()
    }
}

pub(crate) fn entry_at(key: &str, url: &str) -> Entry {
    Entry { url: Some(url.to_owned()), ..entry(key) }
}

/// A tagged article as new, from the page.
pub(crate) fn article(entry: EntryId, id: i64, text: &str) -> TaggedArticle {
    let url = format!("https://news.example/story-{id}");
    TaggedArticle {
        judged: JudgedArticle {
            entry,
            taken_at: at(1),
            seen_at: at(1),
            first_seen: at(0),
            time: at(0),
            publisher: Publisher {
                domain: "news.example".to_owned(),
                name: "The News".to_owned(),
                ..Publisher::default()
            },
            identity: address::identity(&url).expect("http"),
            aliases: Vec::new(),
            provenance: Some(Provenance {
                url: url.clone(),
                status: 200,
                headers: vec![("etag".to_owned(), format!("\"{id}\""))],
                fetched_at: at(1),
                sha256: [7; 32],
            }),
            provisional_until: None,
            failures: 0,
            failure: None,
            article: CleanArticle {
                url,
                canonical_url: None,
                title: format!("Headline {id}"),
                authors: vec!["A. Writer".to_owned()],
                publisher: None,
                published: None,
                modified: None,
                language: Some("en".to_owned()),
                section: None,
                keywords: Vec::new(),
                image: None,
                text: text.to_owned(),
                method: Method::Page,
            },
            observation: HostObservation { host: "news.example".to_owned(), blocks: vec![BlockHash(1)] },
            id: ArticleId(id),
            ordinal: Ordinal(id.unsigned_abs()),
            revision_key: text_hash(text).unwrap_or_default(),
            signature: vec![1, 2, 3],
            verdict: Verdict::New,
            completion: None,
            evidence: None,
            story: None,
            background: Vec::new(),
        },
        tags: Tags { relevant: true, relevance: 0.9, rules_version: u64::MAX, ..Tags::default() },
    }
}

pub(crate) fn with_verdict(mut article: TaggedArticle, verdict: Verdict) -> TaggedArticle {
    article.judged.verdict = verdict;
    article
}

/// The text stands in for a page that is tried again at `next_try`.
pub(crate) fn provisional(mut article: TaggedArticle, next_try: Timestamp) -> TaggedArticle {
    article.judged.article.method = Method::FeedSummary;
    article.judged.provenance = None;
    article.judged.provisional_until = Some(next_try);
    article.judged.failures = 2;
    article.judged.failure = Some("status 503".to_owned());
    article
}

pub(crate) fn topic(slug: &str, score: f32) -> TopicTag {
    TopicTag {
        slug: slug.to_owned(),
        score,
        source: TagSource::Rule,
        evidence: vec![Evidence {
            field: Field::Text,
            start: 0,
            end: 5,
            term: "talks".to_owned(),
            weight: 1.5,
        }],
    }
}
