//! The parts of the rules of polite fetching that are the pipeline's: what holds after a restart, between
//! processes and between feeds. The fetcher's parts are tested in `wirewatch-fetch`.

#![allow(clippy::expect_used, reason = "tests")]

mod common;

use common::{Bench, FEED, HTML, address, content::Item, server::Answer, spec, wait_until};
use jiff::SignedDuration;
use std::{collections::HashSet, sync::Arc, time::Duration};
use tokio::sync::Semaphore;
use wirewatch_model::{FeedSettings, HostPause};
use wirewatch_pipeline::{Setup, Source, Stop, run, run_as_owner, take_ownership};
use wirewatch_store::{LockError, Role, ShortWrite};

const HOST: &str = "press.example";
const HOUR: Duration = Duration::from_secs(3600);

fn items(count: usize) -> Vec<Item> {
    (0..count).map(|nth| Item::new(HOST, &format!("a{nth}"))).collect()
}

/// A publisher with these items, its feed and their pages.
async fn publishing(items: &[Item]) -> Bench {
    let bench = Bench::new(&[HOST]).await;
    bench.set_feed(HOST, items, "1");
    for (nth, item) in (1..).zip(items) {
        bench.set_page(item, nth);
    }
    bench
}

/// The feeds as a user lists them: the intervals are those of the rules.
fn in_earnest(bench: &Bench) -> Setup {
    let mut setup = bench.setup();
    for spec in setup.feeds.iter_mut().flatten() {
        spec.settings = FeedSettings { host_pause_ms: Some(0), ..FeedSettings::default() };
    }
    setup
}

async fn once(setup: Setup) {
    run(setup, Source::Once, Stop::new()).await.expect("the run ends well");
}

#[tokio::test]
async fn rule_03_after_a_restart_a_feed_is_still_asked_conditionally() {
    let bench = publishing(&items(2)).await;
    for _ in 0..3 {
        once(in_earnest(&bench)).await;
        bench.clock.advance(24 * HOUR);
    }
    let asked = bench.server.requests("press.example/feed.xml");
    let unconditional = asked.iter().filter(|request| !request.headers.contains_key("if-none-match")).count();
    assert_eq!((asked.len(), unconditional), (3, 1));
}

#[tokio::test]
async fn rule_04_a_broken_body_is_asked_for_again_without_its_validators() {
    let bench = Bench::new(&[HOST]).await;
    let broken = Answer::ok(FEED, "<html>Sorry</html>").header("ETag", "\"1\"");
    bench.server.set("press.example/feed.xml", broken);
    bench.once().await;
    bench.clock.advance(24 * HOUR);
    bench.once().await;
    let asked = bench.server.requests("press.example/feed.xml");
    assert_eq!(asked.len(), 2);
    assert!(!asked[1].headers.contains_key("if-none-match"));
}

#[tokio::test]
async fn rule_13_pause_and_strikes_of_a_host_are_kept_by_the_store() {
    let bench = publishing(&items(1)).await;
    let strikes = || bench.number("SELECT strikes FROM host WHERE host = 'press.example'");
    let minutes = || bench.number("SELECT paused_until / 60000000 FROM host WHERE host = 'press.example'");
    bench.server.set("press.example/feed.xml", Answer::status(429));
    once(in_earnest(&bench)).await;
    let begun = bench.clock.now().as_second() / 60;
    assert_eq!((strikes(), minutes() - begun), (1, 60));
    // Another process: the pause is not over.
    once(in_earnest(&bench)).await;
    assert_eq!(bench.server.requests("press.example/feed.xml").len(), 1);
    // And another one long after: the second 429 in a row.
    bench.clock.advance(26 * HOUR);
    once(in_earnest(&bench)).await;
    assert_eq!((strikes(), minutes() - begun), (2, 26 * 60 + 120));
    bench.clock.advance(26 * HOUR);
    bench.set_feed(HOST, &items(1), "1");
    once(in_earnest(&bench)).await;
    assert_eq!(strikes(), 0, "it answers as it should");
    assert_eq!(bench.number("SELECT count(*) FROM article"), 1);
}

