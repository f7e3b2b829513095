//! From bytes of a text to its code points and back.

use std::ops::Range;

const BLOCK_BYTES: usize = 128;

/// Code points of a text, counted once in blocks so that each look-up is short.
#[derive(Debug)]
pub(crate) struct Spans<'a> {
    text: &'a str,
    /// Code points that begin before each block; empty when the text is ASCII and bytes are code points.
    before: Vec<u32>,
}

impl<'a> Spans<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        let mut before = Vec::new();
        if !text.is_ascii() {
            let mut seen = 0;
            for block in text.as_bytes().chunks(BLOCK_BYTES) {
                before.push(seen);
                seen += starts_in(block);
            }
            before.push(seen);
        }
        Self { text, before }
    }

    /// How many code points stand before a byte.
    pub(crate) fn code_point(&self, byte: usize) -> u32 {
        if self.before.is_empty() {
            return byte as u32;
        }
        let block = byte / BLOCK_BYTES;
        self.before[block] + starts_in(&self.text.as_bytes()[block * BLOCK_BYTES..byte])
    }

    /// The bytes of ranges of code points; what lies outside the text is cut off.
    pub(crate) fn bytes_of(&self, ranges: &[Range<u32>]) -> Vec<Range<usize>> {
        ranges
            .iter()
            .filter(|range| range.start < range.end)
            .map(|range| self.byte(range.start)..self.byte(range.end))
            .collect()
    }

    fn byte(&self, code_point: u32) -> usize {
        if self.before.is_empty() {
            return (code_point as usize).min(self.text.len());
        }
        let block = self.before.partition_point(|&before| before <= code_point).saturating_sub(1);
        // A block may begin inside a code point, which belongs to the block before.
        let mut start = block * BLOCK_BYTES;
        while start < self.text.len() && !self.text.is_char_boundary(start) {
            start += 1;
        }
        let rest = self.text.get(start..).unwrap_or_default();
        let skipped = (code_point - self.before[block]) as usize;
        rest.char_indices().nth(skipped).map_or(self.text.len(), |(at, _)| start + at)
    }
}

/// How many code points begin in these bytes of UTF-8.
fn starts_in(bytes: &[u8]) -> u32 {
    bytes.iter().map(|&byte| u32::from(byte & 0xC0 != 0x80)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn counts_as_the_standard_library_does(text in "[a-zа-яії€😀 ]{0,200}") {
            let spans = Spans::new(&text);
            for (count, (byte, _)) in text.char_indices().enumerate() {
                prop_assert_eq!(spans.code_point(byte) as usize, count);
                prop_assert_eq!(spans.byte(count as u32), byte);
            }
            prop_assert_eq!(spans.code_point(text.len()) as usize, text.chars().count());
            prop_assert_eq!(spans.byte(u32::MAX), text.len());
        }
    }
}
