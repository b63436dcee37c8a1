//! Checks an object against its table in a single pass and records it on a [`tape`](super::tape).

use super::cursor::{Cursor, Mark, characters};
use super::error::{DecodeErrorKind, ErrorMark, Fault, Step};
use super::fast_path::{Place, Text};
use super::fingerprint::combine;
use super::scalar::{Read, number, of_integer, of_name, of_string, position};
use super::schema::{Absent, Field, Kind, Object};
use super::tape::{ABSENT, Members, Tape, TapeMark, halves};

/// What is lost with an unreadable part of a text.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Cost {
    /// The object that contains it.
    Object,
    /// Only the part: it counts as absent.
    Itself,
    /// Only the part. No error is reported for an object without its id.
    ItselfInSilence,
    /// Only the part, even if it takes too much memory. It cannot be null.
    Entry,
}

impl Cost {
    const fn of(field: &Field) -> Self {
        match field.absent {
            Absent::Required => Self::Object,
            Absent::Null => Self::ItselfInSilence,
            _ => Self::Itself,
        }
    }

    /// Whether an error of that kind loses no more than the part.
    fn covers(self, kind: DecodeErrorKind) -> bool {
        use DecodeErrorKind::{MissingField, OutOfRange, TooLarge, TooLong, WrongType};
        match kind {
            WrongType | OutOfRange | MissingField | TooLong => self != Self::Object,
            TooLarge => self == Self::Entry,
            _ => false,
        }
    }
}

/// Parses an object and records it. Returns its index on the tape; `None` for null.
pub(super) fn object(
    cursor: &mut Cursor<'_>,
    name: &'static str,
    table: &'static Object,
    tape: &mut Tape,
) -> Result<Option<usize>, Fault> {
    index_of(cursor, Step::Key(name), table, Cost::Object, tape)
}

/// Parses a list entry and records it. `None` if it is unreadable, which is recorded as an error.
pub(super) fn entry(
    cursor: &mut Cursor<'_>,
    index: usize,
    table: &'static Object,
    tape: &mut Tape,
) -> Result<Option<usize>, Fault> {
    index_of(cursor, Step::Index(index), table, Cost::Entry, tape)
}

#[inline(never)]
fn index_of(
    cursor: &mut Cursor<'_>,
    step: Step,
    table: &'static Object,
    cost: Cost,
    tape: &mut Tape,
) -> Result<Option<usize>, Fault> {
    let read = part(cursor, step, Kind::Object(table), cost, tape)?;
    Ok((read.slot != ABSENT).then_some(read.slot as usize))
}

/// Adds the list's name to the paths of all errors.
pub(super) fn end_list(name: &'static str, tape: &mut Tape) {
    tape.errors.within(ErrorMark::START, Step::Key(name));
}

/// Parses the value at a step of the path. Drops it if it is unreadable and not required.
#[inline(always)]
fn part(cursor: &mut Cursor<'_>, step: Step, kind: Kind, cost: Cost, tape: &mut Tape) -> Result<Read, Fault> {
    cursor.peek();
    let (start, before) = (cursor.mark(), tape.mark());
    let read = match kind {
        // The most frequent case.
        Kind::Object(table) if cursor.byte() == b'{' => fields(cursor, table, tape),
        _ => value(cursor, kind, tape),
    };
    match read {
        Ok(read) if read.slot != ABSENT || cost != Cost::Entry => {
            tape.errors.within(before.errors, step);
            Ok(read)
        }
        read => leave_out(cursor, (start, before), read, step, cost, tape),
    }
}

/// Treats a part as absent and records an error, if the cost allows it.
#[cold]
#[inline(never)]
fn leave_out(
    cursor: &mut Cursor<'_>,
    (start, before): (Mark, TapeMark),
    read: Result<Read, Fault>,
    step: Step,
    cost: Cost,
    tape: &mut Tape,
) -> Result<Read, Fault> {
    let fault = match read {
        Err(fault) => fault.within(step),
        Ok(_) => {
            cursor.back_to(start);
            cursor.mismatch("an object").within(step)
        }
    };
    let kind = fault.kind();
    if !cost.covers(kind) {
        return Err(fault);
    }
    tape.back_to(before);
    if cost != Cost::ItselfInSilence || kind != DecodeErrorKind::MissingField {
        tape.errors.add(fault);
    }
    cursor.back_to(start);
    cursor.skip_value().map_err(|fault| fault.within(step))?;
    Ok(Read::NOTHING)
}

