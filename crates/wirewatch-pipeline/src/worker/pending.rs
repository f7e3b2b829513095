//! Articles that are judged and not yet durable: the store does not know them, and texts that follow
//! may be of them.

use super::draft::Draft;
use std::collections::HashMap;
use wirewatch_model::{ArticleId, Verdict};
use wirewatch_store::KnownArticle;

/// An article that is stored, or about to be.
pub(crate) struct Known {
    pub(crate) id: ArticleId,
    pub(crate) identity: String,
    pub(crate) revision_key: u128,
    pub(crate) from_feed: bool,
}

/// The articles on their way to the writer.
#[derive(Default)]
pub(crate) struct Pending {
    articles: HashMap<ArticleId, Article>,
    by_identity: HashMap<String, ArticleId>,
}

struct Article {
    identity: String,
    revision_key: u128,
    from_feed: bool,
    identities: Vec<String>,
    /// Judgements of this article on their way to the writer.
    under_way: u32,
}

impl Pending {
    pub(crate) fn contains(&self, id: ArticleId) -> bool {
        self.articles.contains_key(&id)
    }

    /// The pending article that has one of these addresses; the first that one has decides.
    pub(crate) fn find(&self, identities: &[String]) -> Option<Known> {
        let id = *identities.iter().find_map(|identity| self.by_identity.get(identity))?;
        let article = self.articles.get(&id)?;
        Some(Known {
            id,
            identity: article.identity.clone(),
            revision_key: article.revision_key,
            from_feed: article.from_feed,
        })
    }

    /// One more judgement of an article is on its way.
    pub(crate) fn add(&mut self, draft: &Draft, from_feed: bool) {
        let mut identities = draft.aliases.clone();
        identities.push(draft.identity.clone());
        for identity in &identities {
            self.by_identity.insert(identity.clone(), draft.id);
        }
        let article = self.articles.entry(draft.id).or_insert_with(|| Article {
            identity: draft.identity.clone(),
            revision_key: draft.revision_key,
            from_feed,
            identities: Vec::new(),
            under_way: 0,
        });
        article.under_way += 1;
        article.identities.append(&mut identities);
        if !matches!(draft.verdict, Verdict::Same { .. }) {
            article.revision_key = draft.revision_key;
            article.from_feed = from_feed;
        }
    }

    /// One judgement of an article has arrived, or was given up; after the last of them the store knows
    /// what there is to know.
    pub(crate) fn arrived(&mut self, id: ArticleId) {
        let Some(article) = self.articles.get_mut(&id) else { return };
        article.under_way = article.under_way.saturating_sub(1);
        if article.under_way == 0
            && let Some(article) = self.articles.remove(&id)
        {
            for identity in article.identities {
                self.by_identity.remove(&identity);
            }
        }
    }
}

impl From<KnownArticle> for Known {
    fn from(known: KnownArticle) -> Self {
        Self {
            id: known.id,
            identity: known.identity,
            revision_key: known.revision_key,
            from_feed: known.method.starts_with("feed-"),
        }
    }
}
