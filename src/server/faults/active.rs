//! The active faults.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::Serialize;
use tokio::sync::watch;
use tokio::time::{self, Instant};

use super::{Call, Cap, Fault, Hold, Lag, Lagging, Part, Scope, Slowness, StatusFault};
use crate::protocol::ids::UserId;

/// An active fault.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ActiveFault {
    /// The users that it affects.
    pub scope: Scope,
    /// The fault.
    #[serde(flatten)]
    pub fault: Fault,
    /// The remaining time in milliseconds; `None` if unlimited.
    pub remaining_ms: Option<u64>,
    /// How many more times it applies; `None` if unlimited.
    pub remaining_count: Option<u32>,
}

struct Entry {
    scope: Scope,
    fault: Fault,
    until: Option<Instant>,
    left: Option<u32>,
    random: fastrand::Rng,
}

/// All active faults.
pub(crate) struct Active {
    /// Whether there may be any. Servers without faults skip the lock.
    any: AtomicBool,
    entries: Mutex<Vec<Entry>>,
    changes: watch::Sender<()>,
    clears: watch::Sender<()>,
    /// The number of the latest period of lagging reads.
    lagging: AtomicU64,
}

impl Default for Active {
    fn default() -> Self {
        Self {
            any: AtomicBool::new(false),
            entries: Mutex::default(),
            changes: watch::Sender::new(()),
            clears: watch::Sender::new(()),
            lagging: AtomicU64::new(0),
        }
    }
}

impl Active {
    /// Begins a fault.
    pub(super) fn begin(&self, scope: Scope, fault: Fault) {
        let seed = match fault {
            Fault::Delay { seed, .. } | Fault::Lose { seed, .. } => seed,
            _ => 0,
        };
        let mut entries = self.lock();
        let lags = |entry: &Entry| matches!(entry.fault, Fault::RestLag { .. });
        if matches!(fault, Fault::RestLag { .. }) && !entries.iter().any(lags) {
            self.lagging.fetch_add(1, Ordering::Relaxed);
        }
        entries.push(Entry {
            scope,
            until: fault.ms().map(|ms| Instant::now() + Duration::from_millis(ms)),
            left: fault.count(),
            fault,
            random: fastrand::Rng::with_seed(seed),
        });
        drop(entries);
        self.any.store(true, Ordering::Release);
        self.changes.send_replace(());
    }

    /// Ends all faults.
    pub(super) fn clear(&self) {
        let mut entries = self.lock();
        entries.clear();
        // Under the lock, so that a held request subscribes either before its entry is cleared or not at all.
        self.clears.send_replace(());
        self.any.store(false, Ordering::Release);
        drop(entries);
        self.changes.send_replace(());
    }

    /// The active faults.
    pub(super) fn list(&self) -> Vec<ActiveFault> {
        let now = Instant::now();
        let remaining = |until: Instant| u64::try_from((until - now).as_millis()).unwrap_or(u64::MAX);
        self.lock()
            .iter()
            .map(|entry| ActiveFault {
                scope: entry.scope,
                fault: entry.fault.clone(),
                remaining_ms: entry.until.map(remaining),
                remaining_count: entry.left,
            })
            .collect()
    }

    /// Whether there may be any faults.
    pub(crate) fn any(&self) -> bool {
        self.any.load(Ordering::Acquire)
    }

    /// Signals when faults begin or are cleared.
    pub(crate) fn changes(&self) -> watch::Receiver<()> {
        self.changes.subscribe()
    }

    /// Whether to drop an event to a connection of this user.
    pub(crate) fn loses(&self, user_id: UserId) -> bool {
        self.find(Some(user_id), |entry| match entry.fault {
            Fault::Lose { share: None, .. } => Some(()),
            Fault::Lose {
                share: Some(share), ..
            } => (entry.random.f64() < share).then_some(()),
            _ => None,
        })
        .is_some()
    }

    /// The delay of an event to a connection of this user.
    pub(crate) fn delay(&self, user_id: UserId) -> Duration {
        self.find(Some(user_id), |entry| match entry.fault {
            Fault::Delay {
                delay_ms, jitter_ms, ..
            } => Some(Duration::from_millis(delay_ms + entry.random.u64(0..=jitter_ms))),
            _ => None,
        })
        .unwrap_or_default()
    }

    /// The status with which to refuse the user's upgrade.
    pub(crate) fn refuses_upgrade(&self, user_id: Option<UserId>) -> Option<u16> {
        self.find(user_id, |entry| match entry.fault {
            Fault::RefuseUpgrades { status, .. } => Some(status),
            _ => None,
        })
    }

