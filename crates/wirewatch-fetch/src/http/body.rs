//! Reading a body: one content encoding undone while it streams, with a cap on the decoded bytes.
//!
//! reqwest's own decoding is switched off, because it cannot survive what servers really send: plain
//! text labelled gzip, gzip that nobody announced, `gzip, gzip`. What a body is encoded with is
//! decided by its first bytes; the label only counts where the format has no mark (brotli).

use crate::http::budget::{Budget, BytesHeld};
use async_compression::{
    tokio::bufread::{BrotliDecoder, GzipDecoder, ZlibDecoder, ZstdDecoder},
    zstd::DParameter,
};
use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};
use std::{io, pin::Pin, time::Duration};
use tokio::{
    io::{AsyncBufRead, AsyncBufReadExt, AsyncRead, AsyncReadExt, BufReader},
    time::Instant,
};
use tokio_util::io::StreamReader;

/// Enough first bytes to tell the formats apart.
const MARK_BYTES: usize = 16;
/// Window of zstd bodies: 8 MiB, the most RFC 9659 allows for HTTP.
const ZSTD_WINDOW_LOG: u32 = 23;

type Wire = Pin<Box<dyn Stream<Item = io::Result<Bytes>> + Send>>;

/// How reading a body ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum BodyEnd {
    /// All of it was read.
    Whole,
    /// It is longer than the cap.
    Capped,
    /// It was too slow: idle, or over the deadline.
    Slow,
    /// The connection broke, or it could not be decoded.
    Broken(String),
}

/// Limits for one body.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BodyLimits {
    /// Cap on decoded bytes.
    pub(crate) bytes: usize,
    /// Longest time between two pieces.
    pub(crate) idle: Duration,
    /// Time left for all of it, not counting waits for the budget.
    pub(crate) total: Duration,
}

/// A body as far as it was read.
pub(crate) struct Body {
    pub(crate) bytes: Vec<u8>,
    pub(crate) end: BodyEnd,
    pub(crate) held: BytesHeld,
}

/// Reads the body of an answer with the value of its Content-Encoding.
pub(crate) async fn read(
    response: reqwest::Response,
    encoding: &str,
    limits: BodyLimits,
    budget: &Budget,
) -> Body {
    let deadline = Instant::now() + limits.total;
    let mut wire = wire(response, limits);
    let mut body = Body { bytes: Vec::new(), end: BodyEnd::Whole, held: BytesHeld::default() };
    let (first, fault) = match tokio::time::timeout_at(deadline, first_bytes(&mut wire)).await {
        Ok(first) => first,
        Err(_) => return Body { end: BodyEnd::Slow, ..body },
    };
    let coding = Coding::of(encoding, &first);
    if coding == Coding::Unknown {
        let end = BodyEnd::Broken(format!("content encoding '{}' is not known", cut(encoding)));
        return Body { end, ..body };
    }
    let head = (!first.is_empty()).then_some(Ok(first)).into_iter().chain(fault.map(Err));
    let raw: Pin<Box<dyn AsyncBufRead + Send>> = Box::pin(StreamReader::new(stream::iter(head).chain(wire)));
    let mut last = coding;
    let mut decoded = decoder(coding, raw);
    // A body packed twice is unpacked twice and no further; the outer packing is named last. What is a
    // gzip file by itself (a sitemap) may be sent packed; raw deflate ends with what looks like a fault.
    let inner = encoding.rsplit_once(',').map(|(label, _)| label).filter(|_| coding != Coding::Plain);
    let may_be_file = !matches!(coding, Coding::Plain | Coding::Deflate);
    if let Some(label) = inner.or(may_be_file.then_some("")) {
        let mut inner = BufReader::new(decoded);
        last = match tokio::time::timeout_at(deadline, inner.fill_buf()).await {
            Ok(Ok(start)) => Coding::of(label, &start[..start.len().min(MARK_BYTES)]),
            // A reader that is read on after its fault may come to a clean end: the fault would be lost.
            Ok(Err(error)) => return Body { end: ended(&error), ..body },
            Err(_) => return Body { end: BodyEnd::Slow, ..body },
        };
        decoded = decoder(last, Box::pin(inner));
    }
    body.end = fill(&mut body.bytes, &mut body.held, decoded, last, limits.bytes, deadline, budget).await;
    budget.shrink(&mut body.held, body.bytes.len());
    body.bytes.shrink_to_fit();
    body
}

