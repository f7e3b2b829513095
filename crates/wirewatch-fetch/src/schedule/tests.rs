use super::*;
use proptest::prelude::*;

const NOW: &str = "2022-01-10T08:00:00Z";

fn at(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

/// Entries every `gap` seconds, the newest `silence` seconds ago.
fn entries(gap: i64, silence: i64) -> Vec<Timestamp> {
    (0..20).map(|nth| after(at(NOW), -silence - nth * gap)).collect()
}

/// The rhythm of a feed that was watched for a month and more with an entry every `gap` seconds, the
/// newest `silence` seconds ago.
fn rhythm(gap: i64, silence: i64) -> Rhythm {
    let times: Vec<Timestamp> =
        (0..=40 * DAY / gap).map(|nth| after(at(NOW), -silence - nth * gap)).collect();
    let since = Some(after(at(NOW), -silence - 40 * DAY));
    let mut rhythm = Rhythm { since, ..Rhythm::default() };
    rhythm.observe(&times, after(at(NOW), -silence));
    rhythm
}

#[derive(Default)]
struct Case {
    settings: FeedSettings,
    validators: bool,
    recent: Vec<Timestamp>,
    rhythm: Rhythm,
    freshness: Freshness,
    lifetime: Option<i64>,
    retry_after: Option<Timestamp>,
    ending: Option<Ending>,
    pushed: bool,
}

impl Case {
    fn schedule(&self) -> Schedule<'_> {
        Schedule {
            feed: FeedId(7),
            now: at(NOW),
            ending: self.ending.unwrap_or(Ending::Answered),
            settings: &self.settings,
            has_validators: self.validators,
            recent_entries: &self.recent,
            rhythm: &self.rhythm,
            freshness: &self.freshness,
            lifetime_secs: self.lifetime,
            retry_after: self.retry_after,
            pushed: self.pushed,
        }
    }

    fn wait(&self) -> i64 {
        seconds_between(at(NOW), plan(&self.schedule()).due)
    }

    /// The wait lies between `least` and a tenth more.
    #[track_caller]
    fn check(&self, least: i64) {
        let wait = self.wait();
        assert!((least..=least + least / 10).contains(&wait), "{wait} is not about {least}");
    }
}

fn with_gap(gap: i64, silence: i64) -> Case {
    let (recent, rhythm) = (entries(gap, silence), rhythm(gap, silence));
    Case { validators: true, recent, rhythm, ..Case::default() }
}

fn lively() -> Case {
    with_gap(120, 60)
}

#[test]
fn rule_8_a_lively_feed_with_validators_is_asked_every_quarter_of_an_hour() {
    lively().check(15 * MINUTE);
    Case { validators: false, ..lively() }.check(HOUR);
    Case { recent: Vec::new(), rhythm: Rhythm::default(), ..lively() }.check(HOUR);
}

#[test]
fn rule_8_what_is_granted_counts_but_never_under_two_minutes() {
    Case { lifetime: Some(300), ..lively() }.check(300);
    Case { lifetime: Some(5), ..lively() }.check(120);
}

#[test]
fn rule_8_a_setting_lengthens_or_shortens_down_to_two_minutes() {
    let set = |secs| FeedSettings { interval_floor_secs: Some(secs), ..FeedSettings::default() };
    Case { settings: set(7200), ..lively() }.check(7200);
    Case { settings: set(30), ..lively() }.check(120);
    Case { settings: set(180), lifetime: Some(900), ..lively() }.check(900);
}

#[test]
fn a_feed_whose_hub_pushes_is_asked_seldom_and_never_sooner_than_it_grants() {
    let pushed = Case { pushed: true, ..lively() };
    pushed.check(6 * HOUR);
    assert_eq!(plan(&pushed.schedule()).because, Because::Pushed);
    Case { lifetime: Some(8 * 3600), ..pushed }.check(8 * HOUR);
    Case { pushed: true, ..with_gap(30 * DAY, DAY) }.check(DAY);
    let settings = FeedSettings { interval_floor_secs: Some(0), ..FeedSettings::default() };
    assert_eq!(Case { settings, pushed: true, ..lively() }.wait(), 0);
}

#[test]
fn a_setting_of_nought_means_at_once() {
    let settings = FeedSettings { interval_floor_secs: Some(0), ..FeedSettings::default() };
    assert_eq!(Case { settings: settings.clone(), lifetime: Some(900), ..lively() }.wait(), 0);
    let failed = Case { settings, ending: Some(Ending::Failed { failures: 1 }), ..lively() };
    assert!(failed.wait() >= 30);
}

#[test]
fn rule_9_the_longest_lower_bound_wins_and_none_is_over_a_day() {
    let freshness = Freshness { feed_ttl_secs: Some(1800), ..Freshness::default() };
    Case { lifetime: Some(600), freshness: freshness.clone(), ..lively() }.check(1800);
    Case { lifetime: Some(2400), freshness, ..lively() }.check(2400);
    Case { lifetime: Some(315_360_000), ..lively() }.check(DAY);
}

#[test]
fn rule_10_nothing_granted_keeps_the_floor() {
    Case { lifetime: Some(0), ..lively() }.check(15 * MINUTE);
}

#[test]
fn rule_12_skipped_hours_and_days_are_kept() {
    let hours = Freshness { skip_hours: vec![8, 9], ..Freshness::default() };
    let due = plan(&Case { freshness: hours, ..lively() }.schedule()).due;
    assert!((at("2022-01-10T10:00:00Z")..at("2022-01-10T10:05:00Z")).contains(&due), "{due}");
    // 10 January 2022 was a Monday.
    let days = Freshness { skip_days: vec![0], ..Freshness::default() };
    let due = plan(&Case { freshness: days, ..lively() }.schedule()).due;
    assert!((at("2022-01-11T00:00:00Z")..at("2022-01-11T00:05:00Z")).contains(&due), "{due}");
    let all = Freshness { skip_hours: (0..24).collect(), ..Freshness::default() };
    Case { freshness: all, ..lively() }.check(15 * MINUTE);
}

