use super::*;
use futures_util::FutureExt;

const HOST: &str = "a.example";
const WILLING: Patience = Patience { turn: Duration::MAX, pause: Duration::MAX };

fn pace(pause: Duration) -> Pace {
    Pace { pause, page: None }
}

fn at(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

fn eight() -> Timestamp {
    at("2022-01-10T08:00:00Z")
}

async fn enter(gates: &Gates, host: &str, pause: Duration) -> Turn {
    gates.enter(host, pace(pause), WILLING, Watch::start(eight())).await.expect("not paused")
}

/// What one who comes at this time and does not wait is told; `None` when it would have to wait.
fn knock(gates: &Gates, now: Timestamp) -> Option<Result<Turn, PutOff>> {
    gates.enter(HOST, pace(Duration::from_secs(3600)), WILLING, Watch::start(now)).now_or_never()
}

fn paused(gates: &Gates, now: Timestamp) -> Option<PutOff> {
    knock(gates, now).expect("an answer at once").err()
}

fn host_pause(host: String, until: Timestamp) -> HostPause {
    HostPause { host, until, reason: "429".to_owned(), strikes: 0 }
}

fn len(gates: &Gates) -> usize {
    lock(&gates.hosts).len()
}

#[tokio::test]
async fn requests_to_a_host_never_overlap() {
    let gates = Gates::default();
    let first = enter(&gates, HOST, Duration::ZERO).await;
    let second = enter(&gates, HOST, Duration::ZERO);
    tokio::pin!(second);
    assert!(futures_util::poll!(&mut second).is_pending(), "one at a time");
    drop(first);
    second.await;
}

#[tokio::test]
async fn requests_to_a_host_start_a_pause_apart() {
    let gates = Gates::default();
    let pause = Duration::from_millis(30);
    drop(enter(&gates, HOST, pause).await);
    let first = Instant::now();
    drop(enter(&gates, HOST, pause).await);
    drop(enter(&gates, HOST, pause).await);
    // The first turn began before `first`, so this bound holds however slow the machine is.
    assert!(first.elapsed() >= pause);
}

#[tokio::test]
async fn hosts_do_not_wait_for_one_another() {
    let gates = Gates::default();
    let _a = enter(&gates, HOST, Duration::from_secs(3600)).await;
    let _b = enter(&gates, "b.example", Duration::from_secs(3600)).await;
}

#[tokio::test]
async fn nobody_waits_for_a_turn_at_a_host_that_is_paused() {
    let gates = Gates::default();
    let first = enter(&gates, HOST, Duration::ZERO).await;
    let waiting = gates.enter(HOST, pace(Duration::from_secs(3600)), WILLING, Watch::start(eight()));
    tokio::pin!(waiting);
    assert!(futures_util::poll!(&mut waiting).is_pending());
    let pause = gates.too_many_requests(HOST, eight(), None);
    let told = paused(&gates, eight()).expect("although a request still runs");
    assert_eq!((told.host.as_str(), told.until), (HOST, pause.until));
    drop(first);
    let waited = waiting.now_or_never().expect("an answer at once").map(|_| ());
    assert_eq!(waited, Err(told), "although the time between starts has not passed");
}

#[tokio::test]
async fn one_who_was_sent_away_did_not_ask() {
    let gates = Gates::default();
    let until = at("2022-01-10T09:00:00Z");
    gates.restore(&host_pause(HOST.to_owned(), until));
    assert!(paused(&gates, eight()).is_some());
    assert!(matches!(knock(&gates, until), Some(Ok(_))), "no time between starts to wait for");
    assert!(knock(&gates, until).is_none(), "but now there is");
}

#[tokio::test]
async fn a_429_pauses_for_an_hour_and_then_doubles() {
    let gates = Gates::default();
    let until = |now| gates.too_many_requests(HOST, now, None).until;
    assert_eq!(until(eight()), at("2022-01-10T09:00:00Z"));
    assert!(paused(&gates, at("2022-01-10T08:59:59Z")).is_some());
    assert_eq!(until(at("2022-01-10T09:00:00Z")), at("2022-01-10T11:00:00Z"));
    assert_eq!(paused(&gates, at("2022-01-10T11:00:00Z")), None);
    let relief = gates.answered(HOST).expect("it had strikes");
    assert_eq!((relief.strikes, gates.answered(HOST)), (0, None), "told once");
    assert_eq!(until(at("2022-01-10T12:00:00Z")), at("2022-01-10T13:00:00Z"));
}

#[test]
fn what_the_server_asks_is_never_shortened() {
    let gates = Gates::default();
    let week = at("2022-01-17T08:00:00Z");
    assert_eq!(gates.too_many_requests(HOST, eight(), Some(week)).until, week);
    let soon = at("2022-01-10T08:01:00Z");
    assert_eq!(gates.too_many_requests(HOST, eight(), Some(soon)).until, week);
}

#[test]
fn a_host_that_asks_for_no_time_again_and_again_is_asked_less_and_less() {
    let gates = Gates::default();
    let mut now = eight();
    let mut waits = Vec::new();
    for _ in 0..14 {
        let until = gates.too_many_requests(HOST, now, Some(now)).until;
        waits.push(crate::time::seconds_between(now, until));
        now = until;
    }
    assert_eq!(waits[..4], [0, 60, 120, 240]);
    assert_eq!(waits.last(), Some(&LONGEST_PAUSE_SECS));
}

#[tokio::test]
async fn a_pause_survives_a_restart() {
    let (before, after) = (Gates::default(), Gates::default());
    after.restore(&before.too_many_requests(HOST, eight(), None));
    assert_eq!(paused(&after, eight()).expect("still paused").until, at("2022-01-10T09:00:00Z"));
    let again = after.too_many_requests(HOST, at("2022-01-10T10:00:00Z"), None);
    assert_eq!((again.until, again.strikes), (at("2022-01-10T12:00:00Z"), 2), "and its strikes");
}

#[tokio::test]
async fn a_turn_that_is_far_away_is_not_waited_for() {
    let gates = Gates::default();
    let (day, minute) = (Duration::from_secs(86_400), Duration::from_secs(60));
    let patience = Patience { pause: minute, ..WILLING };
    let enter = || gates.enter(HOST, pace(day), patience, Watch::start(eight()));
    assert!(enter().await.is_ok());
    let told = enter().now_or_never().expect("an answer at once").expect_err("too long");
    assert!((at("2022-01-11T07:59:00Z")..at("2022-01-11T08:00:02Z")).contains(&told.until));
    assert!(knock(&gates, eight()).is_none(), "one who has patience waits: it is no pause of the host");
}

#[tokio::test]
async fn a_crawl_delay_counts_from_the_last_page_and_not_from_feeds() {
    let gates = Gates::default();
    let delay = Pace { pause: Duration::ZERO, page: Some(Duration::from_secs(3600)) };
    let patience = Patience { pause: Duration::ZERO, ..WILLING };
    let page = || gates.enter(HOST, delay, patience, Watch::start(eight()));
    drop(enter(&gates, HOST, Duration::ZERO).await);
    assert!(page().await.is_ok(), "a feed was asked just now, a page never");
    drop(enter(&gates, HOST, Duration::ZERO).await);
    assert!(page().await.is_err());
}

#[tokio::test]
async fn who_waits_in_vain_for_others_is_put_off_a_little() {
    let gates = Gates::default();
    let _running = enter(&gates, HOST, Duration::ZERO).await;
    let patience = Patience { turn: Duration::ZERO, ..WILLING };
    let told = gates.enter(HOST, pace(Duration::ZERO), patience, Watch::start(eight())).await;
    let pause = told.expect_err("one is running");
    assert!((at("2022-01-10T08:01:00Z")..at("2022-01-10T08:01:05Z")).contains(&pause.until));
    assert!(pause.reason.contains("take long"), "{pause:?}");
}

#[tokio::test]
async fn a_pause_noted_under_a_wrong_clock_is_held_to_a_week() {
    let gates = Gates::default();
    gates.restore(&host_pause(HOST.to_owned(), at("2036-01-01T00:00:00Z")));
    let until = paused(&gates, eight()).expect("paused").until;
    assert!((at("2022-01-17T08:00:00Z")..at("2022-01-17T08:00:05Z")).contains(&until));
}

#[tokio::test]
async fn a_clock_that_is_wrong_for_a_moment_shortens_no_pause() {
    let gates = Gates::default();
    let until = gates.too_many_requests(HOST, eight(), Some(at("2022-01-16T08:00:00Z"))).until;
    assert!(paused(&gates, at("1970-01-01T00:00:00Z")).is_some());
    assert_eq!(paused(&gates, eight()).expect("paused").until, until);
}

#[tokio::test(start_paused = true)]
async fn who_wants_a_longer_time_between_starts_than_others_comes_in_its_turn() {
    let gates = std::sync::Arc::new(Gates::default());
    let busy = gates.clone();
    let others = tokio::spawn(async move {
        loop {
            drop(enter(&busy, HOST, Duration::from_secs(1)).await);
        }
    });
    let started = Instant::now();
    let slow = enter(&gates, HOST, Duration::from_secs(10));
    tokio::time::timeout(Duration::from_secs(60), slow).await.expect("its turn");
    assert!(started.elapsed() <= Duration::from_secs(25), "{:?}", started.elapsed());
    others.abort();
}

#[tokio::test(start_paused = true)]
async fn a_pause_that_a_clock_ahead_noted_ends_after_a_week() {
    let gates = Gates::default();
    gates.too_many_requests(HOST, at("2035-01-01T00:00:00Z"), None);
    assert!(paused(&gates, eight()).is_some());
    tokio::time::advance(Duration::from_secs(6 * 86_400)).await;
    assert!(paused(&gates, at("2022-01-16T08:00:00Z")).is_some());
    tokio::time::advance(Duration::from_secs(86_401)).await;
    assert_eq!(paused(&gates, at("2022-01-17T08:00:01Z")), None);
}

#[tokio::test]
async fn who_waits_long_for_the_time_between_starts_lets_others_by() {
    let gates = Gates::default();
    let minute = Pace { pause: Duration::ZERO, page: Some(Duration::from_secs(60)) };
    drop(gates.enter(HOST, minute, WILLING, Watch::start(eight())).await.expect("the first page"));
    let page = gates.enter(HOST, minute, WILLING, Watch::start(eight()));
    tokio::pin!(page);
    assert!(futures_util::poll!(&mut page).is_pending());
    let feed = gates.enter(HOST, pace(Duration::ZERO), WILLING, Watch::start(eight())).now_or_never();
    assert!(matches!(feed, Some(Ok(_))), "the host is idle");
}

#[tokio::test]
async fn hosts_whose_pause_is_over_are_forgotten_first() {
    let gates = Gates::default();
    let (nine, ten) = (at("2022-01-10T09:00:00Z"), at("2022-01-10T10:00:00Z"));
    for nth in 0..MOST_HOSTS - 2 {
        gates.restore(&host_pause(format!("h{nth}.example"), nine));
    }
    gates.restore(&host_pause(HOST.to_owned(), ten));
    let used = gates.enter("used.example", pace(Duration::ZERO), WILLING, Watch::start(eight())).await;
    drop(used.expect("not paused"));
    assert_eq!(len(&gates), MOST_HOSTS);
    drop(gates.enter("new.example", pace(Duration::ZERO), WILLING, Watch::start(nine)).await);
    assert_eq!(len(&gates), 3, "the paused one, the one just asked, and the new one");
    assert!(paused(&gates, nine).is_some());
}

#[tokio::test]
async fn of_hosts_that_are_all_paused_those_whose_pause_ends_soonest_are_forgotten() {
    let gates = Gates::default();
    let running = gates.enter("used.example", pace(Duration::ZERO), WILLING, Watch::start(eight())).await;
    gates.restore(&host_pause(HOST.to_owned(), at("2022-01-12T00:00:00Z")));
    for nth in 0..3 * MOST_HOSTS {
        let until = after(eight(), 1 + i64::try_from(nth).expect("small"));
        gates.restore(&host_pause(format!("h{nth}.example"), until));
        assert!(len(&gates) <= MOST_HOSTS);
    }
    assert!(paused(&gates, eight()).is_some());
    let hosts = lock(&gates.hosts);
    assert!(hosts.contains_key("used.example"), "a host that is being asked is never forgotten");
    assert!(!hosts.contains_key("h0.example"));
    drop(running);
}
