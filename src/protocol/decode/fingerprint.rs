//! Hashes to compare texts. They are fast, not cryptographic: only a server could exploit a collision, against its own
//! users, whom it can mislead anyway.

/// An odd number whose bits look random: 2^64 divided by the golden ratio.
const MULTIPLIER: u64 = 0x9e37_79b9_7f4a_7c15;

/// Combines two hashes. Their order matters.
#[inline]
pub(crate) const fn combine(one: u64, other: u64) -> u64 {
    let product = (one ^ other.wrapping_mul(MULTIPLIER).rotate_left(31)).wrapping_mul(MULTIPLIER);
    product ^ (product >> 29)
}

/// The hash of a text.
#[inline]
pub(super) fn of_text(bytes: &[u8]) -> u64 {
    // Two lanes, so that multiplications do not wait for each other.
    let (blocks, rest) = bytes.as_chunks::<16>();
    let (mut even, mut odd) = (bytes.len() as u64, MULTIPLIER);
    let lane = |hash: u64, word: u64| {
        let product = (hash ^ word).wrapping_mul(MULTIPLIER);
        product ^ (product >> 32)
    };
    for block in blocks {
        let block = u128::from_le_bytes(*block);
        even = lane(even, block as u64);
        odd = lane(odd, (block >> 64) as u64);
    }
    let mut last = [0; 16];
    last[..rest.len()].copy_from_slice(rest);
    let last = u128::from_le_bytes(last);
    combine(lane(even, last as u64), lane(odd, (last >> 64) as u64))
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn texts_that_differ_in_one_bit_differ() {
        let text = "The quick brown fox jumps over the lazy dog, again and again.".as_bytes();
        let mut hashes = HashSet::from([of_text(text)]);
        for index in 0..text.len() * 8 {
            let mut other = text.to_vec();
            other[index / 8] ^= 1 << (index % 8);
            assert!(hashes.insert(of_text(&other)), "bit {index}");
        }
        for length in 0..text.len() {
            assert!(hashes.insert(of_text(&text[..length])), "{length} bytes");
        }
        assert!(hashes.insert(of_text(&[0])) && hashes.insert(of_text(&[0, 0])));
    }

    #[test]
    fn small_numbers_combine_to_different_hashes() {
        let hashes: HashSet<_> = (0..300_u64)
            .flat_map(|one| (0..300).map(move |other| combine(one, other)))
            .collect();
        assert_eq!(hashes.len(), 300 * 300);
    }
}
