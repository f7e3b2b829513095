//! Everything the program says on the output stream goes through here.
//!
//! A command hands over rows (JSON objects, the contract of `--format json`) and says which columns
//! there are; this module writes them as a table for a person or in a form for a program.

mod table;

pub(crate) use table::{pairs, shortened};

use anyhow::Context as _;
use jiff::tz::TimeZone;
use serde::Serialize;
use serde_json::{Map, Value};
use std::io::{self, BufWriter, IsTerminal as _, Stdout, Write};

/// How rows are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// For people; the default on a terminal.
    Table,
    /// One JSON document.
    Json,
    /// One JSON object per line; the default when the output is no terminal.
    Jsonl,
    /// Comma-separated values with a header.
    Csv,
    /// Tab-separated values with a header; tabs and line breaks in values become spaces.
    Tsv,
}

/// Why the output could not be written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OutputError {
    /// Whoever read the output went away (`| head`): a normal end.
    #[error("nobody reads the output any more")]
    Closed,
    /// Anything else.
    #[error("the output could not be written")]
    Io(#[source] io::Error),
}

impl From<io::Error> for OutputError {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe { Self::Closed } else { Self::Io(error) }
    }
}

/// How a value is shown in a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Number,
    Time,
}

/// One field of the rows of a command.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Column {
    /// The key in JSON and the header in CSV.
    pub(crate) key: &'static str,
    pub(crate) kind: Kind,
    /// Whether tables show it.
    pub(crate) in_table: bool,
}

impl Column {
    pub(crate) const fn text(key: &'static str) -> Self {
        Self { key, kind: Kind::Text, in_table: true }
    }

    pub(crate) const fn number(key: &'static str) -> Self {
        Self { key, kind: Kind::Number, in_table: true }
    }

    pub(crate) const fn time(key: &'static str) -> Self {
        Self { key, kind: Kind::Time, in_table: true }
    }

    /// For programs only.
    pub(crate) const fn hidden(mut self) -> Self {
        self.in_table = false;
        self
    }
}

/// The output stream.
pub(crate) struct Output {
    format: Format,
    zone: TimeZone,
    stream: BufWriter<Stdout>,
}

impl Output {
    /// Without a wish, a terminal gets tables and a program JSON lines.
    pub(crate) fn new(wish: Option<Format>, zone: TimeZone) -> Self {
        let stdout = io::stdout();
        let usual = if stdout.is_terminal() { Format::Table } else { Format::Jsonl };
        Self { format: wish.unwrap_or(usual), zone, stream: BufWriter::new(stdout) }
    }

    pub(crate) fn format(&self) -> Format {
        self.format
    }

    pub(crate) fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// Writes a listing.
    pub(crate) fn rows<T: Serialize>(&mut self, columns: &[Column], rows: &[T]) -> anyhow::Result<()> {
        let rows: Vec<Map<String, Value>> = rows.iter().map(object).collect::<anyhow::Result<_>>()?;
        match self.format {
            Format::Table => {
                let text = table::render(columns, &rows, &self.zone);
                self.line(&text)?;
            }
            Format::Json => self.json(&rows)?,
            Format::Jsonl => {
                for row in &rows {
                    self.json_line(row)?;
                }
            }
            Format::Csv => self.csv(columns, &rows)?,
            Format::Tsv => self.tsv(columns, &rows)?,
        }
        self.flush()
    }

    /// Writes one thing: `text` for people, its JSON for programs, its `columns` as a row of CSV or TSV.
    pub(crate) fn one<T: Serialize>(
        &mut self,
        columns: &[Column],
        thing: &T,
        text: &str,
    ) -> anyhow::Result<()> {
        match self.format {
            Format::Table => self.line(text)?,
            Format::Json => self.json(thing)?,
            Format::Jsonl => self.json_line(thing)?,
            Format::Csv => self.csv(columns, &[object(thing)?])?,
            Format::Tsv => self.tsv(columns, &[object(thing)?])?,
        }
        self.flush()
    }

    /// Writes bytes that are a document of their own.
    pub(crate) fn raw(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
        self.stream.write_all(bytes).map_err(OutputError::from)?;
        self.flush()
    }

    /// Writes one value as a line of JSON; [`Output::flush`] ends a series.
    pub(crate) fn json_line<T: Serialize>(&mut self, value: &T) -> anyhow::Result<()> {
        let mut line = serde_json::to_vec(value).context("a row cannot be written as JSON")?;
        line.push(b'\n');
        Ok(self.stream.write_all(&line).map_err(OutputError::from)?)
    }

    pub(crate) fn flush(&mut self) -> anyhow::Result<()> {
        Ok(self.stream.flush().map_err(OutputError::from)?)
    }

    fn line(&mut self, text: &str) -> anyhow::Result<()> {
        if text.is_empty() {
            return Ok(());
        }
        Ok(writeln!(self.stream, "{}", text.trim_end()).map_err(OutputError::from)?)
    }

    fn json<T: Serialize>(&mut self, value: &T) -> anyhow::Result<()> {
        let mut text = serde_json::to_vec_pretty(value).context("a row cannot be written as JSON")?;
        text.push(b'\n');
        Ok(self.stream.write_all(&text).map_err(OutputError::from)?)
    }

    fn csv(&mut self, columns: &[Column], rows: &[Map<String, Value>]) -> anyhow::Result<()> {
        let mut bytes = Vec::new();
        {
            let mut writer = csv::Writer::from_writer(&mut bytes);
            writer.write_record(columns.iter().map(|column| column.key))?;
            for row in rows {
                writer.write_record(columns.iter().map(|column| plain(row.get(column.key))))?;
            }
            writer.flush()?;
        }
        Ok(self.stream.write_all(&bytes).map_err(OutputError::from)?)
    }

    fn tsv(&mut self, columns: &[Column], rows: &[Map<String, Value>]) -> anyhow::Result<()> {
        let header: Vec<&str> = columns.iter().map(|column| column.key).collect();
        self.line(&header.join("\t"))?;
        for row in rows {
            let cells: Vec<String> = columns
                .iter()
                .map(|column| plain(row.get(column.key)).replace(['\t', '\r', '\n'], " "))
                .collect();
            writeln!(self.stream, "{}", cells.join("\t")).map_err(OutputError::from)?;
        }
        Ok(())
    }
}

fn object<T: Serialize>(row: &T) -> anyhow::Result<Map<String, Value>> {
    match serde_json::to_value(row).context("a row cannot be written as JSON")? {
        Value::Object(fields) => Ok(fields),
        other => anyhow::bail!("a row is {other}, not an object"),
    }
}

/// A value as a cell: nothing for null, the items of a list with `; ` between them.
fn plain(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(items)) => {
            items.iter().map(|item| plain(Some(item))).collect::<Vec<_>>().join("; ")
        }
        Some(other) => other.to_string(),
    }
}

/// A text without control characters: what a stranger wrote must not steer the terminal.
pub(crate) fn printable(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
}
