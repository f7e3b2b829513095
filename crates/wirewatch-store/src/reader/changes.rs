//! What a reader has not seen.

use super::Reader;
use crate::StoreError;
use crate::column::{Micros, rfc3339};
use serde::Serialize;
use wirewatch_model::{Item, ItemFilter, ItemOrder, Seq};

/// An article that changed, in its present state.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ChangeRow {
    /// The number of its latest change.
    pub seq: Seq,
    /// What that change was: the name of a [`ChangeKind`](wirewatch_model::ChangeKind).
    pub kind: String,
    /// When, RFC 3339.
    pub at: String,
    /// The article.
    pub item: Item,
}

/// A page of changes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Changes {
    /// In the order of their numbers, each article once with its latest.
    pub changes: Vec<ChangeRow>,
    /// Everything up to here has been looked at: what a reader may acknowledge.
    pub reached: Seq,
}

impl Reader {
    /// Articles that changed after `filter.after` and that the filter lets through, at most
    /// `filter.limit`. The order of the filter does not count: changes come in theirs.
    pub fn changes(&self, filter: &ItemFilter) -> Result<Changes, StoreError> {
        let filter = ItemFilter { order: ItemOrder::Seq, ..filter.clone() };
        let after = filter.after.unwrap_or_default();
        self.ask(|| {
            let last = self.last_seq()?.max(after);
            let items = self.list(&filter, None)?;
            let full = items.len() as u64 >= u64::from(filter.limit);
            let changes =
                items.into_iter().map(|item| self.change_of(item)).collect::<Result<Vec<_>, _>>()?;
            let reached = match changes.last() {
                Some(change) if full => change.seq,
                None if full => after,
                _ => last,
            };
            Ok(Changes { changes, reached })
        })
    }

    fn change_of(&self, item: Item) -> Result<ChangeRow, StoreError> {
        Ok(self.one("SELECT kind, at FROM change WHERE seq = ?1", [item.seq.0], |row| {
            Ok(ChangeRow { seq: item.seq, kind: row.get(0)?, at: rfc3339(row.get::<_, Micros>(1)?.0), item })
        })?)
    }
}
