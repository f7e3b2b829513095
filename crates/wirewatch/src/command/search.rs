//! `wirewatch search`: the text of the articles.

use super::{
    list::{FilterArgs, write_items},
    names,
};
use crate::{
    app::App,
    exit::{Exit, UsageError},
    output::printable,
};
use clap::{Args, ValueEnum};
use wirewatch_model::{ItemFilter, ItemOrder};
use wirewatch_store::{Database, RANKED_MATCHES};

/// Words of a query that are asked for: a text that holds more than so many is found by fewer.
const MOST_WORDS: usize = 16;
/// Letters of a query, blanks included.
const MOST_LETTERS: usize = 256;

#[derive(Debug, Args)]
pub(crate) struct SearchArgs {
    /// Words that must all stand in the article, in any inflected form
    #[arg(required = true, value_name = "WORD")]
    words: Vec<String>,
    #[command(flatten)]
    filter: FilterArgs,
    /// Order of the articles
    #[arg(long, value_enum, default_value_t = Order::Stored)]
    order: Order,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Order {
    /// Last stored first
    Stored,
    /// Latest time of the article first
    Time,
    /// Best match first
    Rank,
}

pub(crate) fn run(app: &mut App, args: &SearchArgs) -> anyhow::Result<Exit> {
    let order = match args.order {
        Order::Stored => ItemOrder::Stored,
        Order::Time => ItemOrder::Time,
        Order::Rank => ItemOrder::Rank,
    };
    let filter = ItemFilter { text: Some(words(&args.words)?), order, ..args.filter.filter(app) };
    let reader = Database::open_existing(app.database_path())?.reader()?;
    names::check_topics(app, &reader, &filter.topics)?;
    names::warn_of_unknown(&reader, &filter)?;
    let items = reader.items(&filter)?;
    if order != ItemOrder::Stored {
        tracing::info!("ordered among the last {RANKED_MATCHES} matches stored");
    }
    write_items(app, &items, args.filter.fail_empty)
}

/// The words that are asked for; those left out are named on the error stream.
fn words(typed: &[String]) -> Result<String, UsageError> {
    let (mut asked, mut left_out) = (Vec::new(), Vec::new());
    let mut letters = 0;
    for word in typed.iter().flat_map(|argument| argument.split_whitespace()) {
        if asked.contains(&word) {
            continue;
        }
        let longer = letters + word.chars().count() + usize::from(letters > 0);
        if word.contains(char::is_alphanumeric) && asked.len() < MOST_WORDS && longer <= MOST_LETTERS {
            letters = longer;
            asked.push(word);
        } else {
            left_out.push(word);
        }
    }
    if asked.is_empty() {
        return Err(UsageError(format!(
            "no word to search for: a word has a letter or digit and at most {MOST_LETTERS} of them"
        )));
    }
    if !left_out.is_empty() {
        let shown: String = printable(&left_out.join(" ")).chars().take(MOST_LETTERS).collect();
        tracing::warn!(
            "left out of the query (it takes {MOST_WORDS} words, {MOST_LETTERS} letters in all): {shown}"
        );
    }
    Ok(asked.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(typed: &[&str]) -> Result<String, UsageError> {
        words(&typed.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn only_words_are_asked_for_and_each_once() {
        assert_eq!(asked(&["gas  transit", "--", "gas", "\u{201c}"]).expect("words"), "gas transit");
    }

    #[test]
    fn a_long_query_ends_at_a_whole_word() {
        let many: Vec<String> = (0..100).map(|number| format!("w{number}")).collect();
        assert_eq!(words(&many).expect("words").split(' ').count(), MOST_WORDS);
        let (long, short) = ("x".repeat(200), "y".repeat(100));
        assert_eq!(asked(&[&long, &short, "z"]).expect("words"), format!("{long} z"));
    }

    #[test]
    fn a_query_needs_a_word() {
        for typed in [&[""][..], &["-", "\""], &["  "]] {
            assert!(asked(typed).expect_err("no word").0.starts_with("no word to search for"));
        }
        assert!(asked(&[&"x".repeat(1000)]).is_err());
    }
}
