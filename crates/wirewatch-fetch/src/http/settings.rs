//! What a user set for one feed, made ready to be sent: its own User-Agent, headers, proxy and version
//! of HTTP.
//!
//! A value may name environment variables (`${NAME}`), so that a secret stands in no file, no table and
//! no message. They are looked up for each request; what they hold lives as long as the request, or in
//! the key of a client that goes through a proxy, and has no `Debug`.

use crate::{http::error::shown, schedule::SHORTEST_SECS};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use std::borrow::Cow;
use url::Url;
use wirewatch_model::FeedSettings;

/// Headers one feed may have.
const MOST_HEADERS: usize = 32;
/// Longest value of a setting once its variables are filled in, in bytes.
const LONGEST_VALUE: usize = 8 * 1024;

/// Longest pause between two requests to a feed's host, in milliseconds: who waits for it holds a worker.
pub(crate) const LONGEST_HOST_PAUSE_MS: u32 = 600_000;

/// Headers that belong to the connection, to the rules of fetching or to another setting.
const REFUSED: &[&str] = &[
    "accept-encoding",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "expect",
    "host",
    "http2-settings",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-unmodified-since",
    "keep-alive",
    "range",
    "referer",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
];

/// Why a setting of a feed cannot be used. Never holds the value of a variable.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{key}: {message}")]
pub struct SettingsError {
    /// The setting: `interval_floor_secs`, `host_pause_ms`, `user_agent`, `headers` or `proxy`.
    pub key: &'static str,
    /// What is wrong and what to write instead.
    pub message: String,
}

/// Checks what can be checked of a feed's settings before it is asked: names and characters of headers,
/// the User-Agent, the proxy's address, an interval or a pause that nobody may ask for. Whether the
/// variables exist is seen when the feed is asked.
pub fn check_settings(settings: &FeedSettings) -> Vec<SettingsError> {
    // Any text a variable may hold stands for all of them.
    let any = |_: &str| Some("x".to_owned());
    let mut errors = Vec::new();
    if settings.headers.len() > MOST_HEADERS {
        errors.push(header_error(format!("more than {MOST_HEADERS} are not sent")));
    }
    let headers = settings.headers.iter().map(|(name, value)| header(name, value, &any).map(drop));
    errors.extend(headers.filter_map(Result::err));
    errors.extend(user_agent(settings).err());
    errors.extend(proxy(settings, &any).err());
    if settings.interval_floor_secs.is_some_and(|secs| i64::from(secs) < SHORTEST_SECS) {
        let message = format!("no feed is asked more often than every {SHORTEST_SECS} seconds");
        errors.push(SettingsError { key: "interval_floor_secs", message });
    }
    if settings.host_pause_ms.is_some_and(|ms| ms > LONGEST_HOST_PAUSE_MS) {
        let message = format!(
            "at most {LONGEST_HOST_PAUSE_MS}; a longer time between two checks is interval_floor_secs"
        );
        errors.push(SettingsError { key: "host_pause_ms", message });
    }
    errors
}

/// How the requests for one feed and its pages are sent.
#[derive(Clone, Default)]
pub(crate) struct Manner {
    /// User-Agent in place of the configured one.
    pub(crate) user_agent: Option<HeaderValue>,
    /// Headers for the origin of the first address, and for no other.
    pub(crate) headers: HeaderMap,
    pub(crate) route: Route,
}

/// Which client takes a request.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Route {
    /// Address of the proxy, secrets filled in.
    pub(crate) proxy: Option<String>,
    pub(crate) http1_only: bool,
}

/// Gives the value of an environment variable.
pub(crate) type Variables<'a> = &'a dyn Fn(&str) -> Option<String>;

impl Manner {
    /// For a feed itself.
    pub(crate) fn of_feed(settings: &FeedSettings, variables: Variables<'_>) -> Result<Self, SettingsError> {
        let mut manner = Self::of_pages(settings, variables)?;
        for (name, value) in &settings.headers {
            let (name, value) = header(name, value, variables)?;
            manner.headers.insert(name, value);
        }
        Ok(manner)
    }

    /// For the pages of its entries: the feed's headers may hold secrets of the feed, and pages may
    /// stand anywhere.
    pub(crate) fn of_pages(settings: &FeedSettings, variables: Variables<'_>) -> Result<Self, SettingsError> {
        let route =
            Route { proxy: proxy(settings, variables)?, http1_only: settings.http1_only.unwrap_or(false) };
        Ok(Self { user_agent: user_agent(settings)?, headers: HeaderMap::new(), route })
    }
}

fn header_error(message: String) -> SettingsError {
    SettingsError { key: "headers", message }
}

