//! A publisher with a hub in memory, and a daemon that follows it behind its callback.

use axum::{
    Router,
    extract::State,
    http::StatusCode,
    routing::{get, post},
};
use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::Timestamp;
use sha2::Sha256;
use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};
use wirewatch_fetch::{FetchConfig, Fetcher};
use wirewatch_model::{DueFeed, FeedId, FeedSpec, Publisher, Subscription};
use wirewatch_pipeline::{
    Clock, Counters, PipelineConfig, PipelineError, Report, Setup, Source, Stages, Stop, WebSub, run,
};
use wirewatch_serve::Callback;
use wirewatch_store::{Database, Reader, Stats, WriterOptions};
use wirewatch_tag::Tagger;

/// The public address of the callback; only its name is real here.
pub(crate) const BASE: &str = "https://callback.example/websub";
/// What the hub knows the feed by.
pub(crate) const TOPIC: &str = "http://news.example/own.xml";

/// What the publisher and its hub hold.
#[derive(Default)]
pub(crate) struct Press {
    /// Numbers of the entries in the feed.
    pub(crate) entries: Vec<u32>,
    /// How the hub answers; 202 when nothing is set.
    pub(crate) hub_status: Option<u16>,
    /// What the hub was asked, each time.
    pub(crate) asked: Vec<HashMap<String, String>>,
    /// How often the feed was asked for.
    pub(crate) polls: usize,
}

type Shared = Arc<Mutex<Press>>;

/// A publisher, a hub, a database and a clock that stands still. The daemon comes and goes.
pub(crate) struct World {
    folder: TempDir,
    press: Shared,
    press_addr: SocketAddr,
    pub(crate) clock: Clock,
    pub(crate) stages: Stages,
    pub(crate) websub: WebSub,
    api: SocketAddr,
    counters: Arc<Counters>,
    daemon: Option<(Stop, JoinHandle<Result<Report, PipelineError>>)>,
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl World {
    /// A press with one entry and the API; no daemon yet.
    pub(crate) async fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let press = Shared::default();
        press.lock().expect("whole").entries.push(1);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let press_addr = listener.local_addr().expect("bound");
        tokio::spawn(axum::serve(listener, press_routes(press.clone())).into_future());
        let websub = WebSub::new(BASE, Duration::from_secs(10 * 24 * 3600));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let api = listener.local_addr().expect("bound");
        let database = Database::open(folder.path().join("w.db")).expect("a database");
        let callback = Callback { websub: websub.clone(), host: "callback.example".to_owned() };
        let hosts = vec!["api.example".to_owned()];
        tokio::spawn(wirewatch_serve::serve(
            listener,
            database,
            hosts,
            Some(callback),
            std::future::pending(),
        ));
        let start: Timestamp = "2022-01-12T08:00:00Z".parse().expect("a time");
        Self {
            folder,
            press,
            press_addr,
            clock: Clock::manual(start),
            stages: Stages::new(Arc::new(Tagger::builtin())),
            websub,
            api,
            counters: Arc::default(),
            daemon: None,
        }
    }

    /// [`World::new`] with a daemon that the hub pushes to.
    pub(crate) async fn subscribed() -> (Self, HashMap<String, String>) {
        let mut world = Self::new().await;
        world.start(true);
        let form = world.asked(1).await;
        let answer = world.verify(&form, "subscribe", "&hub.lease_seconds=86400").await;
        assert_eq!((answer.status, answer.body.as_str()), (200, "chal+lenge"));
        (world, form)
    }

