//! JSON as careless programs write it: raw control characters, half surrogates and odd escapes in
//! strings, commas too many, numbers that are none.

/// The text with what JSON forbids mended. Linear, and at most a third longer.
pub(super) fn mend(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let mut in_string = false;
    while let Some(letter) = rest.chars().next() {
        let length =
            if in_string { in_text(rest, letter, &mut out) } else { outside(rest, letter, &mut out) };
        if letter == '"' {
            in_string = !in_string;
        }
        rest = &rest[length..];
    }
    out
}

/// Takes what stands first inside a string and says how much of it, in bytes.
fn in_text(text: &str, letter: char, out: &mut String) -> usize {
    if letter.is_control() {
        out.push(' ');
        return letter.len_utf8();
    }
    if letter != '\\' {
        out.push(letter);
        return letter.len_utf8();
    }
    let escape = &text[1..];
    match escape.as_bytes().first() {
        Some(b'u') => match (unit(text), text.get(6..).and_then(unit)) {
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => copy(text, 12, out),
            (Some(0xd800..=0xdfff), _) => {
                out.push('\u{fffd}');
                6
            }
            (Some(_), _) => copy(text, 6, out),
            (None, _) => copy(escape, 1, out) + 1,
        },
        Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => copy(text, 2, out),
        // An escape that is none: the backslash goes.
        _ => 1,
    }
}

/// The code unit of `\uXXXX`.
fn unit(text: &str) -> Option<u32> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    digits.bytes().all(|digit| digit.is_ascii_hexdigit()).then(|| u32::from_str_radix(digits, 16).ok())?
}

fn copy(text: &str, length: usize, out: &mut String) -> usize {
    out.push_str(&text[..length]);
    length
}

/// Takes what stands first outside strings and says how much of it, in bytes.
fn outside(text: &str, letter: char, out: &mut String) -> usize {
    if let Some(word) =
        ["NaN", "-Infinity", "Infinity", "undefined"].iter().find(|word| text.starts_with(**word))
    {
        out.push_str("null");
        return word.len();
    }
    if matches!(letter, ']' | '}') {
        // A comma before an end; the blanks between them are in `out` already.
        let kept = out.trim_end().len();
        if out[..kept].ends_with(',') {
            out.truncate(kept - 1);
        }
    }
    out.push(letter);
    letter.len_utf8()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::Value;

    #[track_caller]
    fn check(text: &str, want: &str) {
        let mended = mend(text);
        assert_eq!(mended, want);
        serde_json::from_str::<Value>(&mended).expect("JSON");
    }

    #[test]
    fn what_json_forbids_is_mended() {
        check("{\"a\":\"b\nc\td\"}", "{\"a\":\"b c d\"}");
        check(r#"{"a":"\ud800 \udc00x \ud83d\ude00"}"#, "{\"a\":\"\u{fffd} \u{fffd}x \\ud83d\\ude00\"}");
        check(r#"{"a":"it\'s \x41 \u00e"}"#, r#"{"a":"it's x41 u00e"}"#);
        check("{\"a\":[1,2, ],\"b\":NaN, }", "{\"a\":[1,2],\"b\":null}");
    }

    #[test]
    fn sound_json_is_left_alone() {
        let sound = r#"{"a":["NaN, ]","\"\\","\u00e9",-1.5e3,true,null]}"#;
        check(sound, sound);
    }

    proptest! {
        #[test]
        fn nothing_panics(text in "[\"\\\\u0-9a-fNd{}\\[\\],: \u{7f}é\n]{0,60}") {
            let _ = mend(&text);
        }
    }
}
