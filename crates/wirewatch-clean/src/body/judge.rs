//! Block by block: what of the chosen part is the article.

use super::Cues;
use super::choose::Choice;
use super::hints::Hints;
use super::outline::{Block, Kind, Outline, Tag};
use super::phrases;
use crate::meta::dates;
use crate::text;
use serde::Serialize;

/// What became of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fate {
    /// Text of the article.
    Kept,
    /// Outside the part of the page that holds the article.
    Outside,
    /// In a part that its names or its element call furniture.
    FurniturePart,
    /// A picture's caption.
    Caption,
    /// The headline again.
    Title,
    /// Author, date or place line.
    Byline,
    /// Mostly links.
    Links,
    /// A furniture line by its words.
    FurnitureLine,
    /// Too short to be text where it stands.
    Label,
    /// Stands on several pages of the host.
    RepeatedOnHost,
    /// A heading without text.
    BareHeading,
    /// Behind the end of the text.
    Tail,
    /// About the author.
    AuthorBio,
    /// Under a heading that announces other articles.
    RelatedSection,
}

/// The fate of every block.
pub(crate) fn judge(outline: &Outline, choice: &Choice, cues: &Cues<'_>) -> Vec<Fate> {
    let lines = Lines::new(outline, choice, cues);
    let mut fates = vec![Fate::Outside; outline.blocks.len()];
    let mut seen_text = false;
    for range in &choice.ranges {
        let range = range.0 as usize..range.1 as usize;
        let from = choice.title.filter(|title| range.contains(title)).map_or(range.start, |title| title + 1);
        for (at, found) in fates.iter_mut().enumerate().take(range.end).skip(from) {
            let fate = lines.fate(at, !seen_text);
            seen_text |= fate == Fate::Kept && choice.worth[at] > 0.0;
            *found = fate;
        }
    }
    standfirst(&lines, &mut fates);
    drop_related_sections(&lines, &mut fates);
    drop_teasers(outline, choice, &mut fates);
    drop_bare_headings(outline, &mut fates);
    drop_tail(&lines, &mut fates);
    fates
}

/// What single blocks are judged by, worked out once for the page.
struct Lines<'a> {
    outline: &'a Outline,
    choice: &'a Choice,
    cues: &'a Cues<'a>,
    /// Parts that are lists or tables of links.
    link_lists: Vec<bool>,
    title: String,
    title_weight: u32,
    authors: Vec<String>,
}

impl<'a> Lines<'a> {
    fn new(outline: &'a Outline, choice: &'a Choice, cues: &'a Cues<'a>) -> Self {
        Self {
            outline,
            choice,
            cues,
            link_lists: link_lists(outline),
            title: text::folded(cues.title),
            title_weight: text::weight(cues.title),
            authors: cues
                .authors
                .iter()
                .map(|author| text::folded(author))
                .filter(|author| author.len() > 4)
                .collect(),
        }
    }

    /// The fate of a block by itself; `before_text` while nothing but furniture was met.
    fn fate(&self, at: usize, before_text: bool) -> Fate {
        let block = &self.outline.blocks[at];
        if self.choice.furniture[at] {
            return Fate::FurniturePart;
        }
        if block.kind == Kind::Caption {
            return Fate::Caption;
        }
        if self.link_lists[block.part as usize] || is_links(block) {
            return Fate::Links;
        }
        if self.is_title(block) {
            return Fate::Title;
        }
        if phrases::is_furniture(&block.text, block.weight, block.link_density()) {
            return Fate::FurnitureLine;
        }
        if phrases::ends_in_credit(&block.text, block.weight) {
            return Fate::Caption;
        }
        if block.link_weight > 0 && phrases::is_invitation(&block.text, block.weight) {
            return Fate::FurnitureLine;
        }
        if before_text && block.kind == Kind::Heading(1) {
            return Fate::Title;
        }
        if before_text && self.is_byline(block) {
            return Fate::Byline;
        }
        if block.kind == Kind::Plain && block.weight < 40 && !text::ends_sentence(&block.text) {
            return Fate::Label;
        }
        let memory = self.cues.memory;
        if !memory.blocks.is_empty()
            && text::block_hash(&block.text).is_some_and(|hash| memory.is_furniture(hash))
        {
            return Fate::RepeatedOnHost;
        }
        Fate::Kept
    }

    fn is_title(&self, block: &Block) -> bool {
        let near = block.weight * 2 > self.title_weight && block.weight < self.title_weight * 2;
        near && self.title.len() > 8 && text::folded(&block.text) == self.title
    }

    /// Author, date or place line above the text.
    fn is_byline(&self, block: &Block) -> bool {
        if block.weight > 120 {
            return false;
        }
        let folded = text::folded(&block.text);
        let names_author =
            self.authors.iter().any(|author| folded.contains(author) && folded.len() < author.len() * 3);
        names_author || !text::ends_sentence(&block.text) && dates::parse(&block.text, false).is_some()
    }

    /// A line that begins with an author's name and goes on about the author.
    fn is_bio(&self, block: &Block) -> bool {
        if block.weight > 600 || self.authors.is_empty() {
            return false;
        }
        let folded = text::folded(&block.text);
        self.authors.iter().any(|author| {
            folded.find(author).is_some_and(|place| place <= 40 && !folded[place + author.len()..].is_empty())
        })
    }
}

