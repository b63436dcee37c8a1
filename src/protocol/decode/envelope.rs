//! The frame itself: `{"type": …, "data": …}`.

use std::borrow::Cow;

use super::super::event::EventType;
use super::cursor::{Cursor, Mark};
use super::error::{DecodeErrorKind, Fault, Step};
use super::tape::{self, Tape};
use super::{MAX_FRAME_BYTES, Outcome, schema};

/// Decodes the text of one WebSocket frame.
///
/// `eventType` is taken where `type` is missing: the specification's prose once calls it that. Keys may come in any
/// order; keys of the envelope that are not known are stepped over.
#[must_use]
pub fn decode(frame: &str) -> Outcome<'_> {
    decode_onto(frame, &mut Tape::new())
}

/// The same, and notes on the tape what was found. The tape holds the frame if the outcome is an event.
pub fn decode_onto<'a>(frame: &'a str, tape: &mut Tape) -> Outcome<'a> {
    read(frame, tape).unwrap_or_else(|fault| Outcome::Invalid(fault.into_error(frame)))
}

/// Where `data` is, and whether it was checked on the way.
struct Data {
    start: usize,
    end: usize,
    mark: Mark,
    checked_as: Option<EventType>,
}

fn read<'a>(frame: &'a str, tape: &mut Tape) -> Result<Outcome<'a>, Fault> {
    if frame.len() > MAX_FRAME_BYTES {
        return Err(Fault::new(DecodeErrorKind::TooLarge, 0, "at most 16 MiB"));
    }
    let mut cursor = Cursor::new(frame);
    if cursor.peek() != b'{' {
        return Err(cursor.mismatch("an object"));
    }
    tape.begin(frame.len());
    let mut members = tape.head();
    let mut names = [None::<Cow<'_, str>>, None];
    let mut data = None::<Data>;
    cursor.object(|cursor, key| match &*cursor.unescape(key) {
        "type" => name(cursor, &mut names[0], "type"),
        "eventType" => name(cursor, &mut names[1], "eventType"),
        "data" => {
            if data.is_some() {
                return Err(duplicate(cursor, "data"));
            }
            // Only `type` decides on the way: an `eventType` may still be overruled by a `type` behind it.
            let checked_as = names[0].as_deref().and_then(EventType::from_name);
            let mark = cursor.mark();
            let start = cursor.position();
            match checked_as {
                Some(event_type) => check(cursor, event_type, tape)?,
                None => cursor.skip_value()?,
            }
            data = Some(Data {
                start,
                end: cursor.position(),
                mark,
                checked_as,
            });
            Ok(())
        }
        _ => members.add(cursor, key, tape),
    })?;
    cursor.end()?;

    let [event_type, fallback] = names;
    let Some(event_type) = event_type.or(fallback) else {
        return Err(Fault::new(DecodeErrorKind::MissingType, 0, "a `type`"));
    };
    let text = data.as_ref().map(|data| cursor.slice(data.start, data.end));
    let Some(known) = EventType::from_name(&event_type) else {
        return Ok(Outcome::Unknown {
            event_type,
            data: text,
        });
    };
    let (Some(data), Some(text)) = (data, text) else {
        let fault = Fault::new(DecodeErrorKind::MissingField, 0, "a field of that name");
        return Err(fault.within(Step::Key("data")));
    };
    if data.checked_as.is_none() {
        check(&mut Cursor::resume(frame, data.mark), known, tape)?;
    }
    Ok(Outcome::Event {
        event_type: known,
        data: text,
    })
}

fn check(cursor: &mut Cursor<'_>, event_type: EventType, tape: &mut Tape) -> Result<(), Fault> {
    let data = tape::object(cursor, schema::data(event_type), tape)
        .map_err(|fault| fault.within(Step::Key("data")))?;
    tape.set_data(data);
    Ok(())
}

fn name<'a>(
    cursor: &mut Cursor<'a>,
    slot: &mut Option<Cow<'a, str>>,
    key: &'static str,
) -> Result<(), Fault> {
    if slot.is_some() {
        return Err(duplicate(cursor, key));
    }
    match cursor.peek() {
        b'"' => {
            let text = cursor.string()?;
            *slot = Some(cursor.unescape(text));
            Ok(())
        }
        // As good as missing: the other name may still be there.
        b'n' => cursor.literal("null"),
        _ => Err(cursor.mismatch("a string").within(Step::Key(key))),
    }
}

fn duplicate(cursor: &Cursor<'_>, key: &'static str) -> Fault {
    Fault::new(
        DecodeErrorKind::DuplicateField,
        cursor.position(),
        "one of each field",
    )
    .within(Step::Key(key))
}
