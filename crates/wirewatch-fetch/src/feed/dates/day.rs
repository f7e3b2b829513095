//! The day that numbers and month names give.

use crate::feed::names::month;
use jiff::civil::{Date, ISOWeekDate, Weekday};
use std::ops::RangeInclusive;

/// What was published in another year was not: the year 1 is how unset dates of .NET and PHP look.
const YEARS: RangeInclusive<i16> = 1000..=9999;

/// One number of a date: its value, how many digits it has, and the character before it.
#[derive(Clone, Copy)]
struct Part {
    value: i32,
    digits: usize,
    before: char,
}

/// The day that the pieces of a text name.
pub(super) fn date(pieces: &[&str], american: bool) -> Option<Date> {
    let (mut numbers, mut months) = (Vec::new(), Vec::new());
    if let Some(date) = pieces.iter().find_map(|piece| week_date(piece)) {
        return Some(date);
    }
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
        // A word between them is a month nobody here knows, and what follows it a day.
        [y, m] if y.digits == 4 && m.digits == 2 && m.before != ' ' => make(y.value, m.value, 1),
        [y] if y.digits == 4 => make(y.value, 1, 1),
        _ => None,
    }
}

/// `2022-W02-1` of ISO 8601.
fn week_date(text: &str) -> Option<Date> {
    let (year, rest) = text.trim().split_once("-w")?;
    let (week, day) = rest.split_once('-').unwrap_or((rest, "1"));
    let weekday = Weekday::from_monday_one_offset(day.trim_end_matches('t').parse().ok()?).ok()?;
    let date = ISOWeekDate::new(year.parse().ok()?, week.parse().ok()?, weekday).ok()?.date();
    // Its first week may begin in the year before.
    YEARS.contains(&date.year()).then_some(date)
}

/// RFC 2822 §4.3 and POSIX: below 69 is this century.
fn two_digit_year(year: i32) -> i32 {
    if year < 69 { 2000 + year } else { 1900 + year }
}

fn make(year: i32, month: i32, day: i32) -> Option<Date> {
    let year = i16::try_from(year).ok().filter(|year| YEARS.contains(year))?;
    Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

fn ordinal(year: i32, day: i32) -> Option<Date> {
    let first = make(year, 1, 1)?;
    let date = first.with().day_of_year(i16::try_from(day).ok()?).build().ok()?;
    (date.year() == first.year()).then_some(date)
}
