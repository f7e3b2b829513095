//! Rule 27: robots.txt (RFC 9309) for pages.

use crate::support::{
    HTML, Server, answer, ask, config, due, fetcher, fetcher_of, now, page_at, page_of, postponed,
    redirecting, rss, with_robots,
};
use jiff::SignedDuration;
use std::sync::atomic::{AtomicBool, Ordering};
use wirewatch_fetch::Fetcher;
use wirewatch_model::HostPause;

#[tokio::test]
async fn a_429_to_robots_txt_puts_the_page_off() {
    let server = Server::start(|_| answer(429, &["Retry-After: 7200"], "")).await;
    let fetcher = fetcher(&server);
    let first = ask(&fetcher, "http://press.example/1").await;
    let pause = first.host_pause.clone().expect("a pause");
    assert!(pause.until >= now() + SignedDuration::from_hours(2));
    assert_eq!(postponed(&first).0, pause.until);
    assert_eq!(postponed(&ask(&fetcher, "http://press.example/2").await).0, pause.until);
    assert_eq!(server.paths(), ["/robots.txt"]);
}

#[tokio::test]
async fn rule_27_robots_txt_is_asked_once_and_obeyed() {
    let server = Server::start(|request| match request.path.as_str() {
        "/robots.txt" => {
            answer(200, &[], "User-agent: wirewatch\nDisallow: /private\n\nUser-agent: *\nDisallow: /")
        }
        _ => answer(200, &["Content-Type: text/html"], HTML),
    })
    .await;
    let fetcher = fetcher(&server);
    assert!(page_at(&fetcher, "http://press.example/news/1").await.is_ok());
    assert!(page_at(&fetcher, "http://press.example/news/2?a=b").await.is_ok());
    let refused = page_at(&fetcher, "http://press.example/private/3").await.expect_err("disallowed");
    assert!(refused.lasting && refused.reason.contains("robots.txt"), "{refused:?}");
    assert_eq!(server.paths(), ["/robots.txt", "/news/1", "/news/2?a=b"]);
}

#[tokio::test]
async fn rule_27_feeds_the_user_listed_do_not_ask_robots_txt() {
    let server = Server::start(|_| answer(200, &[], rss(1))).await;
    fetcher(&server).fetch_feed(&due("http://press.example/rss"), now()).await;
    assert_eq!(server.paths(), ["/rss"]);
}

#[tokio::test]
async fn rule_27_without_an_answer_nothing_is_allowed_for_now() {
    let server = Server::start(|_| answer(503, &[], "")).await;
    let fetcher = fetcher(&server);
    let first = ask(&fetcher, "http://press.example/1").await;
    let failure = first.result.expect_err("not allowed");
    assert!(!failure.lasting);
    let (until, reason) = (failure.retry_after.expect("a time"), failure.reason);
    let wait = until.duration_since(now());
    assert!(wait >= SignedDuration::from_mins(10) && wait <= SignedDuration::from_mins(11), "{wait}");
    assert!(reason.contains("robots.txt") && reason.contains("503"), "{reason}");
    let second = ask(&fetcher, "http://press.example/2").await.result.expect_err("not allowed");
    assert_eq!(second.retry_after, Some(until));
    assert_eq!(server.paths(), ["/robots.txt"], "it is not asked for again at once");
    let later = fetcher.fetch_page(&page_of("http://press.example/1"), until).await;
    assert!(later.result.expect_err("not allowed").retry_after > Some(until));
    assert_eq!(server.paths(), ["/robots.txt", "/robots.txt"], "but when the time has come");
}

#[tokio::test]
async fn rule_27_a_host_that_cannot_be_reached_is_a_passing_failure() {
    // Bound and dropped: nobody listens there.
    let addr = {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        listener.local_addr().expect("an address")
    };
    let fetcher = Fetcher::new(config(&[("press.example", addr)])).expect("a fetcher");
    let answer = ask(&fetcher, "http://press.example/1").await;
    let failure = answer.result.expect_err("nobody there");
    assert!(!failure.lasting);
    assert!(failure.retry_after >= Some(now() + SignedDuration::from_mins(10)));
}

