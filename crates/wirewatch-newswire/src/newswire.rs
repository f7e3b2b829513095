//! The built-in press as a site: what each host answers on each path at each moment.

use crate::conditional::{Coded, Document, StepTag};
use crate::content::{Article, Content, ContentError, Version};
use crate::feeds::{self, EntryView, FeedView};
use crate::layout::{Layouts, PageView};
use crate::raw::{FeedFormat, FeedText, FeedValidators, RawFeed, RawOutlet};
use crate::site;
use crate::text::escape;
use jiff::Timestamp;
use jiff::tz::Offset;
use std::collections::HashMap;
use wirewatch_model::Stamp;
use xxhash_rust::xxh3::xxh3_64;

/// How many other articles a page links to.
const RELATED: usize = 4;

/// The values a page layout gets from its article and outlet.
#[cfg(test)]
pub(crate) const VALUE_NAMES: &[&str] = &[
    "author",
    "body",
    "canonical",
    "comments",
    "feed_type",
    "feed_url",
    "home",
    "image",
    "json_ld",
    "language",
    "modified_iso",
    "name",
    "published_iso",
    "published_text",
    "related",
    "section",
    "section_url",
    "site",
    "summary",
    "tagline",
    "text",
    "title",
    "url",
    "words",
    "charset",
];

/// Contents, layouts and where everything is.
#[derive(Debug)]
pub(crate) struct Newswire {
    pub(crate) content: Content,
    layouts: Layouts,
    feeds: Vec<FeedState>,
    routes: HashMap<(String, String), Route>,
}

/// A feed with the events that change it.
#[derive(Debug)]
pub(crate) struct FeedState {
    pub(crate) outlet: usize,
    pub(crate) feed: RawFeed,
    pub(crate) articles: Vec<usize>,
    /// Places in the timeline, rising, each with the Last-Modified it brings.
    events: Vec<(usize, Timestamp)>,
    hash: u64,
}

#[derive(Clone, Copy, Debug)]
enum Route {
    Feed(usize),
    Page(usize),
    Redirect(usize),
    Robots(usize),
    Front(usize),
}

/// What a path answers.
pub(crate) enum Found {
    Document(Document),
    Redirect(String),
    Nothing,
}

impl Newswire {
    pub(crate) fn new(content: Content) -> Result<Self, ContentError> {
        let layouts = Layouts::builtin()?;
        for outlet in &content.outlets {
            layouts.check(&outlet.layout, &outlet.language)?;
        }
        let mut newswire = Self { content, layouts, feeds: Vec::new(), routes: HashMap::new() };
        newswire.feeds = newswire.all_feeds();
        newswire.routes = newswire.all_routes();
        for place in 0..newswire.feeds.len() {
            let hash = xxh3_64(&newswire.feed_body(&newswire.feeds[place], newswire.content.events));
            newswire.feeds[place].hash = hash;
        }
        Ok(newswire)
    }

    /// Every feed, in the order of the outlets.
    pub(crate) fn feeds(&self) -> impl Iterator<Item = (&RawOutlet, &FeedState)> {
        self.feeds.iter().map(|state| (&self.content.outlets[state.outlet], state))
    }

    /// What a host answers on a path when `visible` events are out.
    pub(crate) fn get(&self, host: &str, path: &str, visible: usize) -> Found {
        let plain = path.split('?').next().unwrap_or_default();
        let Some(route) = self.routes.get(&(host.to_owned(), plain.to_owned())) else {
            return Found::Nothing;
        };
        match *route {
            Route::Feed(place) => Found::Document(self.feed(&self.feeds[place], visible)),
            Route::Page(place) => self.page(place, visible).map_or(Found::Nothing, Found::Document),
            Route::Redirect(place) => {
                let article = &self.content.articles[place];
                match article.version_at(visible) {
                    Some(_) => Found::Redirect(self.address(article)),
                    None => Found::Nothing,
                }
            }
            Route::Robots(place) => Found::Document(site::robots(&self.content.outlets[place])),
            Route::Front(place) => Found::Document(self.front(place, visible)),
        }
    }

    /// The address of an article's page.
    pub(crate) fn address(&self, article: &Article) -> String {
        self.content.outlets[article.outlet].address(&article.path)
    }

    /// The link a feed announces, tracking parameters and all.
    pub(crate) fn announced(&self, feed: &RawFeed, article: &Article) -> Option<String> {
        if article.quirks.without_link {
            return None;
        }
        let outlet = &self.content.outlets[article.outlet];
        let mut link = match article.quirks.redirected {
            true => outlet.address(&redirect_path(article)),
            false => self.address(article),
        };
        if let Some(tracking) = &feed.tracking {
            link.push('?');
            link.push_str(tracking);
        }
        Some(link)
    }

