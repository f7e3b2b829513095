//! The tagger as a whole, on short articles of our own.

use crate::fold::Folded;
use crate::term::Term;
use crate::{Rules, SeedSource, TagInput, Tagger, learn_seed};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::sync::LazyLock;
use wirewatch_model::{Field, Tags};

static TAGGER: LazyLock<Tagger> = LazyLock::new(Tagger::builtin);

fn tag(title: &str, text: &str) -> Tags {
    TAGGER.tag(&TagInput { title, text, language: None, background: &[], hinted: &[] })
}

fn slugs(tags: &Tags) -> Vec<&str> {
    tags.topics.iter().map(|topic| topic.slug.as_str()).collect()
}

fn span<'a>(title: &'a str, text: &'a str, field: Field, start: u32, end: u32) -> &'a str {
    let of = match field {
        Field::Title => title,
        Field::Text => text,
    };
    let byte = |count: u32| {
        of.char_indices().map(|(at, _)| at).chain([of.len()]).nth(count as usize).expect("inside the field")
    };
    assert!(start < end, "a span is not empty");
    &of[byte(start)..byte(end)]
}

#[track_caller]
fn check_relevant(title: &str, text: &str, language: &str, topic: &str) {
    let tags = tag(title, text);
    assert_eq!(tags.language.as_deref(), Some(language), "{title}");
    assert!(tags.relevant, "{title}: {}", tags.relevance);
    assert!(slugs(&tags).contains(&topic), "{title}: {:?}", slugs(&tags));
}

#[test]
fn recognises_the_story_and_its_topic_in_seven_languages() {
    check_relevant(
        "Union agrees on new sanctions against Russia",
        "The governments agreed on a package of sanctions against Russian banks on Monday. Assets will be \
         frozen and exports of machines to Moscow banned. It answers the attack on Ukraine, a diplomat said.",
        "en",
        "sanctions",
    );
    check_relevant(
        "Переговори про перемир'я: делегації України та Росії зустрілися",
        "Делегації України та Росії провели у вівторок мирні переговори. Посередником була Туреччина. \
         Сторони говорили про припинення вогню та про наступну зустріч.",
        "uk",
        "diplomacy-talks",
    );
    check_relevant(
        "Украина попросила о новых поставках оружия",
        "Киев просит союзников ускорить поставки оружия и боеприпасов. Военная помощь Украине обсуждалась \
         на встрече министров, пакет помощи включает системы ПВО и снаряды.",
        "ru",
        "military-aid",
    );
    check_relevant(
        "Russland zieht Truppen an der Grenze zur Ukraine zusammen",
        "Der Truppenaufmarsch an der ukrainischen Grenze beunruhigt die Nachbarn. Die Regierung in Kiew \
         warnt vor einem drohenden Einmarsch, Satellitenbilder zeigen neue Zelte.",
        "de",
        "buildup-invasion-threat",
    );
    check_relevant(
        "Les réfugiés ukrainiens accueillis dans le village",
        "Quarante réfugiés venus d'Ukraine sont arrivés dans la commune. Des bénévoles ont préparé \
         l'hébergement et les enfants iront à l'école dès lundi.",
        "fr",
        "civilians-humanitarian",
    );
    check_relevant(
        "Gazprom grozi wstrzymaniem tranzytu gazu przez Ukrainę",
        "Dostawy gazu mogą zostać ograniczone, a Naftohaz mówi o sporze z Moskwą. Ceny gazu wzrosły. Tranzyt \
         gazu przez Ukrainę jest zagrożony, podobnie jak bezpieczeństwo energetyczne regionu.",
        "pl",
        "energy",
    );
    check_relevant(
        "Ucrania pide el ingreso en la OTAN",
        "El presidente ucraniano pidió de nuevo la entrada en la OTAN. La ampliación de la OTAN divide a los \
         aliados y Moscú la rechaza, pero las puertas abiertas siguen siendo la política de la alianza.",
        "es",
        "nato-enlargement",
    );
}

