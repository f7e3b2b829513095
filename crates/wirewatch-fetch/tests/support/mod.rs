//! A loopback server that sends exactly the bytes a test wants.

#![allow(dead_code, unreachable_pub, clippy::expect_used, reason = "each test file uses a part of it")]

use jiff::{SignedDuration, Timestamp};
use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{
        Arc, LazyLock, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use wirewatch_fetch::{FetchConfig, Fetcher, PageAnswer, PageRequest, PageResult, read_feed};
use wirewatch_model::{DueFeed, FailureKind, FeedCheck, FeedId, Outcome, Page, PageFailure, Rhythm};

/// A request as received; every byte one character.
#[derive(Clone, Debug)]
pub struct Request {
    pub path: String,
    pub head: String,
    pub at: Instant,
    pub body: String,
}

impl Request {
    /// The value of a header, without regard to the case of its name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.split("\r\n").skip(1).find_map(|line| {
            let (key, value) = line.split_once(": ")?;
            key.eq_ignore_ascii_case(name).then_some(value)
        })
    }
}

/// A server; it ends with the test's runtime.
pub struct Server {
    pub addr: SocketAddr,
    requests: Arc<Mutex<Vec<Request>>>,
    most_at_once: Arc<AtomicUsize>,
}

impl Server {
    /// Starts a server whose answers, whole with status line and headers, are made by `answer`.
    pub async fn start(answer: impl Fn(&Request) -> Vec<u8> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let addr = listener.local_addr().expect("an address");
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (running, most_at_once) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let (log, most, answer) = (requests.clone(), most_at_once.clone(), Arc::new(answer));
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let (log, running, most, answer) =
                    (log.clone(), running.clone(), most.clone(), answer.clone());
                tokio::spawn(async move {
                    let Some(request) = read_request(&mut stream).await else { return };
                    most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    log.lock().expect("no panic").push(request.clone());
                    // Lets another request come in, if one is on its way.
                    tokio::time::sleep(Duration::from_millis(5)).await;
                    let bytes = answer(&request);
                    running.fetch_sub(1, Ordering::SeqCst);
                    let _ = stream.write_all(&bytes).await;
                    let _ = stream.shutdown().await;
                });
            }
        });
        Self { addr, requests, most_at_once }
    }

    pub fn requests(&self) -> Vec<Request> {
        self.requests.lock().expect("no panic").clone()
    }

    pub fn paths(&self) -> Vec<String> {
        self.requests().into_iter().map(|request| request.path).collect()
    }

    /// How many requests ran at the same time at most.
    pub fn most_at_once(&self) -> usize {
        self.most_at_once.load(Ordering::SeqCst)
    }
}

/// Reads a request; `None` when the connection ends before.
pub async fn read_request(stream: &mut TcpStream) -> Option<Request> {
    let mut bytes = Vec::new();
    while !bytes.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).await.ok()?;
        bytes.push(byte[0]);
    }
    let head: String = bytes.iter().map(|byte| char::from(*byte)).collect();
    let path = head.split(' ').nth(1)?.to_owned();
    let request = Request { path, head, at: Instant::now(), body: String::new() };
    let mut body =
        vec![0; request.header("content-length").map_or(0, |length| length.parse().expect("a length"))];
    stream.read_exact(&mut body).await.ok()?;
    Some(Request { body: String::from_utf8(body).ok()?, ..request })
}

/// An answer with these header lines and this body.
pub fn answer(status: u16, headers: &[&str], body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let mut bytes = format!("HTTP/1.1 {status} x\r\nConnection: close\r\n").into_bytes();
    for header in headers {
        // Header lines may hold any byte: one character each.
        bytes.extend(header.chars().map(|letter| u8::try_from(letter).expect("one byte")));
        bytes.extend(b"\r\n");
    }
    if !headers.iter().any(|header| header.to_lowercase().starts_with("content-length")) {
        bytes.extend(format!("Content-Length: {}\r\n", body.len()).bytes());
    }
    bytes.extend(b"\r\n");
    bytes.extend(body);
    bytes
}