    /// Starts the daemon, with or without a callback.
    pub(crate) fn start(&mut self, websub: bool) {
        let allow = vec![self.press_addr];
        let names = ["news.example", "hub.example"].map(|name| (name.to_owned(), self.press_addr));
        let fetch = FetchConfig {
            resolve: names.into(),
            allow_sockets: allow,
            host_pause: Duration::ZERO,
            ..FetchConfig::default()
        };
        let feed = FeedSpec {
            url: "http://news.example/rss".to_owned(),
            publisher: Publisher {
                domain: "news.example".to_owned(),
                name: "News".to_owned(),
                ..Publisher::default()
            },
            ..FeedSpec::default()
        };
        self.counters = Arc::default();
        let setup = Setup {
            database: self.database(),
            fetcher: Fetcher::new(fetch).expect("a fetcher"),
            stages: self.stages.clone(),
            topics: Vec::new(),
            feeds: Some(vec![feed]),
            writer: WriterOptions { recheck: false, ..WriterOptions::default() },
            config: PipelineConfig::default(),
            clock: self.clock.clone(),
            counters: self.counters.clone(),
            websub: websub.then(|| self.websub.clone()),
        };
        let stop = Stop::new();
        self.daemon = Some((stop.clone(), tokio::spawn(run(setup, Source::Daemon, stop))));
    }

    /// Ends the daemon in good order.
    pub(crate) async fn stop(&mut self) {
        let (stop, daemon) = self.daemon.take().expect("running");
        stop.signal();
        let report = daemon.await.expect("no panic").expect("ends well");
        assert!(report.drained);
    }

