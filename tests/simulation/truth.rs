//! The true state and its past: every room and message with all versions, as they are written on the wire.

use std::collections::HashMap;
use std::rc::Rc;

pub(crate) type Id = u64;
/// Milliseconds of virtual time.
pub(crate) type Time = u64;

/// The end of time.
pub(crate) const NEVER: Time = Time::MAX;
/// The maximum lag of the REST API.
pub(crate) const MOST_LAG: Time = 2_500;

/// A state of a room or a message, from that moment on.
#[derive(Clone, Debug)]
pub(crate) struct Version {
    pub(crate) at: Time,
    pub(crate) text: Rc<str>,
    /// For rooms: the times by which they are ordered, as written.
    pub(crate) activity: (u64, u64),
}

/// A permanent oddity of how a message is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Quirk {
    None,
    /// Null, `1.0` for an integer, and optional fields of the wrong kind.
    Odd(u8),
    /// Its ids are unreadable.
    Poison(u8),
}

#[derive(Debug)]
pub(crate) struct Message {
    pub(crate) id: Id,
    /// The number of its room.
    pub(crate) room: usize,
    /// The number of its parent message, if it is a comment.
    pub(crate) parent: Option<usize>,
    pub(crate) created: Time,
    pub(crate) deleted: Time,
    /// How long after its creation the REST API shows it.
    pub(crate) late: Time,
    /// When the REST API hides it, though it exists.
    pub(crate) hidden: (Time, Time),
    /// When a response last omitted it.
    pub(crate) omitted: Time,
    /// Whether a page of older messages than one before it was answered from a state in which it did not exist yet.
    pub(crate) passed_over: bool,
    pub(crate) quirk: Quirk,
    pub(crate) versions: Vec<Version>,
    pub(crate) comments: Vec<usize>,
    pub(crate) body: Body,
}

/// The content of the next version of a message.
#[derive(Debug)]
pub(crate) struct Body {
    pub(crate) author: Id,
    pub(crate) text: u64,
    pub(crate) size: usize,
    pub(crate) created: Option<u64>,
    pub(crate) edited: Option<u64>,
    pub(crate) modified: Option<u64>,
    /// The users who have read it, as bits.
    pub(crate) readers: u8,
    pub(crate) comments: u64,
}

#[derive(Debug)]
pub(crate) struct Room {
    pub(crate) id: Id,
    /// When the user may see it: from the first moment to the second.
    pub(crate) spans: Vec<(Time, Time)>,
    pub(crate) hidden: (Time, Time),
    pub(crate) omitted: Time,
    pub(crate) versions: Vec<Version>,
    /// Its top-level messages, and all of them, in order of their ids.
    pub(crate) top: Vec<usize>,
    pub(crate) all: Vec<usize>,
    pub(crate) name: u64,
    pub(crate) pinned: bool,
    pub(crate) unread: u64,
    pub(crate) created: Option<u64>,
    pub(crate) modified: Option<u64>,
}

impl Room {
    pub(crate) fn is_visible(&self, at: Time) -> bool {
        self.spans
            .iter()
            .any(|(from, until)| (*from..*until).contains(&at))
    }

    pub(crate) fn is_visible_between(&self, from: Time, until: Time) -> bool {
        self.spans.iter().any(|span| span.0 < until && from < span.1)
    }

    /// Whether the user could not see it at some moment in between.
    pub(crate) fn was_invisible(&self, from: Time, until: Time) -> bool {
        let seen = self.spans.iter().any(|span| span.0 <= from && until < span.1);
        !seen || self.was_hidden(from, until)
    }

    pub(crate) fn was_hidden(&self, from: Time, until: Time) -> bool {
        overlaps(self.hidden, from, until)
    }

    pub(crate) fn is_current(&self) -> bool {
        self.spans.last().is_some_and(|span| span.1 == NEVER)
    }

    /// Since when the user has seen it without interruption.
    pub(crate) fn visible_since(&self) -> Time {
        self.spans.last().map_or(NEVER, |span| span.0)
    }

