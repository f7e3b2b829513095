//! From hits to scores.
//!
//! A topic is measured by how much speaks for it (each further hit of the same term counts less), by
//! its share of everything that speaks for any topic, by its density, and by what headline and lead
//! say of it. Relevance is measured alike on its own vocabulary, with the spread over the text and
//! what speaks against it. A logistic function over these few measures gives the score; its
//! coefficients are one set for all topics, fitted by logistic regression on labelled articles, so they
//! say how measures weigh against each other and nothing about single topics. What differs by topic is
//! its threshold in `topics.toml`, fitted with them and shrunk towards the common one.

/// What speaks for a topic in one article.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct TopicMeasure {
    /// Weights of its hits, repeats of a term counted less, background counted little.
    pub mass: f32,
    /// The part of `mass` that stands in the headline.
    pub headline: f32,
    /// The part of `mass` that stands in the lead.
    pub lead: f32,
    /// `mass` over the mass of all topics, 0 to 1.
    pub share: f32,
    /// `lead` over what the lead says for all topics, 0 to 1.
    pub lead_share: f32,
    /// `mass` over that of the heaviest topic, 0 to 1.
    pub of_heaviest: f32,
    /// `mass` for every 100 words.
    pub density: f32,
    /// 0 to 1.
    pub score: f32,
}

/// What speaks for the article belonging to the story.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct RelevanceMeasure {
    /// Weights of the hits that name the conflict (terms of weight 1 and more).
    pub mass: f32,
    /// Weights of the hits that speak of it only beside Russia or Ukraine (terms with a context).
    pub tied: f32,
    /// Weights of the hits around it (lighter terms: the powers, their leaders).
    pub around: f32,
    /// How many different terms name it: an article that belongs to the story says more of it than one
    /// word, however short it is, and one that brushes it repeats a single name.
    pub named: f32,
    /// How many different terms are `tied`, each at most at its weight.
    pub named_tied: f32,
    /// What `mass` and `tied` have in the headline.
    pub headline: f32,
    /// What `mass` and `tied` have in the lead.
    pub lead: f32,
    /// What `around` has in headline and lead.
    pub around_opening: f32,
    /// `mass` for every 100 words.
    pub density: f32,
    /// Share of the text's stretches of some 25 words (at most eight) that hold a hit, 0 to 1.
    pub spread: f32,
    /// Weights of what speaks against it, over those, `mass` and `tied`, 0 to 1.
    pub against: f32,
    /// How close the article is to the wider confrontation of Russia and the West, 0 to 1: on it the
    /// topics lean, which some articles have that are not about this story.
    pub closeness: f32,
    /// 0 to 1.
    pub score: f32,
}

/// Completes the measures of an article of so many words and judges them.
pub(crate) fn judge(topics: &mut [TopicMeasure], relevance: &mut RelevanceMeasure, words: u32) {
    let hundreds = (words as f32 / 100.0).max(1.0);
    relevance.judge(hundreds);
    let positive = |part: fn(&TopicMeasure) -> f32| topics.iter().map(move |topic| part(topic).max(0.0));
    let all: f32 = positive(|topic| topic.mass).sum();
    let lead: f32 = positive(|topic| topic.lead).sum();
    let heaviest = positive(|topic| topic.mass).fold(0.0, f32::max);
    for topic in topics.iter_mut().filter(|topic| topic.mass > 0.0) {
        topic.share = topic.mass / all;
        topic.lead_share = topic.lead.max(0.0) / (lead + 1.0);
        topic.of_heaviest = topic.mass / heaviest;
        topic.density = topic.mass / hundreds;
        topic.judge(relevance.closeness);
    }
}

impl TopicMeasure {
    fn judge(&mut self, closeness: f32) {
        let sum = -7.71
            + 0.38 * self.mass.ln_1p()
            + 1.15 * self.share
            + 0.90 * self.density.ln_1p()
            + 0.60 * self.headline.max(0.0).ln_1p()
            + 0.23 * self.lead.max(0.0).ln_1p()
            + 0.91 * self.lead_share
            + 2.47 * self.of_heaviest
            + 3.59 * closeness;
        self.score = logistic(sum);
    }
}

impl RelevanceMeasure {
    fn judge(&mut self, hundreds: f32) {
        let all = self.mass + self.tied + self.around;
        if all <= 0.0 {
            return;
        }
        self.density = self.mass / hundreds;
        self.score = logistic(
            -4.01
                + 1.04 * self.named.ln_1p()
                + 0.27 * self.named_tied.ln_1p()
                + 0.28 * self.density.ln_1p()
                + 1.77 * self.headline.ln_1p()
                + 1.75 * self.lead.ln_1p()
                + 2.05 * self.spread
                - 3.05 * self.against,
        );
        // A plain scale rather than a fitted one: topics also belong to articles about the wider
        // confrontation, which the labels of relevance leave out.
        self.closeness = logistic(
            -3.0 + 0.8 * all.ln_1p()
                + (all / hundreds).ln_1p()
                + 0.8 * (self.headline + self.around_opening).ln_1p()
                + 0.5 * self.lead.ln_1p()
                + self.spread
                - 2.0 * self.against,
        );
    }
}

fn logistic(sum: f32) -> f32 {
    1.0 / (1.0 + (-sum).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn topic(mass: f32, headline: f32) -> TopicMeasure {
        TopicMeasure { mass, headline, ..TopicMeasure::default() }
    }

    #[test]
    fn the_topic_of_the_headline_beats_one_of_the_same_mass() {
        let mut topics = [topic(4.0, 3.0), topic(4.0, 0.0)];
        let mut relevance = RelevanceMeasure { mass: 10.0, ..RelevanceMeasure::default() };
        judge(&mut topics, &mut relevance, 300);
        assert!(topics[0].score > topics[1].score);
    }

    #[test]
    fn background_on_everything_else_lowers_a_topic() {
        let score_beside = |others: &[f32]| {
            let mut topics = vec![topic(4.0, 0.0)];
            topics.extend(others.iter().map(|mass| topic(*mass, 0.0)));
            let mut relevance = RelevanceMeasure { mass: 10.0, ..RelevanceMeasure::default() };
            judge(&mut topics, &mut relevance, 300);
            topics[0].score
        };
        assert!(score_beside(&[]) > score_beside(&[4.0, 4.0]));
        assert!(score_beside(&[4.0, 4.0]) > score_beside(&[9.0, 9.0]));
    }

    #[test]
    fn nothing_found_is_nothing() {
        let mut topics = [topic(0.0, 0.0), topic(-3.0, 0.0)];
        let mut relevance = RelevanceMeasure::default();
        judge(&mut topics, &mut relevance, 0);
        assert_eq!((topics[0].score, topics[1].score), (0.0, 0.0));
        assert_eq!((relevance.score, relevance.closeness), (0.0, 0.0));
    }

    #[test]
    fn many_terms_say_more_than_one_repeated() {
        let score_of = |named: f32| {
            let mut relevance = RelevanceMeasure { mass: 6.0, named, ..RelevanceMeasure::default() };
            judge(&mut [], &mut relevance, 120);
            relevance.score
        };
        assert!(score_of(4.0) > score_of(1.0));
    }

    #[test]
    fn what_speaks_against_lowers_relevance() {
        let score_with = |against: f32| {
            let mut relevance = RelevanceMeasure { mass: 5.0, against, ..RelevanceMeasure::default() };
            judge(&mut [], &mut relevance, 300);
            relevance.score
        };
        assert!(score_with(0.0) > score_with(0.5));
    }
}
