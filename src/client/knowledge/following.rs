//! Which messages of a room the application follows, and whether the stream or the REST API has told it of them.

use super::Knowledge;
use super::room::UNREAD;
use crate::client::interest::Rooms;
use crate::protocol::ids::{MessageId, RoomId, SafeInt};

impl Knowledge {
    /// From which message id on a room is followed; `None` for a room that is not known.
    #[must_use]
    pub fn floor(&self, room_id: RoomId) -> Option<MessageId> {
        self.rooms.get(room_id).map(|room| room.floor)
    }

    /// From which id on comments in a room are followed, beside those that something was told of; `None` for a room
    /// that is not known.
    #[must_use]
    pub fn comment_floor(&self, room_id: RoomId) -> Option<MessageId> {
        self.rooms.get(room_id).map(|room| room.comment_floor)
    }

    /// Whether it was learnt which messages a room had when it came to be known.
    #[must_use]
    pub fn is_learnt(&self, room_id: RoomId) -> bool {
        self.rooms.get(room_id).is_some_and(|room| room.learnt)
    }

    /// Whether that is still to be learnt, because its messages are wanted.
    #[must_use]
    pub fn is_to_be_learnt(&self, room_id: RoomId) -> bool {
        let room = self.rooms.get(room_id);
        room.is_some_and(|room| room.listed && !room.learnt) && self.wanted.contains(room_id)
    }

