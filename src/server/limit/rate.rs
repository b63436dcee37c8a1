//! Rates with bursts (token bucket).

use std::time::Duration;

use tokio::time::Instant;

/// A rate: `burst` times at once, and once more for each `every`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// The size of a burst, at least 1.
    pub burst: u32,
    /// The time per further token. Zero means no limit.
    pub every: Duration,
}

impl Rate {
    /// No limit.
    pub const UNLIMITED: Self = Self {
        burst: u32::MAX,
        every: Duration::ZERO,
    };
}

/// A token bucket, represented by the time at which it will be full.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bucket {
    full_at: Instant,
}

impl Bucket {
    /// A full bucket.
    pub(crate) const fn full(now: Instant) -> Self {
        Self { full_at: now }
    }

    /// The time until a token is available; zero if one is.
    pub(crate) fn wait(&self, rate: Rate, now: Instant) -> Duration {
        // A bucket with a capacity beyond the representable range never empties.
        let Some(capacity) = rate.every.checked_mul(rate.burst) else {
            return Duration::ZERO;
        };
        let missing = self.full_at.saturating_duration_since(now);
        (missing + rate.every).saturating_sub(capacity)
    }

    /// Takes a token if one is available. Returns whether it did.
    pub(crate) fn take(&mut self, rate: Rate, now: Instant) -> bool {
        let there = self.wait(rate, now).is_zero();
        if there {
            let full_at = self.full_at.max(now);
            self.full_at = full_at.checked_add(rate.every).unwrap_or(full_at);
        }
        there
    }

    /// Whether the bucket is full.
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
