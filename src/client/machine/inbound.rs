//! Processes incoming frames: decodes them, holds them or checks them against the replica, and queues them.

use super::held::Inbound;
use super::{Client, STORE};
use crate::client::clock::Micros;
use crate::client::delivery::{Delivery, Payload, frame};
use crate::client::replica::{Coverage, Fate, Heard, NO_MESSAGE, Subject};
use crate::client::sync::HeldEvents;
use crate::protocol::decode::digest::{EventDigest, Item, MessageDigest, RoomDigest, Span, digest};
use crate::protocol::decode::{self, DecodeError, Outcome, decode_onto, prefilter};
use crate::protocol::event::EventType;
use crate::protocol::ids::{MessageId, RoomId};

/// The result of decoding a text frame.
#[derive(Default)]
enum Decoded {
    /// Messages of rooms that are not needed. The rest of the frame was not decoded.
    #[default]
    Unwanted,
    /// An event. Its contents are on the tape.
    Event(EventType),
    /// An event of an unknown type.
    Unknown(String),
    /// Not an event.
    Malformed(DecodeError),
}

impl<P: Payload> Client<P> {
    /// Handles a text frame on the open connection.
    pub(super) fn take_text(&mut self, mut payload: P, now: Micros) {
        let (wanted, store) = (&self.interest.messages, &self.store);
        let is_restricted = wanted.is_restricted();
        let is_wanted = |room_id| wanted.contains(room_id) || (STORE && store.wants(room_id));
        self.tape
            .want_fingerprints(self.config.catch_up.enabled || (STORE && store.is_used()));
        let tape = &mut self.tape;
        let (bytes, decoded) = payload.read(|text| {
            let decoded = if is_restricted && prefilter::unwanted(text, is_wanted).is_some() {
                Decoded::Unwanted
            } else {
                match decode_onto(text, tape) {
                    Outcome::Event { event_type, .. } => Decoded::Event(event_type),
                    Outcome::Unknown { event_type, .. } => Decoded::Unknown(event_type.into_owned()),
                    Outcome::Invalid(error) => Decoded::Malformed(error),
                }
            };
            (text.len(), decoded)
        });
        self.stats.frames += 1;
        self.stats.bytes += bytes as u64;
        self.hear(now);
        if matches!(decoded, Decoded::Unwanted) {
            return;
        }
        if !self.queue.has_room_for(bytes) {
            // Catch-up recovers what is dropped from here on.
            self.connection.recycle("the delivery queue is full", now);
            return self.settle(now);
        }
        let errors = self.tape.take_errors();
        match decoded {
            Decoded::Unwanted => {}
            Decoded::Malformed(error) => self.queue.push(Delivery::Malformed(error), bytes),
            Decoded::Unknown(event_type) => self.queue.push(Delivery::Unknown { event_type, payload }, bytes),
            Decoded::Event(event_type) => {
                let event = digest(event_type, &self.tape);
                if STORE {
                    self.show(event_type, &event, &payload, now);
                }
                payload.keep(&mut self.tape);
                let is_whole = true;
                self.take_event(
                    Inbound {
                        event_type,
                        payload,
                        event,
                        is_whole,
                        bytes,
                    },
                    now,
                );
            }
        }
        for error in errors {
            self.queue.push(Delivery::Malformed(error), 0);
        }
        self.settle(now);
    }

    /// Delivers or holds an event.
    fn take_event(&mut self, inbound: Inbound<P>, now: Micros) {
        if !self.config.catch_up.enabled {
            return self.deliver_unchecked(inbound);
        }
        if !self.held.has_room_for(inbound.bytes, &self.config.queue) {
            self.stop_holding(now);
        }
        self.deliver_or_hold(inbound, now);
    }

    /// Delivers the part of an event that is not held, and returns the rest.
    pub(super) fn deliver(&mut self, mut inbound: Inbound<P>, now: Micros) -> Option<Inbound<P>> {
        match inbound.event {
            EventDigest::Messages(items) => {
                self.meet_rooms(&items, now);
                let before = items.len();
                let (mut held, mut free) = (Vec::new(), Vec::new());
                for item in items {
                    let list = if self.holds(item.digest.room_id) {
                        &mut held
                    } else {
                        &mut free
                    };
                    list.push(item);
                }
                let is_part = !held.is_empty() && !free.is_empty();
                inbound.is_whole &= !is_part;
                if held.len() == before {
                    inbound.event = EventDigest::Messages(held);
                    return Some(inbound);
                }
                let rest = is_part.then(|| Inbound {
                    payload: inbound.payload.clone(),
                    event: EventDigest::Messages(held),
                    ..inbound
                });
                inbound.event = EventDigest::Messages(free);
                self.deliver_messages(inbound, now);
                rest
            }
            EventDigest::MessageDeleted { room_id, .. } if self.holds(room_id) => Some(inbound),
            EventDigest::Room(_) if self.sync.holds_rooms() => Some(inbound),
            EventDigest::RoomDeleted(room_id) if self.sync.holds_rooms() => {
                self.sync.suspend(room_id);
                Some(inbound)
            }
            EventDigest::MessageDeleted {
                parent_message_id,
                room_id,
                message_id,
            } => {
                self.deliver_deletion(inbound, room_id, parent_message_id, message_id, now);
                None
            }
            EventDigest::Room(room) => {
                self.deliver_room(inbound, room, now);
                None
            }
            EventDigest::RoomDeleted(room_id) => {
                if self.replica.hear_room_deletion(room_id, now) == Fate::Told {
                    self.push_as_it_came(inbound);
                }
                // They may be repeated once the room is back.
                self.replica.note_dropped(&self.held.mentions(room_id), now);
                self.held.forget_room(room_id);
                self.sync.rooms_changed(&mut self.replica, now);
                None
            }
        }
    }

