//! What is looked for in many bytes at once: the end of a string, a key, digits.

/// How far a string goes on without anything special: no quote, no backslash, no control character.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Plain {
    pub(super) bytes: usize,
    /// How many of the bytes are more than UTF-16 code units. While a character of four bytes is cut in its midst, this
    /// is one too few.
    pub(super) surplus: isize,
}

/// What a byte adds to the surplus: 1 if it continues a character; and the first of four, which take two units, -1.
pub(super) const fn surplus(byte: u8) -> isize {
    match byte {
        0x80..=0xbf => 1,
        0xf0.. => -1,
        _ => 0,
    }
}

/// Runs through whole blocks of 16 bytes, and up to the first special byte in them.
#[cfg(target_feature = "simd128")]
#[inline]
pub(super) fn plain(bytes: &[u8]) -> Plain {
    use core::arch::wasm32::{
        u8x16_bitmask, u8x16_eq, u8x16_ge, u8x16_lt, u8x16_splat, v128_and, v128_load, v128_or,
    };

    let mut run = Plain::default();
    while let Some(block) = bytes.get(run.bytes..run.bytes + 16) {
        // SAFETY: the block is 16 bytes long and readable; this load asks for no alignment.
        let block = unsafe { v128_load(block.as_ptr().cast()) };
        let special = u8x16_bitmask(v128_or(
            v128_or(
                u8x16_eq(block, u8x16_splat(b'"')),
                u8x16_eq(block, u8x16_splat(b'\\')),
            ),
            u8x16_lt(block, u8x16_splat(0x20)),
        ));
        let length = if special == 0 {
            16
        } else {
            special.trailing_zeros()
        };
        // The mask takes the upper bit of every byte.
        if u8x16_bitmask(block) != 0 {
            let within = (1_u32 << length) - 1;
            let continuing = u8x16_eq(v128_and(block, u8x16_splat(0xc0)), u8x16_splat(0x80));
            let continuing = u32::from(u8x16_bitmask(continuing)) & within;
            let first_of_four = u32::from(u8x16_bitmask(u8x16_ge(block, u8x16_splat(0xf0)))) & within;
            run.surplus += continuing.count_ones() as isize - first_of_four.count_ones() as isize;
        }
        run.bytes += length as usize;
        if special != 0 {
            break;
        }
    }
    run
}

/// Without vectors there are no blocks: the caller goes byte by byte.
#[cfg(not(target_feature = "simd128"))]
#[inline]
pub(super) const fn plain(_: &[u8]) -> Plain {
    Plain { bytes: 0, surplus: 0 }
}

/// A key as servers write it: `"name":`, with zeros behind.
#[derive(Clone, Copy, Debug)]
pub(super) struct Key {
    bytes: [u8; Self::CAPACITY],
    length: usize,
}

impl Key {
    /// How many bytes are compared at once.
    const CAPACITY: usize = 32;

    /// The key of a field of that name. For constants: one that is too long does not compile.
    pub(super) const fn new(name: &str) -> Self {
        let name = name.as_bytes();
        let mut bytes = [0; Self::CAPACITY];
        bytes[0] = b'"';
        let mut index = 0;
        while index < name.len() {
            bytes[index + 1] = name[index];
            index += 1;
        }
        bytes[index + 1] = b'"';
        bytes[index + 2] = b':';
        Self {
            bytes,
            length: name.len() + 3,
        }
    }

    /// How many bytes the key takes if the text begins with it, written just so; else 0. Near the end of a text it
    /// is not looked for.
    #[inline]
    pub(super) fn begins(&self, text: &[u8]) -> usize {
        match text.first_chunk() {
            Some(window) if self.is_at(window) => self.length,
            _ => 0,
        }
    }

    #[cfg(target_feature = "simd128")]
    #[inline]
    fn is_at(&self, window: &[u8; Self::CAPACITY]) -> bool {
        use core::arch::wasm32::{u8x16_bitmask, u8x16_eq, v128, v128_load};

        let (here, there) = (window.as_ptr().cast::<v128>(), self.bytes.as_ptr().cast::<v128>());
        // SAFETY: both arrays are 32 bytes long, two vectors; these loads ask for no alignment.
        let equal = unsafe {
            let low = u8x16_eq(v128_load(here), v128_load(there));
            let high = u8x16_eq(v128_load(here.add(1)), v128_load(there.add(1)));
            u32::from(u8x16_bitmask(low)) | u32::from(u8x16_bitmask(high)) << 16
        };
        // The first bits of the key's length are set.
        equal.trailing_ones() as usize >= self.length
    }

    #[cfg(not(target_feature = "simd128"))]
    #[inline]
    fn is_at(&self, window: &[u8; Self::CAPACITY]) -> bool {
        window.starts_with(self.bytes.get(..self.length).unwrap_or_default())
    }
}

/// The number that eight digits stand for, if the text begins with so many.
#[inline]
pub(super) fn eight_digits(text: &[u8]) -> Option<u64> {
    const ZEROS: u64 = 0x3030_3030_3030_3030;
    const UPPER_HALVES: u64 = 0xf0f0_f0f0_f0f0_f0f0;
    let word = u64::from_le_bytes(*text.first_chunk()?);
    // A byte is a digit if its upper half is 3, and stays so when 6 is added.
    if word & UPPER_HALVES != ZEROS || word.wrapping_add(0x0606_0606_0606_0606) & UPPER_HALVES != ZEROS {
        return None;
    }
    // Neighbours are joined: digits to pairs, pairs to fours, fours to the whole. The first digit is the lowest byte.
    let digits = word - ZEROS;
    let pairs = (digits * 10 + (digits >> 8)) & 0x00ff_00ff_00ff_00ff;
    let fours = (pairs * 100 + (pairs >> 16)) & 0x0000_ffff_0000_ffff;
    Some((fours * 10_000 + (fours >> 32)) & 0xffff_ffff)
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_key_is_found_only_where_it_is_written_just_so() {
        let key = Key::new("roomId");
        let behind = "7,\"text\":\"and as much as is compared\"";
        assert_eq!(key.begins(format!("\"roomId\":{behind}").as_bytes()), 9);
        for other in [
            "\"roomId\" :",
            "\"roomIds\":",
            "\"roomid\":",
            " \"roomId\":",
            "\"roomI\":",
        ] {
            assert_eq!(key.begins(format!("{other}{behind}").as_bytes()), 0, "{other}");
        }
        assert_eq!(key.begins(b"\"roomId\":7}"), 0, "too near the end");
    }

    proptest! {
        #[test]
        fn eight_digits_are_a_number(number in 0..100_000_000_u64, behind in "[0-9a-z]{0,4}") {
            prop_assert_eq!(eight_digits(format!("{number:08}{behind}").as_bytes()), Some(number));
        }

        #[test]
        fn what_is_no_digit_is_no_number(mut text in prop::array::uniform8(b'0'..=b'9'), at in 0..8_usize, byte: u8) {
            prop_assume!(!byte.is_ascii_digit());
            text[at] = byte;
            prop_assert_eq!(eight_digits(&text), None);
        }
    }
}
