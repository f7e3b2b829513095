//! Times as pages write them: ISO 8601 and its near misses, e-mail dates, compact digits, Unix
//! seconds, and dates with the month's name in the languages of our feeds.

use jiff::civil::{Date, DateTime, Time};
use jiff::{Timestamp, tz::Offset};
use wirewatch_model::Stamp;

/// Reads a time. `month_first` decides `03/04/2022`, which is March only where it is written so.
pub(crate) fn parse(text: &str, month_first: bool) -> Option<Stamp> {
    let text = text.trim();
    if text.len() < 6 {
        return None;
    }
    if let Ok(stamp) = text.parse::<Stamp>() {
        return plausible(stamp);
    }
    let tokens = tokens(text);
    let (date, mut rest) = find_date(&tokens, month_first)?;
    if matches!(date, Found::Whole(_)) {
        let Found::Whole(stamp) = date else { return None };
        return plausible(stamp);
    }
    let Found::Day(day) = date else { return None };
    let time = loop {
        match rest {
            // `05.04.2025` is another date.
            [Token::Number { .. }, Token::Sign('.'), Token::Number { .. }, Token::Sign('.'), ..] => {
                break None;
            }
            [Token::Number { .. }, Token::Sign(':' | '.' | 'h'), Token::Number { digits: 2, .. }, ..] => {
                break read_time(rest);
            }
            [_, more @ ..] => rest = more,
            [] => break None,
        }
    };
    plausible(match time {
        Some((time, offset)) => {
            let at = offset.unwrap_or(Offset::UTC).to_timestamp(DateTime::from_parts(day, time)).ok()?;
            Stamp::Instant { at, offset_secs: offset.map(Offset::seconds) }
        }
        None => Stamp::Day(day),
    })
}

/// News on the web begins in 1993; templates print 1970 and 0001 for "unknown".
fn plausible(stamp: Stamp) -> Option<Stamp> {
    let year = match stamp {
        Stamp::Day(day) => day.year(),
        Stamp::Instant { at, .. } => Offset::UTC.to_datetime(at).year(),
    };
    (1993..2100).contains(&year).then_some(stamp)
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Number { value: i64, digits: u8 },
    Word(String),
    Sign(char),
}

/// At most this many tokens are read: a date stands at the beginning or nowhere.
const MAX_TOKENS: usize = 40;

fn tokens(text: &str) -> Vec<Token> {
    let mut out: Vec<Token> = Vec::new();
    for letter in text.chars().take(200) {
        if out.len() >= MAX_TOKENS {
            break;
        }
        if let Some(digit) = letter.to_digit(10) {
            if let Some(Token::Number { value, digits }) = out.last_mut()
                && *digits < 18
            {
                *value = *value * 10 + i64::from(digit);
                *digits += 1;
            } else {
                out.push(Token::Number { value: i64::from(digit), digits: 1 });
            }
        } else if letter.is_alphabetic() && !matches!(letter, '年' | '月' | '日' | '년' | '월' | '일') {
            if let Some(Token::Word(word)) = out.last_mut() {
                word.extend(letter.to_lowercase());
            } else {
                out.push(Token::Word(letter.to_lowercase().collect()));
            }
        } else {
            // White space ends a token and is none.
            out.push(Token::Sign(if letter.is_whitespace() { ' ' } else { letter }));
        }
    }
    // `14h30` is a time, `5th` and `1er` are numbers.
    let mut merged: Vec<Token> = Vec::with_capacity(out.len());
    for token in out {
        match (&token, merged.last()) {
            (Token::Word(word), Some(Token::Number { digits: 1..=2, .. })) if word == "h" => {
                merged.push(Token::Sign('h'));
            }
            (Token::Word(word), Some(Token::Number { digits: 1..=2, .. }))
                if matches!(word.as_str(), "st" | "nd" | "rd" | "th" | "er" | "º" | "de") => {}
            (Token::Word(word), _)
                if matches!(word.as_str(), "de" | "del" | "of" | "року" | "года" | "г" | "р") => {}
            (Token::Sign(' '), Some(Token::Sign(' ')) | None) => {}
            _ => merged.push(token),
        }
    }
    merged
}

enum Found {
    Day(Date),
    Whole(Stamp),
}