#[test]
fn rule_14_retry_after_is_never_shortened() {
    let week = after(at(NOW), 7 * DAY);
    let asked = plan(&Case { retry_after: Some(week), ..lively() }.schedule());
    assert_eq!(asked.because, Because::RetryAfter);
    assert!((week..after(week, MINUTE)).contains(&asked.due));
    Case { retry_after: Some(at(NOW)), ..lively() }.check(15 * MINUTE);
}

#[test]
fn rule_15_failures_back_off_exponentially_up_to_a_day() {
    let wait = |failures| Case { ending: Some(Ending::Failed { failures }), ..lively() }.wait();
    for (failures, least) in [(1, 900), (2, 1800), (3, 3600), (4, 7200)] {
        assert!((least..=least * 5 / 4).contains(&wait(failures)), "{failures}: {}", wait(failures));
    }
    for failures in [8, 20, 1000, u32::MAX] {
        assert!((DAY - HOUR..=DAY).contains(&wait(failures)), "{failures}: {}", wait(failures));
    }
}

#[test]
fn rule_17_a_missing_feed_is_soon_asked_once_a_day() {
    let wait = |failures| Case { ending: Some(Ending::Missing { failures }), ..lively() }.wait();
    assert!(wait(1) >= 6 * HOUR);
    assert!(wait(3) >= DAY - HOUR);
}

#[test]
fn rule_25_feeds_asked_at_one_moment_come_back_spread() {
    let case = lively();
    let due = |feed| plan(&Schedule { feed: FeedId(feed), ..case.schedule() }).due;
    let moments: std::collections::HashSet<Timestamp> = (0..1000).map(due).collect();
    assert!(moments.len() > 55, "{} moments in a minute of spread", moments.len());
}

#[test]
fn a_slow_feed_is_asked_seldom() {
    let wait = |gap, silence| with_gap(gap, silence).wait();
    // It knows the hours at which entries come: the next one is due in seven.
    assert!((3 * HOUR..8 * HOUR).contains(&wait(8 * HOUR, HOUR)), "{}", wait(8 * HOUR, HOUR));
    with_gap(30 * DAY, DAY).check(DAY);
    // A lively feed that has been silent for four days.
    with_gap(600, 4 * DAY).check(12 * HOUR);
}

#[test]
fn what_decided_is_told() {
    let because = |case: &Case| plan(&case.schedule()).because;
    assert_eq!((because(&lively()), plan(&lively().schedule()).floor), (Because::Floor, Floor::Lively));
    assert_eq!(because(&with_gap(8 * HOUR, HOUR)), Because::Rhythm);
    assert_eq!(because(&with_gap(600, 4 * DAY)), Because::Silence);
    let failed = Case { ending: Some(Ending::Failed { failures: 1 }), ..lively() };
    assert_eq!(because(&failed), Because::BackOff);
    let hours = Freshness { skip_hours: vec![8], ..Freshness::default() };
    assert_eq!(because(&Case { freshness: hours, ..lively() }), Because::Skipped);
    let floor = |lifetime| plan(&Case { lifetime, ..lively() }.schedule()).floor;
    assert_eq!((floor(Some(600)), floor(Some(1))), (Floor::Granted, Floor::Shortest));
}

#[test]
fn a_lively_feed_that_grants_two_minutes_is_asked_within_five() {
    let slower = Case { lifetime: Some(120), ..with_gap(1800, 900) };
    slower.check(PROMPT_SECS);
    Case { lifetime: Some(120), ..with_gap(60, 30) }.check(120);
}

#[test]
fn rule_3_a_feed_silent_for_ten_times_its_rhythm_is_probed_once_a_day() {
    let due = |silence, unconditional: &str| DueFeed {
        recent_entries: entries(3600, silence),
        rhythm: rhythm(3600, silence),
        last_unconditional: Some(at(unconditional)),
        ..DueFeed::default()
    };
    let (yesterday, before) = (after(at(NOW), 1 - DAY).to_string(), after(at(NOW), -DAY).to_string());
    assert!(wants_probe(&due(DAY, &before), at(NOW)));
    assert!(!wants_probe(&due(DAY, &yesterday), at(NOW)), "midnight makes no new day");
    assert!(!wants_probe(&due(6 * HOUR, &before), at(NOW)));
    assert!(!wants_probe(&DueFeed::default(), at(NOW)));
}

proptest! {
    #[test]
    fn never_given_up_and_never_at_once(
        failures in any::<u32>(),
        lifetime in proptest::option::of(any::<i64>()),
        ttl in proptest::option::of(any::<u32>()),
        gaps in proptest::collection::vec(-100_000i64..10_000_000, 0..20),
        skip_hours in proptest::collection::vec(0u8..30, 0..30),
        ended in 0..3,
    ) {
        let ending = match ended {
            0 => Ending::Answered,
            1 => Ending::Failed { failures },
            _ => Ending::Missing { failures },
        };
        let recent: Vec<Timestamp> = gaps.iter().map(|gap| after(at(NOW), -gap)).collect();
        let mut rhythm = Rhythm::default();
        rhythm.observe(&recent, at(NOW));
        let freshness = Freshness { feed_ttl_secs: ttl, skip_hours, ..Freshness::default() };
        let case = Case { recent, rhythm, lifetime, freshness, ending: Some(ending), ..lively() };
        let wait = case.wait();
        prop_assert!((SHORTEST_SECS..=2 * DAY + HOUR + DAY / 10).contains(&wait), "{}", wait);
    }
}
