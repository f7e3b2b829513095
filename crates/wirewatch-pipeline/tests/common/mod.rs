//! A run of the real pipeline against publishers on loopback, in a folder of its own.

#![allow(dead_code, unreachable_pub, reason = "each test file uses its own part")]
#![allow(clippy::expect_used, reason = "helpers of tests: a failure is a failed test")]

pub mod content;
pub mod server;

use jiff::Timestamp;
use server::Server;
use std::{collections::HashMap, sync::Arc, time::Duration};
use tempfile::TempDir;
use wirewatch_fetch::{FetchConfig, Fetcher};
use wirewatch_model::{FeedSettings, FeedSpec, Publisher};
use wirewatch_pipeline::{
    Clock, Counters, PipelineConfig, PipelineError, Report, Setup, Source, Stages, Stop, run,
};
use wirewatch_store::{Database, WriterOptions};
use wirewatch_tag::Tagger;

pub struct Bench {
    pub folder: TempDir,
    pub server: Server,
    pub clock: Clock,
    pub stages: Stages,
    pub writer: WriterOptions,
    pub config: PipelineConfig,
    pub counters: Arc<Counters>,
    pub hosts: Vec<String>,
}

impl Bench {
    pub async fn new(hosts: &[&str]) -> Self {
        let start: Timestamp = "2022-01-12T08:00:00Z".parse().expect("a time");
        Self {
            folder: tempfile::tempdir().expect("a folder"),
            server: Server::start().await,
            clock: Clock::manual(start),
            stages: Stages::new(Arc::new(Tagger::builtin())),
            writer: WriterOptions {
                group_time: Duration::from_millis(5),
                recheck: false,
                edit_pause: Duration::ZERO,
                ..WriterOptions::default()
            },
            config: PipelineConfig { drain_deadline: Duration::from_secs(20), ..PipelineConfig::default() },
            counters: Arc::default(),
            hosts: hosts.iter().map(|host| (*host).to_owned()).collect(),
        }
    }

    pub fn database(&self) -> Database {
        Database::open(self.folder.path().join("test.db")).expect("the database opens")
    }

    pub fn setup(&self) -> Setup {
        let resolve: HashMap<_, _> =
            self.hosts.iter().map(|host| (host.clone(), self.server.socket)).collect();
        let fetch = FetchConfig {
            resolve,
            allow_sockets: vec![self.server.socket],
            host_pause: Duration::ZERO,
            ..FetchConfig::default()
        };
        Setup {
            database: self.database(),
            fetcher: Fetcher::new(fetch).expect("a fetcher"),
            stages: self.stages.clone(),
            topics: Vec::new(),
            feeds: Some(self.hosts.iter().map(|host| spec(host)).collect()),
            writer: self.writer.clone(),
            config: self.config.clone(),
            clock: self.clock.clone(),
            counters: Arc::clone(&self.counters),
            websub: None,
        }
    }

    pub async fn once(&self) -> Report {
        let report = self.try_run(Source::Once, Stop::new()).await.expect("the run ends well");
        eprintln!("{report:?}");
        report
    }

    pub async fn try_run(&self, source: Source, stop: Stop) -> Result<Report, PipelineError> {
        run(self.setup(), source, stop).await
    }

    /// One number out of the database file.
    pub fn number(&self, query: &str) -> i64 {
        self.connection().query_row(query, [], |row| row.get(0)).expect(query)
    }

    /// One column of texts out of the database file.
    pub fn texts(&self, query: &str) -> Vec<String> {
        let connection = self.connection();
        let mut statement = connection.prepare(query).expect(query);
        let rows = statement.query_map([], |row| row.get(0)).expect(query);
        rows.collect::<Result<_, _>>().expect(query)
    }

    fn connection(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.folder.path().join("test.db")).expect("the database opens")
    }

    /// Invariant 1, in the words of the database: every entry is somewhere, per feed and in total.
    #[track_caller]
    pub fn assert_conserved(&self, announced: i64) {
        assert_eq!(self.number("SELECT coalesce(sum(seen), 0) FROM feed_health"), announced);
        assert_eq!(
            self.number(
                "SELECT count(*) FROM feed_health WHERE seen != owed + provisional + done + rejected"
            ),
            0
        );
        assert_eq!(
            self.number(
                "SELECT count(*) FROM entry WHERE state IN ('done', 'provisional') AND article IS NULL"
            ),
            0
        );
        assert_eq!(self.number("SELECT count(*) FROM copy WHERE of NOT IN (SELECT id FROM article)"), 0);
        assert_eq!(self.texts("PRAGMA integrity_check"), ["ok"]);
    }
}

pub fn spec(host: &str) -> FeedSpec {
    FeedSpec {
        url: format!("http://{host}/feed.xml"),
        publisher: Publisher {
            domain: wirewatch_model::address::registrable_domain(host),
            name: host.to_owned(),
            ..Publisher::default()
        },
        settings: FeedSettings {
            interval_floor_secs: Some(0),
            host_pause_ms: Some(0),
            ..FeedSettings::default()
        },
        ..FeedSpec::default()
    }
}

pub const FEED: &str = "application/rss+xml";
pub const HTML: &str = "text/html; charset=utf-8";

/// Where an item's page stands, without the scheme.
pub fn address(item: &content::Item) -> String {
    item.link.as_deref().expect("a link").trim_start_matches("http://").to_owned()
}

impl Bench {
    /// Puts an item's page on the server, its text made of `seed`.
    pub fn set_page(&self, item: &content::Item, seed: u64) {
        let page = content::page(&item.title, &content::text(seed), None);
        self.server.set(&address(item), server::Answer::ok(HTML, page));
    }

    /// Puts a host's feed on the server; `etag` names its state.
    pub fn set_feed(&self, host: &str, items: &[content::Item], etag: &str) {
        let feed = server::Answer::ok(FEED, content::rss(items)).header("ETag", &format!("\"{etag}\""));
        self.server.set(&format!("{host}/feed.xml"), feed);
    }
}

/// Waits for something another task does; the test fails when it never comes.
pub async fn wait_until(mut done: impl FnMut() -> bool) {
    for _ in 0..2_000 {
        if done() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("it never came to that");
}
