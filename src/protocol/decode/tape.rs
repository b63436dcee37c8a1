//! One pass over a value: it is checked against its table, and what was found is noted on a tape.
//!
//! A tape is a row of 64-bit slots. JavaScript reads it in place, through a `Float64Array` and an `Int32Array` over the
//! same memory, and builds its objects from it and from the string that the frame came as: numbers stand on the tape,
//! texts as positions in that string, counted in UTF-16 code units as JavaScript counts them.
//!
//! | what | slots |
//! | --- | --- |
//! | frame | a head (further members of the envelope), then the index of `data` |
//! | object | a head: the index of its first further member or [`ABSENT`]; then one slot for each field of its table; of a message and a room then its fingerprint, and (low half, high half) where in the text it begins and ends, in bytes |
//! | array | the number of items; then for each the index of the object, or the integer itself |
//! | further member, which no table knows | its name as a text, start and end of its value, the index of the next or [`ABSENT`] |
//!
//! | field | its slot |
//! | --- | --- |
//! | absent, null | [`ABSENT`], [`NULL`] |
//! | integer | a double |
//! | text | low half: where it starts, with all bits turned where something in it is escaped; high half: where it ends |
//! | name of an enumeration | as a text; of one that is known the high half is -1 and the low half its number |
//! | flag | low half: 0 or 1 |
//! | object, array | low half: its index |

use super::cursor::{Cursor, characters};
use super::error::{DecodeErrorKind, Fault, Step};
use super::escape::unescape_onto;
use super::fingerprint::{combine, of_text};
use super::place::{Place, Text};
use super::schema::{Absent, Field, Kind, Object};

/// In the place of what is not there. As a double it is not a number; both its halves are -1.
pub const ABSENT: u64 = u64::MAX;
/// In the place of a null. As a double it is not a number; its low half is -2.
pub const NULL: u64 = u64::MAX - 1;

/// What was found in a frame.
#[derive(Clone, Debug, Default)]
pub struct Tape {
    slots: Vec<u64>,
    /// Items of the arrays that are being read.
    items: Vec<u64>,
    /// Whether fingerprints are wanted. They cost a tenth of the time.
    fingerprints: bool,
    /// What an escaped string stands for, while its fingerprint is taken.
    unescaped: Vec<u8>,
}

impl Tape {
    /// An empty tape. Fingerprints on it will be 0.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            slots: Vec::new(),
            items: Vec::new(),
            fingerprints: false,
            unescaped: Vec::new(),
        }
    }

    /// An empty tape for what is to be compared later.
    #[must_use]
    pub const fn with_fingerprints() -> Self {
        let mut tape = Self::new();
        tape.fingerprints = true;
        tape
    }

    /// The soft errors.
    pub fn take_errors(&mut self) -> Vec<super::DecodeError> {
        Vec::new()
    }

    /// The slots.
    #[must_use]
    pub fn slots(&self) -> &[u64] {
        &self.slots
    }

    /// A tape with what is on this one, which is empty then.
    #[must_use]
    pub fn split_off(&mut self) -> Self {
        Self {
            slots: std::mem::take(&mut self.slots),
            ..Self::default()
        }
    }

    /// Forgets everything, and makes room for what a value of so many bytes usually takes.
    pub(super) fn begin(&mut self, bytes: usize) {
        self.items.clear();
        self.slots.clear();
        self.slots.reserve(bytes / 16);
    }

    /// Takes so many slots, all of them absent, and gives the index of the first.
    fn take(&mut self, count: usize) -> usize {
        let index = self.slots.len();
        self.slots.resize(index + count, ABSENT);
        index
    }

    /// A slot; one that is not there is absent.
    pub(super) fn get(&self, index: usize) -> u64 {
        self.slots.get(index).copied().unwrap_or(ABSENT)
    }

    fn set(&mut self, index: usize, slot: u64) {
        if let Some(place) = self.slots.get_mut(index) {
            *place = slot;
        }
    }

    /// The two slots that a frame begins with.
    pub(super) fn head(&mut self) -> Members {
        let members = Members::new(self.take(2));
        debug_assert_eq!(members.last, 0, "a frame's head is the first");
        members
    }

    pub(super) fn set_data(&mut self, index: usize) {
        self.set(1, index as u64);
    }
}

/// Two halves of a slot. Frames are shorter than 2^31 units.
const fn halves(low: i32, high: i32) -> u64 {
    low as u32 as u64 | (high as u32 as u64) << 32
}

fn text_slot(text: Text) -> u64 {
    let (start, end) = (text.unit_start as i32, text.unit_end as i32);
    halves(if text.escaped { !start } else { start }, end)
}

