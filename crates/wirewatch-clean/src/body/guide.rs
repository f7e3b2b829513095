//! `articleBody` of the linked data as a second opinion on the page's blocks.
//!
//! Where it agrees with what was cut out of the page it knows the article's end better than any rule,
//! and finds paragraphs that stand in oddly named boxes. It is no source of its own as long as the
//! page shows the text: it has no paragraphs, and is a teaser as often as not.

use super::choose::Choice;
use super::judge::Fate;
use super::outline::{Kind, Outline};
use crate::text;

/// Longer bodies and pages of more blocks are judged without their guide.
const MAX_BODY_BYTES: usize = 300_000;
const MAX_LOOKUPS: usize = 3_000;

/// Share of the kept text that must stand in the linked body.
const AGREEMENT: f32 = 0.8;

/// Corrects the fates of blocks by the linked body, when that is the same text.
pub(crate) fn follow(outline: &Outline, choice: &Choice, linked_body: &str, fates: &mut [Fate]) {
    if linked_body.len() > MAX_BODY_BYTES || outline.blocks.len() > MAX_LOOKUPS {
        return;
    }
    let told = text::folded(linked_body);
    let is_told: Vec<bool> = outline
        .blocks
        .iter()
        .map(|block| {
            block.weight >= 25
                && memchr::memmem::find(told.as_bytes(), text::folded(&block.text).as_bytes()).is_some()
        })
        .collect();
    let sum = |wanted: &dyn Fn(usize) -> bool| -> f32 {
        (0..fates.len()).filter(|at| wanted(*at)).map(|at| outline.blocks[at].weight as f32).sum()
    };
    let kept = sum(&|at| fates[at] == Fate::Kept);
    let agreed = sum(&|at| fates[at] == Fate::Kept && is_told[at]);
    let known = sum(&|at| is_told[at]);
    // Told in full: the page shows most of what the linked body holds.
    let whole = known >= text::weight(linked_body) as f32 * AGREEMENT;
    if agreed < 200.0 || !whole {
        return;
    }
    let Some(last) = (0..fates.len()).rfind(|at| is_told[*at] && outline.blocks[*at].weight >= 40) else {
        return;
    };
    let mut seen = Vec::new();
    for at in 0..fates.len() {
        let block = &outline.blocks[at];
        let dropped = matches!(fates[at], Fate::FurniturePart | Fate::Outside | Fate::RelatedSection);
        if dropped
            && is_told[at]
            && block.weight >= 60
            && choice.worth[at] > 0.0
            && block.kind != Kind::Caption
        {
            seen.push(at);
        } else if fates[at] == Fate::Kept && at > last && agreed >= kept * AGREEMENT {
            fates[at] = Fate::Tail;
        }
    }
    // The same paragraph can stand on a page twice (a hidden copy): it is taken once.
    for at in seen {
        let text = &outline.blocks[at].text;
        let twice =
            (0..fates.len()).any(|other| fates[other] == Fate::Kept && outline.blocks[other].text == *text);
        if !twice {
            fates[at] = Fate::Kept;
        }
    }
}
