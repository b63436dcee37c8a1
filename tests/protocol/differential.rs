//! The decoder beside `serde_json`: both accept or both refuse, and what they make of a frame is the same.

use room_events::protocol::decode::schema::{self, Absent, Kind, Object};
use room_events::protocol::decode::{DecodeError, DecodeErrorKind, Outcome, decode};
use room_events::protocol::event::{Event, EventType};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

#[path = "built.rs"]
pub(crate) mod built;
#[path = "glances.rs"]
mod glances;

/// The envelope as serde reads it.
#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(rename = "type")]
    event_type: Option<String>,
    #[serde(rename = "eventType")]
    fallback: Option<String>,
    #[serde(borrow)]
    data: Option<&'a RawValue>,
}

/// What serde makes of a frame: a known event's type, `None` for an unknown one, or an error.
fn oracle(frame: &str) -> Result<Option<EventType>, String> {
    let envelope: Envelope<'_> = serde_json::from_str(frame).map_err(|error| error.to_string())?;
    let name = envelope.event_type.or(envelope.fallback).ok_or("no type")?;
    let Some(event_type) = EventType::from_name(&name) else {
        return Ok(None);
    };
    let data = envelope.data.ok_or("no data")?;
    Event::from_data(event_type, data.get())
        .map(|_| Some(event_type))
        .map_err(|error| error.to_string())
}

/// Decodes the frame both ways, and looks at its rooms.
///
/// # Panics
/// Where they differ.
pub(crate) fn check(frame: &str) {
    glances::check(frame);
    match (decode(frame), oracle(frame)) {
        (Outcome::Unknown { .. }, Ok(None)) | (Outcome::Invalid(_), Err(_)) => {}
        (Outcome::Event { event_type, .. }, Ok(Some(expected))) => {
            assert_eq!(event_type, expected);
            // What Rust cannot hold may stand where nobody looks at it; in a document it is an error.
            if let Ok(document) = serde_json::from_str::<Value>(frame) {
                let built = built::built(frame).expect("an event");
                assert_eq!(built, expected_of(document, event_type), "{frame}");
            }
        }
        (Outcome::Event { .. } | Outcome::Unknown { .. }, Err(error)) if is_only_rusts(&error) => {}
        // Our limits are our own.
        (Outcome::Invalid(error), Ok(_)) if is_limit(error.kind) => {}
        (Outcome::Invalid(error), Ok(_)) if is_array_for_object(&error, frame) => {}
        (ours, theirs) => panic!("{frame}\nours: {ours:?}\nserde: {theirs:?}"),
    }
}

/// What JavaScript can hold and Rust cannot: halves of surrogate pairs, and numbers that it reads as infinity.
fn is_only_rusts(error: &str) -> bool {
    ["surrogate", "unexpected end of hex escape", "number out of range"]
        .iter()
        .any(|words| error.contains(words))
}

/// What serde reads as a struct and the API never sends: an array of its members' values.
fn is_array_for_object(error: &DecodeError, frame: &str) -> bool {
    error.kind == DecodeErrorKind::WrongType
        && error.expected.starts_with("an object")
        && frame.as_bytes().get(error.offset) == Some(&b'[')
}

const fn is_limit(kind: DecodeErrorKind) -> bool {
    matches!(
        kind,
        DecodeErrorKind::TooDeep | DecodeErrorKind::TooLong | DecodeErrorKind::TooLarge
    )
}

/// The event that a document is, with neutral values for what was left out.
fn expected_of(document: Value, event_type: EventType) -> Value {
    let Value::Object(mut members) = document else {
        panic!("an event is an object");
    };
    let data = members.remove("data").unwrap_or_default();
    members.remove("eventType");
    members.insert("type".to_owned(), json!(event_type.as_str()));
    members.insert("data".to_owned(), object(schema::data(event_type), data));
    Value::Object(members)
}

fn object(table: &Object, document: Value) -> Value {
    let Value::Object(mut members) = document else {
        panic!("{} is an object", table.name);
    };
    let mut object = Map::new();
    for field in table.fields {
        let value = match (members.remove(field.name), field.absent) {
            (Some(Value::Null) | None, Absent::LeftOut) => continue,
            (Some(value), _) => self::value(field.kind, value),
            (None, Absent::Refused) => panic!("{}.{} is missing", table.name, field.name),
            (None, Absent::Zero) => json!(0),
            (None, Absent::Text(text)) => json!(text),
            (None, Absent::False) => json!(false),
            (None, Absent::Null | Absent::Twin(_)) => Value::Null,
            (None, Absent::Empty) => json!([]),
        };
        object.insert(field.name.to_owned(), value);
    }
    for field in table.fields {
        if let Absent::Twin(twin) = field.absent
            && object[field.name].is_null()
        {
            object[field.name] = object[twin].clone();
        }
    }
    // What is left no table knows: it stays as it is.
    object.extend(members);
    Value::Object(object)
}

fn value(kind: Kind, document: Value) -> Value {
    match (kind, document) {
        (Kind::Object(table) | Kind::NullableObject(table), document @ Value::Object(_)) => {
            object(table, document)
        }
        (Kind::Objects(table), Value::Array(items)) => {
            items.into_iter().map(|item| object(table, item)).collect()
        }
        (_, document) => document,
    }
}

#[test]
fn an_array_is_no_object_even_where_serde_takes_it_for_one() {
    for frame in [
        r#"["RoomDeleted",null,{"roomId":2}]"#,
        r#"{"type":"RoomDeleted","data":[2]}"#,
        r#"{"type":"RoomCreated","data":{"room":[2]}}"#,
    ] {
        assert!(matches!(decode(frame), Outcome::Invalid(_)), "{frame}");
        check(frame);
    }
}

#[test]
fn a_name_that_is_null_stands_there_all_the_same() {
    let with = |members: &str| format!(r#"{{{members},"data":{{"roomId":2}}}}"#);
    for twice in [
        r#""type":null,"type":"RoomDeleted""#,
        r#""eventType":null,"eventType":"RoomDeleted""#,
        r#""type":"RoomDeleted","type":null"#,
    ] {
        let frame = with(twice);
        assert!(matches!(decode(&frame), Outcome::Invalid(_)), "{frame}");
        check(&frame);
    }
    let frame = with(r#""type":null,"eventType":"RoomDeleted""#);
    assert!(matches!(decode(&frame), Outcome::Event { .. }), "{frame}");
    check(&frame);
}
