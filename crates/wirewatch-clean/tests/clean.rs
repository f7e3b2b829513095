//! Behaviour of the cleaner on pages written for it.

#![allow(clippy::expect_used, reason = "a test that cannot be set up has failed")]

use proptest::prelude::*;
use wirewatch_clean::{Cleaned, Fate, NotArticle, PageInput, clean, explain};
use wirewatch_model::{HostMemory, Method};

const URL: &str = "https://www.harbourpost.example/world/talks-resume-in-geneva";

fn now() -> jiff::Timestamp {
    "2022-01-12T00:00:00Z".parse().expect("valid")
}

fn clean_at(url: &str, html: &str, memory: &HostMemory) -> Cleaned {
    clean(
        &PageInput { url: Some(url), content_type: Some("text/html"), body: html.as_bytes() },
        memory,
        now(),
    )
}

fn clean_page(html: &str) -> Cleaned {
    clean_at(URL, html, &HostMemory::default())
}

const FIRST: &str =
    "Delegations met in Geneva on Monday for the first round of talks since the autumn, officials said.";
const SECOND: &str =
    "After nine hours behind closed doors both sides left the lakeside building without a joint statement.";
const THIRD: &str = "A further round is planned for Wednesday in Brussels, and another on Thursday in Vienna, the hosts added.";

/// A page like those of news sites, with `before`, `within` and `after` put around the paragraphs.
fn page(before: &str, within: &str, after: &str) -> String {
    format!(
        "<html lang=en><head><title>Talks resume in Geneva | The Harbour Post</title>\
         <meta property=og:site_name content='The Harbour Post'></head><body>\
         <header class=site-header><nav><a href=/>Home</a> <a href=/world>World</a> <a href=/sport>Sport</a></nav></header>\
         <main><article><h1>Talks resume in Geneva</h1>{before}<div class=story><p>{FIRST}</p><p>{SECOND}</p>{within}\
         <p>{THIRD}</p></div>{after}</article></main>\
         <footer><p>The Harbour Post is published by a company that does not exist, in a harbour town.</p></footer></body></html>"
    )
}

#[track_caller]
fn check_text(html: &str, want: &[&str]) {
    let cleaned = clean_page(html);
    assert_eq!(cleaned.article.text, want.join("\n\n"));
    assert_eq!(cleaned.rejected, None);
}

#[test]
fn the_paragraphs_of_a_plain_page_are_its_text() {
    check_text(&page("", "", ""), &[FIRST, SECOND, THIRD]);
}

#[test]
fn furniture_inside_and_around_the_text_is_dropped() {
    let furniture = [
        "<div class=related-articles><h3>Related</h3><p><a href=/a>Another story of the week, told at length in one sentence.</a></p></div>",
        "<p><a href=/b>READ MORE: What the envoys carried in their cases</a></p>",
        "<p>Читайте також: <a href=/b>Що везли посланці</a></p>",
        "<div class='newsletter-box'><p>Get the best of our reporting in your inbox every morning before coffee.</p></div>",
        "<figure><img src=x><figcaption>The lakeside building on Monday, seen from the pier.</figcaption></figure>",
        "<p>The delegations at the table on Monday morning. Photo: Harbour Pictures</p>",
        "<div class=share-bar><a href=#>Facebook</a> <a href=#>Twitter</a></div>",
        "<aside><p>Our correspondents have covered the region for thirty years from four offices.</p></aside>",
        "<div id=comments><p>I do not think that this will lead anywhere at all, as I said before.</p></div>",
        "<div style='display:none'><p>You have read all your free articles of this month, dear reader.</p></div>",
        "<ul><li><a href=/1>First other story</a></li><li><a href=/2>Second other story</a></li></ul>",
        "<h2>Talks resume in Geneva</h2>",
    ];
    for box_html in furniture {
        check_text(&page("", box_html, ""), &[FIRST, SECOND, THIRD]);
        check_text(&page("", "", box_html), &[FIRST, SECOND, THIRD]);
    }
}

