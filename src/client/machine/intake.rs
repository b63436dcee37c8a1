//! Frames on their way in: decoded, held during a catch-up, merged with what the application knows.

use std::collections::VecDeque;
use std::time::Duration;

use super::Client;
use crate::client::catchup::Scope;
use crate::client::delivery::{Delivery, Payload};
use crate::client::knowledge::Knowledge;
use crate::client::merge::{Verdict, foresee, give_up, merge};
use crate::client::outbox::OutboxConfig;
use crate::client::state::Cause;
use crate::protocol::decode::digest::{EventDigest, digest};
use crate::protocol::decode::tape::Tape;
use crate::protocol::decode::{Outcome, decode, decode_onto};
use crate::protocol::event::EventType;
use crate::protocol::ids::{RoomId, SafeInt};

/// What arrived during a catch-up, in its order.
#[derive(Clone, Debug)]
pub(super) struct Held<P> {
    frames: VecDeque<HeldFrame<P>>,
    bytes: usize,
}

#[derive(Clone, Debug)]
struct HeldFrame<P> {
    delivery: Delivery<P>,
    bytes: usize,
    /// The room that a RoomUpdated is about; 0 for everything else.
    updates: RoomId,
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

    fn push(&mut self, delivery: Delivery<P>, bytes: usize) {
        let updates = updated_room(&delivery);
        self.bytes += bytes;
        self.frames.push_back(HeldFrame {
            delivery,
            bytes,
            updates,
        });
    }

    /// The next that is to be delivered. A room's state is passed over where a newer one follows: the REST API may
    /// have told of it already, and a room has no version by which to tell.
    pub(super) fn pop(&mut self) -> Option<(Delivery<P>, usize)> {
        while let Some(frame) = self.frames.pop_front() {
            self.bytes -= frame.bytes;
            let room_id = frame.updates;
            if room_id == SafeInt::ZERO || self.frames.iter().all(|later| later.updates != room_id) {
                return Some((frame.delivery, frame.bytes));
            }
        }
        None
    }

    /// Takes note of the deletions in it, which are still to be merged.
    pub(super) fn foresee(&self, knowledge: &mut Knowledge) {
        for frame in &self.frames {
            if let Delivery::Event {
                event_type: event_type @ EventType::TextMessageDeleted,
                payload,
                ..
            } = &frame.delivery
                && let Outcome::Event { data, .. } = decode(&payload.text())
            {
                foresee(*event_type, data, knowledge);
            }
        }
    }

    pub(super) fn clear(&mut self) {
        self.frames.clear();
        self.bytes = 0;
    }
}

fn updated_room<P: Payload>(delivery: &Delivery<P>) -> RoomId {
    if let Delivery::Event {
        event_type: event_type @ EventType::RoomUpdated,
        payload,
        ..
    } = delivery
        && let Outcome::Event { data, .. } = decode(&payload.text())
        && let Some(EventDigest::Room(room)) = digest(*event_type, data)
    {
        return room.digest.room_id;
    }
    SafeInt::ZERO
}