    /// Whether events about messages of that room are held. A held deletion of the room has to be delivered first.
    fn holds(&self, room_id: RoomId) -> bool {
        self.sync.holds(room_id) || self.held.deletes(room_id)
    }

    /// Adds rooms that only messages have mentioned so far, and has the list of rooms read again.
    fn meet_rooms(&mut self, items: &[Item<MessageDigest>], now: Micros) {
        let mut is_changed = false;
        for room_id in items.iter().map(|item| item.digest.room_id) {
            if self.replica.room(room_id).is_none() && self.interest.messages.contains(room_id) {
                self.replica.room_mut(room_id).told_at = Some(now);
                is_changed = true;
            }
        }
        if is_changed {
            self.sync.check(None, now);
            self.sync.rooms_changed(&mut self.replica, now);
        }
    }

    fn deliver_messages(&mut self, mut inbound: Inbound<P>, now: Micros) {
        let event_type = inbound.event_type;
        let EventDigest::Messages(items) = &mut inbound.event else {
            return;
        };
        let items: Vec<Item<MessageDigest>> = std::mem::take(items);
        let (mut created, mut updated) = (Vec::new(), Vec::new());
        let (replica, sync) = (&mut self.replica, &mut self.sync);
        inbound.payload.read(|text| {
            for item in &items {
                let room_id = item.digest.room_id;
                let Some(coverage) = sync.coverage(room_id) else {
                    continue;
                };
                // The text is kept only for watched rooms.
                let body = if coverage == Coverage::Watched {
                    item.span.of(text)
                } else {
                    ""
                };
                let Heard {
                    fate,
                    is_to_be_checked,
                } = replica.hear_message(event_type, &item.digest, body, coverage, now);
                if is_to_be_checked && coverage == Coverage::Watched {
                    sync.check(Some(room_id), now);
                }
                match fate {
                    Fate::Known | Fate::Doubtful => {}
                    Fate::Told if event_type == EventType::TextMessagesUpdated => updated.push(item.span),
                    Fate::Told | Fate::ToldAs(_) => created.push(item.span),
                }
            }
        });
        let as_announced = if event_type == EventType::TextMessagesCreated {
            &created
        } else {
            &updated
        };
        let is_whole = inbound.is_whole && as_announced.len() == items.len();
        inbound.event = EventDigest::Messages(items);
        if is_whole {
            return self.push_as_it_came(inbound);
        }
        self.push_messages(EventType::TextMessagesCreated, &created, &inbound.payload);
        self.push_messages(EventType::TextMessagesUpdated, &updated, &inbound.payload);
    }

    fn deliver_deletion(
        &mut self,
        inbound: Inbound<P>,
        room_id: RoomId,
        parent: MessageId,
        message_id: MessageId,
        now: Micros,
    ) {
        let Some(coverage) = self.sync.coverage(room_id) else {
            return;
        };
        let (fate, comments) = self
            .replica
            .hear_deletion(room_id, parent, message_id, coverage, now);
        for comment in comments {
            let text = frame::message_deleted(room_id, message_id, comment);
            self.push_made(EventType::TextMessageDeleted, text, false);
        }
        if fate == Fate::Told {
            self.push_as_it_came(inbound);
        }
    }

    fn deliver_room(&mut self, inbound: Inbound<P>, room: Item<RoomDigest>, now: Micros) {
        if self.replica.may_be_back(&room.digest, now) {
            self.sync.check(None, now);
        }
        let room_id = room.digest.room_id;
        let was_listed = self.replica.is_listed(room_id);
        let was_deleted = self
            .replica
            .recent
            .deleted_at(Subject::Room(room_id.get()))
            .is_some();
        match self.replica.hear_room(inbound.event_type, &room.digest, now) {
            Fate::Told => self.push_as_it_came(inbound),
            Fate::ToldAs(event_type) => {
                let text = inbound
                    .payload
                    .read(|text| frame::room(event_type, room.span.of(text)));
                self.push_made(event_type, text, false);
                if was_listed {
                    self.sync.check(None, now);
                }
            }
            Fate::Known => {}
            Fate::Doubtful => self.sync.check(None, now),
        }
        let is_held = !self.held.mentions(room_id).is_empty();
        self.sync.resume(room_id, is_held, now);
        if !was_listed {
            self.sync.rooms_changed(&mut self.replica, now);
        }
        if !was_listed && was_deleted {
            // Its earlier messages are forgotten, and an outdated response may lack them.
            self.sync.check(Some(room_id), now);
        }
    }

