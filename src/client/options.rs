//! The numeric options of `connect()`: their paths, limits and effects.

use std::time::Duration;

use super::machine::ClientConfig;

/// A numeric option. JavaScript checks its limits and passes it by its index in [`ALL`](Self::ALL).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NumberOption {
    /// `reconnect.maxMs`
    ReconnectMax,
    /// `reconnect.initialMs`
    ReconnectInitial,
    /// `reconnect.timeoutMs`
    ReconnectTimeout,
    /// `reconnect.stableAfterMs`
    ReconnectStableAfter,
    /// `reconnect.attempts`
    ReconnectAttempts,
    /// `rest.timeoutMs`
    RestTimeout,
    /// `watchdog.silenceMs`
    WatchdogSilence,
    /// `watchdog.compareAfterMs`
    WatchdogCompareAfter,
    /// `queue.maxFrames`
    QueueMaxFrames,
    /// `queue.maxBytes`
    QueueMaxBytes,
    /// `queue.turnMs`
    QueueTurn,
    /// `catchUp.window`
    CatchUpWindow,
    /// `catchUp.maxMessages`
    CatchUpMaxMessages,
    /// `catchUp.rooms`
    CatchUpRooms,
    /// `store.pageSize`
    StorePageSize,
    /// `store.maxMessages`
    StoreMaxMessages,
    /// `store.maxBytes`
    StoreMaxBytes,
    /// `store.maxMissed`
    StoreMaxMissed,
    /// `store.keptTimelines`
    StoreKeptTimelines,
}

impl NumberOption {
    /// All options, in the order in which they are set: an option comes after those that change its default.
    pub const ALL: [Self; 19] = [
        Self::ReconnectMax,
        Self::ReconnectInitial,
        Self::ReconnectTimeout,
        Self::ReconnectStableAfter,
        Self::ReconnectAttempts,
        Self::RestTimeout,
        Self::WatchdogSilence,
        Self::WatchdogCompareAfter,
        Self::QueueMaxFrames,
        Self::QueueMaxBytes,
        Self::QueueTurn,
        Self::CatchUpWindow,
        Self::CatchUpMaxMessages,
        Self::CatchUpRooms,
        Self::StorePageSize,
        Self::StoreMaxMessages,
        Self::StoreMaxBytes,
        Self::StoreMaxMissed,
        Self::StoreKeptTimelines,
    ];

    /// The largest value: the longest delay of a browser's timer.
    pub const MAX: u32 = i32::MAX as u32;

