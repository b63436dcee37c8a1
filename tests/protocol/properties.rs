//! Properties over generated and damaged frames. The oracle is serde, with the types that both ends share.

use proptest::prelude::*;
use room_events::protocol::decode::{Outcome, decode};
use room_events::protocol::event::{Event, EventType};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::generate::event;

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

/// What serde makes of a frame: a known event, `None` for an unknown one, or an error.
fn oracle(frame: &str) -> Result<Option<Event>, String> {
    let envelope: Envelope<'_> = serde_json::from_str(frame).map_err(|error| error.to_string())?;
    let name = envelope.event_type.or(envelope.fallback).ok_or("no type")?;
    let Some(event_type) = EventType::from_name(&name) else {
        return Ok(None);
    };
    let data = envelope.data.ok_or("no data")?;
    Event::from_data(event_type, data.get())
        .map(Some)
        .map_err(|error| error.to_string())
}

/// Both say the same, and nothing panics.
fn agree(frame: &str) -> Result<(), TestCaseError> {
    match (decode(frame), oracle(frame)) {
        // In a field that nobody knows, JavaScript reads 1e999 as Infinity; it is JSON all the same.
        (Outcome::Event { .. }, Err(error)) if error.starts_with("number out of range") => {}
        (Outcome::Unknown { .. }, Ok(None)) | (Outcome::Invalid(_), Err(_)) => {}
        (outcome @ Outcome::Event { .. }, Ok(expected @ Some(_))) => {
            prop_assert_eq!(outcome.into_event(), expected);
        }
        (ours, theirs) => prop_assert!(false, "{}\nours: {:?}\nserde: {:?}", frame, ours, theirs),
    }
    Ok(())
}

/// Every value in a document, numbered depth first, replaced by `with` where `at` is its number.
fn replace(value: &mut Value, at: &mut usize, with: &Value) {
    if *at == 0 {
        *value = with.clone();
    }
    *at = at.wrapping_sub(1);
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| replace(item, at, with)),
        Value::Object(map) => map.values_mut().for_each(|item| replace(item, at, with)),
        _ => {}
    }
}

/// How many values a document has.
fn count(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(count).sum(),
        Value::Object(map) => map.values().map(count).sum(),
        _ => 0,
    }
}

fn intruder() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[a-z]{0,3}".prop_map(Value::from),
        Just(serde_json::json!([])),
        Just(serde_json::json!({})),
        Just(serde_json::json!([1])),
        Just(serde_json::json!({"userId": 1, "readUtc": 2, "messageId": 3})),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn an_event_survives_the_wire(event in event()) {
        let frame = serde_json::to_string(&event).expect("serialises");
        let outcome = decode(&frame);
        prop_assert!(matches!(outcome, Outcome::Event { .. }), "{}: {:?}", frame, outcome);
        prop_assert_eq!(outcome.into_event(), Some(event));
    }

    #[test]
    fn serde_agrees_when_any_value_is_replaced(event in event(), index in any::<prop::sample::Index>(), with in intruder()) {
        let mut document = serde_json::to_value(&event).expect("serialises");
        let mut at = index.index(count(&document));
        replace(&mut document, &mut at, &with);
        agree(&document.to_string())?;
        agree(&serde_json::to_string_pretty(&document).expect("serialises"))?;
    }

    #[test]
    fn serde_agrees_when_bytes_are_damaged(
        event in event(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), 0..3_u8, r#"[ -~]|[{}",:\\0-9]"#), 1..4),
    ) {
        let mut frame = serde_json::to_string(&event).expect("serialises");
        for (index, what, with) in damage {
            let at = frame.floor_char_boundary(index.index(frame.len()));
            let end = frame.ceil_char_boundary(at + 1);
            match what {
                0 => frame.replace_range(at..end, &with),
                1 => frame.insert_str(at, &with),
                _ => frame.replace_range(at..end, ""),
            }
            prop_assume!(!frame.is_empty());
        }
        // Half a surrogate pair is JSON and reaches JavaScript; Rust's strings cannot hold it.
        prop_assume!(!frame.contains("\\u") && !frame.contains("\\\\u"));
        agree(&frame)?;
    }

    #[test]
    fn an_offset_is_always_inside_the_frame(frame in any::<String>()) {
        if let Outcome::Invalid(error) = decode(&frame) {
            prop_assert!(error.offset <= frame.len());
            prop_assert!(frame.contains(&error.excerpt));
        }
    }
}
