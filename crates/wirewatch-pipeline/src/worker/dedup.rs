//! Dedup: one thread, in order. It says whose article a text is, gives ids and ordinals, and asks the
//! deduplicator for the verdict; what the deduplicator needs to know it reads from the store.

use super::{draft::Draft, guarded, windows::Windows};
use crate::{
    PipelineError,
    identity::{Addresses, publisher_of},
    message::{Clean, Finished, Judged, Notice, Notices},
    shared::Shared,
};
use std::collections::HashMap;
use tokio::sync::mpsc;
use wirewatch_dedup::{DedupConfig, Deduper, Step, StoredText, revision_key};
use wirewatch_model::{ArticleId, CleanArticle, Ordinal, Reject, Stage, Verdict, article_time, text_hash};
use wirewatch_store::{KnownArticle, Reader, StoreError, Write};

/// How often the deduplicator may ask for texts about one article before it is taken as new.
const ROUNDS: usize = 4;

/// The dedup worker.
pub(crate) struct Judge {
    shared: Shared,
    reader: Reader,
    deduper: Deduper,
    /// What of the store is in the index.
    windows: Windows,
    notices: Notices,
    /// Articles judged and not yet durable: the store does not know them.
    pending: HashMap<ArticleId, Pending>,
    /// Their addresses.
    pending_by_identity: HashMap<String, ArticleId>,
    next_id: ArticleId,
    next_ordinal: Ordinal,
}

struct Pending {
    revision_key: u128,
    from_feed: bool,
    identities: Vec<String>,
    /// Judgements of this article on their way to the writer.
    under_way: u32,
}

/// An article that is stored, or about to be.
struct Known {
    id: ArticleId,
    revision_key: u128,
    from_feed: bool,
}

impl Judge {
    /// Loads the index from the stored signatures.
    pub(crate) fn load(shared: Shared, notices: Notices) -> Result<Self, PipelineError> {
        let reader = shared.database.reader()?;
        let mut deduper = Deduper::new(DedupConfig::default());
        let windows = Windows::load(&reader, &mut deduper, shared.clock.now())?;
        let next_id = ArticleId(reader.max_article_id()?.0 + 1);
        Ok(Self {
            shared,
            reader,
            deduper,
            windows,
            notices,
            pending: HashMap::new(),
            pending_by_identity: HashMap::new(),
            next_id,
            next_ordinal: Ordinal(0),
        })
    }

