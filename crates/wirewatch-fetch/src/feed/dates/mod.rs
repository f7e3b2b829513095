//! Dates as publishers really write them.
//!
//! RFC 822 and RFC 3339 with all their misspellings, SQL, asctime, JavaScript, Unix seconds; zone names
//! of the regions whose news is read; month names in a dozen languages. The time of day is found
//! first, the zone behind it, and the date in what is left. An impossible date is none.

mod clock;
mod day;

use clock::{Clock, Tail};
use day::date;
use jiff::{
    Timestamp,
    civil::{Date, Time},
    tz::Offset,
};
use wirewatch_model::Stamp;

/// A longer text is no date, in bytes.
const LONGEST: usize = 120;

/// Reads a date with its offset as written; `None` when it cannot be one.
///
/// A time without zone keeps none, and a zone name that is not known counts as none.
pub fn read_date(text: &str) -> Option<Stamp> {
    let text = text.trim().trim_matches(['"', '\'']).trim();
    if text.is_empty() || text.len() > LONGEST {
        return None;
    }
    if let Some(stamp) = unix(text).or_else(|| packed(text)).or_else(|| dot_net(text)) {
        return Some(stamp);
    }
    let lower = text.to_lowercase().replace(['\u{2212}', '\u{2013}'], "-").replace('\u{a0}', " ");
    let (lower, comment) = without_comment(&lower);
    let Some(clock) = Clock::find(&lower) else {
        return date(&[&lower], false).map(Stamp::Day);
    };
    let tail = Tail::read(&lower[clock.end..]);
    let day = date(&[&lower[..clock.start], tail.rest], tail.half_day.is_some())?;
    let hour = clock.hour(tail.half_day)?;
    let offset = tail.offset.or_else(|| Tail::read(&comment).offset);
    instant(day, hour, &clock, offset)
}

/// A stamp as RFC 3339 with an offset always: `Z` where the publisher wrote none, midnight UTC for a day.
pub fn rfc3339(stamp: &Stamp) -> String {
    match stamp {
        Stamp::Instant { offset_secs: Some(_), .. } => stamp.to_string(),
        _ => stamp.instant().to_string(),
    }
}

fn instant(day: Date, hour: i8, clock: &Clock, offset_secs: Option<i32>) -> Option<Stamp> {
    // 24:00 is the end of the day.
    let (day, hour) = if hour == 24 { (day.tomorrow().ok()?, 0) } else { (day, hour) };
    let time = Time::new(hour, clock.minute, clock.second.min(59), clock.nanosecond).ok()?;
    let offset = Offset::from_seconds(offset_secs.unwrap_or(0)).ok()?;
    let at = offset.to_timestamp(day.to_datetime(time)).ok()?;
    Some(Stamp::Instant { at, offset_secs })
}

/// Unix time in seconds, milliseconds or microseconds, between 1986 and 2286.
fn unix(text: &str) -> Option<Stamp> {
    let text = text.strip_prefix('@').unwrap_or(text);
    let digits = text.split_once('.').map_or(text, |(whole, _)| whole);
    let number: i64 = all_digits(digits)?.parse().ok()?;
    let at = match digits.len() {
        9..=10 if number >= 500_000_000 => Timestamp::from_second(number).ok()?,
        13 => Timestamp::from_millisecond(number).ok()?,
        16 => Timestamp::from_microsecond(number).ok()?,
        _ => return None,
    };
    Some(Stamp::utc(at))
}

/// `20220110093000` and `202201100930`, as databases pack it.
fn packed(text: &str) -> Option<Stamp> {
    let digits = all_digits(text).filter(|digits| matches!(digits.len(), 12 | 14))?;
    let day = date(&[&digits[..8]], false)?;
    let clock = Clock::find(&format!("0t{}", &digits[8..]))?;
    instant(day, clock.hour(None)?, &clock, None)
}

/// `/Date(1641803400000+0200)/` of .NET, backslashes included: milliseconds of UTC, and the writer's offset.
fn dot_net(text: &str) -> Option<Stamp> {
    let inside = text.trim_matches(['/', '\\']).strip_prefix("Date(")?.strip_suffix(')')?;
    let (number, offset) = inside.split_at(inside.find(['+', '-']).unwrap_or(inside.len()));
    let at = Timestamp::from_millisecond(all_digits(number)?.parse().ok()?).ok()?;
    Some(Stamp::Instant { at, offset_secs: Some(Tail::read(offset).offset.unwrap_or(0)) })
}

fn all_digits(text: &str) -> Option<&str> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then_some(text)
}

