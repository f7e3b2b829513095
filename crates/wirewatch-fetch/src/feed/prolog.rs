//! What stands before the root of an XML text: a declaration, comments, a document type, and junk.

use std::collections::HashMap;

/// Declared entities are kept up to this many, each up to this many bytes.
const MOST_ENTITIES: usize = 64;
const LONGEST_ENTITY: usize = 256;
/// The end of a document type is looked for this far, in bytes.
const LONGEST_SUBSET: usize = 64 * 1024;

/// Where the first element starts that can be the root: what PHP warnings are made of cannot.
pub(super) fn root_start(text: &str) -> Option<usize> {
    let mut at = 0;
    let mut first = None;
    let mut doctypes = 0;
    while let Some(found) = text[at..].find('<') {
        let start = at + found;
        let rest = &text[start..];
        at = start + 1;
        if let Some(comment) = rest.strip_prefix("<!--") {
            at = start + 4 + comment.find("-->").map_or(comment.len(), |end| end + 3);
        } else if rest.starts_with("<!") {
            at = start + doctype_length(rest, doctypes);
            doctypes += 1;
        } else if rest.starts_with("<?") {
            at = start + rest.find('>').map_or(rest.len(), |end| end + 1);
        } else if rest[1..].starts_with(|next: char| next.is_alphabetic() || next == '_') {
            first.get_or_insert(start);
            let name = element_name(rest);
            if !["br", "b", "p", "i", "font", "div", "span", "script", "strong"]
                .iter()
                .any(|inline| name.eq_ignore_ascii_case(inline))
            {
                return Some(start);
            }
        }
    }
    first
}

/// The name an opening tag begins with.
pub(crate) fn element_name(tag: &str) -> &str {
    let name = tag.strip_prefix('<').unwrap_or(tag);
    let end =
        name.find(|letter: char| letter.is_whitespace() || "/>='\"<".contains(letter)).unwrap_or(name.len());
    &name[..end]
}

/// Length of a document type with its internal subset. A text has one document type; of what else
/// looks like one (`before` were seen) the subset is not looked for.
fn doctype_length(text: &str, before: usize) -> usize {
    let close = text.find('>').map_or(text.len(), |end| end + 1);
    if before > 4 {
        return close;
    }
    let Some(open) = text[..close].find('[') else { return close };
    let subset = &text.as_bytes()[open..text.len().min(open + LONGEST_SUBSET)];
    let end = subset.iter().enumerate().find_map(|(at, byte)| {
        if *byte != b']' {
            return None;
        }
        let rest = subset[at + 1..].trim_ascii_start();
        (rest.first() == Some(&b'>')).then(|| subset.len() - rest.len() + 1)
    });
    end.map_or(close, |end| open + end)
}

/// Entities the prolog declares as plain text.
pub(super) fn declared_entities(prolog: &str) -> HashMap<String, String> {
    let mut entities = HashMap::new();
    for declaration in prolog.split("<!ENTITY").skip(1).take(MOST_ENTITIES) {
        let declaration = declaration.trim_start();
        let Some((name, rest)) = declaration.split_once(char::is_whitespace) else { continue };
        let rest = rest.trim_start();
        let Some(quote) = rest.chars().next().filter(|quote| matches!(quote, '"' | '\'')) else { continue };
        let Some(value) = rest[1..].split(quote).next() else { continue };
        // Plain text only: nothing that refers on, so nothing can grow by nesting.
        if value.len() <= LONGEST_ENTITY && !value.contains(['&', '%', '<']) {
            entities.insert(name.to_owned(), value.chars().filter(|letter| !letter.is_control()).collect());
        }
    }
    entities
}

/// Whether anything else stands there than may.
pub(super) fn is_junk(prolog: &str) -> bool {
    let mut doctypes = 0;
    let mut rest = prolog.trim_start_matches(|letter: char| letter.is_whitespace() || letter == '\u{feff}');
    while !rest.is_empty() {
        let length = if rest.starts_with("<?") {
            rest.find('>').map(|end| end + 1)
        } else if rest.starts_with("<!--") {
            rest.find("-->").map(|end| end + 3)
        } else if rest.starts_with("<!") {
            doctypes += 1;
            Some(doctype_length(rest, doctypes))
        } else {
            None
        };
        let Some(length) = length else { return true };
        rest = rest[length..].trim_start();
    }
    false
}
