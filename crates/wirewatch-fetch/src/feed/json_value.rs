//! JSON values of bounded size: a list of ten million numbers in a field is skipped and not built.

use serde::{
    Deserializer,
    de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Map, Value};
use std::fmt;

/// Elements kept of a list, and members of an object below the first.
const MOST_PARTS: usize = 64;
/// Deeper values are left.
const DEEPEST: usize = 3;

/// Reads one value; of an object only the members in `names`, of what is inside all up to the bounds.
#[derive(Clone, Copy)]
pub(super) struct Bounded<'n> {
    names: Option<&'n [&'n str]>,
    depth: usize,
}

impl<'n> Bounded<'n> {
    /// An object of which these members matter; anything else as it is.
    pub(super) fn object(names: &'n [&'n str]) -> Self {
        Self { names: Some(names), depth: 0 }
    }

    /// Any value.
    pub(super) fn any() -> Self {
        Self { names: None, depth: 1 }
    }

    fn inner(self) -> Self {
        Self { names: None, depth: self.depth + 1 }
    }
}

impl<'de> DeserializeSeed<'de> for Bounded<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        if self.depth > DEEPEST {
            deserializer.deserialize_ignored_any(IgnoredAny)?;
            return Ok(Value::Null);
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Bounded<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut kept = Vec::new();
        while kept.len() < MOST_PARTS {
            let Some(value) = list.next_element_seed(self.inner())? else { return Ok(kept.into()) };
            kept.push(value);
        }
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(kept.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut kept = Map::new();
        while let Some(name) = map.next_key::<String>()? {
            let wanted = match self.names {
                Some(names) => names.contains(&name.as_str()),
                None => kept.len() < MOST_PARTS,
            };
            if wanted {
                let value = map.next_value_seed(self.inner())?;
                kept.insert(name, value);
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(kept.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, seed: Bounded<'_>) -> Value {
        seed.deserialize(&mut serde_json::Deserializer::from_str(text)).expect("JSON")
    }

    #[test]
    fn small_values_are_read_as_they_are() {
        let text = r#"{"id":-1,"n":1.5,"t":"x","b":true,"z":null,"l":[1,2],"o":{"a":2}}"#;
        let whole: Value = serde_json::from_str(text).expect("JSON");
        assert_eq!(read(text, Bounded::any()), whole);
        assert_eq!(read(text, Bounded::object(&["id"])).to_string(), r#"{"id":-1}"#);
    }

    #[test]
    fn large_values_are_cut() {
        let list = format!("[{}1]", "0,".repeat(1000));
        assert_eq!(read(&list, Bounded::any()).as_array().map(Vec::len), Some(MOST_PARTS));
        let deep = format!("{}{}", "[".repeat(100), "]".repeat(100));
        assert_eq!(read(&deep, Bounded::any()).to_string(), "[[[null]]]");
    }
}
