//! Digests: the ids, the version and a fingerprint of a message or a room, by which a later one tells whether it changed.
//!
//! They are read from the [`tape`](super::tape). Two objects that say the same have the same fingerprint, whatever their white space,
//! escapes and order of keys, however their numbers are written, and whether neutral values are written, null or left
//! out. Fields that no table knows are not part of it.

use super::super::event::EventType;
use super::super::ids::{MessageId, RoomId, SafeInt, UnixMillis};
use super::cursor::Cursor;
use super::error::{DecodeError, Step};
use super::object;
use super::schema::{self, LAST_MESSAGE, MESSAGE, Object, ROOM};
use super::tape::{ABSENT, Tape};

/// A message, in short.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MessageDigest {
    /// Its id.
    pub message_id: MessageId,
    /// The room that it is in.
    pub room_id: RoomId,
    /// The message that it comments on; 0 if it is no comment.
    pub parent_message_id: MessageId,
    /// When it last changed.
    pub modified: UnixMillis,
    /// How many comments it has, rounded; 0 for a negative number.
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
    /// Its newest message; 0 if it has none.
    pub last_message_id: MessageId,
    /// When its newest message was sent; 0 if there is none or the server does not say.
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
            parent_message_id: integer(tape, field(const { DELETED.position("parentMessageId") })).cast(),
            room_id: integer(tape, field(const { DELETED.position("roomId") })).cast(),
            message_id: integer(tape, field(const { DELETED.position("messageId") })).cast(),
        },
        EventType::RoomCreated | EventType::RoomUpdated => EventDigest::Room(room(tape, field(0) as usize)),
        EventType::RoomDeleted => {
            EventDigest::RoomDeleted(integer(tape, field(const { ROOM_DELETED.position("roomId") })).cast())
        }
    }
}

/// The list of a REST answer. Each entry stands for itself: an unreadable one does not affect the others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct List<D> {
    /// The entries that could be read, in their order.
    pub items: Vec<Item<D>>,
    /// The number of entries that could not be read.
    pub unreadable: usize,
    /// Why entries could not be read, and which fields of the others got neutral values: at most
    /// [`MAX_ERRORS`](super::MAX_ERRORS), and the last one says how many more there were.
    pub errors: Vec<DecodeError>,
}

impl<D> List<D> {
    const fn new() -> Self {
        Self {
            items: Vec::new(),
            unreadable: 0,
            errors: Vec::new(),
        }
    }
}

/// The `messages` of a REST answer (Web API, "Messages").
///
/// # Errors
/// If the answer is not JSON or has no such list, or a list of more than
/// [`MAX_ARRAY_ITEMS`](super::MAX_ARRAY_ITEMS).
pub fn messages(body: &str) -> Result<List<MessageDigest>, DecodeError> {
    let mut read = List::new();
    (read.unreadable, read.errors) = list(body, "messages", MESSAGE, &mut |tape, index| {
        read.items.push(message(tape, index));
    })?;
    Ok(read)
}

/// The `rooms` of a REST answer (Web API, "Rooms, users, permissions").
///
/// # Errors
/// As for [`messages`].
pub fn rooms(body: &str) -> Result<List<RoomDigest>, DecodeError> {
    let mut read = List::new();
    (read.unreadable, read.errors) = list(body, "rooms", ROOM, &mut |tape, index| {
        read.items.push(room(tape, index));
    })?;
    Ok(read)
}

/// Reads a list. Each entry is handed over on the tape. Gives the number of those that could not be read, and the
/// errors.
fn list(
    body: &str,
    name: &'static str,
    table: &'static Object,
    take: &mut dyn FnMut(&Tape, usize),
) -> Result<(usize, Vec<DecodeError>), DecodeError> {
    let mut tape = Tape::with_fingerprints();
    let mut found = false;
    let mut unreadable = 0;
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
            let read = cursor.array(|cursor, index| {
                tape.clear();
                match object::entry(cursor, index, table, &mut tape)? {
                    Some(index) => take(&tape, index),
                    None => unreadable += 1,
                }
                Ok(())
            });
            object::end_list(name, &mut tape);
            read.map_err(|fault| fault.within(Step::Key(name)))
        })?;
        if !found {
            return Err(object::missing(start, name));
        }
        cursor.end()
    };
    walk().map_err(|fault| fault.into_error(body))?;
    tape.end(body);
    Ok((unreadable, tape.take_errors()))
}

/// The integer that a number on the tape is about; 0 if it is absent, negative or not below 2^53.
#[inline(never)]
fn integer(tape: &Tape, slot: u64) -> SafeInt {
    SafeInt::new(tape.about(slot)).unwrap_or_default()
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
    let field = |number: usize| integer(tape, tape.get(index + 1 + number));
    versioned(tape, index, MESSAGE, |fingerprint| MessageDigest {
        message_id: field(const { MESSAGE.position("messageId") }).cast(),
        room_id: field(const { MESSAGE.position("roomId") }).cast(),
        parent_message_id: field(const { MESSAGE.position("parentMessageId") }).cast(),
        modified: field(const { MESSAGE.position("lastModifiedUtc") }),
        comment_count: field(const { MESSAGE.position("commentCount") }),
        fingerprint,
    })
}

fn room(tape: &Tape, index: usize) -> Item<RoomDigest> {
    let slot = |number: usize| tape.get(index + 1 + number);
    let field = |number: usize| integer(tape, slot(number));
    let last_message = slot(const { ROOM.position("lastMessage") });
    let of_last = |number: usize| match last_message {
        ABSENT => SafeInt::ZERO,
        last => integer(tape, tape.get(last as usize + 1 + number)),
    };
    versioned(tape, index, ROOM, |fingerprint| RoomDigest {
        room_id: field(const { ROOM.position("roomId") }).cast(),
        created: field(const { ROOM.position("createdUtc") }),
        modified: field(const { ROOM.position("lastModifiedUtc") }),
        last_message_id: of_last(const { LAST_MESSAGE.position("messageId") }).cast(),
        last_message_created: of_last(const { LAST_MESSAGE.position("createdUtc") }),
        fingerprint,
    })
}
