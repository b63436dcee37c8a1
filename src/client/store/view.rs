//! The visible part of a list: ranges, the gaps between them, and outgoing messages.

use super::diff::{Item, Key, Shown};
use super::job::Purpose;
use super::list::{ListKey, Messages};
use super::ranges::{END, Range};
use super::reader::Reader;
use super::send_queue::SendQueue;
use crate::client::state::Freshness;
use crate::protocol::ids::MessageId;

/// Identifies a view. The caller chooses it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ViewId(pub u32);

/// Where a view of messages begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// At the newest message.
    End,
    /// At the oldest unread message, with everything newer.
    Unread,
    /// Around a message.
    Message(MessageId),
}

/// The state of a view, in addition to its items.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ViewState {
    /// How current its items are.
    pub freshness: Freshness,
    /// Why they are not current, or why a requested part is missing.
    pub cause: Option<String>,
    /// Whether its first item is the first of the list.
    pub start: bool,
    /// Whether its last item is the newest of the list, so that new messages are added.
    pub end: bool,
    /// Whether older messages are being loaded.
    pub is_loading_older: bool,
    /// Whether newer messages are being loaded.
    pub is_loading_newer: bool,
    /// The oldest unread message of the last range, if that reaches the end of the list.
    pub first_unread_id: Option<MessageId>,
    /// Whether the message to open at or to jump to does not exist.
    pub is_anchor_missing: bool,
    /// Whether the room or the parent message is gone.
    pub is_gone: bool,
}

impl ViewState {
    pub(super) const fn loading() -> Self {
        Self {
            freshness: Freshness::Loading,
            cause: None,
            start: false,
            end: false,
            is_loading_older: false,
            is_loading_newer: false,
            first_unread_id: None,
            is_anchor_missing: false,
            is_gone: false,
        }
    }
}

/// A view of messages.
#[derive(Clone, Debug)]
pub(super) struct View {
    pub(super) id: ViewId,
    pub(super) list: ListKey,
    /// Ids in the ranges that it shows. [`END`] stands for the live range.
    pub(super) seeds: Vec<MessageId>,
    /// The message that it jumps to, until it is loaded.
    pub(super) awaits: Option<MessageId>,
    pub(super) is_anchor_missing: bool,
    /// The items at the last poll.
    pub(super) shown: Vec<Shown>,
    pub(super) state: Option<ViewState>,
    /// The versions of the list and of the store at the last poll.
    pub(super) seen: Option<(u64, u64)>,
}

impl View {
    pub(super) const fn new(id: ViewId, list: ListKey) -> Self {
        Self {
            id,
            list,
            seeds: Vec::new(),
            awaits: None,
            is_anchor_missing: false,
            shown: Vec::new(),
            state: None,
            seen: None,
        }
    }

    /// Adds the range with that id, if there is one.
    pub(super) fn show(&mut self, id: MessageId) {
        if !self.seeds.contains(&id) {
            self.seeds.push(id);
        }
    }

    /// The ranges that it shows, in ascending order.
    pub(super) fn ranges(&self, messages: &Messages) -> Vec<Range> {
        let is_shown = |range: &&Range| self.seeds.iter().any(|seed| range.contains(*seed));
        let mut ranges: Vec<_> = messages.ranges.iter().filter(is_shown).copied().collect();
        if ranges.len() > 1 {
            // Omits ranges without messages, except for the end.
            ranges.retain(|range| {
                let first = messages.first_from(range.low);
                range.is_live() || first.is_some_and(|id| range.contains(id))
            });
        }
        ranges
    }

    /// Whether it shows a message or the end of the list.
    pub(super) fn has_place(&self, messages: &Messages) -> bool {
        self.ranges(messages).iter().any(|range| {
            let first = messages.first_from(range.low);
            range.is_live()
                || Some(range.high) == messages.old_end
                || first.is_some_and(|id| range.contains(id))
        })
    }

    /// Drops seeds that are redundant or match no range.
    pub(super) fn tidy(&mut self, messages: &Messages) {
        let mut seen = Vec::new();
        let awaits = self.awaits;
        self.seeds.retain(|seed| {
            let serial = messages.ranges.covering(*seed).map(|range| range.serial);
            let is_kept =
                *seed == END || Some(*seed) == awaits || serial.is_some_and(|serial| !seen.contains(&serial));
            seen.extend(serial);
            is_kept
        });
    }

    /// The current items.
    pub(super) fn items(&self, messages: &Messages, reader: &Reader, sending: &SendQueue) -> Vec<Shown> {
        let mut items = Vec::new();
        for (index, range) in self.ranges(messages).iter().enumerate() {
            if index > 0 {
                items.push(Shown {
                    key: Key::Gap(range.serial),
                    version: is_loading_gap(reader, range.serial).into(),
                });
            }
            let entries = messages.entries.range(range.low.previous(), range.high);
            items.extend(entries.map(|(id, entry)| Shown {
                key: Key::Id(id),
                version: entry.fingerprint,
            }));
        }
        items.extend(sending.items(self.list));
        items
    }

    /// The current state.
    pub(super) fn state(&self, messages: &Messages, reader: &Reader, is_gone: bool) -> ViewState {
        let ranges = self.ranges(messages);
        let (first, last) = (ranges.first(), ranges.last());
        let is_opening = self.awaits.is_some() || ranges.is_empty();
        let is_behind = reader.is_at(Purpose::End) || reader.is_at(Purpose::Verify);
        let (freshness, cause) = if is_gone {
            (Freshness::Stale, Some("the list is gone".to_owned()))
        } else if messages.tracked_since.is_none() && !ranges.is_empty() {
            (Freshness::Stale, Some("there is no connection".to_owned()))
        } else if let Some(failure) = &reader.failure
            && (is_behind || is_opening || reader.is_at(Purpose::Look))
        {
            (Freshness::Stale, Some(failure.clone()))
        } else if is_opening {
            (Freshness::Loading, None)
        } else if is_behind {
            (Freshness::CatchingUp, None)
        } else {
            (Freshness::Live, reader.failure.clone())
        };
        let is_old_end = |range: &Range| Some(range.high) == messages.old_end;
        let end = last.filter(|range| range.is_live() || is_old_end(range));
        ViewState {
            freshness,
            cause,
            start: first.is_some_and(|range| range.low == MessageId::ZERO),
            end: end.is_some(),
            is_loading_older: reader.is_at(Purpose::Older) || reader.is_at(Purpose::Unread),
            is_loading_newer: reader.is_at(Purpose::Newer),
            first_unread_id: end.and_then(|range| messages.first_unread(range.low, range.high)),
            is_anchor_missing: self.is_anchor_missing,
            is_gone,
        }
    }
}

/// An item of a list of messages, by key.
pub(super) fn item(messages: &Messages, reader: &Reader, sending: &SendQueue, key: Key) -> Option<Item> {
    match key {
        Key::Id(id) => messages.entries.get(id).map(|entry| Item::Message {
            id,
            body: entry.body.clone(),
        }),
        Key::Gap(key) => Some(Item::Gap {
            key,
            is_loading: is_loading_gap(reader, key),
        }),
        Key::Outgoing(key) => sending.item(key),
    }
}

fn is_loading_gap(reader: &Reader, serial: u32) -> bool {
    reader.is_at(Purpose::Fill(serial)) || reader.is_at(Purpose::End)
}
