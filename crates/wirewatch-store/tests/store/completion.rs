//! The page comes after the feed's text stood in for it.

use super::support::*;
use wirewatch_model::*;
use wirewatch_store::*;

const TEXT: &str = "Talks resumed in Geneva on Monday. Both sides called them frank.";
const SUMMARY: &str = "Talks resumed.";

/// The page of article `id`, with what its text is by itself.
fn page(entry: EntryId, id: i64, completion: Verdict) -> TaggedArticle {
    let mut tagged = with_verdict(article(entry, id, TEXT), Verdict::Revision { of: ArticleId(id) });
    tagged.judged.completion = Some(completion);
    tagged
}

fn detail(world: &World, id: i64) -> ItemDetail {
    world.reader().item_detail(ArticleId(id)).expect("read").expect("stored")
}

#[test]
fn inv01_the_page_completes_what_the_feed_stood_in_for() {
    let world = World::new();
    let id = world.announced(&["a"])[0];
    world.done(provisional(article(id, 1, SUMMARY), at(60)));
    let known = world.reader().known_article(ArticleId(1)).expect("read").expect("stored");
    assert!(known.provisional);
    assert_eq!(world.reader().host_memory("news.example").expect("read").pages, 0, "no page, nothing learnt");
    let done = world.done(page(id, 1, Verdict::New));
    assert_eq!((done.seq, done.outcome), (Some(Seq(2)), StoredAs::Completed));
    let detail = detail(&world, 1);
    assert_eq!((detail.text.as_str(), detail.revision, detail.provisional), (TEXT, 1, false));
    assert!(detail.revisions.is_empty() && detail.failure.is_none() && detail.provenance.is_some());
    assert_eq!((detail.item.method.as_str(), detail.item.copy_of), ("page", None));
    assert_eq!(world.state("a"), "done");
    assert_eq!(world.reader().host_memory("news.example").expect("read").pages, 1);
    assert_eq!(world.done(page(id, 1, Verdict::New)).outcome, StoredAs::Same, "once");
    world.close();
}

#[test]
fn inv01_the_page_may_say_no_more_than_the_feed() {
    let world = World::new();
    let id = world.announced(&["a"])[0];
    world.done(provisional(article(id, 1, TEXT), at(60)));
    let mut same = with_verdict(article(id, 1, TEXT), Verdict::Same { of: ArticleId(1) });
    same.judged.aliases = vec!["news.example/other-way".to_owned()];
    let done = world.done(same);
    assert_eq!((done.seq, done.outcome), (Some(Seq(2)), StoredAs::Completed));
    let detail = detail(&world, 1);
    assert_eq!((detail.provisional, detail.item.method.as_str(), detail.failure), (false, "page", None));
    assert_eq!(detail.addresses.len(), 2);
    assert_eq!(world.state("a"), "done");
    world.close();
}

#[test]
fn inv04_the_page_says_where_it_stands_and_who_published_it() {
    let world = World::new();
    let ids = world.announced(&["a", "b"]);
    let mut stand_in = provisional(article(ids[0], 1, SUMMARY), at(60));
    stand_in.judged.article.url = "https://go.example/r?1".to_owned();
    stand_in.judged.identity = "go.example/r?1".to_owned();
    world.done(stand_in);
    let mut whole = page(ids[0], 1, Verdict::New);
    whole.judged.publisher = Publisher {
        domain: "paper.example".to_owned(),
        name: "The Paper".to_owned(),
        ..Publisher::default()
    };
    world.done(whole);
    let stored = detail(&world, 1);
    assert_eq!(stored.item.url, "https://news.example/story-1");
    assert_eq!(stored.item.publisher.as_deref(), Some("The Paper"));
    let addresses: Vec<_> =
        stored.addresses.iter().map(|address| (address.identity.as_str(), address.kind)).collect();
    assert_eq!(
        addresses,
        [("news.example/story-1", AddressKind::Identity), ("go.example/r?1", AddressKind::Alias)]
    );
    // An address that is another article's stays that one's.
    world.done(provisional(article(ids[1], 2, "Gas is short."), at(60)));
    let mut taken = page(ids[1], 2, Verdict::New);
    taken.judged.identity = "news.example/story-1".to_owned();
    world.done(taken);
    let identities = "SELECT group_concat(identity || article) FROM article_address WHERE kind = 'identity'";
    assert_eq!(world.sql(identities), "news.example/story-11,news.example/story-22");
    world.close();
}

#[test]
fn inv05_a_completed_text_over_what_is_not_stored_is_refused_whole() {
    let world = World::new();
    let id = world.announced(&["a"])[0];
    world.done(provisional(article(id, 1, SUMMARY), at(60)));
    let of = ArticleId(77);
    let write = Write::ArticleDone(Box::new(page(id, 1, Verdict::ExactCopy { of })));
    assert_eq!(world.refuse(write), WriteError::MissingOriginal(of));
    assert_eq!((world.state("a").as_str(), detail(&world, 1).text.as_str()), ("provisional", SUMMARY));
    world.close();
}

