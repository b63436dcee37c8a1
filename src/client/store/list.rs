//! The known messages of one list (a room or a thread), and how events and pages change them.
//!
//! A page is evidence, not truth. What the stream said up to [`REPLICATION_LAG`] before a request outweighs the
//! response, and so does an earlier response that recent. A message counts as deleted only after two responses, that
//! far apart, lack it. Ids with conflicting evidence are read again once the conflict can be resolved.

use std::cmp::Ordering;
use std::rc::Rc;

use super::ranges::{END, Ranges};
use crate::client::clock::Micros;
use crate::client::replica::{Recent, Replica, Subject};
use crate::client::sorted::SortedMap;
use crate::client::sync::REPLICATION_LAG;
use crate::protocol::decode::digest::{Item, MessageDigest};
use crate::protocol::decode::summary;
use crate::protocol::event::EventType;
use crate::protocol::ids::{MessageId, RoomId, SafeInt, UnixMillis, UserId};

/// How long a message has to be missing from pages with unreadable entries, as it may be one of those. Also how long
/// a deletion on the stream outweighs pages that still list the message.
const LONG_LAG: Micros = 60_000_000;

/// Bounds for remembered events about messages that are not loaded, in events and in bytes. A page that is in flight
/// may be older than these events.
const MAX_HEARD: usize = 64;
const MAX_HEARD_BYTES: usize = 256 << 10;

/// The most deletions that are remembered.
const MAX_GONE: usize = 256;

/// Identifies a list of messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListKey {
    /// The room.
    pub room_id: RoomId,
    /// The message whose comments these are; 0 for the messages of the room.
    pub parent: MessageId,
}

/// A message.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) fingerprint: u64,
    pub(super) body: Rc<str>,
    pub(super) author: UserId,
    /// Whether the user has read or written it.
    pub(super) is_read: bool,
    /// When it was last modified, by the server's clock.
    modified: UnixMillis,
    /// When it was first received.
    pub(super) first_seen: Micros,
    /// When the stream last mentioned it.
    told_at: Option<Micros>,
    /// When the latest response with this version was requested.
    seen_at: Option<Micros>,
    /// When the first of the latest responses without it was requested.
    missing_since: Option<Micros>,
}

impl Entry {
    /// Until when a contradicting response may be out of date.
    fn outweighs_until(&self) -> Micros {
        let at = self.told_at.max(self.seen_at);
        at.map_or(0, |at| at + REPLICATION_LAG)
    }

    fn digest(&self, id: MessageId, key: ListKey) -> MessageDigest {
        MessageDigest {
            message_id: id,
            room_id: key.room_id,
            parent_message_id: key.parent,
            modified: self.modified,
            comment_count: SafeInt::ZERO,
            fingerprint: self.fingerprint,
        }
    }

    /// Whether the known version seems newer than that of an incoming frame: it comes from a response, or the frame
    /// may repeat one from before the message was loaded. If the server sends no modification times, both conditions
    /// must hold.
    fn is_overtaking(&self, digest: &MessageDigest, now: Micros) -> bool {
        let is_recent = now < self.first_seen + REPLICATION_LAG;
        let is_from_answer = self.seen_at > self.told_at;
        match digest.modified.cmp(&self.modified) {
            Ordering::Less => is_recent || is_from_answer,
            Ordering::Equal => is_recent && is_from_answer,
            Ordering::Greater => false,
        }
    }
}

/// A deleted message.
#[derive(Clone, Copy, Debug)]
struct Gone {
    id: MessageId,
    at: Micros,
    /// Whether the stream reported the deletion. No page brings the message back for [`LONG_LAG`].
    is_certain: bool,
}

/// The latest event about a message that is not loaded.
#[derive(Clone, Debug)]
struct Heard {
    digest: MessageDigest,
    body: Rc<str>,
    at: Micros,
}