/// The chain of an object's further members.
pub(super) struct Members {
    /// The slot that the next one is linked from.
    last: usize,
}

impl Members {
    const fn new(head: usize) -> Self {
        Self { last: head }
    }

    /// Steps over a member's value and notes where it is.
    pub(super) fn add(&mut self, cursor: &mut Cursor<'_>, key: Text, tape: &mut Tape) -> Result<(), Fault> {
        cursor.peek();
        let start = cursor.unit();
        cursor.skip_value()?;
        let index = tape.take(3);
        tape.set(index, text_slot(key));
        tape.set(index + 1, halves(start as i32, cursor.unit() as i32));
        tape.set(self.last, index as u64 | u64::from(u32::MAX) << 32);
        self.last = index + 2;
        Ok(())
    }
}

/// What was read: its slot, and its share in the fingerprint of the object that it is in.
struct Read {
    slot: u64,
    fingerprint: u64,
}

impl Read {
    const fn new(slot: u64, fingerprint: u64) -> Self {
        Self { slot, fingerprint }
    }
}

/// Reads an object, checks its known fields and notes all of them. Gives its index on the tape.
pub(super) fn object(
    cursor: &mut Cursor<'_>,
    table: &'static Object,
    tape: &mut Tape,
) -> Result<usize, Fault> {
    fields(cursor, table, tape).map(|read| read.slot as usize)
}

fn fields(cursor: &mut Cursor<'_>, table: &'static Object, tape: &mut Tape) -> Result<Read, Fault> {
    if cursor.peek() != b'{' {
        return Err(cursor.mismatch("an object"));
    }
    let start = cursor.position();
    let count = table.fields.len();
    let block = tape.take(1 + count + if table.is_versioned { 2 } else { 0 });
    let mut members = Members::new(block);
    let mut seen = 0_u32;
    let mut named = table.any_of.is_empty();
    let mut next = 0;
    // The order of keys says nothing: a sum has none.
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
            let fault = Fault::new(DecodeErrorKind::DuplicateField, key_at, "one of each field");
            return Err(fault.within(Step::Key(field.name)));
        }
        seen |= bit;
        let read = match usual_value(&mut place, bytes, field.kind, tape) {
            Some(read) => read,
            None => {
                cursor.here = place;
                let read =
                    value(cursor, field.kind, tape).map_err(|fault| fault.within(Step::Key(field.name)))?;
                place = cursor.here;
                read
            }
        };
        let slot = read.slot;
        if tape.fingerprints {
            if matches!(field.absent, Absent::Twin(_)) {
                // They say the same, and either may be left out: the one behind in the table counts.
                if slot != NULL && twin.slot <= index as u64 {
                    twin = Read::new(index as u64, combine(read.fingerprint, 1));
                }
            } else if !is_neutral(field, slot, tape) {
                fingerprint = fingerprint.wrapping_add(combine(read.fingerprint, index as u64 + 2));
            }
        }
        if !named {
            named = slot != NULL && table.any_of.contains(&field.name);
        }
        tape.set(block + 1 + index, slot);
    }
    cursor.leave_object()?;
    if seen & table.required != table.required {
        let first = (table.required & !seen).trailing_zeros();
        let name = table.fields.get(first as usize).map_or("", |field| field.name);
        return Err(missing(start, name));
    }
    if !named {
        return Err(missing(start, table.any_of.first().copied().unwrap_or_default()));
    }
    fingerprint = fingerprint.wrapping_add(twin.fingerprint);
    if table.is_versioned {
        tape.set(block + 1 + count, fingerprint);
        tape.set(block + 2 + count, halves(start as i32, cursor.position() as i32));
    }
    Ok(Read::new(block as u64, fingerprint))
}

/// The key that is expected, or one behind it in the table, where it is written as usual.
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

/// A value of that kind, where it is one of those that stand for themselves and is written as usual.
#[inline(always)]
fn usual_value(place: &mut Place, bytes: &[u8], kind: Kind, tape: &mut Tape) -> Option<Read> {
    match kind {
        Kind::Integer => place.integer(bytes).map(of_integer),
        Kind::Text | Kind::NullableText => place.string(bytes).map(|text| of_string(bytes, text, tape)),
        Kind::Name(known) => {
            let mut behind = *place;
            let text = behind.string(bytes).filter(|text| !text.escaped)?;
            let number = position(known, bytes.get(text.start..text.end)?)?;
            *place = behind;
            Some(of_name(number))
        }
        Kind::Flag => place.flag(bytes).map(|flag| Read::new(flag.into(), flag.into())),
        _ => None,
    }
}

