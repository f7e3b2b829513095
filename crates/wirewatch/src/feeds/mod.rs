//! Feed lists as people keep them: our `feeds.toml`, and OPML.

mod list;
pub(crate) mod opml;
pub(crate) mod settings;

pub(crate) use list::{kind_from_name, kind_names};

use crate::{
    command::topics::tagger,
    config::{Config, ConfigError, Origin, Problem, line_of},
    exit::UsageError,
};
use settings::TopicNames;
use std::{borrow::Cow, net::IpAddr, path::Path};
use url::{Host, Url};
use wirewatch_model::{FeedSpec, address};

/// The list that is followed when the user has none.
pub(crate) const BUILT_IN: &str = include_str!("../../../../config/feeds.toml");

/// What the compiled-in list is called in messages.
pub(crate) const BUILT_IN_NAME: &str = "config/feeds.toml (compiled in)";

/// The feeds of the user's file, else those of the compiled-in list.
pub(crate) fn load(config: &Config) -> anyhow::Result<Vec<FeedSpec>> {
    let tagger = || tagger(config);
    let topics = TopicNames::new(&tagger);
    let Some(path) = config.feeds_file.as_deref() else { return built_in(&topics) };
    let bytes = std::fs::read(path)
        .map_err(|error| UsageError(format!("the feed list {} cannot be read: {error}", path.display())))?;
    Ok(list::parse(path, utf8(path, &bytes)?, &topics)?)
}

/// The feeds of the compiled-in list.
pub(crate) fn built_in(topics: &TopicNames<'_>) -> anyhow::Result<Vec<FeedSpec>> {
    Ok(list::parse(Path::new(BUILT_IN_NAME), BUILT_IN, topics)?)
}

fn utf8<'a>(path: &Path, bytes: &'a [u8]) -> Result<&'a str, ConfigError> {
    std::str::from_utf8(bytes).map_err(|error| {
        let end = error.valid_up_to();
        let line = line_of(&String::from_utf8_lossy(&bytes[..end]), &(end..end));
        let origin = Origin::File { path: path.to_owned(), line: Some(line) };
        ConfigError(vec![Problem { origin, message: "the feed list is not UTF-8".to_owned() }])
    })
}

/// A name of a person's choice on one line, without the characters that steer terminals or the direction
/// of writing, and without those XML has no form for.
pub(crate) fn plain(text: &str) -> String {
    let steers = |letter: char| {
        letter.is_control()
            || matches!(letter, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
                | '\u{2066}'..='\u{2069}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{fffe}' | '\u{ffff}')
    };
    let spaced = text.replace(['\t', '\n', '\r', '\u{2028}', '\u{2029}'], " ");
    spaced.chars().filter(|letter| !steers(*letter)).collect::<String>().trim().to_owned()
}

/// [`plain`], and `None` when nothing is left.
pub(crate) fn named(text: &str) -> Option<String> {
    Some(plain(text)).filter(|text| !text.is_empty())
}

/// A folder as a path: no empty parts, no blanks around them; `None` for the top.
pub(crate) fn folder(text: &str) -> Option<String> {
    let text = plain(text);
    let parts: Vec<&str> = text.split('/').map(str::trim).filter(|part| !part.is_empty()).collect();
    (!parts.is_empty()).then(|| parts.join("/"))
}

/// The address of a feed of a list twice: as it is spelt there, for databases know it by that, and
/// [normalised](feed_url), to tell whether two are one; or why it can never be followed.
pub(crate) fn listed_url(text: &str) -> Result<(String, String), String> {
    let one = feed_url(text)?;
    let spelt = checked_url(text).unwrap_or_else(|_| one.clone());
    Ok((spelt, one))
}

/// An address of the web as it is stored, or why it is none.
pub(crate) fn checked_url(url: &str) -> Result<String, String> {
    let url = url.trim();
    match address::host(url) {
        Some(_) if url.starts_with("http://") || url.starts_with("https://") => Ok(url.to_owned()),
        _ => Err(no_address(url)),
    }
}

