//! An article read: its folded texts, what was found in them and where that stands.

use crate::fold::Folded;
use crate::matcher::{Hit, Target};
use crate::spans::Spans;
use crate::tagger::TagInput;
use crate::zones::{Zone, Zones};
use std::collections::HashMap;
use std::ops::Range;
use wirewatch_model::Field;

/// Everything found in one article.
pub(crate) struct Reading<'a> {
    pub(crate) language: Option<&'a str>,
    pub(crate) title: FoundIn<'a>,
    pub(crate) text: FoundIn<'a>,
    pub(crate) zones: Zones,
}

/// A field with its hits, by target and place.
pub(crate) struct FoundIn<'a> {
    pub(crate) folded: Folded,
    pub(crate) hits: Vec<Hit>,
    spans: Spans<'a>,
}

/// Where a hit stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(crate) field: Field,
    pub(crate) zone: Zone,
    pub(crate) background: bool,
}

impl<'a> FoundIn<'a> {
    pub(crate) fn new(original: &'a str, folded: Folded, hits: Vec<Hit>) -> Self {
        Self { folded, hits, spans: Spans::new(original) }
    }

    /// A hit's first code point and the one after its last.
    fn code_points(&self, hit: &Hit) -> (u32, u32) {
        let bytes = self.folded.original(&(hit.start as usize..hit.end as usize));
        (self.spans.code_point(bytes.start), self.spans.code_point(bytes.end))
    }

    /// The bytes of the folded text that ranges of code points stand for.
    pub(crate) fn folded_bytes(&self, ranges: &[Range<u32>]) -> Vec<Range<u32>> {
        let bytes = self.spans.bytes_of(ranges).into_iter();
        bytes
            .map(|bytes| {
                self.folded.position_of(bytes.start) as u32..self.folded.position_of(bytes.end) as u32
            })
            .collect()
    }
}

impl<'a> Reading<'a> {
    pub(crate) fn new(
        input: &TagInput<'a>,
        language: Option<&'a str>,
        title: (Folded, Vec<Hit>),
        text: (Folded, Vec<Hit>),
    ) -> Self {
        let title = FoundIn::new(input.title, title.0, title.1);
        let text = FoundIn::new(input.text, text.0, text.1);
        let mut zones = Zones::of(&text.folded, title.folded.words() > 0);
        for hit in text.hits.iter().filter(|hit| hit.target == Target::Background) {
            zones.recall(&text.folded, hit.start);
        }
        if !input.background.is_empty() {
            text.folded_bytes(input.background).into_iter().for_each(|passage| zones.add_background(passage));
        }
        Self { language, title, text, zones }
    }

    /// Every hit, the title's first; within a field by target and place.
    pub(crate) fn hits(&self) -> impl Iterator<Item = (&Hit, Place)> {
        let title = self
            .title
            .hits
            .iter()
            .map(|hit| (hit, Place { field: Field::Title, zone: Zone::Headline, background: false }));
        let text = self.text.hits.iter().map(|hit| {
            let (zone, background) = (self.zones.zone(hit.start), self.zones.is_background(hit.start));
            (hit, Place { field: Field::Text, zone, background })
        });
        title.chain(text)
    }

    /// A hit's code points in its field.
    pub(crate) fn span(&self, hit: &Hit, field: Field) -> (u32, u32) {
        match field {
            Field::Title => self.title.code_points(hit),
            Field::Text => self.text.code_points(hit),
        }
    }
}

/// Counts how often each entry was met: the second time says less than the first.
#[derive(Default)]
pub(crate) struct Repeats(HashMap<u32, u32>);

impl Repeats {
    /// What of the weight counts.
    pub(crate) fn weigh(&mut self, entry: u32, weight: f32) -> f32 {
        let met = self.0.entry(entry).or_default();
        *met += 1;
        weight / (*met as f32).sqrt()
    }

    /// Whether an entry is met for the first time.
    pub(crate) fn is_first(&mut self, entry: u32) -> bool {
        self.weigh(entry, 1.0) == 1.0
    }
}
