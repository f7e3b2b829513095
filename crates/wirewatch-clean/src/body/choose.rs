//! Which part of the page holds the article.

use super::Cues;
use super::hints::Hints;
use super::outline::{Block, Kind, Outline, Tag};
use crate::text;

/// What the judgement of single blocks starts from.
pub(crate) struct Choice {
    /// Worth of each block as running text: its weight without links, 0 for what is none.
    pub(crate) worth: Vec<f32>,
    /// Whether each block stands in a part that is furniture.
    pub(crate) furniture: Vec<bool>,
    /// The block of the headline.
    pub(crate) title: Option<usize>,
    /// The chosen part.
    pub(crate) root: usize,
}

/// A child that holds this share of the running text is the article, not its parent.
const MAIN_SHARE: f32 = 0.7;

/// Chooses the part that holds the article.
pub(crate) fn choose(outline: &Outline, cues: &Cues<'_>) -> Choice {
    let worth: Vec<f32> = outline.blocks.iter().map(block_worth).collect();
    let title = find_title(outline, cues.title);
    let furniture_parts = furniture_parts(outline, &worth, title);
    let furniture: Vec<bool> =
        outline.blocks.iter().map(|block| furniture_parts[block.part as usize]).collect();
    let live = Sums::new(
        worth.iter().zip(&furniture).map(|(worth, furniture)| if *furniture { 0.0 } else { *worth }),
    );
    let root = root(outline, &live, &furniture_parts, title);
    Choice { worth, furniture, title, root }
}

/// How much running text a block is. Sentences count, links and labels do not.
fn block_worth(block: &Block) -> f32 {
    let density = block.link_density();
    if density > 0.5 || block.weight < 20 {
        return 0.0;
    }
    let sentence = text::ends_sentence(&block.text);
    let least = if sentence { 20 } else { 60 };
    if block.weight < least {
        return 0.0;
    }
    let share = match block.kind {
        Kind::Paragraph | Kind::Quote => 1.0,
        Kind::Plain | Kind::Pre => 0.8,
        Kind::Item | Kind::Cell => 0.5,
        Kind::Heading(_) | Kind::Caption => 0.0,
    };
    share * (1.0 - density) * block.weight.min(1_500) as f32
}

/// The block that shows the headline: a heading with its words, else anything with its words.
fn find_title(outline: &Outline, title: &str) -> Option<usize> {
    let title = text::folded(title);
    if title.len() < 6 {
        return first_heading(outline);
    }
    let mut other = None;
    for (at, block) in outline.blocks.iter().enumerate() {
        let heading = matches!(block.kind, Kind::Heading(_));
        if block.weight as usize > title.len() * 2 || !heading && other.is_some() {
            continue;
        }
        let text = text::folded(&block.text);
        let same = text == title || text.len() > 20 && (title.starts_with(&text) || text.starts_with(&title));
        if same && matches!(block.kind, Kind::Heading(1 | 2)) {
            return Some(at);
        }
        if same && other.is_none() && block.link_density() < 0.5 {
            other = Some(at);
        }
    }
    first_heading(outline).filter(|_| other.is_none()).or(other)
}

fn first_heading(outline: &Outline) -> Option<usize> {
    outline.blocks.iter().position(|block| block.kind == Kind::Heading(1) && block.weight >= 15)
}

/// Sums over ranges of blocks.
pub(crate) struct Sums(Vec<f32>);

impl Sums {
    pub(crate) fn new(values: impl Iterator<Item = f32>) -> Self {
        let mut sums = vec![0.0];
        let mut sum = 0.0;
        sums.extend(values.map(|value| {
            sum += value;
            sum
        }));
        Self(sums)
    }

    pub(crate) fn of(&self, blocks: (u32, u32)) -> f32 {
        self.0[blocks.1 as usize] - self.0[blocks.0 as usize]
    }
}