    /// Moves the clock step by step, as far as the workers must see it pass.
    pub(crate) async fn pass(&self, time: Duration) {
        for _ in 0..20 {
            self.clock.advance(time / 20);
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    pub(crate) fn press<T>(&self, change: impl FnOnce(&mut Press) -> T) -> T {
        change(&mut self.press.lock().expect("whole"))
    }

    /// The `nth` request the hub got, once it has come. Time passes meanwhile: the subscriber looks for
    /// new feeds now and then.
    pub(crate) async fn asked(&self, nth: usize) -> HashMap<String, String> {
        until(|| {
            self.clock.advance(Duration::from_millis(500));
            self.press(|press| press.asked.len() >= nth)
        })
        .await;
        self.press(|press| press.asked[nth - 1].clone())
    }

    pub(crate) fn database(&self) -> Database {
        Database::open(self.folder.path().join("w.db")).expect("the database")
    }

    pub(crate) fn reader(&self) -> Reader {
        self.database().reader().expect("a reader")
    }

    pub(crate) fn subscriptions(&self) -> Vec<Subscription> {
        self.reader().subscriptions().expect("read")
    }

    pub(crate) fn due(&self) -> DueFeed {
        self.reader().due_feed(FeedId(1), self.clock.now()).expect("read").expect("followed")
    }

    pub(crate) fn stats(&self) -> Stats {
        self.reader().stats().expect("read")
    }

    pub(crate) fn refused(&self) -> u64 {
        self.counters.counts().pushes_refused
    }

    pub(crate) fn pushed(&self) -> u64 {
        self.counters.counts().pushes
    }

    /// The hub asks whether we asked for it.
    pub(crate) async fn verify(&self, form: &HashMap<String, String>, mode: &str, more: &str) -> Answer {
        let path =
            format!("{}?hub.mode={mode}&hub.topic={TOPIC}&hub.challenge=chal%2Blenge{more}", path(form));
        self.get("callback.example", &path).await
    }

    pub(crate) async fn get(&self, host: &str, path: &str) -> Answer {
        self.send(format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").as_bytes())
            .await
    }

    /// The hub pushes, signed as agreed.
    pub(crate) async fn push(&self, form: &HashMap<String, String>, body: &[u8]) -> u16 {
        let signature = format!("X-Hub-Signature: {}\r\n", sign(form, body));
        self.push_with(&path(form), &signature, body).await
    }

    pub(crate) async fn push_with(&self, path: &str, headers: &str, body: &[u8]) -> u16 {
        let mut request = format!(
            "POST {path} HTTP/1.1\r\nHost: callback.example\r\nConnection: close\r\n\
             Content-Type: application/rss+xml\r\nContent-Length: {}\r\n{headers}\r\n",
            body.len()
        )
        .into_bytes();
        request.extend(body);
        self.send(&request).await.status
    }

    /// Sends bytes and reads the answer to its end. A server that answers before it has read everything may
    /// close the connection on what is still coming.
    pub(crate) async fn send(&self, request: &[u8]) -> Answer {
        let (mut from, mut to) = TcpStream::connect(self.api).await.expect("connected").into_split();
        let request = request.to_vec();
        let sending = tokio::spawn(async move {
            let _ = to.write_all(&request).await;
            to
        });
        let mut bytes = Vec::new();
        let _ = from.read_to_end(&mut bytes).await;
        drop(sending.await);
        let text = String::from_utf8(bytes).expect("UTF-8");
        let (head, body) = text.split_once("\r\n\r\n").expect("an answer");
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
        Answer { status, head: head.to_ascii_lowercase(), body: body.to_owned() }
    }
}

/// Waits for something another task does; the test fails when it never comes.
#[track_caller]
pub(crate) fn until(mut done: impl FnMut() -> bool) -> impl Future<Output = ()> {
    let caller = std::panic::Location::caller();
    async move {
        for _ in 0..4_000 {
            if done() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("it never came to that: {caller}");
    }
}

/// The path of the callback a hub was told.
pub(crate) fn path(form: &HashMap<String, String>) -> String {
    let callback = &form["hub.callback"];
    callback.strip_prefix("https://callback.example").expect("our address").to_owned()
}

pub(crate) fn sign(form: &HashMap<String, String>, body: &[u8]) -> String {
    let mut hmac = Hmac::<Sha256>::new_from_slice(form["hub.secret"].as_bytes()).expect("a key");
    hmac.update(body);
    let code: String = hmac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256={code}")
}

/// A feed with these entries.
pub(crate) fn rss(entries: &[u32]) -> String {
    let item = |nth: &u32| {
        format!(
            "<item><guid isPermaLink=\"false\">id-{nth}</guid><title>Talks on Ukraine, round {nth}</title>\
             <link>http://news.example/2022/01/talks-round-{nth}.html</link>\
             <description>Round {nth} of the talks.</description></item>"
        )
    };
    let items: String = entries.iter().map(item).collect();
    format!("<rss version=\"2.0\"><channel><title>News</title>{items}</channel></rss>")
}

fn press_routes(press: Shared) -> Router {
    Router::new().route("/rss", get(feed)).route("/hub", post(hub)).fallback(page).with_state(press)
}

async fn feed(State(press): State<Shared>) -> ([(&'static str, &'static str); 2], String) {
    let mut press = press.lock().expect("whole");
    press.polls += 1;
    let links = "<http://hub.example/hub>; rel=\"hub\", </own.xml>; rel=\"self\"";
    ([("content-type", "application/rss+xml"), ("link", links)], rss(&press.entries))
}

async fn hub(State(press): State<Shared>, body: String) -> StatusCode {
    // `+` stands for no blank in what we send.
    let form = body.split('&').filter_map(|pair| pair.split_once('='));
    let form = form.map(|(name, value)| (name.to_owned(), decoded(value))).collect();
    let mut press = press.lock().expect("whole");
    press.asked.push(form);
    StatusCode::from_u16(press.hub_status.unwrap_or(202)).expect("a status")
}

fn decoded(value: &str) -> String {
    let mut parts = value.split('%');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let byte = u8::from_str_radix(&part[..2], 16).expect("two digits");
        text.push(char::from(byte));
        text.push_str(&part[2..]);
    }
    text
}

/// A page whose text no other address has.
async fn page(uri: axum::http::Uri) -> ([(&'static str, &'static str); 1], String) {
    let seed = uri.path().bytes().fold(7u64, |seed, byte| seed.wrapping_mul(131).wrapping_add(byte.into()));
    let words =
        ["minister", "border", "letter", "winter", "council", "harbour", "village", "market", "bridge"];
    let sentence = |nth: u64| -> String {
        let word = |place: u64| words[(seed.rotate_left((nth * 7 + place * 5) as u32) % 9) as usize];
        let text: Vec<&str> = (0..14).map(word).collect();
        format!("Sentence {nth} of {seed} says {}. ", text.join(" "))
    };
    let text: String =
        (0..12).map(|nth| format!("<p>{}{}</p>", sentence(nth), sentence(nth + 100))).collect();
    let page = format!(
        "<html><head><title>Talks {seed}</title></head><body><article><h1>Talks {seed}</h1>{text}</article></body></html>"
    );
    ([("content-type", "text/html")], page)
}
