//! Typed values out of the settings, each checked.

use super::{
    problem::{Origin, Problem},
    settings::{Setting, Settings},
    value::Value,
};
use std::{
    io::ErrorKind,
    net::SocketAddr,
    ops::RangeInclusive,
    path::{Path, PathBuf},
    time::Duration,
};

/// What `log.level` may say.
const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];

/// Takes typed values out of the settings and notes what is out of bounds.
pub(super) struct Reader<'a> {
    pub(super) settings: &'a Settings,
    pub(super) home: &'a Path,
    pub(super) problems: Vec<Problem>,
}

impl Reader<'_> {
    pub(super) fn switch(&mut self, key: &str) -> bool {
        matches!(self.settings.get(key).value, Value::Switch(true))
    }

    pub(super) fn text(&mut self, key: &str) -> String {
        match &self.settings.get(key).value {
            Value::Text(text) => text.trim().to_owned(),
            _ => String::new(),
        }
    }

    pub(super) fn list(&mut self, key: &str) -> Vec<String> {
        match &self.settings.get(key).value {
            Value::List(items) => items.clone(),
            _ => Vec::new(),
        }
    }

    pub(super) fn whole(&mut self, key: &str, range: RangeInclusive<usize>) -> usize {
        let setting = self.settings.get(key);
        let number = match setting.value {
            Value::Whole(number) => usize::try_from(number).ok(),
            _ => None,
        };
        match number.filter(|number| range.contains(number)) {
            Some(number) => number,
            None => {
                let message = format!("{key} must be between {} and {}", range.start(), range.end());
                self.wrong(setting, message);
                *range.start()
            }
        }
    }

    pub(super) fn seconds(&mut self, key: &str, range: RangeInclusive<usize>) -> Duration {
        Duration::from_secs(self.whole(key, range) as u64)
    }

    /// A path; `~/` is the home folder, and relative ones are relative to the file they stand in.
    pub(super) fn path(&mut self, key: &str) -> Option<PathBuf> {
        let text = self.text(key);
        let path = Path::new(&text);
        if let Ok(rest) = path.strip_prefix("~") {
            return Some(self.home.join(rest));
        }
        match &self.settings.get(key).origin {
            _ if text.is_empty() => None,
            Origin::File { path: file, .. } => {
                Some(file.parent().map_or_else(|| path.to_owned(), |folder| folder.join(path)))
            }
            _ => Some(path.to_owned()),
        }
    }

    /// A file that is named and so must be there, else the one in its usual place, which may be there.
    pub(super) fn file(&mut self, key: &str, usual: PathBuf) -> Option<PathBuf> {
        let named = self.path(key);
        let path = named.clone().or_else(|| Some(usual).filter(|path| !is_absent(path)))?;
        let wrong = match std::fs::metadata(&path) {
            Ok(found) if found.is_dir() => Some("is a folder".to_owned()),
            Ok(_) => None,
            Err(error) => Some(format!("cannot be read: {error}")),
        };
        match wrong {
            Some(wrong) if named.is_some() => {
                self.wrong_at(key, format!("{key}: {} {wrong}", path.display()));
            }
            Some(message) => {
                let origin = Origin::File { path: path.clone(), line: None };
                self.problems.push(Problem { origin, message });
            }
            None => {}
        }
        Some(path)
    }

    /// The database, which need not be there; what stands in its place must be a file. Opening a pipe
    /// would wait for ever.
    pub(super) fn database(&mut self, key: &str) -> Option<PathBuf> {
        let path = self.path(key)?;
        match std::fs::metadata(&path) {
            Ok(found) if found.is_file() => {}
            Ok(found) => {
                let what = if found.is_dir() { "a folder" } else { "no regular file" };
                self.wrong_at(key, format!("{key}: {} is {what}, not a database", path.display()));
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => {
                self.wrong_at(key, format!("{key}: {} cannot be looked at: {error}", path.display()));
            }
        }
        Some(path)
    }

    pub(super) fn address(&mut self, key: &str) -> SocketAddr {
        self.text(key).parse().unwrap_or_else(|_| {
            let message = format!("{key} must be an address and a port, such as 127.0.0.1:8642");
            self.wrong(self.settings.get(key), message);
            SocketAddr::from(([127, 0, 0, 1], 0))
        })
    }

    /// Free text that ends up in a header.
    pub(super) fn contact(&mut self, key: &str) -> String {
        let text = self.text(key);
        if !text.chars().all(|letter| matches!(letter, ' '..='~')) {
            let message = format!("{key} must be plain ASCII: it is sent in a header");
            self.wrong(self.settings.get(key), message);
        }
        text
    }

    pub(super) fn log_filter(&mut self, key: &str) -> String {
        let text = self.text(key);
        // The parser takes a word it does not know for the name of a module.
        let unknown = text.split(',').map(str::trim).find(|part| {
            !part.contains(['=', '[']) && !LEVELS.iter().any(|level| level.eq_ignore_ascii_case(part))
        });
        if let Some(unknown) = unknown {
            let levels = LEVELS.join(", ");
            let message = format!(
                "{key}: '{unknown}' is no log level: write one of {levels}, or a filter such as \"info,wirewatch_fetch=debug\""
            );
            self.wrong_at(key, message);
        } else if let Err(error) = tracing_subscriber::EnvFilter::builder().parse(&text) {
            self.wrong_at(key, format!("{key} is no log filter: {error}"));
        }
        text
    }

    pub(super) fn wrong_at(&mut self, key: &str, message: String) {
        self.wrong(self.settings.get(key), message);
    }

    pub(super) fn wrong(&mut self, setting: &Setting, message: String) {
        self.problems.push(Problem { origin: setting.origin.clone(), message });
    }
}

/// Whether nothing has that name; a link that leads nowhere is something.
pub(super) fn is_absent(path: &Path) -> bool {
    std::fs::symlink_metadata(path).is_err_and(|error| error.kind() == ErrorKind::NotFound)
}
