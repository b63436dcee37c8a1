//! Digests: the same for what says the same, another for what does not.

use proptest::prelude::*;
use room_events::protocol::decode::digest::{self, EventDigest, digest};
use room_events::protocol::decode::tape::Tape;
use room_events::protocol::decode::{Outcome, decode_onto};
use room_events::protocol::event::Event;
use serde_json::{Value, json};

use crate::generate::{event, message, room};

/// The document with the keys of every object the other way round.
fn reversed(value: &Value) -> String {
    match value {
        Value::Array(items) => format!(
            "[ {} ]",
            items.iter().map(reversed).collect::<Vec<_>>().join(" , ")
        ),
        Value::Object(map) => {
            let members: Vec<_> = map
                .iter()
                .rev()
                .map(|(key, value)| format!("{}: {}", json!(key), reversed(value)))
                .collect();
            format!("{{{}}}", members.join(",\n"))
        }
        other => other.to_string(),
    }
}

/// A page of the REST API with that one entry.
fn fingerprints(list: &str, object: &str) -> (u64, String) {
    let body = format!(r#"{{"httpStatusCode":200,"{list}":[{object}]}}"#);
    if list == "messages" {
        let entries = digest::messages(&body).expect("a list");
        let item = entries[0].as_ref().expect("a message");
        (item.digest.fingerprint, item.span.of(&body).to_owned())
    } else {
        let entries = digest::rooms(&body).expect("a list");
        let item = entries[0].as_ref().expect("a room");
        (item.digest.fingerprint, item.span.of(&body).to_owned())
    }
}

proptest! {
    #[test]
    fn the_order_of_keys_and_white_space_say_nothing(message in message(), room in room()) {
        for (list, value) in [("messages", json!(message)), ("rooms", json!(room))] {
            let (written, _) = fingerprints(list, &value.to_string());
            let (backwards, text) = fingerprints(list, &reversed(&value));
            prop_assert_eq!(written, backwards);
            prop_assert_eq!(text, reversed(&value));
        }
    }

    #[test]
    fn another_message_has_another_fingerprint(one in message(), other in message()) {
        let strip = |mut message: room_events::protocol::message::Message| {
            message.extra.clear();
            json!(message)
        };
        let (one, other) = (strip(one), strip(other));
        prop_assume!(one != other);
        prop_assert_ne!(fingerprints("messages", &one.to_string()).0, fingerprints("messages", &other.to_string()).0);
    }

    #[test]
    fn an_event_and_the_rest_api_agree(event in event()) {
        let frame = serde_json::to_string(&event).expect("serialises");
        let mut tape = Tape::with_fingerprints();
        let Outcome::Event { event_type, .. } = decode_onto(&frame, &mut tape) else { panic!("no event") };
        match (digest(event_type, &tape), &event) {
            (EventDigest::Messages(items), Event::TextMessagesCreated(data) | Event::TextMessagesUpdated(data)) => {
                prop_assert_eq!(items.len(), data.messages.len());
                for (item, message) in items.iter().zip(&data.messages) {
                    let digest = item.digest;
                    prop_assert_eq!(digest.message_id, message.message_id);
                    prop_assert_eq!(digest.room_id, message.room_id);
                    prop_assert_eq!(digest.parent_message_id, message.parent_message_id);
                    prop_assert_eq!(digest.modified, message.last_modified_utc);
                    prop_assert_eq!(digest.comment_count, message.comment_count);
                    let rest = serde_json::to_string(message).expect("serialises");
                    prop_assert_eq!(digest.fingerprint, fingerprints("messages", &rest).0);
                    prop_assert_eq!(item.span.of(&frame), rest);
                }
            }
            (EventDigest::MessageDeleted { room_id, message_id }, Event::TextMessageDeleted(data)) => {
                prop_assert_eq!((room_id, message_id), (data.room_id, data.message_id));
            }
            (EventDigest::Room(item), Event::RoomCreated(data) | Event::RoomUpdated(data)) => {
                let room = &data.room;
                prop_assert_eq!(item.digest.room_id, room.room_id);
                prop_assert_eq!(item.digest.created, room.created_utc);
                prop_assert_eq!(item.digest.modified, room.last_modified_utc);
                let last = room.last_message.as_ref().map(|last| last.message_id).unwrap_or_default();
                prop_assert_eq!(item.digest.last_message_id, last);
            }
            (EventDigest::RoomDeleted(room_id), Event::RoomDeleted(data)) => prop_assert_eq!(room_id, data.room_id),
            (digest, event) => prop_assert!(false, "{:?} of {:?}", digest, event),
        }
    }
}

#[test]
fn neutral_values_and_the_second_name_say_nothing() {
    let bare = r#"{"messageId":1,"messageType":"Regular","roomId":2,"text":"t","userId":3}"#;
    let full = r#"{"messageId":1,"messageType":"Regular","roomId":2,"text":"t","userId":3,"parentMessageId":0,
        "markupType":"TextPlain","priority":"Normal","commentCount":0,"attachments":[],"issueProperties":null,"new":1}"#;
    assert_eq!(fingerprints("messages", bare).0, fingerprints("messages", full).0);
    let edited = bare.replace("\"t\"", "\"T\"");
    assert_ne!(
        fingerprints("messages", bare).0,
        fingerprints("messages", &edited).0
    );
    let names = [
        r#""name":"a""#,
        r#""displayName":"a""#,
        r#""name":"a","displayName":"a""#,
    ];
    let rooms = names.map(|names| fingerprints("rooms", &format!(r#"{{"roomId":1,{names}}}"#)).0);
    assert_eq!(rooms, [rooms[0]; 3]);
    assert_ne!(rooms[0], fingerprints("rooms", r#"{"roomId":1,"name":"b"}"#).0);
}

#[test]
fn an_entry_that_is_malformed_does_not_spoil_the_others() {
    let body = r#"{"rooms":[{"roomId":1,"name":"a"},{"roomId":"2","name":"b"},{"roomId":3,"name":"c"}]}"#;
    let entries = digest::rooms(body).expect("a list");
    assert_eq!(
        entries.iter().map(Result::is_ok).collect::<Vec<_>>(),
        [true, false, true]
    );
    let error = entries[1].as_ref().expect_err("malformed");
    assert_eq!(
        (&*error.path, &body[error.offset..error.offset + 3]),
        ("$.rooms[1].roomId", "\"2\"")
    );
    for (bad, path) in [
        ("", "$"),
        ("[]", "$"),
        ("{}", "$.rooms"),
        (r#"{"rooms":1}"#, "$.rooms"),
        (r#"{"rooms":[{]}"#, "$"),
    ] {
        assert_eq!(digest::rooms(bad).expect_err(bad).path, path, "{bad}");
    }
}
