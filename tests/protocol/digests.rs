//! Digests are equal for equal content and differ otherwise.

use proptest::prelude::*;
use room_events::protocol::decode::digest::{self, EventDigest, digest};
use room_events::protocol::decode::tape::Tape;
use room_events::protocol::decode::{MAX_ERRORS, Outcome, decode_onto};
use room_events::protocol::event::Event;
use serde_json::{Value, json};

use crate::generate::{event, message, room};

/// The document with the keys of every object in reverse order.
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

/// The fingerprint of an entry, from a page of the REST API with only that entry.
fn fingerprints(list: &str, object: &str) -> (u64, String) {
    let body = format!(r#"{{"httpStatusCode":200,"{list}":[{object}]}}"#);
    if list == "messages" {
        let list = digest::messages(&body).expect("a list");
        let item = list.items[0];
        (item.digest.fingerprint, item.span.of(&body).to_owned())
    } else {
        let list = digest::rooms(&body).expect("a list");
        let item = list.items[0];
        (item.digest.fingerprint, item.span.of(&body).to_owned())
    }
}

proptest! {
    #[test]
    fn ignores_the_order_of_keys_and_white_space(message in message(), room in room()) {
        for (list, value) in [("messages", json!(message)), ("rooms", json!(room))] {
            let (written, _) = fingerprints(list, &value.to_string());
            let (backwards, text) = fingerprints(list, &reversed(&value));
            prop_assert_eq!(written, backwards);
            prop_assert_eq!(text, reversed(&value));
        }
    }

    #[test]
    fn fingerprints_of_different_messages_differ(one in message(), other in message()) {
        let strip = |mut message: room_events::protocol::message::Message| {
            message.extra.clear();
            json!(message)
        };
        let (one, other) = (strip(one), strip(other));
        prop_assume!(one != other);
        prop_assert_ne!(fingerprints("messages", &one.to_string()).0, fingerprints("messages", &other.to_string()).0);
    }

    #[test]
    fn fingerprints_of_events_and_the_rest_api_are_equal(event in event()) {
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
            (EventDigest::MessageDeleted { room_id, message_id, .. }, Event::TextMessageDeleted(data)) => {
                prop_assert_eq!((room_id, message_id), (data.room_id, data.message_id));
            }
            (EventDigest::Room(item), Event::RoomCreated(data) | Event::RoomUpdated(data)) => {
                let room = &data.room;
                prop_assert_eq!(item.digest.room_id, room.room_id);
                prop_assert_eq!(item.digest.created, room.created_utc);
                prop_assert_eq!(item.digest.modified, room.last_modified_utc);
                let last = room.last_message.as_ref().map(|last| last.message_id).unwrap_or_default();
                prop_assert_eq!(item.digest.last_message_id, last);
                let last = room.last_message.as_ref().map(|last| last.created_utc).unwrap_or_default();
                prop_assert_eq!(item.digest.last_message_created, last);
            }
            (EventDigest::RoomDeleted(room_id), Event::RoomDeleted(data)) => prop_assert_eq!(room_id, data.room_id),
            (digest, event) => prop_assert!(false, "{:?} of {:?}", digest, event),
        }
    }
}