    pub(crate) fn text(&self) -> &Rc<str> {
        &self.versions[self.versions.len() - 1].text
    }

    pub(crate) fn activity(&self) -> (u64, u64) {
        self.versions[self.versions.len() - 1].activity
    }
}

impl Message {
    pub(crate) fn is_poison(&self) -> bool {
        matches!(self.quirk, Quirk::Poison(_))
    }

    pub(crate) fn exists(&self) -> bool {
        self.deleted == NEVER
    }

    pub(crate) fn text(&self) -> &Rc<str> {
        &self.versions[self.versions.len() - 1].text
    }

    pub(crate) fn was_hidden(&self, from: Time, until: Time) -> bool {
        overlaps(self.hidden, from, until)
    }
}

fn overlaps(hidden: (Time, Time), from: Time, until: Time) -> bool {
    hidden.0 < hidden.1 && hidden.0 <= until && from <= hidden.1
}

/// The version that applies at that moment.
pub(crate) fn version_at(versions: &[Version], at: Time) -> Option<usize> {
    versions.iter().rposition(|version| version.at <= at)
}

/// Finds a version with exactly this text: the first one newer than `shown`, or else `shown` itself or an older one.
pub(crate) fn find(versions: &[Version], text: &str, shown: Option<usize>) -> Found {
    let mut found = Found::Unknown;
    for (number, version) in versions.iter().enumerate() {
        if *version.text != *text {
            continue;
        }
        match shown {
            Some(shown) if number == shown => found = Found::Same,
            Some(shown) if number < shown => found = Found::Older(number),
            _ => return Found::Version(number),
        }
    }
    found
}

/// A text compared with the shown version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// No version has this text.
    Unknown,
    Older(usize),
    Same,
    Version(usize),
}

/// The true state of everything.
#[derive(Default)]
pub(crate) struct Truth {
    pub(crate) rooms: Vec<Room>,
    pub(crate) messages: Vec<Message>,
    pub(crate) room_numbers: HashMap<Id, usize>,
    pub(crate) message_numbers: HashMap<Id, usize>,
}

impl Truth {
    pub(crate) fn room(&self, id: Id) -> Option<usize> {
        self.room_numbers.get(&id).copied()
    }

    pub(crate) fn message(&self, id: Id) -> Option<usize> {
        self.message_numbers.get(&id).copied()
    }

    /// Whether the REST API shows a message `now`, based on its state at the moment `at`.
    pub(crate) fn shows(&self, number: usize, at: Time, now: Time) -> bool {
        let message = &self.messages[number];
        let is_there = message.created + message.late <= at
            || message.created + MOST_LAG <= now && message.created <= at;
        is_there && at < message.deleted && !(message.hidden.0..message.hidden.1).contains(&now)
    }

    pub(crate) fn shows_room(&self, number: usize, at: Time, now: Time) -> bool {
        let room = &self.rooms[number];
        room.is_visible(at) && !(room.hidden.0..room.hidden.1).contains(&now)
    }

    /// Whether it exists and the user may see it.
    pub(crate) fn is_current(&self, number: usize) -> bool {
        let message = &self.messages[number];
        message.exists() && self.rooms[message.room].is_current()
    }

    /// Whether it is among the newest messages that its list ever had, and so is its parent.
    pub(crate) fn is_within(&self, number: usize, window: usize) -> bool {
        let message = &self.messages[number];
        let list = match message.parent {
            Some(parent) if !self.is_within(parent, window) => return false,
            Some(parent) => &self.messages[parent].comments,
            None => &self.rooms[message.room].top,
        };
        let place = list.binary_search_by_key(&message.id, |number| self.messages[*number].id);
        place.is_ok_and(|place| list.len() - place <= window)
    }

    /// The existing messages of a room within the window, with their comments within the window.
    pub(crate) fn in_window(&self, room: usize, window: usize) -> impl Iterator<Item = usize> {
        let is_there =
            move |number: &usize| self.messages[*number].exists() && self.is_within(*number, window);
        self.rooms[room].all.iter().copied().filter(is_there)
    }
}
