//! Running through the text of a string: to its end, or to what is special in it.

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
