//! What a feed says of itself, and when it asks to be read.

use super::{
    draft::{head_date, language_code, title_of},
    keys::web_address,
    tree::{Element, Space},
    walk::Found,
};
use std::borrow::Cow;
use url::Url;
use wirewatch_model::{FeedHead, Freshness};

/// No feed's own bound is believed beyond a day, in seconds.
const LONGEST_TTL_SECS: u64 = 24 * 3600;
/// Hubs kept of one feed: each is asked when a feed is subscribed to.
pub(crate) const MOST_HUBS: usize = 5;

/// The head of an XML feed.
pub(crate) fn head(found: &Found<'_>, base: Option<&Url>) -> FeedHead {
    let title = found.head.iter().find(|child| child.is(Space::Feed, "title"));
    let title = title.or_else(|| found.head.iter().find(|child| child.is(Space::Dublin, "title")));
    FeedHead {
        format: format(found),
        title: title.map(title_of).filter(|title| !title.is_empty()),
        link: site(&found.head, base),
        language: language(found),
        updated: head_date(&found.head),
        self_url: related(&found.head, "self").find_map(|link| web_address(link, base)),
        hubs: hubs(related(&found.head, "hub"), base),
    }
}

/// Addresses of the head's links with this relation, as written. A link may have several.
fn related<'a>(head: &'a [Element<'_>], relation: &'a str) -> impl Iterator<Item = &'a str> {
    let links = head.iter().filter(|child| child.is(Space::Feed, "link"));
    let links = links.filter(move |link| {
        let relations = link.attribute("rel").unwrap_or_default();
        relations.split_whitespace().any(|own| own.eq_ignore_ascii_case(relation))
    });
    links.filter_map(|link| link.attribute("href"))
}

/// WebSub hubs, absolute, each once.
pub(crate) fn hubs<'a>(links: impl Iterator<Item = &'a str>, base: Option<&Url>) -> Vec<String> {
    let mut hubs = Vec::new();
    for hub in links.filter_map(|link| web_address(link, base)) {
        if hubs.len() < MOST_HUBS && !hubs.contains(&hub) {
            hubs.push(hub);
        }
    }
    hubs
}

/// The format by root, namespace and version.
fn format(found: &Found<'_>) -> String {
    let version =
        found.root_attributes.iter().find(|(name, _)| name == "version").map(|(_, value)| value.trim());
    let uri = found.root_uri.as_deref().unwrap_or_default();
    match (&*found.root, version) {
        ("feed" | "entry", Some("0.1" | "0.2" | "0.3")) => "atom-0.3".to_owned(),
        ("feed" | "entry", _) if uri.to_ascii_lowercase().contains("purl.org/atom") => "atom-0.3".to_owned(),
        ("feed" | "entry", _) => "atom-1.0".to_owned(),
        ("rdf", _) => {
            let old = found.root_attributes.iter().any(|(_, value)| value.contains("rdf/simple/0.9"));
            if old { "rss-0.9" } else { "rss-1.0" }.to_owned()
        }
        ("rss", Some(version)) if version.starts_with("0.9") => format!("rss-{version}"),
        ("rss", _) => "rss-2.0".to_owned(),
        ("urlset", _) => "news-sitemap".to_owned(),
        _ => "xml".to_owned(),
    }
}

