//! Whose article a page is (invariant 4): pure rules over addresses.

use wirewatch_model::address::{identity, is_front_page, publisher_domain, registrable_domain};
use wirewatch_model::{CleanArticle, OwedEntry, Publisher};

/// The addresses of one page, as identities.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Addresses {
    /// The address that answered.
    pub(crate) own: String,
    /// Announced and redirecting addresses: they lead to this page by themselves.
    pub(crate) leading: Vec<String>,
    /// The address the page declares, when it may become the article's identity: another one on the
    /// same registrable domain, no front or section page.
    pub(crate) declared: Option<String>,
}

impl Addresses {
    /// Collects the addresses of an article made of this entry.
    ///
    /// An article without an address or with one that others share, and a feed's text about an address of
    /// somebody else's site that has not answered, is known by its entry alone: no feed can plant an article
    /// at another outlet.
    pub(crate) fn of(article: &CleanArticle, owed: &OwedEntry, redirects: &[String]) -> Self {
        let own =
            identity(&article.url).filter(|_| answered_or_own(article, owed) && !owed.entry.shares_address);
        let Some(own) = own else {
            let own = format!("entry:{}:{}", owed.feed, owed.entry.key);
            return Self { own, leading: Vec::new(), declared: None };
        };
        let announced = owed.entry.url.as_deref();
        let mut leading: Vec<String> = Vec::new();
        for address in announced.into_iter().chain(redirects.iter().map(String::as_str)) {
            if let Some(address) = identity(address)
                && address != own
                && !leading.contains(&address)
            {
                leading.push(address);
            }
        }
        let declared = article
            .canonical_url
            .as_deref()
            .filter(|declared| {
                !is_front_page(declared) && publisher_domain(declared) == publisher_domain(&article.url)
            })
            .and_then(identity)
            .filter(|declared| *declared != own);
        Self { own, leading, declared }
    }
}

/// Whether the article's address answered, or is at least on the site of the feed that announces it.
fn answered_or_own(article: &CleanArticle, owed: &OwedEntry) -> bool {
    let site = &owed.publisher.domain;
    !article.method.is_from_feed()
        || site.is_empty()
        || publisher_domain(&article.url).as_deref() == Some(site.as_str())
}

/// Whether two identities stand on one registrable domain.
pub(crate) fn same_site(one: &str, other: &str) -> bool {
    let site = |identity: &str| {
        let host = identity.split(['/', '?', ':']).next().unwrap_or_default();
        (!identity.starts_with("entry:")).then(|| registrable_domain(host))
    };
    site(one).is_some_and(|domain| site(other) == Some(domain))
}

/// Who published an article: the feed's publisher when the article stands on its domain, names none, or
/// is the feed's own text; else the article's own domain under the name its page gives.
pub(crate) fn publisher_of(article: &CleanArticle, feed: &Publisher) -> Publisher {
    let domain = publisher_domain(&article.url).unwrap_or_default();
    let fed = article.method.is_from_feed() && !feed.domain.is_empty();
    if fed || domain.is_empty() || domain == feed.domain || feed.domain.is_empty() {
        return Publisher {
            domain: if feed.domain.is_empty() { domain } else { feed.domain.clone() },
            ..feed.clone()
        };
    }
    let name = article.publisher.clone().unwrap_or_else(|| domain.clone());
    Publisher { domain, name, language: article.language.clone(), ..Publisher::default() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;
    use wirewatch_model::{Announced, Entry, EntryId, FeedId, FeedSettings, Method, SourceRef};

    fn article(url: &str, canonical: Option<&str>) -> CleanArticle {
        CleanArticle {
            url: url.into(),
            canonical_url: canonical.map(str::to_owned),
            title: String::new(),
            authors: Vec::new(),
            publisher: None,
            published: None,
            modified: None,
            language: None,
            section: None,
            keywords: Vec::new(),
            image: None,
            text: String::new(),
            method: Method::Page,
        }
    }

    fn owed(url: Option<&str>, site: &str) -> OwedEntry {
        OwedEntry {
            id: EntryId(1),
            feed: FeedId(2),
            publisher: Publisher { domain: site.into(), ..Publisher::default() },
            settings: FeedSettings::default(),
            entry: Entry { key: "k".into(), url: url.map(str::to_owned), ..Entry::default() },
            source: SourceRef::Http,
            announced: Announced::First,
            failures: 0,
            first_seen: Timestamp::UNIX_EPOCH,
            taken_at: Timestamp::UNIX_EPOCH,
            article: None,
            page_validators: None,
        }
    }

    fn addresses(url: &str, canonical: Option<&str>) -> Addresses {
        Addresses::of(&article(url, canonical), &owed(None, ""), &[])
    }

    #[test]
    fn inv04_a_feed_cannot_plant_an_article_at_another_outlet() {
        let told = CleanArticle { method: Method::FeedContent, ..article("http://victim.example/a/1", None) };
        assert_eq!(Addresses::of(&told, &owed(None, "evil.example"), &[]).own, "entry:2:k");
        assert_eq!(Addresses::of(&told, &owed(None, "victim.example"), &[]).own, "victim.example/a/1");
        let evil = Publisher { domain: "evil.example".into(), ..Publisher::default() };
        assert_eq!(publisher_of(&told, &evil), evil);
    }

    #[test]
    fn sites_are_compared_by_registrable_domain() {
        assert!(same_site("m.news.example/a", "news.example/b?c"));
        assert!(!same_site("news.example/a", "other.example/a"));
        assert!(!same_site("entry:1:k", "entry:1:k"));
    }

    #[test]
    fn inv04_a_declared_address_counts_only_on_the_same_registrable_domain() {
        let near = addresses("http://m.news.example/a/1", Some("http://www.news.example/a/one"));
        assert_eq!(near.declared.as_deref(), Some("news.example/a/one"));
        let far = addresses("http://news.example/a/1", Some("http://other.example/a/1"));
        assert_eq!(far.declared, None);
    }

    #[test]
    fn inv04_front_and_section_pages_are_no_articles() {
        assert_eq!(addresses("http://news.example/a/1", Some("http://news.example/")).declared, None);
        assert_eq!(addresses("http://news.example/a/1", Some("http://news.example/world/")).declared, None);
    }

    #[test]
    fn announced_and_redirecting_addresses_lead_to_the_article() {
        let redirects = ["http://short.example/x".to_owned(), "http://news.example/a/1".to_owned()];
        let owed = owed(Some("http://feed.example/r?1"), "");
        let all = Addresses::of(&article("http://news.example/a/1", None), &owed, &redirects);
        assert_eq!(all.own, "news.example/a/1");
        assert_eq!(all.leading, ["feed.example/r?1", "short.example/x"]);
    }

    #[test]
    fn an_aggregator_does_not_publish_what_it_links_to() {
        let feed = Publisher {
            domain: "aggregator.example".into(),
            name: "Aggregator".into(),
            ..Publisher::default()
        };
        assert_eq!(publisher_of(&article("http://www.paper.example/a", None), &feed).domain, "paper.example");
        assert_eq!(publisher_of(&article("http://x.aggregator.example/a", None), &feed), feed);
    }
}
