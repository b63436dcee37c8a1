//! What is remembered of one room.

use super::Novelty;
use crate::client::sorted::SortedMap;
use crate::protocol::ids::{MessageId, SafeInt, UnixMillis};

/// Where a version became known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// The event stream: what follows on it is newer.
    Stream,
    /// The REST API: events that were on their way meanwhile may be older.
    Rest,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Version {
    pub(super) modified: UnixMillis,
    pub(super) fingerprint: u64,
    pub(super) origin: Origin,
}

impl Version {
    /// Whether an object with that stamp brings nothing new.
    pub(super) fn covers(&self, modified: UnixMillis, fingerprint: u64) -> bool {
        self.fingerprint == fingerprint || modified < self.modified
    }
}

#[derive(Clone, Copy, Debug)]
pub(super) struct KnownMessage {
    pub(super) version: Version,
    pub(super) parent: MessageId,
    /// How many comments it has beside those that are known one by one; [`UNREAD`] where its thread has to be read.
    pub(super) unlisted: u32,
}

/// The thread changed during a gap, and has not been read since.
pub(super) const UNREAD: u32 = u32::MAX;

#[derive(Clone, Debug)]
pub(super) struct KnownRoom {
    /// Whether the application was told of the room itself, not only of what is said in it.
    pub(super) listed: bool,
    pub(super) version: Version,
    /// The newest message in this version; 0 where it may be gone.
    pub(super) last_message: MessageId,
    /// Whether it was learnt which messages were there when the room came to be known.
    pub(super) learnt: bool,
    /// Whether the application was told to load it again.
    pub(super) resynced: bool,
    /// Whether the REST API has not shown its messages, since the room was listed.
    pub(super) refused: bool,
    /// The stream alone has told of its messages, without a gap: what it says is news, whatever was learnt beside it.
    pub(super) by_stream: bool,
    /// The same of the room itself.
    pub(super) state_by_stream: bool,
    /// Messages from this id on are followed; older ones have left the window, or were never in it.
    pub(super) floor: MessageId,
    /// The same of comments. Those that were there before are not followed, unless something was told of them.
    pub(super) comment_floor: MessageId,
    pub(super) messages: SortedMap<MessageId, KnownMessage>,
    /// How many of `messages` are no comments.
    pub(super) top_level: usize,
}

pub(super) fn novelty(known: &Version, fresh: &Version, by_stream: bool) -> Novelty {
    // What follows on the stream is newer, whatever it says: only versions from two sources are compared.
    let comparable = fresh.origin == Origin::Rest || (known.origin == Origin::Rest && !by_stream);
    if comparable && known.covers(fresh.modified, fresh.fingerprint) {
        Novelty::Stale
    } else {
        Novelty::Changed
    }
}

impl KnownRoom {
    pub(super) const fn new(version: Version, floor: MessageId) -> Self {
        Self {
            listed: false,
            version,
            last_message: SafeInt::ZERO,
            learnt: false,
            resynced: false,
            refused: false,
            by_stream: false,
            state_by_stream: false,
            floor,
            comment_floor: floor,
            messages: SortedMap::new(),
            top_level: 0,
        }
    }

    /// Nothing is known of its messages: the stream tells of them from now on.
    pub(super) fn begin(&mut self) {
        self.messages.clear();
        self.top_level = 0;
        self.learnt = false;
        self.resynced = false;
        self.by_stream = true;
        self.floor = self.last_message.next();
        self.comment_floor = self.floor;
    }

    /// The stream says that a message is gone: the newest may be another one now, if it is this one or a comment on it.
    /// Otherwise the message may have gone before this version was there.
    pub(super) fn doubt_last_message(&mut self, gone: MessageId) {
        let goes_along = match self.messages.get(self.last_message) {
            Some(last) => last.parent == gone,
            // It was not read: that the message had comments which were not read either says nothing.
            None if self.refused => false,
            None => self.messages.get(gone).is_some_and(|gone| gone.unlisted != 0),
        };
        if gone == self.last_message || goes_along {
            self.last_message = SafeInt::ZERO;
        }
    }

    /// The stream says how many comments a message has. Where some are not known one by one and their number is another now,
    /// one of them went: another may come in its place, so that the number alone says nothing any more.
    pub(super) fn check_thread(&mut self, message_id: MessageId, comments: u64) {
        let Some(unlisted) = self.messages.get(message_id).map(|message| message.unlisted) else {
            return;
        };
        if unlisted == 0 || unlisted == UNREAD {
            return;
        }
        let known = self.messages.values().filter(|other| other.parent == message_id);
        if u64::from(unlisted) + known.count() as u64 != comments
            && let Some(message) = self.messages.get_mut(message_id)
        {
            message.unlisted = UNREAD;
        }
    }

    /// A message is gone, and its comments with it. Tells whether it was known.
    pub(super) fn forget(&mut self, message_id: MessageId) -> bool {
        let message = self.messages.remove(message_id);
        // Messages that are no comments have 0 in the place of what they comment on.
        if message_id != SafeInt::ZERO {
            self.messages.retain(|_, other| other.parent != message_id);
        }
        let Some(message) = message else { return false };
        self.top_level -= usize::from(message.parent == SafeInt::ZERO);
        true
    }

    /// Lets the oldest leave until the window holds.
    pub(super) fn trim(&mut self, window: usize) {
        while self.top_level > window || self.messages.len() > 2 * window {
            let Some((id, message)) = self.messages.pop_first() else {
                return;
            };
            let above = id.next();
            self.floor = self.floor.max(above);
            self.comment_floor = self.comment_floor.max(above);
            if message.parent == SafeInt::ZERO {
                self.top_level -= 1;
            }
        }
    }
}