    /// The id an entry carries, in the form its format asks for.
    pub(crate) fn entry_id(&self, feed: &RawFeed, article: &Article) -> Option<String> {
        if article.quirks.without_id {
            return None;
        }
        let outlet = &self.content.outlets[article.outlet];
        Some(match feed.format {
            FeedFormat::Rss2 => format!("{}:{}", outlet.id, article.id),
            FeedFormat::Atom => format!("tag:{},2022:{}", outlet.host(), article.id),
            FeedFormat::Rss1 | FeedFormat::Json => self.address(article),
        })
    }

    fn all_feeds(&self) -> Vec<FeedState> {
        let mut feeds = Vec::new();
        for (outlet, raw) in self.content.outlets.iter().enumerate() {
            for feed in &raw.feed {
                let articles = self.articles_of(outlet, feed);
                let events = self.events_of(&articles);
                feeds.push(FeedState { outlet, feed: feed.clone(), articles, events, hash: 0 });
            }
        }
        feeds
    }

    fn articles_of(&self, outlet: usize, feed: &RawFeed) -> Vec<usize> {
        let belongs = |article: &Article| {
            article.outlet == outlet
                && feed.section.as_ref().is_none_or(|section| *section == article.section)
        };
        let all = self.content.articles.iter().enumerate();
        all.filter(|(_, article)| belongs(article)).map(|(place, _)| place).collect()
    }

    /// The events of some articles; each brings a Last-Modified at least a second later.
    fn events_of(&self, articles: &[usize]) -> Vec<(usize, Timestamp)> {
        let versions = articles.iter().flat_map(|place| &self.content.articles[*place].versions);
        let mut events: Vec<(usize, Timestamp)> =
            versions.map(|version| (version.event, version.at.instant())).collect();
        events.sort();
        for place in 1..events.len() {
            let next = Timestamp::from_second(events[place - 1].1.as_second() + 1).unwrap_or(Timestamp::MAX);
            events[place].1 = events[place].1.max(next);
        }
        events
    }

    fn all_routes(&self) -> HashMap<(String, String), Route> {
        let mut routes = HashMap::new();
        for (place, outlet) in self.content.outlets.iter().enumerate() {
            routes.insert((outlet.host(), "/robots.txt".to_owned()), Route::Robots(place));
            routes.insert((outlet.host(), "/".to_owned()), Route::Front(place));
        }
        for (place, article) in self.content.articles.iter().enumerate() {
            let host = self.content.outlets[article.outlet].host();
            if !article.quirks.page_missing {
                routes.insert((host.clone(), article.path.clone()), Route::Page(place));
            }
            if article.quirks.redirected {
                routes.insert((host, redirect_path(article)), Route::Redirect(place));
            }
        }
        for (place, state) in self.feeds.iter().enumerate() {
            let host = self.content.outlets[state.outlet].host();
            routes.insert((host, state.feed.path.clone()), Route::Feed(place));
        }
        routes
    }

    fn feed(&self, state: &FeedState, visible: usize) -> Document {
        let outlet = &self.content.outlets[state.outlet];
        let step = state.events.partition_point(|(event, _)| *event < visible);
        let last_modified = step.checked_sub(1).map(|last| state.events[last].1);
        let validators = state.feed.validators;
        // A feed without entries has nothing to date itself by: it always carries its tag.
        let with_tag = validators != FeedValidators::LastModified || last_modified.is_none();
        Document {
            content_type: state.feed.format.content_type(outlet.charset),
            body: Coded::Plain(self.feed_body(state, visible)),
            etag: with_tag.then_some(StepTag { hash: state.hash, step }),
            last_modified: last_modified.filter(|_| validators != FeedValidators::Etag),
        }
    }

    fn feed_body(&self, state: &FeedState, visible: usize) -> Vec<u8> {
        let outlet = &self.content.outlets[state.outlet];
        let mut shown: Vec<(&Article, &Version)> = state
            .articles
            .iter()
            .map(|place| &self.content.articles[*place])
            .filter_map(|article| article.version_at(visible).map(|(_, version)| (article, version)))
            .collect();
        shown.sort_by_key(|(article, _)| std::cmp::Reverse(article.published.instant()));
        let entries =
            shown.iter().map(|(article, version)| self.entry(&state.feed, article, version)).collect();
        let view = FeedView {
            title: &state.feed.title,
            site: outlet.address("/"),
            address: outlet.address(&state.feed.path),
            description: &outlet.tagline,
            language: &outlet.language,
            charset: outlet.charset,
            updated: shown.iter().map(|(_, version)| version.at).max_by_key(Stamp::instant),
            entries,
        };
        feeds::write(state.feed.format, &view)
    }

    fn entry(&self, feed: &RawFeed, article: &Article, version: &Version) -> EntryView {
        let full = feed.text == FeedText::Full;
        let html = || version.paragraphs.iter().map(|text| format!("<p>{}</p>", escape(text))).collect();
        EntryView {
            id: self.entry_id(feed, article),
            link: self.announced(feed, article),
            title: version.title.clone(),
            author: article.author.clone(),
            published: article.published,
            updated: (version.at != article.published).then_some(version.at),
            summary: Some(version.summary.clone()),
            content_html: full.then(html),
            section: article.section.clone(),
        }
    }

