//! A pseudorandom number generator (SplitMix64). Its seed comes from outside, so that tests can replay it.

/// The generator. Good enough to spread reconnections, but not for secrets.
#[derive(Clone, Debug)]
pub(super) struct Random(u64);

impl Random {
    pub(super) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number in `0..=limit`, almost uniformly distributed.
    pub(super) fn up_to(&mut self, limit: u64) -> u64 {
        // The high half of a 128-bit product needs no division. Its bias is below 2^-32 for any delay in use.
        let span = u128::from(limit) + 1;
        ((u128::from(self.next()) * span) >> 64) as u64
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;

    #[test]
    fn numbers_stay_within_the_limit_and_fill_it() {
        let mut random = Random::new(7);
        let mut counts = [0_u32; 4];
        for _ in 0..4000 {
            counts[random.up_to(3) as usize] += 1;
        }
        assert!(
            counts.iter().all(|count| (850..1150).contains(count)),
            "{counts:?}"
        );
        assert_eq!(random.up_to(0), 0);
        random.up_to(u64::MAX);
    }
}
