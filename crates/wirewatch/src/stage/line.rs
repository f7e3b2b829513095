//! One line of a stage filter: reading its fields, and the answer with what is copied through.

use anyhow::{Context as _, anyhow, bail};
use serde_json::{Map, Value, json};
use std::{
    borrow::Cow,
    fs::File,
    io::{self, Read as _},
    path::Path,
};

/// Fields that carry a body: never copied through, so that filters can be piped into one another.
const BODIES: &[&str] = &["path", "html", "body", "body_base64"];

/// Largest file or decompressed body, in bytes: a page or feed beyond it is a mistake or an attack.
const LARGEST: u64 = 256 << 20;

/// Room for an answer of usual size: an article with its tags.
const LINE_BYTES: usize = 8 << 10;

/// A line as its fields.
pub(crate) struct Line {
    fields: Map<String, Value>,
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
        let id = Line::parse(line).map_or(Value::Null, |line| line.id());
        Self::error(
            &json!({"id": id, "error": "internal fault: the stage panicked; please report this line"}),
        )
    }

    fn error(value: &Value) -> Self {
        Self { bytes: to_line(value), error: true }
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
pub(crate) fn answer(
    bytes: &[u8],
    stage: impl FnOnce(&Line) -> Result<Vec<(&'static str, Value)>, LineError>,
) -> Answer {
    let line = match Line::parse(bytes) {
        Ok(line) => line,
        Err(error) => return Answer::error(&json!({"id": null, "error": format!("{error:#}")})),
    };
    if line.fields.get("error").is_some_and(|error| !error.is_null()) {
        return Answer::error(&Value::Object(line.fields));
    }
    match stage(&line) {
        Ok(written) => Answer { bytes: to_line(&line.into_answer(written)), error: false },
        Err(LineError { error, fields }) => {
            let mut answer = Map::new();
            answer.insert("id".to_owned(), line.id());
            answer.insert("error".to_owned(), json!(format!("{error:#}")));
            answer.extend(fields.into_iter().map(|(key, value)| (key.to_owned(), value)));
            Answer::error(&Value::Object(answer))
        }
    }
}

fn to_line(value: &Value) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(LINE_BYTES);
    #[allow(clippy::expect_used, reason = "a JSON value has text keys and memory takes every write")]
    serde_json::to_writer(&mut bytes, value).expect("a JSON value can be written to memory");
    bytes.push(b'\n');
    bytes
}

impl Line {
    fn parse(bytes: &[u8]) -> anyhow::Result<Self> {
        let value: Value = serde_json::from_slice(bytes).context("the line is not JSON")?;
        match value {
            Value::Object(fields) if fields.contains_key("id") => Ok(Self { fields }),
            Value::Object(_) => bail!("the line has no field id"),
            _ => bail!("the line is not a JSON object"),
        }
    }

    /// The id as it was given.
    pub(crate) fn id(&self) -> Value {
        self.fields.get("id").cloned().unwrap_or(Value::Null)
    }

    /// A text that must be there.
    pub(crate) fn text(&self, key: &str) -> anyhow::Result<&str> {
        match self.fields.get(key) {
            Some(Value::String(text)) => Ok(text),
            None | Some(Value::Null) => bail!("field {key} is missing"),
            Some(_) => bail!("field {key} is not a string"),
        }
    }

    /// A text that may be absent or null.
    pub(crate) fn optional_text(&self, key: &str) -> anyhow::Result<Option<&str>> {
        match self.fields.get(key) {
            None | Some(Value::Null) => Ok(None),
            Some(_) => self.text(key).map(Some),
        }
    }

    /// A field of any type; `None` when absent or null.
    pub(crate) fn value(&self, key: &str) -> Option<&Value> {
        self.fields.get(key).filter(|value| !value.is_null())
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
    fn into_answer(self, written: Vec<(&'static str, Value)>) -> Value {
        let mut fields = self.fields;
        fields.retain(|key, _| {
            !BODIES.contains(&key.as_str()) && written.iter().all(|(name, _)| *name != key.as_str())
        });
        fields.extend(written.into_iter().map(|(key, value)| (key.to_owned(), value)));
        Value::Object(fields)
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
        let answer = answer(line.as_bytes(), |_| Ok(written));
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
    fn an_error_of_an_earlier_filter_is_passed_on() {
        let got = answer(br#"{"id":3,"error":"no feed"}"#, |_| panic!("not asked"));
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
