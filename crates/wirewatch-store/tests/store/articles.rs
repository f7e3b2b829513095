//! Articles come in: new, as copies, as revisions, or as what is known.

use super::support::*;
use std::time::Duration;
use wirewatch_model::*;
use wirewatch_store::*;

const TEXT: &str = "Talks resumed in Geneva on Monday. Both sides called them frank.";
const EDITED: &str = "Talks resumed in Geneva on Monday. Both sides called them difficult.";

fn revision(entry: EntryId, of: i64, text: &str) -> TaggedArticle {
    with_verdict(article(entry, of, text), Verdict::Revision { of: ArticleId(of) })
}

#[test]
fn an_article_is_stored_with_all_that_hangs_on_it() {
    let world = World::new();
    let id = world.announced(&["a"])[0];
    let mut tagged = article(id, 1, TEXT);
    tagged.judged.aliases = vec!["news.example/short".to_owned()];
    tagged.judged.article.canonical_url = Some("https://other.example/theirs".to_owned());
    tagged.judged.article.published = Some("2022-01-10T09:30:00+02:00".parse().expect("stamp"));
    tagged.tags.topics = vec![topic("diplomacy", 0.9)];
    let mention = |start| EntityMention {
        id: "geneva".to_owned(),
        name: "Geneva".to_owned(),
        kind: EntityKind::Place,
        field: Field::Text,
        start,
        end: start + 6,
    };
    tagged.tags.entities = vec![mention(17), mention(40)];
    let stored = world.done(tagged);
    assert_eq!(stored, ArticleStored { article: ArticleId(1), seq: Some(Seq(1)), outcome: StoredAs::New });
    let reader = world.reader();
    let detail = reader.item_detail(ArticleId(1)).expect("read").expect("stored");
    assert_eq!(detail.text, TEXT);
    assert_eq!(detail.item.seq, Seq(1));
    assert_eq!(detail.item.publisher.as_deref(), Some("Paper at https://news.example/rss"));
    assert_eq!(detail.published_as.as_deref(), Some("2022-01-10T09:30:00+02:00"));
    assert_eq!(detail.item.published.as_deref(), Some("2022-01-10T07:30:00Z"));
    assert_eq!(detail.topic_details[0].evidence.len(), 1);
    assert_eq!(detail.entities[0].mentions.as_array().map(Vec::len), Some(2));
    assert_eq!(detail.addresses.len(), 2);
    assert_eq!(detail.addresses[0].kind, AddressKind::Identity);
    assert_eq!(detail.feeds, ["https://news.example/rss"]);
    assert_eq!(detail.provenance.expect("from a page").sha256, [7; 32]);
    let declared = world.sql("SELECT declared FROM article_detail WHERE article = 1");
    assert_eq!(declared, "other.example/theirs", "a claim, no address of it");
    let known = reader.article_by_identities(&["x".to_owned(), "news.example/short".to_owned()]);
    let known = known.expect("read").expect("known");
    assert_eq!((known.id, known.identity.as_str()), (ArticleId(1), "news.example/story-1"));
    assert_eq!(known.text_hash, text_hash(TEXT));
    assert_eq!(reader.host_memory("news.example").expect("read").pages, 1);
    assert_eq!(reader.max_article_id().expect("read"), ArticleId(1));
    world.close();
}

#[test]
fn inv01_the_same_request_twice_is_stored_once() {
    let world = World::new();
    let ids = world.announced(&["a", "b"]);
    let first = world.done(article(ids[0], 1, TEXT));
    let again = world.done(article(ids[0], 1, TEXT));
    assert_eq!((again.seq, again.outcome), (first.seq, StoredAs::Replayed));
    assert_eq!(world.sql("SELECT count(*) FROM change"), "1");
    let error = world.refuse(Write::ArticleDone(Box::new(article(ids[1], 1, "Other."))));
    assert!(matches!(error, WriteError::Refused { .. }), "the id of another entry's article: {error:?}");
    world.close();
}

