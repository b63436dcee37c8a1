//! Events that are held, in order, until their unit has been compared with the REST API.

use crate::client::delivery::Payload;
use crate::client::delivery_queue::DeliveryQueueConfig;
use crate::client::sorted::SortedMap;
use crate::client::sync::{HeldEvents, Mention, Said};
use crate::protocol::decode::digest::{EventDigest, MessageDigest};
use crate::protocol::event::EventType;
use crate::protocol::ids::{MessageId, RoomId};

/// An event from the stream, or a part of it.
#[derive(Clone, Debug)]
pub(super) struct Inbound<P> {
    pub(super) event_type: EventType,
    pub(super) payload: P,
    pub(super) event: EventDigest,
    /// Whether it still has everything that the frame had.
    pub(super) is_whole: bool,
    /// The size of the frame.
    pub(super) bytes: usize,
}

/// The held events.
#[derive(Clone, Debug)]
pub(super) struct Held<P> {
    events: Vec<Inbound<P>>,
    bytes: usize,
}

impl<P> Held<P> {
    pub(super) const fn new() -> Self {
        Self {
            events: Vec::new(),
            bytes: 0,
        }
    }

    /// The number of events and bytes.
    pub(super) const fn size(&self) -> (usize, usize) {
        (self.events.len(), self.bytes)
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    pub(super) const fn has_room_for(&self, bytes: usize, bounds: &DeliveryQueueConfig) -> bool {
        self.events.len() < bounds.max_frames && self.bytes + bytes <= bounds.max_bytes
    }

    pub(super) fn push(&mut self, event: Inbound<P>) {
        self.bytes += event.bytes;
        self.events.push(event);
    }

    /// Whether one of them deletes the room.
    pub(super) fn deletes(&self, room_id: RoomId) -> bool {
        let mut events = self.events.iter();
        events.any(|held| matches!(held.event, EventDigest::RoomDeleted(other) if other == room_id))
    }

    /// Drops the messages of a deleted room, and their deletions.
    pub(super) fn forget_room(&mut self, room_id: RoomId) {
        for held in &mut self.events {
            if let EventDigest::Messages(messages) = &mut held.event {
                let before = messages.len();
                messages.retain(|item| item.digest.room_id != room_id);
                held.is_whole &= messages.len() == before;
            }
        }
        self.events.retain(|held| {
            !matches!(held.event, EventDigest::MessageDeleted { room_id: other, .. } if other == room_id)
        });
    }

    /// Takes all events, to decide on them again.
    pub(super) fn take(&mut self) -> Vec<Inbound<P>> {
        self.bytes = 0;
        std::mem::take(&mut self.events)
    }
}

impl<P: Payload> HeldEvents for Held<P> {
    fn mentions(&self, room_id: RoomId) -> Vec<Mention> {
        let mut mentions = Vec::new();
        for held in &self.events {
            match &held.event {
                EventDigest::Messages(messages) => {
                    let own = messages.iter().filter(|item| item.digest.room_id == room_id);
                    mentions.extend(own.map(|item| {
                        let version = item.digest.fingerprint;
                        Mention {
                            parent: item.digest.parent_message_id,
                            message_id: item.digest.message_id,
                            said: if held.event_type == EventType::TextMessagesCreated {
                                Said::Created(version)
                            } else {
                                Said::Updated(version)
                            },
                        }
                    }));
                }
                EventDigest::MessageDeleted {
                    room_id: other,
                    message_id,
                    parent_message_id,
                } if *other == room_id => mentions.push(Mention {
                    parent: *parent_message_id,
                    message_id: *message_id,
                    said: Said::Deleted,
                }),
                _ => {}
            }
        }
        mentions
    }

    fn latest(&self, room_id: RoomId, message_id: MessageId) -> Option<(MessageDigest, Box<str>)> {
        // The creation is the oldest version, even if another frame overtook it.
        let types = [EventType::TextMessagesUpdated, EventType::TextMessagesCreated];
        types.iter().find_map(|event_type| {
            let of_type = self.events.iter().filter(|held| held.event_type == *event_type);
            of_type.rev().find_map(|held| {
                let EventDigest::Messages(items) = &held.event else {
                    return None;
                };
                let is_meant =
                    |digest: &MessageDigest| digest.room_id == room_id && digest.message_id == message_id;
                let item = items.iter().rfind(|item| is_meant(&item.digest))?;
                let json = held.payload.read(|text| item.span.of(text).into());
                Some((item.digest, json))
            })
        })
    }

    fn rooms(&self) -> Vec<RoomId> {
        let rooms = self.events.iter().filter_map(|held| match &held.event {
            EventDigest::Room(room) => Some(room.digest.room_id),
            EventDigest::RoomDeleted(room_id) => Some(*room_id),
            _ => None,
        });
        rooms.collect()
    }

    fn drop_outdated(&mut self, room_id: RoomId, outdated: &[(MessageId, usize)]) -> Vec<(MessageId, u64)> {
        let mut dropped = Vec::new();
        let mut left = SortedMap::new();
        for (message_id, count) in outdated {
            *left.get_or_insert_with(*message_id, || 0) += count;
        }
        for held in &mut self.events {
            let EventDigest::Messages(messages) = &mut held.event else {
                continue;
            };
            let before = messages.len();
            messages.retain(|item| {
                let digest = &item.digest;
                match left.get_mut(digest.message_id) {
                    Some(left) if *left > 0 && digest.room_id == room_id => {
                        *left -= 1;
                        dropped.push((digest.message_id, digest.fingerprint));
                        false
                    }
                    _ => true,
                }
            });
            held.is_whole &= messages.len() == before;
        }
        dropped
    }
}