/// Marks the parts that are furniture by their names, with everything inside them.
///
/// Names lie: whole pages stand in `no-sidebar` or `comments-open`. A name counts only as long as the
/// part does not hold the headline and not too much of the page's running text.
fn furniture_parts(outline: &Outline, worth: &[f32], title: Option<usize>) -> Vec<bool> {
    let sums = Sums::new(worth.iter().copied());
    let weights = Sums::new(outline.blocks.iter().map(|block| block.weight as f32));
    let total = sums.of((0, worth.len() as u32)).max(1.0);
    let mut out = vec![false; outline.parts.len()];
    for at in 0..outline.parts.len() {
        let part = &outline.parts[at];
        if out[part.parent as usize] {
            out[at] = true;
            continue;
        }
        let hints = part.hints;
        if !hints.any(Hints::FURNITURE) || matches!(part.tag, Tag::Body | Tag::Main) {
            continue;
        }
        if title.is_some_and(|title| (part.blocks.0..part.blocks.1).contains(&(title as u32))) {
            continue;
        }
        let share = sums.of(part.blocks) / total;
        let weight = weights.of(part.blocks);
        out[at] = share <= allowed_share(hints, part.tag, weight);
    }
    out
}

/// Up to which share of the page's running text a part with these hints is believed to be furniture.
fn allowed_share(hints: Hints, tag: Tag, weight: f32) -> f32 {
    if hints.any(Hints::BODY) {
        return -1.0;
    }
    if hints.any(Hints::COMMENTS) {
        return 0.9;
    }
    if tag == Tag::Article {
        return 0.2;
    }
    let strong = Hints::FURNITURE.without(Hints::BYLINE);
    if !hints.any(strong) {
        // Only a byline: short ones are, long ones are introductions.
        return if weight < 160.0 { 1.0 } else { -1.0 };
    }
    if hints.any(Hints::HIDDEN) {
        return 0.4;
    }
    match tag {
        Tag::Nav | Tag::Footer | Tag::Aside | Tag::Caption => 0.5,
        _ => 0.3,
    }
}

/// The part that holds the article.
fn root(outline: &Outline, live: &Sums, furniture: &[bool], title: Option<usize>) -> usize {
    let total = live.of(outline.parts[0].blocks);
    let heaviest = heaviest_children(outline, live, furniture);
    if let Some(named) = named_body(outline, live, furniture, total) {
        return named;
    }
    let mut at = 0;
    loop {
        let here = live.of(outline.parts[at].blocks);
        let Some(child) = heaviest[at] else { return at };
        let part = &outline.parts[child];
        let share = live.of(part.blocks) / here.max(1.0);
        let holds_title = title.is_some_and(|title| (part.blocks.0..part.blocks.1).contains(&(title as u32)));
        let is_article = part.tag == Tag::Article && holds_title && share > 0.3;
        if share < MAIN_SHARE && !is_article
            || matches!(part.tag, Tag::Paragraph | Tag::Quote | Tag::Item | Tag::Cell)
        {
            return at;
        }
        at = child;
    }
}

/// The part named as an article's body, if it holds a good part of the running text. Of nested ones
/// the innermost that loses little.
fn named_body(outline: &Outline, live: &Sums, furniture: &[bool], total: f32) -> Option<usize> {
    let mut best: Option<(usize, f32)> = None;
    for (at, part) in outline.parts.iter().enumerate() {
        if furniture[at] || !part.hints.any(Hints::BODY) {
            continue;
        }
        let sum = live.of(part.blocks);
        let inner = best.is_some_and(|(best, _)| outline.parts[best].blocks.1 >= part.blocks.1);
        if best.is_none_or(|(_, most)| if inner { sum >= most * 0.85 } else { sum > most }) {
            best = Some((at, sum));
        }
    }
    best.filter(|(_, sum)| *sum > 0.0 && *sum >= total * 0.4).map(|(at, _)| at)
}

fn heaviest_children(outline: &Outline, live: &Sums, furniture: &[bool]) -> Vec<Option<usize>> {
    let mut out: Vec<Option<usize>> = vec![None; outline.parts.len()];
    for at in 1..outline.parts.len() {
        let part = &outline.parts[at];
        let parent = part.parent as usize;
        let sum = live.of(part.blocks);
        if !furniture[at]
            && sum > 0.0
            && out[parent].is_none_or(|best| live.of(outline.parts[best].blocks) < sum)
        {
            out[parent] = Some(at);
        }
    }
    out
}
