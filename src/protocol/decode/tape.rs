//! One pass over a value: it is checked against its table, and what was found is noted on a tape.
//!
//! A tape is a row of 64-bit slots. JavaScript reads it in place, through a `Float64Array` and an `Int32Array` over the
//! same memory, and builds its objects from it and from the string that the frame came as: numbers stand on the tape,
//! texts as positions in that string, counted in UTF-16 code units as JavaScript counts them.
//!
//! | what | slots |
//! | --- | --- |
//! | frame | a head (further members of the envelope), then the index of `data` |
//! | object | a head: the index of its first further member or [`ABSENT`]; then one slot for each field of its table |
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

use super::cursor::{Cursor, Text};
use super::error::{DecodeErrorKind, Fault, Step};
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
}

impl Tape {
    /// An empty tape.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            slots: Vec::new(),
            items: Vec::new(),
        }
    }

    /// The slots.
    #[must_use]
    pub fn slots(&self) -> &[u64] {
        &self.slots
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

/// Reads an object, checks its known fields and notes all of them. Gives its index on the tape.
pub(super) fn object(
    cursor: &mut Cursor<'_>,
    table: &'static Object,
    tape: &mut Tape,
) -> Result<usize, Fault> {
    if cursor.peek() != b'{' {
        return Err(cursor.mismatch("an object"));
    }
    let start = cursor.position();
    let block = tape.take(1 + table.fields.len());
    let mut members = Members::new(block);
    let mut seen = 0_u32;
    let mut named = table.any_of.is_empty();
    let mut next = 0;
    cursor.object(|cursor, key| {
        let Some(index) = find(table, next, cursor, key) else {
            return members.add(cursor, key, tape);
        };
        next = index + 1;
        let field = &table.fields[index];
        let bit = 1 << index;
        if seen & bit != 0 {
            let fault = Fault::new(DecodeErrorKind::DuplicateField, key.start, "one of each field");
            return Err(fault.within(Step::Key(field.name)));
        }
        seen |= bit;
        let slot = value(cursor, field.kind, tape).map_err(|fault| fault.within(Step::Key(field.name)))?;
        named |= slot != NULL && table.any_of.contains(&field.name);
        tape.set(block + 1 + index, slot);
        Ok(())
    })?;
    for (index, field) in table.fields.iter().enumerate() {
        if seen & (1 << index) == 0 && matches!(field.absent, Absent::Refused) {
            return Err(missing(start, field.name));
        }
    }
    match table.any_of.first() {
        Some(name) if !named => Err(missing(start, name)),
        _ => Ok(block),
    }
}

pub(super) fn missing(start: usize, name: &'static str) -> Fault {
    Fault::new(DecodeErrorKind::MissingField, start, "a field of that name").within(Step::Key(name))
}

/// The field of that name. The search begins where the last one was found: servers keep an order.
fn find(table: &Object, next: usize, cursor: &Cursor<'_>, key: Text) -> Option<usize> {
    let unescaped;
    let name = if key.escaped {
        unescaped = cursor.unescape(key);
        unescaped.as_bytes()
    } else {
        cursor.raw(key)
    };
    let is_it = |field: &Field| field.name.as_bytes() == name;
    let (before, behind) = table.fields.split_at(next);
    match behind.iter().position(is_it) {
        Some(index) => Some(next + index),
        None => before.iter().position(is_it),
    }
}

/// Reads a value of that kind. Gives its slot.
fn value(cursor: &mut Cursor<'_>, kind: Kind, tape: &mut Tape) -> Result<u64, Fault> {
    match (kind, cursor.peek()) {
        (Kind::NullableText | Kind::NullableObject(_), b'n') => cursor.literal("null").map(|()| NULL),
        (Kind::Text | Kind::NullableText, b'"') => cursor.string().map(text_slot),
        (Kind::Name(known), b'"') => {
            let text = cursor.string()?;
            let name = cursor.raw(text);
            let number = known.iter().position(|known| known.as_bytes() == name);
            Ok(number.map_or_else(|| text_slot(text), |number| halves(number as i32, -1)))
        }
        (Kind::Text | Kind::NullableText | Kind::Name(_), _) => Err(cursor.mismatch("a string")),
        (Kind::Integer, _) => cursor.integer().map(double),
        (Kind::Flag, b't') => cursor.literal("true").map(|()| halves(1, 0)),
        (Kind::Flag, b'f') => cursor.literal("false").map(|()| halves(0, 0)),
        (Kind::Flag, _) => Err(cursor.mismatch("true or false")),
        (Kind::Object(table) | Kind::NullableObject(table), _) => {
            object(cursor, table, tape).map(|index| index as u64)
        }
        (Kind::Objects(table), b'[') => array(cursor, tape, |cursor, tape| {
            object(cursor, table, tape).map(|index| index as u64)
        }),
        (Kind::Integers, b'[') => array(cursor, tape, |cursor, _| cursor.integer().map(double)),
        (Kind::Objects(_) | Kind::Integers, _) => Err(cursor.mismatch("an array")),
    }
}

fn double(value: u64) -> u64 {
    // Below 2^53, so exact.
    (value as f64).to_bits()
}

/// Reads an array. Its items are noted behind all that they hold, so that they stand in a row.
fn array(
    cursor: &mut Cursor<'_>,
    tape: &mut Tape,
    mut item: impl FnMut(&mut Cursor<'_>, &mut Tape) -> Result<u64, Fault>,
) -> Result<u64, Fault> {
    let base = tape.items.len();
    cursor.array(|cursor, index| {
        let slot = item(cursor, tape).map_err(|fault| fault.within(Step::Index(index)))?;
        tape.items.push(slot);
        Ok(())
    })?;
    let index = tape.slots.len();
    tape.slots.push((tape.items.len() - base) as u64);
    tape.slots.extend(tape.items.drain(base..));
    Ok(index as u64)
}
