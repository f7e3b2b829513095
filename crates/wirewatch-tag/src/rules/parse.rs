//! From the tables of the files to [`Rules`].

use super::reader::{Section, Source, nearest};
use super::{Context, Entity, Rules, RulesError, SeedReference, Spelling, Topic, WeightedTerm};
use crate::language::LANGUAGES;
use crate::seed::parse_paragraphs;
use crate::term::{BadTerm, Term};
use wirewatch_model::EntityKind;

/// The threshold of a topic that names none.
const THRESHOLD: f32 = 0.5;
/// Topics, contexts and entities are numbered in 16 bits.
const NUMBERED_MAX: usize = u16::MAX as usize;
const TOO_MANY: &str = "is one too many: 65,535 of a kind are the most";

/// Reads `topics.toml`, or a local file over it.
pub(crate) fn topics_file(rules: &mut Rules, file: &str, text: &str, local: bool) -> Result<(), RulesError> {
    let mut top = Source::new(file, text).parse()?;
    for section in top.sections("context")? {
        context(rules, section)?;
    }
    if let Some(section) = top.section("background")? {
        background(rules, section)?;
    }
    match top.section("relevance")? {
        Some(section) => relevance(rules, section, local)?,
        None if local => {}
        None => return Err(top.missing("relevance")),
    }
    let mut seen = Vec::new();
    for section in top.sections("topic")? {
        let line = section.line_of();
        let slug = topic(rules, section, local)?;
        if seen.contains(&slug) {
            return Err(top.complaint_at(line, "topic.slug", format!("'{slug}' is there twice")));
        }
        seen.push(slug);
    }
    if !local && seen.is_empty() {
        return Err(top.missing("topic"));
    }
    top.finish()
}

fn context(rules: &mut Rules, mut section: Section<'_>) -> Result<(), RulesError> {
    let name = section.required_text("name")?;
    let terms = plain_terms(&mut section)?;
    match rules.contexts.iter().position(|context| context.name == name) {
        Some(known) => rules.contexts[known].terms.extend(terms),
        None if rules.contexts.len() >= NUMBERED_MAX => return Err(section.complaint("name", TOO_MANY)),
        None => rules.contexts.push(Context { name, terms }),
    }
    section.finish()
}

fn background(rules: &mut Rules, mut section: Section<'_>) -> Result<(), RulesError> {
    if let Some(counts) = section.number("counts", 0.0..=1.0)? {
        rules.background.counts = counts;
    }
    rules.background.cues.extend(plain_terms(&mut section)?);
    section.finish()
}

fn relevance(rules: &mut Rules, mut section: Section<'_>, local: bool) -> Result<(), RulesError> {
    match section.number("threshold", 0.0..=1.0)? {
        Some(threshold) => rules.relevance.threshold = threshold,
        None if local => {}
        None => return Err(section.missing("threshold")),
    }
    if let Some(topics_from) = section.number("topics_from", 0.0..=1.0)? {
        rules.relevance.topics_from = topics_from;
    }
    for group in section.sections("terms")? {
        rules.relevance.terms.extend(term_group(rules, group, 0.0..=10.0)?);
    }
    for group in section.sections("negative")? {
        rules.relevance.negative.extend(term_group(rules, group, 0.0..=10.0)?);
    }
    section.finish()
}

/// The key terms of the seed profiles join the vocabulary of relevance at their own weight.
pub(crate) fn seed_terms(rules: &mut Rules) {
    let key_terms = rules.seeds.iter().flat_map(|seed| &seed.key_terms);
    let terms = key_terms.filter_map(|key_term| {
        // The profile was refused when a key term could not be searched for.
        let term = Term::parse(&key_term.term).ok()?;
        Some(WeightedTerm { term, weight: key_term.weight, near: None })
    });
    let terms: Vec<WeightedTerm> = terms.collect();
    rules.relevance.terms.extend(terms);
}

