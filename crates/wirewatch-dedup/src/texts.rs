//! The texts held in memory for verification, least recently used out first.

use crate::features::{Features, View};
use crate::hashing::HashMap;
use crate::lines::LineCounts;
use std::collections::BTreeMap;
use xxhash_rust::xxh3::xxh3_64;

/// A text with its latest view.
#[derive(Debug)]
pub(crate) struct Text {
    pub(crate) features: Features,
    pub(crate) publisher: u32,
    /// The first text of a revised article.
    pub(crate) earlier: Option<Box<Text>>,
    view: Option<(u64, View)>,
    used: u64,
}

impl Text {
    pub(crate) fn new(features: Features, publisher: u32) -> Self {
        Self { features, publisher, earlier: None, view: None, used: 0 }
    }

    /// The earliest text known of an article that now gets another.
    pub(crate) fn first(mut self) -> Box<Self> {
        self.earlier.take().unwrap_or_else(|| Box::new(self))
    }

    /// The text without what is stock by now.
    pub(crate) fn view(&mut self, lines: &LineCounts) -> &View {
        let publisher = self.publisher;
        let mask = self.features.lines.iter().fold(0u64, |mask, line| {
            mask.wrapping_mul(0x9E37_79B9_7F4A_7C15)
                .wrapping_add(1 + u64::from(lines.is_stock(line, publisher)))
        });
        if self.view.as_ref().is_none_or(|(of, _)| *of != mask) {
            self.view = None;
        }
        &self.view.get_or_insert_with(|| (mask, self.features.view(|line| lines.is_stock(line, publisher)))).1
    }
}

#[derive(Debug)]
pub(crate) struct Texts {
    held: HashMap<i64, Text>,
    order: BTreeMap<u64, i64>,
    clock: u64,
    capacity: usize,
}

impl Texts {
    pub(crate) fn new(capacity: usize) -> Self {
        Self { held: HashMap::default(), order: BTreeMap::new(), clock: 0, capacity }
    }

    pub(crate) fn contains(&self, id: i64) -> bool {
        self.held.contains_key(&id)
    }

    pub(crate) fn get(&mut self, id: i64) -> Option<&mut Text> {
        let text = self.held.get_mut(&id)?;
        self.clock += 1;
        self.order.remove(&text.used);
        text.used = self.clock;
        self.order.insert(self.clock, id);
        Some(text)
    }

    pub(crate) fn insert(&mut self, id: i64, mut text: Text) {
        let _ = self.remove(id);
        self.clock += 1;
        text.used = self.clock;
        self.order.insert(self.clock, id);
        self.held.insert(id, text);
        while self.held.len() > self.capacity {
            let Some((_, oldest)) = self.order.pop_first() else { break };
            self.held.remove(&oldest);
        }
    }

    pub(crate) fn remove(&mut self, id: i64) -> Option<Text> {
        let text = self.held.remove(&id)?;
        self.order.remove(&text.used);
        Some(text)
    }
}

/// Publishers are compared by hash; the empty name is no publisher.
pub(crate) fn publisher_hash(publisher: &str) -> u32 {
    xxh3_64(publisher.as_bytes()) as u32
}
