//! Parses scalar values: strings, names, numbers.

use super::cursor::Cursor;
use super::decimal::Decimal;
use super::error::{DecodeErrorKind, Fault};
use super::escape::unescape_onto;
use super::fast_path::Text;
use super::fingerprint::of_text;
use super::schema::Kind;
use super::tape::{ABSENT, LONG, Tape, halves, text_slot};

/// The slot of a value, and its share of the containing object's fingerprint.
pub(super) struct Read {
    pub(super) slot: u64,
    pub(super) fingerprint: u64,
}

impl Read {
    /// The result for a value that is null or was dropped.
    pub(super) const NOTHING: Self = Self::new(ABSENT, 0);

    pub(super) const fn new(slot: u64, fingerprint: u64) -> Self {
        Self { slot, fingerprint }
    }
}

/// Parses a number of the given kind. The value may be of another type, or not JSON.
pub(super) fn number(
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

pub(super) fn of_string(bytes: &[u8], text: Text, tape: &mut Tape) -> Read {
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

/// The index of a known name.
pub(super) fn position(known: &[&str], name: &[u8]) -> Option<usize> {
    known.iter().position(|known| known.as_bytes() == name)
}

pub(super) const fn of_name(number: usize) -> Read {
    Read::new(halves(number as i32, -1), number as u64)
}

pub(super) fn of_integer(value: u64) -> Read {
    // Exact as a double, as it is below 2^53.
    Read::new((value as f64).to_bits(), value)
}