/// The first date in the tokens, and what follows it.
fn find_date(tokens: &[Token], month_first: bool) -> Option<(Found, &[Token])> {
    (0..tokens.len()).find_map(|at| {
        let here = &tokens[at..];
        whole_number(here).map(|stamp| (Found::Whole(stamp), &here[1..])).or_else(|| {
            let (day, used) = date_at(here, month_first)?;
            Some((Found::Day(day), &here[used..]))
        })
    })
}

/// `20220110`, `20220110093000`, Unix seconds and milliseconds.
fn whole_number(tokens: &[Token]) -> Option<Stamp> {
    let [Token::Number { value, digits }, rest @ ..] = tokens else { return None };
    match digits {
        8 => {
            let day = day(value / 10_000, value / 100 % 100, value % 100)?;
            // `20220110T093000Z`
            if let [Token::Word(t), Token::Number { value: time, digits: 6 }, zone @ ..] = rest
                && t == "t"
            {
                return digits_time(day, *time, matches!(zone, [Token::Word(z), ..] if z == "z"));
            }
            Some(Stamp::Day(day))
        }
        14 => {
            let date = value / 1_000_000;
            digits_time(day(date / 10_000, date / 100 % 100, date % 100)?, value % 1_000_000, false)
        }
        10 => Timestamp::from_second(*value).ok().map(Stamp::utc),
        13 => Timestamp::from_millisecond(*value).ok().map(Stamp::utc),
        _ => None,
    }
}

fn digits_time(day: Date, digits: i64, utc: bool) -> Option<Stamp> {
    let time = time(digits / 10_000, digits / 100 % 100, digits % 100)?;
    let at = Offset::UTC.to_timestamp(DateTime::from_parts(day, time)).ok()?;
    Some(Stamp::Instant { at, offset_secs: utc.then_some(0) })
}

fn date_at(tokens: &[Token], month_first: bool) -> Option<(Date, usize)> {
    use Token::{Number, Sign, Word};
    match tokens {
        [
            Number { value: y, digits: 4 },
            Sign('-' | '/' | '.' | '年' | '년'),
            Number { value: m, .. },
            Sign('-' | '/' | '.' | '月' | '월'),
            Number { value: d, .. },
            ..,
        ] => Some((day(*y, *m, *d)?, 5)),
        [
            Number { value: y, digits: 4 },
            Sign('년'),
            Sign(' '),
            Number { value: m, .. },
            Sign('월'),
            Sign(' '),
            Number { value: d, .. },
            ..,
        ] => Some((day(*y, *m, *d)?, 7)),
        [
            Number { value: a, digits: 1..=2 },
            Sign('.' | '/' | '-'),
            Number { value: b, digits: 1..=2 },
            Sign('.' | '/' | '-'),
            Number { value: y, digits: 4 },
            ..,
        ] => {
            let us = month_first && matches!(tokens[1], Sign('/')) || *b > 12;
            let (d, m) = if us && *a <= 12 { (b, a) } else { (a, b) };
            Some((day(*y, *m, *d)?, 5))
        }
        [Number { value: d, digits: 1..=2 }, rest @ ..] => {
            let rest = skip_signs(rest);
            let [Word(name), rest @ ..] = rest else { return None };
            let m = month(name)?;
            let rest = skip_signs(rest);
            let [Number { value: y, digits: 4 }, rest @ ..] = rest else { return None };
            Some((day(*y, m, *d)?, tokens.len() - rest.len()))
        }
        [Word(name), rest @ ..] => {
            let m = month(name)?;
            let rest = skip_signs(rest);
            let [Number { value: d, digits: 1..=2 }, rest @ ..] = rest else { return None };
            let rest = skip_signs(rest);
            let [Number { value: y, digits: 4 }, rest @ ..] = rest else { return None };
            Some((day(*y, m, *d)?, tokens.len() - rest.len()))
        }
        _ => None,
    }
}

fn skip_signs(mut tokens: &[Token]) -> &[Token] {
    while let [Token::Sign(' ' | '.' | ',' | '-' | '/'), rest @ ..] = tokens {
        tokens = rest;
    }
    tokens
}