fn no_address(text: &str) -> String {
    // What may be a password is not repeated: messages end up in logs.
    let shown = text.rsplit_once('@').map_or_else(|| plain(text), |(_, rest)| format!("…@{}", plain(rest)));
    format!("'{shown}' is no http or https address")
}

/// The address of a feed that a person or another program names, normalised (scheme and host in lower
/// case, without default port and fragment), or why it can never be followed.
pub(crate) fn feed_url(text: &str) -> Result<String, String> {
    let text = text.trim();
    let mut url = match Url::parse(&web_spelling(text)) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => url,
        _ => return Err(no_address(text)),
    };
    if !url.username().is_empty() || url.password().is_some() {
        // Not repeated: messages end up in logs.
        return Err("an address with a user name or password is not followed".to_owned());
    }
    let Some(host) = url.host() else { return Err(no_address(text)) };
    if is_inner(&host) {
        return Err(format!("'{text}' is not on the public internet, and nothing else is ever asked"));
    }
    url.set_fragment(None);
    Ok(url.into())
}

/// Feed readers once had a scheme of their own: `feed://host/…` and `feed:https://…`.
fn web_spelling(text: &str) -> Cow<'_, str> {
    let is_feed = text.get(..5).is_some_and(|scheme| scheme.eq_ignore_ascii_case("feed:"));
    match text.get(5..).filter(|_| is_feed) {
        Some(rest) if rest.starts_with("//") => format!("http:{rest}").into(),
        Some(rest) if rest.starts_with("http") => rest.into(),
        _ => text.into(),
    }
}

/// Whether a host is one of those that are commonly not on the public internet.
pub(crate) fn is_inner(host: &Host<&str>) -> bool {
    match host {
        Host::Ipv4(ip) => is_inner_ip((*ip).into()),
        Host::Ipv6(ip) => is_inner_ip((*ip).into()),
        Host::Domain(name) => {
            let name = name.trim_end_matches('.');
            name == "localhost" || name.ends_with(".localhost")
        }
    }
}

/// The common addresses that are not public, so that a mistake is told at once; what is asked is
/// decided by the guard of the fetcher, which knows them all.
fn is_inner_ip(ip: IpAddr) -> bool {
    match ip.to_canonical() {
        IpAddr::V4(ip) => {
            ip.is_private()
                || ip.is_loopback()
                || ip.is_link_local()
                || ip.is_unspecified()
                || ip.is_multicast()
                || ip.is_broadcast()
                || ip.is_documentation()
        }
        IpAddr::V6(ip) => {
            ip.is_loopback()
                || ip.is_unspecified()
                || ip.is_multicast()
                || ip.is_unique_local()
                || ip.is_unicast_link_local()
        }
    }
}

/// The registrable domain of a publisher that was named, or why it is none.
pub(crate) fn domain(text: &str) -> Result<String, String> {
    let wrong = || format!("'{text}' is no domain, such as news.example");
    let url = Url::parse(&format!("https://{}/", text.trim())).map_err(|_| wrong())?;
    let plain = url.path() == "/" && url.port().is_none() && url.username().is_empty();
    match url.host() {
        Some(Host::Domain(name)) if plain && name.trim_matches('.').contains('.') => {
            Ok(address::registrable_domain(name))
        }
        _ => Err(wrong()),
    }
}

/// A country as two letters (ISO 3166), in capitals.
pub(crate) fn country(text: &str) -> Result<String, String> {
    match text.trim().as_bytes() {
        [one, two] if one.is_ascii_alphabetic() && two.is_ascii_alphabetic() => {
            Ok(text.trim().to_ascii_uppercase())
        }
        _ => Err(format!("'{text}' is no country code of two letters, such as UA")),
    }
}

