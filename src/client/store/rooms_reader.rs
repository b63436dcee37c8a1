//! Reads the list of rooms for a client that does not catch up. In any other, the synchronisation reads it.

use crate::client::backoff::Backoff;
use crate::client::clock::{Micros, micros};
use crate::client::rest::{Reply, Request, RequestId};
use crate::client::sync::MAX_RETRY_AFTER;
use crate::protocol::decode::digest;

/// When the list is read, and the request that reads it.
#[derive(Clone, Debug)]
pub(super) struct RoomsReader {
    backoff: Backoff,
    /// When it is to be read; `None` if nothing is wanted.
    wanted_at: Option<Micros>,
    /// Before this moment it is not asked for again.
    retry_at: Micros,
    /// The request, and when it was sent.
    in_flight: Option<(RequestId, Micros)>,
    /// Whether the last request has failed.
    pub(super) is_failing: bool,
}

impl RoomsReader {
    pub(super) const fn new(backoff: Backoff) -> Self {
        Self {
            backoff,
            wanted_at: None,
            retry_at: 0,
            in_flight: None,
            is_failing: false,
        }
    }

    /// The list is to be read at that time.
    pub(super) fn look(&mut self, at: Micros) {
        self.wanted_at = Some(self.wanted_at.map_or(at, |other| other.min(at)));
    }

    /// When [`request`](Self::request) gives one.
    pub(super) fn due_at(&self) -> Option<Micros> {
        let wanted_at = self.wanted_at.filter(|_| self.in_flight.is_none());
        wanted_at.map(|at| at.max(self.retry_at))
    }

    /// Whether something is being read, or wants to be.
    pub(super) const fn is_behind(&self) -> bool {
        self.wanted_at.is_some() || self.in_flight.is_some()
    }

    pub(super) const fn is_in_flight(&self) -> bool {
        self.in_flight.is_some()
    }

    /// Whether that request reads the list.
    pub(super) fn is_at(&self, id: RequestId) -> bool {
        self.in_flight.is_some_and(|(own, _)| own == id)
    }

    pub(super) fn request(&mut self, id: RequestId, now: Micros) -> Option<Request> {
        self.due_at().filter(|at| *at <= now)?;
        self.wanted_at = None;
        self.in_flight = Some((id, now));
        Some(Request::Rooms)
    }

    /// The connection opened.
    pub(super) const fn reset(&mut self) {
        self.backoff.reset();
        self.retry_at = 0;
        self.is_failing = false;
    }

    /// The connection is gone. Gives the request whose answer is of no interest any more.
    pub(super) fn interrupt(&mut self) -> Option<RequestId> {
        self.wanted_at = None;
        self.in_flight.take().map(|(id, _)| id)
    }

    /// The request was answered, or failed. Gives the body of a list and when it was asked for.
    pub(super) fn take<'a>(&mut self, reply: Reply<'a>, now: Micros) -> Option<(&'a str, Micros)> {
        let (_, sent) = self.in_flight.take()?;
        let wait = match reply {
            Reply::Answer {
                status: 200, body, ..
            } if digest::rooms(body).is_ok() => {
                self.reset();
                return Some((body, sent));
            }
            Reply::Answer { retry_after, .. } => retry_after.map(micros),
            Reply::TooLarge | Reply::Failed => None,
        };
        let wait = wait.unwrap_or_default().min(MAX_RETRY_AFTER);
        self.retry_at = now + self.backoff.next_micros().max(wait);
        self.is_failing = true;
        self.look(now);
        None
    }
}
