//! What a run did and what the database holds after it, for the end of a run.

use crate::{
    app::App,
    exit::Exit,
    output::{Column, printable},
};
use serde::Serialize;
use std::{
    collections::{BTreeSet, HashMap},
    fmt::Write as _,
    path::Path,
};
use wirewatch_model::{Copies, Item, ItemFilter, StoryId};
use wirewatch_pipeline::{Counts, FeedFailure, Report};
use wirewatch_store::{Database, Stats};

/// Topics, stories and failures shown to a person.
const SHOWN: usize = 8;
/// Stories are ranked among so many of the relevant articles stored last.
const RANKED: u32 = 1_000;

/// The end of a run.
#[derive(Serialize)]
pub(crate) struct Summary {
    database: String,
    /// What this run did.
    run: Counts,
    /// Feeds that could not be had, with the reason.
    failures: Vec<Failure>,
    /// Whether everything in flight was stored.
    drained: bool,
    /// What the database holds now.
    stats: Stats,
    /// The stories most publishers brought.
    top_stories: Vec<TopStory>,
}

#[derive(Serialize)]
struct Failure {
    url: String,
    reason: String,
}

#[derive(Serialize)]
struct TopStory {
    story: StoryId,
    /// The first article stored of it.
    article: i64,
    title: String,
    articles: usize,
    copies: usize,
    publishers: usize,
}

impl Summary {
    /// Sums up a run on the database at `path`.
    pub(crate) fn new(path: &Path, report: &Report) -> anyhow::Result<Self> {
        let reader = Database::open_existing(path)?.reader()?;
        let filter =
            ItemFilter { relevant: Some(true), copies: Copies::Show, limit: RANKED, ..ItemFilter::default() };
        let failure =
            |failed: &FeedFailure| Failure { url: failed.url.clone(), reason: failed.reason.clone() };
        Ok(Self {
            database: path.display().to_string(),
            run: report.counts,
            failures: report.failures.iter().map(failure).collect(),
            drained: report.drained,
            stats: reader.stats()?,
            top_stories: top_stories(reader.items(&filter)?),
        })
    }

    /// Writes it to the output.
    pub(crate) fn print(&self, app: &mut App) -> anyhow::Result<()> {
        let columns = [Column::text("database"), Column::text("run"), Column::text("stats")];
        app.output.one(&columns, self, &self.text())
    }

    /// How a run that ends by itself ended: a feed that could not be had is told apart, and a page that
    /// was put off. What was stored from the feed or rejected with a reason is settled.
    pub(crate) fn exit(&self) -> Exit {
        let settled = self.failures.is_empty() && self.run.put_off == 0 && self.drained;
        if settled { Exit::Done } else { Exit::Partial }
    }
}

fn top_stories(items: Vec<Item>) -> Vec<TopStory> {
    let mut stories: HashMap<StoryId, Vec<Item>> = HashMap::new();
    for item in items {
        if let Some(story) = item.story {
            stories.entry(story).or_default().push(item);
        }
    }
    let mut top: Vec<TopStory> = stories
        .into_iter()
        .filter_map(|(story, items)| {
            let first = items.iter().min_by_key(|item| (item.copy_of.is_some(), item.id))?;
            let publishers: BTreeSet<&str> =
                items.iter().filter_map(|item| item.publisher.as_deref()).collect();
            Some(TopStory {
                story,
                article: first.id.0,
                title: first.title.clone(),
                articles: items.len(),
                copies: items.iter().filter(|item| item.copy_of.is_some()).count(),
                publishers: publishers.len(),
            })
        })
        .collect();
    top.retain(|story| story.publishers > 1);
    top.sort_by_key(|story| {
        (std::cmp::Reverse(story.publishers), std::cmp::Reverse(story.articles), story.story)
    });
    top.truncate(SHOWN);
    top
}

impl Summary {
    fn text(&self) -> String {
        let mut text = String::new();
        self.write(&mut text);
        text
    }

    fn write(&self, out: &mut String) {
        let (run, stats) = (&self.run, &self.stats);
        let entries = &stats.entries;
        line(out, "This run");
        line(
            out,
            &format!(
                "  feed checks  {}, of which {} unchanged and {} failed",
                run.feeds_checked, run.feeds_unchanged, run.feeds_failed
            ),
        );
        if run.feeds_paused > 0 {
            line(
                out,
                &format!(
                    "  not asked    {} feeds: their hosts had asked for a pause or were busy",
                    run.feeds_paused
                ),
            );
        }
        line(
            out,
            &format!(
                "  entries      {} new, {} changed, {} rejected",
                run.entries_new, run.entries_changed, run.rejected
            ),
        );
        line(
            out,
            &format!(
                "  articles     {} new ({} relevant, {} copies), {} revisions, {} completed",
                run.articles_new, run.articles_relevant, run.copies, run.revisions, run.completed
            ),
        );
        for failure in self.failures.iter().take(SHOWN) {
            line(out, &format!("  failed       {}: {}", printable(&failure.url), printable(&failure.reason)));
        }
        if self.failures.len() > SHOWN {
            line(
                out,
                &format!("               and {} more: wirewatch feeds list", self.failures.len() - SHOWN),
            );
        }
        if !self.drained {
            line(out, "  ended before everything in flight was stored; the rest is still owed");
        }
        line(out, &format!("\nThe database, {}", self.database));
        line(out, &format!("  feeds        {} followed, {} off", stats.feeds, stats.feeds_off));
        line(
            out,
            &format!(
                "  entries      {} = {} done + {} provisional + {} owed + {} rejected",
                entries.seen, entries.done, entries.provisional, entries.owed, entries.rejected
            ),
        );
        line(
            out,
            &format!(
                "  articles     {} ({} relevant, {} copies), {} earlier texts, {} stories",
                stats.articles, stats.relevant, stats.copies, stats.revisions, stats.stories
            ),
        );
        self.write_top(out);
    }

    fn write_top(&self, out: &mut String) {
        if self.stats.relevant > 0 {
            line(out, "\nTopics");
            for topic in self.stats.topics.iter().filter(|topic| topic.articles > 0).take(SHOWN) {
                let title = topic.title.as_deref().unwrap_or(&topic.name);
                line(out, &format!("  {:>6}  {title}", topic.articles));
            }
        }
        if !self.top_stories.is_empty() {
            line(out, "\nStories most publishers brought");
            for story in &self.top_stories {
                line(
                    out,
                    &format!(
                        "  {:>2} publishers, {:>2} articles ({:>2} copies)  {:>5}  {}",
                        story.publishers,
                        story.articles,
                        story.copies,
                        story.article,
                        printable(&story.title)
                    ),
                );
            }
        }
    }
}

fn line(out: &mut String, text: &str) {
    // Writing to a string cannot fail.
    let _ = writeln!(out, "{text}");
}
