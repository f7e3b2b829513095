//! The publisher in memory: when each feed has entries, what it grants, and what it answers.
//!
//! The feeds are those of `config/feeds.toml`. Their rhythms and grants are those measured on 46 feeds
//! captured in the wild (median gaps; 18 of 46 grant something by `ttl` or `sy:`), dealt out in turn by the
//! kind of publisher; three in four give validators. Entries come at random, more by day than by night
//! and fewer at weekends.

use jiff::{SignedDuration, Timestamp, tz::Offset};
use std::{collections::HashMap, fmt::Write as _, time::Duration};
use wirewatch_fetch::{Asked, FeedAnswer, FeedResult, Headers};
use wirewatch_model::{DueFeed, FeedSpec};

pub(super) const WEEK_SECS: i64 = 7 * 86_400;
/// What feeds list of the time before.
const BEFORE_SECS: i64 = 14 * 86_400;
/// A kind of publisher.
struct Kind {
    /// Gaps between entries in minutes, measured.
    gaps: &'static [f64],
    /// Entries a body lists.
    listed: usize,
    /// Entries on a day of the weekend against another day.
    weekend: f64,
}

/// Agencies and news sites.
const WIRES: Kind =
    Kind { gaps: &[2.0, 3.0, 3.0, 4.0, 4.0, 5.0, 6.0, 10.0, 13.0], listed: 60, weekend: 0.65 };
/// Papers and broadcasters.
const PAPERS: Kind = Kind {
    gaps: &[
        10.0, 12.0, 15.0, 16.0, 19.0, 21.0, 23.0, 30.0, 32.0, 34.0, 37.0, 44.0, 47.0, 56.0, 82.0, 108.0,
        132.0,
    ],
    listed: 15,
    weekend: 0.65,
};
/// Institutions: from several times a day to once a month.
const INSTITUTIONS: Kind = Kind {
    gaps: &[126.0, 180.0, 257.0, 373.0, 914.0, 1440.0, 2507.0, 2880.0, 10_080.0, 43_200.0],
    listed: 10,
    weekend: 0.15,
};
/// What feeds grant, in seconds, measured: 28 of 46 nothing.
const GRANTS: &[u32] = &[
    0, 900, 0, 0, 600, 0, 3600, 0, 0, 1800, 0, 900, 0, 0, 3600, 0, 120, 0, 600, 0, 0, 36_000, 0, 180, 0, 0,
    3600, 0, 0, 1800,
];
/// Entries by hour of the day, the mean being 1.
const BY_HOUR: [f64; 24] = [
    0.3, 0.2, 0.15, 0.15, 0.2, 0.4, 0.7, 1.1, 1.5, 1.7, 1.7, 1.6, 1.6, 1.6, 1.6, 1.5, 1.4, 1.3, 1.2, 1.1,
    0.9, 0.8, 0.6, 0.4,
];

/// One feed of the simulation.
pub(super) struct Feed {
    /// What it grants, in seconds; 0 for nothing.
    pub(super) grant_secs: u32,
    /// Whether it gives an ETag.
    pub(super) validators: bool,
    /// Entries its body lists.
    pub(super) listed: usize,
    /// When its entries come, those before the beginning included.
    pub(super) entries: Vec<Timestamp>,
}

impl Feed {
    /// How many entries are out at a time.
    pub(super) fn published(&self, now: Timestamp) -> usize {
        self.entries.partition_point(|at| *at <= now)
    }
}

pub(super) struct Press {
    pub(super) feeds: HashMap<String, Feed>,
}

impl Press {
    /// The feeds of the compiled-in list that are followed.
    pub(super) fn of_the_feed_list(begin: Timestamp) -> Self {
        let list: toml::Table =
            toml::from_str(include_str!("../../../../../config/feeds.toml")).expect("TOML");
        let text = |table: &toml::Value, key: &str| table.get(key)?.as_str().map(str::to_owned);
        let mut feeds = HashMap::new();
        for (nth, row) in list["feed"].as_array().expect("feeds").iter().enumerate() {
            if row.get("off").is_some() {
                continue;
            }
            let url = text(row, "url").expect("an address");
            let publisher = text(row, "publisher")
                .or_else(|| wirewatch_model::address::publisher_domain(&url))
                .expect("a publisher");
            let kind = list["publishers"].get(&publisher).and_then(|row| text(row, "kind"));
            feeds.insert(url, feed(nth, kind.as_deref().unwrap_or("newspaper"), begin));
        }
        Self { feeds }
    }

