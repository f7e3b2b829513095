//! Forgetting: maps that would grow with every host ever met.

use std::{collections::HashMap, hash::Hash};

/// What is lost when something is forgotten, least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Worth<Age> {
    /// Nothing.
    Over,
    /// Less the smaller it is.
    Since(Age),
    /// It must not be forgotten: somebody works with it.
    InUse,
}

/// Forgets what is over, then the oldest until what is left is no larger than `keep`, and returns how
/// large that is. `judge` tells what a value is worth and how large it is. Looks at the whole map: to
/// be called when the map is full, with a `keep` well below that.
pub(crate) fn thin<K, V, Age>(
    map: &mut HashMap<K, V>,
    keep: usize,
    judge: impl Fn(&V) -> (Worth<Age>, usize),
) -> usize
where
    K: Clone + Eq + Hash,
    Age: Ord,
{
    let mut left = 0;
    let mut old = Vec::new();
    map.retain(|key, value| {
        let (worth, size) = judge(value);
        if worth == Worth::Over {
            return false;
        }
        left += size;
        if let Worth::Since(age) = worth {
            old.push((age, size, key.clone()));
        }
        true
    });
    old.sort_unstable_by(|(a, ..), (b, ..)| a.cmp(b));
    for (_, size, key) in old {
        if left <= keep {
            break;
        }
        left -= size;
        map.remove(&key);
    }
    left
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn worth() -> impl Strategy<Value = Worth<u8>> {
        prop_oneof![Just(Worth::Over), any::<u8>().prop_map(Worth::Since), Just(Worth::InUse)]
    }

    proptest! {
        #[test]
        fn what_is_left_fits_or_is_in_use_and_is_worth_more_than_what_went(
            values in proptest::collection::vec((worth(), 1usize..5), 0..40),
            keep in 0usize..60,
        ) {
            let all: HashMap<usize, (Worth<u8>, usize)> = values.into_iter().enumerate().collect();
            let mut map = all.clone();
            let left = thin(&mut map, keep, |value| *value);
            prop_assert_eq!(left, map.values().map(|(_, size)| size).sum::<usize>());
            prop_assert!(left <= keep || map.values().all(|(worth, _)| *worth == Worth::InUse));
            let gone = all.iter().filter(|(key, _)| !map.contains_key(key)).map(|(_, (worth, _))| *worth);
            if let Some(most) = gone.max() {
                prop_assert!(most != Worth::InUse);
                prop_assert!(map.values().all(|(worth, _)| *worth >= most && *worth != Worth::Over));
            }
        }
    }
}