/// Reads one `[[topic]]` and gives its slug.
fn topic(rules: &mut Rules, mut section: Section<'_>, local: bool) -> Result<String, RulesError> {
    let slug = section.required_text("slug")?;
    if slug.starts_with('-') || !slug.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-')) {
        return Err(section.complaint("slug", format!("'{slug}' may hold a-z, 0-9 and '-' only")));
    }
    let known = if local { rules.topics.iter().position(|topic| topic.slug == slug) } else { None };
    let mut topic = match known {
        Some(at) => rules.topics[at].clone(),
        None => Topic {
            title: String::new(),
            definition: String::new(),
            belongs: Vec::new(),
            does_not_belong: Vec::new(),
            seeds: Vec::new(),
            threshold: THRESHOLD,
            off: false,
            terms: Vec::new(),
            slug,
        },
    };
    for (key, into) in [("title", &mut topic.title), ("definition", &mut topic.definition)] {
        match section.text(key)? {
            Some(text) if !text.is_empty() => *into = text,
            _ if known.is_some() => {}
            _ => return Err(section.missing(key)),
        }
    }
    topic.threshold = section.number("threshold", 0.0..=1.0)?.unwrap_or(topic.threshold);
    topic.off = section.flag("off")?;
    topic.belongs.extend(section.texts("belongs")?.into_iter().map(|(text, _)| text));
    topic.does_not_belong.extend(section.texts("does_not_belong")?.into_iter().map(|(text, _)| text));
    for (text, line) in section.texts("seeds")? {
        topic.seeds.push(seed_reference(rules, &section, &text, line)?);
    }
    for (removed, line) in section.texts("remove")? {
        let before = topic.terms.len();
        topic.terms.retain(|term| term.term.written != removed);
        if topic.terms.len() == before {
            let terms = topic.terms.iter().map(|term| term.term.written.as_str());
            let hint = nearest(&removed, terms).map(|term| format!(", nearest is '{term}'"));
            let message = format!("'{removed}' is no term of it{}", hint.unwrap_or_default());
            return Err(section.complaint_at(line, "remove", message));
        }
    }
    for group in section.sections("terms")? {
        let terms = term_group(rules, group, -10.0..=10.0)?;
        topic.terms.extend(terms);
    }
    if topic.terms.is_empty() && !topic.off {
        return Err(section.missing("terms"));
    }
    if known.is_none() && rules.topics.len() >= NUMBERED_MAX {
        return Err(section.complaint("slug", TOO_MANY));
    }
    section.finish()?;
    let slug = topic.slug.clone();
    match known {
        Some(at) => rules.topics[at] = topic,
        None => rules.topics.push(topic),
    }
    Ok(slug)
}

/// `NAME ¶5-6 ¶19`
fn seed_reference(
    rules: &Rules,
    section: &Section<'_>,
    text: &str,
    line: usize,
) -> Result<SeedReference, RulesError> {
    let (name, paragraphs) = text.split_once(' ').unwrap_or((text, ""));
    if !rules.seeds.iter().any(|seed| seed.name == name) {
        let hint = nearest(name, rules.seeds.iter().map(|seed| seed.name.as_str()));
        let hint = hint.map(|name| format!(", nearest is '{name}'")).unwrap_or_default();
        return Err(section.complaint_at(line, "seeds", format!("names no seed profile: '{name}'{hint}")));
    }
    match parse_paragraphs(paragraphs) {
        Some(paragraphs) => Ok(SeedReference { seed: name.to_owned(), paragraphs }),
        None => Err(section.complaint_at(line, "seeds", format!("is not 'NAME ¶1-2 ¶4': '{text}'"))),
    }
}

