//! One pass over a value that checks it against its table and notes what was found on a tape.
//!
//! A tape is a row of 64-bit slots. JavaScript reads it in place, through a `Float64Array` and an `Int32Array` over the
//! same memory, and builds its objects from it and from the string that the frame came as: numbers stand on the tape,
//! texts as positions in that string, counted in UTF-16 code units as JavaScript counts them.
//!
//! | what | slots |
//! | --- | --- |
//! | frame | a head (further members of the envelope), then the index of `data` |
//! | object | a head: the index of its first further member or [`ABSENT`]; then one slot for each field of its table; of a message and a room then its fingerprint, and (low half, high half) where in the text it begins and ends, in bytes |
//! | array | the number of items; then for each the index of the object, or the user's id itself |
//! | further member, which no table knows | its name as a text, start and end of its value, the index of the next or [`ABSENT`] |
//! | long number | about its value as a double, then start and end of its text |
//!
//! | field | its slot |
//! | --- | --- |
//! | absent, null, or of the wrong kind | [`ABSENT`] |
//! | number | a double; of a long number, which only JavaScript reads exactly, the low half is its index and the high half [`LONG`] |
//! | text | low half: where it starts, as its bitwise complement if something in it is escaped; high half: where it ends |
//! | name of an enumeration | as a text; of one that is known the high half is -1 and the low half its number |
//! | flag | low half: 0 or 1 |
//! | object, array | low half: its index |
//!
//! An object that has no readable id is not on the tape, nor on the list that it stands in.

use super::MAX_TAPE_BYTES;
use super::cursor::{Cursor, Mark, characters};
use super::decimal::Decimal;
use super::error::{DecodeError, DecodeErrorKind, ErrorMark, Fault, PartialErrors, Step};
use super::escape::unescape_onto;
use super::fast_path::{Place, Text};
use super::fingerprint::{combine, of_text};
use super::schema::{Absent, Field, Kind, Object};

/// The slot of a field that is not there. As a double it is not a number; both its halves are -1.
pub const ABSENT: u64 = u64::MAX;
/// The high half of a long number's slot. As a double, such a slot is not a number.
pub const LONG: i32 = -2;

const MAX_SLOTS: usize = MAX_TAPE_BYTES / size_of::<u64>();

/// The unused slots that a tape may keep after a text: 512 KiB.
const KEPT_SLOTS: usize = 1 << 16;

/// What was found in a text.
#[derive(Clone, Debug, Default)]
pub struct Tape {
    slots: Vec<u64>,
    /// Items of the arrays that are being read.
    items: Vec<u64>,
    /// Whether fingerprints are wanted. They cost a tenth of the time.
    fingerprints: bool,
    /// What an escaped string stands for, while its fingerprint is taken.
    unescaped: Vec<u8>,
    /// Errors about parts of the text.
    errors: PartialErrors,
}

