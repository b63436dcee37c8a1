//! What the application has been told: which rooms there are, and which messages of them it follows, each with its
//! version. From this a client tells after a gap what the application has missed.
//!
//! Bounded: of each room the newest `window` messages are kept, with their comments up to as many again, in about 60
//! bytes each; and the ids of the latest [`TOMBSTONES`] messages that were found gone.

use std::collections::VecDeque;

use super::sorted::SortedMap;
use crate::protocol::decode::digest::{MessageDigest, RoomDigest};
use crate::protocol::ids::{MessageId, RoomId, SafeInt, UnixMillis};

/// How many ids of messages that are gone are remembered. A late event about an older one would be delivered.
pub const TOMBSTONES: usize = 1024;

/// Where a version became known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Origin {
    /// The event stream: what follows on it is newer.
    Stream,
    /// The REST API: events that were on their way meanwhile may be older.
    Rest,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Version {
    modified: UnixMillis,
    fingerprint: u64,
    origin: Origin,
}

impl Version {
    /// Whether an object with that stamp brings nothing new.
    fn covers(&self, modified: UnixMillis, fingerprint: u64) -> bool {
        self.fingerprint == fingerprint || modified < self.modified
    }
}

#[derive(Clone, Copy, Debug)]
struct KnownMessage {
    version: Version,
    parent: MessageId,
}

#[derive(Clone, Debug)]
struct KnownRoom {
    /// Whether the application was told of the room itself, not only of what is said in it.
    listed: bool,
    version: Version,
    /// Messages from this id on are followed; older ones were there before, or have left the window.
    floor: MessageId,
    messages: SortedMap<MessageId, KnownMessage>,
    /// How many of `messages` are no comments.
    top_level: usize,
}

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
    rooms: SortedMap<RoomId, KnownRoom>,
    tombstones: VecDeque<MessageId>,
    /// Rooms that the application was told are gone, while the stream may still speak of them.
    gone_rooms: SortedMap<RoomId, ()>,
}

impl Knowledge {
    /// Nothing, with room for the newest `window` messages of each room.
    #[must_use]
    pub const fn new(window: usize) -> Self {
        Self {
            window,
            rooms: SortedMap::new(),
            tombstones: VecDeque::new(),
            gone_rooms: SortedMap::new(),
        }
    }

