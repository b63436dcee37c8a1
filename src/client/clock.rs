//! One clock out of two: the monotonic one of a page may stand still while the machine sleeps, and the wall clock may
//! be set.

use std::time::Duration;

/// Microseconds: a span of time, or a moment by the time since any fixed one. Arithmetic with durations is several times as
/// much code.
pub type Micros = u64;

/// A duration in microseconds.
#[must_use]
pub const fn micros(duration: Duration) -> Micros {
    duration.as_secs() * 1_000_000 + duration.subsec_micros() as u64
}

/// The earlier of two moments; that which there is, if there is one alone.
pub(super) fn earliest(one: Option<Micros>, other: Option<Micros>) -> Option<Micros> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        _ => one.or(other),
    }
}

/// From how much disagreement on the wall clock is believed: a machine was asleep, or the clock was set forward. Then
/// timers fire early, which does no harm.
const SLEPT: Duration = Duration::from_secs(2);

/// A clock that never runs backwards and goes on during sleep.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    /// When both clocks were read.
    monotonic: Duration,
    wall: Duration,
    /// When the monotonic one was.
    ticked: Duration,
    now: Duration,
}

impl Clock {
    /// Begins with these readings.
    #[must_use]
    pub const fn new(monotonic: Duration, wall: Duration) -> Self {
        Self {
            monotonic,
            wall,
            ticked: monotonic,
            now: monotonic,
        }
    }

    /// The time, from new readings.
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

    /// The time where only the monotonic clock is read: whether there was sleep is left to the next reading of both.
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
        // The machine slept for an hour, and the monotonic clock with it.
        assert_eq!(clock.now(seconds(12), seconds(4_602)), seconds(11 + 3_601));
        // Somebody sets the clock back by a day's worth.
        assert_eq!(clock.now(seconds(13), seconds(2_000)), seconds(11 + 3_602));
        assert_eq!(clock.now(seconds(14), seconds(2_001)), seconds(11 + 3_603));
        // Both went on during sleep: counted once.
        assert_eq!(clock.now(seconds(114), seconds(2_101)), seconds(11 + 3_703));
    }

    #[test]
    fn sleep_is_seen_when_both_are_read_again() {
        let seconds = Duration::from_secs;
        let mut clock = Clock::new(seconds(10), seconds(1_000));
        assert_eq!(clock.tick(seconds(11)), seconds(11));
        // Then the machine slept for an hour.
        assert_eq!(clock.tick(seconds(12)), seconds(12));
        assert_eq!(clock.now(seconds(13), seconds(4_603)), seconds(13 + 3_600));
        assert_eq!(clock.tick(seconds(14)), seconds(14 + 3_600));
        assert_eq!(clock.now(seconds(15), seconds(4_605)), seconds(15 + 3_600));
        // A monotonic clock that went back, against all promises.
        assert_eq!(clock.tick(seconds(5)), seconds(15 + 3_600));
    }
}
