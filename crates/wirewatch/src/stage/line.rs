//! One line of a stage filter: reading its fields, and the answer with what is copied through.

use anyhow::{Context as _, anyhow, bail};
use serde::{
    Deserialize, Serialize, Serializer,
    de::{Deserializer, MapAccess, Visitor},
};
use serde_json::{Value, json, value::RawValue};
use std::{
    borrow::Cow,
    collections::HashSet,
    fmt,
    fs::File,
    io::{self, Read as _},
    path::Path,
};

/// Fields that carry a body: never copied through, so that filters can be piped into one another.
const BODIES: &[&str] = &["path", "html", "body", "body_base64"];

/// Largest file or decompressed body, in bytes: a page or feed beyond it is a mistake or an attack.
const LARGEST: u64 = 256 << 20;

/// Longest title or text of an article, in bytes.
const LONGEST_TEXT: usize = 16 << 20;

/// Room for an answer of usual size: an article with its tags.
const LINE_BYTES: usize = 8 << 10;

/// A line as its fields.
pub(crate) struct Line {
    fields: Vec<(String, Field)>,
}

/// The value of a field. What is no text stays as it was written: numbers keep every digit.
#[derive(Clone)]
pub(crate) enum Field {
    Text(String),
    Written(Box<RawValue>),
    /// Made by a stage.
    Made(Value),
}

impl Field {
    fn is_null(&self) -> bool {
        match self {
            Self::Text(_) => false,
            Self::Written(raw) => raw.get() == "null",
            Self::Made(value) => value.is_null(),
        }
    }
}

impl From<Value> for Field {
    fn from(value: Value) -> Self {
        Self::Made(value)
    }
}

impl From<&RawValue> for Field {
    fn from(raw: &RawValue) -> Self {
        // A text with an escape that is no letter cannot be read, but can be copied through.
        match serde_json::from_str::<String>(raw.get()) {
            Ok(text) if raw.get().starts_with('"') => Self::Text(text),
            _ => Self::Written(raw.to_owned()),
        }
    }
}

impl Serialize for Field {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => text.serialize(serializer),
            Self::Written(raw) => raw.serialize(serializer),
            Self::Made(value) => value.serialize(serializer),
        }
    }
}

/// What one line is answered with.
pub(crate) struct Answer {
    bytes: Vec<u8>,
    error: bool,
}

impl Answer {
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(crate) fn is_error(&self) -> bool {
        self.error
    }

    /// The answer to a line whose stage panicked.
    pub(crate) fn internal_fault(line: &[u8]) -> Self {
        let id = Line::parse(line).map_or(Field::Made(Value::Null), |line| line.id());
        Self::failed(id, "internal fault: the stage panicked; please report this line", Vec::new())
    }

