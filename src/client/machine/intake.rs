//! Frames on their way in: decoded, held or merged with what the application knows, and queued.

use std::time::Duration;

use super::Client;
use super::arrival::{Arrival, Kept, choose, keep_wanted};
use crate::client::catchup::Scope;
use crate::client::delivery::{Delivery, Payload};
use crate::client::merge::{Part, Verdict, give_up, merge};
use crate::client::state::Cause;
use crate::protocol::decode::digest::{EventDigest, digest};
use crate::protocol::decode::tape::Tape;
use crate::protocol::decode::{self, DecodeError, Outcome, decode_onto, glance};
use crate::protocol::event::EventType;
use crate::protocol::ids::MessageId;

/// What a text frame turned out to be.
enum Found {
    /// Messages of rooms that nobody wants, this the newest of them. The rest of the frame was not looked at.
    Unwanted(MessageId),
    /// An event, which is on the tape.
    Event(EventType),
    /// An event of an unknown type.
    Unknown(String),
    /// None.
    Malformed(DecodeError),
}

impl Found {
    fn decode(text: &str, tape: &mut Tape) -> Self {
        match decode_onto(text, tape) {
            Outcome::Event { event_type, .. } => Self::Event(event_type),
            Outcome::Unknown { event_type, .. } => Self::Unknown(event_type.into_owned()),
            Outcome::Invalid(error) => Self::Malformed(error),
        }
    }
}

impl<P: Payload> Client<P> {
    /// A text frame arrived on the open connection.
    pub(super) fn take_text(&mut self, mut payload: P, now: Duration) {
        let wanted = self.knowledge.wanted();
        let is_restricted = wanted.is_restricted();
        let compares = self.config.catch_up.enabled || self.outbox.coalesces() || is_restricted;
        let notes_deletions = self.notes_deletions();
        // What is held may come to be wanted.
        let holds = self.recovery.holds();
        let tape = &mut self.tape;
        let (bytes, found) = payload.read(|text| {
            let glance = || glance::unwanted(text, |room_id| wanted.contains(room_id));
            let found = match (is_restricted && !holds).then(glance).flatten() {
                Some(newest) => Found::Unwanted(newest),
                None => Found::decode(text, tape),
            };
            (text.len(), found)
        });
        self.stats.frames += 1;
        self.stats.bytes += bytes as u64;
        let arrival = match found {
            Found::Unwanted(newest) => {
                // Should the room come to be wanted, it was there before.
                self.knowledge.hear_of(newest);
                return self.pass_over(now);
            }
            Found::Event(event_type) => {
                let mut event = compares.then(|| (event_type, digest(event_type, tape)));
                let kept = if holds {
                    Kept::All
                } else if let Some(kept) = choose(&mut event, &mut self.knowledge, notes_deletions) {
                    kept
                } else {
                    return self.pass_over(now);
                };
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
            Found::Unknown(event_type) => Arrival::plain(Delivery::Unknown { event_type, payload }, bytes),
            Found::Malformed(error) => Arrival::plain(Delivery::Malformed(error), bytes),
        };
        let errors = self.tape.take_errors();
        self.take_in(arrival, now);
        for error in errors {
            self.take_in(Arrival::plain(Delivery::Malformed(error), 0), now);
        }
    }

    /// Leaves out of what waits for the application the messages of rooms that it does not want any more. Should it want
    /// them again, it is told of them, as of all others of the room.
    pub(super) fn drop_unwanted(&mut self) {
        let (wanted, tape) = (self.knowledge.wanted(), &mut self.tape);
        if wanted.is_restricted() {
            self.outbox.retain_events(|event_type, payload| {
                !event_type.is_of_message()
                    || payload.read(|text| match decode_onto(text, tape) {
                        Outcome::Event { .. } => {
                            keep_wanted(&mut digest(event_type, tape), wanted) != Kept::Nothing
                        }
                        _ => true,
                    })
            });
        }
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

    /// Whether deletions of messages that nobody wants are looked at: which state of a room is the newer depends on its
    /// newest message.
    const fn notes_deletions(&self) -> bool {
        self.interest.rooms && self.config.catch_up.enabled
    }

    /// Leaves out of what was held what is not wanted now. Tells whether anything is left that is of use.
    pub(super) fn is_wanted(&mut self, arrival: &mut Arrival<P>) -> bool {
        let notes_deletions = self.notes_deletions();
        let kept = choose(&mut arrival.event, &mut self.knowledge, notes_deletions);
        arrival.kept = kept.unwrap_or(Kept::Nothing);
        kept.is_some()
    }

    /// A frame is of no interest. It is a sign of life all the same.
    fn pass_over(&mut self, now: Duration) {
        self.watchdog.heard(now);
    }

    /// Looks at the head of a frame of so many characters, for what the application does not listen to. Tells whether
    /// that was enough: then the frame is done with.
    pub(super) fn take_head(&mut self, head: &str, length: usize, now: Duration) -> bool {
        if self.recovery.holds() {
            // It may come to be wanted.
            return false;
        }
        let is_enough = decode::event_type(head).is_some_and(|event_type| {
            let is_deletion = event_type == EventType::TextMessageDeleted;
            !(self.interest.may_want(event_type) || (is_deletion && self.notes_deletions()))
        });
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
