//! Feeds and pages for the tests, made of words in an order that a seed decides.

const WORDS: &[&str] = &[
    "minister", "border", "letter", "winter", "council", "harbour", "engine", "village", "market", "harvest",
    "signal", "bridge", "station", "garden", "measure", "journal", "castle", "window", "mirror", "planet",
    "ribbon", "copper", "timber", "valley", "shadow", "thunder", "orchard", "lantern", "compass", "anchor",
    "meadow", "canvas", "feather", "granite", "hammer", "island", "jacket", "kettle", "ladder", "magnet",
    "needle", "oyster", "pepper", "quarry", "rocket", "saddle", "tunnel", "velvet", "walnut", "yellow",
    "barley", "candle", "dragon", "ember", "falcon", "glacier", "hollow", "ivory", "jungle", "kernel",
];

/// A paragraph that no other seed gives.
pub fn paragraph(seed: u64) -> String {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut words = Vec::new();
    for place in 0..45 {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let word = WORDS[(state % WORDS.len() as u64) as usize];
        words.push(if place % 15 == 0 { capital(word) } else { word.to_owned() });
        if place % 15 == 14 {
            let last = words.len() - 1;
            words[last].push('.');
        }
    }
    words.join(" ")
}

fn capital(word: &str) -> String {
    word[..1].to_uppercase() + &word[1..]
}

/// A text of four paragraphs on the story.
pub fn text(seed: u64) -> String {
    let lead = format!(
        "Russian and Ukrainian negotiators met in Geneva for round {seed} of talks with NATO about the troops near the border of Ukraine."
    );
    let body: Vec<String> = (0..3).map(|part| paragraph(seed * 10 + part)).collect();
    format!("{lead}\n\n{}", body.join("\n\n"))
}

/// A page as a news site shows it.
pub fn page(title: &str, text: &str, canonical: Option<&str>) -> String {
    let paragraphs: String = text.split("\n\n").map(|paragraph| format!("<p>{paragraph}</p>\n")).collect();
    let canonical =
        canonical.map_or(String::new(), |address| format!("<link rel=\"canonical\" href=\"{address}\">"));
    format!(
        "<!doctype html><html lang=\"en\"><head><title>{title} | The Test</title>{canonical}\
         <meta property=\"og:title\" content=\"{title}\"></head><body>\
         <nav><a href=\"/\">Home</a> <a href=\"/world\">World</a></nav>\
         <article><h1>{title}</h1>{paragraphs}</article>\
         <footer>Contact</footer></body></html>"
    )
}

/// One item of a feed.
#[derive(Clone)]
pub struct Item {
    pub guid: String,
    pub link: Option<String>,
    pub title: String,
    pub description: String,
}

impl Item {
    pub fn new(host: &str, name: &str) -> Self {
        Self {
            guid: format!("tag:{name}"),
            link: Some(format!("http://{host}/news/2022/01/{name}.html")),
            title: format!("Talks on Ukraine, report {name}"),
            description: format!("A short word on the talks about Ukraine, number {name}."),
        }
    }
}

/// An RSS 2.0 feed of these items.
pub fn rss(items: &[Item]) -> String {
    let items: String = items
        .iter()
        .map(|item| {
            let link = item.link.as_ref().map_or(String::new(), |link| format!("<link>{link}</link>"));
            format!(
                "<item><guid isPermaLink=\"false\">{}</guid>{link}<title>{}</title><description>{}</description></item>",
                item.guid, item.title, item.description
            )
        })
        .collect();
    format!(
        "<?xml version=\"1.0\"?><rss version=\"2.0\"><channel><title>Test</title><link>http://x.example/</link>{items}</channel></rss>"
    )
}
