//! Which part of the page holds the article.

use super::Cues;
use super::hints::Hints;
use super::outline::{Block, Kind, Outline, Part, Tag};
use crate::text;

/// What the judgement of single blocks starts from.
pub(crate) struct Choice {
    /// Worth of each block as running text: its weight without links, 0 for what is none.
    pub(crate) worth: Vec<f32>,
    /// Whether each block stands in a part that is furniture.
    pub(crate) furniture: Vec<bool>,
    /// The block of the headline.
    pub(crate) title: Option<usize>,
    /// The blocks of the chosen parts, in order, apart from one another.
    pub(crate) ranges: Vec<(u32, u32)>,
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
    let start = title.and_then(|title| article_of(outline, &live, title)).unwrap_or(0);
    let root = root(outline, &live, &furniture_parts, title, start);
    let ranges = join(outline, &live, &furniture_parts, start, root);
    Choice { worth, furniture, title, ranges }
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
    let title_weight = text::weight(title);
    let title = text::folded(title);
    if title.len() < 6 {
        return first_heading(outline);
    }
    let mut other = None;
    for (at, block) in outline.blocks.iter().enumerate() {
        let heading = matches!(block.kind, Kind::Heading(_));
        let near = block.weight <= title_weight * 2 && block.weight * 3 > title_weight;
        if !near || !heading && other.is_some() {
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
    let holds_body = holds_body(outline, &sums);
    let mut out = vec![false; outline.parts.len()];
    for at in 0..outline.parts.len() {
        let part = &outline.parts[at];
        let around = part.parent as usize;
        if out[around] {
            out[at] = !is_shown(outline, part);
            continue;
        }
        let hints = if part.tag == Tag::Quote { part.hints.without(Hints::SOCIAL) } else { part.hints };
        if !hints.any(Hints::FURNITURE) || matches!(part.tag, Tag::Body | Tag::Main) {
            continue;
        }
        if title.is_some_and(|title| (part.blocks.0..part.blocks.1).contains(&(title as u32))) {
            continue;
        }
        if holds_body[at] || is_own_text(outline, part, hints) {
            continue;
        }
        let share = sums.of(part.blocks) / total;
        let weight = weights.of(part.blocks);
        out[at] = share <= allowed_share(hints, part.tag, weight);
    }
    out
}

/// Parts around one that is named as an article's body and has text.
fn holds_body(outline: &Outline, sums: &Sums) -> Vec<bool> {
    let doubtful = Hints::FURNITURE.without(Hints::SIDE.with(Hints::WIDGET).with(Hints::BYLINE));
    let mut out = vec![false; outline.parts.len()];
    for at in (1..outline.parts.len()).rev() {
        let part = &outline.parts[at];
        let named = part.hints.any(Hints::BODY) && !part.hints.any(doubtful) && sums.of(part.blocks) > 200.0;
        if out[at] || named {
            out[part.parent as usize] = true;
        }
    }
    out
}

/// Names on a paragraph or a heading itself say less than names of boxes: a standfirst is a `teaser`,
/// a paragraph behind a soft wall is `paywall`. And other articles come with links.
fn is_own_text(outline: &Outline, part: &Part, hints: Hints) -> bool {
    let blocks = &outline.blocks[part.blocks.0 as usize..part.blocks.1 as usize];
    let never = Hints::CAPTION.with(Hints::COMMENTS).with(Hints::SOCIAL).with(Hints::NAV);
    match part.tag {
        Tag::Paragraph => {
            !hints.any(never)
                && blocks.iter().all(|block| {
                    block.weight >= 80 && block.link_density() < 0.3 && text::ends_sentence(&block.text)
                })
        }
        Tag::Heading(_) => {
            !hints.any(Hints::FURNITURE.without(Hints::BYLINE.with(Hints::SIDE).with(Hints::WIDGET)))
        }
        _ => {
            let doubtful = Hints::RELATED.with(Hints::WIDGET);
            !hints.any(Hints::FURNITURE.without(doubtful))
                && part.tag != Tag::Aside
                && !blocks.is_empty()
                && blocks.iter().all(|block| block.links == 0)
                && blocks.iter().any(|block| block.weight >= 80 && text::ends_sentence(&block.text))
        }
    }
}

/// Whether a quote or a table in a part that is furniture is still the article's own: shown in a
/// figure, or a post of a network in a box named after that network.
fn is_shown(outline: &Outline, part: &Part) -> bool {
    if !matches!(part.tag, Tag::Quote | Tag::Table) {
        return false;
    }
    let mut at = part.parent as usize;
    while outline.parts[at].tag == Tag::Other && at != 0 && !outline.parts[at].hints.any(Hints::FURNITURE) {
        at = outline.parts[at].parent as usize;
    }
    let around = &outline.parts[at];
    let harmless = Hints::SOCIAL.with(Hints::WIDGET).with(Hints::CAPTION);
    let is_post = part.hints.any(Hints::SOCIAL) && !around.hints.any(Hints::FURNITURE.without(harmless));
    around.tag == Tag::Figure || is_post
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
fn root(outline: &Outline, live: &Sums, furniture: &[bool], title: Option<usize>, start: usize) -> usize {
    let heaviest = heaviest_children(outline, live, furniture);
    if let Some(named) = named_body(outline, live, furniture, start) {
        return named;
    }
    let mut at = start;
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

/// The chosen part with the other pieces of a body that advertisements or teasers split: parts of
/// the same element and classes that hold running text.
fn join(outline: &Outline, live: &Sums, furniture: &[bool], start: usize, root: usize) -> Vec<(u32, u32)> {
    let chosen = &outline.parts[root];
    let within = outline.parts[start].blocks;
    let mut ranges = vec![chosen.blocks];
    if root != start {
        for (at, part) in outline.parts.iter().enumerate().skip(start) {
            let apart = part.blocks.1 <= chosen.blocks.0 || part.blocks.0 >= chosen.blocks.1;
            let inside = part.blocks.0 >= within.0 && part.blocks.1 <= within.1;
            // Boxes without classes are all alike.
            let alike =
                part.signature == chosen.signature && (part.has_class || part.parent == chosen.parent);
            if alike
                && apart
                && inside
                && !furniture[at]
                && live.of(part.blocks) >= 60.0
                && (part.hints.any(Hints::BODY) || mostly_text(outline, part.blocks))
            {
                ranges.push(part.blocks);
            }
        }
    }
    ranges.sort_unstable();
    // Of nested pieces the outer one stands for both.
    ranges.dedup_by(|later, earlier| later.0 < earlier.1);
    ranges
}

fn mostly_text(outline: &Outline, blocks: (u32, u32)) -> bool {
    let blocks = &outline.blocks[blocks.0 as usize..blocks.1 as usize];
    let weight: u32 = blocks.iter().map(|block| block.weight).sum();
    let links: u32 = blocks.iter().map(|block| block.link_weight).sum();
    links * 4 < weight
}

/// The outermost `article` around the headline, when it holds a text of its own: what follows it on
/// the page may be longer, and is the next article.
fn article_of(outline: &Outline, live: &Sums, title: usize) -> Option<usize> {
    let total = live.of(outline.parts[0].blocks);
    let mut at = outline.blocks[title].part as usize;
    let mut found = None;
    while at != 0 {
        let part = &outline.parts[at];
        let sum = live.of(part.blocks);
        if part.tag == Tag::Article && sum >= 150.0 && sum >= total * 0.15 {
            found = Some(at);
        }
        at = part.parent as usize;
    }
    found
}

/// The part named as an article's body, if it holds a good part of the running text. Of nested ones
/// the innermost that loses little.
fn named_body(outline: &Outline, live: &Sums, furniture: &[bool], start: usize) -> Option<usize> {
    let within = outline.parts[start].blocks;
    let total = live.of(within);
    let mut best: Option<(usize, f32)> = None;
    for (at, part) in outline.parts.iter().enumerate().skip(start) {
        if part.blocks.0 >= within.1 {
            break;
        }
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
    for (at, part) in outline.parts.iter().enumerate().skip(1) {
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
