//! Digests: the ids, the version and a fingerprint of a message or a room, to detect changes.
//!
//! They are read from the [`tape`](super::tape). Objects with equal content have equal fingerprints, regardless of
//! white space, escapes, the order of keys, the notation of numbers, and whether neutral values are written, null or
//! absent. Unknown fields are ignored.

use super::super::event::EventType;
use super::super::ids::{MessageId, RoomId, SafeInt, UnixMillis};
use super::cursor::Cursor;
use super::error::{DecodeError, Step};
use super::object;
use super::schema::{self, LAST_MESSAGE, MESSAGE, Object, ROOM};
use super::tape::{ABSENT, Tape};

/// A summary of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MessageDigest {
    /// Its id.
    pub message_id: MessageId,
    /// The room of the message.
    pub room_id: RoomId,
    /// The parent of a comment; 0 if the message is no comment.
    pub parent_message_id: MessageId,
    /// When it last changed.
    pub modified: UnixMillis,
    /// The number of comments, rounded; 0 for a negative number.
    pub comment_count: SafeInt,
    /// Equal for messages with equal content.
    pub fingerprint: u64,
}

/// A summary of a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RoomDigest {
    /// Its id.
    pub room_id: RoomId,
    /// When it was created.
    pub created: UnixMillis,
    /// When it last changed.
    pub modified: UnixMillis,
    /// Its newest message; 0 if it has none.
    pub last_message_id: MessageId,
    /// When its newest message was sent; 0 if there is none or the server omits it.
    pub last_message_created: UnixMillis,
    /// Equal for rooms with equal content.
    pub fingerprint: u64,
}

/// The position of an object in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    start: u32,
    end: u32,
}

impl Span {
    /// The JSON of the object, unchanged. Empty if the text is a different one.
    #[must_use]
    pub fn of(self, text: &str) -> &str {
        text.get(self.start as usize..self.end as usize)
            .unwrap_or_default()
    }
}

/// An object's position and digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Item<D> {
    /// The position in the decoded text.
    pub span: Span,
    /// The digest.
    pub digest: D,
}

/// A summary of a known event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventDigest {
    /// TextMessagesCreated or TextMessagesUpdated.
    Messages(Vec<Item<MessageDigest>>),
    /// TextMessageDeleted.
    MessageDeleted {
        /// The parent if the message was a comment; 0 if it was none.
        parent_message_id: MessageId,
        /// The room of the message.
        room_id: RoomId,
        /// The deleted message.
        message_id: MessageId,
    },
    /// RoomCreated or RoomUpdated.
    Room(Item<RoomDigest>),
    /// RoomDeleted.
    RoomDeleted(RoomId),
}

/// The digest of an event that [`decode_onto`](super::decode_onto) accepted, from the tape that it filled.
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

/// The list of a REST response. Entries are independent: an unreadable one does not affect the others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct List<D> {
    /// The readable entries, in their order.
    pub items: Vec<Item<D>>,
    /// The number of unreadable entries.
    pub unreadable: usize,
    /// Why entries were unreadable, and which fields of the others got neutral values. At most
    /// [`MAX_ERRORS`](super::MAX_ERRORS); the last one has the number of further errors.
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

/// Parses the `messages` of a REST response (Web API, "Messages").
///
/// # Errors
/// Fails if the response is not JSON, has no such list, or the list has more than
/// [`MAX_ARRAY_ITEMS`](super::MAX_ARRAY_ITEMS) entries.
pub fn messages(body: &str) -> Result<List<MessageDigest>, DecodeError> {
    let mut read = List::new();
    (read.unreadable, read.errors) = list(body, "messages", MESSAGE, &mut |tape, index| {
        read.items.push(message(tape, index));
    })?;
    Ok(read)
}

/// Parses the `rooms` of a REST response (Web API, "Rooms, users, permissions").
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

/// Parses a list. Passes each readable entry on the tape. Returns the number of unreadable entries, and the errors.
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

/// The number in a slot, rounded to an integer; 0 if it is absent, negative or not below 2^53.
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
