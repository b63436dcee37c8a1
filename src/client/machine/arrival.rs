//! What came on the stream and is still to be delivered or held: with what it says, and how much of it is wanted.

use std::collections::VecDeque;

use crate::client::delivery::{Delivery, Payload};
use crate::client::interest::Rooms;
use crate::client::knowledge::Knowledge;
use crate::client::merge::foresee;
use crate::client::outbox::OutboxConfig;
use crate::protocol::decode::digest::EventDigest;
use crate::protocol::event::EventType;
use crate::protocol::ids::RoomId;

/// Something that came on the stream, with what has to be known of it to merge it.
#[derive(Clone, Debug)]
pub(super) struct Arrival<P> {
    pub(super) delivery: Delivery<P>,
    /// What an event says, in short; none for the rest, and where nothing is merged.
    pub(super) event: Option<(EventType, EventDigest)>,
    /// How much of the event is about rooms that are wanted.
    pub(super) kept: Kept,
    /// How long the frame is.
    pub(super) bytes: usize,
}

impl<P> Arrival<P> {
    /// What is no event.
    pub(super) const fn plain(delivery: Delivery<P>, bytes: usize) -> Self {
        Self {
            delivery,
            event: None,
            kept: Kept::All,
            bytes,
        }
    }

    /// The room that a RoomUpdated is about.
    fn updates(&self) -> Option<RoomId> {
        match &self.event {
            Some((EventType::RoomUpdated, EventDigest::Room(room))) => Some(room.digest.room_id),
            _ => None,
        }
    }
}

/// How much of an event is about messages in wanted rooms, or about rooms themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kept {
    /// Nobody is told.
    Nothing,
    /// The messages of some rooms.
    Part,
    /// The event as it came.
    All,
}

/// Leaves out what is about messages in rooms that are not wanted.
pub(super) fn keep_wanted(event: &mut EventDigest, wanted: &Rooms) -> Kept {
    match event {
        EventDigest::Messages(messages) => {
            let before = messages.len();
            messages.retain(|item| wanted.contains(item.digest.room_id));
            if messages.len() == before {
                Kept::All
            } else if messages.is_empty() {
                Kept::Nothing
            } else {
                Kept::Part
            }
        }
        EventDigest::MessageDeleted { room_id, .. } if !wanted.contains(*room_id) => Kept::Nothing,
        _ => Kept::All,
    }
}

/// The same for an event as it came. `None` where nothing of it is of use; a deletion may be all the same.
pub(super) fn choose(
    event: &mut Option<(EventType, EventDigest)>,
    knowledge: &mut Knowledge,
    notes_deletions: bool,
) -> Option<Kept> {
    if !knowledge.wanted().is_restricted() {
        return Some(Kept::All);
    }
    let Some((event_type, event)) = event else {
        return Some(Kept::All);
    };
    if let EventDigest::Messages(messages) = &event {
        // Should the room come to be wanted, they were there before.
        for item in messages {
            knowledge.hear_of(item.digest.message_id);
        }
    }
    let is_noted = notes_deletions && *event_type == EventType::TextMessageDeleted;
    match keep_wanted(event, knowledge.wanted()) {
        Kept::Nothing if !is_noted => None,
        kept => Some(kept),
    }
}

/// What arrived during a catch-up, in its order.
#[derive(Clone, Debug)]
pub(super) struct Held<P> {
    frames: VecDeque<Arrival<P>>,
    bytes: usize,
}

impl<P: Payload> Held<P> {
    pub(super) const fn new() -> Self {
        Self {
            frames: VecDeque::new(),
            bytes: 0,
        }
    }

    /// How many frames, and how many bytes.
    pub(super) fn size(&self) -> (usize, usize) {
        (self.frames.len(), self.bytes)
    }

    pub(super) fn has_room_for(&self, bytes: usize, bounds: &OutboxConfig) -> bool {
        self.frames.len() < bounds.max_frames && self.bytes + bytes <= bounds.max_bytes
    }

    pub(super) fn push(&mut self, arrival: Arrival<P>) {
        self.bytes += arrival.bytes;
        self.frames.push_back(arrival);
    }

    /// The next that is to be delivered. A room's state is passed over where a newer one follows: the REST API may
    /// have told of it already, and a room has no version by which to tell.
    pub(super) fn pop(&mut self) -> Option<Arrival<P>> {
        while let Some(arrival) = self.frames.pop_front() {
            self.bytes -= arrival.bytes;
            let updates = arrival.updates();
            if updates.is_none() || self.frames.iter().all(|later| later.updates() != updates) {
                return Some(arrival);
            }
        }
        None
    }

    /// Takes note of the deletions in it, which are still to be merged. Those in the `loaded` rooms are taken out: the
    /// application may have loaded what they are about.
    pub(super) fn foresee(&mut self, knowledge: &mut Knowledge, loaded: &[RoomId]) -> Vec<Arrival<P>> {
        let mut taken = Vec::new();
        for arrival in std::mem::take(&mut self.frames) {
            let event = arrival.event.as_ref();
            let foreseen = event.and_then(|(_, event)| foresee(event, knowledge));
            if let Some((room_id, message_id)) = foreseen
                && loaded.contains(&room_id)
            {
                // It is not merged.
                knowledge.doubt_last_message(room_id, message_id);
                self.bytes -= arrival.bytes;
                taken.push(arrival);
            } else {
                self.frames.push_back(arrival);
            }
        }
        taken
    }

    pub(super) fn clear(&mut self) {
        self.frames.clear();
        self.bytes = 0;
    }
}

/// What was delivered while something was learnt beside the stream, to be added to it: an answer of the REST API may
/// be older.
#[derive(Clone, Debug, Default)]
pub(super) struct Notes {
    pub(super) events: Vec<(EventType, EventDigest)>,
    pub(super) bytes: usize,
}

impl Notes {
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}