fn fields(cursor: &mut Cursor<'_>, table: &'static Object, tape: &mut Tape) -> Result<Read, Fault> {
    if cursor.peek() != b'{' {
        return Err(cursor.mismatch("an object"));
    }
    let start = cursor.position();
    let count = table.fields.len();
    let block = tape.take(1 + count + if table.is_versioned { 2 } else { 0 }, start)?;
    let mut members = Members::new(block);
    let mut seen = 0_u32;
    let mut next = 0;
    // A sum, as the order of keys does not matter.
    let mut fingerprint = 0_u64;
    let mut twin = Read::new(0, 0);
    cursor.enter_object()?;
    let bytes = cursor.bytes();
    let mut place = cursor.here;
    let mut first = true;
    loop {
        let (index, key_at) = match usual_key(&mut place, bytes, table, next, first) {
            Some(index) => (index, place.at - table.fields[index].name.len() - 2),
            None => {
                cursor.here = place;
                let goes_on = if first {
                    cursor.peek() != b'}'
                } else {
                    cursor.comma()
                };
                if !goes_on {
                    break;
                }
                cursor.peek();
                let key_at = cursor.position() + 1;
                let key = cursor.string()?;
                cursor.colon()?;
                let index = find(table, next, cursor, key);
                match index {
                    Some(_) => _ = cursor.peek(),
                    None => members.add(cursor, key, tape)?,
                }
                place = cursor.here;
                let Some(index) = index else {
                    first = false;
                    continue;
                };
                (index, key_at)
            }
        };
        first = false;
        let field = &table.fields[index];
        next = index + 1;
        let bit = 1 << index;
        if seen & bit != 0 {
            cursor.here = place;
            skip_duplicate(cursor, key_at, field, tape)?;
            place = cursor.here;
            continue;
        }
        let read = match usual_value(&mut place, bytes, field.kind, tape) {
            Some(read) => read,
            None => {
                cursor.here = place;
                let read = part(cursor, Step::Key(field.name), field.kind, Cost::of(field), tape)?;
                place = cursor.here;
                if read.slot == ABSENT {
                    continue;
                }
                read
            }
        };
        seen |= bit;
        let slot = read.slot;
        if tape.fingerprints && !is_neutral(field, slot, tape) {
            if matches!(field.absent, Absent::Twin(_)) {
                // The two are equivalent, and either may be absent: the later one in the table counts.
                if twin.slot <= index as u64 {
                    twin = Read::new(index as u64, combine(read.fingerprint, 1));
                }
            } else {
                fingerprint = fingerprint.wrapping_add(combine(read.fingerprint, index as u64 + 2));
            }
        }
        tape.set(block + 1 + index, slot);
    }
    cursor.leave_object()?;
    if seen & table.required != table.required {
        let first = (table.required & !seen).trailing_zeros();
        let name = table.fields.get(first as usize).map_or("", |field| field.name);
        return Err(missing(start, name));
    }
    fingerprint = fingerprint.wrapping_add(twin.fingerprint);
    if table.is_versioned {
        tape.set(block + 1 + count, fingerprint);
        tape.set(block + 2 + count, halves(start as i32, cursor.position() as i32));
    }
    Ok(Read::new(block as u64, fingerprint))
}

/// Skips a further value of a field, as the first one counts.
#[cold]
#[inline(never)]
fn skip_duplicate(
    cursor: &mut Cursor<'_>,
    key_at: usize,
    field: &Field,
    tape: &mut Tape,
) -> Result<(), Fault> {
    let fault = Fault::new(DecodeErrorKind::DuplicateField, key_at, "one of each field");
    tape.errors.add(fault.within(Step::Key(field.name)));
    cursor.skip_value()
}

/// Reads the next key of the table, or a later one, in the usual notation.
#[inline(always)]
fn usual_key(place: &mut Place, bytes: &[u8], table: &Object, next: usize, first: bool) -> Option<usize> {
    if !first && place.byte(bytes) != b',' {
        return None;
    }
    let fields = table.fields.get(next..)?;
    fields
        .iter()
        .position(|field| place.key(bytes, &field.key, first))
        .map(|index| next + index)
}

/// Reads a scalar value in the usual notation.
#[inline(always)]
fn usual_value(place: &mut Place, bytes: &[u8], kind: Kind, tape: &mut Tape) -> Option<Read> {
    match kind {
        Kind::Id | Kind::User | Kind::Number => place.integer(bytes).map(of_integer),
        Kind::Text => place.string(bytes).map(|text| of_string(bytes, text, tape)),
        Kind::Name(known) => {
            let mut ahead = *place;
            let text = ahead.string(bytes).filter(|text| !text.escaped)?;
            let number = position(known, bytes.get(text.start..text.end)?)?;
            *place = ahead;
            Some(of_name(number))
        }
        Kind::Flag => place.flag(bytes).map(|flag| Read::new(flag.into(), flag.into())),
        _ => None,
    }
}