#[tokio::test]
async fn rule_27_robots_txt_of_a_redirects_target_is_asked_and_obeyed() {
    let from = redirecting("http://b.example/private/1").await;
    let to = with_robots("User-agent: *\nDisallow: /private/").await;
    let fetcher = fetcher_of(&[("a.example", &from), ("b.example", &to)]);
    let refused = page_at(&fetcher, "http://a.example/1").await.expect_err("disallowed");
    assert!(refused.lasting && refused.reason.contains("robots.txt of b.example"), "{refused:?}");
    assert_eq!(from.paths(), ["/robots.txt", "/1"]);
    assert_eq!(to.paths(), ["/robots.txt"]);
}

#[tokio::test]
async fn rule_27_a_redirect_to_an_allowed_page_of_another_host_is_followed() {
    let from = redirecting("http://b.example/open/1").await;
    let to = with_robots("User-agent: *\nDisallow: /private/").await;
    let fetcher = fetcher_of(&[("a.example", &from), ("b.example", &to)]);
    for _ in 0..2 {
        let page = page_at(&fetcher, "http://a.example/1").await.expect("a page");
        assert_eq!((page.url.as_str(), page.redirects.len()), ("http://b.example/open/1", 1));
    }
    assert_eq!(to.paths(), ["/robots.txt", "/open/1", "/open/1"]);
}

#[tokio::test]
async fn rule_27_a_redirect_within_an_origin_must_be_allowed_too() {
    let server = Server::start(|request| match request.path.as_str() {
        "/robots.txt" => answer(200, &[], "User-agent: *\nDisallow: /private/"),
        "/1" => answer(301, &["Location: /private/1"], ""),
        _ => answer(200, &["Content-Type: text/html"], HTML),
    })
    .await;
    let refused = page_at(&fetcher(&server), "http://press.example/1").await.expect_err("disallowed");
    assert!(refused.lasting && refused.reason.contains("robots.txt"), "{refused:?}");
    assert_eq!(server.paths(), ["/robots.txt", "/1"]);
}

#[tokio::test]
async fn rule_27_feeds_do_not_ask_robots_txt_of_a_redirects_target() {
    let from = redirecting("http://b.example/private/rss").await;
    let to = Server::start(|_| answer(200, &[], rss(1))).await;
    let fetcher = fetcher_of(&[("a.example", &from), ("b.example", &to)]);
    fetcher.fetch_feed(&due("http://a.example/rss"), now()).await;
    assert_eq!((from.paths(), to.paths()), (vec!["/rss".to_owned()], vec!["/private/rss".to_owned()]));
}

#[tokio::test]
async fn rule_27_the_most_specific_group_and_the_longest_match_decide_and_allow_wins_ties() {
    let server = with_robots(
        "User-agent: *\nDisallow: /\n\n\
         User-agent: otherbot\nUser-agent: WireWatch\nDisallow: /a/\nAllow: /a/open\nDisallow: /*.pdf$\n\
         Disallow: /tie\nAllow: /tie\n# and on\nUser-agent: wirewatch\nDisallow: /b?print=\n",
    )
    .await;
    let fetcher = fetcher(&server);
    for (path, allowed) in [
        ("/", true),
        ("/a/1", false),
        ("/a/open/1", true),
        ("/report.pdf", false),
        ("/report.pdf?x=1", true),
        ("/tie", true),
        ("/b", true),
        ("/b?print=1", false),
        ("/%61/1", false),
    ] {
        let page = page_at(&fetcher, &format!("http://press.example{path}")).await;
        assert_eq!(page.is_ok(), allowed, "{path}");
    }
}

