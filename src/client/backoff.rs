//! Exponential backoff with full jitter.
//!
//! The delay is uniformly random between zero and a bound that doubles with every failed attempt, up to a ceiling.
//! Unlike a little noise on top of the bound, this spreads out clients that lost their server at the same moment.

use std::time::Duration;

use super::clock::{Micros, micros};
use super::random::Random;

/// The bounds of the delays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BackoffConfig {
    /// The bound of the first delay after a failure. Default: 500 ms.
    pub initial: Duration,
    /// The largest bound. Default: 30 s.
    pub ceiling: Duration,
}

impl Default for BackoffConfig {
    fn default() -> Self {
        Self {
            initial: Duration::from_millis(500),
            ceiling: Duration::from_secs(30),
        }
    }
}

/// The delays of one client after failures.
#[derive(Clone, Debug)]
pub struct Backoff {
    config: BackoffConfig,
    random: Random,
    failures: u32,
}

impl Backoff {
    /// Creates a backoff without failures. Clients with the same seed draw the same delays.
    #[must_use]
    pub const fn new(config: BackoffConfig, seed: u64) -> Self {
        Self {
            config,
            random: Random::new(seed),
            failures: 0,
        }
    }

    /// The number of consecutive failures.
    #[must_use]
    pub const fn failures(&self) -> u32 {
        self.failures
    }

    /// Counts a failure and returns the delay before the next attempt, in whole milliseconds.
    pub fn next_delay(&mut self) -> Duration {
        Duration::from_micros(self.next_micros())
    }

    /// Like [`next_delay`](Self::next_delay), in microseconds.
    pub(super) fn next_micros(&mut self) -> Micros {
        let bound = self.bound();
        self.failures = self.failures.saturating_add(1);
        self.draw(bound)
    }

    fn draw(&mut self, bound: Micros) -> Micros {
        self.random.up_to(bound / 1_000) * 1_000
    }

    /// A delay like the first after a failure, rounded to milliseconds. Counts no failure.
    pub(super) fn first_micros(&mut self) -> Micros {
        self.draw(micros(self.config.initial.min(self.config.ceiling)))
    }

    /// Resets the number of failures, as a connection has proved stable.
    pub const fn reset(&mut self) {
        self.failures = 0;
    }

    fn bound(&self) -> Micros {
        let ceiling = micros(self.config.ceiling);
        match 1_u32.checked_shl(self.failures) {
            Some(factor) => micros(self.config.initial)
                .saturating_mul(factor.into())
                .min(ceiling),
            None => ceiling,
        }
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_delay_never_exceeds_its_bound(seed: u64, initial in 1..5_000_u64, ceiling in 1..600_000_u64) {
            let config = BackoffConfig {
                initial: Duration::from_millis(initial), ceiling: Duration::from_millis(ceiling),
            };
            let mut backoff = Backoff::new(config, seed);
            for failure in 0..100_u32 {
                let bound = u128::from(initial) * 2_u128.pow(failure.min(60));
                prop_assert_eq!(backoff.failures(), failure);
                prop_assert!(backoff.next_delay().as_millis() <= bound.min(u128::from(ceiling)));
            }
            backoff.reset();
            prop_assert!(backoff.next_delay() <= config.initial);
        }
    }

    #[test]
    fn the_whole_range_is_used() {
        let mut early = 0;
        let mut late = 0;
        for seed in 0..1000 {
            let mut backoff = Backoff::new(BackoffConfig::default(), seed);
            match backoff.next_delay().as_millis() {
                0..125 => early += 1,
                376.. => late += 1,
                _ => {}
            }
        }
        assert!(
            (200..300).contains(&early) && (200..300).contains(&late),
            "{early} early, {late} late of 1000"
        );
    }
}
