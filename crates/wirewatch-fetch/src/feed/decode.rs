//! Bytes to text: byte order mark, HTTP charset, declaration, detection, each believed only as far
//! as the bytes bear it out.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use std::borrow::Cow;
use url::Url;

/// How much of a body its encoding is guessed from, in bytes.
const LOOKED_AT: usize = 256 * 1024;

/// A decoded body and what had to be mended to decode it.
pub(crate) struct Decoded<'a> {
    pub(crate) text: Cow<'a, str>,
    pub(crate) repair: Option<&'static str>,
}

/// Decodes a body. Never fails: what cannot be decoded becomes U+FFFD.
pub(crate) fn decode<'a>(body: &'a [u8], content_type: Option<&str>, url: Option<&str>) -> Decoded<'a> {
    if let Some(text) = utf32(body) {
        return Decoded { text: text.into(), repair: None };
    }
    if let Some((encoding, mark)) = Encoding::for_bom(body) {
        let (text, faulty) = encoding.decode_without_bom_handling(&body[mark..]);
        return Decoded { text, repair: faulty.then_some("undecodable-bytes") };
    }
    if let Some(encoding) = utf16_by_zeros(body) {
        return Decoded { text: encoding.decode_without_bom_handling(body).0, repair: None };
    }
    let http = content_type.and_then(charset_parameter);
    let declared = declaration(body);
    let claims: Vec<&'static Encoding> =
        [http, declared].into_iter().flatten().filter_map(by_label).collect();
    let utf8 = std::str::from_utf8(body);
    if let Ok(text) = utf8 {
        // Text in a single-byte encoding is hardly ever valid UTF-8 by chance, so a label that says
        // otherwise is wrong as soon as there are a few letters beyond ASCII.
        let claim = claims.first().copied().unwrap_or(UTF_8);
        if claim == UTF_8 || text.is_ascii() && claim.is_ascii_compatible() || !is_ascii_with_few(text) {
            let repair = (claim != UTF_8 && !text.is_ascii()).then_some("wrong-charset");
            return Decoded { text: Cow::Borrowed(text), repair };
        }
    }
    for (nth, claim) in claims.iter().enumerate() {
        if *claim != UTF_8
            && let Some(text) = claim.decode_without_bom_handling_and_without_replacement(body)
            && !has_c1(&text)
        {
            if let Some(text) = not_western(claim, body, url) {
                return Decoded { text, repair: Some("wrong-charset") };
            }
            return Decoded { text, repair: (nth > 0).then_some("wrong-charset") };
        }
    }
    guess(body, url, claims.is_empty())
}

/// Text that a server's default calls Western and that is in another script: Western letters beyond
/// ASCII stand alone between others, those of Cyrillic or Greek stand side by side.
fn not_western<'a>(claim: &'static Encoding, body: &'a [u8], url: Option<&str>) -> Option<Cow<'a, str>> {
    if claim != WINDOWS_1252 {
        return None;
    }
    let high = body.iter().filter(|byte| !byte.is_ascii()).count();
    let pairs = body.windows(2).filter(|pair| !pair[0].is_ascii() && !pair[1].is_ascii()).count();
    if high < 20 || pairs * 2 < high {
        return None;
    }
    let encoding = detected(body, url);
    (encoding != WINDOWS_1252).then(|| encoding.decode_without_bom_handling(body).0)
}

fn detected(body: &[u8], url: Option<&str>) -> &'static Encoding {
    // From the first byte that tells anything.
    let start = body.iter().position(|byte| !byte.is_ascii()).unwrap_or(0).saturating_sub(64);
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(&body[start..body.len().min(start + LOOKED_AT)], true);
    let tld = url.and_then(tld);
    detector.guess(tld.as_deref().map(str::as_bytes), Utf8Detection::Deny)
}

/// Nothing declared fits: UTF-8 with a few faults, or what the bytes look like.
fn guess<'a>(body: &'a [u8], url: Option<&str>, undeclared: bool) -> Decoded<'a> {
    let (mut faults, mut sound) = (0, 0);
    for chunk in body.utf8_chunks() {
        faults += usize::from(!chunk.invalid().is_empty());
        sound += chunk.valid().chars().filter(|letter| !letter.is_ascii()).count();
    }
    if faults * 4 <= sound {
        let repair = (faults > 0).then_some("undecodable-bytes");
        return Decoded { text: with_marks(body).into(), repair };
    }
    let (text, _) = detected(body, url).decode_without_bom_handling(body);
    Decoded { text, repair: Some(if undeclared { "no-charset" } else { "wrong-charset" }) }
}

