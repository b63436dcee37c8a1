//! What the application has been told: which rooms there are, and which messages of them it follows, each with its
//! version. From this a client tells after a gap what the application has missed.
//!
//! Bounded: of each room the newest `window` messages are kept, with their comments up to as many again, in about 64
//! bytes each; and the ids of the latest [`TOMBSTONES`] messages and rooms that were found gone.

mod following;
mod room;

use std::collections::VecDeque;

use room::{KnownMessage, KnownRoom, Origin, UNREAD, Version, novelty};

use super::interest::Rooms;
use super::sorted::SortedMap;
use crate::protocol::decode::digest::{MessageDigest, RoomDigest};
use crate::protocol::ids::{MessageId, RoomId, SafeInt};

/// How many ids of messages that are gone are remembered. A late event about an older one would be delivered.
pub const TOMBSTONES: usize = 1024;

/// What an object is to the application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Novelty {
    /// It has not been told of it.
    New,
    /// It was told of another version.
    Changed,
    /// It has this version, or a newer one.
    Stale,
}

/// All that the application has been told.
#[derive(Clone, Debug)]
pub struct Knowledge {
    window: usize,
    /// The rooms whose messages the application wants: of the others nothing is learnt.
    wanted: Rooms,
    rooms: SortedMap<RoomId, KnownRoom>,
    tombstones: VecDeque<MessageId>,
    /// Rooms that the application was told are gone, while the stream may still speak of them.
    gone_rooms: SortedMap<RoomId, ()>,
    /// Rooms that were learnt silently a short while ago.
    young: Vec<RoomId>,
    /// The largest id of a message that was heard of.
    newest: MessageId,
}

impl Knowledge {
    /// Nothing, with room for the newest `window` messages of each room.
    #[must_use]
    pub const fn new(window: usize) -> Self {
        Self {
            window,
            wanted: Rooms::All,
            rooms: SortedMap::new(),
            tombstones: VecDeque::new(),
            gone_rooms: SortedMap::new(),
            young: Vec::new(),
            newest: SafeInt::ZERO,
        }
    }

    /// Forgets everything but which rooms' messages are wanted.
    pub fn forget(&mut self) {
        let wanted = std::mem::take(&mut self.wanted);
        *self = Self::new(self.window);
        self.wanted = wanted;
    }