    pub(super) fn specs(&self) -> Vec<FeedSpec> {
        let mut urls: Vec<&String> = self.feeds.keys().collect();
        urls.sort();
        urls.into_iter().map(|url| FeedSpec { url: url.clone(), ..FeedSpec::default() }).collect()
    }

    /// What the server of a feed answers.
    pub(super) fn answer(&self, due: &DueFeed, now: Timestamp) -> FeedAnswer {
        let feed = &self.feeds[&due.url];
        let published = feed.published(now);
        let etag = format!("\"{published}\"");
        let asked = if due.validators.etag.is_some() { Asked::Conditionally } else { Asked::Whole };
        let unchanged = due.validators.etag.as_ref() == Some(&etag);
        let headers: Headers = [("etag", etag.as_str())].into_iter().filter(|_| feed.validators).collect();
        let result = FeedResult::Answered {
            status: if unchanged { 304 } else { 200 },
            headers,
            url: due.url.clone(),
            body: if unchanged { Vec::new() } else { body(feed, published).into_bytes() },
            cut: None,
            host_pause: None,
            not_before: None,
            held: wirewatch_fetch::BytesHeld::default(),
        };
        FeedAnswer { at: now, elapsed: Duration::ZERO, asked, hops: Vec::new(), result }
    }
}

fn feed(nth: usize, kind: &str, begin: Timestamp) -> Feed {
    let kind = match kind {
        "wire" | "state-controlled" | "aggregator" => WIRES,
        "government" | "think-tank" => INSTITUTIONS,
        _ => PAPERS,
    };
    let mut random = Random(nth as u64 + 1);
    // Publishers live between London and Moscow.
    let zone = (random.next() * 4.0) as i64;
    Feed {
        grant_secs: GRANTS[nth % GRANTS.len()],
        validators: nth % 4 != 3,
        listed: kind.listed,
        entries: entries(kind.gaps[nth % kind.gaps.len()] * 60.0, zone, kind.weekend, begin, &mut random),
    }
}

/// A Poisson process whose rate follows the day: candidates at the highest rate, thinned.
fn entries(gap: f64, zone: i64, weekend: f64, begin: Timestamp, random: &mut Random) -> Vec<Timestamp> {
    let highest = BY_HOUR.iter().copied().fold(0.0, f64::max) / gap;
    let mut entries = Vec::new();
    let mut at = -BEFORE_SECS as f64;
    loop {
        at -= random.next().max(1e-12).ln() / highest;
        if at > WEEK_SECS as f64 {
            return entries;
        }
        let time = begin + SignedDuration::from_millis((at * 1000.0) as i64);
        let local = Offset::UTC.to_datetime(time + SignedDuration::from_hours(zone));
        let by_day = if local.weekday().to_monday_zero_offset() >= 5 { weekend } else { 1.0 };
        if random.next() * highest < BY_HOUR[local.hour() as usize] * by_day / gap {
            entries.push(time);
        }
    }
}

fn body(feed: &Feed, published: usize) -> String {
    let mut body = String::from("<rss version=\"2.0\"><channel><title>Press</title>");
    if feed.grant_secs > 0 {
        // A body can say minutes and nothing finer.
        write!(body, "<ttl>{}</ttl>", feed.grant_secs / 60).expect("a string takes all");
    }
    for nth in (published.saturating_sub(feed.listed)..published).rev() {
        let at = feed.entries[nth].strftime("%a, %d %b %Y %H:%M:%S GMT");
        write!(body, "<item><guid isPermaLink=\"false\">e{nth}</guid><title>Entry {nth}</title><pubDate>{at}</pubDate></item>")
            .expect("a string takes all");
    }
    body.push_str("</channel></rss>");
    body
}

/// SplitMix64: the same week on every machine.
struct Random(u64);

impl Random {
    /// Evenly between 0 and 1.
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((bits ^ (bits >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }
}
