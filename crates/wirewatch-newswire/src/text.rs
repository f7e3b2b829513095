//! Small text work shared by content, feeds and pages.

/// The paragraphs of a text: blocks between blank lines, white space folded.
pub(crate) fn paragraphs(text: &str) -> Vec<String> {
    let mut paragraphs = Vec::new();
    let mut words: Vec<&str> = Vec::new();
    for line in text.lines() {
        if line.trim().is_empty() {
            if !words.is_empty() {
                paragraphs.push(words.join(" "));
                words.clear();
            }
        } else {
            words.extend(line.split_whitespace());
        }
    }
    if !words.is_empty() {
        paragraphs.push(words.join(" "));
    }
    paragraphs
}

/// The first sentence of a paragraph (up to a full stop before white space and a capital).
pub(crate) fn first_sentence(paragraph: &str) -> &str {
    for (index, _) in paragraph.match_indices(['.', '?', '!']) {
        let rest = &paragraph[index + 1..];
        let mut after = rest.trim_start().chars();
        if rest.starts_with(' ') && after.next().is_some_and(char::is_uppercase) && index > 40 {
            return &paragraph[..=index];
        }
    }
    paragraph
}

/// The first `count` words, paragraph by paragraph, with the mark of a cut text.
pub(crate) fn first_words(paragraphs: &[String], count: usize) -> Vec<String> {
    let mut left = count;
    let mut kept = Vec::new();
    for paragraph in paragraphs {
        let words: Vec<&str> = paragraph.split(' ').collect();
        if words.len() <= left {
            left -= words.len();
            kept.push(paragraph.clone());
            continue;
        }
        if left > 0 {
            kept.push(format!("{}…", words[..left].join(" ")));
        }
        break;
    }
    kept
}

/// `text` with every `{name}` replaced by what `value` gives; an unknown name is the error.
pub(crate) fn fill<'v>(text: &str, value: impl Fn(&str) -> Option<&'v str>) -> Result<String, String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(open) = rest.find('{') {
        let after = &rest[open + 1..];
        let Some(close) = after.find('}') else { break };
        let name = &after[..close];
        out.push_str(&rest[..open]);
        out.push_str(value(name).ok_or_else(|| name.to_owned())?);
        rest = &after[close + 1..];
    }
    out.push_str(rest);
    Ok(out)
}

/// Text for an HTML or XML document, attributes included.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn blank_lines_part_paragraphs_and_line_breaks_do_not() {
        assert_eq!(paragraphs("\n one\n two\n\n \n three \n"), ["one two", "three"]);
        assert!(paragraphs(" \n ").is_empty());
    }

    #[test]
    fn a_cut_text_ends_in_the_middle_of_a_paragraph() {
        let text = paragraphs("one two three\n\nfour five six");
        assert_eq!(first_words(&text, 4), ["one two three", "four…"]);
        assert_eq!(first_words(&text, 3), ["one two three"]);
        assert_eq!(first_words(&text, 9), text);
    }

    #[test]
    fn an_unknown_name_is_an_error() {
        assert_eq!(fill("a {b} c", |name| (name == "b").then_some("x")), Ok("a x c".to_owned()));
        assert_eq!(fill("a {d}", |_| None), Err("d".to_owned()));
    }

    proptest! {
        #[test]
        fn escaped_text_has_no_markup(text in "\\PC{0,60}") {
            prop_assert!(!escape(&text).contains(['<', '>', '"', '\'']));
        }
    }
}
