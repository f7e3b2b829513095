//! What a request taught of its host beyond its own answer, until somebody keeps it for a restart.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};
use wirewatch_model::{HostPause, RobotsRules};

/// What waits at most. Nobody may be there to take it, and all of it can be learnt again.
const MOST: usize = 1024;

/// Something learnt of a host that should outlive a restart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Learnt {
    /// A host that had asked for pauses answers as it should: its strikes are over. It names no
    /// time to wait for.
    Answers(HostPause),
    /// The robots.txt of an origin was had.
    Robots(RobotsRules),
}

/// What was learnt and not yet taken.
#[derive(Debug, Default)]
pub(crate) struct Lessons(Mutex<VecDeque<Learnt>>);

impl Lessons {
    pub(crate) fn add(&self, learnt: Learnt) {
        // A plain list that is never left half-changed.
        let mut list = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if list.len() == MOST {
            list.pop_front();
        }
        list.push_back(learnt);
    }

    pub(crate) fn take(&self) -> Vec<Learnt> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner)).into()
    }
}
