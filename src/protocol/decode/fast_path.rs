//! A fast parser of what servers usually write: no white space, plain notation. All other input is left to the
//! [`Cursor`](super::cursor::Cursor), which parses all of JSON and reports errors.
//!
//! Most of the speed comes from `Place`, whose two numbers stay in registers while the members of an object are read.

use super::super::ids;
use super::bytes::{self, Key};

/// A string in the frame: the position of its content without quotes, and whether it contains escapes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Text {
    /// The position in bytes.
    pub(super) start: usize,
    pub(super) end: usize,
    /// The position in UTF-16 code units.
    pub(super) unit_start: usize,
    pub(super) unit_end: usize,
    pub(super) escaped: bool,
}

impl Text {
    #[inline(always)]
    pub(super) const fn between(start: Place, end: Place, escaped: bool) -> Self {
        Self {
            start: start.at,
            end: end.at,
            unit_start: start.unit(),
            unit_end: end.unit(),
            escaped,
        }
    }
}

/// A position in a text.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Place {
    /// The position in bytes.
    pub(super) at: usize,
    /// How many more bytes than UTF-16 code units precede it. Only strings can contain non-ASCII characters.
    pub(super) surplus: isize,
}

impl Place {
    /// The position in UTF-16 code units.
    #[inline(always)]
    pub(super) const fn unit(self) -> usize {
        self.at.wrapping_add_signed(-self.surplus)
    }

    /// The byte at this position; 0 at the end.
    #[inline(always)]
    pub(super) fn byte(self, bytes: &[u8]) -> u8 {
        bytes.get(self.at).copied().unwrap_or_default()
    }

    /// Consumes a comma, a key and its colon. Before the `first` key, a brace takes the place of the comma.
    #[inline(always)]
    pub(super) fn key(&mut self, bytes: &[u8], key: &Key, first: bool) -> bool {
        let from = self.at.wrapping_sub(usize::from(first));
        let length = key.begins(bytes.get(from..).unwrap_or_default(), first);
        if length == 0 {
            return false;
        }
        self.at = from.wrapping_add(length);
        true
    }

    /// Parses an integer in `0..2^53` that is followed by a comma or by the end of an object or array.
    #[inline(always)]
    pub(super) fn integer(&mut self, bytes: &[u8]) -> Option<u64> {
        let (mut value, mut digits) = bytes::digits(bytes.get(self.at..)?)?;
        if digits == 8
            && let Some((rest, more)) = bytes::digits(bytes.get(self.at + 8..)?)
        {
            value = value * bytes::power_of_ten(more) + rest;
            digits += more;
        }
        // A seventeenth digit may follow the sixteen.
        let ends = matches!(bytes.get(self.at + digits), Some(b',' | b'}' | b']'));
        let is_short = digits == 1 || self.byte(bytes) != b'0';
        if !ends || !is_short || value >= ids::LIMIT {
            return None;
        }
        self.at += digits;
        Some(value)
    }

    /// Parses a string.
    #[inline(always)]
    pub(super) fn string(&mut self, bytes: &[u8]) -> Option<Text> {
        if self.byte(bytes) != b'"' {
            return None;
        }
        let mut here = Self {
            at: self.at + 1,
            surplus: self.surplus,
        };
        let start = here;
        let mut escaped = false;
        loop {
            let plain = bytes::plain(bytes.get(here.at..).unwrap_or_default());
            here.at += plain.bytes;
            here.surplus += plain.surplus;
            match bytes.get(here.at) {
                Some(b'"') => {
                    let text = Text::between(start, here, escaped);
                    here.at += 1;
                    *self = here;
                    return Some(text);
                }
                Some(b'\\') => {
                    let Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') = bytes.get(here.at + 1)
                    else {
                        return None;
                    };
                    escaped = true;
                    here.at += 2;
                }
                None | Some(0..=0x1f) => return None,
                Some(&byte) => {
                    here.at += 1;
                    here.surplus += bytes::surplus(byte);
                }
            }
        }
    }

    /// Parses `true` or `false`.
    #[inline(always)]
    pub(super) fn flag(&mut self, bytes: &[u8]) -> Option<bool> {
        let rest = bytes.get(self.at..)?;
        let is_true = rest.starts_with(b"true");
        if !is_true && !rest.starts_with(b"false") {
            return None;
        }
        self.at += if is_true { 4 } else { 5 };
        Some(is_true)
    }
}