#[test]
fn inv09_a_completed_copy_joins_its_original() {
    let world = World::new();
    let ids = world.announced(&["root", "copy", "late"]);
    world.done(article(ids[0], 1, TEXT));
    world.done(with_verdict(article(ids[1], 2, TEXT), Verdict::ExactCopy { of: ArticleId(1) }));
    world.done(provisional(article(ids[2], 3, SUMMARY), at(60)));
    assert_eq!(world.sql("SELECT count(*) FROM story"), "2");
    let near = Verdict::NearCopy { of: ArticleId(2), similarity: 0.9, relation: Relation::Truncated };
    let mut whole = page(ids[2], 3, near);
    whole.judged.evidence = Some(CopyEvidence { longest_run_words: 9, ..CopyEvidence::default() });
    whole.judged.time = at(-60);
    assert_eq!(world.done(whole).outcome, StoredAs::Completed);
    let (root, late) = (detail(&world, 1), detail(&world, 3));
    assert_eq!((late.item.copy_of, late.item.story), (Some(ArticleId(1)), root.item.story));
    let copy = late.copy.expect("a copy");
    assert_eq!((copy.article, copy.relation.as_str()), (ArticleId(2), "truncated"));
    assert_eq!(copy.evidence.expect("kept").longest_run_words, 9);
    assert_eq!(world.sql("SELECT count(*) || ' ' || min(first_at) FROM story"), {
        format!("1 {}", at(-60).as_microsecond())
    });
    assert_eq!(world.sql("SELECT articles || ' ' || copies FROM stories"), "3 2");
    assert_eq!(world.sql("SELECT group_concat(kind || story) FROM change"), "new1,new1,new1,completed1");
    assert_eq!(world.reader().items(&ItemFilter::default()).expect("items").len(), 1, "copies are folded");
    world.close();
}

#[test]
fn inv09_what_copied_the_stand_in_goes_with_it_and_is_told() {
    let world = World::new();
    let ids = world.announced(&["root", "late", "its copy", "again"]);
    world.done(article(ids[0], 1, TEXT));
    world.done(provisional(article(ids[1], 2, SUMMARY), at(60)));
    world.done(with_verdict(article(ids[2], 3, SUMMARY), Verdict::ExactCopy { of: ArticleId(2) }));
    world.done(page(ids[1], 2, Verdict::ExactCopy { of: ArticleId(1) }));
    assert_eq!(world.sql("SELECT group_concat(ifnull(copy_of, '-') || story) FROM article"), "-1,11,11");
    let told = "SELECT group_concat(kind || article) FROM change WHERE seq > 3";
    assert_eq!(world.sql(told), "completed2,regrouped3");
    assert_eq!(world.sql("SELECT articles || ' ' || copies FROM stories"), "3 2");
    world.close();
}

#[test]
fn a_story_that_others_are_in_stays_with_another_lead() {
    let world = World::new();
    let ids = world.announced(&["root", "late", "other"]);
    world.done(article(ids[0], 1, TEXT));
    world.done(provisional(article(ids[1], 2, SUMMARY), at(60)));
    let mut other = article(ids[2], 3, "Another paper on the same event.");
    other.judged.story = Some(StoryId(2));
    other.judged.time = at(7);
    world.done(other);
    world.done(page(ids[1], 2, Verdict::ExactCopy { of: ArticleId(1) }));
    assert_eq!(world.sql("SELECT group_concat(id || ':' || lead) FROM story"), "1:1,2:3");
    let times = "SELECT first_at || ' ' || last_at FROM story WHERE id = 2";
    assert_eq!(world.sql(times), format!("{0} {0}", at(7).as_microsecond()));
    assert_eq!(world.sql("SELECT story FROM change WHERE kind = 'completed'"), "1");
    world.close();
}

#[test]
fn a_completed_text_may_be_no_copy_any_more() {
    let world = World::new();
    let ids = world.announced(&["a", "b"]);
    world.done(article(ids[0], 1, SUMMARY));
    let copy = with_verdict(article(ids[1], 2, SUMMARY), Verdict::ExactCopy { of: ArticleId(1) });
    world.done(provisional(copy, at(60)));
    world.done(page(ids[1], 2, Verdict::New));
    assert_eq!((detail(&world, 2).item.copy_of, detail(&world, 2).copy), (None, None));
    world.close();
}

#[test]
fn nothing_becomes_a_copy_of_its_own_copy() {
    let world = World::new();
    let ids = world.announced(&["a", "b"]);
    world.done(provisional(article(ids[0], 1, SUMMARY), at(60)));
    world.done(with_verdict(article(ids[1], 2, SUMMARY), Verdict::ExactCopy { of: ArticleId(1) }));
    world.done(page(ids[0], 1, Verdict::ExactCopy { of: ArticleId(2) }));
    assert_eq!(world.sql("SELECT group_concat(ifnull(copy_of, '-')) FROM article"), "-,1");
    assert_eq!(world.sql("SELECT count(*) FROM copy"), "1");
    world.close();
}