fn header(
    name: &str,
    value: &str,
    variables: Variables<'_>,
) -> Result<(HeaderName, HeaderValue), SettingsError> {
    let shown = shown(name, 60);
    let Ok(parsed) = HeaderName::from_bytes(name.as_bytes()) else {
        return Err(header_error(format!("'{shown}' is no name of a header")));
    };
    if REFUSED.contains(&parsed.as_str()) || parsed.as_str().starts_with("proxy-") {
        let instead = if parsed == "user-agent" { "; write user_agent instead" } else { "" };
        return Err(header_error(format!("{shown} cannot be set for a feed{instead}")));
    }
    let value = filled_in(value, variables).map_err(|fault| header_error(format!("{shown}: {fault}")))?;
    let mut value = header_value(&value).map_err(|fault| header_error(format!("{shown}: {fault}")))?;
    value.set_sensitive(true);
    Ok((parsed, value))
}

fn user_agent(settings: &FeedSettings) -> Result<Option<HeaderValue>, SettingsError> {
    let Some(text) = &settings.user_agent else { return Ok(None) };
    let error = |message: String| SettingsError { key: "user_agent", message };
    if text.trim().is_empty() {
        return Err(error("it is empty; leave it out to send the configured one".to_owned()));
    }
    header_value(text).map(Some).map_err(error)
}

fn header_value(text: &str) -> Result<HeaderValue, String> {
    if text.len() > LONGEST_VALUE {
        return Err(format!("the value is longer than {LONGEST_VALUE} bytes"));
    }
    // Letters beyond ASCII have no settled form in a header.
    HeaderValue::from_str(text)
        .map_err(|_| "the value holds characters that cannot stand in a header (ASCII only)".to_owned())
}

fn proxy(settings: &FeedSettings, variables: Variables<'_>) -> Result<Option<String>, SettingsError> {
    let Some(written) = &settings.proxy else { return Ok(None) };
    let error = |message: String| SettingsError { key: "proxy", message };
    let text = filled_in(written.trim(), variables).map_err(error)?;
    // The message must not repeat the address: it may hold a secret by now.
    let Ok(url) = Url::parse(&text) else {
        return Err(error("it is no address; write http://HOST:PORT or socks5h://HOST:PORT".to_owned()));
    };
    match url.scheme() {
        "http" | "https" | "socks5h" => {}
        "socks5" | "socks4" | "socks4a" => {
            return Err(error("names must be resolved by the proxy; write socks5h://HOST:PORT".to_owned()));
        }
        _ => return Err(error("only http, https and socks5h proxies are known".to_owned())),
    }
    if url.host_str().is_none_or(str::is_empty) {
        return Err(error("it names no host".to_owned()));
    }
    if !matches!(url.path(), "" | "/") || url.query().is_some() || url.fragment().is_some() {
        return Err(error("a proxy has no path; write only scheme, host and port".to_owned()));
    }
    if Url::parse(written.trim()).is_ok_and(|url| url.password().is_some_and(|word| !word.contains('$'))) {
        return Err(error("a password belongs in the environment; write ${NAME} for it".to_owned()));
    }
    Ok(Some(url.into()))
}

/// The text with every `${NAME}` replaced. A `$` without a brace is itself.
fn filled_in<'a>(text: &'a str, variables: Variables<'_>) -> Result<Cow<'a, str>, String> {
    if !text.contains("${") {
        return Ok(Cow::Borrowed(text));
    }
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        filled.push_str(before);
        let Some((name, left)) = after.split_once('}').filter(|(name, _)| is_variable(name)) else {
            return Err("${ must be followed by the name of an environment variable and }".to_owned());
        };
        let Some(value) = variables(name) else {
            return Err(format!("the environment variable {name} is not set; set it where wirewatch runs"));
        };
        filled.push_str(value.trim_ascii());
        rest = left;
    }
    filled.push_str(rest);
    Ok(Cow::Owned(filled))
}

