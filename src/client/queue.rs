//! A queue of two vectors, which is less code than a ring buffer.

/// A first-in, first-out queue.
#[derive(Clone, Debug)]
pub(super) struct Queue<T> {
    /// The next items, in reverse.
    front: Vec<T>,
    /// The items after those, in order.
    back: Vec<T>,
}

impl<T> Queue<T> {
    pub(super) const fn new() -> Self {
        Self {
            front: Vec::new(),
            back: Vec::new(),
        }
    }

    pub(super) const fn len(&self) -> usize {
        self.front.len() + self.back.len()
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.front.is_empty() && self.back.is_empty()
    }

    pub(super) fn push(&mut self, item: T) {
        self.back.push(item);
    }

    pub(super) fn pop(&mut self) -> Option<T> {
        if self.front.is_empty() {
            std::mem::swap(&mut self.front, &mut self.back);
            self.front.reverse();
        }
        self.front.pop()
    }

    /// The item at that index from the front.
    pub(super) fn get_mut(&mut self, index: usize) -> Option<&mut T> {
        match self.front.len().checked_sub(index + 1) {
            Some(index) => self.front.get_mut(index),
            None => self.back.get_mut(index - self.front.len()),
        }
    }

    /// All items, in no particular order.
    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> + '_ {
        self.front.iter_mut().chain(&mut self.back)
    }

    pub(super) fn retain(&mut self, is_kept: impl Fn(&T) -> bool) {
        self.front.retain(&is_kept);
        self.back.retain(is_kept);
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use std::collections::VecDeque;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn behaves_like_the_standard_queue(steps in prop::collection::vec(any::<Option<u8>>(), 0..60), index in 0..8_usize) {
            let (mut ours, mut theirs) = (Queue::new(), VecDeque::new());
            for step in steps {
                match step {
                    Some(item) if item % 16 == 0 => {
                        ours.retain(|other| other % 3 != 0);
                        theirs.retain(|other| other % 3 != 0);
                    }
                    Some(item) => {
                        ours.push(item);
                        theirs.push_back(item);
                    }
                    None => prop_assert_eq!(ours.pop(), theirs.pop_front()),
                }
                prop_assert_eq!((ours.len(), ours.is_empty()), (theirs.len(), theirs.is_empty()));
                prop_assert_eq!(ours.get_mut(index), theirs.get_mut(index));
                prop_assert_eq!(ours.iter_mut().count(), theirs.len());
            }
        }
    }
}
