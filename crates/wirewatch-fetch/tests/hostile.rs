//! Bodies made to break a feed reader: none takes more than 64 MiB above the body, whatever it holds.
//!
//! Each is read in a process of its own, this test started again, whose peak memory the kernel counts.
//! With `--nocapture` peak and CPU time of each are printed; build with `--release` to believe the time.
//! Without optimisation bodies and bound are a quarter, or the test would take minutes.

#![cfg(target_os = "linux")]
#![allow(clippy::expect_used, clippy::print_stdout, reason = "tests")]

use rustix::time::{ClockId, clock_gettime};
use std::{fs, process::Command, thread};
use wirewatch_fetch::parse_feed;

const KIB: usize = 1024;
/// The cap on a feed's body, in bytes.
const CAP: usize = if cfg!(debug_assertions) { 2560 * KIB } else { 10_240 * KIB };
const MOST_ABOVE_BODY: usize = CAP / 10 * 64;
/// Names the body for the process that reads it.
const CASE: &str = "WIREWATCH_HOSTILE_BODY";

/// A text that leaves some room below the cap.
fn fill(part: &str) -> String {
    part.repeat((CAP - 16 * KIB) / part.len())
}

fn rss(inside: &str) -> Vec<u8> {
    let mut body = format!("<rss version=\"2.0\"><channel>{inside}</channel></rss>").into_bytes();
    body.truncate(CAP);
    body
}

fn item(inside: &str) -> Vec<u8> {
    rss(&format!("<item><guid>1</guid>{inside}<title>t</title></item>"))
}

fn numbered(count: usize, part: impl Fn(&mut String, usize)) -> String {
    (0..count).fold(String::new(), |mut text, nth| {
        part(&mut text, nth);
        text
    })
}

