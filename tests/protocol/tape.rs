//! What stands on the tape is what serde reads from the frame. The tape is read here as JavaScript reads it.

use proptest::prelude::*;
use room_events::protocol::decode::schema::{self, Absent, Kind, Object};
use room_events::protocol::decode::tape::{ABSENT, NULL, Tape};
use room_events::protocol::decode::{Outcome, decode_onto};
use room_events::protocol::event::{Event, EventType};
use serde_json::{Map, Number, Value, json};

use crate::generate::event;

/// A tape with the string of the frame in UTF-16, as JavaScript has it.
struct Reader<'a> {
    tape: &'a [u64],
    frame: Vec<u16>,
}

impl Reader<'_> {
    fn low(&self, index: usize) -> i32 {
        self.tape[index] as u32 as i32
    }

    fn high(&self, index: usize) -> i32 {
        (self.tape[index] >> 32) as u32 as i32
    }

    fn slice(&self, start: i32, end: i32) -> String {
        String::from_utf16(&self.frame[start as usize..end as usize]).expect("whole characters")
    }

    fn text(&self, index: usize) -> String {
        let (start, end) = (self.low(index), self.high(index));
        if start >= 0 {
            return self.slice(start, end);
        }
        serde_json::from_str(&self.slice(!start - 1, end + 1)).expect("a string in quotes")
    }

    fn integer(&self, index: usize) -> Value {
        let number = f64::from_bits(self.tape[index]);
        Value::Number(Number::from(number as u64))
    }

    fn others(&self, mut at: i32, into: &mut Map<String, Value>) {
        while at >= 0 {
            let index = at as usize;
            let value = self.slice(self.low(index + 1), self.high(index + 1));
            into.insert(self.text(index), serde_json::from_str(&value).expect("JSON"));
            at = self.low(index + 2);
        }
    }

    fn object(&self, table: &Object, index: usize) -> Value {
        let mut object = Map::new();
        for (number, field) in table.fields.iter().enumerate() {
            let slot = index + 1 + number;
            let value = match self.tape[slot] {
                ABSENT => match field.absent {
                    Absent::Refused => panic!("{}.{} is missing", table.name, field.name),
                    Absent::LeftOut => continue,
                    Absent::Zero => json!(0),
                    Absent::Text(text) => json!(text),
                    Absent::False => json!(false),
                    Absent::Null | Absent::Twin(_) => Value::Null,
                    Absent::Empty => json!([]),
                },
                // Rust has one word for null and for nothing.
                NULL if matches!(field.absent, Absent::LeftOut) => continue,
                NULL => Value::Null,
                _ => self.value(field.kind, slot),
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
        self.others(self.low(index), &mut object);
        Value::Object(object)
    }

    fn value(&self, kind: Kind, slot: usize) -> Value {
        let items = |read: &dyn Fn(usize) -> Value| {
            let list = self.low(slot) as usize;
            let count = self.tape[list] as usize;
            Value::Array((list + 1..=list + count).map(read).collect())
        };
        match kind {
            Kind::Integer => self.integer(slot),
            Kind::Name(known) if self.high(slot) < 0 => json!(known[self.low(slot) as usize]),
            Kind::Text | Kind::NullableText | Kind::Name(_) => json!(self.text(slot)),
            Kind::Flag => json!(self.low(slot) == 1),
            Kind::Object(table) | Kind::NullableObject(table) => self.object(table, self.low(slot) as usize),
            Kind::Objects(table) => items(&|item| self.object(table, self.low(item) as usize)),
            Kind::Integers => items(&|item| self.integer(item)),
        }
    }
}

/// The event that a tape holds, as JavaScript builds it.
fn built(frame: &str) -> Option<Value> {
    let mut tape = Tape::new();
    let Outcome::Event { event_type, .. } = decode_onto(frame, &mut tape) else {
        return None;
    };
    let reader = Reader {
        tape: tape.slots(),
        frame: frame.encode_utf16().collect(),
    };
    let mut event = Map::new();
    let data = reader.object(schema::data(event_type), reader.low(1) as usize);
    event.insert("type".into(), json!(event_type.as_str()));
    event.insert("data".into(), data);
    reader.others(reader.low(0), &mut event);
    Some(Value::Object(event))
}

/// All that is not ASCII as escapes, and the slash too, which may be escaped.
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
    fn what_is_built_is_what_serde_reads(event in event()) {
        let frame = serde_json::to_string(&event).expect("serialises");
        let pretty = serde_json::to_string_pretty(&event).expect("serialises");
        let expected = json!(event);
        for frame in [frame.clone(), pretty, escaped(&frame)] {
            let built = built(&frame);
            prop_assert_eq!(built.as_ref(), Some(&expected), "{}", frame);
        }
    }

    #[test]
    fn a_tape_is_as_good_the_second_time(event in event(), cut in any::<prop::sample::Index>()) {
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
fn what_the_server_left_out_gets_its_neutral_value() {
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
    assert_eq!(built(bare), Some(expected));
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
            let room = &built(&frame).expect("an event")["data"]["room"];
            assert_eq!(
                (&room["name"], &room["displayName"]),
                (&json!(one), &json!(other))
            );
            assert_eq!(room["é"], json!(one));
        }
    }
}
