//! The article's text: which blocks of the page belong to it.
//!
//! 1. [`outline`] reads the tree into blocks and the parts they stand in.
//! 2. [`choose`] gives every block its worth as running text, strikes out parts that are furniture by
//!    their names, and finds the part that holds the article.
//! 3. [`judge`] decides block by block inside it, and looks before it for the standfirst.
//! 4. [`assemble`] joins what is kept into paragraphs.

pub(crate) mod choose;
mod guide;
pub(crate) mod hints;
pub(crate) mod judge;
pub(crate) mod outline;
pub(crate) mod phrases;

use crate::text;
use judge::Fate;
use outline::{Block, Kind, Outline};
use std::collections::HashSet;
use wirewatch_model::{BlockHash, HostMemory};

/// What is known of the article before its body is cut out.
pub(crate) struct Cues<'a> {
    pub(crate) title: &'a str,
    pub(crate) description: Option<&'a str>,
    pub(crate) authors: &'a [String],
    /// `articleBody` of the linked data.
    pub(crate) linked_body: Option<&'a str>,
    pub(crate) memory: &'a HostMemory,
}

/// The text that was cut out, and what the choice was made from.
#[derive(Debug, Default)]
pub(crate) struct Body {
    pub(crate) text: String,
    /// Share of the kept text that is links, 0 to 1.
    pub(crate) link_density: f32,
    /// Share of the page's running text that was kept, 0 to 1.
    pub(crate) share: f32,
    /// How many blocks were kept.
    pub(crate) kept: usize,
    /// Headings among them, dropped because they are links: headlines of other articles.
    pub(crate) linked_headings: usize,
    /// What became of each block of the outline.
    pub(crate) fates: Vec<Fate>,
}

/// Cuts the article's text out of an outline.
pub(crate) fn extract(outline: &Outline, cues: &Cues<'_>) -> Body {
    if outline.blocks.is_empty() {
        return Body::default();
    }
    let choice = choose::choose(outline, cues);
    let mut fates = judge::judge(outline, &choice, cues);
    if let Some(linked_body) = cues.linked_body {
        guide::follow(outline, &choice, linked_body, &mut fates);
    }
    let kept: Vec<usize> = (0..fates.len()).filter(|at| fates[*at] == Fate::Kept).collect();
    let mut weight = 0;
    let mut link_weight = 0;
    let mut worth = 0.0;
    for at in &kept {
        weight += outline.blocks[*at].weight;
        link_weight += outline.blocks[*at].link_weight;
        worth += choice.worth[*at];
    }
    let total: f32 = choice.worth.iter().sum();
    Body {
        text: assemble(kept.iter().map(|at| &outline.blocks[*at])),
        link_density: if weight == 0 { 0.0 } else { link_weight as f32 / weight as f32 },
        share: if total > 0.0 { worth / total } else { 0.0 },
        kept: kept.len(),
        linked_headings: (0..fates.len())
            .filter(|at| fates[*at] == Fate::Links && matches!(outline.blocks[*at].kind, Kind::Heading(_)))
            .count(),
        fates,
    }
}

/// Short lines next to the page's first heading, nearest first: dates and names stand there.
pub(crate) fn near_heading(outline: &Outline) -> Vec<&str> {
    const MAX_WEIGHT: u32 = 80;
    let blocks = &outline.blocks;
    let Some(heading) = blocks.iter().position(|block| block.kind == Kind::Heading(1) && block.weight >= 15)
    else {
        return Vec::new();
    };
    let after = (heading + 1..blocks.len()).take(12);
    let before = (0..heading).rev().take(6);
    let short = |at: &usize| blocks[*at].weight <= MAX_WEIGHT && blocks[*at].link_density() < 0.8;
    after.chain(before).filter(short).map(|at| blocks[at].text.as_str()).collect()
}

/// The blocks of a piece of HTML that is an article's text by itself, without its furniture lines.
pub(crate) fn plain_text(outline: &Outline) -> String {
    assemble(outline.blocks.iter().filter(|block| {
        let invites = block.link_weight > 0 && phrases::is_invitation(&block.text, block.weight);
        !invites && !phrases::is_furniture(&block.text, block.weight, block.link_density())
    }))
}

/// Joins blocks: a blank line between paragraphs, a bar between the cells of one table row.
pub(crate) fn assemble<'a>(blocks: impl IntoIterator<Item = &'a Block>) -> String {
    let mut out = String::new();
    let mut last_row = 0;
    for block in blocks {
        if !out.is_empty() {
            out.push_str(if block.row != 0 && block.row == last_row && block.kind == Kind::Cell {
                " | "
            } else {
                "\n\n"
            });
        }
        last_row = block.row;
        out.push_str(&block.text);
    }
    text::nfc(out)
}

/// Hashes of the blocks of a page that may recur on its host, each once, bounded.
pub(crate) fn observe(outline: &Outline) -> Vec<BlockHash> {
    const MAX_OBSERVED: usize = 200;
    /// Longer blocks are text, not furniture.
    const MAX_WEIGHT: u32 = 600;
    let mut seen = HashSet::new();
    outline
        .blocks
        .iter()
        .filter(|block| block.weight <= MAX_WEIGHT && block.kind != Kind::Heading(1))
        .filter_map(|block| text::block_hash(&block.text))
        .filter(|hash| seen.insert(*hash))
        .take(MAX_OBSERVED)
        .collect()
}