/// A range of ids to read again at a given time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Look {
    pub(super) at: Micros,
    pub(super) low: MessageId,
    pub(super) high: MessageId,
}

/// A page of messages and how reliable it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Page<'a> {
    pub(super) items: &'a [Item<MessageDigest>],
    pub(super) body: &'a str,
    /// The number of entries that could not be decoded.
    pub(super) unreadable: usize,
    /// When it was requested.
    pub(super) sent: Micros,
    pub(super) now: Micros,
}

/// All that is known of a list.
#[derive(Clone, Debug)]
pub(super) struct Messages {
    pub(super) key: ListKey,
    pub(super) entries: SortedMap<MessageId, Entry>,
    bytes: usize,
    pub(super) ranges: Ranges,
    versions: Recent,
    gone: Vec<Gone>,
    heard: Vec<Heard>,
    pub(super) look: Option<Look>,
    /// Since when the stream reports every change; `None` while disconnected.
    pub(super) tracked_since: Option<Micros>,
    /// The end of the list when the connection was lost, until the end has been read again.
    pub(super) old_end: Option<MessageId>,
    /// When the connection opened on which the loaded messages were last verified.
    pub(super) verified_at: Option<Micros>,
    /// Whether new messages at the end are shown.
    pub(super) follows_end: bool,
    /// The highest id seen.
    pub(super) newest: MessageId,
    /// Messages added since this was last taken. Some may be outgoing messages that have arrived.
    pub(super) arrived: Vec<MessageId>,
    /// The user that the client belongs to.
    user: Option<UserId>,
    /// The time of the latest input.
    now: Micros,
    /// Incremented on every change.
    pub(super) version: u64,
}

impl Messages {
    pub(super) fn new(key: ListKey, user: Option<UserId>, tracked_since: Option<Micros>) -> Self {
        Self {
            key,
            entries: SortedMap::new(),
            bytes: 0,
            ranges: Ranges::default(),
            versions: Recent::new(),
            gone: Vec::new(),
            heard: Vec::new(),
            look: None,
            tracked_since,
            old_end: None,
            verified_at: tracked_since,
            follows_end: false,
            newest: MessageId::ZERO,
            arrived: Vec::new(),
            user,
            now: 0,
            version: 0,
        }
    }

    /// The size of the held JSON in bytes.
    pub(super) const fn bytes(&self) -> usize {
        self.bytes
    }

    /// Sets the user that the client belongs to.
    pub(super) fn set_user(&mut self, user: Option<UserId>) {
        self.user = user;
        for entry in self.entries.values_mut() {
            entry.is_read = is_read(&entry.body, user).1;
        }
        self.version += 1;
    }

    /// Ends the live range, as the connection is lost. `rejoined` is the end before an earlier gap that is still
    /// being closed.
    pub(super) fn lose_stream(&mut self, rejoined: Option<MessageId>) {
        self.tracked_since = None;
        if let Some(live) = self.ranges.live() {
            let end = self.entries.last_key().unwrap_or(live.low).max(live.low);
            self.ranges.cut_above(end);
            self.old_end = rejoined.or(Some(end));
            self.version += 1;
        }
    }

    /// Removes everything, as the room or the parent message is gone.
    pub(super) fn clear(&mut self) {
        self.entries.clear();
        self.bytes = 0;
        self.ranges.clear();
        self.heard.clear();
        self.gone.clear();
        self.look = None;
        self.old_end = None;
        self.version += 1;
    }

    /// Schedules another reading of these ids.
    pub(super) fn doubt(&mut self, low: MessageId, high: MessageId, at: Micros) {
        let new = Look { at, low, high };
        self.look = Some(self.look.map_or(new, |old| Look {
            at: old.at.min(at),
            low: old.low.min(low),
            high: old.high.max(high),
        }));
    }

    fn deletion(&self, id: MessageId) -> Option<Gone> {
        self.gone.iter().rfind(|gone| gone.id == id).copied()
    }

