//! The network of a command that asks for a feed by hand.

use crate::{
    app::App,
    engine::{fetch_config, runtime},
};
use indicatif::{ProgressBar, ProgressStyle};
use std::time::Duration;
use tokio::runtime::Runtime;
use wirewatch_fetch::{Discovery, Explanation, Fetcher, Learnt, SeenPage, explain};
use wirewatch_model::{DueFeed, FeedId, FeedSettings, HostPause};
use wirewatch_store::{Database, ShortWrite};

/// One fetcher for all that a command asks. It knows the pauses that hosts asked for and their robots.txt,
/// and what they teach it is stored for whoever asks next.
pub(super) struct Network {
    fetcher: Fetcher,
    runtime: Runtime,
    pauses: Vec<HostPause>,
    put_off: Option<ShortWrite>,
}

impl Network {
    /// What `ask` makes of the network. What hosts taught meanwhile is stored, however it ends.
    pub(super) fn with<T>(
        app: &mut App,
        ask: impl FnOnce(&mut App, &mut Self) -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        let mut network = Self::new(app)?;
        let asked = ask(app, &mut network);
        if let Err(error) = network.keep(app) {
            tracing::warn!("what the hosts asked for could not be stored: {error:#}");
        }
        asked
    }

    fn new(app: &App) -> anyhow::Result<Self> {
        let fetcher = Fetcher::new(fetch_config(&app.config.fetch))?;
        let path = app.database_path();
        if path.exists() {
            let reader = Database::open_existing(&path)?.reader()?;
            for pause in reader.host_strikes(app.now)? {
                fetcher.pause_host(&pause);
            }
            fetcher.restore_robots(&reader.robots(app.now)?, app.now);
        }
        Ok(Self { fetcher, runtime: runtime()?, pauses: Vec::new(), put_off: None })
    }

    /// Asks for a feed now and says what came; the page, when it is one.
    pub(super) fn check(&mut self, app: &App, due: &DueFeed) -> (Explanation, Option<SeenPage>) {
        let bar = spinner(app, &due.url);
        let answer = self.runtime.block_on(self.fetcher.fetch_feed(due, app.now));
        bar.finish_and_clear();
        let page = answer.seen_page();
        let explanation = explain(due, answer, app.output.zone());
        self.pauses.extend(explanation.host_pause.clone());
        // One that is not stored has no number.
        if let Some(until) = explanation.not_before.filter(|_| due.id != FeedId::default()) {
            self.put_off = Some(ShortWrite::FeedPutOff { feed: due.id, until });
        }
        let page = page.filter(|_| explanation.is_page);
        (explanation, page)
    }

    /// Searches a site; where it does not answer over https, over http.
    pub(super) fn discover(&mut self, app: &App, address: &str, settings: &FeedSettings) -> Discovery {
        let discovery = self.search(app, address, settings, None);
        let plain = address.strip_prefix("https://").map(|place| format!("http://{place}"));
        match plain.filter(|_| discovery.page.is_none() && discovery.feeds.is_empty()) {
            Some(plain) if !is_refusal(&discovery) => self.search(app, &plain, settings, None),
            _ => discovery,
        }
    }

    /// Searches the site of a page that was had already; without one, asks for it.
    pub(super) fn search(
        &mut self,
        app: &App,
        address: &str,
        settings: &FeedSettings,
        page: Option<SeenPage>,
    ) -> Discovery {
        let bar = spinner(app, address);
        let mut report = |nth: usize, of: usize, url: &str| bar.set_message(format!("{nth} of {of}  {url}"));
        let fetcher = &self.fetcher;
        let mut discovery = self.runtime.block_on(async {
            match page {
                Some(page) => fetcher.discover_from(page, address, settings, app.now, &mut report).await,
                None => fetcher.discover(address, settings, app.now, &mut report).await,
            }
        });
        bar.finish_and_clear();
        self.pauses.append(&mut discovery.host_pauses);
        discovery
    }

    /// Stores what hosts taught, for the next command and for the daemon. Where there is no database yet
    /// none is made for it.
    fn keep(self, app: &App) -> anyhow::Result<()> {
        let path = app.database_path();
        let (mut answered, mut robots) = (Vec::new(), Vec::new());
        for learnt in self.fetcher.take_learnt() {
            match learnt {
                Learnt::Answers(relief) => answered.push(relief.host),
                Learnt::Robots(rules) => robots.push(rules),
            }
        }
        let pauses = self.pauses;
        let nothing = pauses.is_empty() && answered.is_empty() && robots.is_empty();
        let hosts = (!nothing).then_some(ShortWrite::HostsLearnt { pauses, answered, robots, at: app.now });
        let writes: Vec<ShortWrite> = hosts.into_iter().chain(self.put_off).collect();
        if writes.is_empty() || !path.exists() {
            return Ok(());
        }
        let mut writer = Database::open_existing(path)?.short_writer()?;
        for write in &writes {
            writer.write(write)?;
        }
        Ok(())
    }
}

/// Whether the site answered, if only to refuse.
fn is_refusal(discovery: &Discovery) -> bool {
    let reason = discovery.no_page.as_deref().unwrap_or_default();
    ["robots.txt of", "keeps programs out", "status", "asked for a pause"]
        .iter()
        .any(|words| reason.contains(words))
}

/// A line that turns while the network is waited for; nothing when the error stream is no terminal.
fn spinner(app: &App, message: &str) -> ProgressBar {
    let bar = app.progress.add(ProgressBar::new_spinner());
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}") {
        bar.set_style(style);
    }
    bar.set_message(message.to_owned());
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}