/// UTF-16 without a mark shows as zeros in every other byte: feeds begin with ASCII.
fn utf16_by_zeros(body: &[u8]) -> Option<&'static Encoding> {
    let start = body.get(..4)?;
    match [start[0] == 0, start[1] == 0, start[2] == 0, start[3] == 0] {
        [false, true, false, true] => Some(UTF_16LE),
        [true, false, true, false] => Some(UTF_16BE),
        _ => None,
    }
}

/// UTF-32, which browsers do not read and encoding_rs does not know, by its mark or its zeros.
fn utf32(body: &[u8]) -> Option<String> {
    let unit: fn([u8; 4]) -> u32 = match body.get(..4)? {
        [0xff, 0xfe, 0, 0] | [1..=0xff, 0, 0, 0] => u32::from_le_bytes,
        [0, 0, 0xfe, 0xff] | [0, 0, 0, 1..=0xff] => u32::from_be_bytes,
        _ => return None,
    };
    let letters = body.chunks_exact(4).map(|four| unit([four[0], four[1], four[2], four[3]]));
    Some(letters.map(|number| char::from_u32(number).unwrap_or('\u{fffd}')).collect())
}

/// UTF-8 with faults; single bytes that are quotes and dashes of windows-1252 are read as these.
fn with_marks(body: &[u8]) -> String {
    let mut text = String::with_capacity(body.len() + 16);
    for chunk in body.utf8_chunks() {
        text.push_str(chunk.valid());
        match chunk.invalid() {
            [] => {}
            mark @ [0x85 | 0x91..=0x97] => text.push_str(&WINDOWS_1252.decode_without_bom_handling(mark).0),
            _ => text.push('\u{fffd}'),
        }
    }
    text
}

fn is_ascii_with_few(text: &str) -> bool {
    text.chars().filter(|letter| !letter.is_ascii()).take(2).count() < 2
}

/// Whether text decoded as a single-byte encoding holds control characters no text holds: a sign
/// that it is another encoding.
fn has_c1(text: &str) -> bool {
    text.chars().any(|letter| ('\u{80}'..='\u{9f}').contains(&letter))
}

/// The value of `charset` in a Content-Type.
pub(crate) fn charset_parameter(content_type: &str) -> Option<&str> {
    content_type.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("charset").then(|| value.trim().trim_matches(['"', '\'']))
    })
}

/// The encoding an XML declaration names, looked for in the first kilobyte.
fn declaration(body: &[u8]) -> Option<&str> {
    let head = &body[..body.len().min(1024)];
    let start = find(head, b"<?xml")?;
    let end = start + find(&head[start..], b"?>")?;
    let declaration = std::str::from_utf8(&head[start..end]).ok()?;
    let (_, rest) = declaration.split_once("encoding")?;
    let rest = rest.trim_start().strip_prefix('=')?.trim_start();
    let quote = rest.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    rest[1..].split(quote).next()
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

fn by_label(label: &str) -> Option<&'static Encoding> {
    let label = label.trim();
    let encoding = Encoding::for_label(label.as_bytes()).or_else(|| {
        // Spellings seen in the wild: `cp-1251`, `win1251`, `windows_1251`, `UTF_8`.
        let plain: String =
            label.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
        let number = plain
            .strip_prefix("cp")
            .or_else(|| plain.strip_prefix("windows"))
            .or_else(|| plain.strip_prefix("win"));
        match number {
            Some(number) => Encoding::for_label(format!("windows-{number}").as_bytes()),
            None if plain == "utf8" => Some(UTF_8),
            None => Encoding::for_label(plain.as_bytes()),
        }
    })?;
    // A body that begins with `<` in one byte is not UTF-16, whatever it says.
    Some(if encoding == UTF_16LE || encoding == UTF_16BE { UTF_8 } else { encoding })
}

