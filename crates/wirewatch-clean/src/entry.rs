//! What the feed itself says of an article, for when its page cannot be had.

use crate::body::{self, outline, outline::Outline};
use crate::meta::facts::Facts;
use crate::{NotArticle, language, prepass, text, tree};
use jiff::Timestamp;
use wirewatch_model::{CleanArticle, Entry, Method, word_count};

/// A feed's content of this many words is an article of its own; less is a teaser.
pub const FULL_CONTENT_WORDS: u32 = 80;

/// Markup of an entry beyond this is not read, in bytes.
const MAX_ENTRY_BYTES: usize = 2 * 1024 * 1024;

/// The article as its feed tells it: the content when that has [`FULL_CONTENT_WORDS`] words or more,
/// else title and summary.
///
/// # Errors
///
/// [`NotArticle::TooLittleText`] when the entry has neither title nor text.
pub fn clean_entry(entry: &Entry, now: Timestamp) -> Result<CleanArticle, NotArticle> {
    let content = entry.content.as_deref().map(article_of_html).unwrap_or_default();
    let summary = entry.summary.as_deref().map(article_of_html).unwrap_or_default();
    let longer = if word_count(&content) >= word_count(&summary) { &content } else { &summary };
    let title = text::one_line(&entry.title);
    let (text, method) = if word_count(longer) >= FULL_CONTENT_WORDS {
        (without_title(longer, &title), Method::FeedContent)
    } else {
        let parts: Vec<&str> =
            [title.as_str(), longer.as_str()].into_iter().filter(|part| !part.is_empty()).collect();
        (parts.join("\n\n"), Method::FeedSummary)
    };
    if word_count(&text) == 0 {
        return Err(NotArticle::TooLittleText { words: 0 });
    }
    let mut article = CleanArticle {
        url: entry.url.clone().unwrap_or_default(),
        canonical_url: None,
        title,
        authors: Vec::new(),
        publisher: None,
        published: None,
        modified: None,
        language: language::of_text(&text, entry.language.as_deref()),
        section: None,
        keywords: Vec::new(),
        image: None,
        text,
        method,
    };
    fill_from_entry(&mut article, entry);
    article.published = article.published.filter(|stamp| crate::is_past(stamp, now));
    Ok(article)
}

/// Fills what the page did not say from what the feed said.
pub fn fill_from_entry(article: &mut CleanArticle, entry: &Entry) {
    if article.url.is_empty() {
        article.url = entry.url.clone().unwrap_or_default();
    }
    if article.title.is_empty() {
        article.title = text::one_line(&entry.title);
    }
    if article.authors.is_empty() {
        article.authors = crate::meta::authors::clean(entry.authors.iter().map(String::as_str), &[]);
    }
    article.published = article.published.or(entry.published);
    article.modified = article.modified.or(entry.updated);
    if article.language.is_none() {
        article.language = language::of_text(&article.text, entry.language.as_deref());
    }
}

fn without_title(text: &str, title: &str) -> String {
    match text.split_once("\n\n") {
        Some((first, rest)) if text::folded(first) == text::folded(title) => rest.to_owned(),
        _ => text.to_owned(),
    }
}

/// Text of a feed's HTML without furniture lines.
fn article_of_html(html: &str) -> String {
    read_html(html, body::plain_text)
}

/// Text of a piece of HTML, paragraphs joined by a blank line. Text without markup stays as it is.
pub(crate) fn text_of_html(html: &str) -> String {
    read_html(html, |outline| body::assemble(&outline.blocks))
}

fn read_html(html: &str, text_of: impl Fn(&Outline) -> String) -> String {
    let html = &html[..html.floor_char_boundary(MAX_ENTRY_BYTES)];
    if !html.contains(['<', '&']) {
        return text::one_line(html);
    }
    let once = text_of(&outline_of(html));
    // Feeds escape twice: what is still markup after one reading is read once more.
    if html.contains("&lt;") && once.contains("</") { text_of(&outline_of(&once)) } else { once }
}

fn outline_of(html: &str) -> Outline {
    let parsed = tree::parse(&prepass::prepare(html).html);
    outline::outline(&parsed, &mut Facts::default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2022-01-11T00:00:00Z".parse().expect("valid")
    }

    fn entry(content: Option<&str>, summary: Option<&str>) -> Entry {
        Entry {
            title: "Talks resume".to_owned(),
            url: Some("https://news.example/talks".to_owned()),
            content: content.map(str::to_owned),
            summary: summary.map(str::to_owned),
            ..Entry::default()
        }
    }

    #[test]
    fn long_content_is_the_article() {
        let html = format!(
            "<h1>Talks resume</h1><p>{}</p><p>Second.</p>",
            "Delegates met again in Geneva and the hosts said that talks would go on for another day. "
                .repeat(6)
        );
        let article = clean_entry(&entry(Some(&html), Some("Short.")), now()).expect("an article");
        assert_eq!(article.method, Method::FeedContent);
        assert!(article.text.starts_with("Delegates met") && article.text.ends_with("\n\nSecond."));
        assert_eq!(article.language.as_deref(), Some("en"));
    }

    #[test]
    fn a_teaser_gives_title_and_summary() {
        let article =
            clean_entry(&entry(Some("&lt;p&gt;Delegates &amp;amp; hosts met.&lt;/p&gt;"), None), now())
                .expect("an article");
        assert_eq!(article.method, Method::FeedSummary);
        assert_eq!(article.text, "Talks resume\n\nDelegates & hosts met.");
    }

    #[test]
    fn what_blog_software_adds_to_a_feed_goes() {
        let added = "<p>The post <a href=/talks>Talks resume</a> appeared first on <a href=/>The Harbour Post</a>.</p>";
        let article = clean_entry(&entry(None, Some(&format!("<p>Delegates met.</p>{added}"))), now())
            .expect("an article");
        assert_eq!(article.text, "Talks resume\n\nDelegates met.");
    }

    #[test]
    fn an_empty_entry_is_no_article() {
        assert!(clean_entry(&Entry::default(), now()).is_err());
    }

    #[test]
    fn the_feed_fills_only_what_the_page_left_out() {
        let mut announced = entry(None, None);
        announced.authors = vec!["By Jan Nowak".to_owned()];
        let mut article = clean_entry(&announced, now()).expect("an article");
        article.authors.clear();
        article.title = "The page's own".to_owned();
        fill_from_entry(&mut article, &announced);
        assert_eq!(article.authors, ["Jan Nowak"]);
        assert_eq!(article.title, "The page's own");
    }
}
