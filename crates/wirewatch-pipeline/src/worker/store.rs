//! The storer: puts judged articles back into the order of judging and hands them to the writer.
//!
//! An article may lean on an earlier one (a copy on its original). Because the writer commits in
//! ordinal order, the earlier one is durable first, or it is known to have failed: then what leans on
//! it is not written but stays owed and is judged again (invariant 5).

use crate::{
    Counters, PipelineError,
    clock::later,
    host_memory::HostMemories,
    inflight::Ticket,
    message::{Finished, Notice, Notices},
    reply::{Replies, fatal},
    shared::Shared,
};
use jiff::Timestamp;
use std::{
    collections::{BTreeMap, HashSet},
    time::Duration,
};
use tokio::sync::mpsc;
use wirewatch_model::{ArticleId, EntryId, HostObservation, Ordinal, Reject, Stage, TaggedArticle, Verdict};
use wirewatch_store::{ArticleStored, StoredAs, Write, WriteError, Written};

/// Requests handed to the writer and not yet durable: two groups.
const UNDER_WAY: usize = 200;
/// When an overtaken verdict is made anew.
const JUDGE_AGAIN: Duration = Duration::from_secs(60);

/// The storer.
pub(crate) struct Storer {
    shared: Shared,
    notices: Notices,
    memories: HostMemories,
    /// Judged items whose turn has not come.
    early: BTreeMap<Ordinal, InTurn>,
    next_ordinal: Ordinal,
    /// Articles that will never be stored: what leans on one of them is judged again. Rare, so never pruned.
    withdrawn: HashSet<ArticleId>,
    replies: Replies<Pending>,
}

enum InTurn {
    Article(Box<TaggedArticle>, Ticket),
    Rejected { reject: Reject, taken_at: Timestamp, verdict: Verdict, id: ArticleId, ticket: Ticket },
}

/// A request under way and what it was about. The ticket goes when the request is answered.
struct Pending {
    about: About,
    _ticket: Option<Ticket>,
}

enum About {
    Article {
        id: ArticleId,
        entry: EntryId,
        taken_at: Timestamp,
        observation: HostObservation,
        verdict: Verdict,
        relevant: bool,
    },
    Rejected,
    Linked,
    Other,
}

impl Storer {
    pub(crate) fn new(shared: Shared, notices: Notices, memories: HostMemories) -> Self {
        Self {
            shared,
            notices,
            memories,
            early: BTreeMap::new(),
            next_ordinal: Ordinal(0),
            withdrawn: HashSet::new(),
            replies: Replies::default(),
        }
    }

    /// Stores until every other worker has ended.
    pub(crate) async fn run(mut self, mut finished: mpsc::Receiver<Finished>) -> Result<(), PipelineError> {
        let mut open = true;
        while open || !self.replies.is_empty() {
            tokio::select! {
                next = finished.recv(), if open && self.replies.len() < UNDER_WAY => match next {
                    Some(finished) => self.take(finished).await?,
                    None => open = false,
                },
                Some((pending, result)) = self.replies.next() => self.settle(pending, result).await?,
            }
        }
        Ok(())
    }

    async fn take(&mut self, finished: Finished) -> Result<(), PipelineError> {
        match finished {
            Finished::Note(write) => self.queue(write, About::Other, None).await,
            Finished::Entry(write, ticket) => {
                let about = match &write {
                    Write::EntryRejected { .. } => About::Rejected,
                    Write::EntryLinked { .. } => About::Linked,
                    _ => About::Other,
                };
                self.queue(write, about, Some(ticket)).await
            }
            Finished::Article(article, ticket) => {
                self.early.insert(article.judged.ordinal, InTurn::Article(article, ticket));
                self.in_turn().await
            }
            Finished::JudgedReject { reject, taken_at, ordinal, verdict, id, ticket } => {
                self.early.insert(ordinal, InTurn::Rejected { reject, taken_at, verdict, id, ticket });
                self.in_turn().await
            }
        }
    }

    /// Hands on everything whose turn has come.
    async fn in_turn(&mut self) -> Result<(), PipelineError> {
        while let Some(next) = self.early.remove(&self.next_ordinal) {
            self.next_ordinal = Ordinal(self.next_ordinal.0 + 1);
            match next {
                InTurn::Rejected { reject, taken_at, verdict, id, ticket } => {
                    self.give_up(id, verdict);
                    self.queue(self.rejected(reject, taken_at), About::Rejected, Some(ticket)).await?;
                }
                InTurn::Article(article, ticket) => self.article(article, ticket).await?,
            }
        }
        Ok(())
    }

