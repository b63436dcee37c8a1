//! A room as the application was last told of it, with the messages that are known of it.

use super::timeline::{Entry, Timeline};
use crate::client::clock::Micros;
use crate::client::sorted::SortedMap;
use crate::protocol::decode::digest::RoomDigest;
use crate::protocol::ids::{MessageId, UnixMillis};

/// How many messages are remembered at least of a room, whether it is watched or not: to recognise repeats.
const SEEN: usize = 32;

/// How many are remembered while the room lags: what the stream delivers then is not delivered again.
const SEEN_WHILE_BEHIND: usize = 1_000;

/// How many messages are remembered whose events were lost.
const MAX_LOST: usize = 100;

/// A room.
#[derive(Clone, Debug, Default)]
pub struct Room {
    /// Whether the list of rooms or an event showed the room itself; otherwise only messages spoke of it.
    pub is_listed: bool,
    /// Tells one version from another.
    pub fingerprint: u64,
    /// Whether it was read without a word to the application, which loads it by itself.
    pub is_silent: bool,
    /// When the stream last spoke of the room itself.
    pub told_at: Option<Micros>,
    /// When the latest list that had this version was asked for.
    pub seen_at: Option<Micros>,
    /// When the first of the latest lists that lacked it was asked for.
    pub missing_since: Option<Micros>,
    /// Its newest message, as the room itself has it.
    pub last_message: MessageId,
    /// When something last happened in it: the time of its newest message, and of its last change.
    pub active: (UnixMillis, UnixMillis),
    /// Whether messages may be missing since the last gap: until then what the stream tells proves nothing of what came
    /// before.
    pub is_behind: bool,
    /// Until when events about its messages pass as they come: the application loads by itself what was there before.
    pub passes_until: Option<Micros>,
    /// Whether it is known which messages it has, from the floor of its timeline on.
    pub has_baseline: bool,
    /// Messages up to this id the application may have loaded by itself.
    pub comment_floor: MessageId,
    /// The newest message or comment that was heard of.
    pub newest: MessageId,
    /// Messages whose events were held back when the connection broke: an answer may lack them for a while.
    pub(crate) lost: Vec<MessageId>,
    /// Its messages.
    pub main: Timeline,
    /// The comments, by the message that they are on.
    pub(in crate::client) threads: SortedMap<MessageId, Timeline>,
}

impl Room {
    /// Takes over what the room says of itself. `history`: whether the application is told of what is in it.
    pub(crate) fn revise(&mut self, digest: &RoomDigest, history: bool) {
        if !history && !self.is_listed && !self.has_baseline {
            self.passes_until = Some(Micros::MAX);
        }
        self.is_listed = true;
        self.fingerprint = digest.fingerprint;
        self.is_silent = false;
        self.last_message = digest.last_message_id;
        self.active = (digest.last_message_created, digest.modified);
        self.missing_since = None;
    }

    /// The list that a message is in, if there is one.
    pub(crate) fn timeline(&self, parent: MessageId) -> Option<&Timeline> {
        if parent == MessageId::ZERO {
            Some(&self.main)
        } else {
            self.threads.get(parent)
        }
    }

    /// The list that a message is in, made if there is none.
    pub(crate) fn timeline_mut(&mut self, parent: MessageId) -> &mut Timeline {
        if parent == MessageId::ZERO {
            &mut self.main
        } else {
            self.threads.get_or_insert_with(parent, Timeline::default)
        }
    }

    /// The message that a known message is a comment on; `None` where the message is not known.
    pub(crate) fn parent_of(&self, id: MessageId) -> Option<MessageId> {
        if self.main.get(id).is_some() {
            return Some(MessageId::ZERO);
        }
        let mut threads = self.threads.iter();
        threads.find_map(|(parent, thread)| thread.get(id).map(|_| parent))
    }

    /// The messages from that id on that are not known, though comments on them are.
    pub(crate) fn orphaned_from(&self, lowest: MessageId) -> Vec<MessageId> {
        let threads = self.threads.iter().filter(|(parent, thread)| {
            *parent >= lowest && self.main.get(*parent).is_none() && !thread.is_empty()
        });
        threads.map(|(parent, _)| parent).collect()
    }

    /// Keeps the newest messages, and the comments on these: `window` of a room that is watched.
    pub(crate) fn trim(&mut self, window: Option<usize>) {
        let is_unread = window.is_some() && !self.has_baseline;
        let bound = if self.is_behind || is_unread {
            // What is told before it is read is not to be told again then, nor to hide what was missed before it.
            SEEN_WHILE_BEHIND.max(window.unwrap_or_default())
        } else {
            SEEN.max(window.unwrap_or_default())
        };
        for gone in self.main.trim(bound) {
            self.threads.remove(gone);
        }
        for (parent, thread) in self.threads.iter_mut() {
            let gone = thread.trim(bound).len() as u64;
            if let Some(entry) = self.main.get_mut(parent) {
                entry.unlisted += gone;
            }
        }
        if self.threads.len() > SEEN {
            // People may comment on ever more messages that are older than what is known.
            let parents = self.threads.iter().map(|(parent, _)| parent);
            let strays: Vec<_> = parents
                .filter(|parent| self.main.get(*parent).is_none())
                .collect();
            for parent in strays.iter().take(strays.len().saturating_sub(SEEN)) {
                self.threads.remove(*parent);
            }
        }
    }

    /// Forgets the messages: the application loads them by itself.
    pub(crate) fn forget_messages(&mut self) {
        self.main.clear();
        self.threads.clear();
        self.lost.clear();
        self.has_baseline = false;
    }

    /// Forgets the comments, but for their number.
    pub(crate) fn forget_threads(&mut self) {
        for (parent, thread) in std::mem::take(&mut self.threads).iter() {
            if let Some(entry) = self.main.get_mut(parent) {
                entry.unlisted += thread.len() as u64;
            }
        }
    }

    /// A message becomes known, as a comment on that one.
    pub(crate) fn insert(&mut self, parent: MessageId, id: MessageId, entry: Entry) {
        // It has one place, whatever a server says.
        if let Some(other) = self.parent_of(id) {
            self.timeline_mut(other).remove(id);
        }
        self.timeline_mut(parent).insert(id, entry);
        // Comments on it are no longer without their message.
        if let Some(comment) = self.threads.get_mut(id).and_then(Timeline::newest_mut) {
            comment.missing_since = None;
        }
        self.lost.retain(|lost| *lost != id);
    }

    /// No message is missing any more.
    pub(crate) fn settle(&mut self) {
        self.is_behind = false;
        self.lost.clear();
        let newest = self.main.newest().unwrap_or_default();
        self.main.advance(newest);
    }

    /// The event that creates the message is lost. Above what was trimmed, it was told if it is known.
    pub(crate) fn lose(&mut self, id: MessageId) {
        if id >= self.main.floor && self.main.get(id).is_none() && self.lost.len() < MAX_LOST {
            self.lost.push(id);
        }
    }

    /// The comments on a message.
    #[must_use]
    pub fn thread(&self, parent: MessageId) -> Option<&Timeline> {
        self.threads.get(parent)
    }

    /// When the stream last told of a message in it that is known.
    pub(crate) fn message_told_at(&self) -> Option<Micros> {
        let all = self.threads.values().chain([&self.main]).flat_map(Timeline::iter);
        all.filter_map(|(_, entry)| entry.told_at).max()
    }

    /// How many messages and comments are known.
    #[must_use]
    pub fn message_count(&self) -> usize {
        self.main.len() + self.threads.values().map(Timeline::len).sum::<usize>()
    }
}