    /// Queues an event without checking it. Leaves out only messages of unwanted rooms.
    fn deliver_unchecked(&mut self, mut inbound: Inbound<P>) {
        let wanted = &self.interest.messages;
        match &mut inbound.event {
            EventDigest::Messages(items) => {
                let before = items.len();
                items.retain(|item| wanted.contains(item.digest.room_id));
                if items.len() == before {
                    self.push_as_it_came(inbound);
                } else {
                    let spans: Vec<_> = items.iter().map(|item| item.span).collect();
                    self.push_messages(inbound.event_type, &spans, &inbound.payload);
                }
            }
            EventDigest::MessageDeleted { room_id, .. } if !wanted.contains(*room_id) => {}
            _ => self.push_as_it_came(inbound),
        }
    }

    fn push_as_it_came(&mut self, inbound: Inbound<P>) {
        let Inbound {
            event_type,
            payload,
            event,
            bytes,
            ..
        } = inbound;
        let recovered = false;
        let delivery = Delivery::Event {
            event_type,
            payload,
            recovered,
        };
        self.queue.push_event(delivery, bytes, Some((event_type, &event)));
    }

    /// Queues an event with some of the messages of a frame.
    fn push_messages(&mut self, event_type: EventType, spans: &[Span], came: &P) {
        if !spans.is_empty() {
            let text = came.read(|text| {
                let messages: Vec<_> = spans.iter().map(|span| span.of(text)).collect();
                frame::messages(event_type, &messages)
            });
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
        self.queue.push(delivery, bytes);
    }

    /// Removes the queued messages of rooms that the application no longer wants.
    pub(super) fn drop_unwanted(&mut self) {
        let (wanted, tape) = (&self.interest.messages, &mut self.tape);
        if !wanted.is_restricted() {
            return;
        }
        self.queue.retain_events(|event_type, payload| {
            let is_wanted = |event: &EventDigest| match event {
                EventDigest::Messages(items) => items.iter().any(|item| wanted.contains(item.digest.room_id)),
                EventDigest::MessageDeleted { room_id, .. } => wanted.contains(*room_id),
                _ => true,
            };
            !event_type.is_of_message()
                || payload.read(|text| match decode_onto(text, tape) {
                    Outcome::Event { .. } => is_wanted(&digest(event_type, tape)),
                    _ => true,
                })
        });
    }

    /// Handles a held event when its connection is lost. Deletions are delivered, as nothing later contradicts them.
    pub(super) fn lose(&mut self, held: Inbound<P>, now: Micros) {
        if let EventDigest::MessageDeleted {
            parent_message_id,
            room_id,
            message_id,
        } = held.event
        {
            return self.deliver_deletion(held, room_id, parent_message_id, message_id, now);
        }
        let EventDigest::Messages(items) = &held.event else {
            return;
        };
        for MessageDigest {
            room_id,
            message_id,
            parent_message_id,
            ..
        } in items.iter().map(|item| item.digest)
        {
            if held.event_type == EventType::TextMessagesCreated
                && parent_message_id == NO_MESSAGE
                && self.replica.room(room_id).is_some()
            {
                self.replica.room_mut(room_id).lose(message_id);
            }
        }
    }

    /// Notes that something arrived on the connection.
    fn hear(&mut self, now: Micros) {
        self.watchdog.heard(now);
        self.is_comparing_silence = false;
    }

    /// Checks from the head of a frame of `length` characters whether the application needs it. Returns whether the
    /// frame is done.
    pub(super) fn take_head(&mut self, head: &str, length: usize, now: Micros) -> bool {
        let may_want =
            |event_type| self.interest.may_want(event_type) || (STORE && self.store.may_want(event_type));
        let is_enough = decode::event_type(head).is_some_and(|event_type| !may_want(event_type));
        if is_enough {
            self.stats.frames += 1;
            self.stats.bytes += length as u64;
            self.hear(now);
        }
        is_enough
    }

    /// Handles a frame that is not text.
    pub(super) fn take_binary(&mut self, now: Micros) {
        self.stats.frames += 1;
        self.hear(now);
        if self.queue.has_room_for(0) {
            self.queue.push(Delivery::Binary, 0);
        } else {
            self.connection.recycle("the delivery queue is full", now);
        }
        self.settle(now);
    }
}
