//! The requests in flight.

use crate::client::clock::Micros;
use crate::client::rest::RequestId;

/// The purpose of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Check whether the server accepts the session.
    Session,
    /// Check whether the server responds.
    Probe,
    /// Find out who the user is.
    Identity,
    /// Find out what happened during a gap.
    Sync,
    /// Load what is shown.
    Store,
}

#[derive(Clone, Copy, Debug)]
struct Pending {
    id: RequestId,
    purpose: Purpose,
    deadline: Micros,
}

/// A handful at most: one each for the connection, the watchdog and the user, and those of the synchronisation.
#[derive(Clone, Debug, Default)]
pub(super) struct Requests {
    pending: Vec<Pending>,
    next: u64,
}

impl Requests {
    /// The id of the next request.
    pub(super) const fn next_id(&self) -> RequestId {
        RequestId(self.next)
    }

    /// Adds a request that times out at `deadline`.
    pub(super) fn add(&mut self, purpose: Purpose, deadline: Micros) -> RequestId {
        let id = self.next_id();
        self.next += 1;
        self.pending.push(Pending {
            id,
            purpose,
            deadline,
        });
        id
    }

    /// Extends the deadline of a request whose response is arriving. Returns whether the request is still in flight.
    pub(super) fn extend(&mut self, id: RequestId, deadline: Micros) -> bool {
        let pending = self.pending.iter_mut().find(|pending| pending.id == id);
        pending.map(|pending| pending.deadline = deadline).is_some()
    }

    /// Removes a request that was answered. `None` if it was aborted.
    pub(super) fn take(&mut self, id: RequestId) -> Option<Purpose> {
        let index = self.pending.iter().position(|pending| pending.id == id)?;
        Some(self.pending.swap_remove(index).purpose)
    }

    /// A request that has timed out.
    pub(super) fn late(&self, now: Micros) -> Option<RequestId> {
        let late = self.pending.iter().find(|pending| pending.deadline <= now);
        late.map(|pending| pending.id)
    }

    /// A request with that purpose.
    pub(super) fn with(&self, purpose: Purpose) -> Option<RequestId> {
        let found = self.pending.iter().find(|pending| pending.purpose == purpose);
        found.map(|pending| pending.id)
    }

    /// The earliest deadline.
    pub(super) fn deadline(&self) -> Option<Micros> {
        self.pending.iter().map(|pending| pending.deadline).min()
    }
}
