//! Computes the steps between two states of a view.

use std::rc::Rc;

use super::send_state::SendState;
use crate::protocol::ids::{MessageId, RoomId};

/// One item of a view.
#[derive(Clone, Debug, PartialEq)]
pub enum Item {
    /// A message of the list.
    Message {
        /// Its id.
        id: MessageId,
        /// Its JSON.
        body: Rc<str>,
    },
    /// Messages that are not loaded.
    Gap {
        /// Identifies the gap for [`fill_gap`](crate::client::machine::Client::fill_gap).
        key: u32,
        /// Whether messages are being loaded into it.
        is_loading: bool,
    },
    /// A message of the user's own that has not yet come back from the server.
    Outgoing {
        /// The key that the sender chose.
        key: u64,
        /// The text.
        text: Rc<str>,
        /// Its progress.
        state: SendState,
    },
    /// A room of the list of rooms.
    Room(RoomItem),
}

/// A room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoomItem {
    /// Its id.
    pub room_id: RoomId,
    /// Its JSON.
    pub body: Rc<str>,
}

/// One step from one state of a view to the next. Positions are zero-based and count the effect of the preceding
/// steps.
#[derive(Clone, Debug, PartialEq)]
pub enum Op {
    /// Inserts an item at that position.
    Insert(usize, Item),
    /// Replaces the item at that position.
    Update(usize, Item),
    /// Removes the item at that position.
    Remove(usize),
}

/// Identifies an item within its view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key {
    Id(MessageId),
    Gap(u32),
    Outgoing(u64),
}

/// An item's key and the version that is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shown {
    pub(super) key: Key,
    pub(super) version: u64,
}

/// The steps from the `old` items to the `new` ones. Kept items never change their order, so one pass is enough.
pub(super) fn diff(old: &[Shown], new: &[Shown], item: &dyn Fn(Key) -> Option<Item>) -> Vec<Op> {
    let mut ops = Vec::new();
    let (mut from, mut to) = (0, 0);
    loop {
        let (before, after) = (old.get(from), new.get(to));
        match (before, after) {
            (None, None) => return ops,
            (Some(before), Some(after)) if before.key == after.key => {
                if before.version != after.version {
                    ops.extend(item(after.key).map(|item| Op::Update(to, item)));
                }
                from += 1;
                to += 1;
            }
            (Some(before), _) if !comes_later(before.key, &new[to..]) => {
                ops.push(Op::Remove(to));
                from += 1;
            }
            (_, Some(after)) => {
                ops.extend(item(after.key).map(|item| Op::Insert(to, item)));
                to += 1;
            }
            // Unreachable: a key that `comes_later` is in the rest of `new`, which is empty here.
            (Some(_), None) => return ops,
        }
    }
}

/// Whether `rest` contains the key. Messages are ordered by id, so a higher id ends the search.
fn comes_later(key: Key, rest: &[Shown]) -> bool {
    for shown in rest {
        match (key, shown.key) {
            (Key::Id(id), Key::Id(other)) if other > id => return false,
            (key, other) if key == other => return true,
            _ => {}
        }
    }
    false
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn made(key: Key) -> Option<Item> {
        Some(match key {
            Key::Id(id) => Item::Message { id, body: "".into() },
            Key::Gap(key) => Item::Gap {
                key,
                is_loading: false,
            },
            Key::Outgoing(key) => Item::Outgoing {
                key,
                text: "".into(),
                state: SendState::Queued,
            },
        })
    }

    fn key_of(item: &Item) -> Key {
        match item {
            Item::Message { id, .. } => Key::Id(*id),
            Item::Gap { key, .. } => Key::Gap(*key),
            Item::Outgoing { key, .. } => Key::Outgoing(*key),
            Item::Room(room) => Key::Id(room.room_id.cast()),
        }
    }

    /// Messages ordered by id, gaps between them ordered by key, then outgoing messages.
    fn items() -> impl Strategy<Value = Vec<Shown>> {
        let places = prop::collection::vec((any::<bool>(), any::<bool>(), 0_u64..2), 12);
        let outgoing = prop::collection::vec(any::<bool>(), 4);
        (places, outgoing).prop_map(|(places, outgoing)| {
            let mut items = Vec::new();
            for (number, (has_message, has_gap, version)) in places.into_iter().enumerate() {
                let id = MessageId::new(number as u64 + 1).unwrap_or_default();
                if has_gap && !items.is_empty() {
                    items.push(Shown {
                        key: Key::Gap(number as u32),
                        version: 0,
                    });
                }
                if has_message {
                    items.push(Shown {
                        key: Key::Id(id),
                        version,
                    });
                }
            }
            let outgoing = (0..).zip(outgoing).filter(|(_, is_there)| *is_there);
            items.extend(outgoing.map(|(key, _)| Shown {
                key: Key::Outgoing(key),
                version: 0,
            }));
            items
        })
    }

    proptest! {
        #[test]
        fn applied_in_order_it_leads_from_one_to_the_other(old in items(), new in items()) {
            let ops = diff(&old, &new, &made);
            let mut keys: Vec<_> = old.iter().map(|shown| shown.key).collect();
            for op in &ops {
                match op {
                    Op::Insert(at, item) => keys.insert(*at, key_of(item)),
                    Op::Update(at, item) => prop_assert_eq!(keys[*at], key_of(item)),
                    Op::Remove(at) => { keys.remove(*at); }
                }
            }
            prop_assert!(keys.iter().copied().eq(new.iter().map(|shown| shown.key)));
            // Unchanged items are not repeated.
            let same = new.iter().filter(|shown| old.contains(shown)).count();
            let told = ops.iter().filter(|op| !matches!(op, Op::Remove(_))).count();
            prop_assert!(told <= new.len() - same, "{:?}", ops);
        }
    }
}
