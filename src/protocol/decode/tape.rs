//! The tape: the result of decoding a text.
//!
//! A tape is a sequence of 64-bit slots. JavaScript reads it in place, through a `Float64Array` and an `Int32Array`
//! over the same memory, and builds its objects from the tape and the frame's string. Numbers are on the tape; texts
//! are positions in that string, in UTF-16 code units.
//!
//! | item | slots |
//! | --- | --- |
//! | frame | a head (further members of the envelope), then the index of `data` |
//! | object | a head: the index of its first further member or [`ABSENT`]; then one slot for each field of its table; for a message or room then its fingerprint, and (low half, high half) its start and end in the text, in bytes |
//! | array | the number of items; then for each the index of the object, or the user's id itself |
//! | further member, unknown to the table | its name as a text, start and end of its value, the index of the next or [`ABSENT`] |
//! | long number | its approximate value as a double, then start and end of its text |
//!
//! | field | slot |
//! | --- | --- |
//! | absent, null, or of the wrong type | [`ABSENT`] |
//! | number | a double; for a long number, which only JavaScript parses exactly, the low half is its index and the high half [`LONG`] |
//! | text | low half: its start, or the bitwise complement if it contains escapes; high half: its end |
//! | name of an enumeration | as a text; for a known name the high half is -1 and the low half its number |
//! | flag | low half: 0 or 1 |
//! | object, array | low half: its index |
//!
//! An object without a readable id is not on the tape, nor in the list that contains it.

use super::MAX_TAPE_BYTES;
use super::cursor::Cursor;
use super::error::{DecodeError, DecodeErrorKind, ErrorMark, Fault, PartialErrors};
use super::fast_path::Text;

/// The slot of an absent field. As a double it is NaN; both its halves are -1.
pub const ABSENT: u64 = u64::MAX;
/// The high half of a long number's slot. As a double, such a slot is NaN.
pub const LONG: i32 = -2;

const MAX_SLOTS: usize = MAX_TAPE_BYTES / size_of::<u64>();

/// The number of unused slots that a tape keeps after a text: 512 KiB.
const KEPT_SLOTS: usize = 1 << 16;

/// The result of decoding a text.
#[derive(Clone, Debug, Default)]
pub struct Tape {
    pub(super) slots: Vec<u64>,
    /// The items of the arrays being read.
    pub(super) items: Vec<u64>,
    /// Whether to compute fingerprints, which takes a tenth of the time.
    pub(super) fingerprints: bool,
    /// A buffer for unescaped strings, to compute their fingerprints.
    pub(super) unescaped: Vec<u8>,
    /// Errors about parts of the text.
    pub(super) errors: PartialErrors,
}

/// A state of a tape to return to.
#[derive(Clone, Copy)]
pub(super) struct TapeMark {
    slots: usize,
    items: usize,
    pub(super) errors: ErrorMark,
}

impl Tape {
    /// An empty tape. Its fingerprints will be 0.
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

    /// An empty tape with fingerprints, to compare objects.
    #[must_use]
    pub const fn with_fingerprints() -> Self {
        let mut tape = Self::new();
        tape.fingerprints = true;
        tape
    }

    /// Switches fingerprints on or off for the next texts.
    pub(crate) const fn want_fingerprints(&mut self, wanted: bool) {
        self.fingerprints = wanted;
    }

    /// The slots.
    #[must_use]
    pub fn slots(&self) -> &[u64] {
        &self.slots
    }

    /// The capacity of the slots, in bytes: at most [`MAX_TAPE_BYTES`].
    #[must_use]
    pub fn capacity_bytes(&self) -> usize {
        self.slots.capacity() * size_of::<u64>()
    }

    /// Takes the errors about parts of the last decoded text, in the order of the text. At most
    /// [`MAX_ERRORS`](super::MAX_ERRORS); the last one has the number of further errors.
    ///
    /// They are in addition to the event, or to the error in the outcome.
    pub fn take_errors(&mut self) -> Vec<DecodeError> {
        self.errors.take()
    }

    /// Moves the slots to a new tape. The errors stay.
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