    /// The rooms, in the order of their ids.
    pub fn rooms(&self) -> impl Iterator<Item = RoomId> + '_ {
        self.rooms
            .iter()
            .filter(|(_, room)| room.listed)
            .map(|(id, _)| id)
    }

    /// Whether an event about the room can be judged: the room is known, or known to be gone, or was looked for in vain.
    #[must_use]
    pub fn can_judge(&self, room_id: RoomId) -> bool {
        self.rooms.contains(room_id) || self.gone_rooms.contains(room_id)
    }

    /// The REST API does not list a room that an event speaks of: what is said in it passes as it comes.
    pub fn room_unlisted(&mut self, room_id: RoomId) {
        let version = Version {
            modified: SafeInt::ZERO,
            fingerprint: 0,
            origin: Origin::Stream,
        };
        self.rooms.insert(room_id, KnownRoom::new(version, SafeInt::MAX));
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

    /// The REST API shows that a room is gone.
    pub fn room_gone(&mut self, room_id: RoomId) {
        self.rooms.remove(room_id);
        if self.gone_rooms.len() >= TOMBSTONES {
            self.gone_rooms.pop_first();
        }
        self.gone_rooms.insert(room_id, ());
    }

    fn room(&mut self, room: &RoomDigest, origin: Origin, floor: MessageId) -> Novelty {
        let version = Version {
            modified: room.modified,
            fingerprint: room.fingerprint,
            origin,
        };
        let known = self
            .rooms
            .get_or_insert_with(room.room_id, || KnownRoom::new(version, floor));
        if !known.listed {
            known.listed = true;
            known.version = version;
            known.floor = known.floor.min(floor);
            return Novelty::New;
        }
        let novelty = novelty(&known.version, &version);
        if novelty != Novelty::Stale {
            known.version = version;
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
    /// A message that is `created` on the stream is followed even if the room was said to have newer ones already:
    /// all that are newer still have come, or will come, on the stream as well.
    pub fn message_from_stream(&mut self, message: &MessageDigest, created: bool) -> Novelty {
        if created && let Some(room) = self.rooms.get_mut(message.room_id) {
            room.floor = room.floor.min(message.message_id);
        }
        self.message(message, Origin::Stream)
    }

    fn message(&mut self, message: &MessageDigest, origin: Origin) -> Novelty {
        if self.tombstones.contains(&message.message_id) {
            return Novelty::Stale;
        }
        if self.gone_rooms.contains(message.room_id) {
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
        let fresh = KnownMessage {
            version,
            parent: message.parent_message_id,
        };
        if let Some(known) = room.messages.get_mut(message.message_id) {
            let novelty = novelty(&known.version, &version);
            if novelty != Novelty::Stale {
                // A server may make a comment of a message, or the other way round.
                room.top_level -= usize::from(known.parent == SafeInt::ZERO);
                room.top_level += usize::from(fresh.parent == SafeInt::ZERO);
                *known = fresh;
            }
            return novelty;
        }
        if message.message_id < room.floor {
            return outside;
        }
        room.messages.insert(message.message_id, fresh);
        room.top_level += usize::from(fresh.parent == SafeInt::ZERO);
        room.trim(self.window);
        Novelty::New
    }

    /// An event says that a message is gone. Tells whether that is news to the application.
    pub fn message_deleted(&mut self, room_id: RoomId, message_id: MessageId) -> bool {
        if self.tombstones.contains(&message_id) {
            return false;
        }
        let Some(room) = self.rooms.get_mut(room_id) else {
            return !self.gone_rooms.contains(room_id);
        };
        let known = room.forget(message_id);
        // Of a message that it follows and was never told of, it needs no news; of an older one it may.
        known || message_id < room.floor
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

    /// From which message id on a room is followed; `None` for a room that is not known.
    #[must_use]
    pub fn floor(&self, room_id: RoomId) -> Option<MessageId> {
        self.rooms.get(room_id).map(|room| room.floor)
    }

    /// Whether anything of the room's messages is remembered.
    #[must_use]
    pub fn follows_messages(&self, room_id: RoomId) -> bool {
        self.rooms
            .get(room_id)
            .is_some_and(|room| !room.messages.is_empty())
    }

    /// Whether the message is remembered.
    #[must_use]
    pub fn knows(&self, room_id: RoomId, message_id: MessageId) -> bool {
        self.rooms
            .get(room_id)
            .is_some_and(|room| room.messages.contains(message_id))
    }

    /// The remembered messages of a room in that span of ids that are comments on `parent` (0: that are no comments).
    #[must_use]
    pub fn between(
        &self,
        room_id: RoomId,
        parent: MessageId,
        above: MessageId,
        up_to: MessageId,
    ) -> Vec<MessageId> {
        let Some(room) = self.rooms.get(room_id).filter(|_| above < up_to) else {
            return Vec::new();
        };
        let span = room.messages.range(above, up_to);
        span.filter(|(_, message)| message.parent == parent)
            .map(|(id, _)| id)
            .collect()
    }

    /// The messages of a room whose comments are remembered.
    #[must_use]
    pub fn commented(&self, room_id: RoomId) -> Vec<MessageId> {
        let Some(room) = self.rooms.get(room_id) else {
            return Vec::new();
        };
        room.messages
            .values()
            .map(|message| message.parent)
            .filter(|parent| *parent != SafeInt::ZERO)
            .collect()
    }

    /// Forgets the messages of a room and follows it from `floor` on: the application is told to load it again.
    pub fn restart_room(&mut self, room_id: RoomId, floor: MessageId) {
        if let Some(room) = self.rooms.get_mut(room_id) {
            room.messages.clear();
            room.top_level = 0;
            room.floor = floor;
        }
    }
}

fn novelty(known: &Version, fresh: &Version) -> Novelty {
    // What follows on the stream is newer, whatever it says: only versions from two sources are compared.
    let comparable = known.origin == Origin::Rest || fresh.origin == Origin::Rest;
    if comparable && known.covers(fresh.modified, fresh.fingerprint) {
        Novelty::Stale
    } else {
        Novelty::Changed
    }
}

impl KnownRoom {
    const fn new(version: Version, floor: MessageId) -> Self {
        Self {
            listed: false,
            version,
            floor,
            messages: SortedMap::new(),
            top_level: 0,
        }
    }

    fn forget(&mut self, message_id: MessageId) -> bool {
        let Some(message) = self.messages.remove(message_id) else {
            return false;
        };
        if message.parent == SafeInt::ZERO {
            self.top_level -= 1;
            // The comments go with the message that they comment on. (On none, where its id is 0.)
            if message_id != SafeInt::ZERO {
                self.messages.retain(|_, other| other.parent != message_id);
            }
        }
        true
    }

    /// Lets the oldest leave until the window holds.
    fn trim(&mut self, window: usize) {
        while self.top_level > window || self.messages.len() > 2 * window {
            let Some((id, message)) = self.messages.pop_first() else {
                return;
            };
            self.floor = SafeInt::new(id.get() + 1).unwrap_or(id);
            if message.parent == SafeInt::ZERO {
                self.top_level -= 1;
            }
        }
    }
}
