//! Notices a connection that is half open: nothing arrives on it, and no error either.
//!
//! A browser's WebSocket cannot ping. When the stream has been silent for a while and somebody is looking, the REST
//! API is asked: no answer means that the network is gone. An answer proves only that the server is there; so after a
//! longer silence everything is compared with the REST API, which shows whether the stream has kept something back.

use std::time::Duration;

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
    heard: Duration,
    probe_at: Duration,
    compare_at: Duration,
}

impl Watchdog {
    pub(super) fn new(config: WatchdogConfig, now: Duration) -> Self {
        Self {
            config,
            heard: now,
            probe_at: now + config.silence,
            compare_at: now + config.compare_after,
        }
    }

    /// Something arrived.
    pub(super) fn heard(&mut self, now: Duration) {
        *self = Self::new(self.config, now);
    }

    /// The moment when something is due.
    pub(super) fn due_at(&self) -> Duration {
        self.probe_at.min(self.compare_at)
    }

    /// What is due now. The next is due a period later.
    pub(super) fn due(&mut self, now: Duration) -> Option<Due> {
        if self.compare_at <= now {
            self.compare_at = now + self.config.compare_after;
            return Some(Due::Compare);
        }
        (self.probe_at <= now).then(|| {
            self.probe_at = now + self.config.silence;
            Due::Probe
        })
    }

    /// The REST API answered: the server is there, whatever the stream is.
    pub(super) fn answered(&mut self, now: Duration) {
        self.probe_at = now + self.config.silence;
    }

    /// Whether the server has said nothing for as long as is taken for quiet.
    pub(super) fn is_probe_due(&self, now: Duration) -> bool {
        self.probe_at <= now
    }

    /// There is a reason to doubt: the page was hidden, frozen or asleep. Whatever silence there was is enough.
    pub(super) fn doubt(&mut self, now: Duration) {
        if self.heard < now {
            self.probe_at = now;
        }
    }
}
