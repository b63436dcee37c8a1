//! Reads the event from a tape as JavaScript does. All numbers are doubles.

use room_events::protocol::decode::schema::{self, Absent, Kind, Object};
use room_events::protocol::decode::tape::{ABSENT, LONG, Tape};
use room_events::protocol::decode::{DecodeError, Outcome, decode_onto};
use serde_json::{Map, Value, json};

/// A tape with the text of its frame in UTF-16, as in JavaScript.
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

    fn number(&self, index: usize) -> Value {
        let number = f64::from_bits(self.tape[index]);
        if !number.is_nan() {
            return json!(number);
        }
        assert_eq!(self.high(index), LONG);
        let text = self.low(index) as usize + 1;
        let text = self.slice(self.low(text), self.high(text));
        json!(text.parse::<f64>().expect("a number"))
    }

    fn id(&self, index: usize) -> Value {
        json!(f64::from_bits(self.tape[index]))
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
            let value = if self.tape[slot] == ABSENT {
                match field.absent {
                    Absent::Required => panic!("{}.{} is missing", table.name, field.name),
                    Absent::LeftOut => continue,
                    Absent::Zero => json!(0.0),
                    Absent::Text(text) => json!(text),
                    Absent::False => json!(false),
                    Absent::Null | Absent::Twin(_) => Value::Null,
                    Absent::Empty => json!([]),
                }
            } else {
                self.value(field.kind, slot)
            };
            object.insert(field.name.to_owned(), value);
        }
        for field in table.fields {
            if let Absent::Twin(twin) = field.absent
                && object[field.name].is_null()
            {
                object[field.name] = match &object[twin] {
                    Value::Null => json!(""),
                    twin => twin.clone(),
                };
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
            Kind::Id | Kind::User => self.id(slot),
            Kind::Number => self.number(slot),
            Kind::Name(known) if self.high(slot) < 0 => json!(known[self.low(slot) as usize]),
            Kind::Text | Kind::Name(_) => json!(self.text(slot)),
            Kind::Flag => json!(self.low(slot) == 1),
            Kind::Object(table) => self.object(table, self.low(slot) as usize),
            Kind::Objects(table) => items(&|item| self.object(table, self.low(item) as usize)),
            Kind::Users => items(&|item| self.id(item)),
        }
    }
}

/// Converts all numbers to doubles, and negative zero to zero.
pub(crate) fn doubles(document: Value) -> Value {
    match document {
        Value::Number(number) => json!(number.as_f64().expect("a number") + 0.0),
        Value::Array(items) => items.into_iter().map(doubles).collect(),
        Value::Object(members) => members
            .into_iter()
            .map(|(name, value)| (name, doubles(value)))
            .collect(),
        other => other,
    }
}

/// The event that JavaScript builds from a frame, and all errors in the frame.
pub(crate) fn decoded(frame: &str) -> (Option<Value>, Vec<DecodeError>) {
    let mut tape = Tape::new();
    let event_type = match decode_onto(frame, &mut tape) {
        Outcome::Event { event_type, .. } => event_type,
        Outcome::Unknown { .. } => return (None, tape.take_errors()),
        Outcome::Invalid(error) => {
            let mut errors = vec![error];
            errors.append(&mut tape.take_errors());
            return (None, errors);
        }
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
    (Some(doubles(Value::Object(event))), tape.take_errors())
}
