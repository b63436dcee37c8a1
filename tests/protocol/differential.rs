//! Compares the decoder with a second implementation of its rules: on `serde_json`, slow, simple, and without its
//! tables.

use room_events::protocol::decode::DecodeErrorKind::{
    self, DuplicateField, MissingField, OutOfRange, TooLong, WrongType,
};
use room_events::protocol::decode::{MAX_ARRAY_ITEMS, MAX_ERRORS, Outcome, decode};
use room_events::protocol::event::EventType;
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

#[path = "built.rs"]
pub(crate) mod built;
#[path = "prefilter_check.rs"]
mod prefilter_check;

/// The expected kind of a value.
enum Is {
    Id,
    User,
    Number,
    Text,
    Flag,
    Object(&'static [Rule]),
    /// Items that are null or unreadable are left out.
    List(&'static Is),
    /// Like `List`, but null is an error.
    Entries(&'static [Rule]),
}

/// A field: its name, its kind, and its neutral value in JSON. `None`: required. An empty value: left out.
type Rule = (&'static str, Is, Option<&'static str>);

const ZERO: Option<&str> = Some("0");
const EMPTY: Option<&str> = Some("[]");
const FALSE: Option<&str> = Some("false");
const NO_TEXT: Option<&str> = Some("\"\"");
const LEFT_OUT: Option<&str> = Some("");

const SIZE: &[Rule] = &[("width", Is::Number, ZERO), ("height", Is::Number, ZERO)];

const ATTACHMENT: &[Rule] = &[
    ("attachmentId", Is::Id, None),
    ("fileName", Is::Text, NO_TEXT),
    ("fileSize", Is::Number, ZERO),
    ("fileChecksum", Is::Text, NO_TEXT),
    ("hasThumbnail", Is::Flag, FALSE),
    ("attachmentState", Is::Text, Some("\"Initial\"")),
    ("createdUtc", Is::Number, ZERO),
    ("lastModifiedUtc", Is::Number, ZERO),
    ("textMessageId", Is::Id, ZERO),
    ("roomId", Is::Id, ZERO),
    ("size", Is::Object(SIZE), LEFT_OUT),
];

const RECEIPT: &[Rule] = &[("userId", Is::User, None), ("readUtc", Is::Number, ZERO)];

const ISSUE: &[Rule] = &[
    ("type", Is::Text, Some("\"Task\"")),
    ("status", Is::Text, Some("\"Backlog\"")),
    ("assignees", Is::List(&Is::User), EMPTY),
];

const MEETING: &[Rule] = &[("timeUtc", Is::Number, ZERO), ("duration", Is::Number, ZERO)];

const MESSAGE: &[Rule] = &[
    ("messageId", Is::Id, None),
    ("roomId", Is::Id, None),
    ("userId", Is::User, ZERO),
    ("parentMessageId", Is::Id, ZERO),
    ("text", Is::Text, NO_TEXT),
    ("messageType", Is::Text, Some("\"Regular\"")),
    ("markupType", Is::Text, Some("\"TextPlain\"")),
    ("priority", Is::Text, Some("\"Normal\"")),
    ("createdUtc", Is::Number, ZERO),
    ("lastEditedUtc", Is::Number, ZERO),
    ("lastModifiedUtc", Is::Number, ZERO),
    ("commentCount", Is::Number, ZERO),
    ("attachments", Is::List(&Is::Object(ATTACHMENT)), EMPTY),
    ("readTimestamps", Is::List(&Is::Object(RECEIPT)), EMPTY),
    ("issueProperties", Is::Object(ISSUE), LEFT_OUT),
    ("meetingProperties", Is::Object(MEETING), LEFT_OUT),
];

const LAST_MESSAGE: &[Rule] = &[
    ("messageId", Is::Id, None),
    ("userId", Is::User, LEFT_OUT),
    ("createdUtc", Is::Number, ZERO),
];

const ROOM: &[Rule] = &[
    ("roomId", Is::Id, None),
    ("name", Is::Text, LEFT_OUT),
    ("displayName", Is::Text, LEFT_OUT),
    ("roomType", Is::Text, Some("\"Private\"")),
    ("createdUtc", Is::Number, ZERO),
    ("lastModifiedUtc", Is::Number, ZERO),
    ("unreadMessageCount", Is::Number, ZERO),
    ("isModerator", Is::Flag, FALSE),
    ("isArchived", Is::Flag, FALSE),
    ("isPinned", Is::Flag, FALSE),
    ("lastMessage", Is::Object(LAST_MESSAGE), Some("null")),
];

const fn data_of(event_type: EventType) -> &'static [Rule] {
    match event_type {
        EventType::TextMessagesCreated | EventType::TextMessagesUpdated => {
            &[("messages", Is::Entries(MESSAGE), None)]
        }
        EventType::TextMessageDeleted => &[
            ("roomId", Is::Id, None),
            ("messageId", Is::Id, None),
            ("parentMessageId", Is::Id, ZERO),
        ],
        EventType::RoomCreated | EventType::RoomUpdated => &[("room", Is::Object(ROOM), None)],
        EventType::RoomDeleted => &[("roomId", Is::Id, None)],
    }
}

/// The path and kind of an error.
type Problem = (String, DecodeErrorKind);

/// The members of an object in order, including duplicates.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct MembersVisitor;

        impl<'de> Visitor<'de> for MembersVisitor {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(MembersVisitor)
    }
}

/// A number as 0.DIGITS × 10^POWER: its digits without leading and trailing zeros, and the power.
fn decimal(text: &str) -> (String, i64) {
    let (number, power) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let far = if power.starts_with('-') {
        -1_000_000_000_000
    } else {
        1_000_000_000_000
    };
    let power = power.parse::<i64>().unwrap_or(far);
    let (whole, fraction) = number
        .trim_start_matches('-')
        .split_once('.')
        .unwrap_or((number.trim_start_matches('-'), ""));
    let all = format!("{whole}{fraction}");
    let digits = all.trim_start_matches('0');
    let power = power + whole.len() as i64 - (all.len() - digits.len()) as i64;
    (digits.trim_end_matches('0').to_owned(), power)
}

fn number(text: &str, is: &Is) -> Option<Value> {
    let value: f64 = text.parse().expect("a number");
    let (digits, power) = decimal(text);
    if digits.is_empty() {
        return Some(json!(0.0));
    }
    let is_safe_integer = digits.len() as i64 <= power && value.abs() < 9_007_199_254_740_992.0;
    let is_good = match is {
        Is::Id => is_safe_integer && value > 0.0,
        Is::User => is_safe_integer,
        _ => power <= 308,
    };
    is_good.then(|| json!(value + 0.0))
}

/// Reads a value: `None` for null, an error if it is unreadable. Adds errors in its optional parts to `problems`.
fn read(is: &Is, raw: &RawValue, path: &str, problems: &mut Vec<Problem>) -> Result<Option<Value>, Problem> {
    let text = raw.get();
    let fits = match (is, text.as_bytes()[0]) {
        (_, b'n') => return Ok(None),
        (Is::Id | Is::User | Is::Number, b'-' | b'0'..=b'9') => {
            return number(text, is).map(Some).ok_or((path.to_owned(), OutOfRange));
        }
        (Is::Text, b'"') | (Is::Flag, b't' | b'f') => {
            return Ok(Some(serde_json::from_str(text).expect("JSON")));
        }
        (Is::Object(_), first) => first == b'{',
        (Is::List(_) | Is::Entries(_), first) => first == b'[',
        _ => false,
    };
    if !fits {
        return Err((path.to_owned(), WrongType));
    }
    match is {
        Is::List(item) => list(item, false, text, path, problems).map(Some),
        Is::Entries(rules) => list(&Is::Object(rules), true, text, path, problems).map(Some),
        Is::Object(rules) => object(rules, text, path, problems).map(Some),
        _ => unreachable!("is returned above"),
    }
}

fn list(
    is: &Is,
    is_of_entries: bool,
    text: &str,
    path: &str,
    problems: &mut Vec<Problem>,
) -> Result<Value, Problem> {
    let items: Vec<&RawValue> = serde_json::from_str(text).expect("an array");
    if items.len() > MAX_ARRAY_ITEMS {
        return Err((path.to_owned(), TooLong));
    }
    let mut list = Vec::new();
    for (index, item) in items.into_iter().enumerate() {
        let (path, before) = (format!("{path}[{index}]"), problems.len());
        let problem = match read(is, item, &path, problems) {
            Ok(None) if is_of_entries => (path, WrongType),
            Ok(item) => {
                list.extend(item);
                continue;
            }
            Err(problem) => problem,
        };
        problems.truncate(before);
        problems.push(problem);
    }
    Ok(Value::Array(list))
}

fn object(rules: &[Rule], text: &str, path: &str, problems: &mut Vec<Problem>) -> Result<Value, Problem> {
    let Members(members) = serde_json::from_str(text).expect("an object");
    let (mut known, mut others) = (Map::new(), Map::new());
    for (name, raw) in members {
        let Some((name, is, neutral)) = rules.iter().find(|(known, ..)| *known == name) else {
            others.insert(name, serde_json::from_str(raw.get()).expect("JSON"));
            continue;
        };
        let (path, before) = (format!("{path}.{name}"), problems.len());
        if known.contains_key(*name) {
            problems.push((path, DuplicateField));
            continue;
        }
        match (read(is, raw, &path, problems), neutral) {
            (Ok(value), _) => known.extend(value.map(|value| ((*name).to_owned(), value))),
            (Err(problem), None) => return Err(problem),
            (Err(problem), Some(neutral)) => {
                problems.truncate(before);
                if (*neutral, problem.1) != ("null", MissingField) {
                    problems.push(problem);
                }
            }
        }
    }
    for (name, _, neutral) in rules {
        match neutral {
            _ if known.contains_key(*name) => {}
            None => return Err((format!("{path}.{name}"), MissingField)),
            Some("") => {}
            Some(neutral) => {
                known.insert((*name).to_owned(), serde_json::from_str(neutral).expect("JSON"));
            }
        }
    }
    if rules.iter().any(|(name, ..)| *name == "displayName") {
        // Each stands in for the other.
        let name = known.get("name").or(known.get("displayName")).cloned();
        let display_name = known.get("displayName").or(known.get("name")).cloned();
        for (key, value) in [("name", name), ("displayName", display_name)] {
            known.insert(key.to_owned(), value.unwrap_or(json!("")));
        }
    }
    known.extend(others);
    Ok(Value::Object(known))
}

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

/// The expected result for a frame.
#[derive(Debug)]
enum Expected {
    Event(Value, Vec<Problem>),
    Unknown,
    /// Refused. For an event, with its errors.
    Refused(Vec<Problem>),
}

fn expected_of(frame: &str) -> Expected {
    // serde would also read an array of the members' values.
    let envelope: Option<Envelope<'_>> = Some(frame)
        .filter(|frame| frame.trim_start().starts_with('{'))
        .and_then(|frame| serde_json::from_str(frame).ok());
    let Some(Envelope {
        event_type,
        fallback,
        data,
    }) = envelope
    else {
        return Expected::Refused(Vec::new());
    };
    let Some(name) = event_type.or(fallback) else {
        return Expected::Refused(Vec::new());
    };
    let Some(event_type) = EventType::from_name(&name) else {
        return Expected::Unknown;
    };
    let Some(data) = data.filter(|data| data.get() != "null") else {
        return Expected::Refused(vec![("$.data".to_owned(), MissingField)]);
    };
    let mut problems = Vec::new();
    match read(&Is::Object(data_of(event_type)), data, "$.data", &mut problems) {
        Ok(Some(data)) if data["messages"] == json!([]) && !problems.is_empty() => {
            Expected::Refused(problems)
        }
        Ok(data) => {
            let Ok(Value::Object(mut event)) = serde_json::from_str(frame) else {
                panic!("an event is an object");
            };
            event.remove("eventType");
            event.insert("type".to_owned(), json!(event_type.as_str()));
            event.insert("data".to_owned(), data.expect("is not null"));
            Expected::Event(built::doubles(Value::Object(event)), problems)
        }
        Err(problem) => Expected::Refused(vec![problem]),
    }
}

/// Decodes the frame with both implementations and checks its rooms.
///
/// # Panics
/// If the results differ.
pub(crate) fn check(frame: &str) {
    prefilter_check::check(frame);
    let outcome = decode(frame);
    let is_json = serde_json::from_str::<IgnoredAny>(frame).is_ok();
    if let Outcome::Invalid(error) = &outcome {
        // Only the decoder has this limit.
        if error.kind == DecodeErrorKind::TooDeep {
            return;
        }
        let is_syntax = matches!(
            error.kind,
            DecodeErrorKind::InvalidJson | DecodeErrorKind::Truncated
        );
        assert!(!(is_syntax && is_json), "{frame}: {error}");
    } else {
        assert!(is_json, "{frame}: {outcome:?}");
    }
    // JavaScript has values that Rust lacks: lone surrogates, and numbers that are read as infinity.
    if serde_json::from_str::<Value>(frame).is_err() {
        return;
    }
    let (event, errors) = built::decoded(frame);
    let count = errors.len() + errors.last().map_or(0, |last| last.more as usize);
    let found = || errors.iter().map(|error| (error.path.clone(), error.kind));
    match (&outcome, expected_of(frame)) {
        (Outcome::Unknown { .. }, Expected::Unknown) => {}
        (Outcome::Event { .. }, Expected::Event(expected, problems)) => {
            assert_eq!(event, Some(expected), "{frame}");
            assert_eq!(count, problems.len(), "{frame}: {problems:?}");
            assert!(
                found().eq(problems.into_iter().take(MAX_ERRORS)),
                "{frame}: {errors:?}"
            );
        }
        (Outcome::Invalid(_), Expected::Refused(problems)) => {
            if !problems.is_empty() {
                assert_eq!(count, problems.len(), "{frame}: {problems:?}");
                assert!(
                    found().eq(problems.into_iter().take(MAX_ERRORS)),
                    "{frame}: {errors:?}"
                );
            }
        }
        (ours, theirs) => panic!("{frame}\nours: {ours:?}\nexpected: {theirs:?}"),
    }
}

#[test]
fn refuses_an_array_in_place_of_an_object() {
    for frame in [
        r#"["RoomDeleted",null,{"roomId":2}]"#,
        r#"{"type":"RoomDeleted","data":[2]}"#,
        r#"{"type":"RoomCreated","data":{"room":[2]}}"#,
    ] {
        assert!(matches!(decode(frame), Outcome::Invalid(_)), "{frame}");
    }
}

#[test]
fn refuses_a_second_type_even_if_one_of_them_is_null() {
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