fn is_variable(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn with_header(name: &str, value: &str) -> FeedSettings {
        let headers = [(name.to_owned(), value.to_owned())].into_iter().collect();
        FeedSettings { headers, ..FeedSettings::default() }
    }

    fn with_proxy(proxy: &str) -> FeedSettings {
        FeedSettings { proxy: Some(proxy.to_owned()), ..FeedSettings::default() }
    }

    fn secret(name: &str) -> Option<String> {
        (name == "SECRET").then(|| "s3cret\n".to_owned())
    }

    #[track_caller]
    fn check(settings: &FeedSettings, want: &str) {
        let errors: Vec<String> = check_settings(settings).iter().map(SettingsError::to_string).collect();
        assert_eq!(errors.join("; "), want);
    }

    #[test]
    fn an_interval_that_no_publisher_grants_is_refused() {
        let errors = |secs| {
            let settings = FeedSettings { interval_floor_secs: Some(secs), ..FeedSettings::default() };
            check_settings(&settings).len()
        };
        assert_eq!((errors(0), errors(119), errors(120), errors(86_400)), (1, 1, 0, 0));
    }

    #[test]
    fn sound_settings_pass() {
        check(&FeedSettings::default(), "");
        check(&with_header("Authorization", "Bearer ${FEED_TOKEN}"), "");
        check(&with_header("x-price", "5 $ a $month"), "");
        for proxy in ["http://proxy.example:3128", "https://p.example/", "socks5h://127.0.0.1:9050"] {
            check(&with_proxy(proxy), "");
        }
        check(&with_proxy("http://me:${PASSWORD}@proxy.example:3128"), "");
    }

    #[test]
    fn mistakes_name_the_setting_and_say_what_to_write() {
        check(&with_header("a b", "x"), "headers: 'a b' is no name of a header");
        check(&with_header("", "x"), "headers: '' is no name of a header");
        check(&with_header("Host", "x"), "headers: Host cannot be set for a feed");
        check(&with_header("Content-Length", "1"), "headers: Content-Length cannot be set for a feed");
        check(
            &with_header("Proxy-Authorization", "1"),
            "headers: Proxy-Authorization cannot be set for a feed",
        );
        check(
            &with_header("User-Agent", "x"),
            "headers: User-Agent cannot be set for a feed; write user_agent instead",
        );
        check(
            &with_header("X-Key", "a\r\nHost: b"),
            "headers: X-Key: the value holds characters that cannot stand in a header (ASCII only)",
        );
        check(
            &with_header("X-Key", "${not closed"),
            "headers: X-Key: ${ must be followed by the name of an environment variable and }",
        );
        let agent =
            |text: &str| FeedSettings { user_agent: Some(text.to_owned()), ..FeedSettings::default() };
        check(&agent(" "), "user_agent: it is empty; leave it out to send the configured one");
        check(
            &agent("a\u{7}"),
            "user_agent: the value holds characters that cannot stand in a header (ASCII only)",
        );
        let no_address = "proxy: it is no address; write http://HOST:PORT or socks5h://HOST:PORT";
        check(&with_proxy("proxy.example"), no_address);
        check(
            &with_proxy("socks5://a:1"),
            "proxy: names must be resolved by the proxy; write socks5h://HOST:PORT",
        );
        check(&with_proxy("ftp://a:1"), "proxy: only http, https and socks5h proxies are known");
        check(&with_proxy("http://a:1/x"), "proxy: a proxy has no path; write only scheme, host and port");
        check(
            &with_proxy("http://me:word@a:1"),
            "proxy: a password belongs in the environment; write ${NAME} for it",
        );
    }

    #[test]
    fn too_many_headers_are_refused() {
        let headers = (0..=MOST_HEADERS).map(|nth| (format!("x-{nth}"), String::new())).collect();
        check(&FeedSettings { headers, ..FeedSettings::default() }, "headers: more than 32 are not sent");
    }

    #[test]
    fn variables_are_filled_in_when_a_request_is_made() {
        let settings = with_header("X-Key", "a ${SECRET}-${SECRET}");
        let manner = Manner::of_feed(&settings, &secret).unwrap_or_default();
        assert_eq!(manner.headers["x-key"], "a s3cret-s3cret");
        assert_eq!(format!("{:?}", manner.headers), "{\"x-key\": Sensitive}");
        let proxied = Manner::of_pages(&with_proxy("http://me:${SECRET}@p.example"), &secret);
        assert_eq!(proxied.unwrap_or_default().route.proxy.as_deref(), Some("http://me:s3cret@p.example/"));
    }

    #[test]
    fn a_missing_variable_is_named_and_no_value_is() {
        let fault = |value: &str| {
            Manner::of_feed(&with_header("X-Key", value), &secret).err().map(|error| error.to_string())
        };
        let missing =
            "headers: X-Key: the environment variable OTHER is not set; set it where wirewatch runs";
        assert_eq!(fault("${SECRET} ${OTHER}").as_deref(), Some(missing));
        let bad = |_: &str| Some("s3\u{1}cret".to_owned());
        let error = Manner::of_feed(&with_header("X-Key", "${SECRET}"), &bad).err();
        assert!(error.is_some_and(|error| !error.to_string().contains("cret")));
    }

    proptest! {
        #[test]
        fn nothing_panics(name in "\\PC{0,20}", value in "\\PC{0,40}", proxy in "\\PC{0,40}") {
            let settings = FeedSettings { proxy: Some(proxy), ..with_header(&name, &value) };
            let _ = check_settings(&settings);
        }
    }
}
