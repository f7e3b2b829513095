//! Every key with its value and the layer that set it.
//!
//! The compiled-in `config/wirewatch.toml` is the schema: its keys are the keys there are, the type of a
//! default is the type of the key. Each further layer may replace values and nothing else.

use super::{
    problem::{Origin, Problem, line_of, unknown_key},
    value::Value,
};
use std::{ffi::OsString, path::Path};
use toml::de::{DeTable, DeValue};

/// The manual and the defaults in one file.
const BUILT_IN: &str = include_str!("../../../../config/wirewatch.toml");

/// Begins every environment variable that sets a key.
const ENV_PREFIX: &str = "WIREWATCH_";

/// Environment variables with our prefix that are no keys.
const ENV_OTHER: &[&str] = &["WIREWATCH_CONFIG"];

/// A key, its value and who set it.
#[derive(Clone, Debug)]
pub(crate) struct Setting {
    pub(crate) key: String,
    pub(crate) value: Value,
    pub(crate) origin: Origin,
}

/// Every setting, in the order of the manual.
#[derive(Clone, Debug)]
pub(crate) struct Settings(Vec<Setting>);

impl Settings {
    /// The defaults.
    pub(crate) fn built_in() -> Self {
        let mut settings = Vec::new();
        let mut problems = Vec::new();
        let layer = parse(Path::new("config/wirewatch.toml"), BUILT_IN, &mut problems);
        for (key, value, _) in layer {
            if let Some(value) = value {
                settings.push(Setting { key, value, origin: Origin::BuiltIn });
            }
        }
        debug_assert!(problems.is_empty(), "{problems:?}");
        Self(settings)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Setting> {
        self.0.iter()
    }

    /// Lays a file over what is set so far.
    pub(crate) fn apply_file(&mut self, path: &Path, text: &str, problems: &mut Vec<Problem>) {
        for (key, value, line) in parse(path, text, problems) {
            let origin = Origin::File { path: path.to_owned(), line: Some(line) };
            self.set(&key, origin, problems, |default| value.filter(|value| value.same_type(default)));
        }
    }

    /// Lays the environment over what is set so far.
    pub(crate) fn apply_environment(
        &mut self,
        variables: impl Iterator<Item = (OsString, OsString)>,
        problems: &mut Vec<Problem>,
    ) {
        let mut ours: Vec<(String, OsString)> = variables
            .map(|(name, text)| (name.to_string_lossy().into_owned(), text))
            .filter(|(name, _)| name.starts_with(ENV_PREFIX) && !ENV_OTHER.contains(&name.as_str()))
            .collect();
        ours.sort();
        for (name, text) in ours {
            let key = name[ENV_PREFIX.len()..].to_lowercase().replace("__", ".");
            let Ok(text) = text.into_string() else {
                let message = format!("{key} is not UTF-8");
                problems.push(Problem { origin: Origin::Environment(name), message });
                continue;
            };
            self.set(&key, Origin::Environment(name), problems, |default| default.parse_like(&text));
        }
    }

    /// Lays a flag of the command line over what is set so far.
    pub(crate) fn apply_flag(&mut self, key: &str, flag: &'static str, value: Value) {
        if let Some(setting) = self.0.iter_mut().find(|setting| setting.key == key) {
            setting.value = value;
            setting.origin = Origin::Flag(flag);
        }
    }

    /// The setting of a key of the manual.
    pub(crate) fn get(&self, key: &str) -> &Setting {
        let found = self.0.iter().find(|setting| setting.key == key);
        #[allow(clippy::expect_used, reason = "callers name keys of the manual; a test reads all of them")]
        found.expect("a key of config/wirewatch.toml")
    }

    fn set(
        &mut self,
        key: &str,
        origin: Origin,
        problems: &mut Vec<Problem>,
        convert: impl FnOnce(&Value) -> Option<Value>,
    ) {
        let Some(setting) = self.0.iter_mut().find(|setting| setting.key == key) else {
            let known = self.0.iter().map(|setting| setting.key.as_str());
            let message = unknown_key(key, known);
            problems.push(Problem { origin, message });
            return;
        };
        match convert(&setting.value) {
            Some(value) => {
                setting.value = value;
                setting.origin = origin;
            }
            None => {
                let message = format!("{key} must be {}", setting.value.type_name());
                problems.push(Problem { origin, message });
            }
        }
    }
}

/// The leaves of a TOML text: dotted key, value (`None` when of a type no key has), line.
fn parse(path: &Path, text: &str, problems: &mut Vec<Problem>) -> Vec<(String, Option<Value>, usize)> {
    let mut leaves = Vec::new();
    match DeTable::parse(text) {
        Ok(table) => collect("", table.get_ref(), &mut leaves),
        Err(error) => {
            let line = error.span().map_or(1, |span| line_of(text, &span));
            let message = format!("not valid TOML: {}", error.message());
            problems
                .push(Problem { origin: Origin::File { path: path.to_owned(), line: Some(line) }, message });
        }
    }
    // The parser sorts keys; people read files from the top.
    leaves.sort_by_key(|(_, _, start)| *start);
    leaves
        .into_iter()
        .map(|(key, value, start)| {
            let line = line_of(text, &(start..start));
            (key, value, line)
        })
        .collect()
}

fn collect(prefix: &str, table: &DeTable<'_>, leaves: &mut Vec<(String, Option<Value>, usize)>) {
    for (name, value) in table {
        let key = if prefix.is_empty() {
            name.get_ref().to_string()
        } else {
            format!("{prefix}.{}", name.get_ref())
        };
        match value.get_ref() {
            DeValue::Table(inner) => collect(&key, inner, leaves),
            other => leaves.push((key, Value::from_toml(other), name.span().start)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> (Settings, Vec<String>) {
        let mut settings = Settings::built_in();
        let mut problems = Vec::new();
        settings.apply_file(Path::new("w.toml"), text, &mut problems);
        (settings, problems.iter().map(Problem::to_string).collect())
    }

    fn environment(name: &str, value: &str) -> (Settings, Vec<String>) {
        let mut settings = Settings::built_in();
        let mut problems = Vec::new();
        settings.apply_environment([(name.into(), value.into())].into_iter(), &mut problems);
        (settings, problems.iter().map(Problem::to_string).collect())
    }

    #[track_caller]
    fn check_problem(text: &str, want: &str) {
        assert_eq!(file(text).1, [want]);
    }

    #[test]
    fn a_file_replaces_a_default_and_remembers_its_line() {
        let (settings, problems) = file("[fetch]\n\npage_workers = 1_0\n");
        assert_eq!(problems, Vec::<String>::new());
        let setting = settings.get("fetch.page_workers");
        assert_eq!(setting.value, Value::Whole(10));
        assert_eq!(setting.origin.to_string(), "w.toml:3");
        assert_eq!(settings.get("fetch.contact").origin, Origin::BuiltIn);
    }

    #[test]
    fn unknown_keys_name_the_line_and_the_nearest_key() {
        check_problem(
            "[fetch]\npage_worker = 3\n",
            "w.toml:2: unknown key fetch.page_worker: did you mean fetch.page_workers?",
        );
        check_problem(
            "[schedule]\nhost_pause_ms = 3\n",
            "w.toml:2: unknown key schedule.host_pause_ms: did you mean fetch.host_pause_ms?",
        );
        check_problem("zzz = 1\n", "w.toml:1: unknown key zzz");
    }

    #[test]
    fn wrong_types_name_the_line_and_the_type() {
        check_problem(
            "[fetch]\npage_workers = \"ten\"\n",
            "w.toml:2: fetch.page_workers must be a whole number",
        );
        check_problem("[schedule]\nrecheck = 1\n", "w.toml:2: schedule.recheck must be true or false");
        check_problem("[serve]\nhosts = [1]\n", "w.toml:2: serve.hosts must be a list of strings");
        check_problem("fetch = 7\n", "w.toml:1: fetch is a section, written [fetch]");
    }

    #[test]
    fn broken_toml_names_the_line() {
        let (_, problems) = file("[fetch]\npage_workers = \n");
        assert!(problems[0].starts_with("w.toml:2: not valid TOML"), "{problems:?}");
    }

    #[test]
    fn the_environment_uses_two_underscores_for_a_dot() {
        let (settings, problems) = environment("WIREWATCH_FETCH__HOST_PAUSE_MS", "2000");
        assert_eq!(problems, Vec::<String>::new());
        assert_eq!(settings.get("fetch.host_pause_ms").value, Value::Whole(2000));
        let (settings, _) = environment("WIREWATCH_SERVE__HOSTS", "a.example, b.example");
        assert_eq!(
            settings.get("serve.hosts").value,
            Value::List(vec!["a.example".to_owned(), "b.example".to_owned()])
        );
        assert_eq!(
            environment("WIREWATCH_FETCH__PAGE_WORKERS", "many").1,
            ["environment WIREWATCH_FETCH__PAGE_WORKERS: fetch.page_workers must be a whole number"]
        );
        assert_eq!(
            environment("WIREWATCH_FETCH__PAGE_WORKER", "1").1,
            [
                "environment WIREWATCH_FETCH__PAGE_WORKER: unknown key fetch.page_worker: did you mean fetch.page_workers?"
            ]
        );
        assert_eq!(environment("WIREWATCH_CONFIG", "x").1, Vec::<String>::new());
    }
}
