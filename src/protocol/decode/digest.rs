//! What has to be known of an object to tell later whether it changed: its ids, its version, and a fingerprint.
//!
//! All of it is read from the [`tape`] that the check has left. A fingerprint is the same for two texts that say the same, whatever their white space, escapes and order of keys,
//! and whether neutral values are written or left out: the REST API and the events need not write an object alike.

use super::super::event::EventType;
use super::super::ids::{MessageId, RoomId, SafeInt, UnixMillis};
use super::cursor::Cursor;
use super::error::{DecodeError, Step};
use super::schema::{self, LAST_MESSAGE, MESSAGE, Object, ROOM};
use super::tape::{self, ABSENT, NULL, Tape};

/// A message, in short.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MessageDigest {
    /// Its id.
    pub message_id: MessageId,
    /// The room that it is in.
    pub room_id: RoomId,
    /// The message that it comments on; 0 where it is no comment.
    pub parent_message_id: MessageId,
    /// When it last changed.
    pub modified: UnixMillis,
    /// How many comments it has.
    pub comment_count: SafeInt,
    /// The same for two messages that say the same.
    pub fingerprint: u64,
}

/// A room, in short.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RoomDigest {
    /// Its id.
    pub room_id: RoomId,
    /// When it was made.
    pub created: UnixMillis,
    /// When it last changed.
    pub modified: UnixMillis,
    /// Its newest message; 0 where it has none.
    pub last_message_id: MessageId,
    /// When that was written.
    pub last_message_created: UnixMillis,
    /// The same for two rooms that say the same.
    pub fingerprint: u64,
}

/// Where in a text an object stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    start: u32,
    end: u32,
}

impl Span {
    /// The object's JSON, untouched. Empty where the text is another one.
    #[must_use]
    pub fn of(self, text: &str) -> &str {
        text.get(self.start as usize..self.end as usize)
            .unwrap_or_default()
    }
}

/// Where an object stands, and its digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Item<D> {
    /// Where it stands in the text that was decoded.
    pub span: Span,
    /// What it says, in short.
    pub digest: D,
}

/// A known event, in short.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventDigest {
    /// TextMessagesCreated or TextMessagesUpdated.
    Messages(Vec<Item<MessageDigest>>),
    /// TextMessageDeleted.
    MessageDeleted {
        /// The message that it was a comment on; 0 if it was none.
        parent_message_id: MessageId,
        /// The room that the message was in.
        room_id: RoomId,
        /// The message.
        message_id: MessageId,
    },
    /// RoomCreated or RoomUpdated.
    Room(Item<RoomDigest>),
    /// RoomDeleted.
    RoomDeleted(RoomId),
}

/// The digest of an event that [`decode_onto`](super::decode_onto) has accepted, from the tape that it has left.
#[must_use]
pub fn digest(event_type: EventType, tape: &Tape) -> EventDigest {
    const DELETED: &Object = schema::data(EventType::TextMessageDeleted);
    const ROOM_DELETED: &Object = schema::data(EventType::RoomDeleted);

    let data = tape.get(1) as usize;
    let field = |number: usize| tape.get(data + 1 + number);
    match event_type {
        EventType::TextMessagesCreated | EventType::TextMessagesUpdated => {
            let list = field(0) as usize;
            let items = list + 1..list + 1 + tape.get(list) as usize;
            EventDigest::Messages(items.map(|slot| message(tape, tape.get(slot) as usize)).collect())
        }
        EventType::TextMessageDeleted => EventDigest::MessageDeleted {
            parent_message_id: integer(field(const { DELETED.position("parentMessageId") })),
            room_id: integer(field(const { DELETED.position("roomId") })),
            message_id: integer(field(const { DELETED.position("messageId") })),
        },
        EventType::RoomCreated | EventType::RoomUpdated => EventDigest::Room(room(tape, field(0) as usize)),
        EventType::RoomDeleted => {
            EventDigest::RoomDeleted(integer(field(const { ROOM_DELETED.position("roomId") })))
        }
    }
}

/// The entries of a REST answer's list that could be read.
#[derive(Clone, Debug)]
pub struct List<D> {
    /// The entries, in their order.
    pub items: Vec<Item<D>>,
    /// How many entries were left out.
    pub unreadable: usize,
    /// What is wrong with entries.
    pub errors: Vec<DecodeError>,
}