/// A feed of `entries` entries.
pub fn rss(entries: usize) -> String {
    let items: String = (0..entries)
        .map(|nth| format!("<item><guid>id-{nth}</guid><title>Talks, round {nth}</title><link>/news/{nth}</link></item>\n"))
        .collect();
    format!(
        "<?xml version=\"1.0\"?>\n<rss version=\"2.0\"><channel><title>Press</title>{items}</channel></rss>"
    )
}

/// A configuration that reaches these servers by these names, without pauses.
pub fn config(hosts: &[(&str, SocketAddr)]) -> FetchConfig {
    FetchConfig {
        host_pause: Duration::ZERO,
        allow_sockets: hosts.iter().map(|(_, addr)| *addr).collect(),
        resolve: hosts.iter().map(|(name, addr)| ((*name).to_owned(), *addr)).collect::<HashMap<_, _>>(),
        ..FetchConfig::default()
    }
}

/// A fetcher that knows one server as `press.example`.
pub fn fetcher(server: &Server) -> Fetcher {
    Fetcher::new(config(&[("press.example", server.addr)])).expect("a fetcher")
}

/// A fetcher that knows these servers by these names.
pub fn fetcher_of(hosts: &[(&str, &Server)]) -> Fetcher {
    let hosts: Vec<_> = hosts.iter().map(|(name, server)| (*name, server.addr)).collect();
    Fetcher::new(config(&hosts)).expect("a fetcher")
}

/// Asks for a feed and reads the answer.
pub async fn check(fetcher: &Fetcher, due: &DueFeed) -> FeedCheck {
    check_at(fetcher, due, now()).await
}

/// [`check`] at another time.
pub async fn check_at(fetcher: &Fetcher, due: &DueFeed, at: Timestamp) -> FeedCheck {
    read_feed(due, fetcher.fetch_feed(due, at).await)
}

/// The check of a feed whose server always answers this.
pub async fn check_answer(bytes: Vec<u8>) -> FeedCheck {
    let server = Server::start(move |_| bytes.clone()).await;
    check(&fetcher(&server), &due(FEED)).await
}

/// The class of a failed check.
#[track_caller]
pub fn failure(check: &FeedCheck) -> FailureKind {
    match &check.outcome {
        Outcome::Failed { failure, .. } => *failure,
        outcome => panic!("{outcome:?}"),
    }
}

/// The feed as it is due again after a check: what the store keeps of it.
pub fn next(due: &DueFeed, check: &FeedCheck) -> DueFeed {
    let mut due = due.clone();
    due.validators = check.validators.clone().unwrap_or(due.validators);
    due.freshness = check.freshness.clone().unwrap_or(due.freshness);
    due.redirect.clone_from(&check.redirect);
    due.failures = if check.outcome.is_success() { 0 } else { due.failures + 1 };
    due.last_checked = Some(check.checked_at);
    due.last_unconditional = check.unconditional.then_some(check.checked_at).or(due.last_unconditional);
    due.url = check.moved_to.clone().unwrap_or(due.url);
    due
}

/// The request for a page of a feed without settings.
pub fn page_of(url: &str) -> PageRequest {
    PageRequest { url: url.to_owned(), ..PageRequest::default() }
}

/// The address of the feed of `press.example`.
pub const FEED: &str = "http://press.example/rss";

/// A feed that is due.
pub fn due(url: &str) -> DueFeed {
    DueFeed { id: FeedId(1), url: url.to_owned(), ..DueFeed::default() }
}

pub fn now() -> Timestamp {
    "2022-01-10T08:00:00Z".parse().expect("a time")
}