/// A name, and what makes the body when it is read.
type Body = (&'static str, fn() -> Vec<u8>);

const BODIES: &[Body] = &[
    ("empty items", || rss(&fill("<item/>"))),
    ("empty entries", || format!("<feed>{}", fill("<entry/>")).into_bytes()),
    ("small items", || rss(&fill("<item><title>a</title><link>http://a.example/1</link></item>"))),
    ("items never ended", || rss(&fill("<item><title>a"))),
    ("json items", || format!("{{\"items\":[{}{{}}]}}", fill("{\"id\":\"a\"},")).into_bytes()),
    ("json items, cut", || format!("{{\"items\":[{}", fill("{\"id\":\"a\"},")).into_bytes()),
    ("json list in an item", || {
        format!("{{\"items\":[{{\"id\":1,\"authors\":[{}0]}}]}}", fill("0,")).into_bytes()
    }),
    ("json members in the head", || format!("{{\"error\":{{{}\"b\":1}}}}", fill("\"a\":1,")).into_bytes()),
    ("json nesting", || format!("{{\"items\":{}", fill("[")).into_bytes()),
    ("json control characters", || format!("{{\"items\":[{{\"title\":\"{}\"}}]}}", fill("\n")).into_bytes()),
    ("json escapes", || format!("{{\"items\":[{{\"title\":\"{}\"}}]}}", fill("\\ud800")).into_bytes()),
    ("huge title", || item(&format!("<title>{}</title>", fill("слово ")))),
    ("huge title of references", || item(&format!("<title>{}</title>", fill("&amp;")))),
    ("huge CDATA", || item(&format!("<description><![CDATA[{}]]></description>", fill("<p>слово</p>")))),
    ("huge text in windows-1251", || {
        let (start, end) = ("<rss><item><guid>1</guid><description>", "</description></item></rss>");
        [start.as_bytes(), &vec![0xe0; CAP - KIB], end.as_bytes()].concat()
    }),
    ("huge text in UTF-16", || {
        let text = item(&format!("<description>{}</description>", "слово ".repeat(CAP / 13)));
        String::from_utf8_lossy(&text).encode_utf16().flat_map(u16::to_le_bytes).collect()
    }),
    ("attributes", || {
        item(&format!("<a {}/>", numbered(200_000, |text, nth| *text += &format!("a{nth}='1' "))))
    }),
    ("one attribute", || item(&format!("<a b='{}'/>", fill("a")))),
    ("namespaces", || {
        rss(&numbered(200_000, |text, nth| *text += &format!("<n{nth}:a xmlns:n{nth}='urn:{nth}'>")))
    }),
    ("nesting in an item", || item(&fill("<a>"))),
    ("nesting in the head", || rss(&fill("<a>"))),
    ("links", || item(&fill("<link/>"))),
    ("links in the head", || rss(&fill("<link/>"))),
    ("breaks", || item(&format!("<description>{}</description>", fill("a<br>")))),
    ("end tags", || item(&fill("</a>"))),
    ("entity bomb", || {
        let entities =
            numbered(60, |text, nth| *text += &format!("<!ENTITY a{nth} \"{}\">", "x".repeat(250)));
        format!("<!DOCTYPE r [{entities}]><rss><item><title>{}</title></item></rss>", fill("&a1;"))
            .into_bytes()
    }),
    ("ampersands", || item(&format!("<title>{}</title>", fill("&")))),
    ("ampersands and blanks", || item(&format!("<title>{}</title>", fill("& ")))),
    ("less-than signs", || item(&format!("<title>{}</title>", fill("<")))),
    ("less-than signs and blanks", || item(&format!("<title>{}</title>", fill("< ")))),
    ("greater-than signs", || item(&format!("<title>{}</title>", fill(">")))),
    ("section starts", || item(&format!("<title>{}</title>", fill("<![CDATA[")))),
    ("section ends", || item(&format!("<title>{}</title>", fill("]]>")))),
    ("sections never ended", || item(&fill("<a><![CDATA[</a>"))),
    ("escaped sections in titles", || item(&format!("<title>{}</title>", fill("&lt;![CDATA[")))),
    ("quotes never closed", || item(&fill("<a b=\">"))),
    ("quotes never closed, of both kinds", || item(&fill("<a b=\"<c d='"))),
    ("comments", || item(&fill("<!-- a -->"))),
    ("comments never closed", || item(&fill("<!-- >"))),
    ("comments before the root", || fill("<!-->").into_bytes()),
    ("document types", || fill("<!DOCTYPE a [").into_bytes()),
    ("document types that end", || fill("<!DOCTYPE a [>").into_bytes()),
    ("processing instructions", || fill("<?a").into_bytes()),
    ("blanks", || item(&format!("<title>{}x</title>", fill(" ")))),
    ("control characters", || item(&format!("<title>{}</title>", fill("\u{1}\u{7f}")))),
    ("marks", || item(&format!("<title>{}</title>", fill("\u{feff}")))),
    ("bytes that are no text", || [b"<rss>".as_slice(), &vec![0xff; CAP]].concat()),
    ("dates", || rss(&fill(&format!("<item><pubDate>{}</pubDate></item>", "1.1:1 (".repeat(16))))),
    ("long dates", || item(&format!("<pubDate>{}</pubDate>", fill("1:")))),
    ("authors", || item(&fill("<author>a (b@c.example)</author>"))),
    ("guids", || rss(&fill("<item><guid>1</guid><link>http://a.example/</link></item>"))),
    ("long guids", || item(&format!("<guid>{}</guid>", fill("a")))),
    ("a web page", || format!("<html><title>{}</title>", fill("<p>")).into_bytes()),
    ("plain text", || fill("a ").into_bytes()),
    ("sitemaps", || {
        format!("<sitemapindex>{}", fill("<sitemap><loc>http://a.example/</loc></sitemap>")).into_bytes()
    }),
];

/// A figure of `/proc/self/status`, in bytes.
fn memory(name: &str) -> usize {
    let status = fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find(|line| line.starts_with(name)).expect("a known name");
    let kib = line.split_whitespace().nth(1).expect("a figure");
    kib.parse::<usize>().expect("a number") * 1024
}

fn cpu_secs() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

/// The process of one body.
#[test]
#[ignore = "started by the test below, once for each body"]
fn read_one_body() {
    let Ok(name) = std::env::var(CASE) else { return };
    let (_, make) = BODIES.iter().find(|(body, _)| *body == name).expect("a body");
    let mut body = make();
    body.truncate(CAP);
    body.shrink_to_fit();
    // The peak counts from here.
    fs::write("/proc/self/clear_refs", "5").expect("Linux");
    let (before, start) = (memory("VmRSS"), cpu_secs());
    let entries =
        parse_feed(&body, Some("text/xml"), Some("https://a.example/rss")).map(|feed| feed.entries.len());
    let (peak, secs) = (memory("VmHWM").saturating_sub(before), cpu_secs() - start);
    let told =
        entries.map_or_else(|error| error.kind.as_str().to_owned(), |entries| format!("{entries} entries"));
    println!("{name:36} {:6} KiB {secs:6.2} s  {told}", peak / KIB);
    assert!(peak <= MOST_ABOVE_BODY, "{name}: {} KiB above the body", peak / KIB);
}

#[test]
fn no_body_takes_more_memory_than_it_may() {
    let this = std::env::current_exe().expect("a path");
    let read = |name: &str| {
        let mut one = Command::new(&this);
        one.args(["--exact", "read_one_body", "--ignored", "--nocapture"]).env(CASE, name);
        one.output().expect("a process")
    };
    let half = BODIES.len().div_ceil(2);
    let failures: Vec<String> = thread::scope(|scope| {
        let halves: Vec<_> = BODIES
            .chunks(half)
            .map(|bodies| {
                scope.spawn(move || {
                    let outputs = bodies.iter().map(|(name, _)| (name, read(name)));
                    outputs
                        .filter_map(|(name, output)| {
                            let lines = lines_of(name, &output.stdout);
                            print!("{lines}");
                            // A process that read nothing proves nothing.
                            let sound = output.status.success() && !lines.is_empty();
                            let told = String::from_utf8_lossy(&output.stderr).into_owned();
                            (!sound).then(|| format!("{name}: {told}"))
                        })
                        .collect::<Vec<_>>()
                })
            })
            .collect();
        halves.into_iter().flat_map(|half| half.join().expect("no panic")).collect()
    });
    assert!(failures.is_empty(), "{failures:#?}");
}

fn lines_of(name: &str, output: &[u8]) -> String {
    let output = String::from_utf8_lossy(output);
    output.lines().filter(|line| line.contains(name)).fold(String::new(), |lines, line| lines + line + "\n")
}
