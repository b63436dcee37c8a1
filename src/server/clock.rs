//! The server's clock.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::protocol::ids::{LIMIT, SafeInt, UnixMillis};

/// A clock that never goes back while the server runs, so that later changes never have earlier times.
#[derive(Debug, Default)]
pub(crate) struct Clock {
    latest: AtomicU64,
    /// Whether the time changes only through [`set`](Self::set).
    stands: bool,
}

impl Clock {
    /// A clock that stands still until it is set.
    pub(crate) const fn standing(at: UnixMillis) -> Self {
        Self {
            latest: AtomicU64::new(at.get()),
            stands: true,
        }
    }

    /// Sets the clock forward. Earlier times are ignored.
    pub(crate) fn set(&self, to: UnixMillis) {
        self.latest.fetch_max(to.get(), Ordering::Relaxed);
    }

    /// The current time in milliseconds since 1970-01-01 UTC, never before an earlier result.
    pub(crate) fn now(&self) -> UnixMillis {
        let now = if self.stands {
            0
        } else {
            SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .map_or(0, |elapsed| {
                    u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX)
                })
                .min(LIMIT - 1)
        };
        let latest = self.latest.fetch_max(now, Ordering::Relaxed);
        SafeInt::new(now.max(latest)).unwrap_or(SafeInt::ZERO)
    }
}

/// The time `millis` milliseconds later, at most the largest value on the wire.
pub(crate) fn after(time: UnixMillis, millis: u64) -> UnixMillis {
    SafeInt::new(time.get().saturating_add(millis).min(LIMIT - 1)).unwrap_or(time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_never_steps_back() {
        let clock = Clock::default();
        let future = after(clock.now(), 60_000);
        clock.latest.store(future.get(), Ordering::Relaxed);
        assert_eq!(clock.now(), future);
    }

    #[test]
    fn a_clock_that_stands_goes_on_when_it_is_told_to() {
        let time = |millis| SafeInt::new(millis).expect("in range");
        let clock = Clock::standing(time(5_000));
        assert_eq!(clock.now(), time(5_000));
        clock.set(time(6_000));
        clock.set(time(5_500));
        assert_eq!(clock.now(), time(6_000));
    }

    #[test]
    fn adding_stops_at_the_last_time_of_the_wire() {
        let last = SafeInt::new(LIMIT - 1).expect("in range");
        assert_eq!(after(last, 1), last);
        assert_eq!(after(SafeInt::ZERO, u64::MAX), last);
    }
}
