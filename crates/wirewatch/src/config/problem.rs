//! What is wrong with the configuration, told so that a person finds the place.

use std::{
    fmt,
    ops::Range,
    path::{Path, PathBuf},
};

/// The layer that set a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    BuiltIn,
    /// `line` is `None` when the file as a whole is meant.
    File {
        path: PathBuf,
        line: Option<usize>,
    },
    Environment(String),
    Flag(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BuiltIn => f.write_str("default"),
            Self::File { path, line: Some(line) } => write!(f, "{}:{line}", path.display()),
            Self::File { path, line: None } => write!(f, "{}", path.display()),
            Self::Environment(name) => write!(f, "environment {name}"),
            Self::Flag(flag) => write!(f, "flag {flag}"),
        }
    }
}

/// One thing that is wrong with the configuration, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    pub(crate) origin: Origin,
    pub(crate) message: String,
}

impl Problem {
    /// By file from its top, what stands in no file last.
    fn place(&self) -> (bool, Option<&Path>, Option<usize>) {
        match &self.origin {
            Origin::File { path, line } => (false, Some(path), *line),
            _ => (true, None, None),
        }
    }

    /// Sorts them as a person reads files.
    pub(crate) fn sort(problems: &mut [Self]) {
        problems.sort_by(|one, other| one.place().cmp(&other.place()));
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.origin, self.message)
    }
}

/// The line (from 1) in which a byte of a text stands.
pub(crate) fn line_of(text: &str, span: &Range<usize>) -> usize {
    let end = span.start.min(text.len());
    1 + text.as_bytes()[..end].iter().filter(|byte| **byte == b'\n').count()
}

/// Says that a name is not known and which known one is nearest, whatever its case; when none is near, what
/// there is.
pub(crate) fn unknown<'a>(what: &str, name: &str, known: impl Iterator<Item = &'a str>) -> String {
    say_unknown(what, name, known, strsim::jaro_winkler)
}

/// [`unknown`] for dotted keys: the right name in the wrong section is near too.
pub(super) fn unknown_key<'a>(key: &str, known: impl Iterator<Item = &'a str> + Clone) -> String {
    if known.clone().any(|candidate| candidate.split_once('.').is_some_and(|(section, _)| section == key)) {
        return format!("{key} is a section, written [{key}]");
    }
    let last = |path: &str| path.rsplit('.').next().unwrap_or_default().to_owned();
    say_unknown("key", key, known, |name, candidate| {
        let by_name = strsim::jaro_winkler(&last(name), &last(candidate)) - 0.05;
        strsim::jaro_winkler(name, candidate).max(by_name)
    })
}

fn say_unknown<'a>(
    what: &str,
    name: &str,
    known: impl Iterator<Item = &'a str>,
    likeness: impl Fn(&str, &str) -> f64,
) -> String {
    const NEAR: f64 = 0.8;
    /// More names than these are no help.
    const MOST_TOLD: usize = 20;
    let known: Vec<&str> = known.collect();
    let folded = name.to_lowercase();
    let nearest = known
        .iter()
        .map(|candidate| (likeness(&folded, &candidate.to_lowercase()), candidate))
        .filter(|(likeness, _)| *likeness > NEAR)
        .max_by(|one, other| one.0.total_cmp(&other.0));
    match nearest {
        Some((_, candidate)) => format!("unknown {what} {name}: did you mean {candidate}?"),
        None if (1..=MOST_TOLD).contains(&known.len()) => {
            format!("unknown {what} {name}: known are {}", known.join(", "))
        }
        None => format!("unknown {what} {name}"),
    }
}