    async fn article(&mut self, article: Box<TaggedArticle>, ticket: Ticket) -> Result<(), PipelineError> {
        let judged = &article.judged;
        let leans_on = [judged.verdict.of(), judged.completion.and_then(|verdict| verdict.of())];
        if leans_on.iter().flatten().any(|of| self.withdrawn.contains(of)) {
            // Still owed: dropping the ticket lets the dispatcher hand it out again.
            self.give_up(judged.id, judged.verdict);
            return Ok(());
        }
        let about = About::Article {
            id: judged.id,
            entry: judged.entry,
            taken_at: judged.taken_at,
            observation: judged.observation.clone(),
            verdict: judged.verdict,
            relevant: article.tags.relevant,
        };
        self.queue(Write::ArticleDone(article), about, Some(ticket)).await
    }

    async fn queue(
        &mut self,
        write: Write,
        about: About,
        ticket: Option<Ticket>,
    ) -> Result<(), PipelineError> {
        let reply = self.shared.writer.enqueue(write).await?;
        self.replies.push(Pending { about, _ticket: ticket }, reply);
        Ok(())
    }

    fn rejected(&self, reject: Reject, taken_at: Timestamp) -> Write {
        Write::EntryRejected { reject, taken_at, at: self.shared.clock.now() }
    }

    /// What was judged will not be written. A revision or a known text leaves its article in place.
    fn give_up(&mut self, id: ArticleId, verdict: Verdict) {
        match verdict {
            Verdict::Revision { .. } | Verdict::Same { .. } => self.notices.push(Notice::Dropped(id)),
            Verdict::New | Verdict::ExactCopy { .. } | Verdict::NearCopy { .. } => {
                self.withdrawn.insert(id);
                self.notices.push(Notice::Withdrawn(id));
            }
        }
    }

    async fn settle(
        &mut self,
        pending: Pending,
        result: Result<Written, WriteError>,
    ) -> Result<(), PipelineError> {
        match (pending.about, result) {
            (_, Err(error)) if fatal(&error) => Err(error.into()),
            (About::Article { id, observation, verdict, relevant, .. }, Ok(written)) => {
                self.notices.push(Notice::Settled(id));
                self.memories.learn(&observation);
                if let Written::Article(ArticleStored { outcome, .. }) = written {
                    self.count(outcome, verdict.is_copy(), relevant);
                }
                Ok(())
            }
            (About::Article { id, entry, taken_at, verdict, .. }, Err(error)) => {
                self.give_up(id, verdict);
                let at = self.shared.clock.now();
                let reason = error.to_string();
                if matches!(error, WriteError::MissingOriginal(_) | WriteError::IdentityTaken { .. }) {
                    // What the verdict leans on went meanwhile: it is made anew, a little later.
                    let until = later(at, JUDGE_AGAIN);
                    let write = Write::EntryPostponed { entry, until, reason, taken_at, at };
                    return self.queue(write, About::Other, pending._ticket).await;
                }
                tracing::error!(article.id = %id, entry.id = %entry, %error, "an article could not be stored");
                let reject = Reject { entry, ordinal: None, stage: Stage::Store, reason, retry_at: None };
                self.queue(self.rejected(reject, taken_at), About::Rejected, pending._ticket).await
            }
            (About::Rejected, Ok(_)) => {
                Counters::add(&self.shared.counters.rejected, 1);
                Ok(())
            }
            (About::Linked, Ok(_)) => {
                Counters::add(&self.shared.counters.linked, 1);
                Ok(())
            }
            (About::Other, Ok(_)) => Ok(()),
            (About::Rejected | About::Linked | About::Other, Err(error)) => {
                tracing::error!(%error, "a fact about an entry could not be stored");
                Ok(())
            }
        }
    }

    fn count(&self, outcome: StoredAs, is_copy: bool, relevant: bool) {
        let counters = &self.shared.counters;
        match outcome {
            StoredAs::New => {
                Counters::add(&counters.articles_new, 1);
                Counters::add(&counters.articles_relevant, u64::from(relevant));
                Counters::add(&counters.copies, u64::from(is_copy));
            }
            StoredAs::Completed => Counters::add(&counters.completed, 1),
            StoredAs::Revision(_) => Counters::add(&counters.revisions, 1),
            StoredAs::Same | StoredAs::Replayed => Counters::add(&counters.same, 1),
        }
    }
}
