//! Configuration in two steps: what every layer says ([`Settings`]), then what the program will do
//! ([`Config`]), with every value checked before any work begins.

mod places;
mod problem;
mod reader;
mod settings;
mod value;
mod websub;

pub(crate) use places::Places;
pub(crate) use problem::{Origin, Problem, line_of, unknown};
pub(crate) use settings::Settings;

use reader::{Reader, is_absent};
use std::{net::SocketAddr, path::PathBuf, time::Duration};
use value::Value;
use websub::WebSubSettings;

/// The configuration cannot be used; each line says what is wrong and where.
#[derive(Debug, thiserror::Error)]
#[error("the configuration has mistakes\n{}", list(.0))]
pub(crate) struct ConfigError(pub(crate) Vec<Problem>);

fn list(problems: &[Problem]) -> String {
    problems.iter().map(|problem| format!("  {problem}")).collect::<Vec<_>>().join("\n")
}

/// What the program will do.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    /// `None`: the default of the command.
    pub(crate) database: Option<PathBuf>,
    /// `None`: the compiled-in feed list.
    pub(crate) feeds_file: Option<PathBuf>,
    /// `None`: the shipped topics alone.
    pub(crate) topics_file: Option<PathBuf>,
    pub(crate) fetch: FetchSettings,
    pub(crate) recheck: bool,
    pub(crate) edit_pause: Duration,
    pub(crate) clean_workers: usize,
    pub(crate) drain_deadline: Duration,
    pub(crate) serve: ServeSettings,
    /// `None`: hubs are not asked to push.
    pub(crate) websub: Option<WebSubSettings>,
    pub(crate) log_filter: String,
}

/// Manners and limits of the network.
#[derive(Clone, Debug)]
pub(crate) struct FetchSettings {
    pub(crate) contact: String,
    pub(crate) page_workers: usize,
    pub(crate) feed_workers: usize,
    pub(crate) host_pause: Duration,
    pub(crate) connect_timeout: Duration,
    pub(crate) header_timeout: Duration,
    pub(crate) total_timeout: Duration,
    pub(crate) feed_body_limit_bytes: usize,
    pub(crate) page_body_limit_bytes: usize,
    pub(crate) max_redirects: usize,
    pub(crate) bytes_in_flight: usize,
}

/// The HTTP API.
#[derive(Clone, Debug)]
pub(crate) struct ServeSettings {
    pub(crate) on: bool,
    pub(crate) bind: SocketAddr,
    pub(crate) hosts: Vec<String>,
}

/// What the command line says about the configuration.
#[derive(Clone, Debug, Default)]
pub(crate) struct Flags {
    /// `--config`.
    pub(crate) file: Option<PathBuf>,
    /// `--db`.
    pub(crate) database: Option<PathBuf>,
    /// How often `-v` was given.
    pub(crate) verbose: u8,
    /// `-q`.
    pub(crate) quiet: bool,
    /// `--no-serve`.
    pub(crate) no_serve: bool,
    /// `--bind`.
    pub(crate) bind: Option<SocketAddr>,
}

/// Reads every layer, then checks every value; all mistakes are told at once.
pub(crate) fn load(flags: &Flags, places: &Places) -> Result<(Settings, Config), ConfigError> {
    let mut settings = Settings::built_in();
    let mut problems = Vec::new();
    match read_file(flags, places) {
        Ok(Some((path, text))) => settings.apply_file(&path, &text, &mut problems),
        Ok(None) => {}
        Err(problem) => problems.push(problem),
    }
    settings.apply_environment(std::env::vars_os(), &mut problems);
    apply_flags(&mut settings, flags, &mut problems);
    let config = Config::new(&settings, places, problems)?;
    Ok((settings, config))
}

/// The user's file: the one named, which must exist, or the one in its usual place, which may.
fn read_file(flags: &Flags, places: &Places) -> Result<Option<(PathBuf, String)>, Problem> {
    let path = flags.file.clone().unwrap_or_else(|| places.config.join("wirewatch.toml"));
    match std::fs::read_to_string(&path) {
        Ok(text) => Ok(Some((path, text))),
        Err(_) if flags.file.is_none() && is_absent(&path) => Ok(None),
        Err(error) => {
            let origin = Origin::File { path, line: None };
            Err(Problem { origin, message: format!("cannot be read: {error}") })
        }
    }
}

fn apply_flags(settings: &mut Settings, flags: &Flags, problems: &mut Vec<Problem>) {
    if let Some(path) = &flags.database {
        match path.to_str() {
            Some(path) => settings.apply_flag("database.path", "--db", Value::Text(path.to_owned())),
            None => problems
                .push(Problem { origin: Origin::Flag("--db"), message: "the path is not UTF-8".to_owned() }),
        }
    }
    if flags.no_serve {
        settings.apply_flag("serve.on", "--no-serve", Value::Switch(false));
    }
    if let Some(bind) = flags.bind {
        settings.apply_flag("serve.bind", "--bind", Value::Text(bind.to_string()));
    }
    match (flags.quiet, flags.verbose) {
        (true, _) => settings.apply_flag("log.level", "-q", Value::Text("error".to_owned())),
        (false, 0) => {}
        (false, 1) => settings.apply_flag("log.level", "-v", Value::Text("debug".to_owned())),
        (false, _) => settings.apply_flag("log.level", "-vv", Value::Text("trace".to_owned())),
    }
}