/// Whether a field says as much as it would if it were absent.
fn is_neutral(field: &Field, slot: u64, tape: &Tape) -> bool {
    match (field.absent, field.kind) {
        (Absent::Refused | Absent::Twin(_), _) => false,
        // Also as a double, 0 is 0.
        (Absent::Zero | Absent::False, _) => slot == 0,
        (Absent::Null | Absent::LeftOut, _) => slot == NULL,
        (Absent::Empty, _) => tape.get(slot as usize) == 0,
        (Absent::Text(neutral), Kind::Name(known)) => {
            slot >> 32 == u64::from(u32::MAX) && known.get(slot as u32 as usize) == Some(&neutral)
        }
        (Absent::Text(neutral), _) => neutral.is_empty() && slot as u32 == (slot >> 32) as u32,
    }
}

pub(super) fn missing(start: usize, name: &'static str) -> Fault {
    Fault::new(DecodeErrorKind::MissingField, start, "a field of that name").within(Step::Key(name))
}

/// The field of that name. The search begins where the last one was found: servers keep an order.
fn find(table: &Object, next: usize, cursor: &Cursor<'_>, key: Text) -> Option<usize> {
    characters(cursor, key, |name| {
        let is_it = |field: &Field| field.name.as_bytes() == name;
        let (before, behind) = table.fields.split_at(next);
        match behind.iter().position(is_it) {
            Some(index) => Some(next + index),
            None => before.iter().position(is_it),
        }
    })
}

/// Reads a value of that kind.
fn value(cursor: &mut Cursor<'_>, kind: Kind, tape: &mut Tape) -> Result<Read, Fault> {
    match (kind, cursor.peek()) {
        (Kind::NullableText | Kind::NullableObject(_), b'n') => {
            cursor.literal("null").map(|()| Read::new(NULL, NULL))
        }
        (Kind::Text | Kind::NullableText, b'"') => {
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
        (Kind::Text | Kind::NullableText | Kind::Name(_), _) => Err(cursor.mismatch("a string")),
        (Kind::Integer, _) => integer(cursor),
        (Kind::Flag, b't') => cursor.literal("true").map(|()| Read::new(1, 1)),
        (Kind::Flag, b'f') => cursor.literal("false").map(|()| Read::new(0, 0)),
        (Kind::Flag, _) => Err(cursor.mismatch("true or false")),
        (Kind::Object(table) | Kind::NullableObject(table), _) => fields(cursor, table, tape),
        (Kind::Objects(table), b'[') => array(cursor, tape, |cursor, tape| fields(cursor, table, tape)),
        (Kind::Integers, b'[') => array(cursor, tape, |cursor, _| integer(cursor)),
        (Kind::Objects(_) | Kind::Integers, _) => Err(cursor.mismatch("an array")),
    }
}

fn of_string(bytes: &[u8], text: Text, tape: &mut Tape) -> Read {
    let fingerprint = if tape.fingerprints {
        text_fingerprint(bytes, text, &mut tape.unescaped)
    } else {
        0
    };
    Read::new(text_slot(text), fingerprint)
}

fn text_fingerprint(bytes: &[u8], text: Text, unescaped: &mut Vec<u8>) -> u64 {
    let raw = bytes.get(text.start..text.end).unwrap_or_default();
    if !text.escaped {
        return of_text(raw);
    }
    unescaped.clear();
    unescape_onto(raw, unescaped);
    of_text(unescaped)
}

/// Which of the known names it is.
fn position(known: &[&str], name: &[u8]) -> Option<usize> {
    known.iter().position(|known| known.as_bytes() == name)
}

const fn of_name(number: usize) -> Read {
    Read::new(halves(number as i32, -1), number as u64)
}

fn of_integer(value: u64) -> Read {
    // Below 2^53, so exact as a double.
    Read::new((value as f64).to_bits(), value)
}

fn integer(cursor: &mut Cursor<'_>) -> Result<Read, Fault> {
    cursor.integer().map(of_integer)
}

/// Reads an array. Its items are noted behind all that they hold, so that they stand in a row.
fn array(
    cursor: &mut Cursor<'_>,
    tape: &mut Tape,
    mut item: impl FnMut(&mut Cursor<'_>, &mut Tape) -> Result<Read, Fault>,
) -> Result<Read, Fault> {
    let base = tape.items.len();
    let mut fingerprint = 0;
    cursor.array(|cursor, index| {
        let read = item(cursor, tape).map_err(|fault| fault.within(Step::Index(index)))?;
        tape.items.push(read.slot);
        fingerprint = combine(fingerprint, read.fingerprint);
        Ok(())
    })?;
    let index = tape.slots.len();
    tape.slots.push((tape.items.len() - base) as u64);
    tape.slots.extend(tape.items.drain(base..));
    Ok(Read::new(index as u64, fingerprint))
}
