//! `GET /v1/items`.

use crate::{answer::ApiError, readers::Readers};
use axum::{
    Json,
    extract::{RawQuery, State},
};
use serde::Serialize;
use wirewatch_model::{Copies, Item, ItemFilter, ItemOrder, Seq};

/// Items of one answer when nobody says otherwise.
const USUAL: u32 = 100;
/// Most items of one answer.
const MOST: u32 = 200;

/// One page of items, and where the next one begins.
#[derive(Serialize)]
pub(crate) struct Page {
    items: Vec<Item>,
    next: Seq,
}

pub(crate) async fn items(
    State(readers): State<Readers>,
    RawQuery(query): RawQuery,
) -> Result<Json<Page>, ApiError> {
    let question = Question::parse(query.as_deref().unwrap_or_default()).map_err(ApiError::bad_request)?;
    let filter = question.filter();
    let items = readers.ask(move |reader| reader.items(&filter)).await?;
    let next = items.last().map_or(question.after, |item| item.seq);
    Ok(Json(Page { items, next }))
}

#[derive(Debug, PartialEq, Eq)]
struct Question {
    after: Seq,
    limit: u32,
}

impl Question {
    /// Reads the query string; an unknown parameter is a mistake, for ignoring it would answer another
    /// question than the one asked.
    fn parse(query: &str) -> Result<Self, String> {
        let mut question = Self { after: Seq(0), limit: USUAL };
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            match name {
                "after" => {
                    let after = value.parse().ok().filter(|after| *after >= 0);
                    question.after = Seq(after.ok_or("after must be a whole number from 0")?);
                }
                "limit" => {
                    let limit = value.parse().ok().filter(|limit| (1..=MOST).contains(limit));
                    question.limit = limit.ok_or(format!("limit must be between 1 and {MOST}"))?;
                }
                _ => return Err(format!("unknown parameter '{name}': there are after and limit")),
            }
        }
        Ok(question)
    }

    fn filter(&self) -> ItemFilter {
        ItemFilter {
            relevant: None,
            copies: Copies::Show,
            after: Some(self.after),
            order: ItemOrder::Seq,
            limit: self.limit,
            ..ItemFilter::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_have_defaults_and_bounds() {
        assert_eq!(Question::parse(""), Ok(Question { after: Seq(0), limit: 100 }));
        assert_eq!(Question::parse("limit=200&after=7"), Ok(Question { after: Seq(7), limit: 200 }));
        for query in [
            "limit=0",
            "limit=201",
            "limit=",
            "limit=ten",
            "after=-1",
            "after",
            "after=1.5",
            "page=2",
            "=",
            "After=1",
        ] {
            assert!(Question::parse(query).is_err(), "{query}");
        }
    }
}
