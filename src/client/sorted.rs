//! A map kept as a sorted vector.
//!
//! Ids grow, so nearly every insertion is at the end, and the maps are small. A B-tree would be as fast, but several
//! times as much code for every type of value, in a package that pages download.

/// Values by key, in the order of their keys.
#[derive(Clone, Debug)]
pub(super) struct SortedMap<K, V> {
    entries: Vec<(K, V)>,
}

impl<K, V> Default for SortedMap<K, V> {
    fn default() -> Self {
        Self { entries: Vec::new() }
    }
}

impl<K: Ord + Copy, V> SortedMap<K, V> {
    pub(super) const fn new() -> Self {
        Self { entries: Vec::new() }
    }

    /// The index of the key, or the index at which to insert it.
    fn search(&self, key: K) -> Result<usize, usize> {
        match self.entries.last() {
            None => Err(0),
            Some((last, _)) if *last < key => Err(self.entries.len()),
            Some(_) => self.entries.binary_search_by_key(&key, |(key, _)| *key),
        }
    }

    pub(super) const fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(super) fn last_key(&self) -> Option<K> {
        self.entries.last().map(|(key, _)| *key)
    }

    /// The largest key up to and including that one.
    pub(super) fn last_up_to(&self, key: K) -> Option<K> {
        let index = self.search(key).map_or_else(|index| index, |index| index + 1);
        let last = self.entries.get(index.checked_sub(1)?);
        last.map(|(key, _)| *key)
    }

    pub(super) fn contains(&self, key: K) -> bool {
        self.search(key).is_ok()
    }

    pub(super) fn get(&self, key: K) -> Option<&V> {
        let index = self.search(key).ok()?;
        self.entries.get(index).map(|(_, value)| value)
    }

    pub(super) fn get_mut(&mut self, key: K) -> Option<&mut V> {
        let index = self.search(key).ok()?;
        self.entries.get_mut(index).map(|(_, value)| value)
    }

    /// Inserts or replaces the value of a key.
    pub(super) fn insert(&mut self, key: K, value: V) {
        match self.search(key) {
            Ok(index) => self.entries[index].1 = value,
            Err(index) => self.entries.insert(index, (key, value)),
        }
    }

    /// The value of the key, inserted if missing.
    pub(super) fn get_or_insert_with(&mut self, key: K, make: impl FnOnce() -> V) -> &mut V {
        let index = match self.search(key) {
            Ok(index) => index,
            Err(index) => {
                self.entries.insert(index, (key, make()));
                index
            }
        };
        &mut self.entries[index].1
    }

    pub(super) fn remove(&mut self, key: K) -> Option<V> {
        let index = self.search(key).ok()?;
        Some(self.entries.remove(index).1)
    }

    /// Removes the entry with the smallest key.
    pub(super) fn pop_first(&mut self) -> Option<(K, V)> {
        (!self.entries.is_empty()).then(|| self.entries.remove(0))
    }

    pub(super) fn clear(&mut self) {
        self.entries.clear();
    }

    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = (K, &V)> + '_ {
        self.entries.iter().map(|(key, value)| (*key, value))
    }

    pub(super) fn values(&self) -> impl Iterator<Item = &V> + '_ {
        self.entries.iter().map(|(_, value)| value)
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = (K, &mut V)> + '_ {
        self.entries.iter_mut().map(|(key, value)| (*key, value))
    }

    pub(super) fn values_mut(&mut self) -> impl Iterator<Item = &mut V> + '_ {
        self.entries.iter_mut().map(|(_, value)| value)
    }

    /// The entries after `above`, up to and including `up_to`.
    pub(super) fn range(&self, above: K, up_to: K) -> impl Iterator<Item = (K, &V)> + '_ {
        let start = self.search(above).map_or_else(|index| index, |index| index + 1);
        let rest = self.entries.get(start..).unwrap_or_default();
        let span = rest.iter().take_while(move |(key, _)| *key <= up_to);
        span.map(|(key, value)| (*key, value))
    }
}

/// Sorts items that are nearly sorted, such as a list ordered by id: then in one pass. The worst case is quadratic in
/// the length, which the windows and bounds of a catch-up keep to some hundreds.
pub(super) fn sort_by_key<T, K: Ord>(items: &mut [T], key: impl Fn(&T) -> K) {
    for end in 1..items.len() {
        let mut at = end;
        while at > 0 && key(&items[at - 1]) > key(&items[at]) {
            items.swap(at - 1, at);
            at -= 1;
        }
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use std::collections::BTreeMap;
    use std::ops::Bound::{Excluded, Included};

    use proptest::prelude::*;

    use super::*;

    #[derive(Clone, Debug)]
    enum Step {
        Insert(u8, u32),
        Ensure(u8, u32),
        Remove(u8),
        PopFirst,
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            6 => any::<(u8, u32)>().prop_map(|(key, value)| Step::Insert(key, value)),
            2 => any::<(u8, u32)>().prop_map(|(key, value)| Step::Ensure(key, value)),
            2 => any::<u8>().prop_map(Step::Remove),
            1 => Just(Step::PopFirst),
        ]
    }

    proptest! {
        #[test]
        fn sorting_is_what_the_standard_library_calls_so(mut items in prop::collection::vec(any::<(u8, u8)>(), 0..40)) {
            let mut expected = items.clone();
            expected.sort_by_key(|(key, _)| *key);
            sort_by_key(&mut items, |(key, _)| *key);
            prop_assert_eq!(items, expected);
        }

        #[test]
        fn it_is_the_map_that_it_stands_for(
            steps in prop::collection::vec(step(), 0..60), above: u8, up_to: u8
        ) {
            let mut ours = SortedMap::new();
            let mut theirs = BTreeMap::new();
            for step in steps {
                match step {
                    Step::Insert(key, value) => {
                        ours.insert(key, value);
                        theirs.insert(key, value);
                    }
                    Step::Ensure(key, value) => {
                        let made = *ours.get_or_insert_with(key, || value);
                        prop_assert_eq!(made, *theirs.entry(key).or_insert(value));
                    }
                    Step::Remove(key) => prop_assert_eq!(ours.remove(key), theirs.remove(&key)),
                    Step::PopFirst => prop_assert_eq!(ours.pop_first(), theirs.pop_first()),
                }
                prop_assert!(ours.iter().eq(theirs.iter().map(|(key, value)| (*key, value))));
                prop_assert!(ours.values().eq(theirs.values()));
                prop_assert_eq!((ours.len(), ours.is_empty()), (theirs.len(), theirs.is_empty()));
            }
            prop_assert_eq!(ours.get(above), theirs.get(&above));
            prop_assert_eq!(ours.contains(above), theirs.contains_key(&above));
            prop_assert_eq!(ours.last_up_to(above), theirs.range(..=above).next_back().map(|(key, _)| *key));
            if above < up_to {
                let span = theirs.range((Excluded(above), Included(up_to)));
                prop_assert!(ours.range(above, up_to).eq(span.map(|(key, value)| (*key, value))));
            } else {
                prop_assert_eq!(ours.range(above, up_to).count(), 0);
            }
            if let Some(value) = ours.get_mut(up_to) {
                *value = 7;
                prop_assert_eq!(ours.get(up_to), Some(&7));
            }
            ours.values_mut().for_each(|value| *value = 8);
            prop_assert!(ours.values().all(|value| *value == 8));
            ours.clear();
            prop_assert!(ours.is_empty());
        }
    }
}