/// Whether a value is equivalent to an absent field.
fn is_neutral(field: &Field, slot: u64, tape: &Tape) -> bool {
    let is_empty_text = || slot as u32 == (slot >> 32) as u32;
    match (field.absent, field.kind) {
        (Absent::Required | Absent::Null | Absent::LeftOut, _) => false,
        // 0 is also 0 as a double.
        (Absent::Zero | Absent::False, _) => slot == 0,
        (Absent::Empty, _) => tape.get(slot as usize) == 0,
        (Absent::Text(neutral), Kind::Name(known)) => {
            slot >> 32 == u64::from(u32::MAX) && known.get(slot as u32 as usize) == Some(&neutral)
        }
        (Absent::Text(neutral), _) => neutral.is_empty() && is_empty_text(),
        (Absent::Twin(_), _) => is_empty_text(),
    }
}

pub(super) fn missing(start: usize, name: &'static str) -> Fault {
    Fault::new(DecodeErrorKind::MissingField, start, "a field of that name").within(Step::Key(name))
}

/// Finds a field by name. Starts after the previous field, as servers keep the order.
fn find(table: &Object, next: usize, cursor: &Cursor<'_>, key: Text) -> Option<usize> {
    characters(cursor, key, |name| {
        let is_it = |field: &Field| field.name.as_bytes() == name;
        let (before, after) = table.fields.split_at(next);
        match after.iter().position(is_it) {
            Some(index) => Some(next + index),
            None => before.iter().position(is_it),
        }
    })
}

/// Parses a value of the given kind, or null.
fn value(cursor: &mut Cursor<'_>, kind: Kind, tape: &mut Tape) -> Result<Read, Fault> {
    match (kind, cursor.peek()) {
        (_, b'n') => cursor.literal("null").map(|()| Read::NOTHING),
        (Kind::Text, b'"') => {
            let text = cursor.string()?;
            Ok(of_string(cursor.bytes(), text, tape))
        }
        (Kind::Name(known), b'"') => {
            let text = cursor.string()?;
            Ok(match characters(cursor, text, |name| position(known, name)) {
                Some(number) => of_name(number),
                None => of_string(cursor.bytes(), text, tape),
            })
        }
        (Kind::Text | Kind::Name(_), _) => Err(cursor.mismatch("a string")),
        (Kind::Id, first) => number(cursor, first, kind, "an integer from 0 to 2^53 - 1", tape),
        (Kind::User, first) => number(cursor, first, kind, "an integer between -2^53 and 2^53", tape),
        (Kind::Number, first) => number(cursor, first, kind, "a number below 10^308", tape),
        (Kind::Flag, b't') => cursor.literal("true").map(|()| Read::new(1, 1)),
        (Kind::Flag, b'f') => cursor.literal("false").map(|()| Read::new(0, 0)),
        (Kind::Flag, _) => Err(cursor.mismatch("true or false")),
        (Kind::Object(table), _) => fields(cursor, table, tape),
        (Kind::Objects(table), b'[') => array(cursor, Kind::Object(table), tape),
        (Kind::Users, b'[') => array(cursor, Kind::User, tape),
        (Kind::Objects(_) | Kind::Users, _) => Err(cursor.mismatch("an array")),
    }
}

/// Parses an array. The items are recorded after their contents, so that they are contiguous.
fn array(cursor: &mut Cursor<'_>, item: Kind, tape: &mut Tape) -> Result<Read, Fault> {
    let cost = match item {
        Kind::Object(table) if table.is_versioned => Cost::Entry,
        _ => Cost::Itself,
    };
    let base = tape.items.len();
    let mut fingerprint = 0;
    cursor.array(|cursor, index| {
        let read = part(cursor, Step::Index(index), item, cost, tape)?;
        if read.slot != ABSENT {
            tape.items.push(read.slot);
            fingerprint = combine(fingerprint, read.fingerprint);
        }
        Ok(())
    })?;
    let count = tape.items.len() - base;
    tape.reserve(1 + count, cursor.position())?;
    let index = tape.slots.len();
    tape.slots.push(count as u64);
    tape.slots.extend(tape.items.drain(base..));
    Ok(Read::new(index as u64, fingerprint))
}