/// Moves decoded bytes into `bytes` until the end, the cap or the deadline.
async fn fill(
    bytes: &mut Vec<u8>,
    held: &mut BytesHeld,
    mut decoded: Pin<Box<dyn AsyncRead + Send>>,
    coding: Coding,
    cap: usize,
    mut deadline: Instant,
    budget: &Budget,
) -> BodyEnd {
    let mut piece = vec![0; 16 * 1024];
    loop {
        let read = match tokio::time::timeout_at(deadline, decoded.read(&mut piece)).await {
            Err(_) => return BodyEnd::Slow,
            Ok(Ok(0)) => return BodyEnd::Whole,
            Ok(Ok(read)) => read,
            // A raw deflate stream was given a zlib header and lacks the checksum at its end: the
            // decoder wants more and there is none. Faults of the wire and of the data are of other kinds.
            Ok(Err(error)) if coding == Coding::Deflate && error.kind() == io::ErrorKind::Other => {
                return BodyEnd::Whole;
            }
            Ok(Err(error)) => return ended(&error),
        };
        let room = cap - bytes.len();
        let waiting = Instant::now();
        budget.grow(held, bytes.len() + read.min(room)).await;
        deadline += waiting.elapsed();
        bytes.extend_from_slice(&piece[..read.min(room)]);
        if read > room {
            return BodyEnd::Capped;
        }
    }
}

/// The bytes on the wire, with the idle limit, and no more of them than a body within the cap needs.
fn wire(response: reqwest::Response, limits: BodyLimits) -> Wire {
    let most = limits.bytes.saturating_add(64 * 1024);
    let pieces = stream::unfold((response, 0_usize), move |(mut response, seen)| async move {
        let piece = match tokio::time::timeout(limits.idle, response.chunk()).await {
            Err(_) => Err(io::ErrorKind::TimedOut.into()),
            Ok(Err(error)) => {
                Err(io::Error::new(io::ErrorKind::ConnectionAborted, super::error::chain(&error)))
            }
            Ok(Ok(None)) => return None,
            Ok(Ok(Some(_))) if seen > most => Err(io::Error::from(io::ErrorKind::FileTooLarge)),
            Ok(Ok(Some(piece))) => Ok(piece),
        };
        let seen = seen + piece.as_ref().map_or(0, Bytes::len);
        Some((piece, (response, seen)))
    });
    // The first bytes are taken before the rest is read: an ended stream is asked once more.
    Box::pin(pieces.fuse())
}

/// Enough of the first pieces to tell what they are, and the fault that ended them early.
async fn first_bytes(wire: &mut Wire) -> (Bytes, Option<io::Error>) {
    let mut first = Bytes::new();
    while first.len() < MARK_BYTES {
        match wire.next().await {
            None => break,
            Some(Err(error)) => return (first, Some(error)),
            Some(Ok(piece)) if first.is_empty() => first = piece,
            Some(Ok(piece)) => first = [first, piece].concat().into(),
        }
    }
    (first, None)
}

fn ended(error: &io::Error) -> BodyEnd {
    match error.kind() {
        io::ErrorKind::TimedOut => BodyEnd::Slow,
        io::ErrorKind::FileTooLarge => BodyEnd::Capped,
        _ => BodyEnd::Broken(error.to_string()),
    }
}

fn cut(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_control()).take(60).collect()
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Coding {
    Plain,
    Gzip,
    Zlib,
    /// Raw deflate without the zlib frame.
    Deflate,
    Brotli,
    Zstd,
    Unknown,
}

