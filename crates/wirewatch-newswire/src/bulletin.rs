//! Daily bulletins: one wording, other figures, dates and places every day.

use crate::content::{Article, ArticleKind, Builder, ContentError, Version};
use crate::raw::RawBulletin;
use crate::text::{fill, paragraphs};

/// The articles of one family, a day each.
pub(crate) fn days(builder: &Builder<'_>, raw: &RawBulletin) -> Result<Vec<Article>, ContentError> {
    raw.day.iter().map(|day| one_day(builder, raw, day)).collect()
}

fn one_day(
    builder: &Builder<'_>,
    raw: &RawBulletin,
    day: &crate::raw::RawBulletinDay,
) -> Result<Article, ContentError> {
    let filled = |text: &str| {
        fill(text, |name| day.values.get(name).map(String::as_str))
            .map_err(|name| builder.invalid(&day.id, format!("the day has no value for '{name}'")))
    };
    let published = builder.stamp(&day.id, &day.published)?;
    let version = Version {
        title: filled(&raw.title)?,
        summary: filled(&raw.summary)?,
        paragraphs: paragraphs(&filled(&raw.text)?),
        at: published,
        edition: day.edition,
        event: 0,
    };
    Ok(Article {
        id: day.id.clone(),
        outlet: builder.outlet(&day.id, &raw.outlet)?,
        section: raw.section.clone(),
        author: raw.author.clone(),
        published,
        kind: ArticleKind::Bulletin { family: raw.family.clone() },
        relevant: raw.relevant,
        topics: raw.topics.clone(),
        quirks: crate::raw::Quirks::default(),
        path: String::new(),
        canonical: None,
        versions: vec![version],
    })
}