/// A state of a tape to come back to.
#[derive(Clone, Copy)]
struct TapeMark {
    slots: usize,
    items: usize,
    errors: ErrorMark,
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
            errors: PartialErrors::new(),
        }
    }

    /// An empty tape for what is to be compared later.
    #[must_use]
    pub const fn with_fingerprints() -> Self {
        let mut tape = Self::new();
        tape.fingerprints = true;
        tape
    }

    /// Whether what is decoded from now on is to be compared later.
    pub(crate) const fn want_fingerprints(&mut self, wanted: bool) {
        self.fingerprints = wanted;
    }

    /// The slots.
    #[must_use]
    pub fn slots(&self) -> &[u64] {
        &self.slots
    }

    /// The memory that is reserved for the slots, in bytes: at most [`MAX_TAPE_BYTES`].
    #[must_use]
    pub fn capacity_bytes(&self) -> usize {
        self.slots.capacity() * size_of::<u64>()
    }

    /// Takes the errors about parts of the text decoded last, in the order of the text: at most
    /// [`MAX_ERRORS`](super::MAX_ERRORS), and the last one says how many more there were.
    ///
    /// They come in addition to the event, or to the error that the outcome itself is.
    pub fn take_errors(&mut self) -> Vec<DecodeError> {
        self.errors.take()
    }

    /// A tape with the slots of this one, which has none then. The errors stay.
    #[must_use]
    pub fn split_off(&mut self) -> Self {
        let mut slots = std::mem::take(&mut self.slots);
        if slots.capacity() - slots.len() > KEPT_SLOTS {
            slots.shrink_to_fit();
        }
        Self {
            slots,
            ..Self::default()
        }
    }

    /// Forgets everything, and makes room for what a text of so many bytes usually takes.
    pub(super) fn begin(&mut self, bytes: usize) {
        self.clear();
        self.errors.clear();
        let usual = (bytes / 16 + 16).min(MAX_SLOTS);
        if self.slots.capacity() > usual + KEPT_SLOTS {
            self.slots = Vec::new();
        }
        self.slots.reserve_exact(usual);
    }

    /// Forgets what was found, but not the errors.
    pub(super) fn clear(&mut self) {
        self.items.clear();
        self.slots.clear();
    }

    /// The text has been read: gives the errors about its parts to [`take_errors`](Self::take_errors).
    pub(super) fn end(&mut self, text: &str) {
        self.errors.end(text);
    }

    /// The text was refused, and the errors about its parts are of no interest any more.
    pub(super) fn refuse(&mut self) {
        self.clear();
        self.errors.clear();
    }

    /// Takes the first of the errors, because no message is left that the others could stand next to.
    pub(super) fn refuse_with_first_error(&mut self) -> Option<DecodeError> {
        let first = self.errors.take_first()?;
        self.clear();
        Some(first)
    }

    fn mark(&self) -> TapeMark {
        TapeMark {
            slots: self.slots.len(),
            items: self.items.len(),
            errors: self.errors.mark(),
        }
    }

    fn back_to(&mut self, mark: TapeMark) {
        self.slots.truncate(mark.slots);
        self.items.truncate(mark.items);
        self.errors.forget_since(mark.errors);
    }

    /// Takes so many slots for what stands there in the text, all of them absent, and gives the index of the first.
    #[inline]
    fn take(&mut self, count: usize, at: usize) -> Result<usize, Fault> {
        self.reserve(count, at)?;
        let index = self.slots.len();
        self.slots.resize(index + count, ABSENT);
        Ok(index)
    }

    /// Makes room for so many slots for what stands there in the text.
    #[inline]
    fn reserve(&mut self, count: usize, at: usize) -> Result<(), Fault> {
        if self.slots.capacity() - self.slots.len() < count {
            self.grow(count, at)
        } else {
            Ok(())
        }
    }

    /// Makes room for more slots: for twice as many as before, but never for more than a tape may have.
    #[cold]
    fn grow(&mut self, count: usize, at: usize) -> Result<(), Fault> {
        let length = self.slots.len();
        let wanted = (2 * self.slots.capacity()).clamp(length + count, MAX_SLOTS.max(length + count));
        if length + count > MAX_SLOTS || self.slots.try_reserve_exact(wanted - length).is_err() {
            return Err(Fault::new(
                DecodeErrorKind::TooLarge,
                at,
                "what fits into 32 MiB of memory",
            ));
        }
        Ok(())
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
    pub(super) fn head(&mut self) -> Result<Members, Fault> {
        let members = Members::new(self.take(2, 0)?);
        debug_assert_eq!(members.last, 0, "a frame's head is the first");
        Ok(members)
    }

    pub(super) fn set_data(&mut self, index: usize) {
        self.set(1, index as u64);
    }

    /// An integer that is about the number in a slot; 0 for a negative one, and for what is absent.
    pub(super) fn about(&self, slot: u64) -> u64 {
        let is_long = slot != ABSENT && (slot >> 32) as i32 == LONG;
        let bits = if is_long {
            self.get(slot as u32 as usize)
        } else {
            slot
        };
        // What is absent is no number, and that converts to 0.
        f64::from_bits(bits).round_ties_even() as u64
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
        let index = tape.take(3, cursor.position())?;
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
    /// Of what is null, or was left out.
    const NOTHING: Self = Self::new(ABSENT, 0);

    const fn new(slot: u64, fingerprint: u64) -> Self {
        Self { slot, fingerprint }
    }
}

/// What an unreadable part of a text costs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Cost {
    /// The object that it is in.
    Object,
    /// Only itself: it counts as absent.
    Itself,
    /// Only itself, and nothing is said about an object without its id.
    ItselfInSilence,
    /// Only itself, also if it takes too much memory. It cannot be null.
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

    /// Whether an error of that kind costs no more than the part itself.
    fn covers(self, kind: DecodeErrorKind) -> bool {
        use DecodeErrorKind::{MissingField, OutOfRange, TooLarge, TooLong, WrongType};
        match kind {
            WrongType | OutOfRange | MissingField | TooLong => self != Self::Object,
            TooLarge => self == Self::Entry,
            _ => false,
        }
    }
}

