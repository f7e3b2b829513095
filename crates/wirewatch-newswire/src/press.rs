//! Opening a press and running it.

use crate::content::{self, ContentError};
use crate::faults::{FAULT_HOST, FaultOptions, FaultSite};
use crate::folder::{FEED_PATH, Folder, FolderError};
use crate::log::{Log, RequestLog};
use crate::newswire::Newswire;
use crate::server::{self, Clock, Peer, Shared, Site};
use crate::truth::Truth;
use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use wirewatch_model::{FeedSettings, FeedSpec, Publisher, PublisherKind, address};

/// How long [`RunningPress::shutdown`] waits for clients that are still reading.
const SHUTDOWN_LIMIT: Duration = Duration::from_secs(2);

/// Why a press cannot be opened or served.
#[derive(Debug, thiserror::Error)]
pub enum PressError {
    /// The compiled-in content is at fault.
    #[error(transparent)]
    Content(#[from] ContentError),
    /// The folder of pages is at fault.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// No socket on loopback.
    #[error("cannot listen on 127.0.0.1:{port}")]
    Listen {
        /// The port asked for; 0 for any.
        port: u16,
        /// The reason.
        #[source]
        source: std::io::Error,
    },
}

/// How entries and edits appear.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pace {
    /// Edition by edition, moved by [`RunningPress::set_edition`]; the first one from the start.
    #[default]
    Editions,
    /// Spread evenly over a time after the start, in the order of the editions.
    OverTime {
        /// When the last edit is out.
        total: Duration,
    },
    /// Everything in its latest state from the start.
    Whole,
}

/// How to serve a press.
#[derive(Clone, Debug, Default)]
pub struct PressOptions {
    /// How entries and edits appear; a folder of pages always shows everything.
    pub pace: Pace,
    /// The port on 127.0.0.1; 0 for any free one.
    pub port: u16,
    /// Serves the host `faults.example` too. Its feeds are not among [`RunningPress::feeds`].
    pub faults: Option<FaultOptions>,
}

/// An entry the press announces, with the id the press knows its article by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Announced {
    /// The feed that announces it.
    pub feed: String,
    /// Id of the article or of the stored page.
    pub id: String,
    /// The link in the feed.
    pub link: Option<String>,
}

/// A press that can be served.
#[derive(Clone, Debug)]
pub struct Press {
    site: Arc<Site>,
}

impl Press {
    /// The outlets and articles compiled into this crate.
    pub fn builtin() -> Result<Self, PressError> {
        let newswire = Newswire::new(content::builtin()?)?;
        Ok(Self { site: Arc::new(Site::Newswire(newswire)) })
    }

    /// A folder with `gold.json` and `pages/ID.html.gz`, or a folder of such folders; the pages are read
    /// when they are asked for.
    pub fn from_pages(dir: impl AsRef<Path>) -> Result<Self, PressError> {
        Ok(Self { site: Arc::new(Site::Folder(Folder::open(dir.as_ref())?)) })
    }

    /// What a reader of the feeds should find; `None` for a folder of pages, whose truth we do not know.
    pub fn truth(&self) -> Option<Truth> {
        match &*self.site {
            Site::Newswire(newswire) => Some(Truth::of(newswire)),
            Site::Folder(_) => None,
        }
    }

    /// Every entry of every feed once everything is out.
    pub fn announced(&self) -> Vec<Announced> {
        match &*self.site {
            Site::Newswire(newswire) => Truth::of(newswire)
                .entries
                .into_iter()
                .map(|entry| Announced { feed: entry.feed, id: entry.article, link: entry.link })
                .collect(),
            Site::Folder(folder) => folder
                .hosts
                .iter()
                .flat_map(|(host, pages)| pages.iter().map(move |page| (host, page)))
                .map(|(host, page)| Announced {
                    feed: folder_feed(host),
                    id: page.id.clone(),
                    link: Some(page.url.clone()),
                })
                .collect(),
        }
    }

    /// How many editions there are.
    pub fn editions(&self) -> usize {
        match &*self.site {
            Site::Newswire(newswire) => newswire.content.edition_ends.len(),
            Site::Folder(_) => 1,
        }
    }

