//! Answers that go wrong on purpose, on a host of their own.

use crate::conditional::{compress, plain, put};
use axum::body::Body;
use axum::http::{StatusCode, header};
use axum::response::Response;
use bytes::Bytes;
use futures_util::stream;
use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;

/// The host that misbehaves.
pub(crate) const FAULT_HOST: &str = "faults.example";

/// Piece of a streamed body.
const PIECE_BYTES: usize = 64 * 1024;

/// Redirects of [`Fault::LongChain`] before it answers.
const CHAIN_LENGTH: u32 = 30;

/// A way to answer badly. Each has a feed and a page at fixed addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fault {
    /// 429 with `Retry-After`.
    Busy,
    /// 503 without `Retry-After`.
    Unavailable,
    /// 503 with `Retry-After`.
    UnavailableFor,
    /// 301 to a path that answers.
    MovedPermanently,
    /// 302 to a path that answers.
    Found,
    /// 302 to itself.
    RedirectLoop,
    /// 30 redirects, each to another address, before it answers.
    LongChain,
    /// A few bytes at a time, with pauses.
    SlowDrip,
    /// A body far beyond every limit.
    HugeBody,
    /// `Content-Encoding: gzip` over a body that is damaged half-way.
    BrokenGzip,
    /// The connection ends before `Content-Length` is reached.
    CutBody,
    /// 404.
    NotFound,
    /// 410.
    Gone,
    /// 500 the first time each path is asked, then as it should be.
    FailsOnce,
    /// 500 always.
    Fails,
    /// 200 with an HTML page, also where a feed should be.
    HtmlForFeed,
    /// 200 without a byte.
    Empty,
}

impl Fault {
    /// All of them.
    pub const ALL: [Self; 17] = [
        Self::Busy,
        Self::Unavailable,
        Self::UnavailableFor,
        Self::MovedPermanently,
        Self::Found,
        Self::RedirectLoop,
        Self::LongChain,
        Self::SlowDrip,
        Self::HugeBody,
        Self::BrokenGzip,
        Self::CutBody,
        Self::NotFound,
        Self::Gone,
        Self::FailsOnce,
        Self::Fails,
        Self::HtmlForFeed,
        Self::Empty,
    ];

    /// First segment of its paths.
    pub fn slug(self) -> &'static str {
        match self {
            Self::Busy => "busy",
            Self::Unavailable => "unavailable",
            Self::UnavailableFor => "unavailable-for",
            Self::MovedPermanently => "moved-permanently",
            Self::Found => "found",
            Self::RedirectLoop => "redirect-loop",
            Self::LongChain => "long-chain",
            Self::SlowDrip => "slow-drip",
            Self::HugeBody => "huge-body",
            Self::BrokenGzip => "broken-gzip",
            Self::CutBody => "cut-body",
            Self::NotFound => "not-found",
            Self::Gone => "gone",
            Self::FailsOnce => "fails-once",
            Self::Fails => "fails",
            Self::HtmlForFeed => "html-for-feed",
            Self::Empty => "empty",
        }
    }

    /// Address of a feed that answers this way.
    pub fn feed_url(self) -> String {
        format!("http://{FAULT_HOST}/{}/feed.xml", self.slug())
    }

    /// Address of a page that answers this way.
    pub fn page_url(self) -> String {
        format!("http://{FAULT_HOST}/{}/page.html", self.slug())
    }
}

/// How the faulty answers behave.
#[derive(Clone, Debug)]
pub struct FaultOptions {
    /// Value of `Retry-After`, as sent: seconds or an HTTP date.
    pub retry_after: String,
    /// Pause between two pieces of [`Fault::SlowDrip`].
    pub drip_every: Duration,
    /// Bytes of each such piece.
    pub drip_bytes: usize,
    /// Size of [`Fault::HugeBody`].
    pub huge_bytes: usize,
}

