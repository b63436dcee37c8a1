//! Notices a connection that is half open: nothing arrives on it, and no error either.
//!
//! A browser's WebSocket cannot ping. When the stream has been silent for a while, the REST API is asked, less often in a
//! page that nobody looks at: no answer means that the network is gone. An answer proves only that the server is there; so
//! after a longer silence everything is compared with the REST API, which shows whether the stream has kept something
//! back.

use std::time::Duration;

use super::clock::{Micros, micros};

/// How long silence is taken for quiet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WatchdogConfig {
    /// After how much silence `GET /status` is asked, and how often as long as the silence lasts. Default: 30 s.
    pub silence: Duration,
    /// How long any answer of the REST API may take. Default: 10 s.
    pub answer_timeout: Duration,
    /// After how much silence the rooms are compared, and how often as long as it lasts. Default: 5 min.
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

/// After how much silence `GET /status` is asked for a page that is not seen, at least. Nobody looks at it, and browsers
/// let its timers fire once a minute; but it has to find a dead connection before somebody looks, or to notify.
const HIDDEN_SILENCE: Micros = 90_000_000;

/// What is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Due {
    /// Ask whether the server is there.
    Probe,
    /// Compare everything.
    Compare,
}

/// Watches one open connection.
#[derive(Clone, Debug)]
pub(super) struct Watchdog {
    config: WatchdogConfig,
    visible: bool,
    heard: Micros,
    /// Since when there was neither a frame, nor an answer, nor a probe.
    quiet_since: Micros,
    /// Whether a probe is due, however short the silence is.
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

    /// Something arrived.
    pub(super) fn heard(&mut self, now: Micros) {
        self.heard = now;
        self.compare_at = now + micros(self.config.compare_after);
        self.answered(now);
    }

    /// Everything is being compared for another reason than silence.
    pub(super) fn compared(&mut self, now: Micros) {
        self.compare_at = now + micros(self.config.compare_after);
    }

    /// The moment when something is due.
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

    /// What is due now. The next is due a period later.
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

    /// The REST API answered: the server is there, whatever the stream is.
    pub(super) fn answered(&mut self, now: Micros) {
        self.quiet_since = now;
        self.doubts = false;
    }

    /// Whether the server has said nothing for as long as is taken for quiet.
    pub(super) fn is_probe_due(&self, now: Micros) -> bool {
        self.probe_at() <= now
    }

    /// There is a reason to doubt: the page was hidden, frozen or asleep. Whatever silence there was is enough.
    pub(super) fn doubt(&mut self, now: Micros) {
        self.doubts |= self.heard < now;
    }

    /// The page is seen, or no longer.
    pub(super) fn set_visible(&mut self, visible: bool, now: Micros) {
        self.visible = visible;
        if visible {
            self.doubt(now);
        }
    }
}
