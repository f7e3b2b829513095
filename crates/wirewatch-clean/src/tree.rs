//! Parsing with limits: html5ever is fed small pieces and looked at between them.
//!
//! `scraper::Html::parse_document` cannot be stopped, and a page of some kilobytes can keep an HTML
//! parser busy for minutes. The [pre-pass](crate::prepass) takes away the known ways to do that; the
//! limits here hold for the unknown ones.

use html5ever::ParseOpts;
use html5ever::driver;
use html5ever::tendril::{StrTendril, TendrilSink};
use html5ever::tree_builder::TreeBuilderOpts;
use scraper::{Html, HtmlTreeSink};
use std::time::{Duration, Instant};

/// Bytes given to the parser between two looks at the tree. At 8 KiB a node bomb overshoots fivefold.
const PIECE_BYTES: usize = 1_024;

/// Most nodes of a tree. The largest of 1,400 measured pages has 40,000.
pub(crate) const MAX_NODES: usize = 200_000;

/// Last resort against markup that is slow in a way not foreseen.
const MAX_PARSE: Duration = Duration::from_secs(1);

/// Parses a prepared page; of one that reaches a limit, what came before it.
pub(crate) fn parse(markup: &str) -> Html {
    let options = ParseOpts {
        tree_builder: TreeBuilderOpts { drop_doctype: true, ..TreeBuilderOpts::default() },
        ..ParseOpts::default()
    };
    let mut parser = driver::parse_document(HtmlTreeSink::new(Html::new_document()), options);
    let whole = StrTendril::from_slice(markup);
    let started = Instant::now();
    let mut at = 0;
    while at < markup.len() {
        let end = markup.floor_char_boundary(at + PIECE_BYTES).max(at + 1);
        let end = if markup.is_char_boundary(end) { end } else { markup.ceil_char_boundary(end) };
        parser.process(piece(&whole, at, end));
        at = end;
        let nodes = parser.tokenizer.sink.sink.0.borrow().tree.values().len();
        if nodes > MAX_NODES || started.elapsed() > MAX_PARSE {
            break;
        }
    }
    parser.finish()
}

/// A part of the markup that shares its bytes. Tendrils count in 32 bits; larger pages are refused
/// before they come here.
fn piece(whole: &StrTendril, from: usize, to: usize) -> StrTendril {
    let from = u32::try_from(from).unwrap_or(u32::MAX);
    let to = u32::try_from(to).unwrap_or(u32::MAX);
    whole.try_subtendril(from, to.saturating_sub(from)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_make_the_same_tree_as_the_whole() {
        let page =
            format!("<body>{}", "<div class=a><p>Переговори &amp; <a href=x>текст</a></p></div>".repeat(200));
        let parsed = parse(&page);
        assert_eq!(parsed.html(), Html::parse_document(&page).html());
    }

    #[test]
    fn a_page_of_too_many_nodes_is_cut_off() {
        let parsed = parse(&"<br>".repeat(300_000));
        assert!(parsed.tree.values().len() < MAX_NODES + 2_000);
    }
}
