//! Bytes to text: byte order mark, then the charset of the answer's header, then the one the page
//! declares, then detection.
//!
//! A declared UTF-8 that does not hold is not believed: the page is then read by detection, since a
//! page of replacement characters is worth less than a guess.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8};
use memchr::memmem;
use std::borrow::Cow;

/// How far into a page a `meta` declaration is looked for; the HTML standard asks for 1,024 bytes,
/// pages put scripts before it.
const DECLARATION_WINDOW: usize = 8 * 1024;

/// How many bytes the detector reads.
const DETECTION_WINDOW: usize = 128 * 1024;

/// Text of a page. Never fails: what cannot be read becomes U+FFFD.
pub(crate) fn decode<'a>(body: &'a [u8], content_type: Option<&str>, host: Option<&str>) -> Cow<'a, str> {
    if let Some((encoding, bom)) = Encoding::for_bom(body) {
        return encoding.decode_without_bom_handling(&body[bom..]).0;
    }
    let declared = content_type.and_then(charset_of_header).or_else(|| charset_of_page(body));
    let utf8 = std::str::from_utf8(body).ok();
    match declared {
        Some(encoding) if encoding != UTF_8 => {
            // Valid UTF-8 with letters beyond ASCII is hardly ever anything else, whatever is declared.
            if let Some(text) = utf8.filter(|text| !text.is_ascii() && encoding.is_ascii_compatible()) {
                return Cow::Borrowed(text);
            }
            encoding.decode_without_bom_handling(body).0
        }
        _ => match utf8 {
            Some(text) => Cow::Borrowed(text),
            None => detect(body, declared == Some(UTF_8), host),
        },
    }
}

/// Few broken bytes in declared UTF-8 are replaced; otherwise the encoding is guessed.
fn detect<'a>(body: &'a [u8], declared_utf8: bool, host: Option<&str>) -> Cow<'a, str> {
    let lossy = String::from_utf8_lossy(body);
    let broken = memmem::find_iter(lossy.as_bytes(), "\u{FFFD}").take(2_000).count();
    let beyond_ascii = body.iter().take(DETECTION_WINDOW).filter(|byte| **byte >= 0x80).count();
    if declared_utf8 && broken * 20 < beyond_ascii || broken * 100 < beyond_ascii {
        return lossy;
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(&body[..body.len().min(DETECTION_WINDOW)], true);
    let tld = host.and_then(|host| host.rsplit('.').next()).filter(|tld| {
        // The detector takes lower-case ASCII labels only.
        !tld.is_empty() && tld.bytes().all(|byte| byte.is_ascii_lowercase())
    });
    let encoding = detector.guess(tld.map(str::as_bytes), Utf8Detection::Allow);
    encoding.decode_without_bom_handling(body).0
}

/// The charset of a `content-type` value.
fn charset_of_header(content_type: &str) -> Option<&'static Encoding> {
    let at = content_type.to_ascii_lowercase().find("charset=")?;
    let label = content_type[at + "charset=".len()..].trim_start_matches(['"', '\'', ' ']);
    let end = label.find(['"', '\'', ';', ' ']).unwrap_or(label.len());
    Encoding::for_label(&label.as_bytes()[..end])
}

/// The charset of a `meta` element, or of an XML declaration.
fn charset_of_page(body: &[u8]) -> Option<&'static Encoding> {
    let head = &body[..body.len().min(DECLARATION_WINDOW)];
    for (name, needs_meta) in [("charset", true), ("CHARSET", true), ("Charset", true), ("encoding", false)] {
        for at in memmem::find_iter(head, name) {
            let inside = if needs_meta {
                within_meta(head, at)
            } else {
                head[..at].trim_ascii_start().starts_with(b"<?xml")
            };
            if inside && let Some(encoding) = label_after_equals(&head[at + name.len()..]) {
                // The standard: a page that could be read so far is not UTF-16.
                let utf16 = encoding == encoding_rs::UTF_16LE || encoding == encoding_rs::UTF_16BE;
                return Some(if utf16 { UTF_8 } else { encoding });
            }
        }
    }
    None
}

/// Whether the byte at `at` stands in a `meta` tag.
fn within_meta(head: &[u8], at: usize) -> bool {
    let from = at.saturating_sub(300);
    memchr::memrchr(b'<', &head[from..at]).is_some_and(|open| {
        head[from + open..].get(1..5).is_some_and(|name| name.eq_ignore_ascii_case(b"meta"))
    })
}

/// The encoding named after `=`, quoted or not.
fn label_after_equals(rest: &[u8]) -> Option<&'static Encoding> {
    let rest = rest.trim_ascii_start().strip_prefix(b"=")?.trim_ascii_start();
    let rest = rest.strip_prefix(b"\"").or_else(|| rest.strip_prefix(b"'")).unwrap_or(rest);
    let end = rest
        .iter()
        .take(40)
        .position(|byte| matches!(byte, b'"' | b'\'' | b';' | b' ' | b'>' | b'/' | b'?'))?;
    Encoding::for_label(&rest[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn windows_1251(text: &str) -> Vec<u8> {
        encoding_rs::WINDOWS_1251.encode(text).0.into_owned()
    }

    #[test]
    fn the_header_wins_over_the_page() {
        let body = windows_1251("<meta charset=\"iso-8859-1\"><p>Переговори");
        let text = decode(&body, Some("text/html; charset=windows-1251"), None);
        assert!(text.contains("Переговори"));
    }

    #[test]
    fn the_page_declares_its_charset_in_several_ways() {
        for head in [
            "<meta charset=windows-1251>",
            "<META HTTP-EQUIV=Content-Type CONTENT='text/html; charset=windows-1251'>",
            "<?xml version=\"1.0\" encoding=\"windows-1251\"?>",
        ] {
            let body = windows_1251(&format!("{head}<p>Женева"));
            assert!(decode(&body, Some("text/html"), None).contains("Женева"), "{head}");
        }
    }

    #[test]
    fn an_undeclared_charset_is_detected() {
        let body = windows_1251(&"Переговоры в Женеве продолжались весь день. ".repeat(20));
        assert!(decode(&body, None, Some("news.example.ru")).contains("Женеве"));
    }

    #[test]
    fn a_byte_order_mark_wins_over_everything() {
        let mut body = vec![0xFF, 0xFE];
        body.extend("Київ".encode_utf16().flat_map(u16::to_le_bytes));
        assert_eq!(decode(&body, Some("text/html; charset=utf-8"), None), "Київ");
    }

    #[test]
    fn utf8_declared_as_another_charset_and_broken_utf8_stay_readable() {
        let utf8 = "<meta charset=iso-8859-1><p>Переговори у Женеві тривали".as_bytes();
        assert!(decode(utf8, None, None).contains("Женеві"));
        let mut cut = "Переговори у Женеві тривали весь день".repeat(10).into_bytes();
        cut.pop();
        assert!(decode(&cut, Some("text/html; charset=utf-8"), None).contains("Женеві"));
    }
}
