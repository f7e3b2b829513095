//! What belongs to the story although it hardly names Ukraine, and what does not although it does.

use wirewatch_tag::{TagInput, Tagger};

/// Relevance with its threshold, and the topics.
fn judge(tagger: &Tagger, title: &str, text: &str) -> (bool, f32, Vec<String>) {
    let tags = tagger.tag(&TagInput { title, text, language: None, background: &[], hinted: &[] });
    (tags.relevant, tags.relevance, tags.topics.into_iter().map(|topic| topic.slug).collect())
}

const TALKS_AND_REPLIES: [(&str, &str); 7] = [
    (
        "Alliance and Moscow meet for the first time since summer",
        "The NATO-Russia Council sat for an afternoon. Grushko repeated that his country needs security \
         guarantees on paper, Stoltenberg that the alliance does not close its door. A date for another \
         session was not named.",
    ),
    (
        "Росія отримала письмову відповідь альянсу",
        "Міністерство закордонних справ у Москві підтвердило, що отримало письмову відповідь на свої вимоги. \
         Лавров сказав, що про розширення НАТО в ній немає нічого нового.",
    ),
    (
        "Лавров прочёл ответ и остался недоволен",
        "Письменный ответ НАТО на проекты договоров передан в Москву. По словам министра, на главное \
         требование, о нерасширении альянса, позитивной реакции нет. Рябков назвал это ожидаемым.",
    ),
    (
        "Rjabkow: Ohne Garantien keine weiteren Gespräche",
        "Russland verlangt weiter schriftliche Sicherheitsgarantien. Nach dem Treffen in Genf sagte der \
         Vizeaußenminister, die NATO müsse auf die Osterweiterung verzichten. Die USA lehnen das ab.",
    ),
    (
        "L'Otan et la Russie se quittent sans accord",
        "Après quatre heures, le Conseil Otan-Russie s'est achevé sans résultat. Moscou réclame des garanties \
         de sécurité et la fin de l'élargissement de l'Otan, les alliés refusent toute ligne rouge.",
    ),
    (
        "Moskwa czeka na pisemną odpowiedź",
        "Rosja domaga się gwarancji bezpieczeństwa i chce, by NATO zrezygnowało z rozszerzenia. Riabkow \
         zapowiedział, że bez odpowiedzi na projekt traktatu kolejnych rozmów nie będzie.",
    ),
    (
        "Rusia recibe la respuesta escrita de la OTAN",
        "Moscú ha recibido la respuesta escrita a sus exigencias. Lavrov dijo que la ampliación de la OTAN \
         sigue siendo una línea roja para Rusia y que estudiará las garantías de seguridad.",
    ),
];

#[test]
fn short_news_of_the_talks_and_the_replies_belongs_in_every_language() {
    let tagger = Tagger::builtin();
    for (title, text) in TALKS_AND_REPLIES {
        let (relevant, score, topics) = judge(&tagger, title, text);
        assert!(relevant, "{title}: {score}");
        assert!(!topics.is_empty(), "{title}");
    }
}

#[test]
fn what_only_shares_the_words_does_not_belong() {
    let tagger = Tagger::builtin();
    for (title, text) in [
        (
            "Council replies in writing to cyclists' demands",
            "The cyclists had given the council a list of demands and drawn a red line at the bridge. The \
             written reply came on Friday. Both sides go on talking, with a mediator from the county.",
        ),
        (
            "Finland's harbour masters meet",
            "The harbour masters talked about ice, pilots and fees. A guest from Saint Petersburg spoke of \
             trade with Russia before the pandemic. Next year they meet in Turku.",
        ),
        (
            "Orchester aus Kiew spielt im Stadtpark",
            "Das Jugendorchester gibt am Samstag ein Konzert. Auf dem Programm stehen Walzer und Märsche, bei \
             Regen wird im Saal gespielt. Der Eintritt ist frei, Decken sind mitzubringen.",
        ),
    ] {
        let (relevant, score, _) = judge(&tagger, title, text);
        assert!(!relevant, "{title}: {score}");
    }
}

#[test]
fn a_name_repeated_says_less_than_the_conflict_named_in_many_ways() {
    let tagger = Tagger::builtin();
    let repeated = "Kyiv is old. Kyiv has hills. Kyiv has bridges. Kyiv has a river and many gardens.";
    let named =
        "Troops stand at the border. Kyiv fears an invasion. Donetsk heard shelling. Moscow denies it.";
    let (_, repeated, _) = judge(&tagger, "A city", repeated);
    let (_, named, _) = judge(&tagger, "A city", named);
    assert!(named > repeated, "{named} {repeated}");
}

#[test]
fn a_count_of_ceasefire_violations_is_about_the_donbas_and_no_negotiation() {
    let (relevant, _, topics) = judge(
        &Tagger::builtin(),
        "Weekly summary of the observers",
        "Observers counted 310 ceasefire violations in the Donetsk region and 96 in the Luhansk region. Most \
         were near the contact line at Zolote. The disengagement areas stayed calm.",
    );
    assert!(relevant);
    assert!(topics.iter().any(|slug| slug == "crimea-donbas"), "{topics:?}");
    assert!(topics.iter().all(|slug| slug != "diplomacy-talks"), "{topics:?}");
}
