//! Times as people write and read them. Machines always get RFC 3339 in UTC.

use jiff::{SignedDuration, Timestamp, civil, fmt::temporal::Pieces, tz::TimeZone};

/// Reads `--tz`: `local`, `UTC`, or a name such as `Europe/Kyiv`.
pub(crate) fn parse_zone(text: &str) -> Result<TimeZone, String> {
    match text {
        "local" => Ok(TimeZone::system()),
        name => TimeZone::get(name)
            .map_err(|_| format!("'{name}' is no time zone: write local, UTC or a name such as Europe/Kyiv")),
    }
}

/// A moment in the past or future as it was typed; what it means depends on the time zone and the clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum When {
    Instant(Timestamp),
    Civil(civil::DateTime),
    Ago(SignedDuration),
}

impl When {
    /// The moment it means; what lies beyond the times there are is the first or last of them.
    pub(crate) fn resolve(&self, zone: &TimeZone, now: Timestamp) -> Timestamp {
        match self {
            Self::Instant(at) => *at,
            Self::Civil(civil) => zone.to_timestamp(*civil).unwrap_or_else(|_| edge(civil.date())),
            Self::Ago(ago) => now.checked_sub(*ago).unwrap_or(Timestamp::MIN),
        }
    }
}

/// Reads `--since` and `--until`: RFC 3339, a day, a day and time, or how long ago (`90min`, `36h`, `7d`).
pub(crate) fn parse_when(text: &str) -> Result<When, String> {
    let text = text.trim();
    if let Some(ago) = parse_ago(text) {
        return Ok(When::Ago(ago));
    }
    if let Ok(at) = text.parse::<Timestamp>() {
        return Ok(When::Instant(at));
    }
    if let Ok(civil) = text.parse::<civil::DateTime>() {
        return Ok(When::Civil(civil));
    }
    // The last hours of 9999 are a time in writing and, with some offsets, none to the clock.
    if let Ok(pieces) = Pieces::parse(text)
        && pieces.offset().is_some()
        && pieces.date().year().abs() == 9999
    {
        return Ok(When::Instant(edge(pieces.date())));
    }
    Err(format!(
        "'{text}' is no time: write 2022-01-10, 2022-01-10T09:30, an RFC 3339 time, or how long ago, such as 36h or 7d"
    ))
}

fn edge(date: civil::Date) -> Timestamp {
    if date.year() > 0 { Timestamp::MAX } else { Timestamp::MIN }
}

fn parse_ago(text: &str) -> Option<SignedDuration> {
    let unit_at = text.find(|letter: char| !letter.is_ascii_digit())?;
    let (count, unit) = text.split_at(unit_at);
    let count: i64 = count.parse().ok()?;
    let secs = match unit {
        "min" => 60,
        "h" => 3600,
        "d" => 86_400,
        "w" => 7 * 86_400,
        _ => return None,
    };
    Some(SignedDuration::from_secs(count.checked_mul(secs)?))
}

/// A time of a table cell: `2022-01-10 09:30` in the zone.
pub(crate) fn short(rfc3339: &str, zone: &TimeZone) -> String {
    match rfc3339.parse::<Timestamp>() {
        Ok(at) => at.to_zoned_datetime(zone.clone()).strftime("%Y-%m-%d %H:%M").to_string(),
        Err(_) => rfc3339.to_owned(),
    }
}

/// A moment to the second: `2022-01-10 09:30:00` in the zone.
pub(crate) fn clock(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned_datetime(zone.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, want: &str) {
        let now: Timestamp = "2022-02-01T12:00:00Z".parse().expect("valid");
        let kyiv = TimeZone::fixed(jiff::tz::offset(2));
        let at = parse_when(text).expect(text).resolve(&kyiv, now);
        assert_eq!(at.to_string(), want);
    }

    #[test]
    fn times_without_an_offset_are_in_the_zone() {
        check("2022-01-10", "2022-01-09T22:00:00Z");
        check("2022-01-10T09:30", "2022-01-10T07:30:00Z");
        check("2022-01-10 09:30", "2022-01-10T07:30:00Z");
        check("2022-01-10T09:30:00+01:00", "2022-01-10T08:30:00Z");
    }

    #[test]
    fn how_long_ago_counts_from_now() {
        check("36h", "2022-01-31T00:00:00Z");
        check("7d", "2022-01-25T12:00:00Z");
        check("90min", "2022-02-01T10:30:00Z");
    }

    #[test]
    fn times_beyond_the_first_and_last_are_those() {
        let last = Timestamp::MAX.to_string();
        for text in ["9999-12-31T12:00", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59-10:00"] {
            check(text, &last);
        }
        let first = Timestamp::MIN.to_string();
        for text in ["99999999d", "9999999999w", "-009999-01-01"] {
            check(text, &first);
        }
    }

    #[test]
    fn refuses_what_is_no_time() {
        for text in ["", "yesterday", "7", "h", "7y", "2022-13-01", "99999999999999999999d"] {
            assert!(parse_when(text).is_err(), "{text}");
        }
    }

    #[test]
    fn zones_have_names() {
        assert!(parse_zone("Europe/Kyiv").is_ok());
        assert!(parse_zone("Mars/Olympus").is_err());
        let kyiv = parse_zone("UTC").expect("known");
        assert_eq!(short("2022-01-10T09:30:00.5Z", &kyiv), "2022-01-10 09:30");
    }
}