#[test]
fn other_news_with_the_same_names_is_not_the_story() {
    for (title, text) in [
        (
            "Dynamo Kyiv lose at home",
            "The club lost the Champions League match in Kyiv. The goalkeeper was sent off and the head coach \
             spoke of bad luck before the next round of the league.",
        ),
        (
            "Senate opens impeachment trial",
            "Senators heard the first witnesses of the impeachment trial. The call to Ukraine's president came \
             up once; Democrats and Republicans argued about the rules for witnesses and the calendar.",
        ),
        ("Bakery opens", "The new bakery in the old town sells bread and cakes from six in the morning."),
    ] {
        let tags = tag(title, text);
        assert!(!tags.relevant, "{title}: {}", tags.relevance);
    }
}

const TALKS: &str = "Negotiators of Ukraine and Russia met for peace talks in Geneva on Monday. The mediator \
     spoke of a ceasefire within days. Both delegations want a second round of talks next week.\n\n";

#[test]
fn a_closing_paragraph_on_2014_gives_no_topic() {
    let closing = "Russia annexed Crimea in 2014 and backed separatists after a referendum there.";
    let tags = tag("Peace talks resume", &format!("{TALKS}{closing}"));
    assert!(slugs(&tags).contains(&"diplomacy-talks"));
    assert!(!slugs(&tags).contains(&"crimea-donbas"));
}

#[test]
fn stock_passages_given_with_the_article_count_little() {
    let stock = "Western sanctions froze Russian assets and banned exports; sanctions were widened twice, and \
                 sanctions on banks followed.";
    let text = format!("{TALKS}{stock}");
    let start = TALKS.chars().count() as u32;
    let background = start..start + stock.chars().count() as u32;
    let share = |background: &[std::ops::Range<u32>]| {
        let input =
            TagInput { title: "Peace talks resume", text: &text, language: None, background, hinted: &[] };
        let at = TAGGER.topics().position(|topic| topic.slug == "sanctions").expect("shipped");
        TAGGER.measure(&input).topics[at].share
    };
    assert!(share(std::slice::from_ref(&background)) < share(&[]) * 0.6);
    let beyond = u32::MAX - 1..u32::MAX;
    assert_eq!(share(std::slice::from_ref(&beyond)), share(&[]));
}

#[test]
fn evidence_is_the_strongest_and_bounded() {
    let text = "Sanctions on Russia, an embargo, frozen assets of Moscow. ".repeat(30);
    let tags = tag("Sanctions on Russia over Ukraine", &text);
    let sanctions = tags.topics.iter().find(|topic| topic.slug == "sanctions").expect("found");
    assert_eq!(sanctions.evidence.len(), 8);
    assert!(sanctions.evidence.is_sorted_by(|a, b| a.weight >= b.weight));
    assert_eq!(sanctions.evidence[0].field, Field::Title);
}

#[test]
fn entities_have_one_name_in_every_language_and_are_bounded() {
    let text = "Шольц зустрівся з Путіним у Москві. Путін назвав Байдена.";
    let tags = TAGGER.tag(&TagInput { title: "", text, language: Some("uk"), background: &[], hinted: &[] });
    let found: Vec<(&str, &str)> = tags
        .entities
        .iter()
        .map(|mention| (mention.name.as_str(), span("", text, mention.field, mention.start, mention.end)))
        .collect();
    assert_eq!(
        found,
        [
            ("Vladimir Putin", "Путіним"),
            ("Moscow", "Москві"),
            ("Vladimir Putin", "Путін"),
            ("Joe Biden", "Байдена")
        ]
    );
    assert_eq!(tag("", &"NATO and Russia. ".repeat(100)).entities.len(), 50);
}

#[test]
fn a_name_without_its_capital_is_a_word() {
    let tags = TAGGER.tag(&TagInput {
        title: "",
        text: "Слой песков лежит у моря.",
        language: Some("ru"),
        background: &[],
        hinted: &[],
    });
    assert!(tags.entities.is_empty());
}