/// A language by the shape of its code (BCP 47).
pub(crate) fn language(text: &str) -> Result<String, String> {
    let mut parts = text.trim().split('-');
    let first = parts.next().unwrap_or_default();
    let primary = (2..=3).contains(&first.len()) && first.bytes().all(|letter| letter.is_ascii_alphabetic());
    let further =
        |part: &str| (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if primary && parts.all(further) {
        Ok(text.trim().replacen(first, &first.to_ascii_lowercase(), 1))
    } else {
        Err(format!("'{text}' is no language code, such as en, uk or pt-BR"))
    }
}

/// The domain that identifies a publisher: that of an address.
pub(crate) fn domain_of(url: &str) -> String {
    address::publisher_domain(url).unwrap_or_default()
}

/// A list of a test.
#[cfg(test)]
pub(crate) fn read_list(text: &str) -> anyhow::Result<Vec<FeedSpec>> {
    let topics = TopicNames::new(&|| Ok(wirewatch_tag::Tagger::builtin()));
    Ok(list::parse(Path::new(BUILT_IN_NAME), text, &topics)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_feed_has_one_address() {
        for typed in ["HTTPS://News.Example:443/Rss?b=1&a=2#top", " https://news.example/Rss?b=1&a=2"] {
            assert_eq!(feed_url(typed).as_deref(), Ok("https://news.example/Rss?b=1&a=2"), "{typed}");
        }
        assert_eq!(feed_url("feed://news.example/rss").as_deref(), Ok("http://news.example/rss"));
        assert_eq!(feed_url("feed:https://news.example/rss").as_deref(), Ok("https://news.example/rss"));
        assert_eq!(feed_url("http://news.example:8080").as_deref(), Ok("http://news.example:8080/"));
    }

    #[test]
    fn names_are_on_one_line_and_steer_nothing() {
        assert_eq!(plain(" A\u{1b}[31m\nB\u{202e}C\u{0}\u{ffff} "), "A[31m BC");
        assert_eq!(plain("می\u{200c}خواهم"), "می\u{200c}خواهم", "what joins letters stays");
        assert_eq!(named("\u{202a}\u{7}"), None);
        assert_eq!(folder("World\u{202e}/\u{1}/ Europe").as_deref(), Some("World/Europe"));
    }

    #[test]
    fn a_list_keeps_its_spelling_of_an_address() {
        let listed = |spelt: &str| listed_url(spelt).map(|(spelt, _)| spelt);
        assert_eq!(listed("http://A.example:80/#x").as_deref(), Ok("http://A.example:80/#x"));
        assert_eq!(listed("HTTPS://A.example/").as_deref(), Ok("https://a.example/"));
        assert_eq!(
            listed_url("http://A.example:80/#x").map(|(_, one)| one).as_deref(),
            Ok("http://a.example/")
        );
    }

    #[test]
    fn what_can_never_be_followed_is_refused() {
        for typed in ["news.example", "ftp://news.example/", "https://", "/rss"] {
            assert!(feed_url(typed).is_err_and(|reason| reason.contains("no http or https")), "{typed}");
        }
        for typed in ["http://127.1/rss", "http://[::1]/", "https://localhost/rss", "http://192.168.0.7:80/"]
        {
            assert!(feed_url(typed).is_err_and(|reason| reason.contains("public")), "{typed}");
        }
        let refused = feed_url("https://desk:secret@news.example/rss").expect_err("credentials");
        assert!(refused.contains("password") && !refused.contains("secret"), "{refused}");
    }

    #[test]
    fn what_is_said_of_a_publisher_has_its_form() {
        assert_eq!(domain("www.News.Example").as_deref(), Ok("news.example"));
        for text in ["", "news", "a b.example", "news.example/x", "1.2.3.4", "https://news.example"] {
            assert!(domain(text).is_err(), "{text}");
        }
        assert_eq!(country("ua").as_deref(), Ok("UA"));
        assert!(country("UKR").is_err() && country("У").is_err() && country("1A").is_err());
        assert_eq!(language("EN").as_deref(), Ok("en"));
        assert_eq!(language("zh-Hant-TW").as_deref(), Ok("zh-Hant-TW"));
        for text in ["", "english", "e", "en_US", "en-", "ук"] {
            assert!(language(text).is_err(), "{text}");
        }
    }
}