#[tokio::test]
async fn rule_13_a_pause_that_a_command_was_asked_for_holds_the_running_daemon_too() {
    let bench = publishing(&items(1)).await;
    let stop = Stop::new();
    let running = tokio::spawn(run(in_earnest(&bench), Source::Daemon, stop.clone()));
    wait_until(|| bench.number("SELECT count(*) FROM article") == 1).await;
    let until = bench.clock.now() + SignedDuration::from_hours(26);
    let pause = HostPause { host: HOST.to_owned(), until, reason: "429".to_owned(), strikes: 1 };
    let learnt = ShortWrite::HostsLearnt {
        pauses: vec![pause],
        answered: Vec::new(),
        robots: Vec::new(),
        at: bench.clock.now(),
    };
    bench.database().short_writer().expect("a connection").write(&learnt).expect("stored");
    bench.clock.advance(25 * HOUR);
    wait_until(|| bench.number("SELECT next_due FROM feed") == until.as_microsecond()).await;
    assert_eq!(bench.server.requests("press.example/feed.xml").len(), 1, "not asked in the pause");
    stop.signal();
    running.await.expect("no panic").expect("a good end");
}

#[tokio::test]
async fn rule_25_a_restart_asks_nothing_that_is_due_later() {
    let bench = publishing(&items(3)).await;
    let asked =
        || ["press.example/feed.xml", "press.example/robots.txt"].map(|url| bench.server.requests(url).len());
    for minutes in 0..5 {
        once(in_earnest(&bench)).await;
        assert_eq!(asked(), [1, 1], "minute {}", 10 * minutes);
        bench.clock.advance(HOUR / 6);
    }
    bench.clock.advance(HOUR);
    once(in_earnest(&bench)).await;
    assert_eq!(asked(), [2, 1], "and when the time has come, the feed");
}

#[tokio::test]
async fn rule_25_many_feeds_due_at_once_do_not_go_out_in_one_second() {
    let hosts: Vec<String> = (0..100).map(|nth| format!("p{nth}.example")).collect();
    let bench = Bench::new(&hosts.iter().map(String::as_str).collect::<Vec<_>>()).await;
    for host in &hosts {
        bench.set_feed(host, &[], "1");
    }
    let asked =
        || hosts.iter().map(|host| bench.server.requests(&format!("{host}/feed.xml")).len()).sum::<usize>();
    let stop = Stop::new();
    let running = tokio::spawn(run(in_earnest(&bench), Source::Daemon, stop.clone()));
    // The clock stands still: what goes out now goes out in one second.
    let first = 16;
    wait_until(|| asked() >= first).await;
    assert_eq!(asked(), first);
    bench.clock.advance(Duration::from_secs(1));
    wait_until(|| asked() >= 2 * first).await;
    assert_eq!(asked(), 2 * first);
    stop.signal();
    running.await.expect("no panic").expect("a good end");
}

#[tokio::test]
async fn rule_26_a_second_process_does_not_double_the_requests_to_a_feed() {
    let bench = publishing(&items(1)).await;
    let gate = Arc::new(Semaphore::new(0));
    let mut feed = Answer::ok(FEED, common::content::rss(&items(1))).header("ETag", "\"1\"");
    feed.gate = Some(Arc::clone(&gate));
    bench.server.set("press.example/feed.xml", feed);
    let path = bench.database().path().to_owned();
    let lock = take_ownership(&path, Role::Daemon, Duration::ZERO).await.expect("free");
    let (setup, stop) = (in_earnest(&bench), Stop::new());
    let daemon = tokio::spawn(async move { run_as_owner(&lock, setup, Source::Once, &stop).await });
    wait_until(|| bench.server.requests("press.example/feed.xml").len() == 1).await;
    // While the daemon waits for the answer, a backfill wants the same database.
    let refused = take_ownership(&path, Role::Command, Duration::ZERO).await;
    assert!(matches!(refused, Err(LockError::Held { .. })), "one process at a time asks");
    gate.add_permits(10);
    daemon.await.expect("no panic").expect("a good end");
    // When its turn has come, the feed is not due.
    let lock = take_ownership(&path, Role::Command, Duration::ZERO).await.expect("free again");
    run_as_owner(&lock, in_earnest(&bench), Source::Once, &Stop::new()).await.expect("a good end");
    assert_eq!(bench.server.requests("press.example/feed.xml").len(), 1);
    assert_eq!(bench.server.requests(&address(&items(1)[0])).len(), 1);
}

#[tokio::test]
async fn rule_27_robots_txt_is_not_asked_for_again_by_the_next_run() {
    let mut items = items(1);
    let bench = publishing(&items).await;
    let rules = "User-agent: *\nDisallow: /news/2022/01/a1.html\n";
    bench.server.set("press.example/robots.txt", Answer::ok("text/plain", rules));
    bench.once().await;
    items.push(Item::new(HOST, "a1"));
    items.push(Item::new(HOST, "a2"));
    bench.set_feed(HOST, &items, "2");
    bench.set_page(&items[1], 2);
    bench.set_page(&items[2], 3);
    bench.once().await;
    assert_eq!(bench.server.requests("press.example/robots.txt").len(), 1);
    assert!(bench.server.requests(&address(&items[1])).is_empty(), "what was had still counts");
    assert_eq!(bench.server.requests(&address(&items[2])).len(), 1);
    bench.clock.advance(25 * HOUR);
    items.push(Item::new(HOST, "a3"));
    bench.set_feed(HOST, &items, "3");
    bench.set_page(&items[3], 4);
    bench.once().await;
    assert_eq!(bench.server.requests("press.example/robots.txt").len(), 2, "but a day later it is");
    assert_eq!(bench.number("SELECT count(*) FROM robots"), 1);
}

