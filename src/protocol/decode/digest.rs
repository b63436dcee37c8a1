//! What has to be known of an object to tell later whether it changed: its ids, its version, and a fingerprint.
//!
//! A fingerprint is the same for two texts that say the same, whatever their white space, escapes and order of keys,
//! and whether neutral values are written or left out: the REST API and the events need not write an object alike.

use super::super::event::EventType;
use super::super::ids::{MessageId, RoomId, SafeInt, UnixMillis};
use super::cursor::Cursor;
use super::error::{DecodeError, Fault, Step};
use super::schema::{self, Object};
use super::tape::{self, Tape};

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
    /// The same for two rooms that say the same.
    pub fingerprint: u64,
}

/// An object's JSON, untouched, and its digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Item<'a, D> {
    /// The JSON text of the object.
    pub json: &'a str,
    /// What it says, in short.
    pub digest: D,
}

/// A known event, in short.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventDigest<'a> {
    /// TextMessagesCreated or TextMessagesUpdated.
    Messages(Vec<Item<'a, MessageDigest>>),
    /// TextMessageDeleted.
    MessageDeleted {
        /// The room that the message was in.
        room_id: RoomId,
        /// The message.
        message_id: MessageId,
    },
    /// RoomCreated or RoomUpdated.
    Room(Item<'a, RoomDigest>),
    /// RoomDeleted.
    RoomDeleted(RoomId),
}

/// The digest of an event that [`decode`](super::decode) accepted. `None` where `data` is not what the type promises.
#[must_use]
pub fn digest(event_type: EventType, data: &str) -> Option<EventDigest<'_>> {
    match event_type {
        EventType::TextMessagesCreated | EventType::TextMessagesUpdated => {
            let mut messages = Vec::new();
            let mut cursor = Cursor::new(data);
            member(&mut cursor, "messages", |cursor| {
                cursor.array(|cursor, _| {
                    messages.push(item(cursor, message)?);
                    Ok(())
                })
            })
            .ok()?;
            Some(EventDigest::Messages(messages))
        }
        EventType::TextMessageDeleted => {
            let (mut room_id, mut message_id) = (None, None);
            let mut cursor = Cursor::new(data);
            let read = cursor.object(|cursor, key| match &*cursor.unescape(key) {
                "roomId" => integer(cursor).map(|id| room_id = Some(id)),
                "messageId" => integer(cursor).map(|id| message_id = Some(id)),
                _ => cursor.skip_value(),
            });
            read.ok()?;
            Some(EventDigest::MessageDeleted {
                room_id: room_id?,
                message_id: message_id?,
            })
        }
        EventType::RoomCreated | EventType::RoomUpdated => {
            let mut found = None;
            member(&mut Cursor::new(data), "room", |cursor| {
                found = Some(item(cursor, room)?);
                Ok(())
            })
            .ok()?;
            found.map(EventDigest::Room)
        }
        EventType::RoomDeleted => {
            let mut found = None;
            member(&mut Cursor::new(data), "roomId", |cursor| {
                found = Some(integer(cursor)?);
                Ok(())
            })
            .ok()?;
            found.map(EventDigest::RoomDeleted)
        }
    }
}

/// The entries of a REST answer's list, each on its own: one that is malformed does not spoil the others.
pub type Entries<'a, D> = Vec<Result<Item<'a, D>, DecodeError>>;

/// The `messages` of a REST answer (Web API, "Messages").
///
/// # Errors
/// Where the answer is not JSON or has no such list.
pub fn messages(body: &str) -> Result<Entries<'_, MessageDigest>, DecodeError> {
    list(body, "messages", schema::message(), message)
}

/// The `rooms` of a REST answer (Web API, "Rooms, users, permissions").
///
/// # Errors
/// Where the answer is not JSON or has no such list.
pub fn rooms(body: &str) -> Result<Entries<'_, RoomDigest>, DecodeError> {
    list(body, "rooms", schema::room(), room)
}