    fn note_deletion(&mut self, id: MessageId, at: Micros, is_certain: bool) {
        if self.gone.len() == MAX_GONE {
            self.gone.remove(0);
        }
        self.gone.push(Gone { id, at, is_certain });
    }

    /// Applies a created or updated message from the stream.
    pub(super) fn hear(
        &mut self,
        event_type: EventType,
        digest: &MessageDigest,
        body: &str,
        replica: &Replica,
        now: Micros,
    ) {
        self.now = now;
        self.newest = self.newest.max(digest.message_id);
        let (id, fingerprint) = (digest.message_id, digest.fingerprint);
        let subject = Subject::Message(id.get());
        let is_created = event_type == EventType::TextMessagesCreated;
        let is_repeat = self.versions.has_version(subject, fingerprint);
        if let Some(entry) = self.entries.get_mut(id) {
            entry.missing_since = None;
            if entry.fingerprint == fingerprint {
                entry.told_at = Some(now);
            } else if is_created
                || is_repeat
                || replica.has_version(digest)
                || entry.is_overtaking(digest, now)
            {
                // Possibly outdated: messages are created only once, a replaced version is most likely a repeated
                // frame, and the frame may be older than a response. The version is noted, so a repeat is recognised
                // until the next reading decides.
                self.versions.note_version(subject, fingerprint);
                self.doubt(id, id, now + REPLICATION_LAG);
            } else {
                self.replace(digest, body, now);
                if let Some(entry) = self.entries.get_mut(id) {
                    entry.told_at = Some(now);
                }
            }
            return;
        }
        if is_repeat {
            return self.doubt(id, id, now + REPLICATION_LAG);
        }
        self.gone.retain(|gone| gone.id != id);
        let is_next = self.ranges.live().is_none()
            && self.follows_end
            && self.tracked_since.is_some()
            && self.old_end.is_none_or(|end| id > end);
        if is_created && is_next && self.ranges.covering(id).is_none() {
            // The stream reports everything from here on.
            self.ranges.add(id, END);
        }
        if self.ranges.covering(id).is_some() {
            self.insert(digest, body, now);
            if let Some(entry) = self.entries.get_mut(id) {
                entry.told_at = Some(now);
            }
        } else {
            self.note_heard(digest, body, now);
        }
    }

    fn note_heard(&mut self, digest: &MessageDigest, body: &str, now: Micros) {
        let id = digest.message_id;
        let bytes: usize = self.heard.iter().map(|heard| heard.body.len()).sum();
        if self.heard.len() >= MAX_HEARD || bytes + body.len() > MAX_HEARD_BYTES {
            // Pages that load these messages later may be older than the events forgotten here.
            let ids = self.heard.iter().map(|heard| heard.digest.message_id);
            let (low, high) = ids.fold((id, id), |(low, high), id| (low.min(id), high.max(id)));
            self.doubt(low, high, now + REPLICATION_LAG);
            self.heard.clear();
        }
        if let Some(place) = self.heard.iter().position(|heard| heard.digest.message_id == id) {
            let old = self.heard.remove(place).digest.fingerprint;
            if old != digest.fingerprint {
                self.versions.note_version(Subject::Message(id.get()), old);
            }
        }
        self.heard.push(Heard {
            digest: *digest,
            body: body.into(),
            at: now,
        });
    }

    /// Applies a deletion from the stream.
    pub(super) fn hear_deletion(&mut self, id: MessageId, now: Micros) {
        self.newest = self.newest.max(id);
        self.heard.retain(|heard| heard.digest.message_id != id);
        self.remove(id);
        self.note_deletion(id, now, true);
    }