/// Reads an object and notes all of it. Gives its index on the tape; `None` for null.
pub(super) fn object(
    cursor: &mut Cursor<'_>,
    name: &'static str,
    table: &'static Object,
    tape: &mut Tape,
) -> Result<Option<usize>, Fault> {
    index_of(cursor, Step::Key(name), table, Cost::Object, tape)
}

/// The same for an entry of a list. `None` if it is unreadable, which is one of the errors then.
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

/// Adds the last step to the path of all errors of a list.
pub(super) fn end_list(name: &'static str, tape: &mut Tape) {
    tape.errors.within(ErrorMark::START, Step::Key(name));
}

/// Reads the value at the end of that step, which is left out if it is unreadable and the rest can do without it.
#[inline(always)]
fn part(cursor: &mut Cursor<'_>, step: Step, kind: Kind, cost: Cost, tape: &mut Tape) -> Result<Read, Fault> {
    cursor.peek();
    let (start, before) = (cursor.mark(), tape.mark());
    let read = match kind {
        // By far the most.
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

/// Counts a part as absent, with an error, if that costs no more.
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
                // They say the same, and either may be left out: the later one in the table counts.
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

/// Steps over the second value of a field: the first one counts.
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

/// The key that is expected, or a later one in the table, if it is written as usual.
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

/// A value of that kind, if it is one of those that stand for themselves and is written as usual.
#[inline(always)]
fn usual_value(place: &mut Place, bytes: &[u8], kind: Kind, tape: &mut Tape) -> Option<Read> {
    match kind {
        Kind::Id | Kind::User | Kind::Number => place.integer(bytes).map(of_integer),
        Kind::Text => place.string(bytes).map(|text| of_string(bytes, text, tape)),
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

/// Whether a field that is there says as much as it would if it were absent.
fn is_neutral(field: &Field, slot: u64, tape: &Tape) -> bool {
    let is_empty_text = || slot as u32 == (slot >> 32) as u32;
    match (field.absent, field.kind) {
        (Absent::Required | Absent::Null | Absent::LeftOut, _) => false,
        // Also as a double, 0 is 0.
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

/// Reads a value of that kind, or null.
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

/// Reads a number of that kind. It may be something else, and no JSON.
fn number(
    cursor: &mut Cursor<'_>,
    first: u8,
    kind: Kind,
    expected: &'static str,
    tape: &mut Tape,
) -> Result<Read, Fault> {
    if let Some(integer) = cursor.integer() {
        return Ok(of_integer(integer));
    }
    if !matches!(first, b'-' | b'0'..=b'9') {
        return Err(cursor.mismatch(expected));
    }
    let start = cursor.here;
    cursor.number()?;
    let end = cursor.here;
    let decimal = Decimal::read(cursor.bytes().get(start.at..end.at).unwrap_or_default());
    let is_id = matches!(kind, Kind::Id);
    if let Some(integer) = decimal.integer().filter(|integer| !is_id || *integer >= 0) {
        return Ok(Read::new((integer as f64).to_bits(), integer as u64));
    }
    match decimal.double() {
        Some((value, is_exact)) if matches!(kind, Kind::Number) => {
            let bits = value.to_bits();
            if is_exact {
                return Ok(Read::new(bits, bits));
            }
            let index = tape.take(2, start.at)?;
            tape.set(index, bits);
            tape.set(index + 1, halves(start.unit() as i32, end.unit() as i32));
            Ok(Read::new(halves(index as i32, LONG), bits))
        }
        _ => Err(Fault::new(DecodeErrorKind::OutOfRange, start.at, expected)),
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
    unescaped.reserve_exact(raw.len());
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

/// Reads an array. Its items are noted after all that they hold, so that they stand in a row.
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
