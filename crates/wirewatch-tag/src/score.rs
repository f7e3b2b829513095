//! From hits to scores.
//!
//! A topic is measured by how much speaks for it (each further hit of the same term counts less), by
//! its share of everything that speaks for any topic, by its density, and by what headline and lead
//! say of it. Relevance is measured alike on its own vocabulary, with the spread over the text and
//! what speaks against it. A logistic function over these few measures gives the score; its
//! coefficients are one set for all topics, fitted on labelled articles, so they say how measures
//! weigh against each other and nothing about single topics. What differs by topic is its threshold.

/// What speaks for a topic in one article.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct TopicMeasure {
    /// Weights of its hits, repeats of a term counted less, background counted little.
    pub mass: f32,
    /// The part of `mass` that stands in the headline.
    pub headline: f32,
    /// The part of `mass` that stands in the lead.
    pub lead: f32,
    /// Different terms found.
    pub terms: f32,
    /// `mass` over the mass of all topics, 0 to 1.
    pub share: f32,
    /// `mass` for every 100 words.
    pub density: f32,
    /// 0 to 1.
    pub score: f32,
}

/// What speaks for the article belonging to the story.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct RelevanceMeasure {
    /// Weights of the hits.
    pub mass: f32,
    /// The part of `mass` that stands in the headline.
    pub headline: f32,
    /// The part of `mass` that stands in the lead.
    pub lead: f32,
    /// `mass` for every 100 words.
    pub density: f32,
    /// Share of the text's eighths that hold a hit, 0 to 1.
    pub spread: f32,
    /// Weights of what speaks against it, over those and `mass`, 0 to 1.
    pub against: f32,
    /// 0 to 1.
    pub score: f32,
}

impl TopicMeasure {
    /// Sets the score from the measures.
    pub(crate) fn judge(&mut self) {
        let sum = -3.0
            + 0.6 * self.mass.max(0.0).ln_1p()
            + 3.0 * self.share
            + 0.5 * self.density.max(0.0).ln_1p()
            + 0.5 * self.headline.max(0.0).ln_1p()
            + 0.5 * self.lead.max(0.0).ln_1p();
        self.score = if self.mass > 0.0 { logistic(sum) } else { 0.0 };
    }
}

impl RelevanceMeasure {
    /// Sets the score from the measures.
    pub(crate) fn judge(&mut self) {
        let sum = -3.0
            + 0.8 * self.mass.ln_1p()
            + 1.0 * self.density.ln_1p()
            + 0.8 * self.headline.ln_1p()
            + 0.5 * self.lead.ln_1p()
            + 1.0 * self.spread
            - 2.0 * self.against;
        self.score = if self.mass > 0.0 { logistic(sum) } else { 0.0 };
    }
}

fn logistic(sum: f32) -> f32 {
    1.0 / (1.0 + (-sum).exp())
}