impl Config {
    /// Checks every value; `problems` are those of reading the layers.
    fn new(settings: &Settings, places: &Places, problems: Vec<Problem>) -> Result<Self, ConfigError> {
        let mut reader = Reader { settings, home: &places.home, problems };
        let config = Self {
            database: reader.database("database.path"),
            feeds_file: reader.file("feeds.file", places.config.join("feeds.toml")),
            topics_file: reader.file("topics.file", places.config.join("topics.local.toml")),
            fetch: FetchSettings::read(&mut reader),
            recheck: reader.switch("schedule.recheck"),
            edit_pause: reader.seconds("schedule.edit_pause_secs", 0..=86_400),
            clean_workers: reader.whole("pipeline.clean_workers", 0..=256),
            drain_deadline: reader.seconds("pipeline.drain_deadline_secs", 1..=600),
            serve: ServeSettings::read(&mut reader),
            websub: WebSubSettings::read(&mut reader),
            log_filter: reader.log_filter("log.level"),
        };
        Problem::sort(&mut reader.problems);
        if reader.problems.is_empty() { Ok(config) } else { Err(ConfigError(reader.problems)) }
    }
}

impl FetchSettings {
    fn read(reader: &mut Reader<'_>) -> Self {
        const MIB: usize = 1024 * 1024;
        Self {
            contact: reader.contact("fetch.contact"),
            page_workers: reader.whole("fetch.page_workers", 1..=256),
            feed_workers: reader.whole("fetch.feed_workers", 1..=256),
            host_pause: Duration::from_millis(reader.whole("fetch.host_pause_ms", 0..=600_000) as u64),
            connect_timeout: reader.seconds("fetch.connect_timeout_secs", 1..=600),
            header_timeout: reader.seconds("fetch.header_timeout_secs", 1..=600),
            total_timeout: reader.seconds("fetch.total_timeout_secs", 1..=3600),
            feed_body_limit_bytes: reader.whole("fetch.feed_body_limit_mib", 1..=256) * MIB,
            page_body_limit_bytes: reader.whole("fetch.page_body_limit_mib", 1..=256) * MIB,
            max_redirects: reader.whole("fetch.max_redirects", 0..=20),
            bytes_in_flight: reader.whole("fetch.bytes_in_flight_mib", 16..=4096) * MIB,
        }
    }
}

impl ServeSettings {
    fn read(reader: &mut Reader<'_>) -> Self {
        Self {
            on: reader.switch("serve.on"),
            bind: reader.address("serve.bind"),
            hosts: reader.list("serve.hosts"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn config(text: &str) -> Result<Config, ConfigError> {
        config_in(Path::new("/somewhere"), text)
    }

    fn config_in(folder: &Path, text: &str) -> Result<Config, ConfigError> {
        let mut settings = Settings::built_in();
        let mut problems = Vec::new();
        settings.apply_file(&folder.join("w.toml"), text, &mut problems);
        let places = Places { home: folder.join("home"), config: "/nowhere".into(), data: "/nowhere".into() };
        Config::new(&settings, &places, problems)
    }

    #[test]
    fn the_defaults_pass_every_check() {
        let config = config("").expect("the shipped defaults are valid");
        assert_eq!(config.serve.bind.to_string(), "127.0.0.1:8642");
        assert_eq!(config.fetch.bytes_in_flight, 64 << 20);
        assert_eq!(config.database, None);
    }

    #[test]
    fn values_out_of_bounds_name_key_and_line() {
        let error =
            config("[fetch]\npage_workers = 0\n[serve]\nbind = \"nowhere\"\n").expect_err("two mistakes");
        let text = error.to_string();
        assert!(text.contains("/somewhere/w.toml:2: fetch.page_workers must be between 1 and 256"), "{text}");
        assert!(text.contains("/somewhere/w.toml:4: serve.bind must be an address"), "{text}");
    }

    #[test]
    fn a_log_filter_that_cannot_be_read_is_a_mistake() {
        for level in ["loud", "", "info,", "info,wirewatch=loud", "wirewatch"] {
            assert!(config(&format!("[log]\nlevel = \"{level}\"\n")).is_err(), "{level}");
        }
        for level in ["WARN", "off", "info,wirewatch_fetch=debug", "warn,wirewatch_store=trace"] {
            assert!(config(&format!("[log]\nlevel = \"{level}\"\n")).is_ok(), "{level}");
        }
    }

    #[test]
    fn relative_paths_are_relative_to_their_file() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("mine.toml"), "").expect("written");
        let text = "[feeds]\nfile = \"mine.toml\"\n[database]\npath = \"/abs.db\"\n";
        let config = config_in(folder.path(), text).expect("valid");
        assert_eq!(config.feeds_file, Some(folder.path().join("mine.toml")));
        assert_eq!(config.database.as_deref(), Some(Path::new("/abs.db")));
    }

    #[test]
    fn a_tilde_is_the_home_folder() {
        let config = config("[database]\npath = \"~/news/w.db\"\n").expect("valid");
        assert_eq!(config.database.as_deref(), Some(Path::new("/somewhere/home/news/w.db")));
    }

    #[test]
    fn mistakes_of_every_sort_are_told_together() {
        let error = config("[fetch]\npage_workers = 0\nno_such_key = 1\nfeed_workers = \"two\"\n")
            .expect_err("three mistakes");
        assert_eq!(error.0.len(), 3, "{error}");
    }
}
