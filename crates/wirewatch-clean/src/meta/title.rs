//! The headline: what linked data, Open Graph, the visible heading and the window title agree on.

use crate::text;

/// What the page offers as its headline, as written.
#[derive(Debug, Default)]
pub(crate) struct TitleSources<'a> {
    pub(crate) linked: Option<&'a str>,
    pub(crate) open_graph: Option<&'a str>,
    pub(crate) twitter: Option<&'a str>,
    pub(crate) microdata: Option<&'a str>,
    /// Headings of the first level, in order.
    pub(crate) headings: Vec<&'a str>,
    pub(crate) window: Option<&'a str>,
    /// Names of the site: declared ones and the host.
    pub(crate) sites: &'a [String],
}

/// Chooses the headline. Two sources that agree win over one; among equals linked data comes first,
/// then the visible heading.
pub(crate) fn choose(sources: &TitleSources<'_>) -> String {
    let window = sources.window.map(|title| cut_site(title, sources.sites));
    let heading = best_heading(sources, window.as_deref());
    let candidates: Vec<(String, u32)> = [
        (sources.linked, 3),
        (sources.open_graph, 2),
        (heading, 3),
        (sources.microdata, 2),
        (sources.twitter, 1),
        (sources.window, 1),
    ]
    .into_iter()
    .filter_map(|(title, worth)| Some((cut_site(title?, sources.sites), worth)))
    .filter(|(title, _)| title.chars().any(char::is_alphanumeric) && !is_site(title, sources.sites))
    .collect();
    let folded: Vec<String> = candidates.iter().map(|(title, _)| text::folded(title)).collect();
    let score = |at: usize| -> u32 {
        (0..candidates.len())
            .filter(|other| folded[*other] == folded[at])
            .map(|other| candidates[other].1)
            .sum()
    };
    let mut best: Option<(usize, u32)> = None;
    for at in 0..candidates.len() {
        let score = score(at);
        if best.is_none_or(|(_, most)| score > most) {
            best = Some((at, score));
        }
    }
    match best {
        Some((at, _)) => without_kicker(&candidates[at].0, &folded),
        None => sources.window.or(sources.open_graph).map(text::one_line).unwrap_or_default(),
    }
}

/// `Kicker: Headline` without its kicker, when another source has the headline alone.
fn without_kicker(title: &str, folded: &[String]) -> String {
    if let Some((_, headline)) = title.split_once(": ") {
        let alone = text::folded(headline);
        // What goes on in lower case is the other half of one headline.
        let stands_alone = !headline.trim_start().starts_with(char::is_lowercase);
        if stands_alone && alone.len() > 15 && folded.contains(&alone) {
            return headline.trim().to_owned();
        }
    }
    title.to_owned()
}

/// The heading that the other sources confirm, else the only or the first one.
fn best_heading<'a>(sources: &TitleSources<'a>, window: Option<&str>) -> Option<&'a str> {
    let others: Vec<String> =
        [sources.linked, sources.open_graph, window].into_iter().flatten().map(text::folded).collect();
    let confirmed = sources.headings.iter().take(20).find(|heading| {
        let heading = text::folded(heading);
        heading.len() > 8 && others.iter().any(|other| *other == heading || other.starts_with(&heading))
    });
    confirmed.or_else(|| sources.headings.iter().find(|heading| text::weight(heading) >= 10)).copied()
}

/// Cuts `| Site` and `Site:` when what is cut is a name of the site, or short and last.
pub(crate) fn cut_site(title: &str, sites: &[String]) -> String {
    let mut title = text::one_line(title);
    for _ in 0..3 {
        let Some(shorter) = cut_once(&title, sites) else { break };
        title = shorter;
    }
    title
}

const SEPARATORS: &[&str] =
    &[" | ", " - ", " – ", " — ", " :: ", " · ", " » ", " « ", " • ", " ~ ", " / ", "｜", "|"];

fn cut_once(title: &str, sites: &[String]) -> Option<String> {
    let (at, separator) = SEPARATORS
        .iter()
        .filter_map(|separator| Some((title.rfind(separator)?, *separator)))
        .max_by_key(|(at, separator)| (*at, separator.len()))?;
    let (head, tail) = (title[..at].trim(), title[at + separator.len()..].trim());
    if !head.is_empty() && is_site(tail, sites) {
        return Some(head.to_owned());
    }
    let (at, separator) = SEPARATORS
        .iter()
        .filter_map(|separator| Some((title.find(separator)?, *separator)))
        .min_by_key(|(at, _)| *at)?;
    let (head, tail) = (title[..at].trim(), title[at + separator.len()..].trim());
    (!tail.is_empty() && is_site(head, sites)).then(|| tail.to_owned())
}

/// Whether a piece of a title names the site.
fn is_site(piece: &str, sites: &[String]) -> bool {
    let piece = text::folded(piece);
    !piece.is_empty()
        && sites.iter().any(|site| {
            let site = text::folded(site);
            site == piece
                || site.len() >= 4
                    && piece.len() >= 4
                    && (site.contains(&piece) || piece.contains(&site) && piece.len() <= site.len() * 3)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sites() -> Vec<String> {
        vec!["The Harbour Post".to_owned(), "harbourpost".to_owned()]
    }

    #[test]
    fn the_sites_name_is_cut_from_either_end() {
        assert_eq!(cut_site("Talks resume in Geneva | The Harbour Post", &sites()), "Talks resume in Geneva");
        assert_eq!(cut_site("The Harbour Post - Talks resume - again", &sites()), "Talks resume - again");
        assert_eq!(cut_site("Talks - and no end", &sites()), "Talks - and no end");
    }

    #[test]
    fn sources_that_agree_win() {
        let sites = sites();
        let sources = TitleSources {
            linked: Some("Geneva: what we know"),
            open_graph: Some("Talks resume in Geneva"),
            headings: vec!["The Harbour Post", "Talks resume in Geneva"],
            sites: &sites,
            ..TitleSources::default()
        };
        assert_eq!(choose(&sources), "Talks resume in Geneva");
    }

    #[test]
    fn a_page_without_any_source_has_no_title() {
        assert_eq!(choose(&TitleSources::default()), "");
    }
}
