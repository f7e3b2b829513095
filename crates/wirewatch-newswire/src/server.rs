//! One socket for every host: the `Host` field says who is asked.

use crate::conditional::{Document, is_conditional, plain, put, respond};
use crate::faults::{FAULT_HOST, FaultSite};
use crate::folder::{FEED_PATH, Folder};
use crate::log::{Connection, Log};
use crate::newswire::{Found, Newswire};
use crate::press::Pace;
use axum::Router;
use axum::extract::connect_info::Connected;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::Response;
use axum::serve::IncomingStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::net::TcpListener;

/// What the press serves.
#[derive(Debug)]
pub(crate) enum Site {
    Newswire(Newswire),
    Folder(Folder),
}

/// Everything a request needs.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) site: Arc<Site>,
    pub(crate) clock: Clock,
    pub(crate) log: Log,
    pub(crate) faults: Option<FaultSite>,
}

/// How far the timeline is shown.
#[derive(Debug)]
pub(crate) struct Clock {
    pace: Pace,
    started: Instant,
    /// The edition set by hand, from 1; 0 leaves it to the pace.
    edition: AtomicUsize,
}

impl Clock {
    pub(crate) fn new(pace: Pace) -> Self {
        Self { pace, started: Instant::now(), edition: AtomicUsize::new(0) }
    }

    pub(crate) fn set_edition(&self, edition: usize) {
        self.edition.store(edition, Ordering::SeqCst);
    }

    /// How many events of `events` are out; `ends` says where each edition ends.
    pub(crate) fn visible(&self, events: usize, ends: &[usize]) -> usize {
        self.visible_after(self.started.elapsed(), events, ends)
    }

    fn visible_after(&self, elapsed: Duration, events: usize, ends: &[usize]) -> usize {
        let at_end_of = |edition: usize| ends.get(edition - 1).copied().unwrap_or(events);
        match (self.edition.load(Ordering::SeqCst), self.pace) {
            (0, Pace::Editions) => at_end_of(1),
            (0, Pace::Whole) => events,
            (0, Pace::OverTime { total }) if elapsed >= total => events,
            (0, Pace::OverTime { total }) => {
                let share = elapsed.as_secs_f64() / total.as_secs_f64();
                // The cast truncates on purpose: an event is out once its moment has come.
                1 + (share * events.saturating_sub(1) as f64) as usize
            }
            (edition, _) => at_end_of(edition),
        }
    }
}

/// One accepted connection, handed to each of its requests.
#[derive(Clone, Debug, Default)]
pub(crate) struct Peer(Connection);

impl Connected<IncomingStream<'_, TcpListener>> for Peer {
    fn connect_info(_: IncomingStream<'_, TcpListener>) -> Self {
        Self::default()
    }
}

pub(crate) fn router(shared: Arc<Shared>) -> Router {
    Router::new().fallback(answer).with_state(shared)
}

async fn answer(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    request: Request,
) -> Response {
    let host = host_of(&request);
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str()).to_owned();
    peer.0.used_for(&shared.log, &host);
    let get = request.method() == Method::GET;
    let in_flight = shared.log.begin(&host, &path, is_conditional(request.headers()), get);
    let response = match get {
        true => find(&shared, &host, &path, request.headers()).await,
        false => plain(StatusCode::METHOD_NOT_ALLOWED, "only GET"),
    };
    in_flight.answered(response.status().as_u16());
    response
}

async fn find(shared: &Shared, host: &str, path: &str, headers: &HeaderMap) -> Response {
    if host == FAULT_HOST
        && let Some(faults) = &shared.faults
    {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        return faults.get(path, query);
    }
    match &*shared.site {
        Site::Newswire(newswire) => {
            let visible = shared.clock.visible(newswire.content.events, &newswire.content.edition_ends);
            match newswire.get(host, path, visible) {
                Found::Document(document) => respond(document, headers),
                Found::Redirect(to) => {
                    let mut response = plain(StatusCode::FOUND, "elsewhere");
                    put(response.headers_mut(), header::LOCATION, &to);
                    response
                }
                Found::Nothing => not_found(),
            }
        }
        Site::Folder(folder) => stored(folder, host, path, headers).await,
    }
}

async fn stored(folder: &Folder, host: &str, path: &str, headers: &HeaderMap) -> Response {
    let found: Option<std::io::Result<Document>> = match path {
        FEED_PATH => folder.feed(host).map(Ok),
        _ => folder.page(host, path).await,
    };
    match found {
        Some(Ok(document)) => respond(document, headers),
        Some(Err(error)) => plain(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
        None => not_found(),
    }
}

fn not_found() -> Response {
    let mut response = plain(StatusCode::NOT_FOUND, "");
    *response.body_mut() = "<!doctype html><title>404</title><h1>Page not found</h1>".into();
    put(response.headers_mut(), header::CONTENT_TYPE, "text/html; charset=utf-8");
    response
}

/// The host without its port, in lower case.
fn host_of(request: &Request) -> String {
    let field = request.headers().get(header::HOST).and_then(|value| value.to_str().ok());
    let host = request.uri().host().or(field).unwrap_or_default();
    let host = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    host.trim_end_matches('.').to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn editions_end_where_their_events_end() {
        let clock = Clock::new(Pace::Editions);
        assert_eq!(clock.visible(10, &[4, 7, 10]), 4);
        clock.set_edition(2);
        assert_eq!(clock.visible(10, &[4, 7, 10]), 7);
        clock.set_edition(9);
        assert_eq!(clock.visible(10, &[4, 7, 10]), 10);
        assert_eq!(Clock::new(Pace::Whole).visible(10, &[4, 7, 10]), 10);
    }

    #[test]
    fn over_time_everything_is_out_in_the_end() {
        let clock = Clock::new(Pace::OverTime { total: Duration::from_secs(90) });
        let after = |secs| clock.visible_after(Duration::from_secs(secs), 10, &[10]);
        assert_eq!((after(0), after(41), after(90), after(900)), (1, 5, 10, 10));
        assert_eq!(Clock::new(Pace::OverTime { total: Duration::ZERO }).visible(10, &[10]), 10);
    }
}