#[tokio::test]
async fn rule_27_a_file_that_is_not_there_allows_everything() {
    for status in [301, 400, 401, 403, 404, 410, 451] {
        let server = Server::start(move |request| match request.path.as_str() {
            "/robots.txt" => answer(status, &[], "User-agent: *\nDisallow: /"),
            _ => answer(200, &["Content-Type: text/html"], HTML),
        })
        .await;
        assert!(page_at(&fetcher(&server), "http://press.example/1").await.is_ok(), "{status}");
    }
}

#[tokio::test]
async fn rule_27_a_server_error_or_a_file_that_breaks_off_forbids_everything_for_now() {
    let broken = ["Content-Length: 9999"];
    for bytes in [
        answer(500, &[], ""),
        answer(502, &[], ""),
        answer(599, &[], ""),
        answer(200, &broken, "User-agent: *\nAllow: /\n"),
    ] {
        let server = Server::start(move |_| bytes.clone()).await;
        let failure = page_at(&fetcher(&server), "http://press.example/1").await.expect_err("not now");
        assert!(!failure.lasting && failure.reason.contains("robots.txt"), "{failure:?}");
        assert_eq!(server.paths(), ["/robots.txt"]);
    }
}

#[tokio::test]
async fn rule_27_redirects_of_the_file_are_followed() {
    let server = Server::start(|request| match request.path.as_str() {
        "/robots.txt" => answer(301, &["Location: http://b.example/rules"], ""),
        "/rules" => answer(200, &[], "User-agent: *\nDisallow: /private"),
        _ => answer(200, &["Content-Type: text/html"], HTML),
    })
    .await;
    let fetcher = fetcher_of(&[("press.example", &server), ("b.example", &server)]);
    assert!(page_at(&fetcher, "http://press.example/1").await.is_ok());
    assert!(page_at(&fetcher, "http://press.example/private/1").await.is_err());
}

#[tokio::test]
async fn rule_27_the_file_is_believed_for_a_day_and_no_longer() {
    let server = with_robots("User-agent: *\nDisallow: /private").await;
    let fetcher = fetcher(&server);
    let asked = async |hours: i64| {
        let at = now() + SignedDuration::from_hours(hours);
        fetcher.fetch_page(&page_of("http://press.example/1"), at).await.result.expect("a page");
        server.paths().iter().filter(|path| *path == "/robots.txt").count()
    };
    assert_eq!((asked(0).await, asked(12).await, asked(23).await, asked(25).await), (1, 1, 1, 2));
}

#[tokio::test]
async fn rule_27_each_origin_has_its_own() {
    let (one, two) = (with_robots("User-agent: *\nDisallow: /").await, with_robots("").await);
    let mut config = config(&[("press.example", one.addr)]);
    config.allow_sockets.push(two.addr);
    let fetcher = Fetcher::new(config).expect("a fetcher");
    assert!(page_at(&fetcher, "http://press.example/1").await.is_err());
    assert!(page_at(&fetcher, &format!("http://press.example:{}/1", two.addr.port())).await.is_ok());
}

#[tokio::test]
async fn rule_27_five_hundred_kib_are_read_and_no_rule_is_cut_in_half() {
    let filler = format!("# {}\n", "a".repeat(98)).repeat(5 * 1024);
    // The limit falls into the second rule: half of it would forbid everything.
    let (limit, first) = (500 * 1024, "User-agent: *\nDisallow: /private/\n");
    let padding = &filler[..limit - first.len() - "Disallow: /".len()];
    let file = format!("{first}{}\nDisallow: /archive/\nDisallow: /late/\n", &padding[..padding.len() - 1]);
    assert_eq!(&file[limit - 11..limit], "Disallow: /");
    let server = Server::start(move |request| match request.path.as_str() {
        "/robots.txt" => answer(200, &[], &file),
        _ => answer(200, &["Content-Type: text/html"], HTML),
    })
    .await;
    let fetcher = fetcher(&server);
    for (path, allowed) in [("/private/1", false), ("/1", true), ("/late/1", true)] {
        assert_eq!(
            page_at(&fetcher, &format!("http://press.example{path}")).await.is_ok(),
            allowed,
            "{path}"
        );
    }
}