/// A feed that was watched for weeks with an entry every two minutes, the last one just now.
pub fn lively(url: &str) -> DueFeed {
    static WATCHED: LazyLock<DueFeed> = LazyLock::new(|| {
        let ago = |minutes: i64| now() - SignedDuration::from_mins(minutes);
        let all: Vec<Timestamp> = (0..30 * 24 * 40).map(|nth| ago(1 + 2 * nth)).collect();
        let mut rhythm = Rhythm { since: Some(ago(60 * 24 * 40)), ..Rhythm::default() };
        rhythm.observe(&all, now());
        DueFeed {
            rhythm,
            recent_entries: all[..DueFeed::MOST_RECENT].to_vec(),
            last_checked: Some(ago(15)),
            ..due("")
        }
    });
    DueFeed { url: url.to_owned(), ..WATCHED.clone() }
}

/// A server that hands each connection to `serve`.
pub async fn raw<F: Future<Output = ()> + Send + 'static>(
    serve: impl Fn(TcpStream) -> F + Send + Sync + 'static,
) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let addr = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream));
        }
    });
    addr
}

/// A server that sends `head`, then `piece` again and again with `pause` in between, until nobody
/// listens any more; and how many bytes it could send.
pub async fn endless(head: &'static str, piece: Vec<u8>, pause: Duration) -> (SocketAddr, Arc<AtomicUsize>) {
    let sent = Arc::new(AtomicUsize::new(0));
    let (count, piece) = (sent.clone(), Arc::new(piece));
    let addr = raw(move |mut stream| {
        let (count, piece) = (count.clone(), piece.clone());
        async move {
            if read_request(&mut stream).await.is_none() || stream.write_all(head.as_bytes()).await.is_err() {
                return;
            }
            while let Ok(written) = stream.write(&piece).await {
                count.fetch_add(written, Ordering::SeqCst);
                tokio::time::sleep(pause).await;
            }
        }
    })
    .await;
    (addr, sent)
}

/// All that an encoder makes of its input.
pub async fn pack(encoder: impl tokio::io::AsyncRead) -> Vec<u8> {
    let mut bytes = Vec::new();
    std::pin::pin!(encoder).read_to_end(&mut bytes).await.expect("packed");
    bytes
}

/// The bytes in a gzip frame.
pub async fn gzip(plain: &[u8]) -> Vec<u8> {
    pack(async_compression::tokio::bufread::GzipEncoder::new(plain)).await
}

/// A server without robots.txt whose every other address redirects to `target`.
pub async fn redirecting(target: &'static str) -> Server {
    Server::start(move |request| match request.path.as_str() {
        "/robots.txt" => answer(404, &[], ""),
        _ => answer(302, &[&format!("Location: {target}")], ""),
    })
    .await
}

/// Until when a page is put off, and why.
#[track_caller]
pub fn postponed(answer: &PageAnswer) -> (Timestamp, &str) {
    match &answer.result {
        Ok(PageResult::Postponed { until, reason }) => (*until, reason),
        other => panic!("{other:?}"),
    }
}

/// Asks for a page.
pub async fn ask(fetcher: &Fetcher, url: &str) -> PageAnswer {
    fetcher.fetch_page(&page_of(url), now()).await
}

/// The page at an address, or why it could not be had.
pub async fn page_at(fetcher: &Fetcher, url: &str) -> Result<Page, PageFailure> {
    match ask(fetcher, url).await.result? {
        PageResult::Page(page, held) => {
            assert!(held.bytes() >= page.body.len());
            Ok(page)
        }
        other => panic!("{other:?}"),
    }
}

/// A page.
pub const HTML: &str = "<html><body><article><p>The talks went on.</p></article></body></html>";

/// A server with this robots.txt and a page at every other path.
pub async fn with_robots(robots: &'static str) -> Server {
    Server::start(move |request| match request.path.as_str() {
        "/robots.txt" => answer(200, &[], robots),
        _ => answer(200, &["Content-Type: text/html"], HTML),
    })
    .await
}
