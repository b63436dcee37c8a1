//! Optional fields that are absent, null or of the wrong kind. Their object and all others are still delivered.

mod rows;

use room_events::protocol::decode::{DecodeErrorKind, MAX_ARRAY_ITEMS, MAX_ERRORS};
use serde_json::{Value, json};

use DecodeErrorKind::{DuplicateField, MissingField, OutOfRange, TooLong, WrongType};

use crate::differential::{self, built};
use rows::{MESSAGES, ROOMS, Row};

/// The members of an object, as raw JSON.
type Members = Vec<(&'static str, String)>;

fn members(of: &[(&'static str, &str)]) -> Members {
    of.iter().map(|(name, raw)| (*name, (*raw).to_owned())).collect()
}

fn message(id: u64) -> Members {
    let mut message = members(&[
        ("messageId", ""),
        ("roomId", "3"),
        ("messageType", "\"Regular\""),
        ("text", "\"hello\""),
        ("userId", "1"),
        ("parentMessageId", "0"),
        ("markupType", "\"TextMarkdown\""),
        ("priority", "\"High\""),
        ("createdUtc", "1753207692547"),
        ("lastEditedUtc", "0"),
        ("lastModifiedUtc", "1753207692547"),
        ("commentCount", "2"),
        ("attachments", "[]"),
        ("readTimestamps", "[]"),
    ]);
    message[0].1 = id.to_string();
    message
}

fn room() -> Members {
    members(&[
        ("roomId", "3"),
        ("name", "\"Lobby\""),
        ("displayName", "\"Lobby\""),
        ("roomType", "\"Public\""),
        ("createdUtc", "1"),
        ("lastModifiedUtc", "2"),
        ("unreadMessageCount", "4"),
        ("isModerator", "true"),
        ("isArchived", "true"),
        ("isPinned", "true"),
        ("lastMessage", r#"{"messageId":9,"createdUtc":1}"#),
    ])
}

/// Sets a member, or removes it if `raw` is `None`.
fn with(mut members: Members, name: &'static str, raw: Option<&str>) -> Members {
    let place = members.iter().position(|(other, _)| *other == name);
    match (place, raw) {
        (Some(at), Some(raw)) => members[at].1 = raw.to_owned(),
        (Some(at), None) => _ = members.remove(at),
        (None, Some(raw)) => members.push((name, raw.to_owned())),
        (None, None) => {}
    }
    members
}

fn json_of(members: &Members) -> String {
    let members: Vec<_> = members
        .iter()
        .map(|(name, raw)| format!("\"{name}\":{raw}"))
        .collect();
    format!("{{{}}}", members.join(","))
}

fn messages_frame(messages: &[String]) -> String {
    format!(
        r#"{{"type":"TextMessagesCreated","data":{{"messages":[{}]}}}}"#,
        messages.join(",")
    )
}

fn room_frame(room: &Members) -> String {
    format!(r#"{{"type":"RoomUpdated","data":{{"room":{}}}}}"#, json_of(room))
}

/// The path and kind of every error in a frame.
type Errors = Vec<(String, DecodeErrorKind)>;

/// The event that JavaScript gets, and the errors.
fn decoded(frame: &str) -> (Option<Value>, Errors) {
    differential::check(frame);
    let (event, errors) = built::decoded(frame);
    (
        event,
        errors.into_iter().map(|error| (error.path, error.kind)).collect(),
    )
}

/// The expected value of a field.
fn expected(raw: &str) -> Option<Value> {
    // The standard library parses numbers exactly.
    let value = raw
        .parse::<f64>()
        .map_or_else(|_| serde_json::from_str(raw).ok(), |number| Some(json!(number)));
    assert_eq!(value.is_none(), raw.is_empty());
    value.map(built::doubles)
}

fn check(
    object: Option<&Value>,
    errors: &Errors,
    root: &str,
    (field, raw, neutral, error): &Row,
    wrong: &mut Vec<String>,
) {
    let row = format!("{field}: {}", raw.unwrap_or("absent"));
    let Some(object) = object else {
        return wrong.push(format!("{row}: lost, {errors:?}"));
    };
    let found = object.get(field).cloned();
    if found != expected(neutral) {
        wrong.push(format!("{row}: {found:?} and not {neutral}"));
    }
    let due: Errors = error
        .iter()
        .map(|(path, kind)| (format!("{root}.{path}"), *kind))
        .collect();
    if *errors != due {
        wrong.push(format!("{row}: {errors:?} and not {due:?}"));
    }
}

#[test]
fn delivers_all_messages_if_one_has_an_invalid_field() {
    let mut wrong = Vec::new();
    for row in MESSAGES {
        let mut messages: Vec<_> = (100..120).map(message).collect();
        messages[7] = with(message(107), row.0, row.1);
        let frame = messages_frame(&messages.iter().map(json_of).collect::<Vec<_>>());
        let (event, errors) = decoded(&frame);
        let list = event
            .as_ref()
            .and_then(|event| event["data"]["messages"].as_array());
        check(
            list.map(|list| &list[7]),
            &errors,
            "$.data.messages[7]",
            row,
            &mut wrong,
        );
        if let Some(list) = list {
            let ids: Vec<_> = list
                .iter()
                .filter_map(|message| message["messageId"].as_f64())
                .collect();
            assert_eq!(ids, (100..120).map(f64::from).collect::<Vec<_>>());
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {} rows:\n{}",
        wrong.len(),
        MESSAGES.len(),
        wrong.join("\n")
    );
}

#[test]
fn delivers_a_room_with_an_invalid_field() {
    let mut wrong = Vec::new();
    for row in ROOMS {
        let (event, errors) = decoded(&room_frame(&with(room(), row.0, row.1)));
        let room = event.as_ref().map(|event| &event["data"]["room"]);
        check(room, &errors, "$.data.room", row, &mut wrong);
    }
    assert!(
        wrong.is_empty(),
        "{} of {} rows:\n{}",
        wrong.len(),
        ROOMS.len(),
        wrong.join("\n")
    );
}

#[test]
fn delivers_an_attachment_with_an_invalid_field() {
    let rows: &[Row] = &[
        ("fileChecksum", Some("null"), "\"\"", None),
        ("fileName", Some("1"), "\"\"", Some(("fileName", WrongType))),
        ("fileSize", Some("-1"), "-1", None),
        ("fileSize", Some("1e3"), "1000", None),
        ("hasThumbnail", Some("null"), "false", None),
        ("attachmentState", Some("null"), "\"Initial\"", None),
        (
            "textMessageId",
            Some("-1"),
            "0",
            Some(("textMessageId", OutOfRange)),
        ),
        ("size", Some("{}"), r#"{"width":0,"height":0}"#, None),
        ("size", Some("null"), "", None),
        ("size", Some("\"5x5\""), "", Some(("size", WrongType))),
        (
            "size",
            Some(r#"{"width":1.5,"height":"2"}"#),
            r#"{"width":1.5,"height":0}"#,
            Some(("size.height", WrongType)),
        ),
    ];
    let mut wrong = Vec::new();
    for row in rows {
        let attachment = with(members(&[("attachmentId", "13")]), row.0, row.1);
        let odd = with(
            message(5),
            "attachments",
            Some(&format!("[{}]", json_of(&attachment))),
        );
        let (event, errors) = decoded(&messages_frame(&[json_of(&odd)]));
        let attachment = event
            .as_ref()
            .map(|event| &event["data"]["messages"][0]["attachments"][0]);
        check(
            attachment,
            &errors,
            "$.data.messages[0].attachments[0]",
            row,
            &mut wrong,
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn omits_only_attachments_without_an_id() {
    let attachments = r#"[{"attachmentId":1},{"fileName":"a","fileSize":"b"},7,null,{"attachmentId":2}]"#;
    let odd = with(message(5), "attachments", Some(attachments));
    let (event, errors) = decoded(&messages_frame(&[json_of(&odd)]));
    let attachments = &event.expect("an event")["data"]["messages"][0]["attachments"];
    let ids: Vec<_> = attachments
        .as_array()
        .expect("a list")
        .iter()
        .map(|it| it["attachmentId"].as_f64())
        .collect();
    assert_eq!(ids, [Some(1.0), Some(2.0)]);
    let path = |rest: &str| format!("$.data.messages[0].attachments{rest}");
    assert_eq!(
        errors,
        [(path("[1].attachmentId"), MissingField), (path("[2]"), WrongType)]
    );
}

#[test]
fn omits_only_messages_without_readable_ids() {
    for (field, raw, kind) in [
        ("messageId", None, MissingField),
        ("messageId", Some("null"), MissingField),
        ("messageId", Some("\"abc\""), WrongType),
        ("messageId", Some("5.5"), OutOfRange),
        ("messageId", Some("-5"), OutOfRange),
        ("roomId", Some("null"), MissingField),
        ("roomId", Some("9007199254740992"), OutOfRange),
    ] {
        let unreadable = with(with(message(6), "text", Some("5")), field, raw);
        let frame =
            messages_frame(&[message(5), unreadable.clone(), message(7)].map(|message| json_of(&message)));
        let (event, errors) = decoded(&frame);
        let messages = &event.expect("an event")["data"]["messages"];
        assert_eq!(
            (&messages[0]["messageId"], &messages[1]["messageId"]),
            (&json!(5.0), &json!(7.0))
        );
        assert_eq!(errors, [(format!("$.data.messages[1].{field}"), kind)]);
        let (event, errors) = decoded(&messages_frame(&[json_of(&unreadable), "null".to_owned()]));
        assert_eq!(event, None);
        let first = (format!("$.data.messages[0].{field}"), kind);
        assert_eq!(errors, [first, ("$.data.messages[1]".to_owned(), WrongType)]);
    }
}

#[test]
fn rejects_rooms_and_deletions_without_readable_ids() {
    for (frame, path, kind) in [
        (
            room_frame(&with(room(), "roomId", None)),
            "$.data.room.roomId",
            MissingField,
        ),
        (
            room_frame(&with(room(), "roomId", Some("\"3\""))),
            "$.data.room.roomId",
            WrongType,
        ),
        (
            r#"{"type":"RoomCreated","data":{"room":null}}"#.to_owned(),
            "$.data.room",
            MissingField,
        ),
        (
            r#"{"type":"RoomDeleted","data":{"roomId":-1}}"#.to_owned(),
            "$.data.roomId",
            OutOfRange,
        ),
        (
            r#"{"type":"TextMessageDeleted","data":{"roomId":1}}"#.to_owned(),
            "$.data.messageId",
            MissingField,
        ),
        (
            r#"{"type":"TextMessageDeleted","data":{"messageId":1,"roomId":null}}"#.to_owned(),
            "$.data.roomId",
            MissingField,
        ),
        (
            r#"{"type":"TextMessagesCreated","data":{"messages":null}}"#.to_owned(),
            "$.data.messages",
            MissingField,
        ),
        (
            r#"{"type":"TextMessagesCreated","data":{"messages":{}}}"#.to_owned(),
            "$.data.messages",
            WrongType,
        ),
    ] {
        assert_eq!(decoded(&frame), (None, vec![(path.to_owned(), kind)]), "{frame}");
    }
}

#[test]
fn accepts_ids_in_any_notation_of_an_integer() {
    let message = r#"{"messageId":5.0,"roomId":1.75e12,"userId":-2.0,"attachments":[{"attachmentId":2e0}]}"#;
    let (event, errors) = decoded(&messages_frame(&[message.to_owned()]));
    let message = &event.expect("an event")["data"]["messages"][0];
    assert_eq!(
        (&message["messageId"], &message["roomId"], &message["userId"]),
        (&json!(5.0), &json!(1.75e12), &json!(-2.0))
    );
    assert_eq!(
        (&message["attachments"][0]["attachmentId"], errors.len()),
        (&json!(2.0), 0)
    );
}

#[test]
fn a_room_without_a_name_has_empty_names() {
    for nameless in [
        r#"{"roomId":3}"#,
        r#"{"roomId":3,"name":null,"displayName":null}"#,
    ] {
        let (event, errors) = decoded(&format!(
            r#"{{"type":"RoomCreated","data":{{"room":{nameless}}}}}"#
        ));
        let room = &event.expect("an event")["data"]["room"];
        assert_eq!(
            (&room["name"], &room["displayName"], errors.len()),
            (&json!(""), &json!(""), 0)
        );
    }
}

#[test]
fn omits_only_an_array_with_too_many_items() {
    let many = |item: &str, count: usize| format!("[{}{item}]", format!("{item},").repeat(count - 1));
    for (field, value, found) in [
        (
            "issueProperties",
            format!(r#"{{"type":"Bug","assignees":{}}}"#, many("1", 150_000)),
            "/issueProperties/assignees",
        ),
        (
            "readTimestamps",
            many(r#"{"userId":1}"#, MAX_ARRAY_ITEMS + 1),
            "/readTimestamps",
        ),
        ("attachments", many("{}", MAX_ARRAY_ITEMS + 1), "/attachments"),
    ] {
        let odd = with(message(6), field, Some(&value));
        let (event, errors) = decoded(&messages_frame(
            &[message(5), odd, message(7)].map(|message| json_of(&message)),
        ));
        let messages = &event.expect("an event")["data"]["messages"];
        assert_eq!(
            (&messages[1]["text"], messages[1].pointer(found)),
            (&json!("hello"), Some(&json!([])))
        );
        assert_eq!(messages[2]["messageId"], 7.0);
        assert_eq!(
            errors,
            [(format!("$.data.messages[1]{}", found.replace('/', ".")), TooLong)]
        );
    }
    let most = with(
        message(6),
        "readTimestamps",
        Some(&many(r#"{"userId":1}"#, MAX_ARRAY_ITEMS)),
    );
    assert_eq!(decoded(&messages_frame(&[json_of(&most)])).1, []);
}

#[test]
fn preserves_arrays_of_any_length_in_unknown_fields() {
    let many = format!("[{}1]", "1,".repeat(MAX_ARRAY_ITEMS));
    let (event, errors) = decoded(&messages_frame(&[json_of(&with(
        message(6),
        "votes",
        Some(&many),
    ))]));
    let votes = event.expect("an event")["data"]["messages"][0]["votes"]
        .as_array()
        .map(Vec::len);
    assert_eq!((votes, errors.len()), (Some(MAX_ARRAY_ITEMS + 1), 0));
}

#[test]
fn takes_the_first_value_of_a_duplicate_field() {
    let twice = r#"{"messageId":6,"roomId":null,"roomId":3,"text":"a","text":"b","messageId":8,"commentCount":"x","commentCount":2}"#;
    let (event, errors) = decoded(&messages_frame(&[
        json_of(&message(5)),
        twice.to_owned(),
        json_of(&message(7)),
    ]));
    let messages = &event.expect("an event")["data"]["messages"];
    assert_eq!(
        (&messages[1]["messageId"], &messages[1]["roomId"]),
        (&json!(6.0), &json!(3.0))
    );
    assert_eq!(
        (&messages[1]["text"], &messages[1]["commentCount"]),
        (&json!("a"), &json!(2.0))
    );
    assert_eq!(messages[2]["messageId"], 7.0);
    let path = |field: &str| format!("$.data.messages[1].{field}");
    assert_eq!(
        errors,
        [
            (path("text"), DuplicateField),
            (path("messageId"), DuplicateField),
            (path("commentCount"), WrongType)
        ]
    );
}

#[test]
fn refuses_a_frame_truncated_in_an_invalid_field() {
    let odd = json_of(&with(message(6), "commentCount", Some(r#"[1,{"a":}]"#)));
    let (event, errors) = decoded(&messages_frame(&[json_of(&message(5)), odd]));
    assert_eq!(event, None);
    let path = "$.data.messages[1].commentCount".to_owned();
    assert_eq!(errors, [(path, DecodeErrorKind::InvalidJson)]);
    let unreadable = r#"{"messageId":"x","roomId":]}"#.to_owned();
    let (event, errors) = decoded(&messages_frame(&[json_of(&message(5)), unreadable]));
    assert_eq!(event, None);
    assert_eq!(
        errors,
        [("$.data.messages[1]".to_owned(), DecodeErrorKind::InvalidJson)]
    );
}

#[test]
fn the_last_error_has_the_number_of_omitted_ones() {
    let messages: Vec<_> = (0..20)
        .map(|id| {
            json_of(&with(
                with(message(id), "text", Some("1")),
                "priority",
                Some("[2]"),
            ))
        })
        .collect();
    let (event, errors) = built::decoded(&messages_frame(&messages));
    assert_eq!(
        event.expect("an event")["data"]["messages"]
            .as_array()
            .map(Vec::len),
        Some(20)
    );
    assert_eq!(errors.len(), MAX_ERRORS);
    assert!(errors[..MAX_ERRORS - 1].iter().all(|error| error.more == 0));
    let last = &errors[MAX_ERRORS - 1];
    assert_eq!((last.more, &*last.path), (24, "$.data.messages[7].priority"));
    assert!(last.to_string().contains("(and 24 more in this frame)"), "{last}");
    assert!(errors.is_sorted_by_key(|error| error.offset));
}
