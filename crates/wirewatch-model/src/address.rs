//! Addresses as identities: one article, one normalised address.
//!
//! [`normalise`] undoes what does not change the page (case of the host, default ports, fragments,
//! tracking parameters, the order of the query) and keeps what may (path, other parameters, `www.`).
//! The list of tracking parameters is our own, from the vendors' documentation.

use url::Url;

/// Query parameters that only say where a reader came from.
const TRACKING: &[&str] = &[
    "_ga",
    "_gl",
    "_hsenc",
    "_hsmi",
    "_openstat",
    "at_campaign",
    "at_custom1",
    "at_custom2",
    "at_custom3",
    "at_custom4",
    "at_link_id",
    "at_link_origin",
    "at_link_type",
    "at_medium",
    "at_ptr_name",
    "cmpid",
    "dclid",
    "efg",
    "fb_action_ids",
    "fb_action_types",
    "fb_ref",
    "fb_source",
    "fbclid",
    "gbraid",
    "gclid",
    "gclsrc",
    "guccounter",
    "guce_referrer",
    "guce_referrer_sig",
    "icid",
    "igshid",
    "li_fat_id",
    "mc_cid",
    "mc_eid",
    "mkt_tok",
    "msclkid",
    "ns_campaign",
    "ns_linkname",
    "ns_mchannel",
    "ns_source",
    "oly_anon_id",
    "oly_enc_id",
    "ref_src",
    "ref_url",
    "smid",
    "smtyp",
    "sr_share",
    "srsltid",
    "tpcc",
    "traffic_source",
    "twclid",
    "vero_conv",
    "vero_id",
    "wbraid",
    "wickedid",
    "xtor",
    "yclid",
    "ysclid",
];

/// Beginnings of parameters that only say where a reader came from.
const TRACKING_PREFIXES: &[&str] = &["utm_", "mtm_", "pk_", "hsa_", "stm_", "itm_", "at_recipient_"];

/// The normalised form of an http(s) address, or `None` for anything else.
///
/// Idempotent: normalising the result changes nothing.
pub fn normalise(address: &str) -> Option<String> {
    normalise_url(&Url::parse(address.trim()).ok()?)
}

/// [`normalise`] for an address that is already parsed.
pub fn normalise_url(url: &Url) -> Option<String> {
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none_or(str::is_empty) {
        return None;
    }
    let mut url = url.clone();
    url.set_fragment(None);
    // Credentials are no part of an article's identity; http(s) addresses always accept the change.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    if let Some(host) = url.host_str().and_then(|host| host.strip_suffix('.')).map(str::to_owned) {
        let _ = url.set_host(Some(&host));
    }
    if url.query().is_some() {
        let mut kept: Vec<&str> = url
            .query()
            .unwrap_or_default()
            .split('&')
            .filter(|pair| !pair.is_empty() && !is_tracking(pair))
            .collect();
        // A stable sort keeps repeated parameters in their order, which may matter to the server.
        kept.sort_by_key(|pair| pair.split('=').next());
        let query = kept.join("&");
        url.set_query((!query.is_empty()).then_some(&query));
    }
    Some(url.into())
}

