//! Versions that were replaced and things that were deleted a short while ago: they tell a frame that is sent twice from
//! news, and an answer that is late from one that is not.

use super::timeline::Entry;
use crate::client::clock::Micros;

/// How many versions, and how many deletions, are remembered.
const CAPACITY: usize = 128;

/// Stands for a version that is no longer known.
const FORGOTTEN: u64 = 0;

/// How long after its deletion what is there again in its last version may be a frame that is sent twice.
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
            // The oldest first, so that it stays the next to go.
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

/// What a version or a deletion is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Subject {
    /// A message, by its id.
    Message(u64),
    /// A room, by its id.
    Room(u64),
}

/// The latest versions and deletions that came on the stream.
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

    /// A version was replaced, or is not remembered otherwise.
    pub(crate) fn note_version(&mut self, subject: Subject, fingerprint: u64) {
        self.versions.push((subject, fingerprint));
    }

    /// A message that is gone had a version.
    pub(crate) fn note_removal(&mut self, subject: Subject, removed: Option<&Entry>) {
        if let Some(entry) = removed {
            self.note_version(subject, entry.fingerprint);
        }
    }

    /// A message went with its room. In a room that is there again, this version is a repeat where messages are known, and
    /// news where they are not.
    pub(crate) fn note_forgotten(&mut self, subject: Subject, fingerprint: u64) {
        self.note_version(subject, fingerprint);
        self.note_version(subject, FORGOTTEN);
    }

    /// The version that was noted last; `None` as well of a message that went with its room.
    pub(crate) fn last_version(&self, subject: Subject) -> Option<u64> {
        let Ring { items, next } = &self.versions;
        let (newer, older) = items.split_at_checked(*next)?;
        let mut versions = newer.iter().rev().chain(older.iter().rev());
        versions
            .find(|(told, _)| *told == subject)
            .map(|(_, version)| *version)
            .filter(|version| *version != FORGOTTEN)
    }

    /// Whether that version was told before: the frame is a repeat.
    pub(crate) fn has_version(&self, subject: Subject, fingerprint: u64) -> bool {
        self.versions.items.contains(&(subject, fingerprint))
    }

    /// The stream, or two answers of the REST API, told that something is gone.
    pub(crate) fn note_deletion(&mut self, subject: Subject, now: Micros) {
        self.deletions.push((subject, now));
    }

    /// When it was told to be gone.
    pub(crate) fn deleted_at(&self, subject: Subject) -> Option<Micros> {
        let told = self.deletions.items.iter().filter(|(gone, _)| *gone == subject);
        told.map(|(_, at)| *at).max()
    }

    /// Something that was told to be gone is there after all.
    pub(crate) fn revive(&mut self, subject: Subject) {
        self.deletions.remove(|(gone, _)| *gone == subject);
    }
}
