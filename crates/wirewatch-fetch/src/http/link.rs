//! The Link header (RFC 8288), as far as WebSub needs it.

use crate::{
    feed::{hubs, web_address},
    http::headers::Headers,
};
use url::Url;
use wirewatch_model::FeedHead;

/// Links looked at in one answer.
const MOST_LINKS: usize = 64;

/// Puts the hub and the address an answer's headers name in place of those the body names: the header
/// counts first (WebSub §4), and a feed that is not the hub's to change may say it there alone.
pub(crate) fn take_hub(head: &mut FeedHead, headers: &Headers, base: &str) {
    let header = headers.joined("link");
    let base = Url::parse(base).ok();
    let links = links(&header);
    let related = |relation| links.iter().filter(move |link| link.has(relation)).map(|link| link.target);
    let hubs = hubs(related("hub"), base.as_ref());
    if hubs.is_empty() {
        return;
    }
    head.hubs = hubs;
    if let Some(own) = related("self").find_map(|link| web_address(link, base.as_ref())) {
        head.self_url = Some(own);
    }
}

/// One link: where it leads and its relations, as written.
#[derive(Debug, PartialEq, Eq)]
struct Link<'h> {
    target: &'h str,
    relations: &'h str,
}

impl Link<'_> {
    fn has(&self, relation: &str) -> bool {
        self.relations.split_ascii_whitespace().any(|own| own.eq_ignore_ascii_case(relation))
    }
}

/// The links of a header; what is none is passed over.
fn links(header: &str) -> Vec<Link<'_>> {
    let mut links = Vec::new();
    let mut rest = header;
    while links.len() < MOST_LINKS {
        let Some((_, from)) = rest.split_once('<') else { break };
        let Some((target, after)) = from.split_once('>') else { break };
        let (parameters, next) = until(after, b',');
        links.push(Link { target: target.trim(), relations: relations(parameters) });
        rest = next;
    }
    links
}

/// Splits a text at the first `end` that is not within quotes.
fn until(text: &str, end: u8) -> (&str, &str) {
    let (mut quoted, mut escaped) = (false, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            // One byte of ASCII: both sides are whole characters.
            _ if byte == end && !quoted => return (&text[..at], &text[at + 1..]),
            _ => {}
        }
    }
    (text, "")
}

/// The first `rel`; later ones do not count (RFC 8288 §3.3).
fn relations(mut parameters: &str) -> &str {
    while !parameters.is_empty() {
        let (parameter, rest) = until(parameters, b';');
        if let Some((name, value)) = parameter.split_once('=')
            && name.trim().eq_ignore_ascii_case("rel")
        {
            return value.trim().trim_matches('"');
        }
        parameters = rest;
    }
    ""
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feed::MOST_HUBS;
    use proptest::prelude::*;

    fn hub_of(lines: &[&str]) -> (Vec<String>, Option<String>) {
        let headers: Headers = lines.iter().map(|line| ("link", *line)).collect();
        let mut head = FeedHead {
            self_url: Some("https://a.example/body".to_owned()),
            hubs: vec!["https://body.example/".to_owned()],
            ..FeedHead::default()
        };
        take_hub(&mut head, &headers, "https://a.example/feeds/rss");
        (head.hubs, head.self_url)
    }

    #[track_caller]
    fn check(lines: &[&str], hubs: &[&str], own: &str) {
        let (found, self_url) = hub_of(lines);
        assert_eq!((found, self_url.as_deref()), (hubs.iter().map(|hub| (*hub).into()).collect(), Some(own)));
    }

    #[test]
    fn the_header_counts_before_the_body() {
        let body = "https://a.example/body";
        check(&[], &["https://body.example/"], body);
        check(&["<https://hub.example/>; rel=\"hub\""], &["https://hub.example/"], body);
        check(
            &["</own>; rel=self, <https://hub.example/>; title=\"a, <b>; rel=self\"; rel=\"x HUB\""],
            &["https://hub.example/"],
            "https://a.example/own",
        );
        check(
            &["<https://one.example/>;rel=hub", "<//two.example/>; rel=hub;rel=self"],
            &["https://one.example/", "https://two.example/"],
            body,
        );
    }

    #[test]
    fn what_is_no_hub_is_passed_over() {
        let (body, own) = (&["https://body.example/"][..], "https://a.example/body");
        for line in [
            "<javascript:alert(1)>; rel=hub",
            "<https://hub.example/>",
            "<https://hub.example/>; rel=hubs",
            "<https://hub.example/; rel=hub",
            "https://hub.example/; rel=hub",
            "<https://a.example/other>; rel=self",
        ] {
            check(&[line], body, own);
        }
    }

    proptest! {
        #[test]
        fn any_header_is_read(header in "[<>;,=\"\\\\a-zA-Z:/ é]{0,200}") {
            let (hubs, _) = hub_of(&[&header]);
            prop_assert!(hubs.len() <= MOST_HUBS);
        }
    }
}
