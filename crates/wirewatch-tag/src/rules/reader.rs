//! Reading TOML by hand, so that every complaint names file, line and key.

use super::RulesError;
use std::{collections::BTreeMap, ops::Range, rc::Rc};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A file of rules: its name for complaints and its text for line numbers.
#[derive(Clone)]
pub(crate) struct Source<'a> {
    file: &'a str,
    text: &'a str,
    /// The bytes where lines end, found once: every term asks for its line.
    line_ends: Rc<[usize]>,
}

impl<'a> Source<'a> {
    pub(crate) fn new(file: &'a str, text: &'a str) -> Self {
        let line_ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at);
        Self { file, text, line_ends: line_ends.collect() }
    }

    pub(crate) fn parse(&self) -> Result<Section<'a>, RulesError> {
        match DeTable::parse(self.text) {
            Ok(table) => {
                let span = table.span();
                Ok(Section::new(self.clone(), String::new(), span, table.into_inner()))
            }
            Err(error) => Err(RulesError::Syntax {
                file: self.file.to_owned(),
                line: self.line(error.span().map_or(0, |span| span.start)),
                message: error.message().lines().next().unwrap_or_default().to_owned(),
            }),
        }
    }

    fn line(&self, byte: usize) -> usize {
        1 + self.line_ends.partition_point(|&end| end < byte)
    }
}

/// A table whose keys are taken one by one; [`Section::finish`] refuses what nobody took.
pub(crate) struct Section<'a> {
    source: Source<'a>,
    path: String,
    span: Range<usize>,
    values: BTreeMap<String, (Range<usize>, DeValue<'a>)>,
    known: Vec<&'static str>,
}

impl<'a> Section<'a> {
    fn new(source: Source<'a>, path: String, span: Range<usize>, table: DeTable<'a>) -> Self {
        let values = table
            .into_iter()
            .map(|(key, value)| {
                let span = key.span();
                (key.into_inner().into_owned(), (span, value.into_inner()))
            })
            .collect();
        Self { source, path, span, values, known: Vec::new() }
    }

    fn take(&mut self, key: &'static str) -> Option<(Range<usize>, DeValue<'a>)> {
        self.known.push(key);
        self.values.remove(key)
    }

    fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    fn wrong(&self, at: &Range<usize>, key: &str, message: impl Into<String>) -> RulesError {
        RulesError::Value {
            file: self.source.file.to_owned(),
            line: self.source.line(at.start),
            key: self.path_of(key),
            message: message.into(),
        }
    }

    /// A complaint about the section as a whole.
    pub(crate) fn complaint(&self, key: &str, message: impl Into<String>) -> RulesError {
        self.wrong(&self.span, key, message)
    }

    pub(crate) fn missing(&self, key: &str) -> RulesError {
        RulesError::Missing {
            file: self.source.file.to_owned(),
            line: self.source.line(self.span.start),
            key: self.path_of(key),
        }
    }

    pub(crate) fn text(&mut self, key: &'static str) -> Result<Option<String>, RulesError> {
        match self.take(key) {
            None => Ok(None),
            Some((_, DeValue::String(text))) => Ok(Some(text.trim().to_owned())),
            Some((at, other)) => Err(self.wrong(&at, key, wants("a string", &other))),
        }
    }

    pub(crate) fn required_text(&mut self, key: &'static str) -> Result<String, RulesError> {
        match self.text(key)? {
            Some(text) if !text.is_empty() => Ok(text),
            _ => Err(self.missing(key)),
        }
    }

    /// A number within `range`.
    pub(crate) fn number(
        &mut self,
        key: &'static str,
        range: std::ops::RangeInclusive<f32>,
    ) -> Result<Option<f32>, RulesError> {
        let Some((at, value)) = self.take(key) else { return Ok(None) };
        let number = match &value {
            DeValue::Integer(number) => number.as_str().parse::<f32>().ok(),
            DeValue::Float(number) => number.as_str().parse::<f32>().ok(),
            _ => None,
        };
        match number {
            Some(number) if range.contains(&number) => Ok(Some(number)),
            Some(number) => {
                let message = format!("{number} is not between {} and {}", range.start(), range.end());
                Err(self.wrong(&at, key, message))
            }
            None => Err(self.wrong(&at, key, wants("a number", &value))),
        }
    }

