//! Block by block: what of the chosen part is the article.

use super::Cues;
use super::choose::Choice;
use super::hints::Hints;
use super::outline::{Block, Kind, Outline, Tag};
use super::phrases;
use crate::meta::dates;
use crate::text;

/// The blocks that are the article's text, in reading order.
pub(crate) fn judge(outline: &Outline, choice: &Choice, cues: &Cues<'_>) -> Vec<usize> {
    let root = &outline.parts[choice.root];
    let range = root.blocks.0 as usize..root.blocks.1 as usize;
    let title = text::folded(cues.title);
    let from = choice.title.filter(|title| range.contains(title)).map_or(range.start, |title| title + 1);
    let mut kept: Vec<usize> = Vec::new();
    let lists = link_lists(outline);
    let mut seen_text = false;
    for at in from..range.end {
        let block = &outline.blocks[at];
        let keep = !choice.furniture[at]
            && !lists[block.part as usize]
            && is_text(block, cues, &title)
            && (seen_text || !is_byline(block, cues));
        if keep {
            seen_text |= choice.worth[at] > 0.0;
            kept.push(at);
        }
    }
    if choice.title.is_none_or(|title| !range.contains(&title)) {
        let mut before = standfirst(outline, choice, cues, &title);
        before.extend(kept);
        kept = before;
    }
    drop_bare_headings(outline, &mut kept);
    drop_tail(outline, choice, &mut kept);
    kept
}

/// Whether a block by itself can be text of the article.
fn is_text(block: &Block, cues: &Cues<'_>, title: &str) -> bool {
    let density = block.link_density();
    if block.kind == Kind::Caption {
        return false;
    }
    if text::block_hash(&block.text).is_none_or(|hash| cues.memory.is_furniture(hash)) {
        return false;
    }
    if block.weight < 400 && title.len() > 8 && text::folded(&block.text) == title {
        return false;
    }
    if phrases::is_furniture(&block.text, block.weight, density) {
        return false;
    }
    match block.kind {
        Kind::Heading(_) => density < 0.8,
        Kind::Item | Kind::Cell => density < 0.8 || text::ends_sentence(&block.text) && density < 0.95,
        Kind::Plain => (block.weight >= 40 || text::ends_sentence(&block.text)) && density < 0.6,
        _ => density < 0.85 && (density < 0.5 || block.weight > 60),
    }
}

/// Lists and tables that are mostly links.
fn link_lists(outline: &Outline) -> Vec<bool> {
    let mut out = vec![false; outline.parts.len()];
    for at in 0..outline.parts.len() {
        let part = &outline.parts[at];
        if out[part.parent as usize] {
            out[at] = true;
            continue;
        }
        if !matches!(part.tag, Tag::List | Tag::Table) {
            continue;
        }
        let blocks = &outline.blocks[part.blocks.0 as usize..part.blocks.1 as usize];
        let weight: u32 = blocks.iter().map(|block| block.weight).sum();
        let links: u32 = blocks.iter().map(|block| block.link_weight).sum();
        out[at] = weight > 0 && links * 100 > weight * 60;
    }
    out
}

/// Author, date or place line above the text.
fn is_byline(block: &Block, cues: &Cues<'_>) -> bool {
    if block.weight > 120 {
        return false;
    }
    let folded = text::folded(&block.text);
    let names_author = cues.authors.iter().any(|author| {
        let author = text::folded(author);
        author.len() > 4 && folded.contains(&author) && folded.len() < author.len() * 3
    });
    names_author || !text::ends_sentence(&block.text) && dates::parse(&block.text, false).is_some()
}

/// Blocks between the headline and the chosen part that are the standfirst.
fn standfirst(outline: &Outline, choice: &Choice, cues: &Cues<'_>, title: &str) -> Vec<usize> {
    let end = outline.parts[choice.root].blocks.0 as usize;
    let start = match choice.title {
        Some(title) if title < end => title + 1,
        _ => return Vec::new(),
    };
    let description = cues.description.map(text::folded).filter(|text| text.len() > 30);
    (start..end.min(start + 60))
        .filter(|at| {
            let block = &outline.blocks[*at];
            if choice.furniture[*at] || !is_text(block, cues, title) || is_byline(block, cues) {
                return false;
            }
            let named = outline.parts[block.part as usize].hints.any(Hints::LEAD) && block.weight >= 30;
            let described = description.as_ref().is_some_and(|description| {
                let folded = text::folded(&block.text);
                folded.len() > 30
                    && (description.starts_with(&folded) || folded.starts_with(description.as_str()))
            });
            named || described || choice.worth[*at] >= 60.0
        })
        .take(4)
        .collect()
}

/// Headings without text behind them go.
fn drop_bare_headings(outline: &Outline, kept: &mut Vec<usize>) {
    let level = |at: usize| match outline.blocks[at].kind {
        Kind::Heading(level) => Some(level),
        _ => None,
    };
    let mut out: Vec<usize> = Vec::with_capacity(kept.len());
    for at in kept.iter().rev() {
        if let Some(mine) = level(*at) {
            let bare = match out.last() {
                None => true,
                Some(next) => level(*next).is_some_and(|next| next <= mine),
            };
            if bare {
                continue;
            }
        }
        out.push(*at);
    }
    out.reverse();
    *kept = out;
}

/// What follows the last running text and is none itself goes.
fn drop_tail(outline: &Outline, choice: &Choice, kept: &mut Vec<usize>) {
    while let Some(last) = kept.last() {
        let block = &outline.blocks[*last];
        let is_text = choice.worth[*last] > 0.0
            || matches!(block.kind, Kind::Paragraph | Kind::Quote | Kind::Item | Kind::Cell | Kind::Pre)
                && text::ends_sentence(&block.text);
        if is_text || kept.len() == 1 {
            return;
        }
        kept.pop();
    }
}
