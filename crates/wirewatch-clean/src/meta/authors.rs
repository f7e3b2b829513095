//! Names of authors: people and agencies' desks, never the site itself.

use crate::text;

/// Most authors of one article; longer lists are imprints.
const MAX_AUTHORS: usize = 12;

/// Splits, cleans and filters names as pages write them. `sites` are names of the site.
pub(crate) fn clean<'a>(raw: impl IntoIterator<Item = &'a str>, sites: &[String]) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for raw in raw {
        if is_address(raw) {
            continue;
        }
        for piece in split(raw) {
            let Some(name) = clean_name(&piece) else { continue };
            let key = text::folded(&name);
            let names_site = sites.iter().any(|site| text::folded(site) == key);
            if !names_site && !out.iter().any(|known| text::folded(known) == key) && out.len() < MAX_AUTHORS {
                out.push(name);
            }
        }
    }
    out
}

fn is_address(raw: &str) -> bool {
    let raw = raw.trim();
    raw.contains("://") || raw.starts_with("www.") || raw.starts_with('/')
}

/// Splits `A, B and C`; a comma before a role or a place splits too and is filtered later.
fn split(raw: &str) -> Vec<String> {
    let mut pieces = vec![text::one_line(raw)];
    for separator in [
        ";", "|", "/", " & ", " and ", " und ", " et ", " и ", " та ", " y ", " oraz ", " och ", " og ",
        " ve ", " en ", " і ", " e ", "、", "，", ",",
    ] {
        // One-letter words join names only between two names of more than one word.
        let careful = matches!(separator, " y " | " e " | " et " | " en " | " і " | " ve ");
        pieces = pieces
            .iter()
            .flat_map(|piece| {
                let parts: Vec<&str> = piece.split(separator).collect();
                let whole = careful && parts.iter().any(|part| part.split_whitespace().count() < 2);
                if whole {
                    vec![piece.clone()]
                } else {
                    parts.into_iter().map(|part| part.trim().to_owned()).collect()
                }
            })
            .filter(|piece| !piece.is_empty())
            .collect();
    }
    pieces
}

/// Words before a name.
const BEFORE: &[&str] = &[
    "by ",
    "written by ",
    "posted by ",
    "story by ",
    "words by ",
    "von ",
    "par ",
    "por ",
    "di ",
    "door ",
    "av ",
    "af ",
    "autor: ",
    "autorin: ",
    "author: ",
    "author ",
    "автор: ",
    "автор ",
    "text: ",
    "text von ",
    "текст: ",
    "a cura di ",
    "redazione ",
    "from ",
    "de ",
    "opracowanie: ",
    "opinion by ",
    "reporting by ",
    "analysis by ",
    "editor: ",
    "reporter: ",
    "published by ",
];

/// Beginnings of pieces that name a picture's author.
const CREDITS: &[&str] = &["фото", "photo", "foto", "bild:", "image:", "video"];

/// Pieces that are roles, not names.
const ROLES: &[&str] = &[
    "reporter",
    "correspondent",
    "editor",
    "journalist",
    "staff",
    "writer",
    "contributor",
    "redakteur",
    "redakteurin",
    "journaliste",
    "redaktion",
    "redacción",
    "admin",
    "administrator",
    "editorial",
    "associated",
    "updated",
    "published",
    "senior",
    "author",
    "autor",
    "chief",
    "bureau",
    "columnist",
    "photographer",
    "producer",
    "jr",
    "more",
    "share",
    "follow",
    "profile",
    "email",
    "twitter",
    "facebook",
];

fn clean_name(piece: &str) -> Option<String> {
    let mut name =
        piece.trim().trim_matches(['"', '“', '”', ':', '•', '·', '-', '–', '—', '*']).trim().to_owned();
    for _ in 0..2 {
        let lower = name.to_lowercase();
        // Lower-casing keeps the byte length of all these beginnings.
        if let Some(before) =
            BEFORE.iter().find(|before| lower.starts_with(**before) && name.is_char_boundary(before.len()))
        {
            name = name[before.len()..].trim().to_owned();
        }
    }
    if let Some(at) = name.find(['(', '<', '@', '[']) {
        name = name[..at].trim().to_owned();
    }
    let lower = name.to_lowercase();
    if CREDITS.iter().any(|credit| lower.starts_with(credit)) {
        return None;
    }
    let letters = name.chars().filter(|letter| letter.is_alphabetic()).count();
    let digits = name.chars().filter(char::is_ascii_digit).count();
    let words = name.split_whitespace().count();
    let bad = letters < 2
        || words > 6
        || name.len() > 80
        || digits > 1
        || name.contains("://")
        || lower.contains("www.")
        || lower.contains(".com")
        || (words == 1 && ROLES.contains(&lower.as_str()))
        || (words > 1 && lower.split_whitespace().all(|word| ROLES.contains(&word)));
    (!bad).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(raw: &str, want: &[&str]) {
        assert_eq!(clean([raw], &["The Harbour Post".to_owned()]), want, "{raw}");
    }

    #[test]
    fn lists_of_names_are_split() {
        check(
            "By Olha Kovalenko, Jan Nowak and Marie Dupont",
            &["Olha Kovalenko", "Jan Nowak", "Marie Dupont"],
        );
        check("Von Anna Schmidt und Karl Weber", &["Anna Schmidt", "Karl Weber"]);
        check("José Ortega y Gasset", &["José Ortega y Gasset"]);
    }

    #[test]
    fn the_site_roles_and_addresses_are_no_authors() {
        check("The Harbour Post", &[]);
        check("Olha Kovalenko, Reporter", &["Olha Kovalenko"]);
        check("https://social.example/olha", &[]);
        check("Olha Kovalenko (olha@news.example)", &["Olha Kovalenko"]);
    }

    #[test]
    fn a_name_is_given_once() {
        assert_eq!(clean(["Jan Nowak", "JAN NOWAK"], &[]), ["Jan Nowak"]);
    }
}
