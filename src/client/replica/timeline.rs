//! The messages of a room, or the comments on a message, as the application was last told of them.

use crate::client::clock::Micros;

use crate::client::sorted::SortedMap;
use crate::client::sync::REPLICATION_LAG;
use crate::protocol::decode::digest::MessageDigest;
use crate::protocol::ids::MessageId;

/// The most bytes of message bodies that one timeline keeps. Beyond it, the bodies of the oldest messages are let go;
/// their ids and fingerprints stay.
pub const MAX_BODY_BYTES_KEPT: usize = 4 << 20;

/// A message as the application was last told of it.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Tells one version from another.
    pub fingerprint: u64,
    /// How many of its comments are not known one by one.
    pub unlisted: u64,
    /// Whether it was read without a word to the application, which loads it by itself.
    pub is_silent: bool,
    /// When it was first heard of.
    pub known_since: Micros,
    /// When the stream last spoke of it.
    pub told_at: Option<Micros>,
    /// When the latest answer that had this version was asked for.
    pub seen_at: Option<Micros>,
    /// When the first of the latest answers that lacked it was asked for.
    pub missing_since: Option<Micros>,
    /// Its JSON.
    pub body: Option<Box<str>>,
}

impl Entry {
    /// Before this moment, an answer that contradicts it may be late.
    #[must_use]
    pub fn outweighs_until(&self) -> Micros {
        self.told_at
            .max(self.seen_at)
            .map_or(0, |at| at + REPLICATION_LAG)
    }

    /// A message in the version that the digest stands for, heard of at that time.
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

/// Messages of one list, by id.
#[derive(Clone, Debug, Default)]
pub struct Timeline {
    entries: SortedMap<MessageId, Entry>,
    bytes: usize,
    /// From this id on, all messages that the application was told of are known.
    pub floor: MessageId,
    /// Up to this id the list was once known without a hole; `None` until it was read.
    pub mark: Option<MessageId>,
    /// How many entries of the list could not be read last time.
    pub(crate) unreadable: usize,
    /// Whether the list has to be read again, as an answer contradicted what is known.
    pub is_doubtful: bool,
}

impl Timeline {
    /// How many messages are known.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether none is.
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

    /// The messages in the order of their ids.
    pub fn iter(&self) -> impl Iterator<Item = (MessageId, &Entry)> + '_ {
        self.entries.iter()
    }

    /// The oldest message that is known.
    #[must_use]
    pub fn oldest(&self) -> Option<MessageId> {
        self.entries.iter().next().map(|(id, _)| id)
    }

    /// The newest message that is known.
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

    /// The message has another version now.
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

    /// Keeps the newest `count` messages. Gives the ids of the others.
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

    /// A message became known: up to it there is no hole.
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