#[test]
fn inv05_a_verdict_over_what_is_not_stored_is_refused_whole() {
    let world = World::new();
    let id = world.announced(&["a"])[0];
    let of = ArticleId(77);
    for verdict in [
        Verdict::ExactCopy { of },
        Verdict::NearCopy { of, similarity: 0.9, relation: Relation::Rewritten },
        Verdict::Revision { of },
        Verdict::Same { of },
    ] {
        let write = Write::ArticleDone(Box::new(with_verdict(article(id, 1, TEXT), verdict)));
        assert_eq!(world.refuse(write), WriteError::MissingOriginal(of));
    }
    assert_eq!(world.state("a"), "owed");
    for table in ["article", "change", "story", "article_text", "host_block"] {
        assert_eq!(world.sql(&format!("SELECT count(*) FROM {table}")), "0", "{table}");
    }
    world.close();
}

#[test]
fn a_copy_joins_the_story_and_folds_to_the_root() {
    let world = World::new();
    let ids = world.announced(&["a", "b", "c"]);
    world.done(article(ids[0], 1, TEXT));
    world.done(with_verdict(article(ids[1], 2, TEXT), Verdict::ExactCopy { of: ArticleId(1) }));
    let near = Verdict::NearCopy { of: ArticleId(2), similarity: 0.8, relation: Relation::Truncated };
    let mut third = with_verdict(article(ids[2], 3, "Talks resumed in Geneva."), near);
    third.judged.evidence = Some(CopyEvidence { longest_run_words: 4, ..CopyEvidence::default() });
    world.done(third);
    let reader = world.reader();
    let root = reader.item_detail(ArticleId(1)).expect("read").expect("stored");
    assert_eq!(root.copies.iter().map(|copy| copy.article.0).collect::<Vec<_>>(), [2]);
    let third = reader.item_detail(ArticleId(3)).expect("read").expect("stored");
    assert_eq!(third.item.copy_of, Some(ArticleId(1)));
    let copy = third.copy.expect("a copy");
    assert_eq!((copy.article, copy.relation.as_str()), (ArticleId(2), "truncated"));
    assert_eq!(copy.evidence.expect("kept").longest_run_words, 4);
    assert_eq!(third.item.story, root.item.story);
    assert_eq!(world.sql("SELECT articles || ' ' || copies FROM stories"), "3 2");
    assert_eq!(
        reader.article_by_text_hash(text_hash(TEXT).expect("letters")).expect("read"),
        Some(ArticleId(1))
    );
    assert_eq!(reader.items(&ItemFilter::default()).expect("items").len(), 1, "copies are folded");
    world.close();
}

#[test]
fn inv04_an_identity_has_one_article_and_an_alias_gives_way() {
    let world = World::new();
    let ids = world.announced(&["a", "b", "c"]);
    let mut first = article(ids[0], 1, TEXT);
    first.judged.aliases = vec!["news.example/story-2".to_owned()];
    world.done(first);
    world.done(article(ids[1], 2, "Another text."));
    let reader = world.reader();
    let owner = |identity: &str| {
        reader.article_by_identities(&[identity.to_owned()]).expect("read").map(|known| known.id.0)
    };
    assert_eq!(owner("news.example/story-2"), Some(2), "who answers there owns it");
    let mut third = article(ids[2], 3, "A third text.");
    third.judged.identity = "news.example/story-1".to_owned();
    assert_eq!(
        world.refuse(Write::ArticleDone(Box::new(third.clone()))),
        WriteError::IdentityTaken { article: ArticleId(1) }
    );
    // Somebody else's address among the aliases changes nothing for its owner.
    third.judged.identity = "news.example/story-3".to_owned();
    third.judged.aliases = vec!["news.example/story-1".to_owned()];
    world.done(third);
    assert_eq!(owner("news.example/story-1"), Some(1));
    world.close();
}