    /// Clears everything, and reserves what a text of that many bytes usually takes.
    pub(super) fn begin(&mut self, bytes: usize) {
        self.clear();
        self.errors.clear();
        let usual = (bytes / 16 + 16).min(MAX_SLOTS);
        if self.slots.capacity() > usual + KEPT_SLOTS {
            self.slots = Vec::new();
        }
        self.slots.reserve_exact(usual);
    }

    /// Clears the slots, but not the errors.
    pub(super) fn clear(&mut self) {
        self.items.clear();
        self.slots.clear();
    }

    /// Resolves the errors after the text has been read, for [`take_errors`](Self::take_errors).
    pub(super) fn end(&mut self, text: &str) {
        self.errors.end(text);
    }

    /// Clears everything after the text was rejected, including the errors about its parts.
    pub(super) fn refuse(&mut self) {
        self.clear();
        self.errors.clear();
    }

    /// Takes the first error as the outcome, as no message is left.
    pub(super) fn refuse_with_first_error(&mut self) -> Option<DecodeError> {
        let first = self.errors.take_first()?;
        self.clear();
        Some(first)
    }

    pub(super) fn mark(&self) -> TapeMark {
        TapeMark {
            slots: self.slots.len(),
            items: self.items.len(),
            errors: self.errors.mark(),
        }
    }

    pub(super) fn back_to(&mut self, mark: TapeMark) {
        self.slots.truncate(mark.slots);
        self.items.truncate(mark.items);
        self.errors.forget_since(mark.errors);
    }

    /// Takes `count` slots for the object at `at` in the text, all absent. Returns the index of the first.
    #[inline]
    pub(super) fn take(&mut self, count: usize, at: usize) -> Result<usize, Fault> {
        self.reserve(count, at)?;
        let index = self.slots.len();
        self.slots.resize(index + count, ABSENT);
        Ok(index)
    }

    /// Reserves `count` slots for the object at `at` in the text.
    #[inline]
    pub(super) fn reserve(&mut self, count: usize, at: usize) -> Result<(), Fault> {
        if self.slots.capacity() - self.slots.len() < count {
            self.grow(count, at)
        } else {
            Ok(())
        }
    }

    /// Doubles the capacity, up to the maximum size of a tape.
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

    /// A slot; absent if out of range.
    pub(super) fn get(&self, index: usize) -> u64 {
        self.slots.get(index).copied().unwrap_or(ABSENT)
    }

    pub(super) fn set(&mut self, index: usize, slot: u64) {
        if let Some(place) = self.slots.get_mut(index) {
            *place = slot;
        }
    }

    /// Takes the two slots at the start of a frame.
    pub(super) fn head(&mut self) -> Result<Members, Fault> {
        let members = Members::new(self.take(2, 0)?);
        debug_assert_eq!(members.last, 0, "a frame's head is the first");
        Ok(members)
    }

    pub(super) fn set_data(&mut self, index: usize) {
        self.set(1, index as u64);
    }

    /// The number in a slot, rounded to an integer; 0 if it is negative or absent.
    pub(super) fn about(&self, slot: u64) -> u64 {
        let is_long = slot != ABSENT && (slot >> 32) as i32 == LONG;
        let bits = if is_long {
            self.get(slot as u32 as usize)
        } else {
            slot
        };
        // An absent slot is NaN, which converts to 0.
        f64::from_bits(bits).round_ties_even() as u64
    }
}

/// Combines two halves into a slot. Frames are shorter than 2^31 units.
pub(super) const fn halves(low: i32, high: i32) -> u64 {
    low as u32 as u64 | (high as u32 as u64) << 32
}

pub(super) fn text_slot(text: Text) -> u64 {
    let (start, end) = (text.unit_start as i32, text.unit_end as i32);
    halves(if text.escaped { !start } else { start }, end)
}

/// The linked list of an object's further members.
pub(super) struct Members {
    /// The slot that links to the next one.
    last: usize,
}

impl Members {
    pub(super) const fn new(head: usize) -> Self {
        Self { last: head }
    }

    /// Skips a member's value and records its position.
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