impl Coding {
    /// What the first bytes are, with the help of the label.
    fn of(label: &str, first: &[u8]) -> Self {
        let label = label.to_ascii_lowercase();
        let says = |name: &str| label.split(',').any(|token| token.trim().trim_start_matches("x-") == name);
        if first.starts_with(&[0x1f, 0x8b, 8]) {
            return Self::Gzip;
        }
        if first.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
            return Self::Zstd;
        }
        if looks_like_text(first) {
            return Self::Plain;
        }
        match first {
            // CMF and FLG of RFC 1950: deflate, and the check bits are right.
            [a, b, ..] if says("deflate") && a & 0xf == 8 && u16::from_be_bytes([*a, *b]) % 31 == 0 => {
                Self::Zlib
            }
            _ if says("deflate") => Self::Deflate,
            _ if says("br") => Self::Brotli,
            _ if ["", "identity", "none", "gzip", "zstd", "binary", "utf-8", "8bit"]
                .iter()
                .any(|n| says(n)) =>
            {
                Self::Plain
            }
            _ => Self::Unknown,
        }
    }
}

/// Whether the bytes begin like something that is no packed body: markup or JSON after an optional
/// mark and white space.
fn looks_like_text(first: &[u8]) -> bool {
    let first = first.strip_prefix(&[0xef, 0xbb, 0xbf]).unwrap_or(first).trim_ascii_start();
    let [start, next, ..] = first else { return first.is_empty() };
    match start {
        b'<' => {
            next.is_ascii_alphabetic() && first.iter().all(|byte| *byte >= b'\t')
                || matches!(next, b'?' | b'!')
        }
        b'{' | b'[' => first.iter().all(|byte| *byte >= b'\t' && *byte != 0x7f),
        _ => false,
    }
}

fn decoder(coding: Coding, raw: Pin<Box<dyn AsyncBufRead + Send>>) -> Pin<Box<dyn AsyncRead + Send>> {
    match coding {
        Coding::Gzip => {
            let mut gzip = GzipDecoder::new(raw);
            gzip.multiple_members(true);
            Box::pin(gzip)
        }
        Coding::Zlib => Box::pin(ZlibDecoder::new(raw)),
        Coding::Deflate => {
            Box::pin(ZlibDecoder::new(BufReader::new(io::Cursor::new([0x78, 0x9c]).chain(raw))))
        }
        Coding::Brotli => Box::pin(BrotliDecoder::new(raw)),
        Coding::Zstd => {
            Box::pin(ZstdDecoder::with_params(raw, &[DParameter::window_log_max(ZSTD_WINDOW_LOG)]))
        }
        Coding::Plain | Coding::Unknown => Box::pin(raw),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(label: &str, first: &[u8], want: Coding) {
        assert_eq!(Coding::of(label, first), want, "{label}");
    }

    #[test]
    fn first_bytes_outrank_the_label() {
        check("gzip", b"<?xml version='1.0'?>", Coding::Plain);
        check("br", b"<rss version='2.0'>", Coding::Plain);
        check("", &[0x1f, 0x8b, 8, 0], Coding::Gzip);
        check("deflate", &[0x1f, 0x8b, 8, 0], Coding::Gzip);
        check("gzip", b"\xef\xbb\xbf<rss>", Coding::Plain);
    }

    #[test]
    fn labels_count_where_the_bytes_say_nothing() {
        check("deflate", &[0x78, 0x9c, 1, 2], Coding::Zlib);
        check("deflate", &[0xb3, 0x29, 1, 2], Coding::Deflate);
        check("br", &[0x1b, 0x0f, 0, 0xf8], Coding::Brotli);
        check("snappy", &[0xff, 6, 0, 0], Coding::Unknown);
        check("UTF-8", &[0xcf, 0xf0], Coding::Plain);
    }
}