#[test]
fn headings_lists_quotes_and_tables_of_the_article_are_kept() {
    let within = "<h2>What is on the table</h2><ul><li>Limits on exercises near the borders</li><li>A line between the two staffs</li></ul>\
        <blockquote>We listened, and we were heard.</blockquote><table><tr><td>Round</td><td>Place</td></tr></table>";
    check_text(
        &page("", within, ""),
        &[
            FIRST,
            SECOND,
            "What is on the table",
            "Limits on exercises near the borders",
            "A line between the two staffs",
            "We listened, and we were heard.",
            "Round | Place",
            THIRD,
        ],
    );
}

#[test]
fn the_standfirst_is_kept_and_the_byline_is_not() {
    let standfirst = "Nine hours by the lake end without a statement, but with two new dates.";
    let before = format!(
        "<p class=standfirst>{standfirst}</p><p class=byline>By Olha Kovalenko</p><p>10 January 2022, 18:40</p>"
    );
    check_text(&page(&before, "", ""), &[standfirst, FIRST, SECOND, THIRD]);
}

#[test]
fn the_pieces_of_a_split_body_are_joined() {
    let split = format!(
        "<html><body><main><h1>Talks resume in Geneva</h1><div class=row><div class='piece wide'><p>{FIRST}</p><p>{SECOND}</p><p>{THIRD}</p></div></div>\
         <div class=promo><a href=/x>Another story</a></div><div class=row><div class='piece wide'><p>{}</p></div></div></main></body></html>",
        "The envoys will report to their capitals first, and nobody expects them back before the evening."
    );
    let text = clean_page(&split).article.text;
    assert!(
        text.contains(FIRST) && text.contains("report to their capitals") && !text.contains("Another story"),
        "{text}"
    );
}

#[test]
fn the_next_article_is_not_read_even_when_it_is_longer() {
    let next =
        "A ship with grain left the port on Tuesday after three weeks of waiting for papers and for wind. ";
    let html = format!(
        "<html><body><article><h1>Talks resume in Geneva</h1><p>{FIRST}</p><p>{SECOND}</p><p>{THIRD}</p></article>\
         <article><h1>Grain ship leaves port</h1>{}</article></body></html>",
        format!("<p>{next}{next}</p>").repeat(3)
    );
    check_text(&html, &[FIRST, SECOND, THIRD]);
}

#[test]
fn other_articles_listed_behind_the_text_are_dropped() {
    let teasers: String = (0..5)
        .map(|i| format!("<div><h3><a href=/{i}>Another headline, number {i}</a></h3><p>What the story number {i} is about stands here in one sentence.</p></div>"))
        .collect();
    check_text(&page("", "", &teasers), &[FIRST, SECOND, THIRD]);
    check_text(
        &page("", "", &format!("<section><h2>More from The Harbour Post</h2>{teasers}</section>")),
        &[FIRST, SECOND, THIRD],
    );
}

#[test]
fn a_post_shown_in_the_text_is_kept() {
    let post = "<div class='embed social'><blockquote class=twitter-tweet><p>The doors are open again, and so are we.</p></blockquote></div>";
    check_text(&page("", post, ""), &[FIRST, SECOND, "The doors are open again, and so are we.", THIRD]);
}

#[test]
fn a_body_named_as_such_is_read_in_a_box_named_otherwise() {
    let html = format!(
        "<html><body><main><div class=sidebar-grid><div class=sidebar-grid__content><h1>Talks resume in Geneva</h1></div>\
         <div class='sidebar-grid__content article__content'><p>{FIRST}</p></div></div><aside><p>Elsewhere in the paper this week.</p></aside>\
         <div class=sidebar-grid><div class='sidebar-grid__content article__content'><p>{SECOND}</p><p>{THIRD}</p></div></div></main></body></html>"
    );
    check_text(&html, &[FIRST, SECOND, THIRD]);
}

#[test]
fn a_visible_date_is_read_where_nothing_else_gives_one() {
    let article = clean_page(&page("<div>10 January 2022, 18:40</div>", "", "")).article;
    assert_eq!(article.published.map(|at| at.to_string()).as_deref(), Some("2022-01-10T18:40:00"));
}

