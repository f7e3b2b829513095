//! `wirewatch show`: one article in full.

use super::list::ITEM_COLUMNS;
use crate::{
    app::App,
    exit::{Exit, UsageError},
    output::{Column, printable},
    times,
};
use clap::Args;
use jiff::tz::TimeZone;
use std::fmt::Write as _;
use wirewatch_model::{ArticleId, Evidence, Field};
use wirewatch_store::{CopyRow, Database, ItemDetail};

#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    /// Number of the article
    #[arg(value_parser = clap::value_parser!(i64).range(1..))]
    id: i64,
}

pub(crate) fn run(app: &mut App, args: &ShowArgs) -> anyhow::Result<Exit> {
    let detail = Database::open_existing(app.database_path())?.reader()?.item_detail(ArticleId(args.id))?;
    let Some(detail) = detail else {
        let message =
            format!("there is no article {}: `wirewatch list` shows the numbers there are", args.id);
        return Err(UsageError(message).into());
    };
    let text = Page { detail: &detail, zone: app.output.zone() }.text();
    let columns = [ITEM_COLUMNS, &[Column::text("text")]].concat();
    app.output.one(&columns, &detail, &text)?;
    Ok(Exit::Done)
}

/// An article as a person reads it.
struct Page<'a> {
    detail: &'a ItemDetail,
    zone: &'a TimeZone,
}

impl Page<'_> {
    fn text(&self) -> String {
        let mut out = String::new();
        self.head(&mut out);
        for paragraph in self.detail.text.split("\n\n") {
            line(&mut out, "");
            line(&mut out, &printable(paragraph));
        }
        self.topics(&mut out);
        self.entities(&mut out);
        self.copies(&mut out);
        self.revisions(&mut out);
        self.provenance(&mut out);
        out
    }

    fn head(&self, out: &mut String) {
        let detail = self.detail;
        let item = &detail.item;
        line(out, &printable(&item.title));
        let published = detail.published_as.as_deref().or(item.published.as_deref()).unwrap_or("not dated");
        let mut facts = vec![item.publisher.clone().unwrap_or_default(), item.authors.join(", ")];
        facts.push(published.to_owned());
        facts.extend(item.language.clone());
        facts.push(format!("{} words", item.words));
        facts.retain(|fact| !fact.is_empty());
        line(out, &printable(&facts.join(" · ")));
        line(out, &printable(&item.url));
        let relevant = if item.relevant { "relevant" } else { "not relevant" };
        line(out, &format!("{relevant} ({:.2}), story {}", detail.relevance, shown(item.story.as_ref())));
        if let Some(failure) = &detail.failure {
            let state = if detail.provisional { "the page is still tried" } else { "the page is given up" };
            line(out, &printable(&format!("text of the feed, {state}: {failure}")));
        }
    }

    fn topics(&self, out: &mut String) {
        heading(out, "Topics", self.detail.topic_details.len());
        for topic in &self.detail.topic_details {
            let title = topic.title.as_deref().unwrap_or_default();
            line(out, &format!("  {:.2}  {}  {title}", topic.score, topic.slug));
            for evidence in topic.evidence.iter().take(3) {
                line(out, &format!("        “{}”", printable(&self.passage(evidence))));
            }
        }
    }

    /// The passage with a few words around it.
    fn passage(&self, evidence: &Evidence) -> String {
        const AROUND: usize = 30;
        let field = match evidence.field {
            Field::Title => &self.detail.item.title,
            Field::Text => &self.detail.text,
        };
        let start = (evidence.start as usize).saturating_sub(AROUND);
        let length = evidence.end as usize + AROUND - start;
        let passage: String = field.chars().skip(start).take(length).collect();
        let before = if start > 0 { "…" } else { "" };
        format!("{before}{}…", passage.trim())
    }

    fn entities(&self, out: &mut String) {
        let entities = &self.detail.entities;
        heading(out, "Named", entities.len());
        if !entities.is_empty() {
            let names: Vec<&str> = entities.iter().map(|entity| entity.name.as_str()).collect();
            line(out, &format!("  {}", printable(&names.join(", "))));
        }
    }

    fn copies(&self, out: &mut String) {
        if let Some(copy) = &self.detail.copy {
            heading(out, "Copy of", 1);
            line(out, &copied(copy));
        }
        heading(out, "Copies", self.detail.copies.len());
        for copy in &self.detail.copies {
            line(out, &copied(copy));
        }
    }

    fn revisions(&self, out: &mut String) {
        heading(out, "Earlier texts", self.detail.revisions.len());
        for revision in &self.detail.revisions {
            let replaced = times::short(&revision.replaced, self.zone);
            line(
                out,
                &printable(&format!(
                    "  {}  until {replaced}, {} words: {}",
                    revision.number, revision.words, revision.title
                )),
            );
        }
    }

    fn provenance(&self, out: &mut String) {
        let Some(provenance) = &self.detail.provenance else { return };
        heading(out, "Fetched", 1);
        let at = times::short(&provenance.fetched_at.to_string(), self.zone);
        let sha256: String = provenance.sha256.iter().map(|byte| format!("{byte:02x}")).collect();
        line(out, &printable(&format!("  {at}, status {}, {}", provenance.status, provenance.url)));
        line(out, &format!("  SHA-256 {sha256}"));
    }
}

fn copied(copy: &CopyRow) -> String {
    let publisher = copy.publisher.as_deref().unwrap_or_default();
    printable(&format!(
        "  {}  {} ({:.2})  {publisher}  {}",
        copy.article, copy.relation, copy.similarity, copy.url
    ))
}

fn shown<T: ToString>(value: Option<&T>) -> String {
    value.map_or_else(|| "-".to_owned(), T::to_string)
}

fn heading(out: &mut String, text: &str, count: usize) {
    if count > 0 {
        line(out, "");
        line(out, text);
    }
}

fn line(out: &mut String, text: &str) {
    // Writing to a string cannot fail.
    let _ = writeln!(out, "{text}");
}