#[test]
fn a_hinted_topic_needs_less_evidence_and_never_none() {
    let hinted = ["sanctions".to_owned(), "belarus".to_owned()];
    let filler = "The harbour was quiet and the ships waited for the morning. ".repeat(2);
    let text = format!(
        "Russian and Ukrainian envoys met in Geneva on Monday to speak about the border of Ukraine. {filler}\
         One of the envoys also mentioned sanctions against banks. {filler}"
    );
    let tags = |hinted: &[String]| {
        TAGGER.tag(&TagInput {
            title: "Envoys meet in Geneva",
            text: &text,
            language: Some("en"),
            background: &[],
            hinted,
        })
    };
    assert!(!slugs(&tags(&[])).contains(&"sanctions"), "{:?}", tags(&[]).topics);
    let with = tags(&hinted);
    let topic = with.topics.iter().find(|topic| topic.slug == "sanctions").expect("enough with a hint");
    assert!(!topic.evidence.is_empty());
    assert!(!slugs(&with).contains(&"belarus"), "a hint alone is no evidence");
    let off_story = TAGGER.tag(&TagInput {
        title: "Bread",
        text: "Flour and water.",
        language: None,
        background: &[],
        hinted: &hinted,
    });
    assert!(off_story.topics.is_empty());
}

#[test]
fn nothing_comes_of_nothing() {
    let tags = tag("", "");
    assert!(!tags.relevant && tags.topics.is_empty() && tags.entities.is_empty());
    assert_eq!((tags.relevance, tags.language), (0.0, None));
}

#[test]
fn the_twenty_topics_speak_seven_languages_and_refer_to_the_seeds() {
    assert_eq!(TAGGER.topics().len(), 20);
    assert_eq!(TAGGER.seeds().len(), 5);
    let mut of_seeds: BTreeMap<(String, String), Vec<u32>> = BTreeMap::new();
    for topic in TAGGER.topics() {
        assert!(topic.terms > 60, "{} has {} terms", topic.slug, topic.terms);
        assert!(!topic.belongs.is_empty() && !topic.does_not_belong.is_empty(), "{}", topic.slug);
        for reference in topic.seeds {
            of_seeds.insert((reference.seed.clone(), topic.slug.to_owned()), reference.paragraphs.clone());
        }
    }
    let of_profiles: BTreeMap<(String, String), Vec<u32>> = TAGGER
        .seeds()
        .iter()
        .flat_map(|seed| {
            seed.topics
                .iter()
                .map(|(slug, paragraphs)| ((seed.name.clone(), slug.clone()), paragraphs.clone()))
        })
        .collect();
    assert_eq!(of_seeds, of_profiles);
}

#[test]
fn the_key_terms_of_a_seed_make_an_article_more_relevant() {
    let text = "The security demands were discussed in the NATO-Russia Council, and a sphere of influence.";
    let relevance = |seeds: &[(&str, &str)]| {
        let topics = "[relevance]\nthreshold = 0.5\n[[relevance.terms]]\nen = [\"ukraine\"]\n\
                      [[topic]]\nslug = \"a\"\ntitle = \"A\"\ndefinition = \"d\"\n[[topic.terms]]\nen = [\"bread\"]\n";
        let rules = Rules::parse(topics, "", seeds, None).expect("valid");
        let input = TagInput { title: "", text, language: Some("en"), background: &[], hinted: &[] };
        Tagger::new(rules).tag(&input).relevance
    };
    let seed = format!(
        "title = \"T\"\nsha256 = \"{}\"\n[[key_term]]\nterm = \"security demands\"\nweight = 1.0\n",
        "0".repeat(64)
    );
    assert!(relevance(&[("one", &seed)]) > relevance(&[]));
}