/// What was delivered while something was learnt beside the stream, to be added to it: an answer of the REST API may
/// be older.
#[derive(Clone, Debug, Default)]
pub(super) struct Notes {
    pub(super) events: Vec<(EventType, String)>,
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
        let text = payload.text();
        let bytes = text.len();
        let mut tape = Tape::new();
        let event_type = match decode_onto(&text, &mut tape) {
            Outcome::Event { event_type, .. } => Ok(event_type),
            Outcome::Unknown { event_type, .. } => Err(Ok(event_type.into_owned())),
            Outcome::Invalid(error) => Err(Err(error)),
        };
        drop(text);
        self.stats.frames += 1;
        self.stats.bytes += bytes as u64;
        payload.keep(tape);
        let delivery = match event_type {
            Ok(event_type) => Delivery::Event {
                event_type,
                payload,
                recovered: false,
            },
            Err(Ok(event_type)) => Delivery::Unknown { event_type, payload },
            Err(Err(error)) => Delivery::Malformed(error),
        };
        self.take_in(delivery, bytes, now);
    }

    /// A frame is to be delivered, or held.
    pub(super) fn take_in(&mut self, delivery: Delivery<P>, bytes: usize, now: Duration) {
        self.watchdog.heard(now);
        let holds = self.recovery.holds();
        let has_room = if holds {
            self.held.has_room_for(bytes, &self.config.outbox)
        } else {
            self.outbox.has_room_for(bytes)
        };
        if !has_room {
            // What is dropped from here on is caught up with.
            self.connection.recycle("more events than the page can take", now);
        } else if holds {
            self.held.push(delivery, bytes);
        } else {
            self.note(&delivery, bytes, now);
            if self.recovery.scope() == Some(Scope::Baseline) {
                self.outbox.push(delivery, bytes);
            } else if let Some(delivery) = self.deliver(delivery, bytes, now) {
                // It is about a room that nothing is known of: the REST API knows more.
                self.held.push(delivery, bytes);
                self.compare(Scope::UnknownRoom, "an event is about an unknown room", now);
            }
        }
        self.settle(now);
    }

    /// Remembers what is delivered while something is learnt.
    pub(super) fn note(&mut self, delivery: &Delivery<P>, bytes: usize, now: Duration) {
        let Some(scope) = self.recovery.scope() else {
            return;
        };
        let Delivery::Event {
            event_type, payload, ..
        } = delivery
        else {
            return;
        };
        let bounds = self.config.outbox;
        if self.notes.events.len() >= bounds.max_frames || self.notes.bytes + bytes > bounds.max_bytes {
            // Too much to remember: what is not learnt yet is asked for again, and holds all of it.
            self.begin_run(scope, now);
        }
        self.notes.bytes += bytes;
        self.notes.events.push((*event_type, payload.text().into_owned()));
    }

    /// Queues what a frame brings to the application. Gives it back if something has to be caught up with first.
    pub(super) fn deliver(
        &mut self,
        delivery: Delivery<P>,
        bytes: usize,
        now: Duration,
    ) -> Option<Delivery<P>> {
        let (verdict, is_room) = match &delivery {
            Delivery::Event {
                event_type, payload, ..
            } if self.config.catch_up.enabled => match decode(&payload.text()) {
                Outcome::Event { data, .. } => (
                    merge(*event_type, data, &mut self.knowledge),
                    matches!(event_type, EventType::RoomCreated | EventType::RoomUpdated),
                ),
                _ => (Verdict::AsItCame, false),
            },
            _ => (Verdict::AsItCame, false),
        };
        match verdict {
            Verdict::AsItCame => self.outbox.push(delivery, bytes),
            Verdict::Instead(frames) => {
                for (event_type, text) in frames {
                    self.push_made(event_type, text, false);
                }
            }
            Verdict::CatchUpFirst => return Some(delivery),
        }
        if is_room && !self.recovery.is_running() && self.knowledge.has_unlearnt() {
            self.compare(Scope::NewRooms, "there is a new room", now);
        }
        None
    }

    /// Queues an event about a room that was looked for in vain: whoever sends it knows better.
    pub(super) fn deliver_unlisted(&mut self, delivery: Delivery<P>, bytes: usize, now: Duration) {
        if let Delivery::Event {
            event_type, payload, ..
        } = &delivery
            && let Outcome::Event { data, .. } = decode(&payload.text())
        {
            give_up(*event_type, data, &mut self.knowledge);
        }
        let _never_again = self.deliver(delivery, bytes, now);
    }

    /// Begins a run on an open connection.
    pub(super) fn compare(&mut self, scope: Scope, reason: &str, now: Duration) {
        self.begin_run(scope, now);
        if self.recovery.holds() {
            self.connection.set_catching_up(Cause::other(reason));
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
