//! Injects faults.

use std::sync::Arc;

use super::{Active, ActiveFault, Fault, FaultError, LONGEST_REASON, ScheduledFault, Scope};
use crate::protocol::ids::UserId;
use crate::server::hub::{CloseReason, Farewell, Frame, Hub};
use crate::server::session::{SessionError, Sessions};
use crate::server::store::StoreError;

/// Injects faults into the connections and requests of a server. Clones share them.
#[derive(Clone)]
pub struct Faults {
    hub: Hub,
    sessions: Sessions,
    active: Arc<Active>,
}

impl std::fmt::Debug for Faults {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Faults")
            .field("active", &self.active())
            .finish_non_exhaustive()
    }
}

impl Faults {
    pub(in crate::server) fn new(hub: Hub, sessions: Sessions) -> Self {
        Self {
            active: hub.faults(),
            hub,
            sessions,
        }
    }

    /// Injects a fault for the users in the scope. It is in effect on return.
    ///
    /// # Errors
    /// Fails if the fault is invalid, or if sessions cannot be ended in the database.
    pub async fn inflict(&self, scope: Scope, fault: Fault) -> Result<(), FaultError> {
        fault.check()?;
        tracing::info!(?scope, kind = fault.name(), "a fault");
        let user_id = match scope {
            Scope::All => None,
            Scope::User(user_id) => Some(user_id),
        };
        match fault {
            Fault::Frame { text } => self.hub.send_as_is(user_id, &Frame::raw(&text)),
            Fault::Garbage { kind } => self.hub.send_as_is(user_id, &kind.frame()),
            Fault::Close { code, reason } => self.close(user_id, code, reason),
            Fault::Drop { how } => self.hub.end(user_id, &Farewell::Drop(how)),
            Fault::ExpireSessions {} => self.sessions.expire(user_id).await.map_err(|error| match error {
                SessionError::Store(StoreError::Locked) => FaultError::Locked,
                error => FaultError::Failed(error.to_string()),
            })?,
            Fault::Restart { ms } => {
                // First, as a quick client could otherwise be back before.
                self.active.begin(
                    scope,
                    Fault::RefuseUpgrades {
                        status: 503,
                        count: None,
                        ms: Some(ms),
                    },
                );
                self.close(user_id, 1012, Some("the server restarts".to_owned()));
            }
            lasting => self.active.begin(scope, lasting),
        }
        Ok(())
    }

    /// Begins the faults that precede the first connection, for all users.
    pub(in crate::server) fn at_start(&self, faults: &[ScheduledFault]) -> Result<(), FaultError> {
        faults.iter().try_for_each(ScheduledFault::check)?;
        for scheduled in faults.iter().filter(|scheduled| scheduled.is_immediate()) {
            self.active.begin(Scope::All, scheduled.fault.clone());
        }
        Ok(())
    }

    /// The active faults.
    #[must_use]
    pub fn active(&self) -> Vec<ActiveFault> {
        self.active.list()
    }

    /// Ends the active faults.
    pub fn clear(&self) {
        self.active.clear();
    }

    fn close(&self, user_id: Option<UserId>, code: u16, reason: Option<String>) {
        debug_assert!(
            reason
                .as_ref()
                .is_none_or(|reason| reason.len() <= LONGEST_REASON)
        );
        let farewell = Farewell::Close(CloseReason::Fault(code), reason.map(Into::into));
        self.hub.end(user_id, &farewell);
    }
}
