//! Finding the feeds of a site: its page is looked at, what may be a feed is asked, and what is one is
//! ranked.
//!
//! ```text
//! page ─► candidates ─┐
//! robots.txt ─► news sitemaps ─► ask each ─► rank, without doubles
//! usual places, when the site names none ─┘
//! ```
//!
//! Everything goes through the guarded client, with the pause of its host. robots.txt is obeyed for the
//! page and for what is guessed; what the site itself names as a feed is there to be asked for.

mod candidates;
mod rank;
mod scan;

pub use candidates::{Candidate, Found, candidates, usual_places};
pub use rank::FoundFeed;

use crate::{
    Fetcher,
    feed_check::{FeedAnswer, FeedResult, read_feed},
    http::{client::is_home, settings::Manner},
    page::{NoPage, PageAnswer, PageRequest, PageResult},
    permission::AsPage,
    time::Watch,
};
use candidates::{index_addresses, is_news_sitemap, news_sitemaps};
use jiff::Timestamp;
use rank::{Read, ranked};
use std::collections::{HashSet, VecDeque};
use url::Url;
use wirewatch_model::{DueFeed, FeedSettings, HostPause, Outcome, PageFailure};

/// Addresses that are asked for one site.
const MOST_ASKED: usize = 20;
/// Addresses a page that lists feeds may add.
const MOST_ADDED: usize = 12;
/// Indexes of sitemaps that are looked into.
const MOST_INDEXES: usize = 2;
/// Where an index of sitemaps stands that robots.txt does not name.
const USUAL_INDEX: &str = "/sitemap.xml";
/// A site that names so many feeds is not searched for further ones.
const ENOUGH: usize = 2;

/// What was found on a site.
#[derive(Clone, Debug, Default)]
pub struct Discovery {
    /// The page that was looked at, after redirects; `None` when it could not be had.
    pub page: Option<String>,
    /// Why the page could not be had.
    pub no_page: Option<String>,
    /// The feeds, best first, each once.
    pub feeds: Vec<FoundFeed>,
    /// What was asked and is no feed, with the reason.
    pub refused: Vec<(String, String)>,
    /// Pauses that hosts asked for meanwhile; the caller keeps them for a restart.
    pub host_pauses: Vec<HostPause>,
}

/// A page that was had already, as far as the search needs it.
#[derive(Clone, Debug)]
pub struct SeenPage {
    /// The address that answered.
    pub url: String,
    /// What it names and links that may be a feed.
    pub candidates: Vec<Candidate>,
}

impl FeedAnswer {
    /// The answer as a page, where an address that was asked as a feed turned out to be one.
    pub fn seen_page(&self) -> Option<SeenPage> {
        match &self.result {
            FeedResult::Answered { status: 200 | 203, url, body, .. } => Some(SeenPage::new(url, body)),
            _ => None,
        }
    }
}

impl SeenPage {
    fn new(url: &str, body: &[u8]) -> Self {
        Self { url: url.to_owned(), candidates: candidates(body, url) }
    }
}

/// How far the search is: how many addresses were asked, how many are known, and which is next.
pub type Report<'a> = &'a mut (dyn FnMut(usize, usize, &str) + Send);

impl Fetcher {
    /// Looks for the feeds of a site. `settings` hold what its requests are sent with; their headers go
    /// to the origin of `address` alone, whatever its page names.
    pub async fn discover(
        &self,
        address: &str,
        settings: &FeedSettings,
        now: Timestamp,
        report: Report<'_>,
    ) -> Discovery {
        let mut search = Search::new(self, address, settings, now);
        report(0, 1, address);
        search.look_at(address).await;
        search.finish(address, report).await
    }

    /// As [`Fetcher::discover`], from a page of `address` that was had already: it is not asked for again.
    pub async fn discover_from(
        &self,
        page: SeenPage,
        address: &str,
        settings: &FeedSettings,
        now: Timestamp,
        report: Report<'_>,
    ) -> Discovery {
        let mut search = Search::new(self, address, settings, now);
        search.known.insert(address.to_owned());
        search.take_page(page);
        search.finish(address, report).await
    }
}

/// A search while it goes on.
struct Search<'a> {
    fetcher: &'a Fetcher,
    settings: &'a FeedSettings,
    /// The address that was given.
    home: Option<Url>,
    watch: Watch,
    queue: VecDeque<Candidate>,
    /// Addresses that were ever in the queue.
    known: HashSet<String>,
    reads: Vec<Read>,
    found: Discovery,
}