#[test]
fn a_whole_page_in_a_misnamed_box_is_still_read() {
    let html = format!(
        "<html><body class=has-sidebar><div class='comments-open no-sidebar'>{}</div></body></html>",
        page("", "", "")
    );
    check_text(&html, &[FIRST, SECOND, THIRD]);
}

#[test]
fn a_short_news_item_is_an_article() {
    let html = "<html><body><h1>Bridge closed</h1><p>The old bridge over the canal is closed until Friday for repairs, the town said.</p>\
        <p>Buses use the northern road.</p></body></html>";
    let cleaned = clean_page(html);
    assert_eq!(cleaned.rejected, None);
    assert_eq!(cleaned.article.text.matches("\n\n").count(), 1);
}

#[test]
fn metadata_comes_from_linked_data_first() {
    let json = r#"{"@type":"NewsArticle","headline":"Talks resume in Geneva","author":[{"@type":"Person","name":"Olha Kovalenko"}],
        "datePublished":"2022-01-10T18:40:00+01:00","dateModified":"2022-01-10T20:05:00+01:00","articleSection":"World",
        "keywords":"talks, Geneva","publisher":{"name":"The Harbour Post"},"image":"/lake.jpg"}"#;
    let html = page(
        &format!("<script type='application/ld+json'>{json}</script><link rel=canonical href=/world/talks>"),
        "",
        "",
    );
    let article = clean_page(&html).article;
    assert_eq!(article.title, "Talks resume in Geneva");
    assert_eq!(article.authors, ["Olha Kovalenko"]);
    assert_eq!(article.published.map(|at| at.to_string()).as_deref(), Some("2022-01-10T18:40:00+01:00"));
    assert_eq!(article.modified.map(|at| at.to_string()).as_deref(), Some("2022-01-10T20:05:00+01:00"));
    assert_eq!(article.section.as_deref(), Some("World"));
    assert_eq!(article.keywords, ["talks", "Geneva"]);
    assert_eq!(article.publisher.as_deref(), Some("The Harbour Post"));
    assert_eq!(article.image.as_deref(), Some("https://www.harbourpost.example/lake.jpg"));
    assert_eq!(article.canonical_url.as_deref(), Some("https://www.harbourpost.example/world/talks"));
    assert_eq!(article.language.as_deref(), Some("en"));
}

#[test]
fn metadata_is_found_without_linked_data() {
    let before = "<div class=byline>By <a rel=author href=/jan>Jan Nowak</a></div><time datetime=2022-01-10T18:40:00+01:00>Monday</time>";
    let article = clean_page(&page(before, "", "")).article;
    assert_eq!(
        (article.title.as_str(), article.authors),
        ("Talks resume in Geneva", vec!["Jan Nowak".to_owned()])
    );
    assert_eq!(article.published.map(|at| at.to_string()).as_deref(), Some("2022-01-10T18:40:00+01:00"));
}

#[test]
fn a_publication_time_in_the_future_is_not_believed() {
    let html = page("<meta property=article:published_time content=2031-01-10T18:40:00Z>", "", "");
    assert_eq!(clean_page(&html).article.published, None);
}

#[test]
fn the_linked_body_stands_in_for_a_text_the_page_does_not_show() {
    let body = [FIRST, SECOND, THIRD].join(" ").repeat(3);
    let html = format!(
        "<html><head><script type='application/ld+json'>{{\"@type\":\"NewsArticle\",\"headline\":\"Talks resume\",\"articleBody\":\"{body}\"}}</script></head>\
         <body><h1>Talks resume</h1><div id=app></div></body></html>"
    );
    let cleaned = clean_page(&html);
    assert_eq!(cleaned.article.method, Method::StructuredData);
    assert_eq!(cleaned.rejected, None);
    let teaser = page(
        "<script type='application/ld+json'>{\"@type\":\"NewsArticle\",\"articleBody\":\"Delegations met.\"}</script>",
        "",
        "",
    );
    assert_eq!(clean_page(&teaser).article.method, Method::Page);
}

