//! The headers of an answer, and what the ones that matter mean.

use crate::time::{after, http_date, seconds_between};
use jiff::Timestamp;
use reqwest::header::{self, HeaderMap, HeaderName, HeaderValue};
use wirewatch_model::Validators;

/// Longest wait a server can ask for, in seconds: seven days.
pub(crate) const LONGEST_RETRY_AFTER_SECS: i64 = 7 * 24 * 3600;
/// Longest lifetime that is believed, in seconds.
const LONGEST_LIFETIME_SECS: i64 = 24 * 3600;

/// The headers of an answer, names in lower case, in the order received. Values hold one character
/// a byte (Latin-1), so that every value can be sent back byte for byte.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Headers(Vec<(String, String)>);

impl Headers {
    /// The first value of a header.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// All headers.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// All values of a header, joined as RFC 9110 §5.3 allows.
    pub(crate) fn joined(&self, name: &str) -> String {
        let values: Vec<&str> = self.iter().filter(|(key, _)| *key == name).map(|(_, value)| value).collect();
        values.join(", ")
    }

    /// When the server asks us to come again: seconds or an HTTP-date, past dates are now, and
    /// nothing is later than seven days.
    pub(crate) fn retry_after(&self, now: Timestamp) -> Option<Timestamp> {
        let text = self.get("retry-after")?.trim();
        let secs = if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
            text.parse().unwrap_or(i64::MAX)
        } else {
            seconds_between(now, http_date(text)?)
        };
        Some(after(now, secs.clamp(0, LONGEST_RETRY_AFTER_SECS)))
    }

    /// The lifetime the answer grants, in seconds: never 0.
    pub(crate) fn granted_secs(&self, now: Timestamp) -> Option<i64> {
        let granted = self.lifetime(now).filter(|lifetime| lifetime.reusable && lifetime.secs > 0);
        granted.map(|lifetime| lifetime.secs)
    }

    /// How long the answer stays fresh (RFC 9111 §4.2.1): `max-age` less `Age`, else `Expires` less
    /// `Date`. `s-maxage` is for shared caches. `None` when the headers say nothing of it.
    pub(crate) fn lifetime(&self, now: Timestamp) -> Option<Lifetime> {
        let control = self.joined("cache-control").to_ascii_lowercase();
        let directives = || control.split(',').map(str::trim);
        let reusable = !directives().any(|directive| matches!(directive, "no-store" | "no-cache"));
        let max_age = directives().find_map(|directive| {
            let (name, value) = directive.split_once('=')?;
            let digits = value.trim().trim_matches('"');
            let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
            (name.trim_end() == "max-age" && is_number).then(|| digits.parse().unwrap_or(i64::MAX))
        });
        let secs = if let Some(max_age) = max_age {
            let age = self.get("age").and_then(|age| age.trim().parse::<i64>().ok()).unwrap_or(0).max(0);
            max_age.saturating_sub(age)
        } else if let Some(expires) = self.get("expires") {
            // What is no date, `0` above all, has expired already (RFC 9111 §5.3).
            let expires = http_date(expires).unwrap_or(Timestamp::MIN);
            let date = self.get("date").and_then(http_date).unwrap_or(now);
            seconds_between(date, expires)
        } else if reusable {
            return None;
        } else {
            0
        };
        Some(Lifetime { secs: secs.clamp(0, LONGEST_LIFETIME_SECS), reusable })
    }
}

/// What an answer says of its freshness.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lifetime {
    /// For so long nothing new is to be expected; from 0 to a day, in seconds.
    pub(crate) secs: i64,
    /// False for `no-store` and `no-cache`: the time then is a bound to keep and no leave to come again
    /// as soon as it is over.
    pub(crate) reusable: bool,
}

impl From<&HeaderMap> for Headers {
    fn from(map: &HeaderMap) -> Self {
        let latin1 = |value: &HeaderValue| value.as_bytes().iter().map(|byte| char::from(*byte)).collect();
        Self(map.iter().map(|(name, value)| (name.as_str().to_owned(), latin1(value))).collect())
    }
}

impl<'a> FromIterator<(&'a str, &'a str)> for Headers {
    fn from_iter<I: IntoIterator<Item = (&'a str, &'a str)>>(headers: I) -> Self {
        Self(headers.into_iter().map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())).collect())
    }
}

/// The headers that make a request conditional on these validators (RFC 9110 §13.1).
pub(crate) fn conditions(validators: &Validators) -> Vec<(HeaderName, HeaderValue)> {
    let Validators { etag, last_modified, .. } = validators;
    [(header::IF_NONE_MATCH, etag), (header::IF_MODIFIED_SINCE, last_modified)]
        .into_iter()
        .filter_map(|(name, value)| Some((name, as_received(value.as_deref()?)?)))
        .collect()
}

