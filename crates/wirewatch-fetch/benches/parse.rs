//! Feeds parsed per CPU-second, repairs included, against feed-rs alone on the same bytes.
//!
//! ```text
//! cargo bench -p wirewatch-fetch --bench parse [-- FOLDER]
//! ```
//!
//! FOLDER holds feeds (`.xml`, `.rdf`, `.json`); without one the feeds are made here. The two parsers
//! take turns, CPU time of the process is counted, and feeds that feed-rs refuses count for both.

#![allow(clippy::expect_used, clippy::print_stdout, missing_docs, reason = "a benchmark")]

use rustix::time::{ClockId, clock_gettime};
use std::{fmt::Write as _, fs, hint::black_box, path::Path, time::Duration};
use wirewatch_fetch::parse_feed;

/// Turns of each parser; the figure is the sum over all of them.
const TURNS: usize = 40;

fn main() {
    let folder = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    let feeds = folder.as_deref().map_or_else(made, |folder| read(Path::new(folder)));
    let bytes: usize = feeds.iter().map(Vec::len).sum();
    let ours = |feed: &Vec<u8>| drop(black_box(parse_feed(feed, None, Some("https://post.example/rss"))));
    let theirs = |feed: &Vec<u8>| drop(black_box(feed_rs::parser::parse(feed.as_slice())));
    // Once without counting, so that both find warm caches.
    feeds.iter().for_each(ours);
    feeds.iter().for_each(theirs);
    let (mut our_time, mut their_time) = (Duration::ZERO, Duration::ZERO);
    for _ in 0..TURNS {
        our_time += cpu(|| feeds.iter().for_each(ours));
        their_time += cpu(|| feeds.iter().for_each(theirs));
    }
    let count = f64::from(u32::try_from(feeds.len() * TURNS).expect("a few"));
    let per_second = |time: Duration| count / time.as_secs_f64();
    println!("{} feeds, {bytes} bytes, {TURNS} turns", feeds.len());
    println!("wirewatch  {:10.0} feeds per CPU-second", per_second(our_time));
    println!("feed-rs    {:10.0} feeds per CPU-second", per_second(their_time));
    println!("ratio      {:10.2}", per_second(our_time) / per_second(their_time));
}

/// CPU time of the process that `work` takes.
fn cpu(work: impl FnOnce()) -> Duration {
    let now = || {
        let time = clock_gettime(ClockId::ProcessCPUTime);
        Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).expect("below a second"))
    };
    let start = now();
    work();
    now() - start
}

fn read(folder: &Path) -> Vec<Vec<u8>> {
    let mut paths: Vec<_> =
        fs::read_dir(folder).expect("a folder").flatten().map(|entry| entry.path()).collect();
    paths.sort();
    let feeds = paths.iter().filter(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name != "expected.json" && [".xml", ".rdf", ".rss", ".json"].iter().any(|end| name.ends_with(end))
    });
    feeds.map(|path| fs::read(path).expect("a file")).collect()
}

/// Feeds like those of newspapers: 30 entries with a paragraph as summary, some with the whole text.
fn made() -> Vec<Vec<u8>> {
    let paragraph = "Послы встретились снова, and the talks &amp; the <b>vote</b> go on&#8217;s. ".repeat(8);
    let entries = |whole: bool| {
        (0..30).fold(String::new(), |mut items, nth| {
            let text = if whole { paragraph.repeat(6) } else { String::new() };
            let _ = writeln!(
                items,
                "<item><title>Headline number {nth} &quot;quoted&quot;</title><link>https://post.example/{nth}?utm_source=rss</link>\
                 <guid isPermaLink=\"false\">post-{nth}</guid><pubDate>Mon, 10 Jan 2022 09:{:02}:00 +0200</pubDate>\
                 <dc:creator>Ira Bond</dc:creator><category>World</category><description><![CDATA[<p>{paragraph}</p>]]></description>\
                 <content:encoded><![CDATA[{text}]]></content:encoded></item>",
                nth % 60
            );
            items
        })
    };
    let feed = |items: &str| {
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rss version=\"2.0\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\" \
             xmlns:content=\"http://purl.org/rss/1.0/modules/content/\"><channel><title>Post</title>\
             <link>https://post.example/</link>{items}</channel></rss>"
        )
        .into_bytes()
    };
    let (short, whole) = (feed(&entries(false)), feed(&entries(true)));
    (0..20).map(|nth| if nth % 4 == 0 { whole.clone() } else { short.clone() }).collect()
}
