//! What an outlet shows besides articles and feeds: its front page and its robots.txt.

use crate::conditional::{Coded, Document};
use crate::raw::RawOutlet;
use crate::text::escape;

/// The front page: links to the feeds and to the articles given as path and title.
pub(crate) fn front<'a>(outlet: &RawOutlet, articles: impl Iterator<Item = (&'a str, &'a str)>) -> Document {
    let name = escape(&outlet.name);
    let mut html = format!(
        "<!doctype html>\n<html lang=\"{}\"><head><meta charset=\"utf-8\"><title>{name}</title>\n",
        outlet.language
    );
    for feed in &outlet.feed {
        let (kind, title, path) = (feed.format.media_type(), escape(&feed.title), &feed.path);
        html.push_str(&format!(
            "<link rel=\"alternate\" type=\"{kind}\" title=\"{title}\" href=\"{path}\">\n"
        ));
    }
    html.push_str(&format!("</head><body><h1>{name}</h1><ul>\n"));
    for (path, title) in articles {
        html.push_str(&format!("<li><a href=\"{}\">{}</a></li>\n", escape(path), escape(title)));
    }
    html.push_str("</ul></body></html>\n");
    without_validators("text/html; charset=utf-8", html)
}

/// The rules for robots: the search for all outlets, more where the outlet says so.
pub(crate) fn robots(outlet: &RawOutlet) -> Document {
    let mut text = String::from("User-agent: *\nDisallow: /search\n");
    for prefix in &outlet.disallow {
        text.push_str(&format!("Disallow: {prefix}\n"));
    }
    without_validators("text/plain; charset=utf-8", text)
}

fn without_validators(content_type: &str, text: String) -> Document {
    Document {
        content_type: content_type.to_owned(),
        body: Coded::Plain(text.into_bytes()),
        etag: None,
        last_modified: None,
    }
}
