//! The requests that are under way.

use crate::client::clock::Micros;
use crate::client::rest::RequestId;

/// What a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Does the server accept the session?
    Session,
    /// Is the server there?
    Probe,
    /// Who is the user?
    Identity,
    /// What happened during a gap?
    Sync,
    /// What is shown?
    Store,
}

#[derive(Clone, Copy, Debug)]
struct Pending {
    id: RequestId,
    purpose: Purpose,
    deadline: Micros,
}

/// A handful at most: one for the connection, one for the watchdog, one for the user, and those of the synchronisation.
#[derive(Clone, Debug, Default)]
pub(super) struct Requests {
    pending: Vec<Pending>,
    next: u64,
}

impl Requests {
    /// The id that the next request will get.
    pub(super) const fn next_id(&self) -> RequestId {
        RequestId(self.next)
    }

    /// Notes a request that is answered by `deadline` or not at all.
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

    /// A request is being answered, and should be by `deadline`. Tells whether it was not given up.
    pub(super) fn extend(&mut self, id: RequestId, deadline: Micros) -> bool {
        let pending = self.pending.iter_mut().find(|pending| pending.id == id);
        pending.map(|pending| pending.deadline = deadline).is_some()
    }

    /// A request is answered. `None` for one that was given up.
    pub(super) fn take(&mut self, id: RequestId) -> Option<Purpose> {
        let index = self.pending.iter().position(|pending| pending.id == id)?;
        Some(self.pending.swap_remove(index).purpose)
    }

    /// A request that should have been answered by now.
    pub(super) fn late(&self, now: Micros) -> Option<RequestId> {
        let late = self.pending.iter().find(|pending| pending.deadline <= now);
        late.map(|pending| pending.id)
    }

    /// A request for that purpose.
    pub(super) fn with(&self, purpose: Purpose) -> Option<RequestId> {
        let found = self.pending.iter().find(|pending| pending.purpose == purpose);
        found.map(|pending| pending.id)
    }

    /// When the next request should be answered.
    pub(super) fn deadline(&self) -> Option<Micros> {
        self.pending.iter().map(|pending| pending.deadline).min()
    }
}