    /// The rooms that the application was told of, or of messages in them, in the order of their ids.
    pub fn rooms(&self) -> impl Iterator<Item = RoomId> + '_ {
        self.rooms.iter().map(|(id, _)| id)
    }

    /// Whether an event about the room can be judged: the room is known, or known to be gone, or was looked for in vain.
    #[must_use]
    pub fn can_judge(&self, room_id: RoomId) -> bool {
        self.rooms.contains(room_id) || self.gone_rooms.contains(room_id)
    }

    /// The REST API does not list a room that an event speaks of: what the stream says of it is all there is.
    pub fn room_unlisted(&mut self, room_id: RoomId) {
        let version = Version {
            modified: SafeInt::ZERO,
            fingerprint: 0,
            origin: Origin::Stream,
        };
        self.rooms.insert(room_id, KnownRoom::new(version, SafeInt::ZERO));
    }

    /// Whether the room is known.
    #[must_use]
    pub fn has_room(&self, room_id: RoomId) -> bool {
        self.rooms.get(room_id).is_some_and(|room| room.listed)
    }

    /// How many messages are remembered, for the memory that it takes.
    #[must_use]
    pub fn message_count(&self) -> usize {
        self.rooms.values().map(|room| room.messages.len()).sum()
    }

    /// What a room in an answer of the REST API is to the application; remembers it.
    pub fn room_from_rest(&mut self, room: &RoomDigest, floor: MessageId) -> Novelty {
        self.gone_rooms.remove(room.room_id);
        self.room(room, Origin::Rest, floor)
    }

    /// What a room in an event is to the application; remembers it. One that is not `created` and that the REST API
    /// showed to be gone is stale.
    pub fn room_from_stream(&mut self, room: &RoomDigest, floor: MessageId, created: bool) -> Novelty {
        if created {
            self.gone_rooms.remove(room.room_id);
        } else if self.gone_rooms.contains(room.room_id) {
            return Novelty::Stale;
        }
        self.room(room, Origin::Stream, floor)
    }

    /// The REST API lists a room and does not show its messages: the room is going.
    pub fn room_refused(&mut self, room_id: RoomId) {
        if let Some(room) = self.rooms.get_mut(room_id) {
            room.refused = true;
        }
    }

    /// The REST API shows that a room is gone.
    pub fn room_gone(&mut self, room_id: RoomId) {
        self.rooms.remove(room_id);
        if self.gone_rooms.len() >= TOMBSTONES {
            self.gone_rooms.pop_first();
        }
        self.gone_rooms.insert(room_id, ());
    }

    /// The largest id of a message that was heard of.
    #[must_use]
    pub const fn newest(&self) -> MessageId {
        self.newest
    }

    /// There is a message with that id.
    pub fn hear_of(&mut self, message_id: MessageId) {
        self.newest = self.newest.max(message_id);
    }

    fn room(&mut self, room: &RoomDigest, origin: Origin, floor: MessageId) -> Novelty {
        self.hear_of(room.last_message_id);
        let version = Version {
            modified: room.modified,
            fingerprint: room.fingerprint,
            origin,
        };
        // A room that the REST API does not list: there is nothing to learn, also once its name is known.
        let was_unlisted = origin == Origin::Stream && self.rooms.contains(room.room_id);
        let known = self
            .rooms
            .get_or_insert_with(room.room_id, || KnownRoom::new(version, floor));
        if origin == Origin::Rest {
            known.refused = false;
        }
        if !known.listed {
            known.listed = true;
            known.version = version;
            known.last_message = room.last_message_id;
            known.learnt = was_unlisted || room.last_message_id == SafeInt::ZERO;
            known.by_stream = origin == Origin::Stream && !known.learnt;
            known.floor = known.floor.min(floor);
            known.comment_floor = known.comment_floor.min(floor);
            return Novelty::New;
        }
        let mut novelty = novelty(&known.version, &version, known.state_by_stream);
        // Messages do not change the time of a room. An event that does not know of one that is there is older.
        if known.version.origin == Origin::Rest
            && origin == Origin::Stream
            && !known.state_by_stream
            && room.last_message_id < known.last_message
        {
            novelty = Novelty::Stale;
        }
        if novelty != Novelty::Stale {
            known.version = version;
            known.last_message = room.last_message_id;
        }
        novelty
    }

    /// An event says that a room is gone. Tells whether that is news to the application.
    pub fn remove_room(&mut self, room_id: RoomId) -> bool {
        let news = self.rooms.contains(room_id) || !self.gone_rooms.contains(room_id);
        self.room_gone(room_id);
        news
    }

    /// What a message in an answer of the REST API is to the application; remembers it. One that is older than what
    /// the application follows is stale.
    pub fn message_from_rest(&mut self, message: &MessageDigest) -> Novelty {
        self.message(message, Origin::Rest)
    }

    /// What a message in an event is to the application; remembers it. One that is outside of what the application
    /// follows is changed, as far as anyone knows.
    ///
    /// One that is `created` on the stream, in a room of which the stream alone has told, is followed even if the room
    /// was learnt to have newer ones already: all that are newer still have come, or will come, on the stream as well.
    /// In any other room such a message has been told of, and has left the window since.
    pub fn message_from_stream(&mut self, message: &MessageDigest, created: bool) -> Novelty {
        if created
            && let Some(room) = self.rooms.get_mut(message.room_id)
            && !room.messages.contains(message.message_id)
        {
            let floor = if message.parent_message_id == SafeInt::ZERO {
                &mut room.floor
            } else {
                &mut room.comment_floor
            };
            if room.by_stream {
                *floor = (*floor).min(message.message_id);
            } else if message.message_id < *floor {
                return Novelty::Stale;
            }
        }
        self.message(message, Origin::Stream)
    }

    /// Whether a message in an answer of the REST API is news. Nothing is remembered.
    #[must_use]
    pub fn is_news(&self, message: &MessageDigest) -> bool {
        let known = self
            .rooms
            .get(message.room_id)
            .and_then(|room| room.messages.get(message.message_id));
        known.is_none_or(|known| !known.version.covers(message.modified, message.fingerprint))
    }

    fn message(&mut self, message: &MessageDigest, origin: Origin) -> Novelty {
        self.hear_of(message.message_id);
        // A comment goes with the message that it is on.
        let is_gone = [message.message_id, message.parent_message_id]
            .iter()
            .any(|id| self.tombstones.contains(id));
        if is_gone || self.gone_rooms.contains(message.room_id) {
            return Novelty::Stale;
        }
        let outside = if origin == Origin::Rest {
            Novelty::Stale
        } else {
            Novelty::Changed
        };
        let Some(room) = self.rooms.get_mut(message.room_id) else {
            return outside;
        };
        let version = Version {
            modified: message.modified,
            fingerprint: message.fingerprint,
            origin,
        };
        if let Some(known) = room.messages.get_mut(message.message_id) {
            let novelty = novelty(&known.version, &version, room.by_stream);
            if novelty != Novelty::Stale {
                // A server may make a comment of a message, or the other way round.
                room.top_level -= usize::from(known.parent == SafeInt::ZERO);
                room.top_level += usize::from(message.parent_message_id == SafeInt::ZERO);
                known.parent = message.parent_message_id;
                known.version = version;
                match origin {
                    // What else happened in its thread is not known, also if the count is the same.
                    Origin::Rest => known.unlisted = UNREAD,
                    Origin::Stream => room.check_thread(message.message_id, message.comment_count.get()),
                }
            }
            return novelty;
        }
        let fresh = KnownMessage {
            version,
            parent: message.parent_message_id,
            unlisted: 0,
        };
        let floor = if fresh.parent == SafeInt::ZERO {
            room.floor
        } else {
            room.comment_floor
        };
        if message.message_id < floor {
            return outside;
        }
        room.messages.insert(message.message_id, fresh);
        room.top_level += usize::from(fresh.parent == SafeInt::ZERO);
        room.trim(self.window);
        Novelty::New
    }

    /// An event says that a message is gone: the newest of its room may be another one now.
    pub fn doubt_last_message(&mut self, room_id: RoomId, message_id: MessageId) {
        if let Some(room) = self.rooms.get_mut(room_id) {
            room.doubt_last_message(message_id);
        }
    }

    /// An event says that a message is gone. Tells whether that is news to the application.
    pub fn message_deleted(&mut self, room_id: RoomId, message_id: MessageId) -> bool {
        self.doubt_last_message(room_id, message_id);
        if self.tombstones.contains(&message_id) {
            return false;
        }
        let Some(room) = self.rooms.get_mut(room_id) else {
            return !self.gone_rooms.contains(room_id);
        };
        let known = room.forget(message_id);
        // Of a message that it follows and was never told of, it needs no news; of an older one it may.
        known || room.by_stream || message_id < room.floor.max(room.comment_floor)
    }

    /// The REST API shows that a message is gone: what the stream may still say of it is old.
    pub fn message_gone(&mut self, room_id: RoomId, message_id: MessageId) {
        if let Some(room) = self.rooms.get_mut(room_id) {
            room.forget(message_id);
        }
        if self.tombstones.len() == TOMBSTONES {
            self.tombstones.pop_front();
        }
        self.tombstones.push_back(message_id);
    }
}
