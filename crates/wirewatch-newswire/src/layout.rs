//! Page layouts: HTML files cut into named blocks, filled with an article and its site's furniture.
//!
//! A layout file holds blocks, each opened by a line `[[name]]`. `page` is the whole document;
//! `paragraph` is one paragraph of the text; `insert` stands once inside the text, after the second
//! paragraph; `related` is one link to another article; `comment` one reader's comment. `{{name}}` is
//! replaced by an escaped value, `{{name|raw}}` by markup the press made itself.

use crate::content::ContentError;
use crate::text::escape;
use std::collections::HashMap;

const LAYOUTS: &[(&str, &str)] = &[
    ("agency", include_str!("../press/layouts/agency.html")),
    ("broadsheet", include_str!("../press/layouts/broadsheet.html")),
    ("broadcaster", include_str!("../press/layouts/broadcaster.html")),
    ("magazine", include_str!("../press/layouts/magazine.html")),
    ("ministry", include_str!("../press/layouts/ministry.html")),
    ("portal", include_str!("../press/layouts/portal.html")),
];

const LABELS: &str = include_str!("../press/labels.toml");

/// After which paragraph the `insert` block stands.
const INSERT_AFTER: usize = 2;

/// All layouts and the words of their furniture.
#[derive(Debug)]
pub(crate) struct Layouts {
    layouts: HashMap<&'static str, HashMap<&'static str, &'static str>>,
    labels: HashMap<String, Labels>,
}

/// What sites of one language write around their articles.
#[derive(Debug, serde::Deserialize)]
pub(crate) struct Labels {
    /// Single words and lines, by name.
    words: HashMap<String, String>,
    /// Section slugs to their names.
    pub(crate) sections: HashMap<String, String>,
    /// Names and words of readers who comment on everything.
    comments: Vec<(String, String)>,
    /// strftime form of a date a reader sees.
    pub(crate) date_format: String,
}

/// What a layout shows of one article.
pub(crate) struct PageView<'a> {
    pub(crate) values: HashMap<&'static str, String>,
    pub(crate) paragraphs: &'a [String],
    /// Address and title of other articles of the site.
    pub(crate) related: Vec<(String, &'a str)>,
    pub(crate) language: &'a str,
}

impl Layouts {
    pub(crate) fn builtin() -> Result<Self, ContentError> {
        let labels = toml::from_str(LABELS).map_err(|source| ContentError::Read {
            file: "labels.toml".to_owned(),
            source: Box::new(source),
        })?;
        let layouts = LAYOUTS.iter().map(|(name, text)| (*name, blocks(text))).collect();
        Ok(Self { layouts, labels })
    }

    /// An error unless the layout and the language are there with everything a page needs.
    pub(crate) fn check(&self, layout: &str, language: &str) -> Result<(), ContentError> {
        let fault =
            |message: &str| ContentError::Layout { layout: layout.to_owned(), message: message.to_owned() };
        let blocks = self.layouts.get(layout).ok_or_else(|| fault("does not exist"))?;
        for needed in ["page", "paragraph", "insert", "related", "comment"] {
            if !blocks.contains_key(needed) {
                return Err(fault(&format!("has no block '{needed}'")));
            }
        }
        self.labels.get(language).map(|_| ()).ok_or_else(|| fault(&format!("has no words in '{language}'")))
    }

    pub(crate) fn labels(&self, language: &str) -> Option<&Labels> {
        self.labels.get(language)
    }

    /// The whole page; empty for a layout or language that [`check`](Self::check) refuses.
    pub(crate) fn render(&self, layout: &str, view: &PageView<'_>) -> String {
        let (Some(blocks), Some(labels)) = (self.layouts.get(layout), self.labels.get(view.language)) else {
            return String::new();
        };
        let block = |name: &str, own: &[(&str, &str)]| {
            let text = blocks.get(name).copied().unwrap_or_default();
            substitute(text, |key| {
                let own = own.iter().find(|(name, _)| *name == key).map(|(_, value)| *value);
                own.or_else(|| view.values.get(key).map(String::as_str))
                    .or_else(|| labels.words.get(key).map(String::as_str))
            })
        };
        let mut body = String::new();
        for (number, paragraph) in view.paragraphs.iter().enumerate() {
            if number == INSERT_AFTER {
                body.push_str(&block("insert", &[]));
            }
            body.push_str(&block("paragraph", &[("text", paragraph)]));
        }
        let related: String = view
            .related
            .iter()
            .map(|(url, title)| block("related", &[("url", url), ("title", title)]))
            .collect();
        let comments: String = labels
            .comments
            .iter()
            .map(|(name, words)| block("comment", &[("name", name), ("words", words)]))
            .collect();
        block("page", &[("body", &body), ("related", &related), ("comments", &comments)])
    }
}

fn blocks(text: &'static str) -> HashMap<&'static str, &'static str> {
    let mut blocks = HashMap::new();
    for part in text.split("\n[[").flat_map(|part| part.strip_prefix("[[").or(Some(part))) {
        if let Some((name, block)) = part.split_once("]]\n") {
            blocks.insert(name, block);
        }
    }
    blocks
}

/// `{{name}}` escaped, `{{name|raw}}` as it is; a name without value becomes nothing.
fn substitute<'v>(text: &str, value: impl Fn(&str) -> Option<&'v str>) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((name, tail)) = after.split_once("}}") else { break };
        out.push_str(before);
        match name.strip_suffix("|raw") {
            Some(name) => out.push_str(value(name).unwrap_or_default()),
            None => out.push_str(&escape(value(name).unwrap_or_default())),
        }
        rest = tail;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_escaped_unless_raw() {
        let value = |name: &str| (name == "x").then_some("<b>");
        assert_eq!(substitute("a {{x}} {{x|raw}} {{y}}.", value), "a &lt;b&gt; <b> .");
    }

    #[test]
    fn every_layout_has_its_blocks_in_every_language() {
        let layouts = Layouts::builtin().expect("readable");
        for (name, _) in LAYOUTS {
            for language in layouts.labels.keys() {
                layouts.check(name, language).expect(name);
            }
        }
        assert!(layouts.check("nothing", "en").is_err());
        assert!(layouts.check("agency", "xx").is_err());
    }

    #[test]
    fn every_word_a_layout_asks_for_is_there_in_every_language() {
        let layouts = Layouts::builtin().expect("readable");
        let from_article = crate::newswire::VALUE_NAMES;
        for (name, text) in LAYOUTS {
            for key in text.split("{{").skip(1).filter_map(|part| part.split_once("}}")).map(|(key, _)| key) {
                let key = key.trim_end_matches("|raw");
                for (language, labels) in &layouts.labels {
                    let known = labels.words.contains_key(key) || from_article.contains(&key);
                    assert!(known, "{name}: {key} in {language}");
                }
            }
        }
    }
}
