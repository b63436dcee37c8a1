//! Recently replaced versions and recent deletions. They distinguish repeated frames from news, and outdated responses
//! from current ones.

use super::timeline::Entry;
use crate::client::clock::Micros;

/// The most versions, and the most deletions, that are remembered.
const CAPACITY: usize = 128;

/// How many known messages of a deleted room are remembered, and how many held events about others. Each takes two
/// places, and something has to be left of the other rooms.
pub(crate) const MAX_FORGOTTEN: usize = 24;

/// Stands for a version that is no longer known.
const FORGOTTEN: u64 = 0;

/// How long something that reappears in its last version after a deletion may be a repeated frame.
pub(crate) const MAX_REPEAT: Micros = 10_000_000;

/// A ring of the latest items.
#[derive(Clone, Debug)]
struct Ring<T> {
    items: Vec<T>,
    next: usize,
}

impl<T: Copy> Ring<T> {
    const fn new() -> Self {
        Self {
            items: Vec::new(),
            next: 0,
        }
    }

    fn push(&mut self, item: T) {
        match self.items.get_mut(self.next) {
            Some(oldest) => *oldest = item,
            None => self.items.push(item),
        }
        self.next = (self.next + 1) % CAPACITY;
    }

    fn remove(&mut self, is_over: impl Fn(&T) -> bool) {
        if self.items.iter().any(&is_over) {
            // Oldest first, so that it is overwritten next.
            let count = self.items.len();
            let mut kept = Vec::new();
            for index in self.next..self.next + count {
                let item = self.items[index % count];
                if !is_over(&item) {
                    kept.push(item);
                }
            }
            self.next = kept.len();
            self.items = kept;
        }
    }
}

/// The subject of a version or a deletion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Subject {
    /// A message, by its id.
    Message(u64),
    /// A room, by its id.
    Room(u64),
}

/// The latest versions and deletions from the stream.
#[derive(Clone, Debug)]
pub(crate) struct Recent {
    versions: Ring<(Subject, u64)>,
    deletions: Ring<(Subject, Micros)>,
}

impl Recent {
    pub(crate) const fn new() -> Self {
        Self {
            versions: Ring::new(),
            deletions: Ring::new(),
        }
    }

    /// Notes a version that was replaced, or that is not remembered otherwise.
    pub(crate) fn note_version(&mut self, subject: Subject, fingerprint: u64) {
        self.versions.push((subject, fingerprint));
    }

    /// Notes that a version replaced another one. The last version noted is the one that was delivered last, even once
    /// the message has left the window.
    pub(crate) fn note_change(&mut self, subject: Subject, replaced: u64, version: u64) {
        if self.last_version(subject) != Some(replaced) {
            self.note_version(subject, replaced);
        }
        self.note_version(subject, version);
    }

    /// Notes the version of a removed message.
    pub(crate) fn note_removal(&mut self, subject: Subject, removed: Option<&Entry>) {
        if let Some(entry) = removed {
            self.note_version(subject, entry.fingerprint);
        }
    }

    /// Notes the version of a message that was deleted along with its room. If the room is back, the version is a
    /// repeat if the messages of the room are known, and news otherwise.
    pub(crate) fn note_forgotten(&mut self, subject: Subject, fingerprint: u64) {
        self.note_version(subject, fingerprint);
        self.note_version(subject, FORGOTTEN);
    }

    /// The version that was noted last; `None` also for a message that was deleted along with its room.
    pub(crate) fn last_version(&self, subject: Subject) -> Option<u64> {
        let Ring { items, next } = &self.versions;
        let (newer, older) = items.split_at_checked(*next)?;
        let mut versions = newer.iter().rev().chain(older.iter().rev());
        versions
            .find(|(told, _)| *told == subject)
            .map(|(_, version)| *version)
            .filter(|version| *version != FORGOTTEN)
    }

    /// Whether that version was delivered before, so that the frame is a repeat.
    pub(crate) fn has_version(&self, subject: Subject, fingerprint: u64) -> bool {
        self.versions.items.contains(&(subject, fingerprint))
    }

    /// Notes a deletion that the stream reported, or that two responses proved.
    pub(crate) fn note_deletion(&mut self, subject: Subject, now: Micros) {
        self.deletions.push((subject, now));
    }

    /// When the deletion was noted.
    pub(crate) fn deleted_at(&self, subject: Subject) -> Option<Micros> {
        let told = self.deletions.items.iter().filter(|(gone, _)| *gone == subject);
        told.map(|(_, at)| *at).max()
    }

    /// Forgets the deletion of something that exists after all.
    pub(crate) fn revive(&mut self, subject: Subject) {
        self.deletions.remove(|(gone, _)| *gone == subject);
    }
}