#[tokio::test]
async fn rule_27_a_robots_txt_that_cannot_be_had_is_not_remembered() {
    let bench = publishing(&items(1)).await;
    bench.server.set("press.example/robots.txt", Answer::status(503));
    bench.once().await;
    assert_eq!(bench.number("SELECT count(*) FROM robots"), 0);
    assert!(bench.server.requests(&address(&items(1)[0])).is_empty());
}

#[tokio::test]
async fn rule_33_a_page_is_asked_for_once_and_again_only_when_its_entry_changed() {
    let mut items = items(3);
    // The same page, announced with a tracking parameter by another entry.
    let mut twin = Item::new(HOST, "twin");
    twin.link = items[0].link.as_ref().map(|link| format!("{link}?utm_source=rss"));
    items.push(twin);
    let bench = publishing(&items[..3]).await;
    bench.set_feed(HOST, &items, "1");
    bench.server.set(&format!("{}?utm_source=rss", address(&items[0])), Answer::status(500));
    let asked = |nth: usize| bench.server.requests(&address(&items[nth])).len();
    for round in 0..4 {
        // A new entity tag: the feed is read again, with the same entries.
        bench.set_feed(HOST, &items, &round.to_string());
        bench.once().await;
        bench.clock.advance(HOUR);
    }
    let twins = bench.server.requests(&format!("{}?utm_source=rss", address(&items[0]))).len();
    assert_eq!((asked(0) + twins, asked(1), asked(2)), (1, 1, 1), "one request a canonical address");
    let mut changed = items.clone();
    changed[1].title.push_str(", updated");
    bench.set_feed(HOST, &changed, "changed");
    bench.once().await;
    assert_eq!((asked(0) + twins, asked(1), asked(2)), (1, 2, 1), "only what was announced as changed");
}

#[tokio::test]
async fn rule_33_with_recheck_a_relevant_page_is_asked_for_again_conditionally() {
    let mut bench = publishing(&items(1)).await;
    bench.writer.recheck = true;
    let page = common::content::page("Talks on Ukraine", &common::content::text(1), None);
    let url = address(&items(1)[0]);
    bench.server.set(&url, Answer::ok(HTML, page).header("ETag", "\"p1\""));
    bench.once().await;
    bench.clock.advance(2 * HOUR);
    bench.once().await;
    let asked = bench.server.requests(&url);
    assert_eq!(asked.len(), 2);
    assert_eq!(asked[1].headers.get("if-none-match").map(String::as_str), Some("\"p1\""));
}

#[tokio::test]
async fn rule_34_a_whole_run_asks_for_feeds_robots_txt_and_pages_only() {
    let items = items(4);
    let bench = publishing(&items).await;
    for item in &items[..2] {
        let page = common::content::page(&item.title, &common::content::text(9), None).replace(
            "<nav>",
            "<link rel=icon href=/favicon.ico><link rel=amphtml href=/amp><meta http-equiv=refresh content='0; url=/other'>\
             <img src=/picture.jpg><script src=/script.js></script><iframe src=/frame></iframe><a href=/section>more</a><nav>",
        );
        bench.server.set(&address(item), Answer::ok(HTML, page));
    }
    bench.server.set(&address(&items[3]), Answer::status(503));
    for _ in 0..3 {
        bench.once().await;
        bench.clock.advance(HOUR);
    }
    let mut wanted: HashSet<String> = items.iter().map(address).collect();
    wanted.extend(["press.example/feed.xml".to_owned(), "press.example/robots.txt".to_owned()]);
    let all = bench.server.all_requests();
    let asked: HashSet<String> =
        all.iter().map(|request| format!("{}{}", request.host, request.path)).collect();
    assert_eq!(asked, wanted);
    assert!(all.iter().all(|request| request.method == "GET"));
}

