//! Dedup: one thread, in order. It says whose article a text is, gives ids and ordinals, and asks the
//! deduplicator for the verdict; what the deduplicator needs to know it reads from the store.

use super::{
    draft::Draft,
    guarded,
    page::{After, after},
    pending::{Known, Pending},
    windows::Windows,
};
use crate::{
    PipelineError,
    identity::{Addresses, publisher_of, same_site},
    journal::{Held, Slot},
    message::{Clean, Finished, Judged, Notice, Notices},
    shared::Shared,
};
use tokio::sync::mpsc;
use wirewatch_dedup::{DedupConfig, Deduper, Judgement, Step, StoredText, revision_key};
use wirewatch_model::{
    Announced, ArticleId, CleanArticle, Ordinal, PageFailure, Reject, Stage, Verdict, article_time, text_hash,
};
use wirewatch_store::{Reader, StoreError, Write};

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
    pending: Pending,
    next_id: ArticleId,
    next_ordinal: Ordinal,
}

/// How judging one text ended.
enum Judging {
    Article(Box<Draft>),
    /// A look at a stored article met another page, with the reason in words.
    Elsewhere(String),
}

/// The article a text belongs to.
enum Whose {
    Of(Known),
    /// Of this one if the texts turn out to be near each other.
    Perhaps(Known),
    Nobodys,
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
            pending: Pending::default(),
            next_id,
            next_ordinal: Ordinal(0),
        })
    }

    /// Judges until the cleaners have ended.
    pub(crate) fn run(
        mut self,
        slot: &Slot,
        mut cleaned: mpsc::Receiver<Clean>,
        judged: &mpsc::Sender<Judged>,
        finished: &mpsc::Sender<Finished>,
    ) -> Result<(), PipelineError> {
        while let Some(clean) = cleaned.blocking_recv() {
            self.hear();
            if !self.one(slot, clean, judged, finished)? {
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
            self.pending.arrived(id);
        }
        self.windows.evict(&mut self.deduper, self.shared.clock.now());
    }

    /// Judges one article; false when the run is ending.
    fn one(
        &mut self,
        slot: &Slot,
        clean: Clean,
        judged: &mpsc::Sender<Judged>,
        finished: &mpsc::Sender<Finished>,
    ) -> Result<bool, PipelineError> {
        let entry = clean.owed.id;
        match slot.during(Held::Entry(entry), || guarded(|| self.judge(&clean))) {
            Ok(Ok(Judging::Elsewhere(reason))) => {
                let failure = PageFailure { status: None, reason, lasting: true, retry_after: None };
                let Clean { owed, ticket, .. } = clean;
                // Only looks at stored articles end here, for which no text stands in.
                let After::Write(write) = after(&owed, failure, self.shared.clock.now()) else {
                    return Ok(true);
                };
                Ok(finished.blocking_send(Finished::Entry(write, ticket)).is_ok())
            }
            Ok(Ok(Judging::Article(article))) => {
                let article = article.complete(clean.article, clean.observation, self.shared.clock.now());
                let hinted = clean.owed.settings.topics;
                Ok(judged.blocking_send(Judged { article, hinted, ticket: clean.ticket }).is_ok())
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
                let write = Write::EntryRejected {
                    reject,
                    taken_at: clean.owed.taken_at,
                    at: self.shared.clock.now(),
                };
                let rejected = Finished::Entry(write, clean.ticket);
                Ok(finished.blocking_send(rejected).is_ok())
            }
        }
    }

    fn judge(&mut self, clean: &Clean) -> Result<Judging, StoreError> {
        let article = &clean.article;
        let addresses = Addresses::of(article, &clean.owed, &clean.redirects);
        let key = revision_key(&article.title, &article.text);
        let publisher = publisher_of(article, &clean.owed.publisher);
        let time = article_time(article.published, clean.owed.first_seen);
        let mut draft = Draft::new(clean, publisher, key, time);
        match self.whose(clean, &addresses, key)? {
            Whose::Of(known) => self.again(&mut draft, clean, &known, addresses)?,
            Whose::Perhaps(known) => {
                self.first(&mut draft, article, addresses)?;
                if draft.verdict.of() == Some(known.id) {
                    self.moved(&mut draft, article, &known);
                } else if matches!(clean.owed.announced, Announced::Recheck | Announced::Provisional) {
                    let _ = self.deduper.withdraw(draft.id);
                    return Ok(Judging::Elsewhere(format!(
                        "the address leads to another page now ({})",
                        article.url
                    )));
                }
            }
            Whose::Nobodys => self.first(&mut draft, article, addresses)?,
        }
        draft.ordinal = self.next_ordinal;
        self.next_ordinal = Ordinal(self.next_ordinal.0 + 1);
        self.pending.add(&draft, article.method.is_from_feed());
        Ok(Judging::Article(Box::new(draft)))
    }

    /// The article this text belongs to, when that is stored or about to be.
    ///
    /// The address that answered decides. An address that only led there (announced, redirecting) or
    /// the entry's earlier article is a hint: it counts when the text is the same, when the page is the
    /// one an article of this entry stood in for, or when the two turn out to be near each other.
    fn whose(&self, clean: &Clean, addresses: &Addresses, key: u128) -> Result<Whose, StoreError> {
        if let Some(known) = self.find(std::slice::from_ref(&addresses.own))? {
            return Ok(Whose::Of(known));
        }
        let mut hint = self.find(&addresses.leading)?;
        if let (None, Some(id)) = (&hint, clean.owed.article) {
            hint = self.reader.known_article(id)?.map(Known::from);
        }
        if let Some(known) = hint {
            let of_this_entry = clean.owed.article == Some(known.id);
            let completed = known.from_feed && clean.owed.announced == Announced::Provisional;
            let retold = known.from_feed && clean.article.method.is_from_feed();
            if of_this_entry && (completed || retold) {
                return Ok(Whose::Of(known));
            }
            let same_site = same_site(&known.identity, &addresses.own);
            if same_site && known.revision_key == key {
                return Ok(Whose::Of(known));
            }
            if same_site || of_this_entry {
                return Ok(Whose::Perhaps(known));
            }
        }
        // A declared address is a claim: it joins two texts only when they are the same text.
        let Some(declared) = &addresses.declared else { return Ok(Whose::Nobodys) };
        let declared = self.find(std::slice::from_ref(declared))?.filter(|known| known.revision_key == key);
        Ok(declared.map_or(Whose::Nobodys, Whose::Of))
    }

    fn find(&self, identities: &[String]) -> Result<Option<Known>, StoreError> {
        if let Some(known) = self.pending.find(identities) {
            return Ok(Some(known));
        }
        Ok(self.reader.article_by_identities(identities)?.map(Known::from))
    }

    /// The article is known: the same text, or a revision of it.
    fn again(
        &mut self,
        draft: &mut Draft,
        clean: &Clean,
        known: &Known,
        addresses: Addresses,
    ) -> Result<(), StoreError> {
        let article = &clean.article;
        draft.id = known.id;
        draft.identity = addresses.own;
        draft.aliases = addresses.leading;
        let from_feed = article.method.is_from_feed();
        // A feed's text never takes the place of the page's, nor of what another entry said.
        let stands_back = from_feed && !(known.from_feed && clean.owed.article == Some(known.id));
        let completes = known.from_feed && !from_feed;
        if !completes && (stands_back || known.revision_key == draft.revision_key) {
            draft.verdict = Verdict::Same { of: known.id };
            draft.revision_key = known.revision_key;
            return Ok(());
        }
        if completes {
            // A stand-in may have been no original; the page's text is judged as a new one.
            let exact = self.exact(article)?.filter(|exact| *exact != known.id);
            if let Some(judgement) = self.verdict(draft, article, exact)? {
                draft.take(judgement);
                draft.completion = Some(draft.verdict);
            }
        } else {
            draft.signature = self.deduper.revise(&draft.incoming(article));
        }
        draft.verdict = Verdict::Revision { of: known.id };
        Ok(())
    }

    /// What was judged a copy of the article that its address used to lead to is that article, moved.
    fn moved(&mut self, draft: &mut Draft, article: &CleanArticle, known: &Known) {
        let _ = self.deduper.withdraw(draft.id);
        draft.id = known.id;
        draft.forget_copy();
        if draft.revision_key == known.revision_key {
            draft.verdict = Verdict::Same { of: known.id };
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
        draft.id = self.next_id;
        self.next_id = ArticleId(self.next_id.0 + 1);
        (draft.identity, draft.aliases) = self.own_identity(addresses)?;
        let exact = self.exact(article)?;
        if let Some(judgement) = self.verdict(draft, article, exact)? {
            draft.take(judgement);
        }
        Ok(())
    }

    /// The stored article with this very text, however old.
    fn exact(&self, article: &CleanArticle) -> Result<Option<ArticleId>, StoreError> {
        text_hash(&article.text).map_or(Ok(None), |hash| self.reader.article_by_text_hash(hash))
    }

    /// Asks the deduplicator, and answers what it needs to know.
    fn verdict(
        &mut self,
        draft: &Draft,
        article: &CleanArticle,
        exact: Option<ArticleId>,
    ) -> Result<Option<Judgement>, StoreError> {
        let pending = &self.pending;
        let unsettled = |id| pending.contains(id);
        self.windows.reach(draft.time, &self.reader, &mut self.deduper, unsettled)?;
        let incoming = draft.incoming(article);
        for _ in 0..ROUNDS {
            match self.deduper.judge(&incoming, exact) {
                Step::Judged(judgement) => return Ok(Some(judgement)),
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
        Ok(None)
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
}
