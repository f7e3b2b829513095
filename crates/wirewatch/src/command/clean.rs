//! `wirewatch clean`: one page, for a person to look at.

use crate::{
    app::App,
    engine::{fetch_config, runtime},
    exit::{Exit, UsageError},
    feeds::checked_url,
    output::{Column, printable},
    stage::line::read_file,
};
use anyhow::{Context as _, bail};
use clap::Args;
use serde::Serialize;
use std::{fmt::Write as _, path::Path};
use wirewatch_clean::{Cleaned, ExplainedBlock, Fate, PageInput, clean, explain};
use wirewatch_fetch::{Fetcher, PageRequest, PageResult};
use wirewatch_model::{CleanArticle, HostMemory, Stamp, word_count};

#[derive(Debug, Args)]
pub(crate) struct CleanArgs {
    /// Address or file of a page; `.gz` is opened
    #[arg(value_name = "URL|FILE")]
    page: String,
    /// Also say how the text was found, and what became of every block of the page
    #[arg(long)]
    explain: bool,
    /// The address a file came from
    #[arg(long, value_name = "URL")]
    url: Option<String>,
}

/// A page with what is known of it besides its bytes.
struct Bytes {
    url: Option<String>,
    content_type: Option<String>,
    body: Vec<u8>,
}

#[derive(Serialize)]
struct Answer<'a> {
    #[serde(flatten)]
    article: &'a CleanArticle,
    rejected: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    explained: Option<Explained>,
}

#[derive(Serialize)]
struct Explained {
    page_bytes: usize,
    words: u32,
    paragraphs: usize,
    host: String,
    /// Blocks in and next to the text that the host's other pages are compared with.
    observed_blocks: usize,
    /// Every block of the page, in its order, with what became of it.
    blocks: Vec<ExplainedBlock>,
}

const COLUMNS: &[Column] = &[
    Column::text("url"),
    Column::text("title"),
    Column::text("authors"),
    Column::time("published"),
    Column::time("modified"),
    Column::text("language"),
    Column::text("publisher"),
    Column::text("method"),
    Column::text("rejected"),
    Column::text("text"),
];

pub(crate) fn run(app: &mut App, args: &CleanArgs) -> anyhow::Result<Exit> {
    let bytes = bytes(app, args)?;
    let page = PageInput {
        url: bytes.url.as_deref(),
        content_type: bytes.content_type.as_deref(),
        body: &bytes.body,
    };
    let memory = HostMemory::default();
    let (cleaned, blocks) = if args.explain {
        explain(&page, &memory, app.now)
    } else {
        (clean(&page, &memory, app.now), Vec::new())
    };
    let article = &cleaned.article;
    let explained = args.explain.then(|| Explained {
        page_bytes: bytes.body.len(),
        words: word_count(&article.text),
        paragraphs: article.paragraphs().count(),
        host: cleaned.observation.host.clone(),
        observed_blocks: cleaned.observation.blocks.len(),
        blocks,
    });
    let text = text(&cleaned, explained.as_ref());
    let rejected = cleaned.rejected.as_ref().map(ToString::to_string);
    app.output.one(COLUMNS, &Answer { article, rejected, explained }, &text)?;
    Ok(Exit::Done)
}

fn bytes(app: &App, args: &CleanArgs) -> anyhow::Result<Bytes> {
    if let Some(url) = &args.url {
        checked_url(url).map_err(|message| UsageError(format!("--url: {message}")))?;
    }
    if args.page.starts_with("http://") || args.page.starts_with("https://") {
        return fetched(app, &args.page);
    }
    let body = read_file(Path::new(&args.page)).with_context(|| {
        format!("{} cannot be read (an address begins with http:// or https://)", args.page)
    })?;
    Ok(Bytes { url: args.url.clone(), content_type: None, body })
}

fn fetched(app: &App, url: &str) -> anyhow::Result<Bytes> {
    let fetcher = Fetcher::new(fetch_config(&app.config.fetch))?;
    let request = PageRequest { url: url.to_owned(), ..PageRequest::default() };
    let answer = runtime()?.block_on(fetcher.fetch_page(&request, app.now));
    match answer.result {
        Ok(PageResult::Page(page, _)) => {
            Ok(Bytes { url: Some(page.url), content_type: page.content_type, body: page.body })
        }
        Ok(PageResult::NotModified) => {
            bail!("{url} says that it was not modified, although it was not asked")
        }
        Ok(PageResult::Postponed { until, reason }) => bail!("{url} cannot be had before {until}: {reason}"),
        Err(failure) => bail!("{url} cannot be had: {}", failure.reason),
    }
}

fn text(cleaned: &Cleaned, explained: Option<&Explained>) -> String {
    let article = &cleaned.article;
    let mut text = String::new();
    let mut fact = |name: &str, value: &str| {
        if !value.is_empty() {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{name:<10} {}", printable(value));
        }
    };
    let written = |stamp: Option<Stamp>| stamp.map(|stamp| stamp.to_string()).unwrap_or_default();
    fact("title", &article.title);
    fact("authors", &article.authors.join(", "));
    fact("published", &written(article.published));
    fact("modified", &written(article.modified));
    fact("publisher", article.publisher.as_deref().unwrap_or_default());
    fact("language", article.language.as_deref().unwrap_or_default());
    fact("url", &article.url);
    fact("rejected", &cleaned.rejected.as_ref().map(ToString::to_string).unwrap_or_default());
    if let Some(explained) = explained {
        fact("method", article.method.as_str());
        fact("canonical", article.canonical_url.as_deref().unwrap_or_default());
        fact("section", article.section.as_deref().unwrap_or_default());
        fact("keywords", &article.keywords.join(", "));
        fact("image", article.image.as_deref().unwrap_or_default());
        fact("page", &format!("{} bytes", explained.page_bytes));
        fact("text", &format!("{} words in {} paragraphs", explained.words, explained.paragraphs));
        fact(
            "host",
            &format!(
                "{}, {} blocks compared with its other pages",
                explained.host, explained.observed_blocks
            ),
        );
        return text + &blocks_text(&explained.blocks);
    }
    for paragraph in article.paragraphs() {
        let _ = write!(text, "\n{}\n", printable(paragraph));
    }
    text
}

/// The blocks one by one: what was kept in full, the beginning of what was not, and why.
fn blocks_text(blocks: &[ExplainedBlock]) -> String {
    const SHOWN: usize = 100;
    let mut text = String::new();
    for block in blocks {
        let _ = if block.fate == Fate::Kept {
            write!(text, "\n+ {}\n", printable(&block.text))
        } else {
            let beginning: String = block.text.chars().take(SHOWN).collect();
            write!(text, "\n- {:?}: {}\n", block.fate, printable(&beginning))
        };
    }
    text
}