fn tld(url: &str) -> Option<String> {
    let url = Url::parse(url).ok()?;
    let tld = url.host_str()?.rsplit('.').next()?.to_ascii_lowercase();
    // The detector wants a top-level domain in lower-case ASCII letters or Punycode.
    (!tld.is_empty() && tld.bytes().all(|byte| byte.is_ascii_lowercase())).then_some(tld)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NEWS: &str = "<rss><title>Новини України: перемовини тривають</title></rss>";

    #[track_caller]
    fn check(body: &[u8], content_type: Option<&str>, want: &str, repair: Option<&str>) {
        let decoded = decode(body, content_type, Some("https://news.example.ua/rss"));
        assert_eq!((&*decoded.text, decoded.repair), (want, repair));
    }

    fn windows_1251(text: &str) -> Vec<u8> {
        encoding_rs::WINDOWS_1251.encode(text).0.into_owned()
    }

    #[test]
    fn a_mark_outranks_every_label() {
        let body = [&[0xef, 0xbb, 0xbf], NEWS.as_bytes()].concat();
        check(&body, Some("text/xml; charset=windows-1251"), NEWS, None);
        let utf16: Vec<u8> = "\u{feff}<rss/>".encode_utf16().flat_map(u16::to_le_bytes).collect();
        check(&utf16, None, "<rss/>", None);
    }

    #[test]
    fn http_outranks_the_declaration() {
        check(&windows_1251(NEWS), Some("text/xml; charset=\"windows-1251\""), NEWS, None);
        let declared = format!("<?xml version=\"1.0\" encoding=\"koi8-r\"?>{NEWS}");
        check(&windows_1251(&declared), Some("text/xml;charset=cp1251"), &declared, None);
    }

    #[test]
    fn the_declaration_counts_without_http() {
        let declared = format!("<?xml version='1.0' encoding='windows-1251'?>{NEWS}");
        check(&windows_1251(&declared), Some("text/xml"), &declared, None);
    }

    #[test]
    fn labels_that_lie_are_found_out() {
        check(NEWS.as_bytes(), Some("text/xml; charset=iso-8859-1"), NEWS, Some("wrong-charset"));
        let declared = format!("<?xml version=\"1.0\" encoding=\"utf-8\"?>{NEWS}");
        check(&windows_1251(&declared), None, &declared, Some("wrong-charset"));
        let utf16 = format!("<?xml version=\"1.0\" encoding=\"utf-16\"?>{NEWS}");
        check(utf16.as_bytes(), None, &utf16, None);
    }

    #[test]
    fn undeclared_text_is_detected() {
        check(&windows_1251(NEWS), None, NEWS, Some("no-charset"));
    }

    #[test]
    fn one_bad_byte_does_not_change_the_encoding() {
        let mut body = NEWS.as_bytes().to_vec();
        body.insert(20, 0xff);
        let decoded = decode(&body, None, None);
        assert!(decoded.text.contains("перемовини"));
        assert_eq!(decoded.repair, Some("undecodable-bytes"));
    }

    #[test]
    fn wide_encodings_need_no_mark() {
        let wide = |unit: fn(u16) -> [u8; 2]| NEWS.encode_utf16().flat_map(unit).collect::<Vec<u8>>();
        check(&wide(u16::to_le_bytes), Some("text/xml; charset=utf-8"), NEWS, None);
        check(&wide(u16::to_be_bytes), None, NEWS, None);
        let json: Vec<u8> = "\n{\"a\":1}".encode_utf16().flat_map(u16::to_le_bytes).collect();
        check(&json, None, "\n{\"a\":1}", None);
        let widest: Vec<u8> = NEWS.chars().flat_map(|letter| (letter as u32).to_be_bytes()).collect();
        check(&widest, None, NEWS, None);
    }

    #[test]
    fn a_western_default_over_cyrillic_is_found_out() {
        let body = windows_1251(NEWS);
        check(&body, Some("text/xml; charset=iso-8859-1"), NEWS, Some("wrong-charset"));
        let french = "<rss>\u{c9}lection \u{e0} l'\u{c9}lys\u{e9}e, tr\u{e8}s d\u{e9}battue, \u{e9}tude \u{e0} l'appui: \
                      d\u{e9}j\u{e0} vu, \u{e9}t\u{e9}, \u{ea}tre, \u{e0} c\u{f4}t\u{e9}, o\u{f9}, \u{e7}a</rss>";
        let body = WINDOWS_1252.encode(french).0;
        check(&body, Some("text/xml; charset=iso-8859-1"), french, None);
    }

    #[test]
    fn lone_quotes_of_windows_are_read() {
        let body = [NEWS.as_bytes(), b"\x93x\x94"].concat();
        check(&body, None, &format!("{NEWS}\u{201c}x\u{201d}"), Some("undecodable-bytes"));
    }

    proptest! {
        #[test]
        fn nothing_panics(body in proptest::collection::vec(any::<u8>(), 0..200), label in "[a-z0-9-]{0,12}") {
            let _ = decode(&body, Some(&format!("text/xml; charset={label}")), Some("http://a.ua/"));
        }
    }
}