#[test]
fn inv03_another_text_is_the_next_revision_also_when_it_is_an_older_one() {
    let world = World::new();
    let id = world.announced(&["a"])[0];
    world.done(article(id, 1, TEXT));
    let second = world.done(revision(id, 1, EDITED));
    assert_eq!((second.seq, second.outcome), (Some(Seq(2)), StoredAs::Revision(2)));
    assert_eq!(
        world.done(revision(id, 1, EDITED)).outcome,
        StoredAs::Same,
        "the current text changes nothing"
    );
    assert_eq!(world.done(revision(id, 1, TEXT)).outcome, StoredAs::Revision(3));
    let detail = world.reader().item_detail(ArticleId(1)).expect("read").expect("stored");
    assert_eq!(detail.text, TEXT);
    let texts: Vec<_> = detail.revisions.iter().map(|row| (row.number, row.text.as_deref())).collect();
    assert_eq!(texts, [(1, Some(TEXT)), (2, Some(EDITED))]);
    let search = |words: &str| {
        let filter = ItemFilter { text: Some(words.to_owned()), ..ItemFilter::default() };
        world.reader().items(&filter).expect("items").len()
    };
    assert_eq!((search("frank"), search("difficult")), (1, 0), "the index holds the present text only");
    assert_eq!(world.sql("SELECT group_concat(kind) FROM change"), "new,revision,revision");
    world.close();
}

#[test]
fn inv03_fifty_earlier_texts_are_kept_the_first_among_them() {
    let world = World::new();
    let id = world.announced(&["a"])[0];
    world.done(article(id, 1, "Text 0."));
    for round in 1..=60 {
        world.done(revision(id, 1, &format!("Text {round}.")));
    }
    let detail = world.reader().item_detail(ArticleId(1)).expect("read").expect("stored");
    assert_eq!((detail.revision, detail.revisions.len()), (61, 60));
    let kept: Vec<u32> =
        detail.revisions.iter().filter(|row| row.text.is_some()).map(|row| row.number).collect();
    assert_eq!(kept, std::iter::once(1).chain(12..=60).collect::<Vec<_>>());
    world.close();
}

#[test]
fn inv03_relevant_articles_are_looked_at_again_four_times() {
    let world = World::new();
    let ids = world.announced(&["a", "b"]);
    world.done(article(ids[0], 1, TEXT));
    let mut dull = article(ids[1], 2, "Sport.");
    dull.tags.relevant = false;
    world.done(dull);
    assert_eq!(world.next_try("b"), None);
    let mut looks = Vec::new();
    while let Some(due) = world.next_try("a") {
        looks.push(due.as_second() / 60 - at(1).as_second() / 60);
        assert_eq!(world.owed(due)[0].announced, Announced::Recheck);
        world.write(Write::EntryUnchanged { entry: ids[0], taken_at: due, at: due });
    }
    assert_eq!(looks, [60, 360, 1_440, 10_080]);
    assert_eq!(world.state("a"), "done");
    world.close();
}

#[test]
fn inv03_looks_for_edits_can_be_switched_off() {
    let world = World::with(WriterOptions { recheck: false, ..quick() });
    let id = world.announced(&["a"])[0];
    world.done(article(id, 1, TEXT));
    assert_eq!(world.next_try("a"), None);
    world.close();
}

#[test]
fn only_one_entry_of_an_article_looks_for_edits() {
    let world = World::new();
    let ids = world.announced(&["a", "b"]);
    world.done(article(ids[0], 1, TEXT));
    let mut again = with_verdict(article(ids[1], 1, TEXT), Verdict::Same { of: ArticleId(1) });
    again.judged.seen_at = at(2);
    world.done(again);
    assert!(world.next_try("a").is_some());
    assert_eq!(world.next_try("b"), None);
    world.close();
}

#[test]
fn the_index_of_copies_is_restored_from_signatures_in_the_order_of_ids() {
    let world = World::new();
    let ids = world.announced(&["a", "b", "c"]);
    for (entry, id, minutes) in [(ids[0], 1, 0), (ids[1], 2, -60 * 24), (ids[2], 3, 0)] {
        let mut tagged = article(entry, id, &format!("Text {id}."));
        tagged.judged.time = at(minutes);
        tagged.judged.signature = vec![id as u8];
        world.done(tagged);
    }
    let mut restored = Vec::new();
    let since = at(0) - Duration::from_secs(60);
    world
        .reader()
        .signatures(since, jiff::Timestamp::MAX, |row| {
            restored.push((row.article.0, row.signature));
            true
        })
        .expect("read");
    assert_eq!(restored, [(1, vec![1]), (3, vec![3])]);
    let texts = world.reader().stored_texts(&[ArticleId(2), ArticleId(99)]).expect("read");
    assert_eq!((texts.len(), texts[0].text.as_str()), (1, "Text 2."));
    world.close();
}
