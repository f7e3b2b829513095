use super::*;
use crate::content;

/// What a reader of the feed compares to tell one version of an entry from the next. RSS 2.0 has no
/// element of its own for the time of an edit, so there the words alone must tell.
fn announced_version(newswire: &Newswire, feed: &RawFeed, article: &Article, version: &Version) -> String {
    let entry = newswire.entry(feed, article, version);
    let updated = entry.updated.filter(|_| matches!(feed.format, FeedFormat::Atom | FeedFormat::Json));
    format!("{} {:?} {:?} {:?}", entry.title, updated, entry.summary, entry.content_html)
}

#[test]
fn every_edit_shows_in_the_feeds_that_announce_the_article() {
    let newswire = Newswire::new(content::builtin().expect("sound")).expect("sound");
    let mut edits = 0;
    for (_, state) in newswire.feeds() {
        for place in &state.articles {
            let article = &newswire.content.articles[*place];
            for pair in article.versions.windows(2) {
                let version = |version| announced_version(&newswire, &state.feed, article, version);
                assert_ne!(version(&pair[0]), version(&pair[1]), "{}", article.id);
                edits += 1;
            }
        }
    }
    assert!(edits >= 8, "{edits}");
}

#[test]
fn last_modified_rises_with_every_event_of_a_feed() {
    let newswire = Newswire::new(content::builtin().expect("sound")).expect("sound");
    for (_, state) in newswire.feeds() {
        assert!(state.events.windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[0].1 < pair[1].1));
    }
}