#[test]
fn what_recurs_on_the_host_is_dropped_and_nothing_else() {
    let stubborn = "The Harbour Post keeps every voice in view and every pier in sight, since the year of the great storm.";
    let mut memory = HostMemory::default();
    let mut kept = Vec::new();
    for number in 0..5 {
        let own = format!(
            "<p>{stubborn}</p><p>Story number {number} has a sentence that no other story of the paper has, or will have.</p>"
        );
        let cleaned = clean_at(
            &format!("https://www.harbourpost.example/world/story-{number}"),
            &page("", &own, ""),
            &memory,
        );
        kept.push(cleaned.article.text.contains(stubborn));
        assert!(cleaned.article.text.contains(&format!("Story number {number} has")));
        assert_eq!(cleaned.observation.host, "www.harbourpost.example");
        memory.pages += 1;
        for block in cleaned.observation.blocks {
            *memory.blocks.entry(block).or_default() += 1;
        }
    }
    assert_eq!(kept, [true, true, true, false, false]);
}

#[test]
fn what_is_no_article_is_rejected_with_its_reason() {
    let links: String = (0..60)
        .map(|i| format!("<li><a href=/{i}>Headline number {i} of a long list of stories</a></li>"))
        .collect();
    let front = clean_at(
        "https://www.harbourpost.example/",
        &format!("<html><body><ul>{links}</ul></body></html>"),
        &HostMemory::default(),
    );
    assert!(
        matches!(front.rejected, Some(NotArticle::LinkPage | NotArticle::TooLittleText { .. })),
        "{:?}",
        front.rejected
    );
    let teasers: String = (0..12)
        .map(|i| format!("<article><h2><a href=/{i}>Headline number {i}</a></h2><p>A teaser of one sentence stands below the headline of story {i}, as usual.</p></article>"))
        .collect();
    let section = clean_at(
        "https://www.harbourpost.example/world/europe/",
        &format!("<html><body><h1>Europe</h1>{teasers}</body></html>"),
        &HostMemory::default(),
    );
    assert_eq!(section.rejected, Some(NotArticle::LinkPage));
    let wall = clean_page(
        "<html><head><title>Just a moment...</title></head><body><h1>Checking your browser</h1><p>Please wait while we check that you are human, then we will take you on.</p></body></html>",
    );
    assert_eq!(wall.rejected, Some(NotArticle::BotWall));
    let gone = clean_page(
        "<html><head><title>Page not found</title></head><body><h1>Page not found</h1><p>Sorry, what you were looking for has moved or never was here at all.</p></body></html>",
    );
    assert_eq!(gone.rejected, Some(NotArticle::SoftError));
    let script = clean_page(
        "<html><head><title>x</title></head><body><div id=root></div><script>render()</script></body></html>",
    );
    assert_eq!(script.rejected, Some(NotArticle::TooLittleText { words: 0 }));
    let pdf = clean(
        &PageInput { url: None, content_type: None, body: b"%PDF-1.7 ..." },
        &HostMemory::default(),
        now(),
    );
    assert!(matches!(pdf.rejected, Some(NotArticle::NotHtml { .. })));
}

#[test]
fn a_news_item_may_speak_of_walls_and_missing_pages() {
    for headline in ["Missing ship not found after search", "What a captcha costs those who solve it"] {
        let html = format!(
            "<html><body><h1>{headline}</h1><p>{FIRST}</p><p>{SECOND} {THIRD}</p><p>{FIRST} {SECOND}</p></body></html>"
        );
        let cleaned = clean_page(&html);
        assert_eq!(cleaned.rejected, None, "{headline}: {}", cleaned.article.text);
    }
}

#[test]
fn every_block_is_explained() {
    let html = page("", "<p><a href=/b>READ MORE: What the envoys carried</a></p>", "");
    let (cleaned, blocks) = explain(
        &PageInput { url: Some(URL), content_type: None, body: html.as_bytes() },
        &HostMemory::default(),
        now(),
    );
    let kept: Vec<&str> =
        blocks.iter().filter(|block| block.fate == Fate::Kept).map(|block| block.text.as_str()).collect();
    assert_eq!(kept.join("\n\n"), cleaned.article.text);
    assert!(blocks.iter().any(|block| block.text.starts_with("READ MORE") && block.fate != Fate::Kept));
}