/// The fingerprint of a message with these members in addition to its ids.
fn of_message(members: &str) -> u64 {
    fingerprints("messages", &format!(r#"{{"messageId":1,"roomId":2{members}}}"#)).0
}

#[test]
fn fingerprints_are_the_same_for_absent_null_and_neutral_values() {
    let bare = of_message(r#","text":"t","userId":3"#);
    for same in [
        r#","parentMessageId":0,"markupType":"TextPlain","priority":"Normal","messageType":"Regular","commentCount":0,
            "attachments":[],"readTimestamps":[],"createdUtc":0.0,"new":1"#,
        r#","parentMessageId":null,"markupType":null,"priority":null,"messageType":null,"commentCount":null,
            "attachments":null,"readTimestamps":null,"createdUtc":null,"issueProperties":null,"new":null"#,
        r#","commentCount":"none","attachments":[{}],"readTimestamps":[null,7],"meetingProperties":[]"#,
        r#","commentCount":-0.0e7,"text":"T""#,
    ] {
        assert_eq!(
            bare,
            of_message(&format!(r#","text":"t","userId":3{same}"#)),
            "{same}"
        );
    }
    assert_eq!(of_message(""), of_message(r#","text":"","userId":0"#));
    assert_ne!(bare, of_message(r#","text":"T","userId":3"#));
    assert_ne!(bare, of_message(r#","text":"t","userId":-3"#));
}

#[test]
fn fingerprints_do_not_depend_on_how_numbers_are_written() {
    for same in [
        ["1", "1.0", "10e-1"],
        ["-1", "-1.00", "-0.1e1"],
        ["1.5", "15e-1", "1.50"],
        [
            "1800.3333333333333333",
            "18003333333333333333e-16",
            "1.80033333333333333330e3",
        ],
    ] {
        let of = |number: &str| of_message(&format!(r#","commentCount":{number}"#));
        assert_eq!(same.map(of), [of(same[0]); 3]);
        assert_ne!(of(same[0]), of("7"));
    }
}

#[test]
fn fingerprints_of_rooms_accept_either_name() {
    let of = |names: &str| fingerprints("rooms", &format!(r#"{{"roomId":1{names}}}"#)).0;
    let names = [
        r#","name":"a""#,
        r#","displayName":"a""#,
        r#","name":"a","displayName":"a""#,
        r#","displayName":null,"name":"a""#,
    ];
    let rooms = names.map(of);
    assert_eq!(rooms, [rooms[0]; 4]);
    assert_ne!(rooms[0], of(r#","name":"b""#));
    assert_eq!(of(""), of(r#","name":"","displayName":null"#));
    assert_eq!(of(""), of(r#","lastMessage":{}"#));
}

#[test]
fn digests_round_numbers_and_read_invalid_ones_as_0() {
    let body = r#"{"messages":[
        {"messageId":1.0,"roomId":2,"commentCount":1.5,"lastModifiedUtc":1753207692547.4,"parentMessageId":-1},
        {"messageId":2,"roomId":2,"commentCount":-3,"lastModifiedUtc":1.753207692547000000000001e12},
        {"messageId":3,"roomId":2,"commentCount":1e300,"lastModifiedUtc":"now"}]}"#;
    let list = digest::messages(body).expect("a list");
    let digests = list.items.iter().map(|item| item.digest);
    let found: Vec<_> = digests
        .map(|digest| {
            (
                digest.message_id.get(),
                digest.comment_count.get(),
                digest.modified.get(),
            )
        })
        .collect();
    assert_eq!(
        found,
        [(1, 2, 1_753_207_692_547), (2, 0, 1_753_207_692_547), (3, 0, 0)]
    );
    assert_eq!((list.unreadable, list.errors.len()), (0, 2));

    let body = r#"{"rooms":[{"roomId":1,"lastMessage":{"messageId":7,"createdUtc":5.2}},
        {"roomId":2,"lastMessage":{"messageId":8,"createdUtc":-5}},{"roomId":3,"lastMessage":{"createdUtc":5}}]}"#;
    let list = digest::rooms(body).expect("a list");
    let digests = list.items.iter().map(|item| item.digest);
    let last: Vec<_> = digests
        .map(|digest| (digest.last_message_id.get(), digest.last_message_created.get()))
        .collect();
    assert_eq!(last, [(7, 5), (8, 0), (0, 0)]);
}

#[test]
fn omits_and_counts_unreadable_entries() {
    let body =
        r#"{"rooms":[{"roomId":1,"isPinned":1},{"roomId":"2","isPinned":1},{"roomId":3,"name":"c"},null]}"#;
    let list = digest::rooms(body).expect("a list");
    let ids: Vec<_> = list.items.iter().map(|item| item.digest.room_id.get()).collect();
    assert_eq!((ids, list.unreadable), (vec![1, 3], 2));
    let paths: Vec<_> = list.errors.iter().map(|error| &*error.path).collect();
    assert_eq!(paths, ["$.rooms[0].isPinned", "$.rooms[1].roomId", "$.rooms[3]"]);
    assert!(body[list.errors[1].offset..].starts_with("\"2\""));
}

#[test]
fn limits_the_errors_of_a_response() {
    let body = format!(r#"{{"messages":[{}{{}}]}}"#, "{},".repeat(99));
    let list = digest::messages(&body).expect("a list");
    assert_eq!((list.items.len(), list.unreadable), (0, 100));
    assert_eq!(list.errors.len(), MAX_ERRORS);
    assert_eq!(list.errors[MAX_ERRORS - 1].more, 84);
}

#[test]
fn rejects_a_response_without_its_list() {
    for (bad, path) in [
        ("", "$"),
        ("[]", "$"),
        ("{}", "$.rooms"),
        (r#"{"rooms":1}"#, "$.rooms"),
        (r#"{"rooms":null}"#, "$.rooms"),
        (r#"{"rooms":[{]}"#, "$.rooms[0]"),
        (r#"{"rooms":[{"roomId":1}"#, "$.rooms"),
    ] {
        assert_eq!(digest::rooms(bad).expect_err(bad).path, path, "{bad}");
    }
}
