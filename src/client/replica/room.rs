//! A room and its messages, as last delivered to the application.

use super::timeline::{Entry, Timeline};
use crate::client::clock::Micros;
use crate::client::sorted::SortedMap;
use crate::client::sync::REPLICATION_LAG;
use crate::protocol::decode::digest::RoomDigest;
use crate::protocol::ids::{MessageId, UnixMillis};

/// How many messages of a room are remembered at least, watched or not, to recognise repeats.
const SEEN: usize = 32;

/// How many are remembered until the room is read after a gap, so that events from the stream are not delivered
/// twice.
const SEEN_WHILE_BEHIND: usize = 1_000;

/// The most messages with lost events that are remembered.
const MAX_LOST: usize = 100;

/// Which events about a room's messages are delivered as they come, unchecked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Passing {
    /// None of them.
    #[default]
    Nothing,
    /// Only deletions: the application may have loaded messages that no response had.
    Deletions,
    /// All of them until that moment, as the application loads earlier messages itself; then only deletions.
    Until(Micros),
}

/// A room.
#[derive(Clone, Debug, Default)]
pub struct Room {
    /// Whether the list of rooms or an event had the room itself. Otherwise, only messages have mentioned it.
    pub is_listed: bool,
    /// Identifies the version.
    pub fingerprint: u64,
    /// Whether it was loaded without being delivered, as the application loads it itself.
    pub is_silent: bool,
    /// When the stream last mentioned the room itself.
    pub told_at: Option<Micros>,
    /// When the latest list with this version was requested.
    pub seen_at: Option<Micros>,
    /// When the first of the latest lists without it was requested.
    pub missing_since: Option<Micros>,
    /// Its newest message, according to the room itself.
    pub last_message: MessageId,
    /// Its last activity: the time of its newest message, and of its last modification.
    pub active: (UnixMillis, UnixMillis),
    /// Whether messages from the last gap may still be missing. Until then, events prove nothing about earlier
    /// messages.
    pub is_behind: bool,
    /// Which events about its messages pass as they come.
    pub passing: Passing,
    /// Whether all its messages from the floor of its timeline on are known.
    pub has_baseline: bool,
    /// The application may have loaded comments up to this id itself.
    pub comment_floor: MessageId,
    /// The newest message or comment seen.
    pub newest: MessageId,
    /// When an event about its messages last arrived while it was not watched; 0 since the last gap.
    pub(crate) heard_at: Micros,
    /// The mark of its main timeline before that event and those shortly before it.
    pub(crate) settled_mark: Option<MessageId>,
    /// Messages whose events were held when the connection was lost. A response may lack them for a while.
    pub(crate) lost: Vec<MessageId>,
    /// Its messages.
    pub main: Timeline,
    /// The comments by parent message.
    pub(in crate::client) threads: SortedMap<MessageId, Timeline>,
}

impl Room {
    /// Sets the room's own properties. `history`: whether existing messages are delivered.
    pub(crate) fn revise(&mut self, digest: &RoomDigest, history: bool) {
        if !history && !self.is_listed && !self.has_baseline {
            self.passing = Passing::Until(Micros::MAX);
        }
        self.is_listed = true;
        self.fingerprint = digest.fingerprint;
        self.is_silent = false;
        self.last_message = digest.last_message_id;
        self.active = (digest.last_message_created, digest.modified);
        self.missing_since = None;
    }

    /// The timeline with the comments on `parent`, or with the messages of the room, if there is one.
    pub(crate) fn timeline(&self, parent: MessageId) -> Option<&Timeline> {
        if parent == MessageId::ZERO {
            Some(&self.main)
        } else {
            self.threads.get(parent)
        }
    }

    /// The same timeline, created if necessary.
    pub(crate) fn timeline_mut(&mut self, parent: MessageId) -> &mut Timeline {
        if parent == MessageId::ZERO {
            &mut self.main
        } else {
            self.threads.get_or_insert_with(parent, Timeline::default)
        }
    }

    /// The parent of a known message; `None` if the message is not known.
    pub(crate) fn parent_of(&self, id: MessageId) -> Option<MessageId> {
        if self.main.get(id).is_some() {
            return Some(MessageId::ZERO);
        }
        let mut threads = self.threads.iter();
        threads.find_map(|(parent, thread)| thread.get(id).map(|_| parent))
    }

