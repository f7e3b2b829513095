//! Sketches that estimate containment, and the bytes in which they are stored.
//!
//! A sketch keeps the shingle hashes below 2^64/s (modulo sampling after Broder, "On the resemblance
//! and containment of documents", 1997). Unlike MinHash of fixed size it keeps its share of a text
//! whatever its length, so that a part is found in its whole.

use crate::features::{View, mix};

/// Every how-manieth shingle is kept while an article is in the sparse window.
pub(crate) const SPARSE_SCALE: u64 = 64;
/// Texts above this many shingles are sampled at 1 in 8, above the next at 1 in 4.
const LONG: usize = 250;
const MIDDLING: usize = 100;
/// Beyond, a sketch is sparse from the start, so that it stays bounded.
const VERY_LONG: usize = 8_000;
/// Marks a hash that the sparse window keeps too.
pub(crate) const SPARSE_BIT: u32 = 1 << 31;

/// The sampled shingles of a text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sketch {
    /// One in how many shingles is kept.
    pub(crate) scale: u64,
    /// Distinct shingles of the text.
    pub(crate) shingles: u32,
    /// Fingerprints, sorted, each once: the low 31 bits of the hash and [`SPARSE_BIT`].
    pub(crate) hashes: Vec<u32>,
}

impl Sketch {
    pub(crate) fn of(view: &View) -> Self {
        let mut distinct = 0;
        let mut last = None;
        for shingle in &view.shingles {
            distinct += usize::from(last != Some(shingle.0));
            last = Some(shingle.0);
        }
        let scale = match distinct {
            0..=MIDDLING => 1,
            _ if distinct <= LONG => 4,
            _ if distinct <= VERY_LONG => 8,
            _ => SPARSE_SCALE,
        };
        // Shingles are sorted by hash: the sample is a prefix.
        let limit = u64::MAX / scale;
        let sample = view.shingles.iter().map(|shingle| shingle.0).take_while(|hash| *hash <= limit);
        let mut hashes: Vec<u32> = sample.map(fingerprint).collect();
        hashes.sort_unstable();
        hashes.dedup();
        Self { scale, shingles: distinct as u32, hashes }
    }
}

/// The low bits, well mixed, beside the mark of the sparse window.
fn fingerprint(hash: u64) -> u32 {
    let sparse = if hash <= u64::MAX / SPARSE_SCALE { SPARSE_BIT } else { 0 };
    (mix(hash) as u32 & !SPARSE_BIT) | sparse
}

/// What must be known of an article to find it again after a restart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Signature {
    pub(crate) sketch: Sketch,
    /// Hash of the words of the text.
    pub(crate) text: Option<u64>,
    /// The group's original; `None` for an original.
    pub(crate) of: Option<i64>,
    pub(crate) standalone: bool,
    /// Figures make up much of the text.
    pub(crate) figures_bearing: bool,
    /// Hashes of the lines this article was counted for.
    pub(crate) lines: Vec<u32>,
}

/// Why stored signature bytes cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// Written by another version of the deduplicator: the article must be judged from its text.
    #[error("signature has version {0}, this program reads version {VERSION}")]
    Version(u8),
    /// The bytes end early or go on after the end.
    #[error("signature is damaged")]
    Damaged,
}

const VERSION: u8 = 1;
const STANDALONE: u8 = 1;
const FIGURES_BEARING: u8 = 2;
const HAS_TEXT: u8 = 4;
const IS_COPY: u8 = 8;

impl Signature {
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(32 + self.sketch.hashes.len() * 4 + self.lines.len() * 4);
        let flag = |on: bool, flag: u8| if on { flag } else { 0 };
        out.push(VERSION);
        out.push(
            flag(self.standalone, STANDALONE)
                | flag(self.figures_bearing, FIGURES_BEARING)
                | flag(self.text.is_some(), HAS_TEXT)
                | flag(self.of.is_some(), IS_COPY),
        );
        if let Some(text) = self.text {
            out.extend_from_slice(&text.to_le_bytes());
        }
        if let Some(of) = self.of {
            out.extend_from_slice(&of.to_le_bytes());
        }
        out.push(self.sketch.scale as u8);
        out.extend_from_slice(&self.sketch.shingles.to_le_bytes());
        push_hashes(&mut out, &self.sketch.hashes);
        push_hashes(&mut out, &self.lines);
        out
    }

    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self, SignatureError> {
        let mut bytes = Bytes(bytes);
        let version = bytes.take::<1>()?[0];
        if version != VERSION {
            return Err(SignatureError::Version(version));
        }
        let flags = bytes.take::<1>()?[0];
        let text = if flags & HAS_TEXT != 0 { Some(u64::from_le_bytes(bytes.take()?)) } else { None };
        let of = if flags & IS_COPY != 0 { Some(i64::from_le_bytes(bytes.take()?)) } else { None };
        let scale = u64::from(bytes.take::<1>()?[0]);
        let shingles = u32::from_le_bytes(bytes.take()?);
        let hashes = bytes.hashes()?;
        let lines = bytes.hashes()?;
        if !bytes.0.is_empty() {
            return Err(SignatureError::Damaged);
        }
        Ok(Self {
            sketch: Sketch { scale, shingles, hashes },
            text,
            of,
            standalone: flags & STANDALONE != 0,
            figures_bearing: flags & FIGURES_BEARING != 0,
            lines,
        })
    }
}

fn push_hashes(out: &mut Vec<u8>, hashes: &[u32]) {
    let count = u16::try_from(hashes.len()).unwrap_or(u16::MAX);
    out.extend_from_slice(&count.to_le_bytes());
    for hash in &hashes[..usize::from(count)] {
        out.extend_from_slice(&hash.to_le_bytes());
    }
}

struct Bytes<'a>(&'a [u8]);

impl Bytes<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], SignatureError> {
        let (head, rest) = self.0.split_first_chunk::<N>().ok_or(SignatureError::Damaged)?;
        self.0 = rest;
        Ok(*head)
    }

    fn hashes(&mut self) -> Result<Vec<u32>, SignatureError> {
        let count = usize::from(u16::from_le_bytes(self.take()?));
        let mut hashes = Vec::with_capacity(count.min(self.0.len() / 4));
        for _ in 0..count {
            hashes.push(u32::from_le_bytes(self.take()?));
        }
        Ok(hashes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn another_version_is_named() {
        let mut bytes = Signature::default().to_bytes();
        bytes[0] = 9;
        assert_eq!(Signature::from_bytes(&bytes), Err(SignatureError::Version(9)));
    }

    #[test]
    fn a_cut_signature_is_refused() {
        let whole = Signature {
            sketch: Sketch { scale: 8, shingles: 9, hashes: vec![1, 2] },
            ..Signature::default()
        };
        let bytes = whole.to_bytes();
        for end in 0..bytes.len() {
            assert!(Signature::from_bytes(&bytes[..end]).is_err(), "{end}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(
            hashes in proptest::collection::vec(any::<u32>(), 0..80),
            lines in proptest::collection::vec(any::<u32>(), 0..40),
            text in any::<Option<u64>>(), of in any::<Option<i64>>(), standalone: bool, figures_bearing: bool,
            scale in 1u64..200, shingles: u32,
        ) {
            let signature = Signature {
                sketch: Sketch { scale, shingles, hashes }, text, of, standalone, figures_bearing, lines,
            };
            prop_assert_eq!(Signature::from_bytes(&signature.to_bytes()), Ok(signature));
        }

        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Signature::from_bytes(&bytes);
        }
    }
}
