//! Seed profiles: what a seed article says, in facts and in our own words.

use crate::rules::RulesError;
use crate::rules::reader::{Section, Source};
use crate::term::Term;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The profile of one seed article: never its text.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SeedProfile {
    /// Short name, the file's name without `.toml`.
    pub name: String,
    /// Headline.
    pub title: String,
    /// Who published it.
    pub publisher: String,
    /// `YYYY-MM-DD`, or shorter when no more is known.
    pub date: String,
    /// BCP 47 code of its language.
    pub language: String,
    /// SHA-256 of the source text's bytes, lower-case hexadecimal.
    pub sha256: String,
    /// What it says, in our own words.
    pub summary: String,
    /// Words and phrases that characterise it, heaviest first.
    pub key_terms: Vec<KeyTerm>,
    /// Names of people.
    pub people: Vec<String>,
    /// Names of organisations.
    pub organisations: Vec<String>,
    /// Names of places.
    pub places: Vec<String>,
    /// Topic slug to the paragraphs (non-empty lines, counted from 1) that support it.
    pub topics: BTreeMap<String, Vec<u32>>,
}

/// A characteristic word or phrase.
#[derive(Clone, Debug, PartialEq)]
pub struct KeyTerm {
    /// The word or phrase, `*` where it may go on.
    pub term: String,
    /// 0 to 1: how characteristic it is.
    pub weight: f32,
}

impl SeedProfile {
    /// Reads a profile; `name` is what complaints call the file.
    ///
    /// # Errors
    /// What cannot be read or is not known, with file, line and key.
    pub fn parse(name: &str, text: &str) -> Result<Self, RulesError> {
        let file = format!("seeds/{name}.toml");
        let mut top = Source::new(&file, text).parse()?;
        let mut profile = Self {
            name: name.to_owned(),
            title: top.required_text("title")?,
            publisher: top.text("publisher")?.unwrap_or_default(),
            date: top.text("date")?.unwrap_or_default(),
            language: top.text("language")?.unwrap_or_default(),
            sha256: top.required_text("sha256")?,
            summary: top.text("abstract")?.unwrap_or_default(),
            people: names(&mut top, "people")?,
            organisations: names(&mut top, "organisations")?,
            places: names(&mut top, "places")?,
            ..Self::default()
        };
        // Remarks on where the facts come from are for the reader of the file.
        top.text("note")?;
        if profile.sha256.len() != 64 || !profile.sha256.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(top.complaint("sha256", "is not 64 hexadecimal digits"));
        }
        for section in top.sections("key_term")? {
            profile.key_terms.push(key_term(section)?);
        }
        if let Some(mut topics) = top.section("topics")? {
            for slug in topics.remaining_keys() {
                for text in topics.texts_under(&slug)? {
                    let paragraphs = parse_paragraphs(&text).ok_or_else(|| {
                        topics.complaint(&slug, format!("is no list of paragraphs: '{text}'"))
                    })?;
                    profile.topics.entry(slug.clone()).or_default().extend(paragraphs);
                }
            }
            topics.finish()?;
        }
        top.finish()?;
        Ok(profile)
    }

    /// The profile as the text of its file.
    pub fn to_toml(&self) -> String {
        let mut out = String::new();
        for (key, value) in [
            ("title", &self.title),
            ("publisher", &self.publisher),
            ("date", &self.date),
            ("language", &self.language),
            ("sha256", &self.sha256),
            ("abstract", &self.summary),
        ] {
            line(&mut out, key, &quoted(value));
        }
        for (key, names) in
            [("people", &self.people), ("organisations", &self.organisations), ("places", &self.places)]
        {
            let names: Vec<String> = names.iter().map(|name| quoted(name)).collect();
            line(&mut out, key, &format!("[{}]", names.join(", ")));
        }
        for key_term in &self.key_terms {
            out.push_str("\n[[key_term]]\n");
            line(&mut out, "term", &quoted(&key_term.term));
            line(&mut out, "weight", &format!("{:.2}", key_term.weight));
        }
        if !self.topics.is_empty() {
            out.push_str("\n[topics]\n");
            for (slug, paragraphs) in &self.topics {
                line(&mut out, slug, &format!("[{}]", quoted(&write_paragraphs(paragraphs))));
            }
        }
        out
    }
}

fn names(top: &mut Section<'_>, key: &'static str) -> Result<Vec<String>, RulesError> {
    Ok(top.texts(key)?.into_iter().map(|(name, _)| name).collect())
}

fn key_term(mut section: Section<'_>) -> Result<KeyTerm, RulesError> {
    let term = section.required_text("term")?;
    if Term::parse(&term).is_err() {
        return Err(section.complaint("term", format!("cannot be searched for: '{term}'")));
    }
    let weight = section.number("weight", 0.0..=1.0)?.ok_or_else(|| section.missing("weight"))?;
    section.finish()?;
    Ok(KeyTerm { term, weight })
}

fn line(out: &mut String, key: &str, value: &str) {
    // Writing to a string cannot fail.
    let _ = writeln!(out, "{key} = {value}");
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// Reads `¶5-6 ¶19` (at most paragraph 9,999).
pub(crate) fn parse_paragraphs(text: &str) -> Option<Vec<u32>> {
    let mut paragraphs = Vec::new();
    for piece in text.split_whitespace() {
        let piece = piece.strip_prefix('¶')?;
        let (first, last) = piece.split_once('-').unwrap_or((piece, piece));
        let (first, last) = (first.parse::<u32>().ok()?, last.parse::<u32>().ok()?);
        if first == 0 || first > last || last > 9_999 {
            return None;
        }
        paragraphs.extend(first..=last);
    }
    (!paragraphs.is_empty()).then_some(paragraphs)
}

/// The inverse of [`parse_paragraphs`] for ascending paragraphs.
pub(crate) fn write_paragraphs(paragraphs: &[u32]) -> String {
    let mut runs: Vec<(u32, u32)> = Vec::new();
    for &paragraph in paragraphs {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == paragraph => *last = paragraph,
            _ => runs.push((paragraph, paragraph)),
        }
    }
    let written: Vec<String> = runs
        .into_iter()
        .map(|(first, last)| if first == last { format!("¶{first}") } else { format!("¶{first}-{last}") })
        .collect();
    written.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paragraphs_survive_their_text_form() {
        assert_eq!(parse_paragraphs("¶5-6 ¶19"), Some(vec![5, 6, 19]));
        assert_eq!(write_paragraphs(&[5, 6, 19]), "¶5-6 ¶19");
        for wrong in ["", "5", "¶0", "¶6-5", "¶x", "¶1-99999999"] {
            assert_eq!(parse_paragraphs(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_profile_survives_its_text_form() {
        let profile = SeedProfile {
            name: "one".into(),
            title: "A \"quoted\" headline".into(),
            publisher: "Example".into(),
            date: "2022-01".into(),
            language: "en".into(),
            sha256: "0".repeat(64),
            summary: "Two\nlines".into(),
            key_terms: vec![KeyTerm { term: "draft treat*".into(), weight: 0.75 }],
            people: vec!["A. Person".into()],
            organisations: vec![],
            places: vec!["Geneva".into()],
            topics: BTreeMap::from([("sanctions".into(), vec![1, 2, 7])]),
        };
        assert_eq!(SeedProfile::parse("one", &profile.to_toml()), Ok(profile));
    }
}