    fn insert(&mut self, digest: &MessageDigest, body: &str, now: Micros) {
        let id = digest.message_id;
        let (author, is_read) = is_read(body, self.user);
        self.bytes += body.len();
        let entry = Entry {
            fingerprint: digest.fingerprint,
            body: body.into(),
            author,
            is_read,
            modified: digest.modified,
            first_seen: now,
            told_at: None,
            seen_at: None,
            missing_since: None,
        };
        self.entries.insert(id, entry);
        self.newest = self.newest.max(id);
        self.arrived.push(id);
        self.version += 1;
    }

    fn replace(&mut self, digest: &MessageDigest, body: &str, now: Micros) {
        let (id, user) = (digest.message_id, self.user);
        let Some(entry) = self.entries.get_mut(id) else {
            return;
        };
        self.versions
            .note_version(Subject::Message(id.get()), entry.fingerprint);
        self.bytes = self.bytes - entry.body.len() + body.len();
        entry.fingerprint = digest.fingerprint;
        entry.modified = digest.modified;
        entry.body = body.into();
        (entry.author, entry.is_read) = is_read(body, user);
        entry.first_seen = entry.first_seen.min(now);
        self.version += 1;
    }

    /// Removes a message that is gone.
    fn remove(&mut self, id: MessageId) {
        if let Some(entry) = self.entries.remove(id) {
            self.bytes -= entry.body.len();
            self.versions
                .note_version(Subject::Message(id.get()), entry.fingerprint);
            self.version += 1;
        }
    }

    /// Applies a page that covers the ids from `low` to `high`, inclusive.
    pub(super) fn take(&mut self, low: MessageId, high: MessageId, page: Page<'_>) {
        let Page { sent, now, .. } = page;
        self.now = now;
        self.ranges.add(low, high);
        self.version += 1;
        let settled_at = self.tracked_since.map_or(now, |since| since + REPLICATION_LAG);
        if sent < settled_at {
            // The response may be older than changes from before the connection, which the stream did not report.
            self.doubt(low, high, settled_at);
        }
        let mut listed = Vec::new();
        for item in page.items {
            let digest = &item.digest;
            let is_own = digest.room_id == self.key.room_id && digest.parent_message_id == self.key.parent;
            let is_within = low <= digest.message_id && digest.message_id <= high;
            if is_own && is_within {
                listed.push(digest.message_id);
                self.compare(digest, item.span.of(page.body), sent, now);
            }
        }
        listed.sort_unstable();
        let above = low.previous();
        let ids = self.entries.range(above, high).map(|(id, _)| id);
        let missing: Vec<_> = ids.filter(|id| listed.binary_search(id).is_err()).collect();
        for id in missing {
            self.miss(id, page.unreadable > 0, sent, now);
        }
        self.heard.retain(|heard| {
            heard.at + REPLICATION_LAG > sent && self.entries.get(heard.digest.message_id).is_none()
        });
        if self.ranges.live().is_some() {
            self.old_end = None;
        }
    }

    /// Applies a message that a page lists.
    fn compare(&mut self, digest: &MessageDigest, body: &str, sent: Micros, now: Micros) {
        let (id, fingerprint) = (digest.message_id, digest.fingerprint);
        if let Some(entry) = self.entries.get_mut(id) {
            entry.missing_since = None;
            let until = entry.outweighs_until();
            if entry.fingerprint == fingerprint {
                entry.seen_at = entry.seen_at.max(Some(sent));
            } else if until > sent {
                self.doubt(id, id, until.max(now));
            } else {
                self.replace(digest, body, now);
                if let Some(entry) = self.entries.get_mut(id) {
                    entry.seen_at = Some(sent);
                }
            }
            return;
        }
        match self.deletion(id) {
            // For a while, only the stream brings it back.
            Some(gone) if gone.is_certain && gone.at + LONG_LAG > sent => {
                return self.doubt(id, id, (gone.at + LONG_LAG).max(now));
            }
            Some(gone) if gone.at + REPLICATION_LAG > sent => {
                return self.doubt(id, id, (gone.at + REPLICATION_LAG).max(now));
            }
            _ => {}
        }
        let heard = self.heard.iter().find(|heard| heard.digest.message_id == id);
        let heard = heard.filter(|heard| heard.at + REPLICATION_LAG > sent).cloned();
        match heard {
            Some(heard) if heard.digest.fingerprint != fingerprint => {
                self.insert(&heard.digest, &heard.body, now);
                self.doubt(id, id, (heard.at + REPLICATION_LAG).max(now));
                if let Some(entry) = self.entries.get_mut(id) {
                    entry.told_at = Some(heard.at);
                }
            }
            heard => {
                self.insert(digest, body, now);
                if let Some(entry) = self.entries.get_mut(id) {
                    entry.seen_at = Some(sent);
                    entry.told_at = heard.map(|heard| heard.at);
                }
            }
        }
    }