    fn failed(id: Field, error: &str, fields: Vec<(&'static str, Value)>) -> Self {
        let mut answer = vec![("id", id), ("error", json!(error).into())];
        answer.extend(fields.into_iter().map(|(key, value)| (key, value.into())));
        Self { bytes: to_line(&answer), error: true }
    }
}

/// A line that cannot be answered; `fields` stand beside the error.
#[derive(Debug)]
pub(crate) struct LineError {
    pub(crate) error: anyhow::Error,
    pub(crate) fields: Vec<(&'static str, Value)>,
}

impl<E: Into<anyhow::Error>> From<E> for LineError {
    fn from(error: E) -> Self {
        Self { error: error.into(), fields: Vec::new() }
    }
}

/// Answers a line with its own fields, less the bodies, and those the stage writes.
///
/// A line that an earlier filter could not answer is passed on as it is.
pub(crate) fn answer<F: Into<Field>>(
    bytes: &[u8],
    stage: impl FnOnce(&Line) -> Result<Vec<(&'static str, F)>, LineError>,
) -> Answer {
    let line = match Line::parse(bytes) {
        Ok(line) => line,
        Err(error) => return Answer::failed(Value::Null.into(), &format!("{error:#}"), Vec::new()),
    };
    if line.field("error").is_some() {
        return Answer { bytes: to_line(&line.fields), error: true };
    }
    match stage(&line) {
        Ok(written) => Answer { bytes: to_line(&line.into_answer(written)), error: false },
        Err(LineError { error, fields }) => Answer::failed(line.id(), &format!("{error:#}"), fields),
    }
}

fn to_line<K: AsRef<str>>(fields: &[(K, Field)]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(LINE_BYTES);
    let mut serializer = serde_json::Serializer::new(&mut bytes);
    #[allow(clippy::expect_used, reason = "fields have text keys and memory takes every write")]
    serializer
        .collect_map(fields.iter().map(|(key, value)| (key.as_ref(), value)))
        .expect("fields can be written to memory");
    bytes.push(b'\n');
    bytes
}

impl Line {
    fn parse(bytes: &[u8]) -> anyhow::Result<Self> {
        // Programs of Windows put a mark at the beginning of a file.
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        if !bytes.trim_ascii_start().starts_with(b"{") {
            let value: Result<serde::de::IgnoredAny, _> = serde_json::from_slice(bytes);
            value.context("the line is not JSON")?;
            bail!("the line is not a JSON object");
        }
        let line: Self = serde_json::from_slice(bytes).context("the line is not JSON")?;
        if line.fields.iter().all(|(key, _)| key != "id") {
            bail!("the line has no field id");
        }
        Ok(line)
    }

    /// A field that is there and not null.
    fn field(&self, key: &str) -> Option<&Field> {
        let (_, field) = self.fields.iter().find(|(name, _)| name == key)?;
        (!field.is_null()).then_some(field)
    }

    /// The id as it was given.
    pub(crate) fn id(&self) -> Field {
        self.field("id").cloned().unwrap_or(Field::Made(Value::Null))
    }

    /// A text that must be there.
    pub(crate) fn text(&self, key: &str) -> anyhow::Result<&str> {
        self.optional_text(key)?.ok_or_else(|| anyhow!("field {key} is missing"))
    }

    /// A title or text of an article: what is longer than any article is not judged.
    pub(crate) fn article_text(&self, key: &str) -> anyhow::Result<&str> {
        let text = self.text(key)?;
        if text.len() > LONGEST_TEXT {
            bail!("field {key} is longer than {} MiB", LONGEST_TEXT >> 20);
        }
        Ok(text)
    }

    /// A text that may be absent or null.
    pub(crate) fn optional_text(&self, key: &str) -> anyhow::Result<Option<&str>> {
        match self.field(key) {
            None => Ok(None),
            Some(Field::Text(text)) => Ok(Some(text)),
            Some(_) => bail!("field {key} is not a string"),
        }
    }

    /// A field of any type; `None` when absent or null.
    pub(crate) fn value(&self, key: &str) -> anyhow::Result<Option<Value>> {
        Ok(match self.field(key) {
            None => None,
            Some(Field::Text(text)) => Some(Value::String(text.clone())),
            Some(Field::Made(value)) => Some(value.clone()),
            Some(Field::Written(raw)) => {
                Some(serde_json::from_str(raw.get()).with_context(|| format!("field {key} cannot be read"))?)
            }
        })
    }

    /// The body: the field `inline`, the file `path` (`.gz` is opened), or for feeds `body_base64`.
    pub(crate) fn body(&self, inline: &str) -> anyhow::Result<Cow<'_, [u8]>> {
        if let Some(text) = self.optional_text(inline)? {
            return Ok(Cow::Borrowed(text.as_bytes()));
        }
        if let Some(encoded) = self.optional_text("body_base64")? {
            use base64::Engine as _;
            return base64::engine::general_purpose::STANDARD
                .decode(encoded)
                .map(Cow::Owned)
                .context("field body_base64 is not base64");
        }
        let Some(path) = self.optional_text("path")? else {
            return Err(anyhow!("field path or {inline} is missing"));
        };
        read_file(Path::new(path)).map(Cow::Owned).with_context(|| format!("{path} cannot be read"))
    }

    /// Its own fields, less the bodies, and what the stage writes. Nothing is copied: a line is used up.
    fn into_answer<F: Into<Field>>(self, written: Vec<(&'static str, F)>) -> Vec<(String, Field)> {
        let mut fields = self.fields;
        fields.retain(|(key, _)| {
            !BODIES.contains(&key.as_str()) && written.iter().all(|(name, _)| *name != key.as_str())
        });
        fields.extend(written.into_iter().map(|(key, value)| (key.to_owned(), value.into())));
        fields
    }
}

impl<'de> Deserialize<'de> for Line {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;
        impl<'de> Visitor<'de> for Fields {
            type Value = Line;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Line, M::Error> {
                let mut fields: Vec<(String, Field)> = Vec::new();
                while let Some((key, raw)) = map.next_entry::<String, &RawValue>()? {
                    fields.push((key, raw.into()));
                }
                // Of a field that is given twice the last counts.
                let mut met = HashSet::new();
                let last: Vec<bool> = fields.iter().rev().map(|(key, _)| met.insert(key.as_str())).collect();
                if last.contains(&false) {
                    let mut last = last.into_iter().rev();
                    fields.retain(|_| last.next().unwrap_or(true));
                }
                Ok(Line { fields })
            }
        }
        deserializer.deserialize_map(Fields)
    }
}

/// Reads a file, opening gzip by its name.
pub(crate) fn read_file(path: &Path) -> io::Result<Vec<u8>> {
    let file = File::open(path)?;
    let mut bytes = Vec::new();
    let gzip = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("gz"));
    let read = if gzip {
        flate2::read::MultiGzDecoder::new(file).take(LARGEST + 1).read_to_end(&mut bytes)?
    } else {
        file.take(LARGEST + 1).read_to_end(&mut bytes)?
    };
    if read as u64 > LARGEST {
        return Err(io::Error::other("larger than 256 MiB"));
    }
    Ok(bytes)
}

/// A score for people and programs: four decimals are more than it means.
pub(crate) fn score(value: f32) -> Value {
    json!((f64::from(value) * 10_000.0).round() / 10_000.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    fn answered(line: &str, written: Vec<(&'static str, Value)>) -> Value {
        let answer = answer(line.as_bytes(), |_: &Line| Ok(written));
        serde_json::from_slice(answer.bytes()).expect("JSON")
    }

    #[test]
    fn copies_everything_but_bodies_and_what_the_stage_writes() {
        let got = answered(
            r#"{"id":1,"path":"p","html":"h","body":"b","body_base64":"Yg==","note":[1],"title":"old"}"#,
            vec![("title", json!("new"))],
        );
        assert_eq!(got, json!({"id": 1, "note": [1], "title": "new"}));
    }

    #[test]
    fn numbers_keep_every_digit() {
        let line = r#"{"id":123456789012345678901234567890,"price":2.50,"list":[1e2,{"n":-0.0}]}"#;
        let answer = answer(line.as_bytes(), |_| Ok(Vec::<(_, Value)>::new()));
        assert_eq!(answer.bytes(), format!("{line}\n").as_bytes());
    }

    #[test]
    fn a_byte_order_mark_is_no_part_of_the_line() {
        assert_eq!(answered("\u{feff}{\"id\":1}", vec![]), json!({"id": 1}));
    }

    #[test]
    fn of_a_field_given_twice_the_last_counts() {
        let line = r#"{"id":1,"note":1,"id":2,"note":3}"#;
        assert_eq!(answered(line, vec![]), json!({"id": 2, "note": 3}));
    }

    #[test]
    fn a_text_longer_than_any_article_is_refused() {
        let line = json!({"id": 1, "text": "x".repeat(LONGEST_TEXT + 1)}).to_string();
        let line = Line::parse(line.as_bytes()).unwrap_or_else(|error| panic!("{error}"));
        assert!(line.text("text").is_ok());
        let error = line.article_text("text").expect_err("too long");
        assert_eq!(error.to_string(), "field text is longer than 16 MiB");
    }

    #[test]
    fn an_error_of_an_earlier_filter_is_passed_on() {
        let got = answer::<Value>(br#"{"id":3,"error":"no feed"}"#, |_| panic!("not asked"));
        assert!(got.is_error());
        assert_eq!(got.bytes(), b"{\"id\":3,\"error\":\"no feed\"}\n");
    }

    #[test]
    fn bodies_come_inline_from_base64_and_from_files() {
        let folder = tempfile::tempdir().expect("folder");
        let plain = folder.path().join("a.html");
        std::fs::write(&plain, "<p>plain").expect("written");
        let packed = folder.path().join("b.html.gz");
        let mut encoder =
            flate2::write::GzEncoder::new(File::create(&packed).expect("made"), flate2::Compression::fast());
        encoder.write_all(b"<p>packed").expect("written");
        encoder.finish().expect("written");
        let body = |fields: Value| {
            Line::parse(fields.to_string().as_bytes()).and_then(|line| Ok(line.body("html")?.into_owned()))
        };
        assert_eq!(body(json!({"id": 1, "html": "<p>"})).expect("inline"), b"<p>");
        assert_eq!(body(json!({"id": 1, "body_base64": "PHA+"})).expect("base64"), b"<p>");
        assert_eq!(body(json!({"id": 1, "path": plain})).expect("file"), b"<p>plain");
        assert_eq!(body(json!({"id": 1, "path": packed})).expect("gzip"), b"<p>packed");
        assert!(body(json!({"id": 1})).is_err());
        assert!(body(json!({"id": 1, "path": folder.path().join("none")})).is_err());
        assert!(body(json!({"id": 1, "body_base64": "%"})).is_err());
    }

    #[test]
    fn scores_are_short() {
        assert_eq!(score(0.87).to_string(), "0.87");
        assert_eq!(score(1.0).to_string(), "1.0");
    }
}