fn is_tracking(pair: &str) -> bool {
    let name = pair.split('=').next().unwrap_or_default().to_ascii_lowercase();
    TRACKING.binary_search(&name.as_str()).is_ok()
        || TRACKING_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

/// The identity under which an address is looked up: [`normalise`], without scheme, `www.` and the
/// slash at the end, so that `http`/`https` and both spellings of a host are one article.
pub fn identity(address: &str) -> Option<String> {
    let normal = normalise(address)?;
    let rest = normal.split_once("://")?.1;
    let rest = rest.strip_prefix("www.").unwrap_or(rest);
    Some(match rest.split_once('?') {
        Some((path, query)) => format!("{}?{query}", path.trim_end_matches('/')),
        None => rest.trim_end_matches('/').to_owned(),
    })
}

/// The host of an http(s) address, in lower case.
pub fn host(address: &str) -> Option<String> {
    Url::parse(address.trim()).ok()?.host_str().map(|host| host.trim_end_matches('.').to_owned())
}

/// Whether headers that are meant for one address may be sent to another: only when that is at [home](is_home)
/// of it. Not where one of them is no http(s) address.
pub fn headers_may_go(from: &str, to: &str) -> bool {
    matches!((Url::parse(from), Url::parse(to)), (Ok(from), Ok(to)) if is_home(&from, &to))
}

/// Whether an address is at home of another: on the same host and port, and never away from https.
pub fn is_home(from: &Url, to: &Url) -> bool {
    let rises =
        (from.scheme(), to.scheme()) == ("http", "https") && from.port().is_none() && to.port().is_none();
    from.host() == to.host() && (rises || from.origin() == to.origin())
}

/// The registrable domain of a host (`bbc.co.uk` for `news.bbc.co.uk`), by the Public Suffix List;
/// the host itself when it has none (an IP address, a single label).
pub fn registrable_domain(host: &str) -> String {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    if host.parse::<std::net::IpAddr>().is_ok() || host.starts_with('[') {
        return host;
    }
    psl::domain_str(&host).map_or(host.clone(), str::to_owned)
}

/// The registrable domain of an address.
pub fn publisher_domain(address: &str) -> Option<String> {
    host(address).map(|host| registrable_domain(&host))
}

/// Whether an address looks like a front page or a section, which no article can be.
pub fn is_front_page(address: &str) -> bool {
    Url::parse(address.trim()).is_ok_and(|url| {
        let mut segments = url.path_segments().into_iter().flatten().filter(|segment| !segment.is_empty());
        match (segments.next(), segments.next()) {
            (None, _) => url.query().is_none(),
            (Some(only), None) => {
                url.query().is_none()
                    && only.len() <= 12
                    && only.chars().all(|letter| letter.is_alphabetic() || letter == '-' || letter == '_')
                    && !only.contains('.')
            }
            _ => false,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(address: &str, want: &str) {
        assert_eq!(normalise(address).as_deref(), Some(want));
    }

    #[test]
    fn the_list_of_tracking_parameters_is_sorted_for_the_search() {
        assert!(TRACKING.is_sorted());
    }

    #[test]
    fn drops_what_does_not_change_the_page() {
        check("HTTPS://News.Example:443/a?utm_source=x&id=7#top", "https://news.example/a?id=7");
        check("https://user:pw@news.example/a?fbclid=1", "https://news.example/a");
        check("http://news.example./a?b=2&a=1", "http://news.example/a?a=1&b=2");
    }

    #[test]
    fn keeps_what_may_change_the_page() {
        check("https://news.example/A/?page=2&p=", "https://news.example/A/?p=&page=2");
        check("https://news.example/a?x=2&x=1", "https://news.example/a?x=2&x=1");
    }

    #[test]
    fn refuses_other_schemes() {
        for address in
            ["javascript:alert(1)", "mailto:a@b.example", "ftp://a.example/x", "not an address", ""]
        {
            assert_eq!(normalise(address), None, "{address}");
        }
    }

    #[test]
    fn one_article_has_one_identity() {
        let one = identity("https://www.news.example/a/?utm_medium=rss");
        assert_eq!(one, identity("http://news.example/a#comments"));
        assert_ne!(one, identity("http://m.news.example/a"));
        assert_eq!(identity("https://news.example/a/?id=1"), identity("https://news.example/a?id=1"));
    }

    #[test]
    fn headers_stay_at_the_origin_they_were_given_for() {
        let home = "https://news.example/rss";
        for to in ["https://news.example/feed?a=1", "https://news.example:443/", "https://NEWS.example/"] {
            assert!(headers_may_go(home, to), "{to}");
        }
        for to in [
            "http://news.example/rss",
            "https://www.news.example/rss",
            "https://news.example:8443/rss",
            "https://news.example.kray.example/rss",
            "ftp://news.example/rss",
            "news.example",
            "",
        ] {
            assert!(!headers_may_go(home, to), "{to}");
        }
        assert!(headers_may_go("http://news.example/rss", home), "it rises to https");
        assert!(!headers_may_go("http://news.example:8080/rss", home), "another port is another server");
        assert!(!headers_may_go("mailto:a", "mailto:a"));
    }

    #[test]
    fn publishers_are_registrable_domains() {
        assert_eq!(publisher_domain("https://news.bbc.co.uk/1").as_deref(), Some("bbc.co.uk"));
        assert_eq!(publisher_domain("https://www.pravda.com.ua/x").as_deref(), Some("pravda.com.ua"));
        assert_eq!(publisher_domain("http://127.0.0.1:80/").as_deref(), Some("127.0.0.1"));
    }

    #[test]
    fn front_pages_and_sections_are_no_articles() {
        for address in ["https://news.example", "https://news.example/", "https://news.example/world/"] {
            assert!(is_front_page(address), "{address}");
        }
        for address in [
            "https://news.example/world/talks-resume",
            "https://news.example/12345",
            "https://news.example/?p=7",
        ] {
            assert!(!is_front_page(address), "{address}");
        }
    }

    proptest! {
        #[test]
        fn normalising_twice_changes_nothing(path in "[a-zA-Z0-9/%._-]{0,30}", query in "[a-z=&_+0-9]{0,30}") {
            let address = format!("http://news.example/{path}?{query}");
            let once = normalise(&address).expect("http");
            prop_assert_eq!(normalise(&once).expect("still http"), once);
        }

        #[test]
        fn nothing_panics(text in "\\PC{0,60}") {
            let _ = (normalise(&text), identity(&text), publisher_domain(&text), is_front_page(&text));
        }
    }
}