    /// Judges until the cleaners have ended.
    pub(crate) fn run(
        mut self,
        mut cleaned: mpsc::Receiver<Clean>,
        judged: &mpsc::Sender<Judged>,
        finished: &mpsc::Sender<Finished>,
    ) -> Result<(), PipelineError> {
        while let Some(clean) = cleaned.blocking_recv() {
            self.hear();
            if !self.one(clean, judged, finished)? {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Picks up what became of earlier articles.
    fn hear(&mut self) {
        for notice in self.notices.take() {
            let (Notice::Settled(id) | Notice::Withdrawn(id) | Notice::Dropped(id)) = notice;
            match notice {
                Notice::Settled(_) => self.deduper.settle(id),
                Notice::Withdrawn(_) => {
                    // What was judged a copy of it goes too; the storer drops it and it comes again.
                    let _ = self.deduper.withdraw(id);
                }
                Notice::Dropped(_) => {}
            }
            let gone = match self.pending.get_mut(&id) {
                Some(pending) => {
                    pending.under_way = pending.under_way.saturating_sub(1);
                    pending.under_way == 0
                }
                None => false,
            };
            if gone && let Some(pending) = self.pending.remove(&id) {
                for identity in pending.identities {
                    self.pending_by_identity.remove(&identity);
                }
            }
        }
        self.windows.evict(&mut self.deduper, self.shared.clock.now());
    }

    /// Judges one article; false when the run is ending.
    fn one(
        &mut self,
        clean: Clean,
        judged: &mpsc::Sender<Judged>,
        finished: &mpsc::Sender<Finished>,
    ) -> Result<bool, PipelineError> {
        let entry = clean.owed.id;
        match guarded(|| self.judge(&clean)) {
            Ok(Ok(article)) => {
                let article = article.complete(clean.article, clean.observation, self.shared.clock.now());
                Ok(judged.blocking_send(Judged { article, ticket: clean.ticket }).is_ok())
            }
            Ok(Err(error)) => {
                // Not the article's fault: it stays owed and comes again.
                tracing::error!(entry.id = %entry, %error, "the store could not be asked about copies");
                drop(clean.ticket);
                Err(error.into())
            }
            Err(panic) => {
                // The index may be half-changed: read it anew.
                self.deduper = Deduper::new(DedupConfig::default());
                self.windows = Windows::load(&self.reader, &mut self.deduper, self.shared.clock.now())?;
                let reject =
                    Reject { entry, ordinal: None, stage: Stage::Dedup, reason: panic, retry_at: None };
                let write = Write::EntryRejected { reject, at: self.shared.clock.now() };
                let rejected = Finished::Entry(write, clean.ticket);
                Ok(finished.blocking_send(rejected).is_ok())
            }
        }
    }

    fn judge(&mut self, clean: &Clean) -> Result<Draft, StoreError> {
        let article = &clean.article;
        let announced = clean.owed.entry.url.as_deref();
        // An article without an address is known by its feed and key.
        let addresses = Addresses::of(article, announced, &clean.redirects).unwrap_or_else(|| Addresses {
            own: format!("entry:{}:{}", clean.owed.feed, clean.owed.entry.key),
            leading: Vec::new(),
            declared: None,
        });
        let key = revision_key(&article.title, &article.text);
        let publisher = publisher_of(article, &clean.owed.publisher);
        let time = article_time(article.published, clean.owed.first_seen);
        let mut draft = Draft::new(clean, publisher, key, time);
        if let Some(known) = self.known(clean, &addresses, key)? {
            self.again(&mut draft, article, &known, addresses);
        } else {
            self.first(&mut draft, article, addresses)?;
        }
        draft.ordinal = self.next_ordinal;
        self.next_ordinal = Ordinal(self.next_ordinal.0 + 1);
        self.remember(&draft, article.method.is_from_feed());
        Ok(draft)
    }

    /// The article this text belongs to, when it is stored or about to be.
    fn known(&self, clean: &Clean, addresses: &Addresses, key: u128) -> Result<Option<Known>, StoreError> {
        let candidates = addresses.candidates();
        if let Some(known) = self.find(&candidates)? {
            return Ok(Some(known));
        }
        if let Some(id) = clean.owed.article
            && let Some(known) = self.reader.known_article(id)?
        {
            return Ok(Some(Known::from(known)));
        }
        // A declared address is a claim: it joins two texts only when they are the same text.
        let Some(declared) = &addresses.declared else { return Ok(None) };
        Ok(self.find(std::slice::from_ref(declared))?.filter(|known| known.revision_key == key))
    }

    fn find(&self, identities: &[String]) -> Result<Option<Known>, StoreError> {
        let pending = identities.iter().find_map(|identity| self.pending_by_identity.get(identity));
        if let Some(id) = pending
            && let Some(pending) = self.pending.get(id)
        {
            return Ok(Some(Known {
                id: *id,
                revision_key: pending.revision_key,
                from_feed: pending.from_feed,
            }));
        }
        Ok(self.reader.article_by_identities(identities)?.map(Known::from))
    }

    /// The article is known: the same text, or a revision of it.
    fn again(&mut self, draft: &mut Draft, article: &CleanArticle, known: &Known, addresses: Addresses) {
        draft.id = known.id;
        draft.identity = addresses.own;
        draft.aliases = addresses.leading;
        // A feed's text never takes the place of the page's.
        let stands_back = article.method.is_from_feed() && !known.from_feed;
        let completes = known.from_feed && !article.method.is_from_feed();
        if !completes && (stands_back || known.revision_key == draft.revision_key) {
            draft.verdict = Verdict::Same { of: known.id };
            draft.revision_key = known.revision_key;
        } else {
            draft.verdict = Verdict::Revision { of: known.id };
            draft.signature = self.deduper.revise(&draft.incoming(article));
        }
    }

    /// The article is met for the first time: is it a copy?
    fn first(
        &mut self,
        draft: &mut Draft,
        article: &CleanArticle,
        addresses: Addresses,
    ) -> Result<(), StoreError> {
        let pending = &self.pending;
        let unsettled = |id| pending.contains_key(&id);
        self.windows.reach(draft.time, &self.reader, &mut self.deduper, unsettled)?;
        draft.id = self.next_id;
        self.next_id = ArticleId(self.next_id.0 + 1);
        (draft.identity, draft.aliases) = self.own_identity(addresses)?;
        let exact = match text_hash(&article.text) {
            Some(hash) => self.reader.article_by_text_hash(hash)?,
            None => None,
        };
        let incoming = draft.incoming(article);
        for _ in 0..ROUNDS {
            match self.deduper.judge(&incoming, exact) {
                Step::Judged(judgement) => {
                    draft.take(judgement);
                    return Ok(());
                }
                Step::Need(articles) => {
                    for stored in self.reader.stored_texts(&articles)? {
                        let text = StoredText {
                            title: &stored.title,
                            text: &stored.text,
                            publisher: &stored.publisher,
                            time: stored.time,
                        };
                        self.deduper.provide(stored.article, &text);
                    }
                }
            }
        }
        Ok(())
    }

    /// A declared address becomes the identity when nobody has it yet; otherwise the article keeps the
    /// address that answered.
    fn own_identity(&self, addresses: Addresses) -> Result<(String, Vec<String>), StoreError> {
        let Addresses { own, mut leading, declared } = addresses;
        match declared {
            Some(declared) if self.find(std::slice::from_ref(&declared))?.is_none() => {
                leading.push(own);
                Ok((declared, leading))
            }
            _ => Ok((own, leading)),
        }
    }

    fn remember(&mut self, draft: &Draft, from_feed: bool) {
        let mut identities = draft.aliases.clone();
        identities.push(draft.identity.clone());
        for identity in &identities {
            self.pending_by_identity.insert(identity.clone(), draft.id);
        }
        let pending = self.pending.entry(draft.id).or_insert(Pending {
            revision_key: draft.revision_key,
            from_feed,
            identities: Vec::new(),
            under_way: 0,
        });
        pending.under_way += 1;
        pending.identities.append(&mut identities);
        if !matches!(draft.verdict, Verdict::Same { .. }) {
            pending.revision_key = draft.revision_key;
            pending.from_feed = from_feed;
        }
    }
}

impl From<KnownArticle> for Known {
    fn from(known: KnownArticle) -> Self {
        Self { id: known.id, revision_key: known.revision_key, from_feed: known.method.starts_with("feed-") }
    }
}
