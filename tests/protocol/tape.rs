//! The content of a tape equals what serde reads from the frame.

use proptest::prelude::*;
use room_events::protocol::decode::decode_onto;
use room_events::protocol::decode::tape::Tape;
use room_events::protocol::event::{Event, EventType};
use serde_json::json;

use crate::differential::built::{decoded, doubles};
use crate::generate::event;

/// Escapes all characters outside of ASCII, and slashes, which may be escaped.
fn escaped(json: &str) -> String {
    let mut text = String::new();
    for character in json.chars() {
        if character.is_ascii() && character != '/' {
            text.push(character);
        } else {
            for unit in character.encode_utf16(&mut [0; 2]) {
                text.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
    text
}

proptest! {
    #[test]
    fn builds_what_serde_reads(event in event()) {
        let frame = serde_json::to_string(&event).expect("serialises");
        let pretty = serde_json::to_string_pretty(&event).expect("serialises");
        let expected = doubles(json!(event));
        for frame in [frame.clone(), pretty, escaped(&frame)] {
            let (built, errors) = decoded(&frame);
            prop_assert_eq!((built.as_ref(), errors.len()), (Some(&expected), 0), "{}", frame);
        }
    }

    #[test]
    fn a_tape_can_be_reused(event in event(), cut in any::<prop::sample::Index>()) {
        let mut tape = Tape::new();
        let frame = json!(event).to_string();
        let cut = frame.floor_char_boundary(cut.index(frame.len()));
        let _malformed = decode_onto(&frame[..cut], &mut tape);
        decode_onto(&frame, &mut tape);
        let mut fresh = Tape::new();
        decode_onto(&frame, &mut fresh);
        prop_assert_eq!(tape.slots(), fresh.slots());
    }
}

#[test]
fn missing_fields_get_neutral_values() {
    let bare =
        r#"{"eventType":"RoomUpdated","at":1,"data":{"room":{"roomId":7,"displayName":"ä"}},"by":"ö"}"#;
    let mut expected = json!(
        Event::from_data(
            EventType::RoomUpdated,
            r#"{"room":{"roomId":7,"displayName":"ä"}}"#
        )
        .expect("is one")
    );
    expected["at"] = json!(1);
    expected["by"] = json!("ö");
    assert_eq!(decoded(bare).0, Some(doubles(expected)));
}

#[test]
fn positions_count_utf_16_code_units() {
    let texts = [
        "",
        "é",
        "😀",
        "a😀é",
        "日本語のテキスト、十六バイトより長い",
        "😀😀😀😀😀😀😀😀",
        "\u{ffff}x\u{10ffff}",
    ];
    for one in texts {
        for other in texts {
            let room = json!({"roomId": 1, "name": one, "displayName": other, "é": one});
            let frame = json!({"type": "RoomCreated", "data": {"room": room}}).to_string();
            let room = &decoded(&frame).0.expect("an event")["data"]["room"];
            assert_eq!(
                (&room["name"], &room["displayName"]),
                (&json!(one), &json!(other))
            );
            assert_eq!(room["é"], json!(one));
        }
    }
}
