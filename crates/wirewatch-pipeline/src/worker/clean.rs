//! Cleaners: CPU threads that cut the article out of its page.

use super::{
    guarded,
    page::{After, after},
};
use crate::{
    host_memory::HostMemories,
    journal::{Held, Slot},
    message::{Clean, Finished, Queue, Raw},
    shared::Shared,
};
use jiff::Timestamp;
use tokio::sync::mpsc;
use wirewatch_clean::{PageInput, clean_entry, fill_from_entry};
use wirewatch_model::{
    CleanArticle, HostObservation, OwedEntry, Page, PageFailure, Provenance, RawBody, Reject, Stage, address,
};
use wirewatch_store::{Reader, Write};

/// What one cleaner works with.
pub(crate) struct Cleaner {
    pub(crate) shared: Shared,
    pub(crate) reader: Reader,
    pub(crate) memories: HostMemories,
    pub(crate) slot: Slot,
    pub(crate) cleaned: mpsc::Sender<Clean>,
    pub(crate) finished: mpsc::Sender<Finished>,
}

/// How one raw article ended here.
enum Outcome {
    Article(Box<Text>),
    Entry(Write),
}

struct Text {
    article: CleanArticle,
    observation: HostObservation,
    redirects: Vec<String>,
    provenance: Option<Provenance>,
    provisional_until: Option<Timestamp>,
    failure: Option<PageFailure>,
}

impl Cleaner {
    /// Cleans until the page fetchers have ended.
    pub(crate) fn run(&self, raw: &Queue<Raw>) {
        while let Some(Raw { article, provisional_until, held, ticket }) = raw.next_blocking() {
            let (owed, body) = (article.owed, article.body);
            let outcome = self.slot.during(Held::Entry(owed.id), || match body {
                RawBody::Page(page) => self.page(&owed, &page),
                RawBody::Feed { failure } => stand_in(&owed, failure, provisional_until, self.now()),
            });
            // The page's bytes are gone by now; its share of the budget goes back.
            drop(held);
            let sent = match outcome {
                Outcome::Article(text) => self.cleaned.blocking_send(text.into_message(owed, ticket)).is_ok(),
                Outcome::Entry(write) => self.finished.blocking_send(Finished::Entry(write, ticket)).is_ok(),
            };
            if !sent {
                return;
            }
        }
    }

    fn page(&self, owed: &OwedEntry, page: &Page) -> Outcome {
        let now = self.now();
        if !page.redirects.is_empty() && address::is_front_page(&page.url) {
            let why = format!("the address leads to {} now, which is no article", page.url);
            return self.not_an_article(owed, page, why, now);
        }
        let host = address::host(&page.url).unwrap_or_default();
        let memory = self.memories.get(&host, &self.reader);
        let input =
            PageInput { url: Some(&page.url), content_type: page.content_type.as_deref(), body: &page.body };
        let cleaned = guarded(|| (self.shared.stages.clean)(&input, &memory, now));
        let why = match cleaned {
            Ok(cleaned) => match cleaned.rejected {
                None => {
                    let mut article = cleaned.article;
                    fill_from_entry(&mut article, &owed.entry);
                    return Outcome::Article(Box::new(Text {
                        article,
                        observation: cleaned.observation,
                        redirects: page.redirects.clone(),
                        provenance: Some(Provenance::from(page)),
                        provisional_until: None,
                        failure: None,
                    }));
                }
                Some(not_article) => format!("not an article: {not_article}"),
            },
            Err(panic) => format!("the cleaner failed on the page ({panic})"),
        };
        self.not_an_article(owed, page, why, now)
    }

    fn not_an_article(&self, owed: &OwedEntry, page: &Page, reason: String, now: Timestamp) -> Outcome {
        let failure = PageFailure { status: Some(page.status), reason, lasting: true, retry_after: None };
        match after(owed, failure, now) {
            After::Write(write) => Outcome::Entry(write),
            After::StandIn { failure, next_try } => stand_in(owed, Some(failure), next_try, now),
        }
    }

    fn now(&self) -> Timestamp {
        self.shared.clock.now()
    }
}

/// The feed's own text in place of the page.
fn stand_in(
    owed: &OwedEntry,
    failure: Option<PageFailure>,
    provisional_until: Option<Timestamp>,
    now: Timestamp,
) -> Outcome {
    let refused = match guarded(|| clean_entry(&owed.entry, now)) {
        Ok(Ok(article)) => {
            return Outcome::Article(Box::new(Text {
                article,
                observation: HostObservation::default(),
                redirects: Vec::new(),
                provenance: None,
                provisional_until,
                failure,
            }));
        }
        Ok(Err(not_article)) => not_article.to_string(),
        Err(panic) => format!("the cleaner failed on the feed's text ({panic})"),
    };
    let reason = match failure {
        // The page is still tried: nothing is given up yet.
        Some(failure) if provisional_until.is_some() => {
            let (entry, next_try, taken_at) = (owed.id, provisional_until, owed.taken_at);
            return Outcome::Entry(Write::PageFailed { entry, failure, next_try, taken_at, at: now });
        }
        Some(failure) => format!("{}; and the feed's text cannot stand in: {refused}", failure.reason),
        None => refused,
    };
    let reject = Reject { entry: owed.id, ordinal: None, stage: Stage::Clean, reason, retry_at: None };
    Outcome::Entry(Write::EntryRejected { reject, taken_at: owed.taken_at, at: now })
}

impl Text {
    fn into_message(mut self, owed: OwedEntry, ticket: crate::inflight::Ticket) -> Clean {
        let failures = match self.failure {
            Some(_) => owed.failures + 1,
            None => 0,
        };
        // Who follows the feed knows better than its templates.
        if let Some(code) = owed.settings.language.as_ref().and_then(|code| code.split('-').next()) {
            self.article.language = Some(code.to_owned());
        }
        Clean {
            owed,
            article: self.article,
            observation: self.observation,
            redirects: self.redirects,
            provenance: self.provenance,
            provisional_until: self.provisional_until,
            failures,
            failure: self.failure.map(|failure| failure.reason),
            ticket,
        }
    }
}