impl<'a> Search<'a> {
    fn new(fetcher: &'a Fetcher, address: &str, settings: &'a FeedSettings, now: Timestamp) -> Self {
        Self {
            fetcher,
            settings,
            home: Url::parse(address).ok(),
            watch: Watch::start(now),
            queue: VecDeque::new(),
            known: HashSet::new(),
            reads: Vec::new(),
            found: Discovery::default(),
        }
    }

    /// Asks what the page of `address` gave, then further places while that is not enough.
    async fn finish(mut self, address: &str, report: Report<'_>) -> Discovery {
        self.ask_all(report).await;
        if self.good() < ENOUGH {
            let here = self.found.page.clone().unwrap_or_else(|| address.to_owned());
            self.add_sitemaps(&here).await;
            self.ask_all(report).await;
            if self.good() == 0 {
                self.add(usual_places(&here));
                self.ask_all(report).await;
            }
        }
        self.found.feeds = ranked(self.reads, self.watch.now());
        self.found
    }

    /// Feeds that are more than comments.
    fn good(&self) -> usize {
        self.reads.iter().filter(|read| !read.feed.comments).count()
    }

    fn add(&mut self, candidates: impl IntoIterator<Item = Candidate>) {
        for candidate in candidates {
            if self.known.len() < MOST_ASKED && self.known.insert(candidate.url.clone()) {
                self.queue.push_back(candidate);
            }
        }
    }

    /// The page that was given; it may be a feed itself.
    async fn look_at(&mut self, address: &str) {
        let given = || {
            let (url, title) = (address.to_owned(), None);
            Candidate { url, found: Found::Given, title, same_site: true, comments: false }
        };
        match self.page(address).await {
            Ok(PageResult::Page(page, _held)) => {
                if crate::feed::parse_feed(&page.body, page.content_type.as_deref(), Some(&page.url)).is_ok()
                {
                    self.add([given()]);
                }
                self.known.insert(address.to_owned());
                self.take_page(SeenPage::new(&page.url, &page.body));
            }
            Ok(PageResult::NotModified) => {}
            Ok(PageResult::Postponed { reason, .. }) => self.found.no_page = Some(reason),
            Err(failure) => {
                // What is no page may be a feed.
                if failure.status == Some(200) {
                    self.add([given()]);
                }
                self.found.no_page = Some(failure.reason);
            }
        }
    }

    /// A page that links to itself is not asked once more.
    fn take_page(&mut self, page: SeenPage) {
        let SeenPage { url, candidates } = page;
        self.add(candidates.into_iter().filter(|candidate| candidate.url != url));
        self.found.page = Some(url);
    }

    async fn page(&mut self, address: &str) -> Result<PageResult, PageFailure> {
        let request = PageRequest {
            url: address.to_owned(),
            settings: self.settings.clone(),
            ..PageRequest::default()
        };
        let PageAnswer { result, host_pause } = self.fetcher.fetch_page(&request, self.watch.now()).await;
        self.found.host_pauses.extend(host_pause);
        result
    }

    /// News sitemaps that robots.txt names, and those their indexes name; where it names nothing, those of
    /// the index at its usual place.
    async fn add_sitemaps(&mut self, here: &str) {
        let Ok(here) = Url::parse(here) else { return };
        let mut named = self.sitemap_lines(&here).await;
        if named.is_empty() {
            named.push(USUAL_INDEX.to_owned());
        }
        self.add(news_sitemaps(&named, &here));
        let parsed = named.iter().filter_map(|address| here.join(address).ok());
        let indexes: Vec<Url> = parsed.filter(|url| !is_news_sitemap(url)).take(MOST_INDEXES).collect();
        for index in indexes {
            let addresses = self.index(index.as_str()).await;
            self.add(news_sitemaps(&addresses, &here));
        }
    }

    /// The addresses of an index of sitemaps. It is asked for as feeds are: packed ones are no pages.
    async fn index(&mut self, url: &str) -> Vec<String> {
        if self.may_ask(url).await.is_err() {
            return Vec::new();
        }
        let due = self.due(url);
        match self.fetcher.fetch_feed(&due, self.watch.now()).await.result {
            FeedResult::Answered { status: 200, body, .. } => index_addresses(&body),
            FeedResult::Answered { host_pause, .. } => {
                self.found.host_pauses.extend(host_pause);
                Vec::new()
            }
            _ => Vec::new(),
        }
    }

