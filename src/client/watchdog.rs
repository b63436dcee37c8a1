//! Detects half-open connections, on which neither frames nor errors arrive.
//!
//! A browser's WebSocket cannot ping. When the stream is silent, the client requests `GET /status`, less often in a
//! hidden page: without a response, the network is gone. A response proves only that the server is there. After a
//! longer silence, a visible page compares everything with the REST API, which shows whether the stream has dropped
//! events.

use std::time::Duration;

use super::clock::{Micros, micros};

/// How much silence is tolerated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WatchdogConfig {
    /// The silence after which `GET /status` is requested, and the interval while it lasts. Default: 30 s.
    pub silence: Duration,
    /// How long the REST API may send nothing during a request. Default: 10 s.
    pub answer_timeout: Duration,
    /// The silence after which the rooms are compared, and the interval while it lasts. Default: 5 min.
    pub compare_after: Duration,
}

impl Default for WatchdogConfig {
    fn default() -> Self {
        Self {
            silence: Duration::from_secs(30),
            answer_timeout: Duration::from_secs(10),
            compare_after: Duration::from_secs(300),
        }
    }
}

/// The least silence after which `GET /status` is requested in a hidden page. Browsers limit its timers to one a
/// minute, but it has to find a dead connection before the user returns, or to show notifications.
const HIDDEN_SILENCE: Micros = 90_000_000;

/// A check that is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Due {
    /// Request `GET /status`.
    Probe,
    /// Compare everything.
    Compare,
}

/// Watches an open connection.
#[derive(Clone, Debug)]
pub(super) struct Watchdog {
    config: WatchdogConfig,
    visible: bool,
    heard: Micros,
    /// The time of the last frame, response or probe.
    quiet_since: Micros,
    /// Whether a probe is due regardless of the silence.
    doubts: bool,
    compare_at: Micros,
}

impl Watchdog {
    pub(super) fn new(config: WatchdogConfig, now: Micros) -> Self {
        Self {
            config,
            visible: true,
            heard: now,
            quiet_since: now,
            doubts: false,
            compare_at: now + micros(config.compare_after),
        }
    }

    /// Notes that something arrived on the stream.
    pub(super) fn heard(&mut self, now: Micros) {
        self.heard = now;
        self.compare_at = now + micros(self.config.compare_after);
        self.answered(now);
    }

    /// Notes that everything is being compared for another reason than silence.
    pub(super) fn compared(&mut self, now: Micros) {
        self.compare_at = now + micros(self.config.compare_after);
    }

    /// When a check is due.
    pub(super) fn due_at(&self) -> Micros {
        if self.visible {
            self.probe_at().min(self.compare_at)
        } else {
            self.probe_at()
        }
    }

    fn probe_at(&self) -> Micros {
        let silence = if self.doubts {
            0
        } else if self.visible {
            micros(self.config.silence)
        } else {
            micros(self.config.silence).max(HIDDEN_SILENCE)
        };
        self.quiet_since + silence
    }

    /// The check that is due now, if any. The next one is due a period later.
    pub(super) fn due(&mut self, now: Micros) -> Option<Due> {
        if self.visible && self.compare_at <= now {
            self.compare_at = now + micros(self.config.compare_after);
            return Some(Due::Compare);
        }
        self.is_probe_due(now).then(|| {
            self.answered(now);
            Due::Probe
        })
    }

    /// Notes a response of the REST API: the server is there, even if the stream is broken.
    pub(super) fn answered(&mut self, now: Micros) {
        self.quiet_since = now;
        self.doubts = false;
    }

    /// Whether the server has been silent for as long as is tolerated.
    pub(super) fn is_probe_due(&self, now: Micros) -> bool {
        self.probe_at() <= now
    }

    /// Makes a probe due after any silence, as the page was hidden, frozen or asleep, or the network changed.
    pub(super) fn doubt(&mut self, now: Micros) {
        self.doubts |= self.heard < now;
    }

    /// Sets whether the page is visible.
    pub(super) fn set_visible(&mut self, visible: bool, now: Micros) {
        self.visible = visible;
        if visible {
            self.doubt(now);
        }
    }
}