fn day(year: i64, month: i64, day: i64) -> Option<Date> {
    Date::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

fn time(hour: i64, minute: i64, second: i64) -> Option<Time> {
    Time::new(i8::try_from(hour).ok()?, i8::try_from(minute).ok()?, i8::try_from(second).ok()?, 0).ok()
}

/// `HH:MM[:SS[.fff]]`, then perhaps `am`/`pm` and a zone.
fn read_time(tokens: &[Token]) -> Option<(Time, Option<Offset>)> {
    use Token::{Number, Sign, Word};
    let [Number { value: hour, .. }, _, Number { value: minute, .. }, rest @ ..] = tokens else {
        return None;
    };
    let (second, mut rest) = match rest {
        [Sign(':'), Number { value: second, digits: 2 }, rest @ ..] => (*second, rest),
        _ => (0, rest),
    };
    if let [Sign('.'), Number { .. }, more @ ..] = rest {
        rest = more;
    }
    let mut hour = *hour;
    let mut rest = skip_signs_but_minus(rest);
    if let [Word(half), more @ ..] = rest {
        match half.as_str() {
            "pm" | "p" if hour < 12 => hour += 12,
            "am" | "a" if hour == 12 => hour = 0,
            _ => {}
        }
        if matches!(half.as_str(), "am" | "pm" | "a" | "p" | "uhr") {
            rest = skip_signs_but_minus(more);
            // `p.m.` is two words.
            if let [Word(m), more @ ..] = rest
                && m == "m"
            {
                rest = skip_signs_but_minus(more);
            }
        }
    }
    let time = time(hour, *minute, second)?;
    let offset = match rest {
        [Word(zone), sign @ Sign('+' | '-'), more @ ..] if matches!(zone.as_str(), "gmt" | "utc") => {
            numeric_offset(sign, more)
        }
        [Word(zone), ..] => named_offset(zone),
        [sign @ Sign('+' | '-'), more @ ..] => numeric_offset(sign, more),
        _ => None,
    };
    Some((time, offset))
}

fn skip_signs_but_minus(mut tokens: &[Token]) -> &[Token] {
    while let [Token::Sign(' ' | ',' | '.' | '(' | '|'), rest @ ..] = tokens {
        tokens = rest;
    }
    tokens
}

fn numeric_offset(sign: &Token, tokens: &[Token]) -> Option<Offset> {
    use Token::{Number, Sign};
    let minutes = match tokens {
        [Number { value, digits: 4 }, ..] => value / 100 * 60 + value % 100,
        [Number { value: hours, digits: 1..=2 }, Sign(':'), Number { value: minutes, digits: 2 }, ..] => {
            hours * 60 + minutes
        }
        [Number { value: hours, digits: 1..=2 }, ..] => hours * 60,
        _ => return None,
    };
    let seconds = i32::try_from(minutes * 60).ok()?;
    Offset::from_seconds(if *sign == Sign('-') { -seconds } else { seconds }).ok()
}

/// Zone names that mean one offset wherever news is written.
fn named_offset(zone: &str) -> Option<Offset> {
    let hours = match zone {
        "z" | "utc" | "gmt" => 0,
        "cet" | "mez" => 1,
        "cest" | "mesz" | "eet" => 2,
        "eest" | "msk" => 3,
        "est" | "cdt" => -5,
        "edt" => -4,
        "pst" => -8,
        "pdt" => -7,
        _ => return None,
    };
    Offset::from_hours(hours).ok()
}

/// The month of a name or its abbreviation, by the beginning that tells it apart.
fn month(name: &str) -> Option<i64> {
    const BEGINNINGS: &[(i64, &[&str])] = &[
        (1, &["jan", "jän", "ene", "gen", "sty", "січ", "янв", "ocak", "студз"]),
        (2, &["feb", "fév", "fev", "lut", "лют", "фев", "şubat"]),
        (3, &["mar", "mär", "mrt", "maa", "бер", "март", "мар"]),
        (4, &["apr", "avr", "abr", "kwi", "квіт", "апр", "nisan"]),
        (5, &["may", "mai", "mei", "maj", "mag", "трав", "май", "мая"]),
        (6, &["jun", "juin", "giu", "cze", "черв", "июн"]),
        (7, &["jul", "juil", "lug", "lip", "лип", "июл"]),
        (8, &["aug", "aoû", "aou", "ago", "sie", "серп", "авг"]),
        (9, &["sep", "set", "wrz", "верес", "сен"]),
        (10, &["oct", "okt", "ott", "out", "paź", "paz", "жовт", "окт"]),
        (11, &["nov", "lis", "листоп", "ноя"]),
        (12, &["dec", "déc", "dez", "dic", "gru", "груд", "дек"]),
    ];
    BEGINNINGS
        .iter()
        .find(|(_, words)| words.iter().any(|word| name.starts_with(word)))
        .map(|(month, _)| *month)
}

/// The day in an address such as `/2022/01/10/` or `/2022-01-10-`.
pub(crate) fn in_address(address: &str) -> Option<Stamp> {
    let path = address.split_once("://").map_or(address, |(_, rest)| rest);
    let path = &path[path.find('/')?..path.find('?').unwrap_or(path.len()).max(path.find('/')?)];
    let numbers: Vec<&str> = path.split(['/', '-', '_']).collect();
    numbers.windows(3).find_map(|three| {
        let [y, m, d] = three else { return None };
        (y.len() == 4 && m.len() == 2 && d.len() == 2).then_some(())?;
        plausible(Stamp::Day(day(y.parse().ok()?, m.parse().ok()?, d.parse().ok()?)?))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(text: &str, want: &str) {
        assert_eq!(parse(text, false).map(|stamp| stamp.to_string()).as_deref(), Some(want), "{text}");
    }

    #[test]
    fn machine_forms_keep_their_offset() {
        check("2022-01-10T09:30:00+02:00", "2022-01-10T09:30:00+02:00");
        check("2022-01-10 09:30:00 +0200", "2022-01-10T09:30:00+02:00");
        check("2022-01-10T09:30:00.000Z", "2022-01-10T09:30:00Z");
        check("2022-01-10 09:30", "2022-01-10T09:30:00");
        check("Mon, 10 Jan 2022 09:30:00 +0200", "2022-01-10T09:30:00+02:00");
        check("Mon Jan 10 2022 09:30:00 GMT+0200 (EET)", "2022-01-10T09:30:00+02:00");
        check("20220110", "2022-01-10");
        check("20220110T093000Z", "2022-01-10T09:30:00Z");
        check("1641799800", "2022-01-10T07:30:00Z");
        check("1641799800000", "2022-01-10T07:30:00Z");
    }

    #[test]
    fn dates_as_people_write_them() {
        for text in [
            "January 10, 2022",
            "10 January 2022",
            "10. Januar 2022",
            "10 janvier 2022",
            "10 de enero de 2022",
            "10 gennaio 2022",
            "10 stycznia 2022",
            "10 січня 2022",
            "10 января 2022 года",
            "10.01.2022",
            "2022年1月10日",
            "Published: Monday, Jan. 10th, 2022",
        ] {
            check(text, "2022-01-10");
        }
        check("10 січня 2022, 09:30", "2022-01-10T09:30:00");
        check("Jan 10, 2022 3:05 p.m. EST", "2022-01-10T15:05:00-05:00");
        check("10 janvier 2022 à 9h30", "2022-01-10T09:30:00");
    }

    #[test]
    fn the_order_of_day_and_month_follows_the_page() {
        check("03/04/2022", "2022-04-03");
        assert_eq!(parse("03/04/2022", true).map(|stamp| stamp.to_string()).as_deref(), Some("2022-03-04"));
        check("01/25/2022", "2022-01-25");
    }

    #[test]
    fn defaults_and_other_numbers_are_no_dates() {
        for text in ["0001-01-01T00:00:00", "1970-01-01", "", "yesterday", "+380 44 123 45 67", "99.99.2022"]
        {
            assert_eq!(parse(text, false), None, "{text}");
        }
    }

    #[test]
    fn addresses_hold_days() {
        assert_eq!(
            in_address("https://a.example/news/2022/01/10/talks").map(|day| day.to_string()).as_deref(),
            Some("2022-01-10")
        );
        assert_eq!(in_address("https://a.example/news/12-34-56"), None);
    }

    proptest! {
        #[test]
        fn nothing_panics(text in "[0-9A-Za-zа-яії:./,+ \\-年月日]{0,60}") {
            let _ = parse(&text, false);
            let _ = in_address(&text);
        }
    }
}
