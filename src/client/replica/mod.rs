//! What the application knows: the rooms, and the messages of those that it watches, in their latest versions.
//!
//! Events and responses of the REST API are compared with it. An event about something known is a repeat. After a gap,
//! every difference is delivered.

mod recent;
mod room;
mod timeline;

use crate::client::clock::Micros;

pub(crate) use recent::{MAX_FORGOTTEN, MAX_REPEAT, Recent, Subject};
pub(super) use room::{Passing, Room};
pub use timeline::MAX_BODY_BYTES_KEPT;
pub(crate) use timeline::{Entry, Timeline};

use super::sorted::SortedMap;
use super::sync::{Mention, REPLICATION_LAG};
use crate::protocol::decode::digest::{MessageDigest, RoomDigest};
use crate::protocol::event::EventType;
use crate::protocol::ids::{MessageId, RoomId, SafeInt};

/// What to do with an event, or with a message in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// Deliver it as it came.
    Told,
    /// Deliver it as an event of this type.
    ToldAs(EventType),
    /// Drop it: the application knows it already.
    Known,
    /// Drop it, as it looks like a repeat of an older version. The REST API has to tell which one is newer.
    Doubtful,
}

/// What to do with a message in an event, and whether to check it with the REST API.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Heard {
    pub(crate) fate: Fate,
    pub(crate) is_to_be_checked: bool,
}

impl Heard {
    fn of(fate: Fate) -> Self {
        let is_to_be_checked = fate == Fate::Doubtful;
        Self {
            fate,
            is_to_be_checked,
        }
    }
}

/// How a room's messages are followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Coverage {
    /// Its newest messages are known.
    Watched,
    /// Events about its messages are passed on.
    Passed,
}

/// All that the application knows.
#[derive(Clone, Debug)]
pub struct Replica {
    window: usize,
    /// Whether existing rooms and messages are delivered.
    pub(crate) history: bool,
    pub(super) rooms: SortedMap<RoomId, Room>,
    pub(crate) recent: Recent,
    /// The number of unreadable entries when the list of rooms was last read.
    pub(crate) unreadable_rooms: usize,
    /// Until when events about rooms pass as they come, as the application loads the list of rooms itself.
    pub(crate) passes_until: Option<Micros>,
    /// When the connection opened.
    opened_at: Micros,
}

impl Replica {
    /// An empty replica with space for the newest `window` messages of each watched room.
    #[must_use]
    pub(crate) const fn new(window: usize, history: bool) -> Self {
        Self {
            window,
            history,
            rooms: SortedMap::new(),
            recent: Recent::new(),
            unreadable_rooms: 0,
            passes_until: None,
            opened_at: 0,
        }
    }

