//! Finds the rooms of a frame's messages without decoding it, for applications that follow only some rooms: other
//! frames need no validation.
//!
//! It searches for the keys `roomId` and `messageId` anywhere and ignores the context. Something that only looks like a
//! key makes it give up, or adds a room to the check. So it may miss an irrelevant frame, but never skips a relevant
//! one.

use super::super::event::EventType;
use super::super::ids::{MessageId, RoomId, SafeInt};
use super::{MAX_FRAME_BYTES, bytes, event_type};

/// The newest message of a frame whose messages are all in unwanted rooms. `None` if a room is wanted, if the frame has
/// no messages, or if decoding has to decide.
///
/// The frame is not validated: it may be malformed.
pub fn unwanted(frame: &str, is_wanted: impl Fn(RoomId) -> bool) -> Option<MessageId> {
    const ROOM: &[u8; 8] = b"\"roomId\"";
    const MESSAGE: &[u8; 11] = b"\"messageId\"";

    let is_of_messages = matches!(
        event_type(frame),
        Some(EventType::TextMessagesCreated | EventType::TextMessagesUpdated)
    );
    if !is_of_messages || frame.len() > MAX_FRAME_BYTES {
        return None;
    }
    let bytes = frame.as_bytes();
    let (mut newest, mut has_room, mut at) = (None, false, 0);
    while let Some(mark) = bytes::key_or_unicode_escape(bytes, at) {
        at = mark + 1;
        let rest = bytes.get(mark..)?;
        let is_room = rest.starts_with(ROOM);
        if is_room || rest.starts_with(MESSAGE) {
            let key = if is_room { ROOM.len() } else { MESSAGE.len() };
            let id = number(rest.get(key..)?)?;
            if !is_room {
                newest = newest.max(Some(id.cast()));
            } else if is_wanted(id.cast()) {
                return None;
            } else {
                has_room = true;
            }
        } else if rest.first() == Some(&b'\\') {
            // An escape may spell a key.
            return None;
        }
    }
    newest.filter(|_| has_room)
}

/// Reads the colon and the id after a key, in the usual notation.
fn number(rest: &[u8]) -> Option<SafeInt> {
    let number = rest.strip_prefix(b":")?;
    let digits = number.iter().take_while(|byte| byte.is_ascii_digit());
    let (count, value) = digits.fold((0, 0_u64), |(count, value), digit| {
        (
            count + 1,
            value.wrapping_mul(10).wrapping_add(u64::from(digit - b'0')),
        )
    });
    // Up to 16 digits cannot overflow, and 2^53 has 16.
    let is_usual = matches!(count, 1..=16) && matches!(number.get(count), Some(b',' | b'}'));
    SafeInt::new(value).filter(|_| is_usual)
}
