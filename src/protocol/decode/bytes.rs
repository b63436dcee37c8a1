//! Searches of many bytes at once: for the end of a string, for keys and for digits.

/// A run of plain string content: no quotes, backslashes or control characters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Plain {
    pub(super) bytes: usize,
    /// How many more bytes than UTF-16 code units it has. One too few if the run ends within a character of four bytes.
    pub(super) surplus: isize,
}

/// A byte's share of the surplus: 1 for a continuation byte, -1 for the first of four (two code units), otherwise 0.
pub(super) const fn surplus(byte: u8) -> isize {
    match byte {
        0x80..=0xbf => 1,
        0xf0.. => -1,
        _ => 0,
    }
}

/// Scans whole blocks of 16 bytes, up to the first special byte.
#[cfg(target_feature = "simd128")]
#[inline]
pub(super) fn plain(bytes: &[u8]) -> Plain {
    use core::arch::wasm32::{
        i8x16_lt, i8x16_splat, u8x16_bitmask, u8x16_eq, u8x16_ge, u8x16_splat, v128_and, v128_load, v128_or,
    };

    let mut run = Plain::default();
    while let Some(block) = bytes.get(run.bytes..run.bytes + 16) {
        // SAFETY: the block has 16 readable bytes, and this load needs no alignment.
        let block = unsafe { v128_load(block.as_ptr().cast()) };
        // As signed numbers, non-ASCII bytes are negative, so one comparison finds them and the control characters.
        let remarkable = u8x16_bitmask(v128_or(
            v128_or(
                u8x16_eq(block, u8x16_splat(b'"')),
                u8x16_eq(block, u8x16_splat(b'\\')),
            ),
            i8x16_lt(block, i8x16_splat(0x20)),
        ));
        if remarkable == 0 {
            run.bytes += 16;
            continue;
        }
        // The mask has the upper bit of each byte.
        let upper = u8x16_bitmask(block);
        let special = remarkable & !upper;
        if upper != 0 {
            // The bytes before the first special byte; all if there is none.
            let within = special.wrapping_sub(1) & !special;
            let continuing = u8x16_eq(v128_and(block, u8x16_splat(0xc0)), u8x16_splat(0x80));
            let continuing = u8x16_bitmask(continuing) & within;
            let first_of_four = u8x16_bitmask(u8x16_ge(block, u8x16_splat(0xf0))) & within;
            run.surplus += continuing.count_ones() as isize - first_of_four.count_ones() as isize;
        }
        if special != 0 {
            run.bytes += special.trailing_zeros() as usize;
            break;
        }
        run.bytes += 16;
    }
    run
}

/// Does nothing without SIMD; the caller scans byte by byte.
#[cfg(not(target_feature = "simd128"))]
#[inline]
pub(super) const fn plain(_: &[u8]) -> Plain {
    Plain { bytes: 0, surplus: 0 }
}

/// Finds, from `from` on, a quote before `m` or `r` (as in `"messageId"` and `"roomId"`), or a `\u`, as such an escape
/// may spell any of their letters.
#[inline]
pub(super) fn key_or_unicode_escape(bytes: &[u8], from: usize) -> Option<usize> {
    let at = match key_in_blocks(bytes, from) {
        Ok(found) => return Some(found),
        Err(rest) => rest,
    };
    let mut pairs = bytes.get(at..)?.windows(2);
    let found = pairs.position(|pair| matches!(pair, b"\"m" | b"\"r" | b"\\u"))?;
    Some(at + found)
}

/// Searches whole blocks of 16 bytes that are followed by another byte. The error is the position after the last block.
#[cfg(target_feature = "simd128")]
#[inline]
fn key_in_blocks(bytes: &[u8], from: usize) -> Result<usize, usize> {
    use core::arch::wasm32::{u8x16_bitmask, u8x16_eq, u8x16_splat, v128_and, v128_load, v128_or};

    let mut at = from;
    while let Some(block) = bytes.get(at..at + 17) {
        let start = block.as_ptr();
        // SAFETY: both vectors lie within the 17 readable bytes of the block, and these loads need no alignment.
        let (here, behind) = unsafe { (v128_load(start.cast()), v128_load(start.add(1).cast())) };
        let is = |vector, byte| u8x16_eq(vector, u8x16_splat(byte));
        let key = v128_and(is(here, b'"'), v128_or(is(behind, b'm'), is(behind, b'r')));
        let escape = v128_and(is(here, b'\\'), is(behind, b'u'));
        let found = u8x16_bitmask(v128_or(key, escape));
        if found != 0 {
            return Ok(at + found.trailing_zeros() as usize);
        }
        at += 16;
    }
    Err(at)
}

/// Does nothing without SIMD.
#[cfg(not(target_feature = "simd128"))]
#[inline]
const fn key_in_blocks(_: &[u8], from: usize) -> Result<usize, usize> {
    Err(from)
}

/// A key after another member, as servers usually write it: `,"name":`. Padded with zeros.
#[derive(Clone, Copy, Debug)]
pub(super) struct Key {
    bytes: [u8; Self::CAPACITY],
    length: usize,
}

impl Key {
    /// The number of bytes compared at once.
    const CAPACITY: usize = 32;

    /// The key of a field. For use in constants: a name that is too long does not compile.
    pub(super) const fn new(name: &str) -> Self {
        let name = name.as_bytes();
        let mut bytes = [0; Self::CAPACITY];
        bytes[0] = b',';
        bytes[1] = b'"';
        let mut index = 0;
        while index < name.len() {
            bytes[index + 2] = name[index];
            index += 1;
        }
        bytes[index + 2] = b'"';
        bytes[index + 3] = b':';
        Self {
            bytes,
            length: name.len() + 4,
        }
    }

