//! Where hubs reach us.

use super::{Origin, reader::Reader};
use crate::feeds::is_inner;
use std::time::Duration;
use url::Url;

/// The public address at which hubs push.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct WebSubSettings {
    /// The address, without a slash at its end.
    pub(crate) callback: String,
    /// Its host name.
    pub(crate) host: String,
    /// For how long hubs are asked to push.
    pub(crate) lease: Duration,
}

impl WebSubSettings {
    /// `None` when no address is set: hubs are not asked.
    pub(super) fn read(reader: &mut Reader<'_>) -> Option<Self> {
        const KEY: &str = "websub.callback";
        let lease = Duration::from_secs(reader.whole("websub.lease_days", 1..=90) as u64 * 24 * 3600);
        let callback = reader.text(KEY);
        if callback.is_empty() {
            return None;
        }
        // The flag is for one run: that it takes no pushes is told there.
        let by_flag = matches!(reader.settings.get("serve.on").origin, Origin::Flag(_));
        if !reader.switch("serve.on") && !by_flag {
            reader.wrong_at(KEY, format!("{KEY} needs the HTTP API, and serve.on is false"));
        }
        match public_address(&callback) {
            Ok(host) => Some(Self { callback: callback.trim_end_matches('/').to_owned(), host, lease }),
            Err(message) => {
                reader.wrong_at(KEY, format!("{KEY} {message}"));
                None
            }
        }
    }
}

/// The host name of an address that others can be told, or why it is none.
fn public_address(text: &str) -> Result<String, &'static str> {
    let url = Url::parse(text).map_err(|_| "must be an address such as https://news.example/websub")?;
    let host = url.host_str().filter(|_| matches!(url.scheme(), "http" | "https"));
    let Some(host) = host.filter(|host| !host.is_empty()) else {
        return Err("must begin with https:// or http:// and a host name");
    };
    if !url.username().is_empty() || url.password().is_some() {
        return Err("must hold no user name and no password: it is told to hubs");
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("must end with its path: no ? and no #");
    }
    if url.host().is_none_or(|host| is_inner(&host)) {
        return Err("must be an address that hubs can reach: this one is not on the public internet");
    }
    Ok(host.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_address_has_a_host_and_nothing_secret() {
        assert_eq!(public_address("https://News.example/websub/"), Ok("news.example".to_owned()));
        assert_eq!(public_address("http://[2001:db8::1]:8080"), Ok("[2001:db8::1]".to_owned()));
        for (text, word) in [
            ("news.example/websub", "such as"),
            ("ftp://news.example/", "begin"),
            ("https://", "such as"),
            ("https://me:pw@news.example/websub", "password"),
            ("https://news.example/websub?x=1", "no ?"),
            ("https://news.example/websub#x", "no #"),
            ("http://127.0.0.1:8642/websub", "public"),
            ("https://[::1]/websub", "public"),
            ("https://192.168.1.2/websub", "public"),
            ("https://localhost/websub", "public"),
        ] {
            let error = public_address(text).expect_err(text);
            assert!(error.contains(word), "{text}: {error}");
        }
    }
}
