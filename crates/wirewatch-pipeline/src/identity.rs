//! Whose article a page is (invariant 4): pure rules over addresses.

use wirewatch_model::address::{identity, is_front_page, publisher_domain};
use wirewatch_model::{CleanArticle, Publisher};

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
    /// Collects the addresses; `None` when the article has no address at all.
    pub(crate) fn of(article: &CleanArticle, announced: Option<&str>, redirects: &[String]) -> Option<Self> {
        let own = identity(&article.url)?;
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
        Some(Self { own, leading, declared })
    }

    /// The identities under which the same article may be stored already, strongest first.
    pub(crate) fn candidates(&self) -> Vec<String> {
        let mut all = vec![self.own.clone()];
        all.extend(self.leading.iter().cloned());
        all
    }
}

/// Who published an article: the feed's publisher when the article stands on its domain (or names no
/// domain), else the article's own domain under the name its page gives.
pub(crate) fn publisher_of(article: &CleanArticle, feed: &Publisher) -> Publisher {
    let domain = publisher_domain(&article.url).unwrap_or_default();
    if domain.is_empty() || domain == feed.domain || feed.domain.is_empty() {
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
    use wirewatch_model::Method;

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

    fn addresses(url: &str, canonical: Option<&str>) -> Addresses {
        Addresses::of(&article(url, canonical), None, &[]).expect("an http address")
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
        let all = Addresses::of(
            &article("http://news.example/a/1", None),
            Some("http://feed.example/r?1"),
            &redirects,
        )
        .expect("an http address");
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