    /// The fault response to this request of the user.
    pub(crate) fn rest_status(&self, user_id: Option<UserId>, call: Call<'_>) -> Option<StatusFault> {
        self.find(user_id, |entry| match &entry.fault {
            Fault::RestStatus {
                status,
                body,
                retry_after_s,
                method,
                path,
                exact,
                ..
            } if call.is_of(*method, path.as_deref(), *exact) => Some(StatusFault {
                status: *status,
                body: *body,
                retry_after_s: *retry_after_s,
            }),
            _ => None,
        })
    }

    /// What holds this request of the user.
    pub(crate) fn rest_hang(&self, user_id: Option<UserId>, call: Call<'_>) -> Option<Hold> {
        self.find(user_id, |entry| match &entry.fault {
            Fault::RestHang {
                method, path, exact, ..
            } if call.is_of(*method, path.as_deref(), *exact) => Some(self.hold(entry.until)),
            _ => None,
        })
    }

    /// How slowly to send the response to this request of the user.
    pub(crate) fn rest_slow(&self, user_id: Option<UserId>, call: Call<'_>) -> Option<Slowness> {
        self.find(user_id, |entry| match &entry.fault {
            Fault::RestSlow {
                bytes_per_second,
                method,
                path,
                exact,
                ..
            } if call.is_of(*method, path.as_deref(), *exact) => Some(Slowness {
                bytes_per_second: *bytes_per_second,
                hold: self.hold(entry.until),
            }),
            _ => None,
        })
    }

    /// The limit of the user's pages.
    pub(crate) fn rest_cap(&self, user_id: UserId) -> Option<Cap> {
        self.find(Some(user_id), |entry| match entry.fault {
            Fault::RestCap { limit, mode, .. } => Some(Cap { limit, mode }),
            _ => None,
        })
    }

    /// The age of the state that the user reads.
    pub(crate) fn rest_lag(&self, user_id: UserId) -> Option<Lag> {
        self.find(Some(user_id), |entry| match entry.fault {
            Fault::RestLag { lag_ms, .. } => Some(Lag {
                ms: lag_ms,
                run: self.lagging.load(Ordering::Relaxed),
            }),
            _ => None,
        })
    }

    /// The longest lag of any user's reads, if there is one.
    pub(crate) fn lagging(&self) -> Option<Lagging> {
        if !self.any() {
            return None;
        }
        let entries = self.lock();
        let lags = entries.iter().filter_map(|entry| match entry.fault {
            Fault::RestLag { lag_ms, .. } => Some(lag_ms),
            _ => None,
        });
        lags.max().map(|longest_ms| Lagging {
            longest_ms,
            run: self.lagging.load(Ordering::Relaxed),
        })
    }

    /// Holds a request while a fault is active. Call this under the lock of the entries.
    fn hold(&self, until: Option<Instant>) -> Hold {
        Hold {
            until,
            clears: self.clears.subscribe(),
        }
    }

    /// Waits while this part is stalled for the user.
    pub(crate) async fn pass(&self, user_id: Option<UserId>, part: Part) {
        if !self.any() {
            return;
        }
        let mut changes = self.changes();
        loop {
            changes.mark_unchanged();
            let stall = self.find(user_id, |entry| match entry.fault {
                Fault::Stall { part: stalled, .. } if stalled == Part::All || stalled == part => {
                    Some(entry.until)
                }
                _ => None,
            });
            // `changed` does not fail, as the sender lives as long as `self`.
            match stall {
                None => return,
                Some(None) => drop(changes.changed().await),
                Some(Some(until)) => drop(time::timeout_at(until, changes.changed()).await),
            }
        }
    }

    /// The first match among the faults that affect the user. Reduces the remaining count of that fault.
    fn find<T>(
        &self,
        user_id: Option<UserId>,
        mut matches: impl FnMut(&mut Entry) -> Option<T>,
    ) -> Option<T> {
        if !self.any() {
            return None;
        }
        self.lock().iter_mut().find_map(|entry| {
            if !entry.scope.covers(user_id) {
                return None;
            }
            let found = matches(entry)?;
            entry.left = entry.left.map(|left| left.saturating_sub(1));
            Some(found)
        })
    }

    /// Locks the faults after removing those that have ended.
    fn lock(&self) -> MutexGuard<'_, Vec<Entry>> {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        entries.retain(|entry| entry.left != Some(0) && entry.until.is_none_or(|until| until > now));
        entries
    }
}
