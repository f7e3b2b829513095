//! Where in an article a passage stands: headline, lead, body, and what is background there.

use crate::fold::{Folded, PARAGRAPH};
use std::ops::Range;

/// The part of an article that a passage stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Zone {
    /// The title; without one the first two sentences.
    Headline,
    /// The two sentences after the headline.
    Lead,
    /// The rest.
    Body,
}

/// The zones of one text.
#[derive(Debug)]
pub(crate) struct Zones {
    headline_end: u32,
    lead_end: u32,
    /// Passages that recall what is known, in bytes of the folded text, ascending.
    background: Vec<Range<u32>>,
}

/// A headline or lead is no longer than this many bytes of folded text, whatever its punctuation.
const SENTENCES_MAX_BYTES: usize = 700;

impl Zones {
    /// The zones of a text whose article has a title or not.
    pub(crate) fn of(text: &Folded, has_title: bool) -> Self {
        let headline_end = if has_title { 0 } else { two_sentences(&text.text, 0) };
        let lead_end = two_sentences(&text.text, headline_end);
        Self { headline_end: headline_end as u32, lead_end: lead_end as u32, background: Vec::new() }
    }

    /// Marks the sentence around a byte as background, unless the lead itself says it.
    pub(crate) fn recall(&mut self, text: &Folded, at: u32) {
        if at >= self.lead_end {
            let sentence = sentence_around(&text.text, at as usize);
            self.background.push(sentence.start as u32..sentence.end as u32);
        }
    }

    /// Marks a passage as background wherever it stands.
    pub(crate) fn add_background(&mut self, passage: Range<u32>) {
        self.background.push(passage);
    }

    pub(crate) fn zone(&self, at: u32) -> Zone {
        match at {
            _ if at < self.headline_end => Zone::Headline,
            _ if at < self.lead_end => Zone::Lead,
            _ => Zone::Body,
        }
    }

    pub(crate) fn is_background(&self, at: u32) -> bool {
        self.background.iter().any(|passage| passage.contains(&at))
    }
}

/// The end of the second sentence from `start` on.
fn two_sentences(text: &str, start: usize) -> usize {
    let first = sentence_end(text, start);
    sentence_end(text, first).min(floor_char(text, start + SENTENCES_MAX_BYTES))
}

fn floor_char(text: &str, mut at: usize) -> usize {
    at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// The byte after the sentence that begins at `start`. A full stop after a word of one or
/// two letters ends none (`U.S.`, `Mr. Smith`, `10. Januar`).
fn sentence_end(text: &str, start: usize) -> usize {
    let bytes = text.as_bytes();
    (start + 1..bytes.len()).find(|&at| is_end(bytes, start, at)).map_or(text.len(), |at| at + 1)
}

fn is_end(bytes: &[u8], start: usize, at: usize) -> bool {
    match bytes[at] {
        PARAGRAPH => true,
        b' ' => match bytes[at - 1] {
            b'!' | b'?' => true,
            b'.' => {
                let word = bytes[start..at - 1].iter().rev();
                let letters = word.take_while(|byte| !matches!(**byte, b' ' | b'.' | PARAGRAPH)).count();
                letters > 3 || (letters == 3 && bytes[at - 2].is_ascii_alphabetic())
            }
            // Quotation marks close after the full stop: `… ended." Then`.
            b'"' => at >= 2 && matches!(bytes[at - 2], b'.' | b'!' | b'?'),
            _ => false,
        },
        _ => false,
    }
}

fn sentence_around(text: &str, at: usize) -> Range<usize> {
    let bytes = text.as_bytes();
    let start = (1..at).rev().find(|&before| is_end(bytes, 0, before)).map_or(0, |before| before + 1);
    start..sentence_end(text, at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zones(text: &str, has_title: bool) -> (Folded, Zones) {
        let folded = Folded::new(text);
        let zones = Zones::of(&folded, has_title);
        (folded, zones)
    }

    #[test]
    fn without_a_title_the_first_two_sentences_are_the_headline() {
        let text =
            "Mr. K. Smith spoke in Geneva. He left early. The talks continue. They end today. Then rest.";
        let (folded, zones) = zones(text, false);
        let zone = |word| zones.zone(folded.text.find(word).expect("there") as u32);
        assert_eq!(zone("early"), Zone::Headline);
        assert_eq!(zone("today"), Zone::Lead);
        assert_eq!(zone("rest"), Zone::Body);
    }

    #[test]
    fn a_recalling_sentence_is_background_but_not_in_the_lead() {
        let text = "One here. Two here. Russia annexed it in 2014. Today is new.\n\nThree.";
        let (folded, mut zones) = zones(text, true);
        let at = |word: &str| folded.text.find(word).expect("there") as u32;
        zones.recall(&folded, at("2014"));
        zones.recall(&folded, at("two"));
        assert!(zones.is_background(at("annexed")));
        assert!(!zones.is_background(at("today")));
        assert!(!zones.is_background(at("two")));
    }
}
