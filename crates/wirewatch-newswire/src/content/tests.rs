use super::*;
use std::collections::HashSet;
use wirewatch_model::word_count;

fn content() -> Content {
    builtin().expect("the content is sound")
}

fn words(version: &Version) -> Vec<String> {
    let text = version.paragraphs.join(" ").to_lowercase();
    text.split(|letter: char| !letter.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

fn shingles(version: &Version) -> HashSet<String> {
    words(version).windows(3).map(|three| three.join(" ")).collect()
}

/// Share of the first text's three-word shingles that stand in the second.
fn containment(one: &Version, other: &Version) -> f64 {
    let (one, other) = (shingles(one), shingles(other));
    one.intersection(&other).count() as f64 / one.len() as f64
}

fn copies(content: &Content, relation: Relation) -> Vec<(&Article, &Article)> {
    let all = content.articles.iter();
    all.filter_map(|copy| match &copy.kind {
        ArticleKind::Copy { of, relation: made } if *made == relation => {
            content.articles.iter().find(|article| article.id == *of).map(|original| (copy, original))
        }
        _ => None,
    })
    .collect()
}

#[test]
fn holds_what_the_press_is_to_be_made_of() {
    let content = content();
    let originals = content.articles.iter().filter(|article| article.kind == ArticleKind::Original);
    let edited = content.articles.iter().filter(|article| article.revisions() > 0).count();
    let irrelevant = originals.clone().filter(|article| !article.relevant).count();
    assert!(content.outlets.len() >= 12, "outlets {}", content.outlets.len());
    assert!(content.articles.len() >= 84, "articles {}", content.articles.len());
    assert!(edited >= 8, "edited {edited}");
    assert!(irrelevant >= 10, "off topic {irrelevant}");
    for (relation, least) in [(Relation::Exact, 12), (Relation::Rewritten, 20), (Relation::Truncated, 6)] {
        let count = copies(&content, relation).len();
        assert!(count >= least, "{relation:?} {count}");
    }
    for language in ["uk", "ru", "de"] {
        let count =
            content.articles.iter().filter(|a| content.outlets[a.outlet].language == language).count();
        assert!(count >= 6, "{language} {count}");
    }
    let layouts: HashSet<&str> = content.outlets.iter().map(|outlet| outlet.layout.as_str()).collect();
    assert!(layouts.len() >= 4);
}

#[test]
fn holds_every_oddity_of_announcing() {
    let content = content();
    let any = |odd: fn(&Article) -> bool| content.articles.iter().any(odd);
    assert!(any(|article| article.quirks.without_id));
    assert!(any(|article| article.quirks.without_link));
    assert!(any(|article| article.quirks.page_missing));
    assert!(any(|article| article.quirks.redirected));
    assert!(any(|article| article.canonical.is_some() && article.kind == ArticleKind::Original));
    assert!(any(|article| article.versions.len() > 1 && article.revisions() == 0), "touched, not changed");
    assert!(
        any(|article| article.versions.len() == 3 && {
            article.versions[0].paragraphs == article.versions[2].paragraphs
        }),
        "edited and reverted"
    );
}

#[test]
fn articles_are_short_and_in_paragraphs() {
    for article in content().articles {
        for version in &article.versions {
            let count = word_count(&version.paragraphs.join(" "));
            let cut = matches!(article.kind, ArticleKind::Copy { relation: Relation::Truncated, .. });
            let least = if cut { 70 } else { 90 };
            assert!((least..=260).contains(&count), "{}: {count} words", article.id);
            assert!(version.paragraphs.len() >= 2, "{}", article.id);
        }
    }
}

#[test]
fn rewritten_copies_share_much_and_not_all() {
    let content = content();
    for (copy, original) in copies(&content, Relation::Rewritten) {
        let shared = containment(&copy.versions[0], &original.versions[0]);
        assert!((0.25..0.85).contains(&shared), "{}: {shared:.2}", copy.id);
        assert_ne!(copy.versions[0].title, original.versions[0].title);
        let digits = |version: &Version| -> HashSet<String> {
            words(version).into_iter().filter(|word| word.chars().all(|c| c.is_ascii_digit())).collect()
        };
        assert_eq!(digits(&copy.versions[0]), digits(&original.versions[0]), "{}: other figures", copy.id);
    }
}

#[test]
fn copies_stand_at_other_outlets_and_come_later() {
    let content = content();
    for article in &content.articles {
        let ArticleKind::Copy { of, .. } = &article.kind else { continue };
        let original = content.articles.iter().find(|other| other.id == *of).expect("checked when read");
        assert_ne!(article.outlet, original.outlet, "{}", article.id);
        assert!(article.published.instant() > original.published.instant(), "{}", article.id);
        assert!(article.versions[0].event > original.versions[0].event, "{}", article.id);
        assert_eq!(original.versions.len(), 1, "{}: a copy of an edited article is ambiguous", article.id);
    }
}

#[test]
fn bulletins_are_alike_but_never_the_same() {
    let content = content();
    let days: Vec<&Article> = content
        .articles
        .iter()
        .filter(|article| matches!(article.kind, ArticleKind::Bulletin { .. }))
        .collect();
    assert!(days.len() >= 7);
    for (place, one) in days.iter().enumerate() {
        for other in &days[place + 1..] {
            let shared = containment(&one.versions[0], &other.versions[0]);
            assert!((0.3..0.9).contains(&shared), "{} and {}: {shared:.2}", one.id, other.id);
        }
    }
    assert!(
        copies(&content, Relation::Exact)
            .iter()
            .any(|(_, original)| { matches!(original.kind, ArticleKind::Bulletin { .. }) })
    );
}

#[test]
fn texts_that_are_no_copies_share_little() {
    let content = content();
    let own: Vec<&Article> =
        content.articles.iter().filter(|article| article.kind == ArticleKind::Original).collect();
    for (place, one) in own.iter().enumerate() {
        for other in &own[place + 1..] {
            let shared = containment(&one.versions[0], &other.versions[0]);
            assert!(shared < 0.1, "{} and {}: {shared:.2}", one.id, other.id);
        }
    }
}

#[test]
fn every_event_is_in_the_timeline_once() {
    let content = content();
    let mut events: Vec<usize> =
        content.articles.iter().flat_map(|a| a.versions.iter().map(|version| version.event)).collect();
    events.sort_unstable();
    assert!(events.iter().copied().eq(0..content.events));
    assert_eq!(content.edition_ends.last(), Some(&content.events));
    assert_eq!(content.edition_ends.len(), 3);
    for article in &content.articles {
        assert!(article.versions.is_sorted_by_key(|version| version.event), "{}", article.id);
    }
}

#[test]
fn faults_in_the_files_are_named() {
    let article = "[[article]]\nid = \"a\"\noutlet = \"nobody\"\nsection = \"world\"\ntitle = \"t\"\npublished = \"2022-01-01T00:00:00Z\"\nrelevant = true\ntext = \"one two\"\n";
    let error = read(OUTLETS, &[("x.toml", article)]).expect_err("an unknown outlet").to_string();
    assert_eq!(error, "press/articles/x.toml, 'a': outlet 'nobody' is unknown");
    let copy = "[[copy]]\nid = \"c\"\nof = \"a\"\noutlet = \"meridian-tv\"\nsection = \"world\"\nrelation = \"exact\"\npublished = \"2022-01-01T00:00:00Z\"\n";
    assert!(read(OUTLETS, &[("x.toml", copy)]).is_err());
    assert!(read(OUTLETS, &[("x.toml", "[[article]]\nid = 1")]).is_err());
}
