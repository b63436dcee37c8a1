//! Properties of generated and damaged frames, checked against the second implementation.

use proptest::prelude::*;
use room_events::protocol::decode::{Outcome, decode};
use serde_json::Value;

use crate::differential;
use crate::generate::event;

/// Replaces one value of a document. Values are numbered depth first.
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

/// The number of values in a document.
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

/// Values that servers sometimes write, and some that they do not.
const ODD: &[&str] = &[
    "null",
    "-1",
    "0",
    "-0.0",
    "1.0",
    "1.5",
    "2e3",
    "0.30000000000000004",
    "12345678901234567890",
    "9007199254740991",
    "-9007199254740992",
    "9.9e307",
    "1e308",
    "1e400",
    "\"\"",
    "\"00:30\"",
    "\"a\\u00e9\"",
    "true",
    "[]",
    "{}",
    "[null]",
    "[1.0,-2,\"3\",{}]",
    r#"{"messageId":1,"roomId":2,"attachmentId":3,"userId":-4,"messageId":5}"#,
    r#"[{"messageId":1},{"roomId":2},{"messageId":1,"roomId":2.0,"commentCount":null}]"#,
    r#"[{"attachmentId":1,"size":{"width":0.5}},{"userId":1,"attachmentId":null},[]]"#,
];

/// Writes a document with random deviations: odd values, missing members, duplicate members.
fn write_odd(value: &Value, choices: &mut impl Iterator<Item = u8>, text: &mut String) {
    let odd = ODD.get(usize::from(choices.next().unwrap_or(u8::MAX)));
    match (odd, value) {
        (Some(odd), _) => text.push_str(odd),
        (None, Value::Array(items)) => {
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                text.push_str(if index > 0 { "," } else { "" });
                write_odd(item, choices, text);
            }
            text.push(']');
        }
        (None, Value::Object(members)) => {
            text.push('{');
            let mut separator = "";
            for (name, value) in members {
                let times = match choices.next() {
                    Some(0..20) => 0,
                    Some(20..30) => 2,
                    _ => 1,
                };
                for _ in 0..times {
                    text.push_str(separator);
                    text.push_str(&Value::from(&**name).to_string());
                    text.push(':');
                    write_odd(value, choices, text);
                    separator = ",";
                }
            }
            text.push('}');
        }
        (None, other) => text.push_str(&other.to_string()),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn events_survive_a_round_trip(event in event()) {
        let frame = serde_json::to_string(&event).expect("serialises");
        let outcome = decode(&frame);
        prop_assert!(matches!(outcome, Outcome::Event { .. }), "{}: {:?}", frame, outcome);
        prop_assert_eq!(outcome.into_event(), Some(event));
    }

    #[test]
    fn both_decoders_agree_on_events_with_odd_fields(event in event(), choices in prop::collection::vec(any::<u8>(), 0..200)) {
        let Value::Object(event) = serde_json::to_value(&event).expect("serialises") else { panic!("an object") };
        let mut data = String::new();
        write_odd(&event["data"], &mut choices.into_iter(), &mut data);
        differential::check(&format!(r#"{{"type":{},"data":{data}}}"#, event["type"]));
    }

    #[test]
    fn both_decoders_agree_when_any_value_is_replaced(event in event(), index in any::<prop::sample::Index>(), with in intruder()) {
        let mut document = serde_json::to_value(&event).expect("serialises");
        let mut at = index.index(count(&document));
        replace(&mut document, &mut at, &with);
        differential::check(&document.to_string());
        differential::check(&serde_json::to_string_pretty(&document).expect("serialises"));
    }

    #[test]
    fn both_decoders_agree_when_bytes_are_damaged(
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
        differential::check(&frame);
    }

    #[test]
    fn offsets_of_errors_are_inside_the_frame(frame in any::<String>()) {
        if let Outcome::Invalid(error) = decode(&frame) {
            prop_assert!(error.offset <= frame.len());
            prop_assert!(frame.contains(&error.excerpt));
        }
    }
}
