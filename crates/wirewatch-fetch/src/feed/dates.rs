//! Dates as publishers really write them.
//!
//! RFC 822 and RFC 3339 with all their misspellings, SQL, asctime, JavaScript, Unix seconds; zone names
//! of the regions whose news is read; month names in a dozen languages. The time of day is found
//! first, the zone behind it, and the date in what is left. An impossible date is none.

use super::names::{month, zone};
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
    if let Some(stamp) = unix(text) {
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
    let offset = tail.offset.or_else(|| zone(comment.trim()));
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

/// Unix time in seconds or milliseconds, between 1986 and 2286.
fn unix(text: &str) -> Option<Stamp> {
    let digits = text.split_once('.').map_or(text, |(whole, _)| whole);
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number: i64 = digits.parse().ok()?;
    let at = match digits.len() {
        9..=10 if number >= 500_000_000 => Timestamp::from_second(number).ok()?,
        13 => Timestamp::from_millisecond(number).ok()?,
        _ => return None,
    };
    Some(Stamp::utc(at))
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

/// A time of day and where it stands.
struct Clock {
    start: usize,
    end: usize,
    written_hour: i8,
    minute: i8,
    second: i8,
    nanosecond: i32,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum HalfDay {
    Am,
    Pm,
}

impl Clock {
    /// `H:MM[:SS[.fraction]]`, or `THHMM[SS]` of the ISO 8601 basic form.
    fn find(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        let colon = text.match_indices(':').map(|(at, _)| at).find(|at| {
            at.checked_sub(1).is_some_and(|before| bytes[before].is_ascii_digit())
                && bytes.get(at + 1).is_some_and(u8::is_ascii_digit)
        });
        let Some(colon) = colon else { return Self::basic(text) };
        let mut start = colon;
        while start > 0 && bytes[start - 1].is_ascii_digit() && colon - start < 2 {
            start -= 1;
        }
        let (minute, mut end) = number(bytes, colon + 1, 2)?;
        let (mut second, mut nanosecond) = (0, 0);
        if bytes.get(end) == Some(&b':')
            && let Some((value, after)) = number(bytes, end + 1, 2)
        {
            (second, end) = (value, after);
            if matches!(bytes.get(end), Some(b'.' | b','))
                && bytes.get(end + 1).is_some_and(u8::is_ascii_digit)
            {
                (nanosecond, end) = fraction(bytes, end + 1);
            }
        }
        let (written_hour, _) = number(bytes, start, 2)?;
        Self { start, end, written_hour, minute, second, nanosecond }.checked()
    }

    fn basic(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        let t = text.match_indices('t').map(|(at, _)| at).find(|at| {
            at.checked_sub(1).is_some_and(|before| bytes[before].is_ascii_digit())
                && bytes.get(at + 1).is_some_and(u8::is_ascii_digit)
        })?;
        let digits = bytes[t + 1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        if digits != 4 && digits != 6 {
            return None;
        }
        let (written_hour, _) = number(bytes, t + 1, 2)?;
        let (minute, _) = number(bytes, t + 3, 2)?;
        let second = if digits == 6 { number(bytes, t + 5, 2)?.0 } else { 0 };
        Self { start: t, end: t + 1 + digits, written_hour, minute, second, nanosecond: 0 }.checked()
    }

    fn checked(self) -> Option<Self> {
        (self.written_hour <= 24 && self.minute < 60 && self.second <= 60).then_some(self)
    }

    fn hour(&self, half_day: Option<HalfDay>) -> Option<i8> {
        match (half_day, self.written_hour) {
            (Some(HalfDay::Am), 12) => Some(0),
            (Some(HalfDay::Pm), hour @ 1..=11) => Some(hour + 12),
            (_, 24) if self.minute > 0 || self.second > 0 => None,
            (_, hour) => Some(hour),
        }
    }
}

/// Up to `most` digits from `at`: their value and where they end.
fn number(bytes: &[u8], at: usize, most: usize) -> Option<(i8, usize)> {
    let digits = bytes.get(at..)?.iter().take(most).take_while(|byte| byte.is_ascii_digit()).count();
    let text = std::str::from_utf8(&bytes[at..at + digits]).ok()?;
    Some((text.parse().ok()?, at + digits))
}

fn fraction(bytes: &[u8], at: usize) -> (i32, usize) {
    let digits = bytes[at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let mut nanos = 0;
    for nth in 0..9 {
        let digit = if nth < digits { i32::from(bytes[at + nth] - b'0') } else { 0 };
        nanos = nanos * 10 + digit;
    }
    (nanos, at + digits)
}

/// What stands behind the time of day.
struct Tail<'a> {
    half_day: Option<HalfDay>,
    offset: Option<i32>,
    rest: &'a str,
}

impl<'a> Tail<'a> {
    fn read(text: &'a str) -> Self {
        let mut tail = Self { half_day: None, offset: None, rest: text };
        while let Some(rest) = tail.step() {
            tail.rest = rest;
        }
        tail
    }

    /// Takes one more word or offset; `None` when the next one belongs to neither.
    fn step(&mut self) -> Option<&'a str> {
        let text = self.rest.trim_start_matches([' ', '\t', '\n', '\r', ',']);
        if let Some((secs, rest)) = numeric_offset(text) {
            // `GMT+2`, and the same said twice: `+0300 MSK`, `EST -0500`.
            self.offset = Some(secs);
            return Some(rest);
        }
        let end = text.find(|letter: char| !letter.is_alphabetic() && letter != '.').unwrap_or(text.len());
        let (word, rest) = text.split_at(end);
        if word.is_empty() {
            return None;
        }
        match word.replace('.', "").as_str() {
            "am" | "дп" => self.half_day = Some(HalfDay::Am),
            "pm" | "пп" => self.half_day = Some(HalfDay::Pm),
            "uhr" | "h" | "год" | "ч" => {}
            word => {
                let secs = zone(word)?;
                self.offset = self.offset.or(Some(secs));
            }
        }
        Some(rest)
    }
}

/// `+HH`, `+HHMM`, `+HH:MM`, `+H`.
fn numeric_offset(text: &str) -> Option<(i32, &str)> {
    let sign = match text.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let digits = text[1..].bytes().take_while(u8::is_ascii_digit).count();
    let (hours, mut minutes) = match digits {
        1 | 2 => (text[1..=digits].parse::<i32>().ok()?, 0),
        3 | 4 => (text[1..digits - 1].parse().ok()?, text[digits - 1..=digits].parse().ok()?),
        _ => return None,
    };
    let mut rest = &text[1 + digits..];
    if digits <= 2
        && let Some(after) = rest.strip_prefix(':')
        && let Some(two) = after.get(..2)
        && let Ok(value) = two.parse()
    {
        (minutes, rest) = (value, &after[2..]);
    }
    // UTC-12 to UTC+14; RFC 3339 writes no seconds.
    (hours <= 14 && (0..60).contains(&minutes)).then_some((sign * (hours * 3600 + minutes * 60), rest))
}

/// One number of a date: its value, how many digits it has, and the character before it.
#[derive(Clone, Copy)]
struct Part {
    value: i32,
    digits: usize,
    before: char,
}

/// The day that the pieces of a text name.
fn date(pieces: &[&str], american: bool) -> Option<Date> {
    let (mut numbers, mut months) = (Vec::new(), Vec::new());
    for piece in pieces {
        parts(piece, &mut numbers, &mut months)?;
    }
    match months.last() {
        Some((month, at)) => with_month_name(&numbers, *month, *at),
        None => numeric(&numbers, american),
    }
}

/// Splits a text into numbers and month names (with the number of numbers before each).
fn parts(text: &str, numbers: &mut Vec<Part>, months: &mut Vec<(i8, usize)>) -> Option<()> {
    let mut rest = text;
    let mut before = ' ';
    while let Some(first) = rest.chars().next() {
        let same = |letter: char| {
            if first.is_ascii_digit() {
                letter.is_ascii_digit()
            } else {
                first.is_alphabetic() && is_letter(letter)
            }
        };
        let end = rest.find(|letter: char| !same(letter)).unwrap_or(rest.len()).max(first.len_utf8());
        let (word, after) = rest.split_at(end);
        if first.is_ascii_digit() {
            // A number this long is no part of a date.
            numbers.push(Part { value: word.parse().ok()?, digits: word.len(), before });
        } else if first.is_alphabetic()
            && let Some(month) = month(word)
        {
            months.push((month, numbers.len()));
        }
        before = if first.is_alphanumeric() { ' ' } else { first };
        rest = after;
    }
    Some(())
}

/// Letters, and the marks that sit on them in decomposed text.
fn is_letter(letter: char) -> bool {
    letter.is_alphabetic() || ('\u{300}'..='\u{36f}').contains(&letter)
}

fn with_month_name(numbers: &[Part], month: i8, numbers_before: usize) -> Option<Date> {
    let year_at = numbers.iter().position(|part| part.digits == 4);
    let small: Vec<&Part> = numbers.iter().filter(|part| part.digits <= 2).collect();
    let (year, day) = match (year_at, small.as_slice()) {
        (Some(at), [day, ..]) => (numbers[at].value, day.value),
        // `January 2022`.
        (Some(at), []) => (numbers[at].value, 1),
        // `10 Jan 22`, `Jan 10 22`; ISO-like `22-Jan-10` is read like the first.
        (None, [day, year, ..]) if numbers_before <= 1 => (two_digit_year(year.value), day.value),
        _ => return None,
    };
    make(year, i32::from(month), day)
}

fn numeric(numbers: &[Part], american: bool) -> Option<Date> {
    match *numbers {
        [y, m, d, ..] if y.digits == 4 && m.digits <= 2 && d.digits <= 2 => make(y.value, m.value, d.value),
        [a, b, c, ..] if a.digits <= 2 && b.digits <= 2 && matches!(c.digits, 2 | 4) => {
            let year = if c.digits == 2 { two_digit_year(c.value) } else { c.value };
            match b.before {
                '-' if c.digits == 2 => make(two_digit_year(a.value), b.value, c.value),
                // Only the United States put the month first, with slashes and a half-day clock.
                '/' if b.value > 12 || (american && a.value <= 12) => make(year, a.value, b.value),
                _ => make(year, b.value, a.value),
            }
        }
        [ymd] if ymd.digits == 8 => make(ymd.value / 10_000, ymd.value / 100 % 100, ymd.value % 100),
        [yd] if yd.digits == 7 => ordinal(yd.value / 1000, yd.value % 1000),
        [y, day] if y.digits == 4 && day.digits == 3 => ordinal(y.value, day.value),
        [y, m] if y.digits == 4 && m.digits == 2 => make(y.value, m.value, 1),
        [y] if y.digits == 4 => make(y.value, 1, 1),
        _ => None,
    }
}

/// RFC 2822 §4.3 and POSIX: below 69 is this century.
fn two_digit_year(year: i32) -> i32 {
    if year < 69 { 2000 + year } else { 1900 + year }
}

fn make(year: i32, month: i32, day: i32) -> Option<Date> {
    let year = i16::try_from(year).ok().filter(|year| (1..=9999).contains(year))?;
    Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

fn ordinal(year: i32, day: i32) -> Option<Date> {
    let first = make(year, 1, 1)?;
    let date = first.with().day_of_year(i16::try_from(day).ok()?).build().ok()?;
    (date.year() == first.year()).then_some(date)
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
