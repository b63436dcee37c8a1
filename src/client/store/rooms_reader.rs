//! Reads the list of rooms if catch-up is disabled. Otherwise, the synchronisation reads it.

use crate::client::backoff::Backoff;
use crate::client::clock::{Micros, micros};
use crate::client::rest::{Reply, Request, RequestId};
use crate::client::sync::MAX_RETRY_AFTER;
use crate::protocol::decode::digest;

/// Schedules the request for the list of rooms.
#[derive(Clone, Debug)]
pub(super) struct RoomsReader {
    backoff: Backoff,
    /// When to read the list; `None` if it is current.
    wanted_at: Option<Micros>,
    /// No requests before this moment.
    retry_at: Micros,
    /// The request in flight, and when it was sent.
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

    /// Schedules a reading.
    pub(super) fn look(&mut self, at: Micros) {
        self.wanted_at = Some(self.wanted_at.map_or(at, |other| other.min(at)));
    }

    /// When [`request`](Self::request) returns a request.
    pub(super) fn due_at(&self) -> Option<Micros> {
        let wanted_at = self.wanted_at.filter(|_| self.in_flight.is_none());
        wanted_at.map(|at| at.max(self.retry_at))
    }

    /// Whether a reading is scheduled or in flight.
    pub(super) const fn is_behind(&self) -> bool {
        self.wanted_at.is_some() || self.in_flight.is_some()
    }

    pub(super) const fn is_in_flight(&self) -> bool {
        self.in_flight.is_some()
    }

    /// Whether that request is the one in flight.
    pub(super) fn is_at(&self, id: RequestId) -> bool {
        self.in_flight.is_some_and(|(own, _)| own == id)
    }

    pub(super) fn request(&mut self, id: RequestId, now: Micros) -> Option<Request> {
        self.due_at().filter(|at| *at <= now)?;
        self.wanted_at = None;
        self.in_flight = Some((id, now));
        Some(Request::Rooms)
    }

    /// Forgets earlier failures.
    pub(super) const fn reset(&mut self) {
        self.backoff.reset();
        self.retry_at = 0;
        self.is_failing = false;
    }

    /// Aborts, as the connection is lost. Returns the request whose response is no longer needed.
    pub(super) fn interrupt(&mut self) -> Option<RequestId> {
        self.wanted_at = None;
        self.in_flight.take().map(|(id, _)| id)
    }

    /// Handles the response. Returns the body of a list and when it was requested.
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