    fn due(&self, url: &str) -> DueFeed {
        DueFeed { url: url.to_owned(), settings: self.settings_for(url), ..DueFeed::default() }
    }

    async fn sitemap_lines(&mut self, here: &Url) -> Vec<String> {
        let Some(manner) = self.manner() else { return Vec::new() };
        match self.fetcher.robots(here, &self.as_page(&manner)).await {
            Ok(robots) => robots.sitemaps.clone(),
            Err(no_page) => {
                self.reason(no_page);
                Vec::new()
            }
        }
    }

    /// Why something may not be asked; a pause that comes with it is kept.
    fn reason(&mut self, no_page: NoPage) -> String {
        match no_page {
            NoPage::Failed(failure) => failure.reason,
            NoPage::Postponed { reason, host_pause, .. } => {
                self.found.host_pauses.extend(host_pause);
                reason
            }
        }
    }

    fn manner(&self) -> Option<Manner> {
        Manner::of_pages(self.settings, &self.fetcher.client().config().variables).ok()
    }

    async fn ask_all(&mut self, report: Report<'_>) {
        while let Some(candidate) = self.queue.pop_front() {
            report(self.known.len() - self.queue.len(), self.known.len(), &candidate.url);
            self.ask(candidate).await;
        }
    }

    /// Asks one address: a feed is kept, a page that lists feeds adds them.
    async fn ask(&mut self, candidate: Candidate) {
        if candidate.found == Found::Guessed
            && let Err(reason) = self.may_ask(&candidate.url).await
        {
            self.found.refused.push((candidate.url, reason));
            return;
        }
        let due = self.due(&candidate.url);
        let answer = self.fetcher.fetch_feed(&due, self.watch.now()).await;
        let (mut url, mut listed) = (candidate.url.clone(), Vec::new());
        if let FeedResult::Answered { status, url: answered, body, .. } = &answer.result {
            if answer.hops.iter().all(|hop| matches!(hop.status, 301 | 308)) {
                url.clone_from(answered);
            }
            if *status == 200 && candidate.found == Found::Linked {
                listed = candidates(body, answered);
            }
        }
        let check = read_feed(&due, answer);
        self.found.host_pauses.extend(check.host_pause.clone());
        if check.outcome == Outcome::Read {
            self.reads.push(Read::new(&candidate, url, check));
            return;
        }
        let reason = match check.outcome {
            Outcome::Failed { message, .. } => message,
            Outcome::Blocked { by } => format!("{by} keeps programs out"),
            Outcome::Paused { until, reason, .. } => format!("not asked: {reason} until {until:.0}"),
            other => other.as_str().to_owned(),
        };
        self.found.refused.push((candidate.url, reason));
        listed.retain(|found| found.same_site && !found.comments);
        listed.truncate(MOST_ADDED);
        // What such a list links is not searched in its turn.
        self.add(listed.into_iter().map(|found| Candidate { found: Found::Named, ..found }));
    }

    /// The settings for one address: secrets in headers are meant for the site that was given.
    fn settings_for(&self, url: &str) -> FeedSettings {
        let mut settings = self.settings.clone();
        let to = Url::parse(url).ok();
        if !self.home.as_ref().zip(to.as_ref()).is_some_and(|(home, to)| is_home(home, to)) {
            settings.headers.clear();
        }
        settings
    }

    fn as_page<'m>(&self, manner: &'m Manner) -> AsPage<'m> {
        let patience = self.fetcher.client().patience_at_first();
        let pause = self.fetcher.pause(self.settings.host_pause_ms);
        AsPage { pause, manner, patience, watch: self.watch }
    }

    /// What nobody named is asked for only when robots.txt lets us.
    async fn may_ask(&mut self, url: &str) -> Result<(), String> {
        let (Ok(url), Some(manner)) = (Url::parse(url), self.manner()) else { return Ok(()) };
        let permission = self.fetcher.permission(&url, &self.as_page(&manner)).await;
        permission.map(drop).map_err(|no_page| self.reason(no_page))
    }
}