fn list<'a, D>(
    body: &'a str,
    name: &'static str,
    table: &'static Object,
    read: fn(&mut Cursor<'a>) -> Result<D, Fault>,
) -> Result<Entries<'a, D>, DecodeError> {
    let mut entries = Vec::new();
    let mut checked = Tape::new();
    let mut cursor = Cursor::new(body);
    let mut walk = |cursor: &mut Cursor<'a>| {
        if cursor.peek() != b'{' {
            return Err(cursor.mismatch("an object"));
        }
        member(cursor, name, |cursor| {
            if cursor.peek() != b'[' {
                return Err(cursor.mismatch("an array").within(Step::Key(name)));
            }
            cursor.array(|cursor, index| {
                let mark = cursor.mark();
                checked.begin(0);
                let entry = tape::object(&mut Cursor::resume(body, mark), table, &mut checked)
                    .map_err(|fault| fault.within(Step::Index(index)).within(Step::Key(name)))
                    .and_then(|_| item(&mut Cursor::resume(body, mark), read));
                entries.push(entry.map_err(|fault| fault.into_error(body)));
                cursor.skip_value()
            })
        })?;
        cursor.end()
    };
    walk(&mut cursor).map_err(|fault| fault.into_error(body))?;
    Ok(entries)
}

/// Reads an object and hands over the value of one member, which has to be there.
fn member<'a>(
    cursor: &mut Cursor<'a>,
    name: &'static str,
    mut value: impl FnMut(&mut Cursor<'a>) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let start = cursor.position();
    let mut found = false;
    cursor.object(|cursor, key| {
        if found || cursor.unescape(key) != name {
            return cursor.skip_value();
        }
        found = true;
        value(cursor)
    })?;
    if found {
        Ok(())
    } else {
        Err(tape::missing(start, name))
    }
}

fn item<'a, D>(
    cursor: &mut Cursor<'a>,
    read: impl FnOnce(&mut Cursor<'a>) -> Result<D, Fault>,
) -> Result<Item<'a, D>, Fault> {
    cursor.peek();
    let start = cursor.position();
    let digest = read(cursor)?;
    Ok(Item {
        json: cursor.slice(start, cursor.position()),
        digest,
    })
}

fn integer(cursor: &mut Cursor<'_>) -> Result<SafeInt, Fault> {
    cursor
        .integer()
        .map(|value| SafeInt::new(value).unwrap_or_default())
}

fn message(cursor: &mut Cursor<'_>) -> Result<MessageDigest, Fault> {
    let mut digest = MessageDigest {
        message_id: SafeInt::ZERO,
        room_id: SafeInt::ZERO,
        parent_message_id: SafeInt::ZERO,
        modified: SafeInt::ZERO,
        comment_count: SafeInt::ZERO,
        fingerprint: 0,
    };
    let table = schema::message();
    cursor.object(|cursor, key| {
        let name = cursor.unescape(key);
        let (value, hash) = hashed(cursor)?;
        match &*name {
            "messageId" => digest.message_id = parsed(value),
            "roomId" => digest.room_id = parsed(value),
            "parentMessageId" => digest.parent_message_id = parsed(value),
            "lastModifiedUtc" => digest.modified = parsed(value),
            "commentCount" => digest.comment_count = parsed(value),
            _ => {}
        }
        digest.fingerprint = digest
            .fingerprint
            .wrapping_add(contribution(table, &name, value, hash));
        Ok(())
    })?;
    Ok(digest)
}