fn is_links(block: &Block) -> bool {
    let density = block.link_density();
    match block.kind {
        Kind::Heading(_) => density >= 0.8,
        Kind::Item | Kind::Cell => density >= 0.8 && (density >= 0.95 || !text::ends_sentence(&block.text)),
        Kind::Plain => density >= 0.6,
        _ => density >= 0.85 || density >= 0.5 && block.weight <= 60,
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

/// Blocks between the headline and the chosen part that are the standfirst.
fn standfirst(lines: &Lines<'_>, fates: &mut [Fate]) {
    let Lines { outline, choice, cues, .. } = lines;
    let end = choice.ranges.first().map_or(0, |range| range.0 as usize);
    let start = match choice.title {
        Some(title) if title < end => title + 1,
        _ => return,
    };
    let description = cues.description.map(text::folded).filter(|text| text.len() > 30);
    let mut found = 0;
    for (at, found_fate) in fates.iter_mut().enumerate().take(end.min(start + 60)).skip(start) {
        let block = &outline.blocks[at];
        let fate = lines.fate(at, true);
        let named = outline.parts[block.part as usize].hints.any(Hints::LEAD) && block.weight >= 30;
        let described = || {
            description.as_ref().is_some_and(|description| {
                let folded = text::folded(&block.text);
                folded.len() > 30
                    && (description.starts_with(&folded) || folded.starts_with(description.as_str()))
            })
        };
        if fate == Fate::Kept && (named || choice.worth[at] >= 60.0 || described()) && found < 4 {
            found += 1;
            *found_fate = Fate::Kept;
        } else if fate != Fate::Kept {
            *found_fate = fate;
        }
    }
}

/// A heading such as "More stories" and what follows it in its box go, when that has links.
fn drop_related_sections(lines: &Lines<'_>, fates: &mut [Fate]) {
    let outline = lines.outline;
    let total: f32 =
        (0..fates.len()).filter(|at| fates[*at] == Fate::Kept).map(|at| lines.choice.worth[at]).sum();
    let mut before = 0.0;
    for at in 0..fates.len() {
        let block = &outline.blocks[at];
        if fates[at] == Fate::Kept {
            before += lines.choice.worth[at];
        }
        let shown = matches!(fates[at], Fate::Kept | Fate::FurnitureLine | Fate::Label);
        if !shown || block.weight > 50 || !phrases::is_related_heading(&block.text) || before < total * 0.3 {
            continue;
        }
        let level = match block.kind {
            Kind::Heading(level) => level,
            _ => 9,
        };
        let around = outline.parts[outline.parts[block.part as usize].parent as usize].blocks.1 as usize;
        let next = (at + 1..around.min(fates.len()))
            .find(|next| {
                let block = &outline.blocks[*next];
                // Headlines of the other articles are links.
                matches!(block.kind, Kind::Heading(other) if other <= level) && block.link_density() < 0.5
            })
            .unwrap_or(around.min(fates.len()));
        let section = &outline.blocks[at + 1..next];
        let linked = section.iter().filter(|block| block.link_weight > 0).count();
        if section.is_empty() || linked * 4 >= section.len() {
            for fate in &mut fates[at..next] {
                if *fate == Fate::Kept {
                    *fate = Fate::RelatedSection;
                }
            }
        }
    }
}

/// Excerpts under headlines that are links go: other articles, listed behind the text.
fn drop_teasers(outline: &Outline, choice: &Choice, fates: &mut [Fate]) {
    let mut teasers = Vec::new();
    let mut under_link = false;
    let (mut before, mut total) = (0.0, 0.0);
    for (at, fate) in fates.iter().enumerate() {
        match fate {
            Fate::Links => under_link |= matches!(outline.blocks[at].kind, Kind::Heading(_)),
            Fate::Kept => {
                total += choice.worth[at];
                if under_link {
                    teasers.push(at);
                } else if teasers.is_empty() {
                    before = total;
                }
                under_link = false;
            }
            _ => {}
        }
    }
    // In a review or a digest the linked headings run through the text from its beginning.
    if teasers.len() >= 3 && before >= total * 0.4 {
        for at in teasers {
            fates[at] = Fate::RelatedSection;
        }
    }
}

/// Headings without text behind them go.
fn drop_bare_headings(outline: &Outline, fates: &mut [Fate]) {
    let mut next: Option<Kind> = None;
    for at in (0..fates.len()).rev() {
        if fates[at] != Fate::Kept {
            continue;
        }
        let kind = outline.blocks[at].kind;
        if let Kind::Heading(level) = kind {
            let bare = match next {
                None => true,
                Some(Kind::Heading(below)) => below <= level,
                Some(_) => false,
            };
            if bare {
                fates[at] = Fate::BareHeading;
                continue;
            }
        }
        next = Some(kind);
    }
}

/// What follows the last running text and is none itself goes, and what is said of the author there.
fn drop_tail(lines: &Lines<'_>, fates: &mut [Fate]) {
    let mut kept: Vec<usize> = (0..fates.len()).filter(|at| fates[*at] == Fate::Kept).collect();
    let last_paragraphs = kept.len().saturating_sub(4).max(1);
    for at in kept.iter().skip(last_paragraphs) {
        let block = &lines.outline.blocks[*at];
        if lines.is_bio(block) {
            fates[*at] = Fate::AuthorBio;
        } else if phrases::is_invitation(&block.text, block.weight) {
            fates[*at] = Fate::FurnitureLine;
        }
    }
    kept.retain(|at| fates[*at] == Fate::Kept);
    while kept.len() > 1
        && let Some(last) = kept.pop()
    {
        let block = &lines.outline.blocks[last];
        let sentence = block
            .text
            .trim_end()
            .ends_with(['.', '!', '?', '…', '"', '”', '»', '“', ')', '。', '」', '’', '\'']);
        let is_text = lines.choice.worth[last] > 0.0 && (sentence || block.weight >= 100)
            || sentence
                && matches!(block.kind, Kind::Paragraph | Kind::Quote | Kind::Item | Kind::Cell | Kind::Pre);
        if is_text {
            return;
        }
        fates[last] = Fate::Tail;
    }
}
