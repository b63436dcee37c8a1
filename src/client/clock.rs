//! One clock from two: a page's monotonic clock may stop while the machine sleeps, and the wall clock may be set.

use std::time::Duration;

/// Microseconds: a span of time, or the time since any fixed moment. Arithmetic on `Duration` is several times as
/// much code.
pub type Micros = u64;

/// A duration in microseconds.
#[must_use]
pub const fn micros(duration: Duration) -> Micros {
    duration.as_secs() * 1_000_000 + duration.subsec_micros() as u64
}

/// The earlier of two moments; `None` if both are.
pub(super) fn earliest(one: Option<Micros>, other: Option<Micros>) -> Option<Micros> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        _ => one.or(other),
    }
}

/// The difference from which on the wall clock is trusted: the machine slept, or the clock was set forward. In the
/// latter case timers fire early, which is harmless.
const SLEPT: Duration = Duration::from_secs(2);

/// A clock that never runs backwards and goes on during sleep.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    /// The last readings of both clocks together.
    monotonic: Duration,
    wall: Duration,
    /// The last reading of the monotonic clock.
    ticked: Duration,
    now: Duration,
}

impl Clock {
    /// Creates a clock with these readings.
    #[must_use]
    pub const fn new(monotonic: Duration, wall: Duration) -> Self {
        Self {
            monotonic,
            wall,
            ticked: monotonic,
            now: monotonic,
        }
    }

    /// The time, from new readings of both clocks.
    pub fn now(&mut self, monotonic: Duration, wall: Duration) -> Duration {
        let ticked = monotonic.saturating_sub(self.monotonic);
        let passed = wall.saturating_sub(self.wall);
        (self.monotonic, self.wall) = (monotonic, wall);
        self.tick(monotonic);
        if passed > ticked + SLEPT {
            self.now += passed - ticked;
        }
        self.now
    }

    /// The time, from a new reading of the monotonic clock only. The next reading of both adds time spent asleep.
    pub fn tick(&mut self, monotonic: Duration) -> Duration {
        self.now += monotonic.saturating_sub(self.ticked);
        self.ticked = monotonic;
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
        // The machine sleeps for an hour, and the monotonic clock stands still.
        assert_eq!(clock.now(seconds(12), seconds(4_602)), seconds(11 + 3_601));
        // The wall clock is set back.
        assert_eq!(clock.now(seconds(13), seconds(2_000)), seconds(11 + 3_602));
        assert_eq!(clock.now(seconds(14), seconds(2_001)), seconds(11 + 3_603));
        // Both clocks run during sleep, which counts once.
        assert_eq!(clock.now(seconds(114), seconds(2_101)), seconds(11 + 3_703));
    }

    #[test]
    fn sleep_is_seen_when_both_are_read_again() {
        let seconds = Duration::from_secs;
        let mut clock = Clock::new(seconds(10), seconds(1_000));
        assert_eq!(clock.tick(seconds(11)), seconds(11));
        // The machine sleeps for an hour.
        assert_eq!(clock.tick(seconds(12)), seconds(12));
        assert_eq!(clock.now(seconds(13), seconds(4_603)), seconds(13 + 3_600));
        assert_eq!(clock.tick(seconds(14)), seconds(14 + 3_600));
        assert_eq!(clock.now(seconds(15), seconds(4_605)), seconds(15 + 3_600));
        // The monotonic clock runs backwards, against its contract.
        assert_eq!(clock.tick(seconds(5)), seconds(15 + 3_600));
    }
}
