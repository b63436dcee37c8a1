//! The faults that last.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::Serialize;
use tokio::sync::watch;
use tokio::time::{self, Instant};

use super::{Fault, Part, Scope};
use crate::protocol::ids::UserId;

/// A fault that lasts, as it is now.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ActiveFault {
    /// Whom it concerns.
    pub scope: Scope,
    /// What it is.
    #[serde(flatten)]
    pub fault: Fault,
    /// For how many milliseconds it still lasts; `None` where that is not limited.
    pub remaining_ms: Option<u64>,
    /// How many times it still happens; `None` where that is not limited.
    pub remaining_count: Option<u32>,
}

struct Entry {
    scope: Scope,
    fault: Fault,
    until: Option<Instant>,
    left: Option<u32>,
    random: fastrand::Rng,
}

/// All faults that last.
pub(crate) struct Active {
    /// Whether there may be any: most servers have none, and are to pay nothing.
    any: AtomicBool,
    entries: Mutex<Vec<Entry>>,
    changes: watch::Sender<()>,
}

impl Default for Active {
    fn default() -> Self {
        Self {
            any: AtomicBool::new(false),
            entries: Mutex::default(),
            changes: watch::Sender::new(()),
        }
    }
}

impl Active {
    /// Begins one.
    pub(super) fn begin(&self, scope: Scope, fault: Fault) {
        let seed = match fault {
            Fault::Delay { seed, .. } | Fault::Lose { seed, .. } => seed,
            _ => 0,
        };
        self.lock().push(Entry {
            scope,
            until: fault.ms().map(|ms| Instant::now() + Duration::from_millis(ms)),
            left: fault.count(),
            fault,
            random: fastrand::Rng::with_seed(seed),
        });
        self.any.store(true, Ordering::Release);
        self.changes.send_replace(());
    }

    /// Ends all.
    pub(super) fn clear(&self) {
        self.lock().clear();
        self.any.store(false, Ordering::Release);
        self.changes.send_replace(());
    }

    /// What there is.
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

    /// Whether there may be any.
    pub(crate) fn any(&self) -> bool {
        self.any.load(Ordering::Acquire)
    }

    /// Tells when faults begin or are cleared.
    pub(crate) fn changes(&self) -> watch::Receiver<()> {
        self.changes.subscribe()
    }

    /// Whether an event is to be left out on its way to a connection of this user.
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

    /// By how much an event to a connection of this user is late.
    pub(crate) fn delay(&self, user_id: UserId) -> Duration {
        self.find(Some(user_id), |entry| match entry.fault {
            Fault::Delay {
                delay_ms, jitter_ms, ..
            } => Some(Duration::from_millis(delay_ms + entry.random.u64(0..=jitter_ms))),
            _ => None,
        })
        .unwrap_or_default()
    }

    /// The status that refuses the user's upgrade.
    pub(crate) fn refuses_upgrade(&self, user_id: Option<UserId>) -> Option<u16> {
        self.find(user_id, |entry| match entry.fault {
            Fault::RefuseUpgrades { status, .. } => Some(status),
            _ => None,
        })
    }

    /// The status that answers the user's REST request.
    pub(crate) fn rest_status(&self, user_id: Option<UserId>) -> Option<u16> {
        self.find(user_id, |entry| match entry.fault {
            Fault::RestStatus { status, .. } => Some(status),
            _ => None,
        })
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
            // The sender lives as long as `self`, so `changed` does not fail.
            match stall {
                None => return,
                Some(None) => drop(changes.changed().await),
                Some(Some(until)) => drop(time::timeout_at(until, changes.changed()).await),
            }
        }
    }

    /// The first answer of a fault that concerns the user, which is used up by one.
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

    /// Those that are not over.
    fn lock(&self) -> MutexGuard<'_, Vec<Entry>> {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        entries.retain(|entry| entry.left != Some(0) && entry.until.is_none_or(|until| until > now));
        entries
    }
}