/// The site: an Atom `alternate` link, RSS's link, never `self`.
fn site(head: &[Element<'_>], base: Option<&Url>) -> Option<String> {
    let links = || head.iter().filter(|child| child.is(Space::Feed, "link"));
    let text = links().map(Element::text).find(|text| !text.trim().is_empty());
    let href = |rel: fn(Option<&str>) -> bool| {
        links()
            .find(|link| rel(link.attribute("rel")))
            .and_then(|link| link.attribute("href"))
            .map(Cow::Borrowed)
    };
    let alternate =
        || href(|rel| rel.is_none_or(|rel| rel.is_empty() || rel.eq_ignore_ascii_case("alternate")));
    web_address(&text.or_else(alternate)?, base)
}

fn language(found: &Found<'_>) -> Option<String> {
    let of = |space, name: &str| found.head.iter().find(|child| child.is(space, name)).map(Element::text);
    let root =
        found.root_attributes.iter().find(|(name, _)| name == "xml:lang").map(|(_, value)| value.clone());
    [of(Space::Feed, "language"), of(Space::Dublin, "language"), root]
        .into_iter()
        .flatten()
        .find_map(|code| language_code(&code))
}

/// When the feed asks to be read: `ttl`, `sy:`, `skipHours`, `skipDays`.
pub(crate) fn freshness(head: &[Element<'_>]) -> Freshness {
    let text = |space, name: &str| {
        head.iter().find(|child| child.is(space, name)).map(|child| child.text().trim().to_owned())
    };
    let ttl = text(Space::Feed, "ttl")
        .and_then(|ttl| ttl.parse::<u64>().ok())
        .and_then(|minutes| minutes.checked_mul(60));
    let period = text(Space::Syndication, "updateperiod").and_then(|period| period_secs(&period));
    let frequency =
        text(Space::Syndication, "updatefrequency").and_then(|times| times.parse::<u64>().ok()).unwrap_or(1);
    let syndication = period.map(|secs| secs / frequency.max(1));
    let ttl = ttl.max(syndication).filter(|secs| *secs > 0).map(|secs| secs.min(LONGEST_TTL_SECS));
    let parts = |list: &str, part: &str| -> Vec<Cow<'_, str>> {
        let lists = head.iter().filter(|child| child.is(Space::Feed, list));
        lists.flat_map(Element::elements).filter(|child| child.name == part).map(Element::text).collect()
    };
    // RSS counts hours from 0; 24 is midnight too.
    let hours = parts("skiphours", "hour");
    let hours = hours.iter().filter_map(|hour| hour.trim().parse::<u8>().ok());
    let mut skip_hours: Vec<u8> = hours.filter(|hour| *hour <= 24).map(|hour| hour % 24).collect();
    let mut skip_days: Vec<u8> =
        parts("skipdays", "day").iter().filter_map(|day| weekday(day.trim())).collect();
    for list in [&mut skip_hours, &mut skip_days] {
        list.sort_unstable();
        list.dedup();
    }
    // The bound is at most a day, which fits.
    Freshness {
        feed_ttl_secs: ttl.and_then(|secs| u32::try_from(secs).ok()),
        skip_hours,
        skip_days,
        lifetime_secs: None,
    }
}

fn period_secs(period: &str) -> Option<u64> {
    Some(match period.to_ascii_lowercase().as_str() {
        "hourly" => 3600,
        "daily" => 86_400,
        "weekly" => 7 * 86_400,
        "monthly" => 30 * 86_400,
        "yearly" => 365 * 86_400,
        _ => return None,
    })
}

/// 0 for Monday.
fn weekday(name: &str) -> Option<u8> {
    let days = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    let at = days.iter().position(|day| name.eq_ignore_ascii_case(day))?;
    u8::try_from(at).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feed::{repair::mend, walk::walk};

    fn of(channel: &str) -> (FeedHead, Freshness) {
        let text = format!("<rss version=\"2.0\"><channel>{channel}</channel></rss>");
        let mended = mend(&text).expect("a root");
        let found = walk(&mended, 9, |_| {});
        (head(&found, None), freshness(&found.head))
    }

    #[test]
    fn the_head_is_the_channel_and_not_its_image() {
        let (head, _) = of(
            "<image><title>logo</title><link>http://img.example/</link></image><title>Press &amp;amp; News</title>\
             <atom:link rel=\"self\" href=\"http://a.example/rss\"/><link>http://a.example/</link><language>en-us</language>",
        );
        assert_eq!(head.title.as_deref(), Some("Press & News"));
        assert_eq!(head.link.as_deref(), Some("http://a.example/"));
        assert_eq!((head.language.as_deref(), head.format.as_str()), (Some("en-US"), "rss-2.0"));
    }

    #[test]
    fn hubs_and_the_feeds_own_address_are_found() {
        let (head, _) = of("<atom:link rel=\"self\" href=\"https://a.example/rss\"/>\
             <atom:link rel=\"hub\" href=\"https://hub.example/\"/><link rel=\"HUB\" href=\"//two.example/\"/>\
             <atom:link rel=\"hub\" href=\"https://hub.example/\"/><atom:link rel=\"hub\" href=\"javascript:x\"/>");
        assert_eq!(head.self_url.as_deref(), Some("https://a.example/rss"));
        assert_eq!(head.hubs, ["https://hub.example/", "https://two.example/"]);
        let many: String =
            (0..9).map(|nth| format!("<atom:link rel=\"hub\" href=\"https://h{nth}.example/\"/>")).collect();
        assert_eq!(of(&many).0.hubs.len(), MOST_HUBS);
        assert_eq!(of("<link>https://a.example/</link>").0.self_url, None);
    }

    #[test]
    fn rule_11_ttl_and_sy_are_lower_bounds_and_silly_values_are_clamped() {
        let ttl = |channel: &str| of(channel).1.feed_ttl_secs;
        assert_eq!(ttl("<ttl>15</ttl>"), Some(900));
        assert_eq!(
            ttl("<sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>2</sy:updateFrequency>"),
            Some(1800)
        );
        assert_eq!(ttl("<ttl>90</ttl><sy:updatePeriod>hourly</sy:updatePeriod>"), Some(5400));
        assert_eq!(ttl("<ttl>0</ttl>"), None);
        assert_eq!(ttl("<ttl>-5</ttl>"), None);
        assert_eq!(ttl("<ttl>525600</ttl>"), Some(86_400));
        assert_eq!(ttl("<ttl>99999999999999999999</ttl>"), None);
        assert_eq!(
            ttl("<sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>99999999</sy:updateFrequency>"),
            None
        );
    }

    #[test]
    fn skipped_hours_and_days_are_read() {
        let (_, freshness) = of(
            "<skipHours><hour>24</hour><hour> 3 </hour><hour>99</hour></skipHours><skipDays><day>Sunday</day><day>Never</day></skipDays>",
        );
        assert_eq!((freshness.skip_hours, freshness.skip_days), (vec![0, 3], vec![6]));
    }
}
