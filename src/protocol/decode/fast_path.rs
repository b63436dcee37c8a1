//! A place in a text; and what servers usually write there, read without a detour: no white space, no surprises.
//! Whatever is not as usual is left to the [`Cursor`](super::cursor::Cursor), which knows all of JSON and says what is
//! wrong.
//!
//! A place is two numbers that stay in registers while an object's members are read one after the other; that is most
//! of what it is quicker by.

use super::super::ids;
use super::bytes::{self, Key};

/// A string in the frame: where its content is, quotes left out, and whether anything in it is escaped.
#[derive(Clone, Copy, Debug)]
pub(super) struct Text {
    /// In bytes.
    pub(super) start: usize,
    pub(super) end: usize,
    /// In UTF-16 code units.
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

/// A place in a text.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Place {
    /// In bytes from the beginning.
    pub(super) at: usize,
    /// How many bytes more than UTF-16 code units there are before it. Only strings can hold what is not ASCII.
    pub(super) surplus: isize,
}

impl Place {
    /// The place in UTF-16 code units.
    #[inline(always)]
    pub(super) const fn unit(self) -> usize {
        self.at.wrapping_add_signed(-self.surplus)
    }

    /// The byte that stands there; 0 at the end.
    #[inline(always)]
    pub(super) fn byte(self, bytes: &[u8]) -> u8 {
        bytes.get(self.at).copied().unwrap_or_default()
    }

    /// Steps over a comma, a key and its colon; the comma's place is taken by a brace in front of the `first` key.
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

    /// An integer in `0..2^53`, with a comma or the end of an object or array after it.
    #[inline(always)]
    pub(super) fn integer(&mut self, bytes: &[u8]) -> Option<u64> {
        let (mut value, mut digits) = bytes::digits(bytes.get(self.at..)?)?;
        if digits == 8
            && let Some((rest, more)) = bytes::digits(bytes.get(self.at + 8..)?)
        {
            value = value * bytes::power_of_ten(more) + rest;
            digits += more;
        }
        // Sixteen digits may be followed by a seventeenth.
        let ends = matches!(bytes.get(self.at + digits), Some(b',' | b'}' | b']'));
        let is_short = digits == 1 || self.byte(bytes) != b'0';
        if !ends || !is_short || value >= ids::LIMIT {
            return None;
        }
        self.at += digits;
        Some(value)
    }

    /// A string.
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

    /// `true` or `false`.
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