#[test]
fn a_page_in_an_old_charset_is_read() {
    let ukrainian = "<html><head><meta charset=windows-1251><title>Переговори</title></head><body><h1>Переговори поновлено</h1>\
        <p>Делегації зустрілися у понеділок уранці, щоб обговорити її пропозиції, повідомили організатори.</p>\
        <p>Після дев'яти годин обидві сторони залишили будівлю без спільної заяви для преси.</p></body></html>";
    // The letters of windows-1251 that this text uses follow one another as in Unicode.
    let bytes: Vec<u8> = ukrainian
        .chars()
        .map(|letter| match letter {
            'А'..='я' => (letter as u32 - 'А' as u32 + 0xC0) as u8,
            'і' => 0xB3,
            'ї' => 0xBF,
            'є' => 0xBA,
            letter => letter as u8,
        })
        .collect();
    let cleaned =
        clean(&PageInput { url: Some(URL), content_type: None, body: &bytes }, &HostMemory::default(), now());
    assert_eq!(cleaned.article.language.as_deref(), Some("uk"));
    assert!(cleaned.article.text.starts_with("Делегації зустрілися"));
}

/// Pieces of markup, whole and broken, in any order.
fn markup() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "<div class=related>",
        "</div>",
        "<p>",
        "</p>",
        "<article>",
        "</article>",
        "<h1>",
        "</h1>",
        "<a href=/x>",
        "</a>",
        "<table><tr><td>",
        "</table>",
        "<ul><li>",
        "</ul>",
        "<script type=application/ld+json>{\"@type\":\"NewsArticle\",",
        "</script>",
        "<!--",
        "-->",
        "<title>",
        "<meta property=og:title content='x",
        "&amp;",
        "&#0;",
        "<svg>",
        "Delegations met in Geneva on Monday, officials said. ",
        "Читайте також: ",
        "<br><br>",
        "<span hidden>",
        "<select><option>",
        "<form>",
        "<figure>",
        "<blockquote>",
        "\u{0}",
        "<",
        ">",
    ]);
    prop::collection::vec(pieces, 0..120).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn broken_markup_never_panics_and_gives_only_words_of_the_page(html in markup()) {
        let cleaned = clean_page(&html);
        for word in cleaned.article.text.split(|letter: char| !letter.is_alphanumeric()).filter(|word| word.len() > 3) {
            prop_assert!(html.contains(word), "{word}");
        }
    }

    #[test]
    fn any_bytes_are_cleaned_without_a_panic(body in prop::collection::vec(any::<u8>(), 0..600)) {
        let cleaned = clean(&PageInput { url: Some(URL), content_type: None, body: &body }, &HostMemory::default(), now());
        let has_nul = cleaned.article.text.contains('\0');
        prop_assert!(!has_nul);
    }

    #[test]
    fn a_changed_byte_or_a_cut_never_panics(at in 0usize..1_500, byte in any::<u8>(), end in 0usize..1_500) {
        let mut body = page("<p class=standfirst>Nine hours by the lake.</p>", "<ul><li>One</li></ul>", "").into_bytes();
        if let Some(place) = body.get_mut(at) {
            *place = byte;
        }
        body.truncate(end.max(10));
        let _ = clean(&PageInput { url: Some(URL), content_type: None, body: &body }, &HostMemory::default(), now());
    }

    #[test]
    fn cleaning_the_text_again_changes_nothing(words in prop::collection::vec("[a-zа-яії]{3,9}", 12..40)) {
        let sentence = format!("{}.", words.join(" "));
        let html = format!("<html><body><h1>A headline for it</h1><p>{sentence}</p><p>{sentence} {sentence}</p></body></html>");
        let once = clean_page(&html).article.text;
        let paragraphs: String = once.split("\n\n").map(|paragraph| format!("<p>{paragraph}</p>")).collect();
        let again = clean_page(&format!("<html><body><h1>A headline for it</h1>{paragraphs}</body></html>")).article.text;
        prop_assert_eq!(once, again);
    }
}