    /// The rooms of which that has not been learnt, and whose messages are wanted.
    pub fn unlearnt(&self) -> impl Iterator<Item = RoomId> + '_ {
        let unlearnt = self.rooms.iter().filter(|(_, room)| room.listed && !room.learnt);
        unlearnt.map(|(id, _)| id).filter(|id| self.wanted.contains(*id))
    }

    /// The rooms whose messages the application wants.
    #[must_use]
    pub const fn wanted(&self) -> &Rooms {
        &self.wanted
    }

    /// The application wants the messages of these rooms from now on, and of no other. What a room had before is to be
    /// learnt when it comes to be wanted, and forgotten when it no longer is.
    pub fn want(&mut self, wanted: Rooms) {
        for (room_id, room) in self.rooms.iter_mut() {
            if wanted.contains(room_id) != self.wanted.contains(room_id) {
                room.begin();
            }
        }
        self.wanted = wanted;
    }

    /// Whether there are any.
    #[must_use]
    pub fn has_unlearnt(&self) -> bool {
        self.unlearnt().next().is_some()
    }

    /// Whether anything was learnt silently since [`settle_young`](Self::settle_young).
    #[must_use]
    pub const fn is_young(&self) -> bool {
        !self.young.is_empty()
    }

    /// The newest messages of a room are there to be remembered: it is followed from these ids on. `silent` says that
    /// the application hears nothing of them.
    pub fn learn_room(&mut self, room_id: RoomId, floor: MessageId, comment_floor: MessageId, silent: bool) {
        if let Some(room) = self.rooms.get_mut(room_id) {
            room.learnt = true;
            room.by_stream = silent;
            room.floor = floor;
            room.comment_floor = comment_floor;
        }
        if silent {
            self.young.push(room_id);
        }
    }

    /// The messages of a room cannot be learnt: those that were there before are not followed.
    pub fn leave_unlearnt(&mut self, room_id: RoomId) {
        if let Some(room) = self.rooms.get_mut(room_id) {
            room.learnt = true;
        }
    }

    /// Whether events about messages of the room are passed on as they come: the stream alone has told of them, without
    /// a gap.
    #[must_use]
    pub fn passes_messages(&self, room_id: RoomId) -> bool {
        self.rooms.get(room_id).is_some_and(|room| room.by_stream)
    }

    /// The same of events about the room itself.
    #[must_use]
    pub fn passes_room(&self, room_id: RoomId) -> bool {
        self.rooms.get(room_id).is_some_and(|room| room.state_by_stream)
    }

    /// A room was learnt of without a word to the application, which hears of it from the stream.
    pub fn pass_stream(&mut self, room_id: RoomId) {
        if let Some(room) = self.rooms.get_mut(room_id) {
            room.by_stream = true;
            room.state_by_stream = true;
        }
    }

    /// There was a gap, or there may have been: from here on the stream and the REST API are compared.
    pub fn stop_passing(&mut self) {
        for room in self.rooms.values_mut() {
            room.by_stream = false;
            room.state_by_stream = false;
        }
    }

    /// What was learnt silently since the last call was confirmed by the stream, or else it has to be learnt again:
    /// the application may never have heard of what was on its way when the connection broke.
    pub fn settle_young(&mut self, confirmed: bool) {
        for room_id in std::mem::take(&mut self.young) {
            if let Some(room) = self.rooms.get_mut(room_id).filter(|_| !confirmed) {
                room.learnt = false;
            }
        }
    }

    /// Whether anything of the room's messages is remembered.
    #[must_use]
    pub fn follows_messages(&self, room_id: RoomId) -> bool {
        self.rooms
            .get(room_id)
            .is_some_and(|room| !room.messages.is_empty())
    }

    /// Whether the thread of a message has to be read, by the number of comments that it has now, and of those that
    /// are known one by one.
    #[must_use]
    pub fn is_thread_due(&self, room_id: RoomId, message_id: MessageId, comments: u64, known: u64) -> bool {
        let message = self
            .rooms
            .get(room_id)
            .and_then(|room| room.messages.get(message_id));
        match message {
            Some(message) if message.unlisted == UNREAD => comments != 0 || known != 0,
            Some(message) => u64::from(message.unlisted) + known != comments,
            None => false,
        }
    }

    /// The thread of a message is up to date. The message had so many comments, known one by one or not, when it was
    /// read; all of them are known now, unless the message is older than the comments that are followed.
    pub fn thread_read(&mut self, room_id: RoomId, message_id: MessageId, comments: u64) {
        if let Some(room) = self.rooms.get_mut(room_id) {
            let unlisted = if message_id < room.comment_floor {
                let known = room.messages.values().filter(|other| other.parent == message_id);
                comments.saturating_sub(known.count() as u64)
            } else {
                0
            };
            if let Some(message) = room.messages.get_mut(message_id) {
                message.unlisted =
                    u32::try_from(unlisted).map_or(UNREAD, |unlisted| unlisted.min(UNREAD - 1));
            }
        }
    }

    /// Whether the application would know of the message if it had been told of it, and does not.
    #[must_use]
    pub fn was_never_told(&self, room_id: RoomId, message_id: MessageId) -> bool {
        self.rooms.get(room_id).is_some_and(|room| {
            !room.by_stream
                && !room.messages.contains(message_id)
                && message_id >= room.floor.max(room.comment_floor)
        })
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

    /// The comments in a room that are remembered: each with its id behind that of the message that it is on.
    #[must_use]
    pub fn comments(&self, room_id: RoomId) -> Vec<(MessageId, MessageId)> {
        let Some(room) = self.rooms.get(room_id) else {
            return Vec::new();
        };
        let comments = room
            .messages
            .iter()
            .filter(|(_, message)| message.parent != SafeInt::ZERO);
        comments.map(|(id, message)| (message.parent, id)).collect()
    }

    /// Forgets the comments in a room, and follows new ones alone: the application is told to load the room again.
    pub fn restart_comments(&mut self, room_id: RoomId) {
        let floor = self.newest.next();
        if let Some(room) = self.rooms.get_mut(room_id) {
            room.messages.retain(|_, message| message.parent == SafeInt::ZERO);
            room.comment_floor = floor;
        }
    }

    /// Forgets the messages of a room: the application is told to load it again.
    pub fn restart_room(&mut self, room_id: RoomId) {
        let floor = self.newest.next();
        if let Some(room) = self.rooms.get_mut(room_id) {
            room.messages.clear();
            room.top_level = 0;
            room.learnt = false;
            room.resynced = true;
            room.floor = floor;
            room.comment_floor = floor;
        }
    }

    /// Whether the application was told to load the room again.
    #[must_use]
    pub fn is_resynced(&self, room_id: RoomId) -> bool {
        self.rooms.get(room_id).is_some_and(|room| room.resynced)
    }
}
