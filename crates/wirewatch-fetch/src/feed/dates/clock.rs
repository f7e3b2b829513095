//! The time of day, and the zone and half of the day behind it.

use crate::feed::names::zone;

/// The clocks of Kiribati are 14 hours ahead of UTC, and none more. In seconds.
const LARGEST_OFFSET: i32 = 14 * 3600;

/// A time of day and where it stands.
pub(super) struct Clock {
    pub(super) start: usize,
    pub(super) end: usize,
    written_hour: i8,
    pub(super) minute: i8,
    pub(super) second: i8,
    pub(super) nanosecond: i32,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum HalfDay {
    Am,
    Pm,
}

impl Clock {
    /// `H:MM[:SS[.fraction]]`, or `THHMM[SS]` of the ISO 8601 basic form.
    pub(super) fn find(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        let colon = text.match_indices(':').map(|(at, _)| at).find(|at| {
            at.checked_sub(1).is_some_and(|before| bytes[before].is_ascii_digit())
                && bytes.get(at + 1).is_some_and(u8::is_ascii_digit)
        });
        let Some(colon) = colon else { return Self::basic(text).or_else(|| Self::spoken(text)) };
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

    /// `9h30`, `9 h 30`, `09時30分`, or `9.30[.15]` behind a date: a dot alone may stand in a date as well.
    fn spoken(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        let (mut at, mut digits_before) = (0, 0);
        while at < bytes.len() {
            let digits = bytes[at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
            if matches!(digits, 1 | 2)
                && let Some((mark, length)) = separator(&text[at + digits..])
                && (mark != '.' || digits_before >= 4 && bytes[at - 1] != b'.')
                && let Some(clock) = Self::behind_hour(bytes, at, at + digits + length, mark)
            {
                return clock.checked();
            }
            digits_before += digits;
            at += digits.max(1);
        }
        None
    }

    /// The clock whose hour stands at `start` and whose two digits of minutes stand at `minutes`.
    fn behind_hour(bytes: &[u8], start: usize, minutes: usize, mark: char) -> Option<Self> {
        let (minute, mut end) = number(bytes, minutes, 2).filter(|(_, end)| *end == minutes + 2)?;
        let mut second = 0;
        if mark == '.'
            && bytes.get(end) == Some(&b'.')
            && let Some((value, after)) = number(bytes, end + 1, 2)
        {
            (second, end) = (value, after);
        }
        let (written_hour, _) = number(bytes, start, 2)?;
        let ends = !bytes.get(end).is_some_and(u8::is_ascii_digit);
        ends.then_some(Self { start, end, written_hour, minute, second, nanosecond: 0 })
    }

    fn checked(self) -> Option<Self> {
        (self.written_hour <= 24 && self.minute < 60 && self.second <= 60).then_some(self)
    }

    pub(super) fn hour(&self, half_day: Option<HalfDay>) -> Option<i8> {
        match (half_day, self.written_hour) {
            (Some(HalfDay::Am), 12) => Some(0),
            (Some(HalfDay::Pm), hour @ 1..=11) => Some(hour + 12),
            (_, 24) if self.minute > 0 || self.second > 0 => None,
            (_, hour) => Some(hour),
        }
    }
}

/// What parts hours from minutes where no colon does, and its length in bytes with the blanks around it.
fn separator(text: &str) -> Option<(char, usize)> {
    let rest = text.trim_start_matches(' ');
    let mark = rest.chars().next().filter(|mark| matches!(mark, 'h' | '時' | '.'))?;
    let after = rest[mark.len_utf8()..].trim_start_matches(' ');
    // A date is written with blanks behind its dots.
    let tight = after.len() + mark.len_utf8() == text.len();
    (mark != '.' || tight).then_some((mark, text.len() - after.len()))
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
pub(super) struct Tail<'a> {
    pub(super) half_day: Option<HalfDay>,
    pub(super) offset: Option<i32>,
    /// `EET DST`, however often it is said.
    summer: bool,
    pub(super) rest: &'a str,
}

impl<'a> Tail<'a> {
    pub(super) fn read(text: &'a str) -> Self {
        let mut tail = Self { half_day: None, offset: None, summer: false, rest: text };
        while let Some(rest) = tail.step() {
            tail.rest = rest;
        }
        if tail.summer {
            let with_summer = tail.offset.map(|secs| secs + 3600);
            tail.offset = with_summer.filter(|secs| *secs <= LARGEST_OFFSET).or(tail.offset);
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
            "dst" => self.summer = self.offset.is_some(),
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
    // RFC 3339 writes no seconds.
    (hours <= LARGEST_OFFSET / 3600 && (0..60).contains(&minutes))
        .then_some((sign * (hours * 3600 + minutes * 60), rest))
}
