//! What has to hold for every frame and every answer of the REST API, whatever is in it.

use room_events::protocol::decode::digest::{self, EventDigest, digest};
use room_events::protocol::decode::tape::Tape;
use room_events::protocol::decode::{DecodeError, DecodeErrorKind, Outcome, decode_onto};
use serde::de::IgnoredAny;

#[path = "../protocol/differential.rs"]
mod differential;

/// Decodes the text, as a frame and as an answer.
///
/// # Panics
/// Where serde would decide otherwise or read something else, where good JSON is called bad, or where an error points outside
/// of the text.
pub(crate) fn check(bytes: &[u8]) {
    let text = &*String::from_utf8_lossy(bytes);
    differential::check(text);
    let mut tape = Tape::new();
    match decode_onto(text, &mut tape) {
        Outcome::Invalid(error) => refused(text, &error),
        Outcome::Unknown { data, .. } => {
            assert!(is_json(text), "what is no JSON passed as an unknown event");
            assert!(data.is_none_or(is_json));
        }
        Outcome::Event { event_type, data } => {
            assert!(is_json(text), "what is no JSON passed as an event");
            agrees(text, &digest(event_type, &tape), data);
        }
    }
    let errors = match digest::messages(text) {
        Ok(entries) => entries.into_iter().filter_map(Result::err).collect(),
        Err(error) => vec![error],
    };
    for error in errors {
        refused(text, &error);
    }
    match digest::rooms(text) {
        Ok(entries) => {
            assert!(is_json(text), "what is no JSON passed as an answer");
            for room in entries.into_iter().flatten() {
                assert!(is_json(room.span.of(text)));
            }
        }
        Err(error) => refused(text, &error),
    }
}

/// The objects of an event are where its digest says.
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