#[tokio::test]
async fn settings_of_a_feed_count_for_its_pages_and_its_headers_do_not() {
    let bench = publishing(&items(1)).await;
    let mut setup = bench.setup();
    for spec in setup.feeds.iter_mut().flatten() {
        spec.settings.user_agent = Some("Press reader 1".to_owned());
        spec.settings.headers = [("X-Key".to_owned(), "1".to_owned())].into();
    }
    once(setup).await;
    assert_eq!(spec(HOST).settings.user_agent, None);
    for (url, key) in [("press.example/feed.xml".to_owned(), true), (address(&items(1)[0]), false)] {
        let asked = &bench.server.requests(&url)[0];
        assert_eq!(asked.headers.get("user-agent").map(String::as_str), Some("Press reader 1"), "{url}");
        assert_eq!(asked.headers.contains_key("x-key"), key, "{url}");
    }
}

/// Runs once an hour, `hours` times.
async fn hourly(bench: &Bench, hours: usize) {
    for _ in 0..hours {
        once(in_earnest(bench)).await;
        bench.clock.advance(HOUR);
    }
}

#[tokio::test]
async fn rule_05_a_304_resets_the_count_of_failures() {
    let bench = publishing(&[]).await;
    let failures = || bench.number("SELECT failures FROM feed");
    once(in_earnest(&bench)).await;
    bench.server.set("press.example/feed.xml", Answer::status(500));
    bench.clock.advance(24 * HOUR);
    once(in_earnest(&bench)).await;
    bench.clock.advance(24 * HOUR);
    once(in_earnest(&bench)).await;
    assert_eq!(failures(), 2);
    bench.set_feed(HOST, &[], "1");
    bench.clock.advance(24 * HOUR);
    once(in_earnest(&bench)).await;
    assert_eq!(failures(), 0);
    let last = bench.server.requests("press.example/feed.xml").pop().expect("asked");
    assert_eq!(last.headers.get("if-none-match").map(String::as_str), Some("\"1\""));
    assert_eq!(bench.texts("SELECT outcome FROM feed"), ["unchanged"]);
}

#[tokio::test]
async fn rule_14_retry_after_is_kept_over_restarts() {
    let bench = publishing(&[]).await;
    let busy = Answer::status(503).header("Retry-After", "36000");
    bench.server.set("press.example/feed.xml", busy);
    hourly(&bench, 10).await;
    assert_eq!(bench.server.requests("press.example/feed.xml").len(), 1);
    hourly(&bench, 2).await;
    assert_eq!(bench.server.requests("press.example/feed.xml").len(), 2);
}

#[tokio::test]
async fn rule_16_a_feed_that_fails_for_weeks_is_shown_as_failing_and_asked_once_a_day() {
    let bench = Bench::new(&[HOST]).await;
    bench.server.set("press.example/feed.xml", Answer::status(500));
    for _ in 0..20 {
        once(in_earnest(&bench)).await;
        bench.clock.advance(24 * HOUR);
    }
    assert_eq!(bench.server.requests("press.example/feed.xml").len(), 20);
    assert_eq!(bench.texts("SELECT health FROM feed_health"), ["failing"]);
    bench.set_feed(HOST, &[], "1");
    once(in_earnest(&bench)).await;
    assert_eq!(bench.texts("SELECT outcome FROM feed"), ["read"], "never given up");
}

#[tokio::test]
async fn rule_17_a_feed_that_is_gone_is_marked_and_never_asked_again() {
    let bench = Bench::new(&[HOST]).await;
    bench.server.set("press.example/feed.xml", Answer::status(410));
    for _ in 0..3 {
        once(in_earnest(&bench)).await;
        bench.clock.advance(30 * 24 * HOUR);
    }
    assert_eq!(bench.server.requests("press.example/feed.xml").len(), 1);
    assert_eq!(bench.texts("SELECT health FROM feed_health"), ["gone"]);
}

#[tokio::test]
async fn rule_18_a_new_address_is_asked_after_a_week_and_the_old_one_is_remembered() {
    let bench = publishing(&[]).await;
    let moved = Answer::status(301).header("Location", "/new.xml");
    bench.server.set("press.example/feed.xml", moved);
    bench.server.set("press.example/new.xml", Answer::ok(FEED, common::content::rss(&[])));
    for _ in 0..10 {
        once(in_earnest(&bench)).await;
        bench.clock.advance(24 * HOUR);
    }
    assert_eq!(bench.server.requests("press.example/feed.xml").len(), 8, "day 0 to day 7");
    assert_eq!(bench.server.requests("press.example/new.xml").len(), 10);
    let history = bench.texts("SELECT url || (until IS NULL) FROM feed_address ORDER BY since, url");
    assert_eq!(history, ["http://press.example/feed.xml0", "http://press.example/new.xml1"]);
}