fn room(cursor: &mut Cursor<'_>) -> Result<RoomDigest, Fault> {
    let mut digest = RoomDigest {
        room_id: SafeInt::ZERO,
        created: SafeInt::ZERO,
        modified: SafeInt::ZERO,
        last_message_id: SafeInt::ZERO,
        fingerprint: 0,
    };
    let table = schema::room();
    let (mut name, mut display_name) = (None, None);
    cursor.object(|cursor, key| {
        let field = cursor.unescape(key);
        let mark = cursor.mark();
        let (value, hash) = hashed(cursor)?;
        match &*field {
            "roomId" => digest.room_id = parsed(value),
            "createdUtc" => digest.created = parsed(value),
            "lastModifiedUtc" => digest.modified = parsed(value),
            "lastMessage" if value != "null" => {
                let mut inner = Cursor::resume(cursor.frame(), mark);
                member(&mut inner, "messageId", |cursor| {
                    digest.last_message_id = integer(cursor)?;
                    Ok(())
                })?;
            }
            // The two names say the same; a room may come with either or both.
            "name" if value != "null" => name = Some(hash),
            "displayName" if value != "null" => display_name = Some(hash),
            _ => {}
        }
        if !matches!(&*field, "name" | "displayName") {
            digest.fingerprint = digest
                .fingerprint
                .wrapping_add(contribution(table, &field, value, hash));
        }
        Ok(())
    })?;
    let called = display_name.or(name).unwrap_or_default();
    digest.fingerprint = digest.fingerprint.wrapping_add(mix(called, 1));
    Ok(digest)
}

fn parsed(value: &str) -> SafeInt {
    value.parse().ok().and_then(SafeInt::new).unwrap_or_default()
}

/// What a field adds to the fingerprint of its object: nothing where it is unknown or has its neutral value.
fn contribution(table: &Object, name: &str, value: &str, hash: u64) -> u64 {
    match table.fields.iter().position(|field| field.name == name) {
        Some(index) if !is_neutral(value) => mix(hash, index as u64 + 2),
        _ => 0,
    }
}

/// Whether a field says as much as it would if it were absent.
fn is_neutral(value: &str) -> bool {
    match value.as_bytes() {
        [b'[', inside @ .., b']'] | [b'{', inside @ .., b'}'] => inside.iter().all(u8::is_ascii_whitespace),
        _ => matches!(
            value,
            "0" | "\"\"" | "null" | "false" | "\"TextPlain\"" | "\"Normal\"" | "\"Private\"" | "\"Initial\""
        ),
    }
}

/// Steps over a value and gives its text and its hash.
fn hashed<'a>(cursor: &mut Cursor<'a>) -> Result<(&'a str, u64), Fault> {
    cursor.peek();
    let start = cursor.position();
    let hash = hash(cursor)?;
    Ok((cursor.slice(start, cursor.position()), hash))
}

fn hash(cursor: &mut Cursor<'_>) -> Result<u64, Fault> {
    match cursor.peek() {
        b'{' => {
            let mut sum = 0x6f62_6a65_6374_u64;
            cursor.object(|cursor, key| {
                let name = hash_text(&cursor.unescape(key));
                // The order of keys says nothing: a sum has none.
                sum = sum.wrapping_add(mix(hash(cursor)?, name));
                Ok(())
            })?;
            Ok(sum)
        }
        b'[' => {
            let mut chain = 0x0061_7272_6179_u64;
            cursor.array(|cursor, _| {
                chain = mix(chain, hash(cursor)?);
                Ok(())
            })?;
            Ok(chain)
        }
        b'"' => {
            let text = cursor.string()?;
            Ok(mix(hash_text(&cursor.unescape(text)), 3))
        }
        _ => {
            let start = cursor.position();
            cursor.skip_value()?;
            Ok(hash_text(cursor.slice(start, cursor.position())))
        }
    }
}

fn hash_text(text: &str) -> u64 {
    let chunks = text.as_bytes().chunks_exact(8);
    let tail = chunks
        .remainder()
        .iter()
        .fold(0_u64, |word, byte| (word << 8) | u64::from(*byte));
    let head = chunks.fold(0x9e37_79b9_7f4a_7c15, |hash, chunk| {
        mix(hash, chunk.try_into().map_or(0, u64::from_le_bytes))
    });
    mix(head, tail ^ ((text.len() as u64) << 56))
}

/// A multiplication of 128 bits, folded: every bit of both counts.
fn mix(one: u64, other: u64) -> u64 {
    let product = u128::from(one ^ 0xa076_1d64_78bd_642f) * u128::from(other ^ 0xe703_7ed1_a0b4_28db);
    (product as u64) ^ ((product >> 64) as u64)
}
