//! A time as somebody wrote it: an instant with the offset it was written in, or only a day.

use jiff::{Timestamp, civil::Date, tz::Offset};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::{fmt, str::FromStr};

/// A publication or modification time as its publisher wrote it.
///
/// In text form an instant is RFC 3339 with the publisher's own offset
/// (`2022-01-10T09:30:00+02:00`), without an offset when the publisher gave none
/// (`2022-01-10T09:30:00`, read as UTC), and a day is `2022-01-10`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stamp {
    /// A moment; `offset_secs` east of UTC is how it was written, `None` when it had no offset.
    Instant {
        /// The moment itself; a time without offset is taken as UTC.
        at: Timestamp,
        /// Seconds east of UTC, as written.
        offset_secs: Option<i32>,
    },
    /// A date without a time of day.
    Day(Date),
}

impl Stamp {
    /// A moment written in UTC.
    pub fn utc(at: Timestamp) -> Self {
        Self::Instant { at, offset_secs: Some(0) }
    }

    /// The earliest instant this can mean: the moment itself, or midnight UTC of the day.
    pub fn instant(&self) -> Timestamp {
        match self {
            Self::Instant { at, .. } => *at,
            Self::Day(day) => {
                let midnight = day.to_datetime(jiff::civil::Time::midnight());
                Offset::UTC.to_timestamp(midnight).unwrap_or(Timestamp::UNIX_EPOCH)
            }
        }
    }
}

impl fmt::Display for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Day(day) => write!(f, "{day}"),
            Self::Instant { at, offset_secs: Some(0) } => write!(f, "{at}"),
            Self::Instant { at, offset_secs: None } => {
                write!(f, "{}", Offset::UTC.to_datetime(*at))
            }
            Self::Instant { at, offset_secs: Some(secs) } => {
                let offset = Offset::from_seconds(*secs).unwrap_or(Offset::UTC);
                write!(f, "{}", at.display_with_offset(offset))
            }
        }
    }
}

/// The time of an article: its publication when that is plausible, else when it was first seen,
/// whichever is earlier.
///
/// Not plausible is a time after it was first seen and one before the
/// web had news (1993): a default such as 1970.
pub fn article_time(published: Option<Stamp>, first_seen: Timestamp) -> Timestamp {
    const WEB_HAS_NEWS: i64 = 725_846_400;
    let plausible = published.map(|stamp| stamp.instant()).filter(|at| at.as_second() >= WEB_HAS_NEWS);
    plausible.map_or(first_seen, |at| at.min(first_seen))
}

/// The text is neither RFC 3339, a date-time without offset, nor a date.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is no RFC 3339 time and no YYYY-MM-DD date")]
pub struct StampError(String);

impl FromStr for Stamp {
    type Err = StampError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        let wrong = || StampError(text.to_owned());
        if text.len() == 10 {
            return text.parse::<Date>().map(Self::Day).map_err(|_| wrong());
        }
        if let Ok(pieces) = jiff::fmt::temporal::DateTimeParser::new().parse_pieces(text)
            && let Some(time) = pieces.time()
        {
            let civil = pieces.date().to_datetime(time);
            let (offset, written) = match pieces.to_numeric_offset() {
                Some(offset) => (offset, Some(offset.seconds())),
                None => (Offset::UTC, None),
            };
            let at = offset.to_timestamp(civil).map_err(|_| wrong())?;
            return Ok(Self::Instant { at, offset_secs: written });
        }
        Err(wrong())
    }
}

impl Serialize for Stamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Stamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check_round_trip(text: &str) {
        assert_eq!(text.parse::<Stamp>().expect(text).to_string(), text);
    }

    #[test]
    fn keeps_the_offset_it_was_written_in() {
        check_round_trip("2022-01-10T09:30:00+02:00");
        check_round_trip("2022-01-10T09:30:00-05:30");
        check_round_trip("2022-01-10T09:30:00Z");
        check_round_trip("2022-01-10T09:30:00");
        check_round_trip("2022-01-10");
    }

    #[test]
    fn the_offset_moves_the_instant() {
        let kyiv: Stamp = "2022-01-10T09:30:00+02:00".parse().expect("valid");
        assert_eq!(kyiv.instant().to_string(), "2022-01-10T07:30:00Z");
    }

    #[test]
    fn refuses_what_is_no_time() {
        for text in ["", "soon", "2022-13-01", "10.01.2022", "2022-01-10T25:00:00Z"] {
            assert!(text.parse::<Stamp>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn parsing_never_panics(text in "\\PC{0,40}") {
            let _ = text.parse::<Stamp>();
        }

        #[test]
        fn every_instant_survives_the_text_form(secs in -60_000_000_000i64..200_000_000_000, offset in -50_400i32..50_400) {
            let at = Timestamp::from_second(secs).expect("in range");
            let stamp = Stamp::Instant { at, offset_secs: Some(offset / 60 * 60) };
            prop_assert_eq!(stamp.to_string().parse::<Stamp>().expect("own text"), stamp);
        }
    }
}