    /// Serves the press on loopback until the returned value is dropped or shut down.
    pub async fn start(&self, options: PressOptions) -> Result<RunningPress, PressError> {
        let port = options.port;
        let listen = |source| PressError::Listen { port, source };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(listen)?;
        let addr = listener.local_addr().map_err(listen)?;
        let (stop, stopped) = watch::channel(false);
        let has_faults = options.faults.is_some();
        let shared = Arc::new(Shared {
            site: Arc::clone(&self.site),
            clock: Clock::new(options.pace),
            log: Log::default(),
            faults: options.faults.map(|faults| FaultSite::new(faults, stopped.clone())),
        });
        let service = server::router(Arc::clone(&shared)).into_make_service_with_connect_info::<Peer>();
        let task = tokio::spawn(async move {
            let serving = axum::serve(listener, service).with_graceful_shutdown(until_stopped(stopped));
            if let Err(error) = serving.await {
                tracing::error!(%error, "the simulated press has stopped");
            }
        });
        let feeds = self.feed_specs();
        let mut resolve: HashMap<String, SocketAddr> =
            feeds.iter().filter_map(|feed| address::host(&feed.url)).map(|host| (host, addr)).collect();
        if has_faults {
            resolve.insert(FAULT_HOST.to_owned(), addr);
        }
        Ok(RunningPress { addr, feeds, resolve, editions: self.editions(), shared, stop, task })
    }

    fn feed_specs(&self) -> Vec<FeedSpec> {
        match &*self.site {
            Site::Newswire(newswire) => newswire
                .feeds()
                .map(|(outlet, state)| {
                    let publisher = Publisher {
                        domain: outlet.host(),
                        name: outlet.name.clone(),
                        country: Some(outlet.country.clone()),
                        language: Some(outlet.language.clone()),
                        kind: outlet.kind,
                    };
                    spec(outlet.address(&state.feed.path), publisher, Some(state.feed.title.clone()))
                })
                .collect(),
            Site::Folder(folder) => folder
                .hosts
                .keys()
                .map(|host| spec(folder_feed(host), folder_publisher(host), None))
                .collect(),
        }
    }
}

/// A press that is being served; it stops when this is dropped.
#[derive(Debug)]
pub struct RunningPress {
    /// Where it listens.
    pub addr: SocketAddr,
    /// Its feeds, with settings that lift the pauses real hosts need.
    pub feeds: Vec<FeedSpec>,
    /// Every host of its addresses, resolved to [`addr`](Self::addr).
    pub resolve: HashMap<String, SocketAddr>,
    editions: usize,
    shared: Arc<Shared>,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl RunningPress {
    /// How many editions there are.
    pub fn editions(&self) -> usize {
        self.editions
    }

    /// Shows everything up to an edition (from 1), whatever the pace; numbers beyond the last show all.
    pub fn set_edition(&self, edition: usize) {
        self.shared.clock.set_edition(edition.max(1));
    }

    /// What has been asked since the start or since [`clear_log`](Self::clear_log).
    pub fn log(&self) -> RequestLog {
        self.shared.log.snapshot()
    }

    /// Forgets what has been asked.
    pub fn clear_log(&self) {
        self.shared.log.clear();
    }

    /// Takes no more connections, lets running answers end for up to two seconds, and returns.
    pub async fn shutdown(mut self) {
        // A receiver that is gone has stopped already.
        let _ = self.stop.send(true);
        if tokio::time::timeout(SHUTDOWN_LIMIT, &mut self.task).await.is_err() {
            self.task.abort();
        }
    }
}

/// Ends when the press is told to stop or dropped.
async fn until_stopped(mut stopped: watch::Receiver<bool>) {
    while !*stopped.borrow_and_update() {
        if stopped.changed().await.is_err() {
            return;
        }
    }
}

fn spec(url: String, publisher: Publisher, title: Option<String>) -> FeedSpec {
    let settings =
        FeedSettings { interval_floor_secs: Some(0), host_pause_ms: Some(0), ..FeedSettings::default() };
    FeedSpec { url, publisher, title, settings, ..FeedSpec::default() }
}

fn folder_feed(host: &str) -> String {
    format!("http://{host}{FEED_PATH}")
}

fn folder_publisher(host: &str) -> Publisher {
    Publisher {
        domain: address::registrable_domain(host),
        name: host.to_owned(),
        country: None,
        language: None,
        kind: PublisherKind::default(),
    }
}