    fn page(&self, place: usize, visible: usize) -> Option<Document> {
        let article = &self.content.articles[place];
        let outlet = &self.content.outlets[article.outlet];
        let (step, version) = article.version_at(visible)?;
        let last = &article.versions[article.versions.len() - 1];
        let hash = xxh3_64(self.page_html(place, last).as_bytes());
        Some(Document {
            content_type: format!("text/html; charset={}", outlet.charset.label()),
            body: Coded::Plain(outlet.charset.encode(self.page_html(place, version))),
            etag: Some(StepTag { hash, step }),
            last_modified: Some(version.at.instant()),
        })
    }

    fn page_html(&self, place: usize, version: &Version) -> String {
        let article = &self.content.articles[place];
        let outlet = &self.content.outlets[article.outlet];
        let view = PageView {
            values: self.values(article, outlet, version),
            paragraphs: &version.paragraphs,
            related: self.related(place),
            language: &outlet.language,
        };
        self.layouts.render(&outlet.layout, &view)
    }

    fn values(
        &self,
        article: &Article,
        outlet: &RawOutlet,
        version: &Version,
    ) -> HashMap<&'static str, String> {
        let labels = self.layouts.labels(&outlet.language);
        let section = labels.and_then(|labels| labels.sections.get(&article.section));
        let date_format = labels.map_or("%Y-%m-%d", |labels| labels.date_format.as_str());
        let url = self.address(article);
        let canonical = article.canonical.map_or(url.clone(), |of| self.address(&self.content.articles[of]));
        let author = article.author.clone().unwrap_or_else(|| outlet.name.clone());
        let image = outlet.address(&format!("/media/{}.jpg", article.id));
        let first_feed = &outlet.feed[0];
        let json_ld = serde_json::json!({
            "@context": "https://schema.org",
            "@type": "NewsArticle",
            "mainEntityOfPage": canonical,
            "headline": version.title,
            "description": version.summary,
            "datePublished": article.published.to_string(),
            "dateModified": version.at.to_string(),
            "inLanguage": outlet.language,
            "image": [image],
            "author": { "@type": if article.author.is_some() { "Person" } else { "Organization" }, "name": author },
            "publisher": { "@type": "Organization", "name": outlet.name },
        });
        HashMap::from([
            // `</` would end the script element.
            ("json_ld", json_ld.to_string().replace("</", "<\\/")),
            ("canonical", canonical),
            ("url", url),
            ("author", author),
            ("image", image),
            ("title", version.title.clone()),
            ("summary", version.summary.clone()),
            ("site", outlet.name.clone()),
            ("tagline", outlet.tagline.clone()),
            ("language", outlet.language.clone()),
            ("charset", outlet.charset.label().to_owned()),
            ("home", outlet.address("/")),
            ("feed_url", outlet.address(&first_feed.path)),
            ("feed_type", first_feed.format.media_type().to_owned()),
            ("section", section.unwrap_or(&article.section).clone()),
            ("section_url", outlet.address(&format!("/{}/", article.section))),
            ("published_iso", article.published.to_string()),
            ("modified_iso", version.at.to_string()),
            ("published_text", local(article.published, date_format)),
        ])
    }

    /// Other articles of the outlet, the same ones at every moment.
    fn related(&self, place: usize) -> Vec<(String, &str)> {
        let articles = &self.content.articles;
        let outlet = articles[place].outlet;
        let (before, after) = articles.split_at(place);
        let others = after[1..].iter().chain(before).filter(|other| {
            other.outlet == outlet && other.versions[0].edition == 1 && !other.quirks.without_link
        });
        others.take(RELATED).map(|other| (self.address(other), other.versions[0].title.as_str())).collect()
    }

    fn front(&self, place: usize, visible: usize) -> Document {
        let articles = self
            .content
            .articles
            .iter()
            .filter(|article| article.outlet == place && !article.quirks.without_link);
        let shown = articles.filter_map(|article| {
            article.version_at(visible).map(|(_, version)| (article.path.as_str(), version.title.as_str()))
        });
        site::front(&self.content.outlets[place], shown)
    }
}

fn redirect_path(article: &Article) -> String {
    format!("/go/{}", article.id)
}

/// A time as a reader of the site sees it, in the offset it was written in.
fn local(stamp: Stamp, format: &str) -> String {
    let offset = match stamp {
        Stamp::Instant { offset_secs: Some(secs), .. } => Offset::from_seconds(secs).unwrap_or(Offset::UTC),
        _ => Offset::UTC,
    };
    offset.to_datetime(stamp.instant()).strftime(format).to_string()
}

#[cfg(test)]
mod tests;