    /// The rooms that the application knows, ordered by id.
    pub fn rooms(&self) -> impl Iterator<Item = (RoomId, &Room)> + '_ {
        self.rooms.iter().filter(|(_, room)| room.is_listed)
    }

    /// A room.
    #[must_use]
    pub fn room(&self, room_id: RoomId) -> Option<&Room> {
        self.rooms.get(room_id)
    }

    /// All rooms, including those that only messages have mentioned.
    pub(crate) fn all_rooms(&self) -> impl Iterator<Item = (RoomId, &Room)> + '_ {
        self.rooms.iter()
    }

    /// The number of known messages.
    #[must_use]
    pub fn message_count(&self) -> usize {
        self.rooms.values().map(Room::message_count).sum()
    }

    pub(crate) fn is_listed(&self, room_id: RoomId) -> bool {
        self.rooms.get(room_id).is_some_and(|room| room.is_listed)
    }

    /// Returns a room, created if only messages have mentioned it.
    pub(crate) fn room_mut(&mut self, room_id: RoomId) -> &mut Room {
        self.rooms.get_or_insert_with(room_id, Room::default)
    }

    /// Trims a room to its bound.
    pub(crate) fn trim(&mut self, room_id: RoomId, coverage: Coverage) {
        if let Some(room) = self.rooms.get_mut(room_id) {
            // A room that was watched may be watched again.
            let is_unlisted = self.passes_until == Some(Micros::MAX);
            let keeps_all = coverage == Coverage::Watched || room.has_baseline || is_unlisted;
            room.trim(keeps_all.then_some(self.window));
        }
    }

    /// Ends a connection.
    pub(crate) fn begin_silence(&mut self, now: Micros) {
        self.rooms.values_mut().for_each(|room| room.unsettle(now));
    }

    /// Begins a connection after a gap: its events prove nothing about what came before.
    pub(crate) fn begin_gap(&mut self, now: Micros) {
        self.passes_until = None;
        self.opened_at = now;
        for room in self.rooms.values_mut() {
            room.is_behind = true;
            room.stop_passing();
        }
    }

    /// Whether a message has or had that version.
    pub(crate) fn has_version(&self, digest: &MessageDigest) -> bool {
        let room = self.rooms.get(digest.room_id);
        let timeline = room.and_then(|room| room.timeline(digest.parent_message_id));
        let entry = timeline.and_then(|timeline| timeline.get(digest.message_id));
        let subject = Subject::Message(digest.message_id.get());
        entry.is_some_and(|entry| entry.fingerprint == digest.fingerprint)
            || self.recent.has_version(subject, digest.fingerprint)
    }

    /// Applies a message from the stream.
    pub(crate) fn hear_message(
        &mut self,
        event_type: EventType,
        digest: &MessageDigest,
        body: &str,
        coverage: Coverage,
        now: Micros,
    ) -> Heard {
        let history = self.history;
        let subject = Subject::Message(digest.message_id.get());
        let is_created = event_type == EventType::TextMessagesCreated;
        let was_told = self.recent.has_version(subject, digest.fingerprint);
        let last_told = self.recent.last_version(subject);
        let was_deleted = self.recent.deleted_at(subject).is_some();
        let room = self.rooms.get_or_insert_with(digest.room_id, Room::default);
        room.newest = room.newest.max(digest.message_id);
        let passes = room.passes(now);
        let (is_behind, comment_floor, mark) = (room.is_behind, room.comment_floor, room.main.mark);
        let has_baseline = room.has_baseline;
        let is_watched = coverage == Coverage::Watched;
        if !is_watched && !is_behind {
            room.hear(now);
        }
        let parent = digest.parent_message_id;
        let is_stray = parent != NO_MESSAGE && parent < room.main.floor && room.main.get(parent).is_none();
        let timeline = room.timeline_mut(parent);
        let has_floor = is_watched || has_baseline || parent != NO_MESSAGE;
        let is_beyond = is_stray || (has_floor && digest.message_id < timeline.floor);
        // Beyond the window and in rooms that are not watched, it is unknown which versions were delivered.
        let is_vague = is_beyond || (!is_watched && timeline.get(digest.message_id).is_none());
        let is_repeat = was_told && (!is_vague || last_told == Some(digest.fingerprint));
        let fate = if let Some(entry) = timeline.get_mut(digest.message_id) {
            entry.missing_since = None;
            if entry.fingerprint == digest.fingerprint {
                entry.told_at = Some(now);
                // The application may have loaded another version before the baseline was.
                let is_news = std::mem::take(&mut entry.is_silent);
                return Heard::of(if is_news { Fate::Told } else { Fate::Known });
            }
            if is_repeat {
                return Heard::of(Fate::Doubtful);
            }
            if is_created && (!entry.is_silent || entry.told_at.is_some()) {
                // Messages are created only once, so this version is older than the known one. The application may
                // have loaded neither, unless the stream brought the known one.
                return Heard::of(Fate::Known);
            }
            self.recent
                .note_change(subject, entry.fingerprint, digest.fingerprint);
            if let Some(entry) = timeline.revise(digest, body) {
                entry.told_at = Some(now);
            }
            Fate::Told
        } else if is_repeat {
            return Heard::of(Fate::Doubtful);
        } else {
            if is_beyond {
                if is_created && last_told.is_some() {
                    // An update overtook it.
                    return Heard::of(Fate::Known);
                }
                // The application may have loaded it; the replica does not have it.
                self.recent.note_version(subject, digest.fingerprint);
                self.recent.revive(subject);
                return Heard::of(Fate::Told);
            }
            // With history, all delivered messages are known, except for the oldest.
            let is_old = if history {
                digest.message_id < timeline.floor
            } else {
                mark.is_none_or(|mark| digest.message_id <= mark)
            };
            let may_be_loaded = !is_watched && is_old;
            let is_old_comment =
                parent != NO_MESSAGE && timeline.mark.is_none() && digest.message_id <= comment_floor;
            let mut entry = Entry::new(digest, body, now);
            entry.told_at = Some(now);
            room.insert(parent, digest.message_id, entry);
            if parent == NO_MESSAGE && digest.message_id < room.main.floor {
                // Comments on it were passed on until now.
                let newest = room.newest;
                room.timeline_mut(digest.message_id).floor = newest.next();
            }
            let timeline = room.timeline_mut(parent);
            if !is_behind {
                timeline.advance(digest.message_id);
            }
            if is_old_comment && let Some(entry) = room.main.get_mut(parent) {
                entry.unlisted = entry.unlisted.saturating_sub(1);
            }
            if is_created || passes || is_old_comment || may_be_loaded {
                Fate::Told
            } else {
                Fate::ToldAs(EventType::TextMessagesCreated)
            }
        };
        if !is_behind && !is_watched {
            room.main.advance(digest.message_id);
        }
        if was_deleted {
            self.recent.revive(subject);
        }
        self.trim(digest.room_id, coverage);
        // A message that is delivered with comments may have some that were never delivered.
        let has_more = fate != Fate::Told && digest.comment_count != SafeInt::ZERO && is_watched;
        Heard {
            fate,
            is_to_be_checked: was_deleted || has_more,
        }
    }

    /// Applies a deletion from the stream. Returns the comments that are deleted along with the message.
    pub(crate) fn hear_deletion(
        &mut self,
        room_id: RoomId,
        parent: MessageId,
        message_id: MessageId,
        coverage: Coverage,
        now: Micros,
    ) -> (Fate, Vec<MessageId>) {
        let subject = Subject::Message(message_id.get());
        let is_repeat = self.was_deleted(subject);
        self.recent.note_deletion(subject, now);
        let history = self.history;
        if history && self.rooms.get(room_id).is_none() {
            // No part of the room was delivered.
            return (Fate::Known, Vec::new());
        }
        let room = self.rooms.get_or_insert_with(room_id, Room::default);
        let passes = room.passing != Passing::Nothing;
        let removed = room
            .parent_of(message_id)
            .and_then(|parent| room.timeline_mut(parent).remove(message_id));
        let comments = self.take_comments(room_id, message_id, now);
        if removed.is_some() {
            self.recent.note_removal(subject, removed.as_ref());
            return (Fate::Told, comments);
        }
        let room = self.room_mut(room_id);
        let is_above_floor = room
            .timeline(parent)
            .is_none_or(|timeline| message_id >= timeline.floor)
            && (parent == NO_MESSAGE || parent >= room.main.floor || room.main.get(parent).is_some());
        // Of the comments that the application has loaded, only the number is known.
        let is_within = |timeline: &Timeline| timeline.mark.is_some() && message_id >= timeline.floor;
        let is_counted = room.main.get(parent).is_some_and(|entry| entry.unlisted > 0)
            && !room.threads.get(parent).is_some_and(is_within);
        let is_untold = is_above_floor && !is_counted && message_id > room.comment_floor;
        if let Some(entry) = room.main.get_mut(parent) {
            entry.unlisted = entry.unlisted.saturating_sub(1);
        }
        let is_followed = coverage == Coverage::Watched || parent == NO_MESSAGE;
        let is_covered = history && is_followed && is_untold;
        if is_repeat || (is_covered && !passes) {
            (Fate::Known, comments)
        } else {
            (Fate::Told, comments)
        }
    }

    /// Removes the comments on a deleted message and returns their ids.
    pub(crate) fn take_comments(
        &mut self,
        room_id: RoomId,
        parent: MessageId,
        now: Micros,
    ) -> Vec<MessageId> {
        let room = self.rooms.get_mut(room_id);
        let thread = room.and_then(|room| room.threads.remove(parent));
        let mut comments = Vec::new();
        for (id, entry) in thread.iter().flat_map(Timeline::iter) {
            let subject = Subject::Message(id.get());
            self.recent.note_deletion(subject, now);
            self.recent.note_removal(subject, Some(entry));
            if id != parent {
                comments.push(id);
            }
        }
        comments
    }

    /// Whether the room had that version until recently. It may be back, or the frame was repeated.
    pub(crate) fn may_be_back(&self, digest: &RoomDigest, now: Micros) -> bool {
        let subject = Subject::Room(digest.room_id.get());
        let deleted_at = self.recent.deleted_at(subject);
        deleted_at.is_some_and(|at| now < at + MAX_REPEAT)
            && self.recent.has_version(subject, digest.fingerprint)
            && !self.is_listed(digest.room_id)
    }

    /// Applies a room from the stream.
    pub(crate) fn hear_room(&mut self, event_type: EventType, digest: &RoomDigest, now: Micros) -> Fate {
        let history = self.history;
        let subject = Subject::Room(digest.room_id.get());
        let is_repeat = self.recent.has_version(subject, digest.fingerprint);
        let passes = self.passes_until.is_some_and(|until| now < until);
        let is_created = event_type == EventType::RoomCreated;
        if !is_created && self.may_be_back(digest, now) {
            return Fate::Doubtful;
        }
        if !is_repeat {
            self.recent.note_version(subject, digest.fingerprint);
        }
        let room = self.rooms.get_or_insert_with(digest.room_id, Room::default);
        room.missing_since = None;
        let fate = if room.is_listed {
            if room.fingerprint == digest.fingerprint {
                room.told_at = Some(now);
                return if std::mem::take(&mut room.is_silent) {
                    Fate::Told
                } else {
                    Fate::Known
                };
            }
            let is_recent = room
                .told_at
                .max(room.seen_at)
                .is_some_and(|at| now < at + MAX_REPEAT);
            if is_repeat || (is_created && !passes && is_recent) {
                return Fate::Doubtful;
            }
            if is_created && !passes {
                // It was deleted and created again without an event.
                Fate::ToldAs(EventType::RoomUpdated)
            } else {
                Fate::Told
            }
        } else {
            room.main.mark.get_or_insert(digest.last_message_id);
            if is_created || passes {
                Fate::Told
            } else {
                Fate::ToldAs(EventType::RoomCreated)
            }
        };
        room.revise(digest, history);
        room.told_at = Some(now);
        self.recent.revive(subject);
        fate
    }

    /// Applies the deletion of a room. An application that loads rooms itself may know one that no response listed.
    pub(crate) fn hear_room_deletion(&mut self, room_id: RoomId, now: Micros) -> Fate {
        let is_repeat = self.was_deleted(Subject::Room(room_id.get()));
        let was_known = self.forget_room(room_id, now);
        if was_known || (!self.history && !is_repeat) {
            Fate::Told
        } else {
            Fate::Known
        }
    }

    /// Whether the application knows that something was deleted. If it loads the state itself, it may have loaded
    /// what was deleted during an earlier connection.
    fn was_deleted(&self, subject: Subject) -> bool {
        let since = if self.history { 0 } else { self.opened_at };
        self.recent.deleted_at(subject) >= Some(since)
    }

    /// Notes dropped events about messages of a deleted room. The room may be back before all responses lack what was
    /// deleted, or before a frame is repeated.
    pub(crate) fn note_dropped(&mut self, mentions: &[Mention], now: Micros) {
        for Mention { message_id, said, .. } in &mentions[mentions.len().saturating_sub(MAX_FORGOTTEN)..] {
            let subject = Subject::Message(message_id.get());
            match said.version() {
                Some(version) => self.recent.note_forgotten(subject, version),
                None => self.recent.note_deletion(subject, now),
            }
        }
    }

    /// Removes a room. Returns whether the application knew of it, or of messages in it.
    pub(crate) fn forget_room(&mut self, room_id: RoomId, now: Micros) -> bool {
        self.recent.note_deletion(Subject::Room(room_id.get()), now);
        let Some(room) = self.rooms.remove(room_id) else {
            return false;
        };
        // The room may be back before a frame is repeated.
        let all = [&room.main].into_iter().chain(room.threads.values());
        let all = all.flat_map(|timeline| timeline.iter().rev());
        let recent = all.filter(|(_, entry)| entry.told_at.is_some_and(|at| now < at + REPLICATION_LAG));
        for (id, entry) in recent.take(MAX_FORGOTTEN) {
            self.recent
                .note_forgotten(Subject::Message(id.get()), entry.fingerprint);
        }
        room.is_listed || room.message_count() > 0
    }
}

/// The lowest id; stands for no message.
pub(crate) const NO_MESSAGE: MessageId = MessageId::ZERO;