/// Terms of one weight: a list per language, `any` for spellings that all share.
fn term_group(
    rules: &Rules,
    mut group: Section<'_>,
    weights: std::ops::RangeInclusive<f32>,
) -> Result<Vec<WeightedTerm>, RulesError> {
    let weight = group.number("weight", weights)?.unwrap_or(1.0);
    // A note is for the reader of the file.
    group.text("note")?;
    let near = match group.text("near")? {
        None => None,
        Some(name) => match rules.contexts.iter().position(|context| context.name == name) {
            Some(at) => {
                Some(u16::try_from(at).map_err(|_| group.complaint("near", "has too many contexts"))?)
            }
            None => {
                let known = rules.contexts.iter().map(|context| context.name.as_str());
                let hint = nearest(&name, known).map(|name| format!(", nearest is '{name}'"));
                let message = format!("names no context: '{name}'{}", hint.unwrap_or_default());
                return Err(group.complaint("near", message));
            }
        },
    };
    let terms = plain_terms(&mut group)?;
    group.finish()?;
    Ok(terms.into_iter().map(|term| WeightedTerm { term, weight, near }).collect())
}

/// The lists under the language keys of a section.
fn plain_terms(section: &mut Section<'_>) -> Result<Vec<Term>, RulesError> {
    let mut terms: Vec<Term> = Vec::new();
    for language in LANGUAGES.into_iter().chain(["any"]) {
        for (written, line) in section.texts(language)? {
            let term = term(section, language, &written, line)?;
            // Languages share spellings; one of them is enough.
            if !terms.iter().any(|known| known.written.eq_ignore_ascii_case(&term.written)) {
                terms.push(term);
            }
        }
    }
    Ok(terms)
}

fn term(section: &Section<'_>, key: &str, written: &str, line: usize) -> Result<Term, RulesError> {
    Term::parse(written).map_err(|bad| {
        let message = match bad {
            BadTerm::Empty => format!("has a term without letters: '{written}'"),
            BadTerm::Start => format!("has a term that begins with no letter or digit: '{written}'"),
            BadTerm::Star => format!("has a term whose '*' does not end a word: '{written}'"),
            BadTerm::TooShort => format!("has a term too short to mean anything: '{written}'"),
        };
        section.complaint_at(line, key, message)
    })
}

/// Reads `entities.toml`.
pub(crate) fn entities_file(rules: &mut Rules, text: &str) -> Result<(), RulesError> {
    let mut top = Source::new("entities.toml", text).parse()?;
    for section in top.sections("entity")? {
        let line = section.line_of();
        let entity = entity(section)?;
        if rules.entities.iter().any(|known| known.id == entity.id) {
            return Err(top.complaint_at(line, "entity.id", format!("'{}' is there twice", entity.id)));
        }
        if rules.entities.len() >= NUMBERED_MAX {
            return Err(top.complaint_at(line, "entity.id", TOO_MANY));
        }
        rules.entities.push(entity);
    }
    top.finish()
}

fn entity(mut section: Section<'_>) -> Result<Entity, RulesError> {
    let id = section.required_text("id")?;
    let kind = section.required_text("kind")?;
    let kind = entity_kind(&kind).ok_or_else(|| {
        let known = "person, place, organisation, media, document, event";
        section.complaint("kind", format!("is '{kind}', known are {known}"))
    })?;
    let mut spellings = Vec::new();
    let mut name = None;
    let mut names = section.section("names")?.ok_or_else(|| section.missing("names"))?;
    for language in LANGUAGES {
        for (written, line) in names.texts(language)? {
            if language == "en" && name.is_none() {
                name = Some(written.clone());
            }
            let term = term(&names, language, &written, line)?;
            spellings.push(Spelling { term, only_in: None });
        }
    }
    let name = name.ok_or_else(|| names.missing("en"))?;
    names.finish()?;
    if let Some(mut stems) = section.section("stems")? {
        for language in LANGUAGES {
            for (written, line) in stems.texts(language)? {
                let term = term(&stems, language, &written, line)?;
                let only_in = written.is_ascii().then_some(language);
                spellings.push(Spelling { term, only_in });
            }
        }
        stems.finish()?;
    }
    section.finish()?;
    Ok(Entity { id, kind, name, spellings })
}

fn entity_kind(kind: &str) -> Option<EntityKind> {
    use EntityKind::{Document, Event, Media, Organisation, Person, Place};
    [Person, Place, Organisation, Media, Document, Event].into_iter().find(|known| known.as_str() == kind)
}