    /// The length of the key if the text begins with exactly these bytes, otherwise 0. `any` ignores the first byte.
    /// Also 0 if fewer than 32 bytes are left.
    #[inline(always)]
    pub(super) fn begins(&self, text: &[u8], any: bool) -> usize {
        match text.first_chunk() {
            Some(window) if self.is_at(window, any) => self.length,
            _ => 0,
        }
    }

    #[cfg(target_feature = "simd128")]
    #[inline(always)]
    fn is_at(&self, window: &[u8; Self::CAPACITY], any: bool) -> bool {
        use core::arch::wasm32::{u8x16_bitmask, u8x16_eq, v128, v128_load};

        let (here, there) = (window.as_ptr().cast::<v128>(), self.bytes.as_ptr().cast::<v128>());
        // SAFETY: both arrays have 32 bytes, which is two vectors, and these loads need no alignment.
        let equal = unsafe {
            let low = u8x16_eq(v128_load(here), v128_load(there));
            let high = u8x16_eq(v128_load(here.add(1)), v128_load(there.add(1)));
            u32::from(u8x16_bitmask(low)) | u32::from(u8x16_bitmask(high)) << 16
        };
        // Bits 0 to `length - 1` have to be set.
        (equal | u32::from(any)).trailing_ones() as usize >= self.length
    }

    #[cfg(not(target_feature = "simd128"))]
    #[inline]
    fn is_at(&self, window: &[u8; Self::CAPACITY], any: bool) -> bool {
        let from = usize::from(any);
        window[from..].starts_with(self.bytes.get(from..self.length).unwrap_or_default())
    }
}

/// The digits at the start of a text, at most eight: their value and their number. `None` if there are none, or if
/// fewer than eight bytes are left.
#[inline(always)]
pub(super) fn digits(text: &[u8]) -> Option<(u64, usize)> {
    const ZEROS: u64 = 0x3030_3030_3030_3030;
    const LOWER_BITS: u64 = 0x7f7f_7f7f_7f7f_7f7f;
    let word = u64::from_le_bytes(*text.first_chunk()?) ^ ZEROS;
    // The upper bit of each byte above 9: it is already set, or adding 0x76 sets it.
    let others = ((word & LOWER_BITS).wrapping_add(0x7676_7676_7676_7676) | word) & !LOWER_BITS;
    let count = others.trailing_zeros() / 8;
    if count == 0 {
        return None;
    }
    // The first digit is the lowest byte. Shifts other bytes out, and zeros in before the digits.
    let digits = word << (64 - 8 * count);
    // Combines neighbours: digits to pairs, pairs to fours, fours to the whole number.
    let pairs = (digits.wrapping_mul(10).wrapping_add(digits >> 8)) & 0x00ff_00ff_00ff_00ff;
    let fours = (pairs.wrapping_mul(100).wrapping_add(pairs >> 16)) & 0x0000_ffff_0000_ffff;
    let whole = (fours.wrapping_mul(10_000).wrapping_add(fours >> 32)) & 0xffff_ffff;
    Some((whole, count as usize))
}

/// 10 to the given power, at most 15.
#[inline(always)]
pub(super) fn power_of_ten(digits: usize) -> u64 {
    const POWERS: [u64; 16] = {
        let mut powers = [1; 16];
        let mut index = 1;
        while index < powers.len() {
            powers[index] = powers[index - 1] * 10;
            index += 1;
        }
        powers
    };
    POWERS[digits & 15]
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_key_is_found_only_where_it_is_written_just_so() {
        let key = Key::new("roomId");
        let behind = "7,\"text\":\"and as much as is compared\"";
        let begins = |text: &str, any| key.begins(format!("{text}{behind}").as_bytes(), any);
        assert_eq!(begins(",\"roomId\":", false), 10);
        assert_eq!(
            (begins("{\"roomId\":", false), begins("{\"roomId\":", true)),
            (0, 10)
        );
        for other in [
            ",\"roomId\" :",
            ",\"roomIds\":",
            ",\"roomid\":",
            ", \"roomId\":",
            ",\"roomI\":",
            "\"roomId\":",
        ] {
            assert_eq!(begins(other, false), 0, "{other}");
        }
        assert_eq!(key.begins(b",\"roomId\":7}", false), 0, "too near the end");
    }

    proptest! {
        #[test]
        fn digits_are_a_number(text in "[0-9]{1,8}", behind in "[^0-9].{7}") {
            let number = text.parse::<u64>().expect("a number");
            prop_assert_eq!(digits(format!("{text}{behind}").as_bytes()), Some((number, text.len())));
        }

        #[test]
        fn no_more_than_eight_are_read(number in 0..100_000_000_u64, behind in "[0-9a-z]{0,4}") {
            prop_assert_eq!(digits(format!("{number:08}{behind}").as_bytes()), Some((number, 8)));
        }

        #[test]
        fn what_is_no_digit_ends_a_number(mut text in prop::array::uniform8(b'0'..=b'9'), at in 0..8_usize, byte: u8) {
            prop_assume!(!byte.is_ascii_digit());
            text[at] = byte;
            prop_assert_eq!(digits(&text).map_or(0, |(_, count)| count), at);
        }
    }
}
