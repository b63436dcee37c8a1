//! Optional fields that are absent, null or of the wrong kind: the object is delivered, and so is everything next to it.

use room_events::protocol::decode::tape::Tape;
use room_events::protocol::decode::{DecodeErrorKind, MAX_ARRAY_ITEMS, Outcome, decode_onto};
use serde_json::{Value, json};

use DecodeErrorKind::{DuplicateField, MissingField, OutOfRange, TooLong, WrongType};

use crate::differential::built::built;

/// An object as its members, each as raw JSON.
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

/// The members with this one in addition, or in the place of the one of that name; without it for `None`.
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
    let members: Vec<_> = members.iter().map(|(name, raw)| format!("\"{name}\":{raw}")).collect();
    format!("{{{}}}", members.join(","))
}

fn messages_frame(messages: &[String]) -> String {
    format!(r#"{{"type":"TextMessagesCreated","data":{{"messages":[{}]}}}}"#, messages.join(","))
}

fn room_frame(room: &Members) -> String {
    format!(r#"{{"type":"RoomUpdated","data":{{"room":{}}}}}"#, json_of(room))
}

/// The path and the kind of every error in a frame.
type Errors = Vec<(String, DecodeErrorKind)>;

/// What JavaScript gets, and the errors next to it.
fn decoded(frame: &str) -> (Option<Value>, Errors) {
    let mut tape = Tape::new();
    let outcome = decode_onto(frame, &mut tape);
    let mut errors = Vec::new();
    if let Outcome::Invalid(error) = outcome {
        errors.push((error.path, error.kind));
    }
    (built(frame), errors)
}

/// A field, how it is written, what is delivered in its place (empty for no such field), and the error next to it.
type Row = (
    &'static str,
    Option<&'static str>,
    &'static str,
    Option<(&'static str, DecodeErrorKind)>,
);


const MESSAGES: &[Row] = &[
    ("text", None, r#""""#, None),
    ("text", Some("null"), r#""""#, None),
    ("text", Some("5"), r#""""#, Some(("text", WrongType))),
    ("messageType", None, r#""Regular""#, None),
    ("messageType", Some("null"), r#""Regular""#, None),
    ("messageType", Some("[]"), r#""Regular""#, Some(("messageType", WrongType))),
    ("markupType", None, r#""TextPlain""#, None),
    ("markupType", Some("null"), r#""TextPlain""#, None),
    ("priority", Some("null"), r#""Normal""#, None),
    ("priority", Some("1"), r#""Normal""#, Some(("priority", WrongType))),
    ("userId", None, "0", None),
    ("userId", Some("null"), "0", None),
    ("userId", Some("-1"), "-1", None),
    ("userId", Some("1.0"), "1", None),
    ("userId", Some("-9007199254740991"), "-9007199254740991", None),
    ("userId", Some("9007199254740991.0"), "9007199254740991", None),
    ("userId", Some("-9007199254740992"), "0", Some(("userId", OutOfRange))),
    ("userId", Some("1.5"), "0", Some(("userId", OutOfRange))),
    ("userId", Some("\"1\""), "0", Some(("userId", WrongType))),
    ("parentMessageId", None, "0", None),
    ("parentMessageId", Some("null"), "0", None),
    ("parentMessageId", Some("0.0"), "0", None),
    ("parentMessageId", Some("2e6"), "2000000", None),
    ("parentMessageId", Some("-1"), "0", Some(("parentMessageId", OutOfRange))),
    ("parentMessageId", Some("7.5"), "0", Some(("parentMessageId", OutOfRange))),
    ("commentCount", None, "0", None),
    ("commentCount", Some("null"), "0", None),
    ("commentCount", Some("-1"), "-1", None),
    ("commentCount", Some("1.5"), "1.5", None),
    ("commentCount", Some("1.0"), "1", None),
    ("commentCount", Some("\"2\""), "0", Some(("commentCount", WrongType))),
    ("commentCount", Some("{\"a\":[1]}"), "0", Some(("commentCount", WrongType))),
    ("createdUtc", Some("null"), "0", None),
    ("createdUtc", Some("-1"), "-1", None),
    ("createdUtc", Some("1.753207692547e12"), "1753207692547", None),
    ("createdUtc", Some("1753207692547.5"), "1753207692547.5", None),
    ("createdUtc", Some("17532076925.470000000000001"), "17532076925.470000000000001", None),
    ("createdUtc", Some("1e-400"), "0", None),
    ("createdUtc", Some("1e400"), "0", Some(("createdUtc", OutOfRange))),
    ("createdUtc", Some("true"), "0", Some(("createdUtc", WrongType))),
    ("lastEditedUtc", Some("null"), "0", None),
    ("lastModifiedUtc", Some("null"), "0", None),
    ("readTimestamps", None, "[]", None),
    ("readTimestamps", Some("null"), "[]", None),
    ("readTimestamps", Some("{}"), "[]", Some(("readTimestamps", WrongType))),
    ("readTimestamps", Some(r#"[{"userId":1}]"#), r#"[{"readUtc":0,"userId":1}]"#, None),
    ("readTimestamps", Some(r#"[{"userId":-1,"readUtc":null}]"#), r#"[{"readUtc":0,"userId":-1}]"#, None),
    (
        "readTimestamps",
        Some(r#"[{"userId":1},{"readUtc":5},null,{"userId":2}]"#),
        r#"[{"readUtc":0,"userId":1},{"readUtc":0,"userId":2}]"#,
        Some(("readTimestamps[1].userId", MissingField)),
    ),
    ("attachments", None, "[]", None),
    ("attachments", Some("null"), "[]", None),
    ("attachments", Some("\"none\""), "[]", Some(("attachments", WrongType))),
    ("issueProperties", Some("null"), "", None),
    ("issueProperties", Some("3"), "", Some(("issueProperties", WrongType))),
    ("issueProperties", Some("{}"), r#"{"type":"Task","status":"Backlog","assignees":[]}"#, None),
    (
        "issueProperties",
        Some(r#"{"type":"Bug","status":"Done","assignees":null}"#),
        r#"{"type":"Bug","status":"Done","assignees":[]}"#,
        None,
    ),
    (
        "issueProperties",
        Some(r#"{"type":"Bug","status":"Done","assignees":[1,-2,true,null,3.0]}"#),
        r#"{"type":"Bug","status":"Done","assignees":[1,-2,3]}"#,
        Some(("issueProperties.assignees[2]", WrongType)),
    ),
    ("meetingProperties", Some("null"), "", None),
    ("meetingProperties", Some("{}"), r#"{"timeUtc":0,"duration":0}"#, None),
    (
        "meetingProperties",
        Some(r#"{"timeUtc":1,"duration":1800.5}"#),
        r#"{"timeUtc":1,"duration":1800.5}"#,
        None,
    ),
    (
        "meetingProperties",
        Some(r#"{"timeUtc":1,"duration":"00:30"}"#),
        r#"{"timeUtc":1,"duration":0}"#,
        Some(("meetingProperties.duration", WrongType)),
    ),
    ("meetingProperties", Some(r#"{"timeUtc":1}"#), r#"{"timeUtc":1,"duration":0}"#, None),
];

const ROOMS: &[Row] = &[
    ("name", Some("null"), r#""Lobby""#, None),
    ("displayName", Some("null"), r#""Lobby""#, None),
    ("displayName", None, r#""Lobby""#, None),
    ("displayName", Some("7"), r#""Lobby""#, Some(("displayName", WrongType))),
    ("roomType", Some("null"), r#""Private""#, None),
    ("createdUtc", Some("null"), "0", None),
    ("lastModifiedUtc", Some("1753207692547.5"), "1753207692547.5", None),
    ("unreadMessageCount", None, "0", None),
    ("unreadMessageCount", Some("null"), "0", None),
    ("unreadMessageCount", Some("-1"), "-1", None),
    ("unreadMessageCount", Some("1.0"), "1", None),
    ("isModerator", Some("null"), "false", None),
    ("isModerator", Some("1"), "false", Some(("isModerator", WrongType))),
    ("isPinned", None, "false", None),
    ("isArchived", Some("null"), "false", None),
    ("lastMessage", None, "null", None),
    ("lastMessage", Some("null"), "null", None),
    ("lastMessage", Some("{}"), "null", None),
    ("lastMessage", Some(r#"{"createdUtc":5,"userId":1}"#), "null", None),
    ("lastMessage", Some("5"), "null", Some(("lastMessage", WrongType))),
    ("lastMessage", Some(r#"{"messageId":"9"}"#), "null", Some(("lastMessage.messageId", WrongType))),
    (
        "lastMessage",
        Some(r#"{"messageId":1,"createdUtc":2}"#),
        r#"{"messageId":1,"createdUtc":2}"#,
        None,
    ),
    (
        "lastMessage",
        Some(r#"{"messageId":1,"createdUtc":2,"userId":null}"#),
        r#"{"messageId":1,"createdUtc":2}"#,
        None,
    ),
    (
        "lastMessage",
        Some(r#"{"messageId":1,"createdUtc":null,"userId":9007199254740991}"#),
        r#"{"messageId":1,"createdUtc":0,"userId":9007199254740991}"#,
        None,
    ),
];

/// What a field has to be; numbers as doubles, as JavaScript compares them.
fn expected(raw: &str) -> Option<Value> {
    (!raw.is_empty()).then(|| doubles(serde_json::from_str(raw).expect("JSON")))
}

/// The same document with every number as a double.
fn doubles(document: Value) -> Value {
    match document {
        Value::Number(number) => json!(number.as_f64()),
        Value::Array(items) => items.into_iter().map(doubles).collect(),
        Value::Object(members) => members.into_iter().map(|(name, value)| (name, doubles(value))).collect(),
        other => other,
    }
}

fn check(object: Option<&Value>, errors: &Errors, root: &str, (field, raw, neutral, error): &Row, wrong: &mut Vec<String>) {
    let row = format!("{field}: {}", raw.unwrap_or("absent"));
    let Some(object) = object else {
        return wrong.push(format!("{row}: lost, {errors:?}"));
    };
    let found = object.get(field).cloned().map(doubles);
    if found != expected(neutral) {
        wrong.push(format!("{row}: {found:?} and not {neutral}"));
    }
    let due: Errors = error.iter().map(|(path, kind)| (format!("{root}.{path}"), *kind)).collect();
    if *errors != due {
        wrong.push(format!("{row}: {errors:?} and not {due:?}"));
    }
}

#[test]
fn twenty_messages_are_delivered_when_one_of_them_has_an_odd_field() {
    let mut wrong = Vec::new();
    for row in MESSAGES {
        let mut messages: Vec<_> = (100..120).map(message).collect();
        messages[7] = with(message(107), row.0, row.1);
        let frame = messages_frame(&messages.iter().map(json_of).collect::<Vec<_>>());
        let (event, errors) = decoded(&frame);
        let list = event.as_ref().and_then(|event| event["data"]["messages"].as_array());
        check(list.map(|list| &list[7]), &errors, "$.data.messages[7]", row, &mut wrong);
        if let Some(list) = list {
            let ids: Vec<_> = list.iter().filter_map(|message| message["messageId"].as_f64()).collect();
            assert_eq!(ids, (100..120).map(f64::from).collect::<Vec<_>>());
        }
    }
    assert!(wrong.is_empty(), "{} of {} rows:\n{}", wrong.len(), MESSAGES.len(), wrong.join("\n"));
}

#[test]
fn a_room_is_delivered_when_one_of_its_fields_is_odd() {
    let mut wrong = Vec::new();
    for row in ROOMS {
        let (event, errors) = decoded(&room_frame(&with(room(), row.0, row.1)));
        let room = event.as_ref().map(|event| &event["data"]["room"]);
        check(room, &errors, "$.data.room", row, &mut wrong);
    }
    assert!(wrong.is_empty(), "{} of {} rows:\n{}", wrong.len(), ROOMS.len(), wrong.join("\n"));
}