    pub(crate) fn flag(&mut self, key: &'static str) -> Result<bool, RulesError> {
        match self.take(key) {
            None => Ok(false),
            Some((_, DeValue::Boolean(flag))) => Ok(flag),
            Some((at, other)) => Err(self.wrong(&at, key, wants("true or false", &other))),
        }
    }

    /// A list of strings with their lines; empty when the key is not there.
    pub(crate) fn texts(&mut self, key: &'static str) -> Result<Vec<(String, usize)>, RulesError> {
        let Some((at, value)) = self.take(key) else { return Ok(Vec::new()) };
        let DeValue::Array(items) = value else {
            return Err(self.wrong(&at, key, wants("a list of strings", &value)));
        };
        let mut texts = Vec::with_capacity(items.len());
        for item in items.into_iter() {
            let at = item.span();
            match item.into_inner() {
                DeValue::String(text) => texts.push((text.trim().to_owned(), self.source.line(at.start))),
                other => return Err(self.wrong(&at, key, wants("a list of strings", &other))),
            }
        }
        Ok(texts)
    }

    pub(crate) fn section(&mut self, key: &'static str) -> Result<Option<Section<'a>>, RulesError> {
        match self.take(key) {
            None => Ok(None),
            Some((at, DeValue::Table(table))) => {
                Ok(Some(Section::new(self.source.clone(), self.path_of(key), at, table)))
            }
            Some((at, other)) => Err(self.wrong(&at, key, wants("a table", &other))),
        }
    }

    /// An array of tables (`[[key]]`); empty when the key is not there.
    pub(crate) fn sections(&mut self, key: &'static str) -> Result<Vec<Section<'a>>, RulesError> {
        let Some((at, value)) = self.take(key) else { return Ok(Vec::new()) };
        let DeValue::Array(items) = value else {
            return Err(self.wrong(&at, key, wants("an array of tables", &value)));
        };
        let mut sections = Vec::with_capacity(items.len());
        for item in items.into_iter() {
            let at = Spanned::span(&item);
            match item.into_inner() {
                DeValue::Table(table) => {
                    sections.push(Section::new(self.source.clone(), self.path_of(key), at, table));
                }
                other => return Err(self.wrong(&at, key, wants("an array of tables", &other))),
            }
        }
        Ok(sections)
    }

    /// The keys that are left, for tables whose keys are data.
    pub(crate) fn remaining_keys(&self) -> Vec<String> {
        self.values.keys().cloned().collect()
    }

    /// A list of strings under a key that is data.
    pub(crate) fn texts_under(&mut self, key: &str) -> Result<Vec<String>, RulesError> {
        let Some((at, value)) = self.values.remove(key) else { return Ok(Vec::new()) };
        let DeValue::Array(items) = &value else {
            return Err(self.wrong(&at, key, wants("a list of strings", &value)));
        };
        items
            .iter()
            .map(|item| match item.get_ref() {
                DeValue::String(text) => Ok(text.trim().to_owned()),
                other => Err(self.wrong(&item.span(), key, wants("a list of strings", other))),
            })
            .collect()
    }

    pub(crate) fn line_of(&self) -> usize {
        self.source.line(self.span.start)
    }

    pub(crate) fn complaint_at(&self, line: usize, key: &str, message: impl Into<String>) -> RulesError {
        RulesError::Value {
            file: self.source.file.to_owned(),
            line,
            key: self.path_of(key),
            message: message.into(),
        }
    }

    /// Refuses keys nobody asked for.
    pub(crate) fn finish(self) -> Result<(), RulesError> {
        let Some((key, (at, _))) = self.values.iter().min_by_key(|(_, (at, _))| at.start) else {
            return Ok(());
        };
        Err(RulesError::UnknownKey {
            file: self.source.file.to_owned(),
            line: self.source.line(at.start),
            key: self.path_of(key),
            nearest: nearest(key, self.known.iter().copied()).map(str::to_owned),
        })
    }
}

/// The known word most like `word`, when one is near enough to be meant.
pub(crate) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(word, candidate), candidate))
        .filter(|(likeness, _)| *likeness > 0.75)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

fn wants(what: &str, found: &DeValue<'_>) -> String {
    format!("wants {what}, found {}", found.type_str())
}