/// A stored header value as the bytes it was received as; `None` when it cannot be one.
fn as_received(value: &str) -> Option<HeaderValue> {
    let bytes: Option<Vec<u8>> = value.chars().map(|letter| u8::try_from(letter).ok()).collect();
    HeaderValue::from_bytes(&bytes?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn now() -> Timestamp {
        "2022-01-10T08:00:00Z".parse().expect("a time")
    }

    #[track_caller]
    fn check_retry(value: &str, want: Option<i64>) {
        let headers: Headers = [("retry-after", value)].into_iter().collect();
        assert_eq!(headers.retry_after(now()).map(|at| seconds_between(now(), at)), want, "{value}");
    }

    #[test]
    fn retry_after_is_read_in_both_forms() {
        check_retry("120", Some(120));
        check_retry("Mon, 10 Jan 2022 10:00:00 GMT", Some(7200));
        check_retry("Monday, 10-Jan-22 10:00:00 GMT", Some(7200));
        check_retry("Mon, 10 Jan 2022 07:00:00 GMT", Some(0));
        check_retry("999999999999999999999999", Some(LONGEST_RETRY_AFTER_SECS));
        check_retry("Mon, 10 Jan 2122 10:00:00 GMT", Some(LONGEST_RETRY_AFTER_SECS));
        for junk in ["", "soon", "-5", "1.5"] {
            check_retry(junk, None);
        }
    }

    #[track_caller]
    fn check_lifetime(headers: &[(&'static str, &'static str)], want: Option<(i64, bool)>) {
        let lifetime = headers.iter().copied().collect::<Headers>().lifetime(now());
        assert_eq!(lifetime.map(|lifetime| (lifetime.secs, lifetime.reusable)), want, "{headers:?}");
    }

    #[test]
    fn a_lifetime_is_max_age_less_age_else_expires() {
        check_lifetime(&[("cache-control", "public, max-age=600"), ("age", "100")], Some((500, true)));
        check_lifetime(&[("cache-control", "max-age=600"), ("expires", "0")], Some((600, true)));
        check_lifetime(&[("expires", "Mon, 10 Jan 2022 08:30:00 GMT")], Some((1800, true)));
        check_lifetime(
            &[("date", "Mon, 10 Jan 2022 08:20:00 GMT"), ("expires", "Mon, 10 Jan 2022 08:30:00 GMT")],
            Some((600, true)),
        );
        check_lifetime(&[("cache-control", "max-age=315360000")], Some((LONGEST_LIFETIME_SECS, true)));
        check_lifetime(&[("cache-control", "s-maxage=9, Max-Age = \"60\"")], Some((60, true)));
        check_lifetime(&[("cache-control", "public"), ("cache-control", "max-age=60")], Some((60, true)));
    }

    #[test]
    fn an_answer_that_is_over_grants_nothing() {
        check_lifetime(&[("cache-control", "max-age=0")], Some((0, true)));
        check_lifetime(&[("expires", "0")], Some((0, true)));
        check_lifetime(&[("cache-control", "max-age=60"), ("age", "90")], Some((0, true)));
        check_lifetime(&[("cache-control", "no-store, max-age=600")], Some((600, false)));
        check_lifetime(&[("cache-control", "no-cache")], Some((0, false)));
        check_lifetime(&[("cache-control", "max-age=-5, s-maxage=60")], None);
        check_lifetime(&[], None);
    }

    #[test]
    fn conditions_are_what_validators_hold_and_can_be_sent() {
        let names = |etag: Option<&str>, last_modified: Option<&str>| -> Vec<HeaderName> {
            let own = |text: Option<&str>| text.map(str::to_owned);
            let validators =
                Validators { etag: own(etag), last_modified: own(last_modified), body_hash: Some(7) };
            conditions(&validators).into_iter().map(|(name, _)| name).collect()
        };
        assert_eq!(
            names(Some("\"7\""), Some("yesterday")),
            [header::IF_NONE_MATCH, header::IF_MODIFIED_SINCE]
        );
        assert_eq!(names(None, Some("yesterday")), [header::IF_MODIFIED_SINCE]);
        assert!(names(Some("a\nb"), Some("\u{20ac}")).is_empty(), "no header can hold these");
        assert!(names(None, None).is_empty());
    }

    proptest! {
        #[test]
        fn any_value_is_sent_back_byte_for_byte(bytes in proptest::collection::vec(prop_oneof![32u8..=126, 128u8..=255], 0..40)) {
            let mut map = HeaderMap::new();
            map.insert("etag", HeaderValue::from_bytes(&bytes).expect("legal bytes"));
            let headers = Headers::from(&map);
            let back = as_received(headers.get("etag").expect("there")).expect("legal");
            prop_assert_eq!(back.as_bytes(), &bytes[..]);
        }
    }
}