#[tokio::test]
async fn rule_27_a_crawl_delay_is_a_lower_bound_also_after_a_redirect() {
    let from = redirecting("http://b.example/1").await;
    let to = with_robots("User-agent: *\nCrawl-delay: 0.3").await;
    let fetcher = fetcher_of(&[("a.example", &from), ("b.example", &to)]);
    let started = std::time::Instant::now();
    for _ in 0..2 {
        page_at(&fetcher, "http://a.example/1").await.expect("a page");
    }
    // A lower bound: it holds however slow the machine is. Fractions are rounded up.
    assert!(started.elapsed() >= std::time::Duration::from_secs(1));
    assert_eq!(to.paths(), ["/robots.txt", "/1", "/1"]);
}

#[tokio::test]
async fn rule_27_a_long_crawl_delay_puts_pages_off_and_holds_no_worker() {
    let server = with_robots("User-agent: *\nCrawl-delay: 600").await;
    let fetcher = fetcher(&server);
    assert!(page_at(&fetcher, "http://press.example/1").await.is_ok());
    let second = ask(&fetcher, "http://press.example/2").await;
    let (until, reason) = postponed(&second);
    let wait = until.duration_since(now());
    assert!(wait >= SignedDuration::from_secs(590) && wait <= SignedDuration::from_secs(602), "{wait}");
    assert!(reason.contains("for the 600 s between two requests"), "{reason}");
    assert_eq!(second.host_pause, None, "feeds of the host go on");
    assert_eq!(server.paths(), ["/robots.txt", "/1"]);
    assert!(crate::support::check(&fetcher, &due("http://press.example/rss")).await.status.is_some());
}

#[tokio::test]
async fn rule_27_a_page_that_redirects_within_its_host_is_one_page_to_a_crawl_delay() {
    let server = Server::start(|request| match request.path.as_str() {
        "/robots.txt" => answer(200, &[], "User-agent: *\nCrawl-delay: 600"),
        "/1" => answer(301, &["Location: /2"], ""),
        _ => answer(200, &["Content-Type: text/html"], HTML),
    })
    .await;
    assert!(page_at(&fetcher(&server), "http://press.example/1").await.is_ok());
}

#[tokio::test]
async fn rule_27_a_robots_txt_that_redirects_to_a_paused_host_allows_nothing_meanwhile() {
    let from = Server::start(|request| match request.path.as_str() {
        "/robots.txt" => answer(301, &["Location: http://b.example/robots.txt"], ""),
        _ => answer(200, &["Content-Type: text/html"], HTML),
    })
    .await;
    let to = with_robots("User-agent: *\nDisallow: /").await;
    let fetcher = fetcher_of(&[("a.example", &from), ("b.example", &to)]);
    fetcher.pause_host(&HostPause {
        host: "b.example".to_owned(),
        until: now() + SignedDuration::from_hours(1),
        reason: "429".to_owned(),
        strikes: 1,
    });
    for _ in 0..2 {
        let failed = page_at(&fetcher, "http://a.example/1").await.expect_err("not allowed");
        assert!(failed.reason.contains("b.example asked for a pause"), "{}", failed.reason);
    }
    assert_eq!(
        (from.paths().len(), fetcher.take_learnt()),
        (1, Vec::new()),
        "and nothing is believed for a day"
    );
}

#[tokio::test]
async fn rule_14_the_time_robots_txt_is_not_to_be_asked_before_is_kept() {
    let server = Server::start(|_| answer(503, &["Retry-After: 86400"], "")).await;
    let fetcher = fetcher(&server);
    for later in [0, 601, 86_000] {
        let at = now() + SignedDuration::from_secs(later);
        let failed =
            fetcher.fetch_page(&page_of("http://press.example/1"), at).await.result.expect_err("no page");
        assert!(failed.retry_after >= Some(now() + SignedDuration::from_secs(86_400)), "{failed:?}");
    }
    assert_eq!(server.paths(), ["/robots.txt"]);
}