    /// Handles a known message that a page lacks.
    fn miss(&mut self, id: MessageId, may_be_unreadable: bool, sent: Micros, now: Micros) {
        let Some(entry) = self.entries.get_mut(id) else {
            return;
        };
        let told_until = entry.told_at.map_or(0, |at| at + REPLICATION_LAG);
        if sent < told_until {
            // The response may be older than the message.
            return self.doubt(id, id, told_until.max(now));
        }
        let missing_since = *entry.missing_since.get_or_insert(sent);
        let lag = if may_be_unreadable {
            LONG_LAG
        } else {
            REPLICATION_LAG
        };
        let confirmed_at = entry.outweighs_until().max(missing_since + lag);
        if sent < confirmed_at {
            return self.doubt(id, id, confirmed_at.max(now));
        }
        self.remove(id);
        self.note_deletion(id, now, false);
    }

    /// Drops everything above that id.
    pub(super) fn cut_above(&mut self, id: MessageId) {
        self.ranges.cut_above(id);
        if self.old_end.is_some_and(|end| end > id) {
            self.old_end = None;
        }
        self.drop_uncovered();
    }

    /// Drops everything below that id.
    pub(super) fn cut_below(&mut self, id: MessageId) {
        self.ranges.cut_below(id);
        self.drop_uncovered();
    }

    /// Drops a range that can no longer be verified.
    pub(super) fn drop_range(&mut self, serial: u32) {
        self.ranges.remove(serial);
        self.drop_uncovered();
    }

    fn drop_uncovered(&mut self) {
        let ids = self.entries.iter().map(|(id, _)| id);
        let over: Vec<_> = ids.filter(|id| self.ranges.covering(*id).is_none()).collect();
        for id in over {
            let Some(entry) = self.entries.remove(id) else {
                continue;
            };
            self.bytes -= entry.body.len();
            if let Some(at) = entry.told_at.filter(|at| at + REPLICATION_LAG > self.now) {
                // A page in flight may be older than this.
                self.note_heard(&entry.digest(id, self.key), &entry.body, at);
            }
        }
        self.version += 1;
    }

    /// The oldest unread message of a range.
    pub(super) fn first_unread(&self, low: MessageId, high: MessageId) -> Option<MessageId> {
        self.user?;
        let mut entries = self.entries.range(low.previous(), high);
        entries.find(|(_, entry)| !entry.is_read).map(|(id, _)| id)
    }

    /// The oldest message at or above that id.
    pub(super) fn first_from(&self, id: MessageId) -> Option<MessageId> {
        self.entries.range(id.previous(), END).map(|(id, _)| id).next()
    }

    /// The newest message at or below that id.
    pub(super) fn last_up_to(&self, id: MessageId) -> Option<MessageId> {
        self.entries.last_up_to(id)
    }
}

/// The author of a message, and whether `user` has read or written it.
fn is_read(body: &str, user: Option<UserId>) -> (UserId, bool) {
    let summary = summary::message(body, user);
    let is_own = user == Some(summary.user_id);
    (summary.user_id, is_own || summary.is_read)
}
