//! One clock out of two: the monotonic one of a page may stand still while the machine sleeps, and the wall clock may
//! be set.

use std::time::Duration;

/// From how much disagreement on the wall clock is believed: a machine was asleep, or the clock was set forward. Then
/// timers fire early, which does no harm.
const SLEPT: Duration = Duration::from_secs(2);

/// A clock that never runs backwards and goes on during sleep.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    monotonic: Duration,
    wall: Duration,
    now: Duration,
}

impl Clock {
    /// Begins with these readings.
    #[must_use]
    pub const fn new(monotonic: Duration, wall: Duration) -> Self {
        Self {
            monotonic,
            wall,
            now: monotonic,
        }
    }

    /// The time, from new readings.
    pub fn now(&mut self, monotonic: Duration, wall: Duration) -> Duration {
        let ticked = monotonic.saturating_sub(self.monotonic);
        let passed = wall.saturating_sub(self.wall);
        self.now += if passed > ticked + SLEPT { passed } else { ticked };
        (self.monotonic, self.wall) = (monotonic, wall);
        self.now
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;

    #[test]
    fn sleep_counts_and_a_clock_that_is_set_back_does_not() {
        let seconds = Duration::from_secs;
        let mut clock = Clock::new(seconds(10), seconds(1_000));
        assert_eq!(clock.now(seconds(11), seconds(1_001)), seconds(11));
        // The machine slept for an hour, and the monotonic clock with it.
        assert_eq!(clock.now(seconds(12), seconds(4_602)), seconds(11 + 3_601));
        // Somebody sets the clock back by a day's worth.
        assert_eq!(clock.now(seconds(13), seconds(2_000)), seconds(11 + 3_602));
        assert_eq!(clock.now(seconds(14), seconds(2_001)), seconds(11 + 3_603));
        // Both went on during sleep: counted once.
        assert_eq!(clock.now(seconds(114), seconds(2_101)), seconds(11 + 3_703));
    }
}
