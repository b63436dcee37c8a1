//! A rate with bursts: the token bucket.

use std::time::Duration;

use tokio::time::Instant;

/// How often something may happen: `burst` times at once, and once more for each time that `every` has passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// How many times at once. At least 1.
    pub burst: u32,
    /// How long it takes until it may happen once more. Zero sets no limit.
    pub every: Duration,
}

impl Rate {
    /// As often as anybody likes.
    pub const UNLIMITED: Self = Self {
        burst: u32::MAX,
        every: Duration::ZERO,
    };
}

/// What is left of a rate: a token bucket, kept as the time at which it will be full again.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bucket {
    full_at: Instant,
}

impl Bucket {
    /// A full one.
    pub(crate) const fn full(now: Instant) -> Self {
        Self { full_at: now }
    }

    /// How long it takes until there is a token, zero if there is one.
    pub(crate) fn wait(&self, rate: Rate, now: Instant) -> Duration {
        // Beyond what can be represented the bucket never empties.
        let Some(capacity) = rate.every.checked_mul(rate.burst) else {
            return Duration::ZERO;
        };
        let missing = self.full_at.saturating_duration_since(now);
        (missing + rate.every).saturating_sub(capacity)
    }

    /// Takes a token, if there is one.
    pub(crate) fn take(&mut self, rate: Rate, now: Instant) -> bool {
        let there = self.wait(rate, now).is_zero();
        if there {
            let full_at = self.full_at.max(now);
            self.full_at = full_at.checked_add(rate.every).unwrap_or(full_at);
        }
        there
    }

    /// Whether nothing is missing.
    pub(super) fn is_full(&self, now: Instant) -> bool {
        self.full_at <= now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate {
        burst: 3,
        every: Duration::from_secs(10),
    };

    #[test]
    fn a_burst_passes_and_then_one_for_each_interval() {
        let begin = Instant::now();
        let mut bucket = Bucket::full(begin);
        for _ in 0..3 {
            assert!(bucket.take(RATE, begin));
        }
        assert!(!bucket.take(RATE, begin));
        assert_eq!(bucket.wait(RATE, begin), RATE.every);
        let almost = begin + Duration::from_millis(9_999);
        assert!(!bucket.take(RATE, almost));
        assert_eq!(bucket.wait(RATE, almost), Duration::from_millis(1));
        let later = begin + RATE.every;
        assert!(bucket.take(RATE, later));
        assert!(!bucket.take(RATE, later));
    }

    #[test]
    fn what_was_not_used_does_not_add_up_beyond_the_burst() {
        let begin = Instant::now();
        let mut bucket = Bucket::full(begin);
        assert!(bucket.take(RATE, begin));
        assert!(!bucket.is_full(begin));
        let much_later = begin + RATE.every * 100;
        assert!(bucket.is_full(much_later));
        let taken = (0..10).filter(|_| bucket.take(RATE, much_later)).count();
        assert_eq!(taken, 3);
    }

    #[test]
    fn no_limit_is_none() {
        let now = Instant::now();
        let mut bucket = Bucket::full(now);
        assert!((0..1000).all(|_| bucket.take(Rate::UNLIMITED, now)));
    }
}