#[test]
fn a_profile_is_learnt_from_any_document() {
    let source = SeedSource {
        name: "bridge",
        title: "Sanctions over the bridge",
        text: "New sanctions hit Russian banks after the strike on Ukraine.\n\nThe bridge toll is a local matter.\n\n\
               Bridge toll rises, and the bridge toll stays unpopular in Ukraine. Putin was not asked.",
        language: Some("en"),
        publisher: Some("Example"),
        date: Some("2022-01-10"),
    };
    let profile = learn_seed(&TAGGER, &source);
    assert_eq!(profile.topics.get("sanctions"), Some(&vec![1]));
    assert_eq!(profile.people, ["Vladimir Putin"]);
    assert!(profile.places.contains(&"Ukraine".to_owned()));
    assert_eq!(profile.key_terms[0].term, "bridge toll");
    assert!(profile.summary.is_empty(), "the abstract is for a person to write");
    let read = crate::SeedProfile::parse("bridge", &profile.to_toml()).expect("own text");
    assert_eq!(read, profile);
}

/// Pieces from which texts are made that hit many terms among odd letters.
const PIECES: &[&str] = &[
    "sanction",
    "s",
    "САНКЦІЇ",
    "санкций ",
    "peace talks",
    "peace\u{2014}talks",
    "мирни\u{301}х переговорів",
    "Ё",
    "е\u{308}",
    "и\u{306}",
    "П\u{2019}ЯТЬ",
    "US ",
    "us ",
    "ЄС",
    "İstanbul",
    "Nord\u{a0}Stream-2",
    "Donbas",
    "2014",
    ". ",
    "\n\n",
    " ",
    "-",
    "😀",
    "\u{ad}",
    "\u{301}",
    "Minsker Abkommen",
    "Путіна",
    "ﬁ",
    "e\u{301}lection",
    "ß",
    "Ὀ",
    "중국",
    "L\u{2019}Ukraine",
    "Україн",
    "NATO-Russia Council",
    "'",
    "\u{feff}",
];

fn odd_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => prop::sample::select(PIECES).prop_map(str::to_owned),
        1 => "\\PC{0,6}",
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn every_span_lies_in_its_field_and_is_its_term(title in odd_text(), text in odd_text()) {
        let tags = tag(&title, &text);
        for evidence in tags.topics.iter().flat_map(|topic| &topic.evidence) {
            let words = span(&title, &text, evidence.field, evidence.start, evidence.end);
            let term = Term::parse(&evidence.term).expect("a term of the rules");
            let folded = Folded::new(words);
            let anchor_at = folded.text.find(&term.anchor);
            prop_assert_eq!(anchor_at, Some(0), "{} in {:?}", evidence.term, words);
            let end = term.end_in(&folded, words, 0, term.anchor.len());
            // Loose marks on the last letter belong to it, though they are no letters.
            let rest = end.and_then(|end| folded.text.get(end..));
            let marks_only = rest.is_some_and(|rest| !rest.contains(char::is_alphanumeric) && !rest.contains(' '));
            prop_assert!(marks_only, "{} in {:?}", evidence.term, words);
        }
        for mention in &tags.entities {
            span(&title, &text, mention.field, mention.start, mention.end);
        }
        for topic in &tags.topics {
            prop_assert!(!topic.evidence.is_empty() && (0.0..=1.0).contains(&topic.score));
        }
        prop_assert!((0.0..=1.0).contains(&tags.relevance));
    }

    #[test]
    fn background_anywhere_never_panics(text in odd_text(), start in 0u32..80, length in 0u32..80) {
        let background = [start..start + length, length..start];
        TAGGER.tag(&TagInput { title: "", text: &text, language: None, background: &background, hinted: &[] });
    }

    #[test]
    fn tagging_twice_gives_the_same(text in odd_text()) {
        prop_assert_eq!(tag("", &text), tag("", &text));
    }

    #[test]
    fn learning_from_any_text_gives_a_profile_that_can_be_read(title in odd_text(), text in odd_text()) {
        let source = SeedSource {
            name: "any", title: &format!("T{title}"), text: &text, language: None, publisher: None, date: None,
        };
        let profile = learn_seed(&TAGGER, &source);
        prop_assert!(crate::SeedProfile::parse("any", &profile.to_toml()).is_ok(), "{}", profile.to_toml());
    }
}