impl Default for FaultOptions {
    fn default() -> Self {
        Self {
            retry_after: "120".to_owned(),
            drip_every: Duration::from_secs(1),
            drip_bytes: 16,
            huge_bytes: 64 * 1024 * 1024,
        }
    }
}

/// The misbehaving host.
#[derive(Debug)]
pub(crate) struct FaultSite {
    options: FaultOptions,
    failed: Mutex<HashSet<String>>,
    stop: watch::Receiver<bool>,
}

impl FaultSite {
    pub(crate) fn new(options: FaultOptions, stop: watch::Receiver<bool>) -> Self {
        Self { options, failed: Mutex::default(), stop }
    }

    pub(crate) fn get(&self, path: &str, query: &str) -> Response {
        let segments: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        let [slug, file @ ("feed.xml" | "page.html")] = segments[..] else {
            return plain(StatusCode::NOT_FOUND, "no such path");
        };
        if slug == "fine" {
            return fine(slug, file);
        }
        match Fault::ALL.into_iter().find(|fault| fault.slug() == slug) {
            Some(fault) => self.answer(fault, path, file, query),
            None => plain(StatusCode::NOT_FOUND, "no such fault"),
        }
    }

    fn answer(&self, fault: Fault, path: &str, file: &str, query: &str) -> Response {
        let slug = fault.slug();
        match fault {
            Fault::Busy => self.busy(StatusCode::TOO_MANY_REQUESTS),
            Fault::UnavailableFor => self.busy(StatusCode::SERVICE_UNAVAILABLE),
            Fault::Unavailable => plain(StatusCode::SERVICE_UNAVAILABLE, "maintenance"),
            Fault::MovedPermanently => redirect(StatusCode::MOVED_PERMANENTLY, &format!("/fine/{file}")),
            Fault::Found => redirect(StatusCode::FOUND, &format!("/fine/{file}")),
            Fault::RedirectLoop => redirect(StatusCode::FOUND, path),
            Fault::LongChain => {
                match query.strip_prefix("hop=").and_then(|hop| hop.parse().ok()).unwrap_or(0) {
                    CHAIN_LENGTH.. => fine(slug, file),
                    hop => redirect(StatusCode::FOUND, &format!("{path}?hop={}", hop + 1)),
                }
            }
            Fault::SlowDrip => self.drip(slug, file),
            Fault::HugeBody => self.huge(slug, file),
            Fault::BrokenGzip => broken_gzip(slug, file),
            Fault::CutBody => cut_body(slug, file),
            Fault::NotFound => plain(StatusCode::NOT_FOUND, "not found"),
            Fault::Gone => plain(StatusCode::GONE, "gone"),
            Fault::Fails => plain(StatusCode::INTERNAL_SERVER_ERROR, "failed"),
            Fault::FailsOnce if self.is_first(path) => plain(StatusCode::INTERNAL_SERVER_ERROR, "failed"),
            Fault::FailsOnce => fine(slug, file),
            Fault::HtmlForFeed => fine(slug, "page.html"),
            Fault::Empty => typed(file, Body::empty()),
        }
    }

    fn is_first(&self, path: &str) -> bool {
        self.failed.lock().unwrap_or_else(PoisonError::into_inner).insert(path.to_owned())
    }

    fn busy(&self, status: StatusCode) -> Response {
        let mut response = plain(status, "come back later");
        put(response.headers_mut(), header::RETRY_AFTER, &self.options.retry_after);
        response
    }

    fn drip(&self, slug: &str, file: &str) -> Response {
        let (every, size) = (self.options.drip_every, self.options.drip_bytes.max(1));
        let rest = Bytes::from(document(slug, file));
        let state = (rest, self.stop.clone());
        let pieces = stream::unfold(state, move |(mut rest, mut stop)| async move {
            if rest.is_empty() {
                return None;
            }
            let stopped = *stop.borrow() || tokio::time::timeout(every, stop.changed()).await.is_ok();
            // A press that stops cuts the answer: ending it would pass it off as whole.
            let piece = if stopped { Err(cut()) } else { Ok(rest.split_to(size.min(rest.len()))) };
            Some((piece, (rest, stop)))
        });
        typed(file, Body::from_stream(pieces))
    }