#[tokio::test]
async fn rule_27_what_a_clock_that_was_ahead_noted_keeps_no_page_away() {
    let asked = AtomicBool::new(false);
    let server = Server::start(move |request| match request.path.as_str() {
        "/robots.txt" if !asked.swap(true, Ordering::SeqCst) => answer(500, &[], ""),
        "/robots.txt" => answer(404, &[], ""),
        _ => answer(200, &["Content-Type: text/html"], HTML),
    })
    .await;
    let fetcher = fetcher(&server);
    let wrong = now() + SignedDuration::from_hours(24 * 3_650);
    assert!(fetcher.fetch_page(&page_of("http://press.example/1"), wrong).await.result.is_err());
    assert!(page_at(&fetcher, "http://press.example/1").await.is_ok());
}

#[tokio::test]
async fn rule_27_lines_may_end_as_on_an_old_mac() {
    let server = with_robots("User-agent: *\rDisallow: /private\r").await;
    assert!(page_at(&fetcher(&server), "http://press.example/private/1").await.is_err());
}

#[tokio::test]
async fn a_feed_that_redirects_to_a_host_whose_pages_wait_is_read() {
    let www = Server::start(|request| match request.path.as_str() {
        "/robots.txt" => answer(200, &[], "User-agent: *\nCrawl-delay: 50"),
        "/rss" => answer(200, &[], crate::support::rss(1)),
        _ => answer(200, &["Content-Type: text/html"], HTML),
    })
    .await;
    let feeds = redirecting("http://www.press.example/rss").await;
    let fetcher = fetcher_of(&[("feeds.press.example", &feeds), ("www.press.example", &www)]);
    page_at(&fetcher, "http://www.press.example/1").await.expect("a page");
    let waiting = page_of("http://www.press.example/2");
    let waiting = fetcher.fetch_page(&waiting, now());
    tokio::pin!(waiting);
    assert!(futures_util::poll!(&mut waiting).is_pending());
    let check = crate::support::check(&fetcher, &due("http://feeds.press.example/rss")).await;
    assert!(check.outcome.is_success(), "{check:?}");
}

#[tokio::test]
async fn rule_27_feeds_asked_more_often_than_the_crawl_delay_keep_no_page_away() {
    let server = with_robots("User-agent: *\nCrawl-delay: 600").await;
    let fetcher = fetcher(&server);
    for _ in 0..3 {
        crate::support::check(&fetcher, &due("http://press.example/rss")).await;
    }
    assert!(page_at(&fetcher, "http://press.example/1").await.is_ok());
}

#[tokio::test]
async fn rule_27_what_was_had_survives_a_restart_and_a_failure_does_not() {
    use wirewatch_fetch::Learnt;
    let server = with_robots("User-agent: *\nDisallow: /private\nAllow: /private/open\nCrawl-delay: 0").await;
    let before = fetcher(&server);
    page_at(&before, "http://press.example/1").await.expect("a page");
    let learnt = before.take_learnt();
    let [Learnt::Robots(rules)] = &learnt[..] else { panic!("{learnt:?}") };
    assert_eq!(rules.origin, "http://press.example");
    let after = fetcher(&server);
    after.restore_robots(std::slice::from_ref(rules), now());
    assert!(page_at(&after, "http://press.example/2").await.is_ok());
    assert!(page_at(&after, "http://press.example/private/2").await.is_err());
    assert!(page_at(&after, "http://press.example/private/open").await.is_ok());
    assert_eq!(server.paths(), ["/robots.txt", "/1", "/2", "/private/open"]);
    // A day later it is asked for again.
    let later = fetcher(&server);
    later.restore_robots(std::slice::from_ref(rules), rules.until);
    page_at(&later, "http://press.example/3").await.expect("a page");
    assert_eq!(server.paths()[4], "/robots.txt");
    let down = Server::start(|_| answer(503, &[], "")).await;
    let fetcher = fetcher(&down);
    assert!(page_at(&fetcher, "http://press.example/1").await.is_err());
    assert!(fetcher.take_learnt().is_empty());
}
