//! Frames on their way in: decoded, held during a catch-up, merged with what the application knows.

use std::collections::VecDeque;
use std::time::Duration;

use super::Client;
use crate::client::catchup::Scope;
use crate::client::delivery::{Delivery, Payload};
use crate::client::interest::Rooms;
use crate::client::knowledge::Knowledge;
use crate::client::merge::{Part, Verdict, foresee, give_up, merge};
use crate::client::outbox::OutboxConfig;
use crate::client::state::Cause;
use crate::protocol::decode::digest::{EventDigest, digest};
use crate::protocol::decode::{self, Outcome, decode_onto};
use crate::protocol::event::EventType;
use crate::protocol::ids::RoomId;

/// Something that came on the stream, with what has to be known of it to merge it.
#[derive(Clone, Debug)]
pub(super) struct Arrival<P> {
    delivery: Delivery<P>,
    /// What an event says, in short; none for the rest, and where nothing is merged.
    event: Option<(EventType, EventDigest)>,
    /// How much of the event is about rooms that are wanted.
    kept: Kept,
    /// How long the frame is.
    bytes: usize,
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

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kept {
    /// Nobody is told.
    Nothing,
    Part,
    All,
}

/// Leaves out what is about messages in rooms that are not wanted.
fn keep_wanted(event: &mut EventDigest, wanted: &Rooms) -> Kept {
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

    fn has_room_for(&self, bytes: usize, bounds: &OutboxConfig) -> bool {
        self.frames.len() < bounds.max_frames && self.bytes + bytes <= bounds.max_bytes
    }

    fn push(&mut self, arrival: Arrival<P>) {
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
    bytes: usize,
}

impl Notes {
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}

impl<P: Payload> Client<P> {
    /// A text frame arrived on the open connection.
    pub(super) fn take_text(&mut self, mut payload: P, now: Duration) {
        let deletions_are_of_use = self.is_of_use(EventType::TextMessageDeleted);
        let tape = &mut self.tape;
        let wanted = self.knowledge.wanted();
        let compares = self.config.catch_up.enabled || self.outbox.coalesces() || wanted.is_restricted();
        let (bytes, decoded) = payload.read(|text| {
            let decoded = match decode_onto(text, tape) {
                Outcome::Event { event_type, .. } => Ok(event_type),
                Outcome::Unknown { event_type, .. } => Err(Ok(event_type.into_owned())),
                Outcome::Invalid(error) => Err(Err(error)),
            };
            (text.len(), decoded)
        });
        self.stats.frames += 1;
        self.stats.bytes += bytes as u64;
        let arrival = match decoded {
            Ok(event_type) => {
                let mut event = compares.then(|| (event_type, digest(event_type, tape)));
                let kept = match &mut event {
                    Some((_, event)) if wanted.is_restricted() => keep_wanted(event, wanted),
                    _ => Kept::All,
                };
                let is_deletion = event_type == EventType::TextMessageDeleted;
                if kept == Kept::Nothing && !(is_deletion && deletions_are_of_use) {
                    return self.pass_over(now);
                }
                payload.keep(tape);
                let delivery = Delivery::Event {
                    event_type,
                    payload,
                    recovered: false,
                };
                Arrival {
                    delivery,
                    event,
                    kept,
                    bytes,
                }
            }
            Err(Ok(event_type)) => Arrival::plain(Delivery::Unknown { event_type, payload }, bytes),
            Err(Err(error)) => Arrival::plain(Delivery::Malformed(error), bytes),
        };
        self.take_in(arrival, now);
    }

    /// A frame is to be delivered, or held.
    pub(super) fn take_in(&mut self, arrival: Arrival<P>, now: Duration) {
        self.watchdog.heard(now);
        let holds = self.recovery.holds();
        let has_room = if holds {
            self.held.has_room_for(arrival.bytes, &self.config.outbox)
        } else {
            self.outbox.has_room_for(arrival.bytes)
        };
        if !has_room {
            // What is dropped from here on is caught up with.
            self.connection.recycle("more events than the page can take", now);
        } else if holds {
            self.held.push(arrival);
        } else {
            self.note(&arrival, now);
            if self.recovery.scope() == Some(Scope::Baseline) {
                self.push_as_it_came(arrival);
            } else if let Some(arrival) = self.deliver(arrival, now) {
                // It is about a room that nothing is known of: the REST API knows more.
                self.held.push(arrival);
                self.compare(Scope::UnknownRoom, "an event is about an unknown room", now);
            }
        }
        self.settle(now);
    }

    /// Remembers what is delivered while something is learnt.
    pub(super) fn note(&mut self, arrival: &Arrival<P>, now: Duration) {
        let (Some(scope), Some(event)) = (self.recovery.scope(), &arrival.event) else {
            return;
        };
        let bounds = self.config.outbox;
        if self.notes.events.len() >= bounds.max_frames || self.notes.bytes + arrival.bytes > bounds.max_bytes
        {
            // Too much to remember: what is not learnt yet is asked for again, and holds all of it.
            self.begin_run(scope, now);
        }
        self.notes.bytes += arrival.bytes;
        self.notes.events.push(event.clone());
    }

    /// Queues what a frame brings to the application. Gives it back if something has to be caught up with first.
    pub(super) fn deliver(&mut self, arrival: Arrival<P>, now: Duration) -> Option<Arrival<P>> {
        let event = arrival.event.as_ref().filter(|_| self.config.catch_up.enabled);
        let Some((event_type, event)) = event else {
            self.push_as_it_came(arrival);
            return None;
        };
        let room_id = match event {
            EventDigest::Room(room) => Some(room.digest.room_id),
            _ => None,
        };
        match merge(*event_type, event, &mut self.knowledge) {
            _ if arrival.kept == Kept::Nothing => {}
            Verdict::AsItCame => self.push_as_it_came(arrival),
            Verdict::After(parts) => {
                self.push_parts(parts, &arrival.delivery);
                self.push_as_it_came(arrival);
            }
            Verdict::Instead(parts) => self.push_parts(parts, &arrival.delivery),
            Verdict::CatchUpFirst => return Some(arrival),
        }
        let is_unlearnt = room_id.is_some_and(|room_id| self.knowledge.is_to_be_learnt(room_id));
        if is_unlearnt && !self.recovery.is_running() {
            self.compare(Scope::NewRooms, "there is a new room", now);
        }
        None
    }

    /// Queues an event about a room that was looked for in vain: whoever sends it knows better.
    pub(super) fn deliver_unlisted(&mut self, arrival: Arrival<P>, now: Duration) {
        if let Some((_, event)) = &arrival.event {
            give_up(event, &mut self.knowledge);
        }
        let _never_again = self.deliver(arrival, now);
    }

    /// Begins a run on an open connection.
    pub(super) fn compare(&mut self, scope: Scope, reason: &str, now: Duration) {
        self.begin_run(scope, now);
        if self.recovery.holds() {
            self.connection.set_catching_up(Cause::other(reason));
        }
    }

    /// Queues an event as it came, but for the rooms that are not wanted.
    pub(super) fn push_as_it_came(&mut self, arrival: Arrival<P>) {
        match arrival.event {
            _ if arrival.kept == Kept::Nothing => {}
            Some((event_type, EventDigest::Messages(messages))) if arrival.kept == Kept::Part => {
                let spans = messages.into_iter().map(|item| item.span).collect();
                self.push_parts(vec![Part::Messages(event_type, spans)], &arrival.delivery);
            }
            event => self
                .outbox
                .push_event(arrival.delivery, arrival.bytes, event.as_ref()),
        }
    }

    /// Whether an event that nobody listens to tells something about one that somebody may: which state of a room is the
    /// newer depends on its newest message, which may be deleted.
    const fn is_of_use(&self, event_type: EventType) -> bool {
        matches!(event_type, EventType::TextMessageDeleted)
            && self.interest.rooms
            && self.config.catch_up.enabled
    }

    /// A frame is of no interest. It is a sign of life all the same.
    fn pass_over(&mut self, now: Duration) {
        self.watchdog.heard(now);
    }

    /// Looks at the head of a frame of so many characters, for what the application does not listen to. Tells whether
    /// that was enough: then the frame is done with.
    pub(super) fn take_head(&mut self, head: &str, length: usize, now: Duration) -> bool {
        let is_enough = decode::event_type(head)
            .is_some_and(|event_type| !self.interest.may_want(event_type) && !self.is_of_use(event_type));
        if is_enough {
            self.stats.frames += 1;
            self.stats.bytes += length as u64;
            self.pass_over(now);
        }
        is_enough
    }

    /// Queues events that are made out of the one that came.
    fn push_parts(&mut self, parts: Vec<Part>, came: &Delivery<P>) {
        let Delivery::Event { payload, .. } = came else {
            return;
        };
        if parts.is_empty() {
            return;
        }
        let frames: Vec<_> =
            payload.read(|text| parts.into_iter().map(|part| part.into_frame(text)).collect());
        for (event_type, text) in frames {
            self.push_made(event_type, text, false);
        }
    }

    pub(super) fn push_made(&mut self, event_type: EventType, text: String, recovered: bool) {
        let bytes = text.len();
        let payload = P::from_text(text);
        let delivery = Delivery::Event {
            event_type,
            payload,
            recovered,
        };
        self.outbox.push(delivery, bytes);
    }
}