/// The text without what stands in parentheses, and that.
fn without_comment(text: &str) -> (String, String) {
    match (text.find('('), text.rfind(')')) {
        (Some(open), Some(close)) if open < close => {
            (format!("{} {}", &text[..open], &text[close + 1..]), text[open + 1..close].to_owned())
        }
        _ => (text.to_owned(), String::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(text: &str, want: &str) {
        assert_eq!(read_date(text).map(|stamp| stamp.to_string()).as_deref(), Some(want), "{text}");
    }

    #[test]
    fn rfc_822_and_its_misspellings() {
        check("Mon, 10 Jan 2022 09:30:00 +0200", "2022-01-10T09:30:00+02:00");
        check("Mon, 10 Jan 2022 09:30 GMT", "2022-01-10T09:30:00Z");
        check("10 Jan 22 09:30:00 +0100", "2022-01-10T09:30:00+01:00");
        check("Mon,10 Jan 2022 9:05:00 +0200", "2022-01-10T09:05:00+02:00");
        check("Thu, 15 Sept 2022 09:30:00 -0000", "2022-09-15T09:30:00Z");
        check("Monday, January 10, 2022 12:15 PM EST", "2022-01-10T12:15:00-05:00");
        check("Mon, 10 Jan 2022 12:05 a.m.", "2022-01-10T00:05:00");
        check("Mon, 10 Jan 2022 24:00:00 GMT", "2022-01-11T00:00:00Z");
        check("Monday, 10-Jan-22 10:00:00 GMT", "2022-01-10T10:00:00Z");
    }

    #[test]
    fn zone_names_of_the_region() {
        check("Mon, 10 Jan 2022 11:30:00 MSK", "2022-01-10T11:30:00+03:00");
        check("Mon, 10 Jan 2022 10:30:00 EET", "2022-01-10T10:30:00+02:00");
        check("Mon, 11 Jul 2022 10:30:00 EEST", "2022-07-11T10:30:00+03:00");
        check("Mon, 10 Jan 2022 09:30:00 CET", "2022-01-10T09:30:00+01:00");
        check("Mon, 11 Jul 2022 09:30:00 CEST", "2022-07-11T09:30:00+02:00");
        check("Mon, 11 Jul 2022 09:30:00 BST", "2022-07-11T09:30:00+01:00");
        check("Mon, 10 Jan 2022 10:30:00 GMT+2", "2022-01-10T10:30:00+02:00");
        check("Mon, 10 Jan 2022 10:30:00 UTC +03:00", "2022-01-10T10:30:00+03:00");
        check("Mon, 10 Jan 2022 10:30:00 +0300 (MSK)", "2022-01-10T10:30:00+03:00");
        check("Mon, 10 Jan 2022 10:30:00 (UTC+3)", "2022-01-10T10:30:00+03:00");
        check("Mon, 11 Jul 2022 10:30:00 EET DST", "2022-07-11T10:30:00+03:00");
        check("Mon, 11 Jul 2022 10:30:00 EET DST DST EET DST", "2022-07-11T10:30:00+03:00");
        check("Mon, 11 Jul 2022 10:30:00 +1400 DST", "2022-07-11T10:30:00+14:00");
        check("Mon, 10 Jan 2022 10:30:00 XYZT", "2022-01-10T10:30:00");
    }

    #[test]
    fn iso_sql_and_programmers_forms() {
        check("2022-01-10T08:30:00.123Z", "2022-01-10T08:30:00.123Z");
        check("2022-01-10 10:30:00 +0200", "2022-01-10T10:30:00+02:00");
        check("2022-01-10 10:30", "2022-01-10T10:30:00");
        check("2022/01/10 10:30:00", "2022-01-10T10:30:00");
        check("20220110T083000Z", "2022-01-10T08:30:00Z");
        check("2022-01-10", "2022-01-10");
        check("20220110", "2022-01-10");
        check("2022-010", "2022-01-10");
        check("Mon Jan 10 08:30:00 2022", "2022-01-10T08:30:00");
        check("Mon Jan 10 08:30:00 UTC 2022", "2022-01-10T08:30:00Z");
        check(
            "Mon Jan 10 2022 10:30:00 GMT+0200 (Eastern European Standard Time)",
            "2022-01-10T10:30:00+02:00",
        );
        check("1641803400", "2022-01-10T08:30:00Z");
        check("1641803400000", "2022-01-10T08:30:00Z");
        check("1641803400000000", "2022-01-10T08:30:00Z");
        check("@1641803400", "2022-01-10T08:30:00Z");
        check("/Date(1641803400000)/", "2022-01-10T08:30:00Z");
        check("\\/Date(1641803400000+0200)\\/", "2022-01-10T10:30:00+02:00");
        check("20220110083000", "2022-01-10T08:30:00");
        check("202201100830", "2022-01-10T08:30:00");
        check("2022-W02-1", "2022-01-10");
        check("2022-W02-1T10:30:00Z", "2022-01-10T10:30:00Z");
        check("2022-01-10T10:30:00+02", "2022-01-10T10:30:00+02:00");
    }

    #[test]
    fn numbers_only() {
        check("10.01.2022 10:30", "2022-01-10T10:30:00");
        check("10.1.2022", "2022-01-10");
        check("13/01/2022 10:30", "2022-01-13T10:30:00");
        check("1/13/2022 10:30", "2022-01-13T10:30:00");
        check("1/10/2022 8:30:00 AM", "2022-01-10T08:30:00");
        check("2022年01月10日 10:30", "2022-01-10T10:30:00");
        check("2022年01月10日 10時30分", "2022-01-10T10:30:00");
        check("10.01.2022 10.30", "2022-01-10T10:30:00");
        check("2022-01-10T10.30.15Z", "2022-01-10T10:30:15Z");
        check("10.01.22", "2022-01-10");
    }

    #[test]
    fn month_names_in_many_languages() {
        for text in [
            "Пн, 10 янв 2022 11:30:00 +0300",
            "понедельник, 10 января 2022 г., 11:30 +0300",
            "понеділок, 10 січня 2022 року, 11:30 +0300",
            "lun., 10 janv. 2022 11:30:00 +0300",
            "mar, 10 ene 2022 11:30:00 +0300",
            "mardi 10 janvier 2022 11:30 +0300",
            "pon, 10 sty 2022 11:30:00 +0300",
            "Mo, 10 Jän 2022 11:30:00 +0300",
            "Seg, 10 Jan 2022 11:30:00 +0300",
            "10 gennaio 2022 11:30 +0300",
            "lundi 10 janvier 2022 à 11h30 +0300",
            "10 Ocak 2022 Pazartesi 11:30 +0300",
            "2022 m. sausio 10 d. 11:30 +0300",
            "панядзелак, 10 студзеня 2022, 11:30 +0300",
            "10 януари 2022 11:30 +0300",
        ] {
            check(text, "2022-01-10T11:30:00+03:00");
        }
        check("Do, 10 März 2022 09:30:00 +0100", "2022-03-10T09:30:00+01:00");
        check("середа, 10 серпня 2022 09:30", "2022-08-10T09:30:00");
        check("Seg, 24 Set 2018 09:30:00 -0300", "2018-09-24T09:30:00-03:00");
        check("10 juillet 2022", "2022-07-10");
    }

    #[test]
    fn rfc_3339_always_has_an_offset() {
        for (written, want) in [
            ("2022-01-10T09:30:00+02:00", "2022-01-10T09:30:00+02:00"),
            ("2022-01-10T09:30:00", "2022-01-10T09:30:00Z"),
            ("2022-01-10", "2022-01-10T00:00:00Z"),
        ] {
            assert_eq!(rfc3339(&read_date(written).expect(written)), want);
        }
    }

    #[test]
    fn an_impossible_time_of_day_leaves_the_day() {
        check("2022-01-10 25:00:00", "2022-01-10");
        check("2022-01-10T10:61:00Z", "2022-01-10");
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in [
            "",
            " ",
            "yesterday evening",
            "0000-00-00 00:00:00",
            "2022-02-30 10:00:00",
            "Mon, 32 Jan 2022 10:00:00 GMT",
            "12:30",
            "Mon, 10 Jan",
            "99999999999999999999",
            "10",
            "2022-13-01",
            "0001-01-01T00:00:00Z",
            "Wed, 30 Nov -0001 00:00:00 +0000",
            "2022 m. foobar 10 d.",
        ] {
            assert_eq!(read_date(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn nothing_panics(text in "\\PC{0,60}") {
            let _ = read_date(&text);
        }

        #[test]
        fn date_like_texts_never_panic(text in "[0-9+:/. ,TZGMTjanмарт()-]{0,40}") {
            let _ = read_date(&text);
        }

        #[test]
        fn every_instant_is_read_from_its_own_text(secs in 0i64..4_000_000_000, offset in -48i32..56) {
            let at = Timestamp::from_second(secs).expect("in range");
            let stamp = Stamp::Instant { at, offset_secs: Some(offset * 900) };
            prop_assert_eq!(read_date(&stamp.to_string()), Some(stamp));
        }
    }
}
