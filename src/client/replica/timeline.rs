//! The messages of a room, or the comments on a message, as last delivered to the application.

use crate::client::clock::Micros;

use crate::client::sorted::SortedMap;
use crate::client::sync::REPLICATION_LAG;
use crate::protocol::decode::digest::MessageDigest;
use crate::protocol::ids::MessageId;

/// The most bytes of message bodies per timeline. Beyond it, the bodies of the oldest messages are dropped; their ids
/// and fingerprints stay.
pub const MAX_BODY_BYTES_KEPT: usize = 4 << 20;

/// A message as last delivered to the application.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Identifies the version.
    pub fingerprint: u64,
    /// The number of its comments that are not known individually.
    pub unlisted: u64,
    /// Whether the application may have loaded another version by itself.
    pub is_silent: bool,
    /// When it was first received.
    pub known_since: Micros,
    /// When the stream last mentioned it.
    pub told_at: Option<Micros>,
    /// When the latest response with this version was requested.
    pub seen_at: Option<Micros>,
    /// When the first of the latest responses without it was requested.
    pub missing_since: Option<Micros>,
    /// Its JSON.
    pub body: Option<Box<str>>,
}

impl Entry {
    /// Until when a contradicting response may be out of date.
    #[must_use]
    pub fn outweighs_until(&self) -> Micros {
        self.told_at
            .max(self.seen_at)
            .map_or(0, |at| at + REPLICATION_LAG)
    }

    /// A message in the given version, first received at `known_since`.
    #[must_use]
    pub fn new(digest: &MessageDigest, body: &str, known_since: Micros) -> Self {
        Self {
            fingerprint: digest.fingerprint,
            unlisted: 0,
            is_silent: false,
            known_since,
            told_at: None,
            seen_at: None,
            missing_since: None,
            body: Some(body.into()),
        }
    }
}

/// The messages of one list, by id.
#[derive(Clone, Debug, Default)]
pub struct Timeline {
    entries: SortedMap<MessageId, Entry>,
    bytes: usize,
    /// From this id on, all delivered messages are known.
    pub floor: MessageId,
    /// Up to this id, the list was once known without holes; `None` until it has been read.
    pub mark: Option<MessageId>,
    /// The number of unreadable entries when the list was last read.
    pub(crate) unreadable: usize,
    /// Whether to read the list again, as a response contradicted it.
    pub is_doubtful: bool,
}

impl Timeline {
    /// The number of known messages.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether no messages are known.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// A message.
    #[must_use]
    pub fn get(&self, id: MessageId) -> Option<&Entry> {
        self.entries.get(id)
    }

    pub(crate) fn get_mut(&mut self, id: MessageId) -> Option<&mut Entry> {
        self.entries.get_mut(id)
    }

    /// The messages in ascending order of their ids.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (MessageId, &Entry)> + '_ {
        self.entries.iter()
    }

    pub(super) fn entries_mut(&mut self) -> impl Iterator<Item = &mut Entry> + '_ {
        self.entries.values_mut()
    }

    /// The oldest known message.
    #[must_use]
    pub fn oldest(&self) -> Option<MessageId> {
        self.entries.iter().next().map(|(id, _)| id)
    }

    /// The newest known message.
    #[must_use]
    pub fn newest(&self) -> Option<MessageId> {
        self.entries.last_key()
    }

    pub(crate) fn newest_mut(&mut self) -> Option<&mut Entry> {
        self.newest().and_then(|id| self.entries.get_mut(id))
    }

    pub(crate) fn insert(&mut self, id: MessageId, entry: Entry) {
        self.bytes += entry.body.as_ref().map_or(0, |body| body.len());
        self.entries.insert(id, entry);
        self.let_bodies_go();
    }

    /// Replaces the version of a message.
    pub(crate) fn revise(&mut self, digest: &MessageDigest, body: &str) -> Option<&mut Entry> {
        if let Some(entry) = self.entries.get_mut(digest.message_id) {
            self.bytes -= entry.body.as_ref().map_or(0, |body| body.len());
            self.bytes += body.len();
            entry.body = Some(body.into());
            entry.fingerprint = digest.fingerprint;
            entry.is_silent = false;
            entry.missing_since = None;
        }
        self.let_bodies_go();
        self.entries.get_mut(digest.message_id)
    }

    pub(crate) fn remove(&mut self, id: MessageId) -> Option<Entry> {
        let entry = self.entries.remove(id)?;
        self.bytes -= entry.body.as_ref().map_or(0, |body| body.len());
        Some(entry)
    }

    /// Forgets everything.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Keeps the newest `count` messages. Returns the ids of the others.
    pub(crate) fn trim(&mut self, count: usize) -> Vec<MessageId> {
        let mut gone = Vec::new();
        while self.entries.len() > count
            && let Some((id, entry)) = self.entries.pop_first()
        {
            self.bytes -= entry.body.as_ref().map_or(0, |body| body.len());
            self.floor = self.floor.max(id.next());
            gone.push(id);
        }
        gone
    }

    /// Notes that there are no holes up to a message.
    pub(crate) fn advance(&mut self, id: MessageId) {
        self.mark = self.mark.map(|mark| mark.max(id));
    }

    fn let_bodies_go(&mut self) {
        for entry in self.entries.values_mut() {
            if self.bytes <= MAX_BODY_BYTES_KEPT {
                break;
            }
            if let Some(body) = entry.body.take() {
                self.bytes -= body.len();
            }
        }
    }

    /// The ids of the known messages from `lowest` on.
    pub(crate) fn ids_from(&self, lowest: MessageId) -> Vec<MessageId> {
        let above = lowest.previous();
        self.entries
            .range(above, MessageId::MAX)
            .map(|(id, _)| id)
            .collect()
    }
}
