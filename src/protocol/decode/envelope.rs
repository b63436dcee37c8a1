//! The envelope of a frame: `{"type": …, "data": …}`.

use super::super::event::EventType;
use super::cursor::{Cursor, Mark, characters};
use super::error::{DecodeErrorKind, Fault, Step};
use super::fast_path::Text;
use super::tape::Tape;
use super::{MAX_FRAME_BYTES, Outcome, object, schema};

/// Decodes the text of one WebSocket frame.
///
/// `eventType` is accepted in place of a missing `type`, as the specification's prose once calls it that. Keys may come
/// in any order; unknown keys of the envelope are skipped.
#[must_use]
pub fn decode(frame: &str) -> Outcome<'_> {
    decode_onto(frame, &mut Tape::new())
}

/// Decodes a frame like [`decode`] and records it on the tape. The tape holds the event if the outcome is one.
///
/// Parts of the event may have been dropped or may have got neutral values: see
/// [`Tape::take_errors`](Tape::take_errors).
pub fn decode_onto<'a>(frame: &'a str, tape: &mut Tape) -> Outcome<'a> {
    match read(frame, tape) {
        Ok(outcome) => {
            tape.end(frame);
            if !matches!(outcome, Outcome::Event { .. }) {
                tape.clear();
            } else if is_without_messages(&outcome, tape)
                && let Some(error) = tape.refuse_with_first_error()
            {
                return Outcome::Invalid(error);
            }
            outcome
        }
        Err(fault) => {
            tape.refuse();
            Outcome::Invalid(fault.into_error(frame))
        }
    }
}

/// Whether the outcome is an event about messages without any.
fn is_without_messages(outcome: &Outcome<'_>, tape: &Tape) -> bool {
    let is_of_messages = matches!(
        outcome.event_type(),
        Some(EventType::TextMessagesCreated | EventType::TextMessagesUpdated)
    );
    let data = tape.get(1) as usize;
    is_of_messages && tape.get(tape.get(data + 1) as usize) == 0
}

/// The type of a known event from the start of its frame. Requires the envelope to begin with `type`, as servers
/// usually write it.
#[must_use]
pub fn event_type(head: &str) -> Option<EventType> {
    let mut cursor = Cursor::new(head);
    cursor.enter_object().ok()?;
    let key = cursor.string().ok()?;
    cursor.colon().ok()?;
    if !matches!(characters(&cursor, key, member), Member::Type) {
        return None;
    }
    let name = cursor.string().ok()?;
    characters(&cursor, name, EventType::from_bytes)
}

/// The position of `data`, and the type that it was already checked as.
struct Data {
    start: usize,
    end: usize,
    mark: Mark,
    checked_as: Option<EventType>,
}

fn read<'a>(frame: &'a str, tape: &mut Tape) -> Result<Outcome<'a>, Fault> {
    if frame.len() > MAX_FRAME_BYTES {
        tape.begin(0);
        return Err(Fault::new(DecodeErrorKind::TooLarge, 0, "at most 16 MiB"));
    }
    tape.begin(frame.len());
    let mut cursor = Cursor::new(frame);
    if cursor.peek() != b'{' {
        return Err(cursor.mismatch("an object"));
    }
    let mut members = tape.head()?;
    // Each is absent, null, or a name.
    let mut names = [None::<Option<Text>>, None];
    let mut data = None::<Data>;
    cursor.object(|cursor, key| match characters(cursor, key, member) {
        Member::Type => name(cursor, &mut names[0], "type"),
        Member::EventType => name(cursor, &mut names[1], "eventType"),
        Member::Data => {
            if data.is_some() {
                return Err(duplicate(cursor, "data"));
            }
            // Only `type` selects the tables here: a later `type` may overrule `eventType`.
            let checked_as = names[0]
                .flatten()
                .and_then(|name| characters(cursor, name, EventType::from_bytes));
            cursor.peek();
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
        Member::Other => members.add(cursor, key, tape),
    })?;
    cursor.end()?;

    let [event_type, fallback] = names;
    let Some(event_type) = event_type.flatten().or(fallback.flatten()) else {
        return Err(Fault::new(DecodeErrorKind::MissingType, 0, "a `type`"));
    };
    let text = data.as_ref().map(|data| cursor.slice(data.start, data.end));
    let Some(known) = characters(&cursor, event_type, EventType::from_bytes) else {
        return Ok(Outcome::Unknown {
            event_type: cursor.unescape(event_type),
            data: text,
        });
    };
    let (Some(data), Some(text)) = (data, text) else {
        return Err(object::missing(0, "data"));
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
    let start = cursor.position();
    let data = object::object(cursor, "data", schema::data(event_type), tape)?;
    tape.set_data(data.ok_or_else(|| object::missing(start, "data"))?);
    Ok(())
}

/// The members of the envelope.
#[derive(Clone, Copy)]
enum Member {
    Type,
    EventType,
    Data,
    Other,
}

fn member(name: &[u8]) -> Member {
    match name {
        b"type" => Member::Type,
        b"eventType" => Member::EventType,
        b"data" => Member::Data,
        _ => Member::Other,
    }
}

fn name(cursor: &mut Cursor<'_>, slot: &mut Option<Option<Text>>, key: &'static str) -> Result<(), Fault> {
    if slot.is_some() {
        return Err(duplicate(cursor, key));
    }
    *slot = Some(match cursor.peek() {
        b'"' => Some(cursor.string()?),
        // Equivalent to absent: the other name may be present.
        b'n' => {
            cursor.literal("null")?;
            None
        }
        _ => return Err(cursor.mismatch("a string").within(Step::Key(key))),
    });
    Ok(())
}

fn duplicate(cursor: &Cursor<'_>, key: &'static str) -> Fault {
    Fault::new(
        DecodeErrorKind::DuplicateField,
        cursor.position(),
        "one of each field",
    )
    .within(Step::Key(key))
}