    fn huge(&self, slug: &str, file: &str) -> Response {
        let filler = Bytes::from(format!("<!-- {} -->\n", "x".repeat(PIECE_BYTES)));
        let head = Bytes::from(document(slug, file));
        let total = self.options.huge_bytes;
        let pieces = stream::unfold(0, move |sent| {
            let piece = if sent == 0 { head.clone() } else { filler.clone() };
            let more = sent < total;
            async move { more.then(|| (Ok::<_, std::io::Error>(piece.clone()), sent + piece.len())) }
        });
        typed(file, Body::from_stream(pieces))
    }
}

fn broken_gzip(slug: &str, file: &str) -> Response {
    let mut body = compress(document(slug, file).as_bytes());
    let half = body.len() / 2;
    for byte in &mut body[half..] {
        *byte ^= 0x5a;
    }
    let mut response = typed(file, Body::from(body));
    put(response.headers_mut(), header::CONTENT_ENCODING, "gzip");
    response
}

fn cut_body(slug: &str, file: &str) -> Response {
    let document = document(slug, file);
    let length = document.len();
    let half = Bytes::from(document).slice(..length / 2);
    let pieces = stream::unfold(Some(half), |half| async {
        match half {
            Some(half) => Some((Ok(half), None)),
            None => {
                // What has been written goes out while the body is pending; an error at once would
                // take the head with it.
                tokio::task::yield_now().await;
                Some((Err(cut()), None))
            }
        }
    });
    let mut response = typed(file, Body::from_stream(pieces));
    put(response.headers_mut(), header::CONTENT_LENGTH, &length.to_string());
    response
}

fn cut() -> std::io::Error {
    std::io::ErrorKind::ConnectionAborted.into()
}

fn fine(slug: &str, file: &str) -> Response {
    typed(file, Body::from(document(slug, file)))
}

fn typed(file: &str, body: Body) -> Response {
    let mut response = Response::new(body);
    let kind = if file == "feed.xml" { "application/rss+xml" } else { "text/html; charset=utf-8" };
    put(response.headers_mut(), header::CONTENT_TYPE, kind);
    response
}

fn redirect(status: StatusCode, to: &str) -> Response {
    let mut response = plain(status, "elsewhere");
    put(response.headers_mut(), header::LOCATION, to);
    response
}

/// What the host serves when it serves: a feed with one entry, or a short page.
fn document(slug: &str, file: &str) -> String {
    if file == "feed.xml" {
        return format!(
            "<?xml version=\"1.0\"?>\n<rss version=\"2.0\"><channel><title>Faults</title>\
             <link>http://{FAULT_HOST}/</link><description>One entry: {slug}</description>\n\
             <item><title>Signal box at {slug} to be repaired</title>\
             <link>http://{FAULT_HOST}/{slug}/page.html</link><guid isPermaLink=\"false\">{slug}</guid>\
             <pubDate>Wed, 12 Jan 2022 09:00:00 GMT</pubDate>\
             <description>The railway closes the line through {slug} for a weekend.</description></item>\n\
             </channel></rss>\n"
        );
    }
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><title>Signal box at {slug} to be repaired</title></head>\
         <body><article><h1>Signal box at {slug} to be repaired</h1>\n\
         <p>The railway will close the line through {slug} for a weekend so that its signal box, which has \
         stood beside the level crossing for ninety years, can be given a new roof and new wiring.</p>\n\
         <p>Buses will take passengers round the closed section on Saturday and Sunday, and the company says \
         that the first train on Monday morning should run to the usual timetable.</p>\n\
         <p>Residents had asked for the work after water came through the ceiling in November and stopped the \
         barriers twice in one afternoon. The box itself is protected as a monument.</p></article></body></html>\n"
    )
}
