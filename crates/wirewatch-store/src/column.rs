//! How our values stand in columns.

use jiff::Timestamp;
use rusqlite::ToSql;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSqlOutput, Value, ValueRef};
use serde::{Serialize, de::DeserializeOwned};
use std::time::Duration;
use wirewatch_model::Stamp;

/// An instant as integer microseconds UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Micros(pub(crate) Timestamp);

impl ToSql for Micros {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.0.as_microsecond().into())
    }
}

impl FromSql for Micros {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        Timestamp::from_microsecond(i64::column_result(value)?).map(Self).map_err(FromSqlError::other)
    }
}

/// A hash of 128 bits as 16 bytes, big-endian.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Hash128(pub(crate) u128);

impl ToSql for Hash128 {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Owned(Value::Blob(self.0.to_be_bytes().to_vec())))
    }
}

impl FromSql for Hash128 {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        <[u8; 16]>::column_result(value).map(|bytes| Self(u128::from_be_bytes(bytes)))
    }
}

/// A value as JSON text.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Json<T>(pub(crate) T);

impl<T: Serialize> ToSql for Json<T> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        serde_json::to_string(&self.0)
            .map(Into::into)
            .map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))
    }
}

impl<T: DeserializeOwned> FromSql for Json<T> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        serde_json::from_str(value.as_str()?).map(Self).map_err(FromSqlError::other)
    }
}

/// A hash of 64 bits as SQLite's signed integer.
pub(crate) fn signed(hash: u64) -> i64 {
    hash.cast_signed()
}

/// [`signed`], back.
pub(crate) fn unsigned(stored: i64) -> u64 {
    stored.cast_unsigned()
}

/// The time that long after another, held to the range of [`Timestamp`].
pub(crate) fn after(at: Timestamp, wait: Duration) -> Timestamp {
    at.checked_add(wait).unwrap_or(Timestamp::MAX)
}

/// RFC 3339 in UTC, as the views give it: in microseconds, trailing zeros left out.
pub(crate) fn rfc3339(at: Timestamp) -> String {
    // Sub-microsecond digits are not stored, so what is read back never has any.
    // Whole seconds, as the views have them: a fixed width keeps the order of texts that of times.
    let seconds = at.as_microsecond().div_euclid(1_000_000);
    Timestamp::from_second(seconds).unwrap_or(at).to_string()
}

/// The text form of a stamp when the instant alone would lose something.
pub(crate) fn as_written(stamp: Option<Stamp>) -> Option<String> {
    stamp.map(|stamp| stamp.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn hashes_survive_the_column(small: u64, large: u128) {
            prop_assert_eq!(unsigned(signed(small)), small);
            let bytes = large.to_be_bytes();
            prop_assert_eq!(Hash128::column_result(ValueRef::Blob(&bytes)).expect("16 bytes").0, large);
        }
    }

    #[test]
    fn a_hash_of_another_length_is_an_error() {
        assert!(Hash128::column_result(ValueRef::Blob(&[1, 2, 3])).is_err());
    }

    #[test]
    fn waiting_past_the_end_of_time_stops_there() {
        assert_eq!(after(Timestamp::MAX, Duration::from_secs(1)), Timestamp::MAX);
    }
}
