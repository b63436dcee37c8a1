//! An application that shows views. It applies the diffs and compares the results with snapshots.

use std::collections::BTreeMap;

use room_events::client::Client;
use room_events::client::store::{Item, Op, ViewId, ViewState};

/// The shown items and states of views.
#[derive(Default)]
pub(crate) struct Viewer {
    items: BTreeMap<ViewId, Vec<Item>>,
    states: BTreeMap<ViewId, ViewState>,
    /// The number of operations received.
    pub(crate) ops: usize,
}

impl Viewer {
    /// Applies all diffs and compares the results with snapshots.
    pub(crate) fn update(&mut self, client: &mut Client<String>) {
        while let Some(diff) = client.poll_view() {
            let items = self.items.entry(diff.view).or_default();
            self.ops += diff.ops.len();
            assert!(
                !diff.ops.is_empty() || diff.state.is_some(),
                "a diff without a difference"
            );
            for op in diff.ops {
                match op {
                    Op::Insert(at, item) => items.insert(at, item),
                    Op::Update(at, item) => {
                        assert_ne!(items[at], item, "an update without a difference");
                        items[at] = item;
                    }
                    Op::Remove(at) => {
                        items.remove(at);
                    }
                }
            }
            if let Some(state) = diff.state {
                assert_ne!(
                    Some(&state),
                    self.states.get(&diff.view),
                    "a state without a difference"
                );
                self.states.insert(diff.view, state);
            }
        }
        for (view, items) in &self.items {
            if let Some((snapshot, state)) = client.snapshot(*view) {
                assert_eq!(*items, snapshot);
                assert_eq!(self.states[view], state);
            }
        }
    }

    pub(crate) fn items(&self, view: ViewId) -> &[Item] {
        self.items.get(&view).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn state(&self, view: ViewId) -> &ViewState {
        &self.states[&view]
    }

    /// The shown items in short: ids of messages, and `…` for gaps.
    pub(crate) fn short(&self, view: ViewId) -> String {
        let short = |item: &Item| match item {
            Item::Message { id, .. } => id.get().to_string(),
            Item::Gap { .. } => "…".to_owned(),
            Item::Outgoing { key, state, .. } => format!("{key}:{state:?}"),
            Item::Room(room) => format!("R{}", room.room_id),
        };
        let items: Vec<_> = self.items(view).iter().map(short).collect();
        items.join(" ")
    }

    /// The key of the first gap.
    pub(crate) fn gap(&self, view: ViewId) -> u32 {
        let mut items = self.items(view).iter();
        let gap = items.find_map(|item| match item {
            Item::Gap { key, .. } => Some(*key),
            _ => None,
        });
        gap.expect("there is a gap")
    }

    /// The text of a shown message.
    pub(crate) fn text(&self, view: ViewId, wanted: u64) -> String {
        let mut items = self.items(view).iter();
        let body = items.find_map(|item| match item {
            Item::Message { id, body } if id.get() == wanted => Some(body),
            _ => None,
        });
        let body = body.unwrap_or_else(|| panic!("message {wanted} is shown"));
        let value: serde_json::Value = serde_json::from_str(body).expect("JSON");
        value["text"].as_str().expect("a text").to_owned()
    }
}
