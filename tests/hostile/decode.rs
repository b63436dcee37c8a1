//! Invariants for every frame and every response of the REST API, whatever its content.

use room_events::protocol::decode::digest::{self, EventDigest, digest};
use room_events::protocol::decode::tape::Tape;
use room_events::protocol::decode::{
    DecodeError, DecodeErrorKind, MAX_ERRORS, MAX_TAPE_BYTES, Outcome, decode_onto,
};
use serde::de::IgnoredAny;

#[path = "../protocol/differential.rs"]
mod differential;

/// Decodes the text as a frame and as a response.
///
/// # Panics
/// If the second implementation disagrees, valid JSON is rejected, an error points outside of the text, or the tape
/// takes too much memory.
pub(crate) fn check(bytes: &[u8]) {
    let text = &*String::from_utf8_lossy(bytes);
    differential::check(text);
    let mut tape = Tape::new();
    let outcome = decode_onto(text, &mut tape);
    let errors = tape.take_errors();
    bounded(text, &errors);
    assert!(tape.capacity_bytes() <= MAX_TAPE_BYTES);
    match outcome {
        Outcome::Invalid(error) => refused(text, &error),
        Outcome::Unknown { data, .. } => {
            assert!(is_json(text), "what is no JSON passed as an unknown event");
            assert!(data.is_none_or(is_json) && errors.is_empty());
        }
        Outcome::Event { event_type, data } => {
            assert!(is_json(text), "what is no JSON passed as an event");
            agrees(text, &digest(event_type, &tape), data);
        }
    }
    match digest::messages(text) {
        Ok(list) => {
            bounded(text, &list.errors);
            assert!(is_json(text), "what is no JSON passed as an answer");
            assert!(list.items.iter().all(|message| is_json(message.span.of(text))));
        }
        Err(error) => refused(text, &error),
    }
    match digest::rooms(text) {
        Ok(list) => {
            bounded(text, &list.errors);
            assert!(is_json(text), "what is no JSON passed as an answer");
            assert!(list.items.iter().all(|room| is_json(room.span.of(text))));
            assert!(list.unreadable == 0 || !list.errors.is_empty());
        }
        Err(error) => refused(text, &error),
    }
}

/// Checks errors in parts of a text: their number is bounded, they are in text order, and none concerns syntax.
fn bounded(text: &str, errors: &[DecodeError]) {
    assert!(errors.len() <= MAX_ERRORS && errors.is_sorted_by_key(|error| error.offset));
    for (index, error) in errors.iter().enumerate() {
        refused(text, error);
        assert!(is_json(text), "{error}");
        // If nothing of a frame is readable, the first error is the result itself.
        assert!(error.more == 0 || index == errors.len() - 1);
    }
}

/// Checks that the ranges in a digest are objects of the event.
fn agrees(text: &str, event: &EventDigest, data: &str) {
    match event {
        EventDigest::Messages(messages) => {
            for message in messages {
                assert!(is_json(message.span.of(text)) && data.contains(message.span.of(text)));
            }
        }
        EventDigest::Room(room) => assert!(is_json(room.span.of(text)) && data.contains(room.span.of(text))),
        EventDigest::MessageDeleted { .. } | EventDigest::RoomDeleted(_) => {}
    }
}

fn refused(text: &str, error: &DecodeError) {
    assert!(error.offset <= text.len() && text.contains(&error.excerpt));
    assert!(error.path.starts_with('$') && error.to_string().contains(&error.path));
    if matches!(
        error.kind,
        DecodeErrorKind::InvalidJson | DecodeErrorKind::Truncated
    ) {
        assert!(!is_json(text), "{error}, and it is JSON");
    }
}

fn is_json(text: &str) -> bool {
    serde_json::from_str::<IgnoredAny>(text).is_ok()
}