    /// The path. For example, `catchUp.window` is a member of the object `catchUp`.
    #[must_use]
    pub const fn path(self) -> &'static str {
        match self {
            Self::ReconnectMax => "reconnect.maxMs",
            Self::ReconnectInitial => "reconnect.initialMs",
            Self::ReconnectTimeout => "reconnect.timeoutMs",
            Self::ReconnectStableAfter => "reconnect.stableAfterMs",
            Self::ReconnectAttempts => "reconnect.attempts",
            Self::RestTimeout => "rest.timeoutMs",
            Self::WatchdogSilence => "watchdog.silenceMs",
            Self::WatchdogCompareAfter => "watchdog.compareAfterMs",
            Self::QueueMaxFrames => "queue.maxFrames",
            Self::QueueMaxBytes => "queue.maxBytes",
            Self::QueueTurn => "queue.turnMs",
            Self::CatchUpWindow => "catchUp.window",
            Self::CatchUpMaxMessages => "catchUp.maxMessages",
            Self::CatchUpRooms => "catchUp.rooms",
            Self::StorePageSize => "store.pageSize",
            Self::StoreMaxMessages => "store.maxMessages",
            Self::StoreMaxBytes => "store.maxBytes",
            Self::StoreMaxMissed => "store.maxMissed",
            Self::StoreKeptTimelines => "store.keptTimelines",
        }
    }

    /// The least value of an integer; `None` for milliseconds, which are at least 1 and may have a fraction.
    #[must_use]
    pub const fn least(self) -> Option<u32> {
        match self {
            Self::CatchUpRooms | Self::StoreKeptTimelines => Some(0),
            // With an inclusive cursor, pages of one message would never advance.
            Self::StorePageSize => Some(2),
            Self::ReconnectAttempts
            | Self::QueueMaxFrames
            | Self::QueueMaxBytes
            | Self::CatchUpWindow
            | Self::CatchUpMaxMessages
            | Self::StoreMaxMessages
            | Self::StoreMaxBytes
            | Self::StoreMaxMissed => Some(1),
            _ => None,
        }
    }

    /// Sets the option to a value within its limits.
    pub fn set(self, config: &mut ClientConfig, value: f64) {
        let time = Duration::from_micros((value * 1000.0) as u64);
        let count = value as usize;
        let ClientConfig {
            connection,
            watchdog,
            catch_up,
            queue,
            store,
            ..
        } = config;
        match self {
            Self::ReconnectMax => {
                connection.backoff.ceiling = time;
                connection.backoff.initial = connection.backoff.initial.min(time);
                catch_up.backoff = connection.backoff;
            }
            Self::ReconnectInitial => {
                connection.backoff.initial = time;
                catch_up.backoff = connection.backoff;
            }
            Self::ReconnectTimeout => connection.connect_timeout = time,
            Self::ReconnectStableAfter => connection.stable_after = time,
            Self::ReconnectAttempts => connection.max_attempts = Some(value as u32),
            Self::RestTimeout => watchdog.answer_timeout = time,
            Self::WatchdogSilence => watchdog.silence = time,
            Self::WatchdogCompareAfter => watchdog.compare_after = time,
            Self::QueueMaxFrames => queue.max_frames = count,
            Self::QueueMaxBytes => queue.max_bytes = count,
            Self::QueueTurn => queue.turn = time,
            Self::CatchUpWindow => catch_up.window = count,
            Self::CatchUpMaxMessages => catch_up.max_messages = count,
            Self::CatchUpRooms => catch_up.rooms = count,
            Self::StorePageSize => store.page = value as u32,
            Self::StoreMaxMessages => store.items = count,
            Self::StoreMaxBytes => store.bytes = count,
            Self::StoreMaxMissed => store.max_missed = count,
            Self::StoreKeptTimelines => store.kept = count,
        }
    }

    /// The value in a configuration; `None` if unset.
    #[must_use]
    pub fn get(self, config: &ClientConfig) -> Option<f64> {
        let millis = |time: Duration| Some(time.as_micros() as f64 / 1000.0);
        let count = |count: usize| Some(count as f64);
        let ClientConfig {
            connection,
            watchdog,
            catch_up,
            queue,
            store,
            ..
        } = config;
        match self {
            Self::ReconnectMax => millis(connection.backoff.ceiling),
            Self::ReconnectInitial => millis(connection.backoff.initial),
            Self::ReconnectTimeout => millis(connection.connect_timeout),
            Self::ReconnectStableAfter => millis(connection.stable_after),
            Self::ReconnectAttempts => connection.max_attempts.map(f64::from),
            Self::RestTimeout => millis(watchdog.answer_timeout),
            Self::WatchdogSilence => millis(watchdog.silence),
            Self::WatchdogCompareAfter => millis(watchdog.compare_after),
            Self::QueueMaxFrames => count(queue.max_frames),
            Self::QueueMaxBytes => count(queue.max_bytes),
            Self::QueueTurn => millis(queue.turn),
            Self::CatchUpWindow => count(catch_up.window),
            Self::CatchUpMaxMessages => count(catch_up.max_messages),
            Self::CatchUpRooms => count(catch_up.rooms),
            Self::StorePageSize => Some(store.page.into()),
            Self::StoreMaxMessages => count(store.items),
            Self::StoreMaxBytes => count(store.bytes),
            Self::StoreMaxMissed => count(store.max_missed),
            Self::StoreKeptTimelines => count(store.kept),
        }
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;

    #[test]
    fn sets_each_option_and_no_other() {
        for option in NumberOption::ALL {
            // Above the default of `reconnect.initialMs`, which a smaller `reconnect.maxMs` would lower.
            let value = 512.0;
            let mut config = ClientConfig::default();
            option.set(&mut config, value);
            for other in NumberOption::ALL {
                let expected = if other == option {
                    Some(value)
                } else {
                    other.get(&ClientConfig::default())
                };
                assert_eq!(other.get(&config), expected, "{option:?}, {other:?}");
            }
        }
    }

    #[test]
    fn keeps_fractions_of_milliseconds() {
        let mut config = ClientConfig::default();
        NumberOption::QueueTurn.set(&mut config, 1.5);
        assert_eq!(config.queue.turn, Duration::from_micros(1500));
    }

    #[test]
    fn lowers_the_first_delay_to_a_smaller_ceiling() {
        let mut config = ClientConfig::default();
        NumberOption::ReconnectMax.set(&mut config, 10.0);
        assert_eq!(config.connection.backoff.initial, Duration::from_millis(10));
    }

    #[test]
    fn reconnects_and_catches_up_with_the_same_delays() {
        for option in [NumberOption::ReconnectMax, NumberOption::ReconnectInitial] {
            let mut config = ClientConfig::default();
            option.set(&mut config, 600.0);
            assert_eq!(config.catch_up.backoff, config.connection.backoff, "{option:?}");
        }
    }

    #[test]
    fn has_defaults_within_the_limits() {
        for option in NumberOption::ALL {
            let limits = f64::from(option.least().unwrap_or(1))..=f64::from(NumberOption::MAX);
            let default = option.get(&ClientConfig::default());
            assert!(default.is_none_or(|value| limits.contains(&value)), "{option:?}");
        }
    }
}
