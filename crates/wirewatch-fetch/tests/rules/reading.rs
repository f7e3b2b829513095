//! Rules 31 and 32: what a body may make the reader do, and how its letters are told.

use crate::support::{FEED, Server, answer, check, check_answer, due, fetcher_of};
use wirewatch_model::{FeedCheck, Outcome};

#[tokio::test]
async fn rule_31_nothing_that_a_body_names_is_fetched() {
    let server = Server::start(|request| match request.path.as_str() {
        "/rss" => answer(
            200,
            &["Link: </style.css>; rel=preload"],
            "<?xml version=\"1.0\"?><?xml-stylesheet href=\"http://press.example/style.xsl\"?>\
             <!DOCTYPE rss SYSTEM \"http://press.example/rss.dtd\" [\
             <!ENTITY % outer SYSTEM \"http://press.example/outer.ent\"> %outer;\
             <!ENTITY secret SYSTEM \"file:///etc/passwd\"><!ENTITY far SYSTEM \"http://press.example/far\">]>\
             <rss version=\"2.0\" xmlns:xi=\"http://www.w3.org/2001/XInclude\"><channel><title>Press</title>\
             <image><url>http://press.example/logo.png</url></image><xi:include href=\"http://press.example/in\"/>\
             <item><guid>1</guid><title>Talks &secret; &far;</title><enclosure url=\"http://press.example/a.mp3\"/>\
             </item></channel></rss>",
        ),
        _ => answer(200, &[], "fetched"),
    })
    .await;
    let check = check(&fetcher_of(&[("press.example", &server)]), &due(FEED)).await;
    assert_eq!(check.entries.len(), 1, "{:?}", check.outcome);
    let title = check.entries[0].title.clone();
    assert!(!title.contains("root:") && !title.contains("fetched"), "{title}");
    assert_eq!(server.paths(), ["/rss"]);
}

#[tokio::test]
async fn rule_31_entities_do_not_grow() {
    let laughs: String = (1..=9)
        .map(|level| format!("<!ENTITY a{level} \"{}\">", format!("&a{};", level - 1).repeat(10)))
        .collect();
    let quadratic = format!("<!ENTITY big \"{}\">", "a".repeat(100_000));
    for (entities, used) in [
        (format!("<!ENTITY a0 \"ha\">{laughs}"), "&a9;".to_owned()),
        (quadratic, "&big;".repeat(1000)),
        ("<!ENTITY a \"&b;\"><!ENTITY b \"&a;\">".to_owned(), "&a;".to_owned()),
    ] {
        let body = format!(
            "<?xml version=\"1.0\"?><!DOCTYPE rss [{entities}]><rss version=\"2.0\"><channel><item><guid>1</guid>\
             <title>Talks</title><description>{used}</description></item></channel></rss>"
        );
        let length = body.len();
        let check = check_answer(answer(200, &[], body)).await;
        for entry in &check.entries {
            let held = entry.summary.as_ref().map_or(0, String::len) + entry.title.len();
            assert!(held <= 2 * length, "{held} of {length}");
        }
        assert_eq!(check.entries.len(), 1, "{:?}", check.outcome);
    }
}

/// The title of the only entry of a feed with these bytes.
async fn title(content_type: &str, body: Vec<u8>) -> String {
    let check: FeedCheck = check_answer(answer(200, &[&format!("Content-Type: {content_type}")], body)).await;
    assert_eq!(check.outcome, Outcome::Read, "{content_type}");
    check.entries[0].title.clone()
}

fn feed(declared: &str) -> String {
    format!(
        "<?xml version=\"1.0\"{declared}?><rss version=\"2.0\"><channel><item><guid>1</guid><title>Переговори у Женеві тривають</title></item></channel></rss>"
    )
}

const TITLE: &str = "Переговори у Женеві тривають";

/// The feed in an encoding of one byte a letter.
fn windows_1251(text: &str) -> Vec<u8> {
    let byte = |letter: char| match letter {
        'А'..='я' => u8::try_from(u32::from(letter) - 0x410 + 0xc0).expect("one byte"),
        'і' => 0xb3,
        other => u8::try_from(other).expect("ASCII"),
    };
    text.chars().map(byte).collect()
}

fn utf_16(text: &str, little: bool) -> Vec<u8> {
    let units = std::iter::once(0xfeff).chain(text.encode_utf16());
    units.flat_map(|unit| if little { unit.to_le_bytes() } else { unit.to_be_bytes() }).collect()
}

#[tokio::test]
async fn rule_32_the_mark_outranks_the_header_and_the_declaration() {
    let marked = [b"\xef\xbb\xbf".to_vec(), feed(" encoding=\"windows-1251\"").into_bytes()].concat();
    assert_eq!(title("text/xml; charset=koi8-r", marked).await, TITLE);
    for little in [true, false] {
        assert_eq!(
            title("text/xml; charset=utf-8", utf_16(&feed(" encoding=\"utf-8\""), little)).await,
            TITLE
        );
    }
}

#[tokio::test]
async fn rule_32_the_header_outranks_the_declaration() {
    let body = windows_1251(&feed(" encoding=\"iso-8859-1\""));
    assert_eq!(title("application/rss+xml; charset=windows-1251", body.clone()).await, TITLE);
    assert_eq!(title("text/xml; Charset='WINDOWS-1251'", body).await, TITLE);
}

#[tokio::test]
async fn rule_32_the_declaration_outranks_detection() {
    assert_eq!(title("text/xml", windows_1251(&feed(" encoding='windows-1251'"))).await, TITLE);
    assert_eq!(
        title("application/xml; charset=nonsense", windows_1251(&feed(" encoding=\"cp1251\""))).await,
        TITLE
    );
}

#[tokio::test]
async fn rule_32_without_a_word_the_letters_decide() {
    assert_eq!(title("text/xml", feed("").into_bytes()).await, TITLE);
    assert_eq!(title("text/xml", windows_1251(&feed(""))).await, TITLE);
}