    /// The unknown messages from `lowest` on that have known comments.
    pub(crate) fn orphaned_from(&self, lowest: MessageId) -> Vec<MessageId> {
        let threads = self.threads.iter().filter(|(parent, thread)| {
            *parent >= lowest && self.main.get(*parent).is_none() && !thread.is_empty()
        });
        threads.map(|(parent, _)| parent).collect()
    }

    /// Keeps the newest messages, and the comments on them: `window` of a watched room.
    pub(crate) fn trim(&mut self, window: Option<usize>) {
        let is_unread = window.is_some() && !self.has_baseline;
        let bound = if self.is_behind || is_unread {
            // Events from before the reading must not be delivered again by it, nor hide what was missed before them.
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
            // Comments on ever more messages below the floor must not accumulate.
            let parents = self.threads.iter().map(|(parent, _)| parent);
            let strays: Vec<_> = parents
                .filter(|parent| self.main.get(*parent).is_none())
                .collect();
            for parent in strays.iter().take(strays.len().saturating_sub(SEEN)) {
                self.threads.remove(*parent);
            }
        }
    }

    /// Forgets the messages, as the application loads them itself.
    pub(crate) fn forget_messages(&mut self) {
        self.main.clear();
        self.threads.clear();
        self.lost.clear();
        self.has_baseline = false;
    }

    /// Forgets the comments, except for their number.
    pub(crate) fn forget_threads(&mut self) {
        for (parent, thread) in std::mem::take(&mut self.threads).iter() {
            if let Some(entry) = self.main.get_mut(parent) {
                entry.unlisted += thread.len() as u64;
            }
        }
    }

    /// Adds a message, as a comment if `parent` is not zero.
    pub(crate) fn insert(&mut self, parent: MessageId, id: MessageId, entry: Entry) {
        // A message is in one place, whatever the server says.
        if let Some(other) = self.parent_of(id) {
            self.timeline_mut(other).remove(id);
        }
        self.timeline_mut(parent).insert(id, entry);
        // The comments on it have a parent again.
        if let Some(comment) = self.threads.get_mut(id).and_then(Timeline::newest_mut) {
            comment.missing_since = None;
        }
        self.lost.retain(|lost| *lost != id);
    }

    /// Notes an event about its messages, before the mark moves.
    pub(crate) fn hear(&mut self, now: Micros) {
        if self.heard_at + REPLICATION_LAG <= now {
            self.settled_mark = self.main.mark;
        }
        self.heard_at = now;
    }

    /// Moves the mark back, as the lost connection may have owed messages older than the latest ones.
    pub(crate) fn unsettle(&mut self, now: Micros) {
        if now < std::mem::take(&mut self.heard_at) + REPLICATION_LAG && self.settled_mark.is_some() {
            self.main.mark = self.settled_mark.max(Some(self.main.floor.previous()));
        }
    }

    /// Whether all events about its messages pass.
    pub(crate) fn passes(&self, now: Micros) -> bool {
        matches!(self.passing, Passing::Until(until) if now < until)
    }

    /// From here on, only deletions pass as they come, if any event did.
    pub(crate) fn stop_passing(&mut self) {
        if self.passing != Passing::Nothing {
            self.passing = Passing::Deletions;
        }
    }

    /// Ends the gap: no messages are missing.
    pub(crate) fn settle(&mut self) {
        self.is_behind = false;
        self.lost.clear();
        let newest = self.main.newest().unwrap_or_default();
        self.main.advance(newest);
    }

    /// Makes news again of the versions that the stream brought: the application loads the room now, and an outdated
    /// response has others.
    pub(crate) fn expect_other_versions(&mut self) {
        for timeline in self.threads.values_mut().chain([&mut self.main]) {
            for entry in timeline.entries_mut() {
                entry.is_silent |= entry.told_at.is_some();
            }
        }
    }

    /// Notes that the event that creates the message was lost. Known messages above the floor have been delivered.
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

    /// When the stream last mentioned a known message of the room.
    pub(crate) fn message_told_at(&self) -> Option<Micros> {
        let all = self.threads.values().chain([&self.main]).flat_map(Timeline::iter);
        all.filter_map(|(_, entry)| entry.told_at).max()
    }

    /// The number of known messages and comments.
    #[must_use]
    pub fn message_count(&self) -> usize {
        self.main.len() + self.threads.values().map(Timeline::len).sum::<usize>()
    }
}
