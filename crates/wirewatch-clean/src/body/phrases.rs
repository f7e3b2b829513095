//! Lines that are furniture by their words. The words are in `phrases.txt`.

use std::sync::LazyLock;

/// Longer blocks are read as text whatever they begin with, in [`crate::text::weight`].
const MAX_LINE_WEIGHT: u32 = 160;
const MAX_BOX_WEIGHT: u32 = 500;
const MAX_INVITATION_WEIGHT: u32 = 320;
const MAX_CAPTION_WEIGHT: u32 = 450;

/// How much of a block is looked at for its beginning, in bytes.
const HEAD_BYTES: usize = 240;

#[derive(Default)]
struct Phrases {
    line_beginnings: Vec<&'static str>,
    box_beginnings: Vec<&'static str>,
    invitations: Vec<&'static str>,
    picture_credits: Vec<&'static str>,
    related_headings: Vec<&'static str>,
}

static PHRASES: LazyLock<Phrases> = LazyLock::new(|| {
    let mut phrases = Phrases::default();
    let mut list = "";
    for line in include_str!("phrases.txt").lines().map(str::trim) {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(name) = line.strip_prefix('[') {
            list = name.trim_end_matches(']');
            continue;
        }
        let words = line.split('|').map(str::trim);
        match list {
            "line-beginnings" => phrases.line_beginnings.extend(words),
            "box-beginnings" => phrases.box_beginnings.extend(words),
            "invitations" => phrases.invitations.extend(words),
            "picture-credits" => phrases.picture_credits.extend(words),
            _ => phrases.related_headings.extend(words),
        }
    }
    phrases
});

/// Whether a block is a line of furniture.
pub(crate) fn is_furniture(text: &str, weight: u32, link_density: f32) -> bool {
    if weight > MAX_BOX_WEIGHT {
        return false;
    }
    let head = &text[..text.floor_char_boundary(HEAD_BYTES)];
    let lower = lower_letters_first(head);
    if PHRASES.box_beginnings.iter().any(|beginning| lower.starts_with(beginning)) {
        return true;
    }
    if weight > MAX_LINE_WEIGHT {
        return false;
    }
    // A sentence may begin with such words; a label or a link does not end like one.
    let label = weight < 60 || link_density > 0.2 || !text.trim_end().ends_with('.');
    label && begins_with_words(&lower, &PHRASES.line_beginnings) || head.trim_start().starts_with('©')
}

/// Whether a sentence invites the reader to something beside the article.
pub(crate) fn is_invitation(text: &str, weight: u32) -> bool {
    weight <= MAX_INVITATION_WEIGHT && {
        let lower = text.to_lowercase();
        PHRASES.invitations.iter().any(|words| lower.contains(words))
    }
}

/// Whether a block ends as captions do, with the name of who made the picture.
pub(crate) fn ends_in_credit(text: &str, weight: u32) -> bool {
    const TAIL_BYTES: usize = 60;
    let text = text.trim_end();
    if weight > MAX_CAPTION_WEIGHT || text.ends_with(['.', '?', '!']) && weight > 250 {
        return false;
    }
    let tail = &text[text.ceil_char_boundary(text.len().saturating_sub(TAIL_BYTES))..];
    let lower = tail.to_lowercase();
    PHRASES.picture_credits.iter().any(|credit| lower.contains(credit))
}

/// Whether a heading or a label announces other articles.
pub(crate) fn is_related_heading(text: &str) -> bool {
    let lower = lower_letters_first(&text[..text.floor_char_boundary(HEAD_BYTES)]);
    PHRASES.related_headings.iter().any(|beginning| lower.starts_with(beginning))
}

/// The text in lower case, without the arrows and dots that stand before a label.
fn lower_letters_first(text: &str) -> String {
    text.trim_start_matches(|letter: char| !letter.is_alphanumeric()).to_lowercase()
}

/// Whether a text begins with whole words of the list.
fn begins_with_words(lower: &str, beginnings: &[&str]) -> bool {
    beginnings.iter().any(|beginning| {
        lower
            .strip_prefix(beginning)
            .is_some_and(|rest| rest.chars().next().is_none_or(|next| !next.is_alphanumeric()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn furniture_lines_are_known_in_several_languages() {
        for line in [
            "READ MORE: Talks resume",
            "» Читайте також: переговори",
            "Lesen Sie auch: Genf",
            "© 2022 Agency",
        ] {
            assert!(is_furniture(line, crate::text::weight(line), 0.0), "{line}");
        }
    }

    #[test]
    fn sentences_are_text() {
        let sentence = "Subscribe to the principle that borders are not moved by force, the minister told reporters, and the rest follows from it.";
        assert!(!is_furniture(sentence, crate::text::weight(sentence), 0.0));
        assert!(!is_furniture("Loadings at the port rose.", 22, 0.0));
    }
}