/// The `messages` of a REST answer (Web API, "Messages").
///
/// # Errors
/// Where the answer is not JSON or has no such list.
pub fn messages(body: &str) -> Result<List<MessageDigest>, DecodeError> {
    let mut entries = List {
        items: Vec::new(),
        unreadable: 0,
        errors: Vec::new(),
    };
    list(body, "messages", MESSAGE, &mut |entry| match entry {
        Ok((tape, index)) => entries.items.push(message(tape, index)),
        Err(error) => {
            entries.unreadable += 1;
            entries.errors.push(error);
        }
    })?;
    Ok(entries)
}

/// The `rooms` of a REST answer (Web API, "Rooms, users, permissions").
///
/// # Errors
/// Where the answer is not JSON or has no such list.
pub fn rooms(body: &str) -> Result<List<RoomDigest>, DecodeError> {
    let mut entries = List {
        items: Vec::new(),
        unreadable: 0,
        errors: Vec::new(),
    };
    list(body, "rooms", ROOM, &mut |entry| match entry {
        Ok((tape, index)) => entries.items.push(room(tape, index)),
        Err(error) => {
            entries.unreadable += 1;
            entries.errors.push(error);
        }
    })?;
    Ok(entries)
}

/// Where an object is on the tape, or why there is none.
type Entry<'a> = Result<(&'a Tape, usize), DecodeError>;

/// Reads a list. Each entry is handed over on the tape, or its error.
fn list(
    body: &str,
    name: &'static str,
    table: &'static Object,
    take: &mut dyn FnMut(Entry<'_>),
) -> Result<(), DecodeError> {
    let mut tape = Tape::with_fingerprints();
    let mut found = false;
    let mut cursor = Cursor::new(body);
    let mut walk = || {
        if cursor.peek() != b'{' {
            return Err(cursor.mismatch("an object"));
        }
        let start = cursor.position();
        cursor.object(|cursor, key| {
            if found || cursor.unescape(key) != name {
                return cursor.skip_value();
            }
            found = true;
            if cursor.peek() != b'[' {
                return Err(cursor.mismatch("an array").within(Step::Key(name)));
            }
            cursor.array(|cursor, index| {
                let mark = cursor.mark();
                tape.begin(0);
                let mut ahead = Cursor::resume(body, mark);
                match tape::object(&mut ahead, table, &mut tape) {
                    Ok(index) => {
                        *cursor = ahead;
                        take(Ok((&tape, index)));
                        Ok(())
                    }
                    Err(fault) => {
                        let fault = fault.within(Step::Index(index)).within(Step::Key(name));
                        take(Err(fault.into_error(body)));
                        cursor.skip_value()
                    }
                }
            })
        })?;
        if !found {
            return Err(tape::missing(start, name));
        }
        cursor.end()
    };
    walk().map_err(|fault| fault.into_error(body))
}

/// An integer on the tape; 0 where it is absent.
fn integer(slot: u64) -> SafeInt {
    // What is absent is no number, and that converts to 0.
    SafeInt::new(f64::from_bits(slot) as u64).unwrap_or_default()
}

fn versioned<D>(tape: &Tape, index: usize, table: &Object, digest: impl FnOnce(u64) -> D) -> Item<D> {
    let behind = index + 1 + table.fields.len();
    let span = tape.get(behind + 1);
    Item {
        span: Span {
            start: span as u32,
            end: (span >> 32) as u32,
        },
        digest: digest(tape.get(behind)),
    }
}

fn message(tape: &Tape, index: usize) -> Item<MessageDigest> {
    let field = |number: usize| integer(tape.get(index + 1 + number));
    versioned(tape, index, MESSAGE, |fingerprint| MessageDigest {
        message_id: field(const { MESSAGE.position("messageId") }),
        room_id: field(const { MESSAGE.position("roomId") }),
        parent_message_id: field(const { MESSAGE.position("parentMessageId") }),
        modified: field(const { MESSAGE.position("lastModifiedUtc") }),
        comment_count: field(const { MESSAGE.position("commentCount") }),
        fingerprint,
    })
}

fn room(tape: &Tape, index: usize) -> Item<RoomDigest> {
    let field = |number: usize| tape.get(index + 1 + number);
    let last_message = field(const { ROOM.position("lastMessage") });
    versioned(tape, index, ROOM, |fingerprint| RoomDigest {
        room_id: integer(field(const { ROOM.position("roomId") })),
        created: integer(field(const { ROOM.position("createdUtc") })),
        modified: integer(field(const { ROOM.position("lastModifiedUtc") })),
        last_message_id: if matches!(last_message, ABSENT | NULL) {
            SafeInt::ZERO
        } else {
            integer(tape.get(last_message as usize + 1 + const { LAST_MESSAGE.position("messageId") }))
        },
        last_message_created: SafeInt::ZERO,
        fingerprint,
    })
}
