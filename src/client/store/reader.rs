//! Reads a list page by page.
//!
//! Cursors are ids from the list itself, or the one that a view is opened at. A server may treat them as inclusive or
//! exclusive. A short page proves nothing. A page without progress is the beginning of the list only if the server is
//! certain to know the cursor: it may answer with an empty page, or refuse, if the cursor was deleted or has not yet
//! reached it.

use super::job::{Job, Purpose, Way};
use super::list::Messages;
use super::page::{InFlight, Looked};
use crate::client::backoff::Backoff;
use crate::client::clock::Micros;
use crate::client::rest::{Request, RequestId};
use crate::client::sync::MIN_PAGE;
use crate::protocol::ids::MessageId;

/// The largest page, to get past unreadable entries.
const MAX_PAGE: u32 = 1_000;

/// The jobs of a list, at most one of them in flight.
#[derive(Clone, Debug)]
pub(super) struct Reader {
    pub(super) jobs: Vec<Job>,
    pub(super) in_flight: Option<InFlight>,
    pub(super) backoff: Backoff,
    /// No requests before this moment.
    pub(super) retry_at: Micros,
    /// Why the last request failed.
    pub(super) failure: Option<String>,
    /// Messages per request, if it differs from the usual number.
    pub(super) limit: Option<u32>,
    /// The usual number of messages per request.
    pub(super) usual: u32,
    /// The most messages per request, after the server refused more.
    most: Option<u32>,
    /// Whether a page was read on the way to the oldest unread message.
    pub(super) has_read_unread: bool,
    /// The status that the list was refused with, and how often in a row.
    pub(super) refusal: Option<(u16, u8)>,
    /// The last completed look for unconfirmed messages.
    pub(super) looked: Option<Looked>,
}

impl Reader {
    pub(super) const fn new(backoff: Backoff) -> Self {
        Self {
            jobs: Vec::new(),
            in_flight: None,
            backoff,
            retry_at: 0,
            failure: None,
            limit: None,
            usual: MIN_PAGE,
            most: None,
            has_read_unread: false,
            refusal: None,
            looked: None,
        }
    }

    /// Adds a job, unless there is one for the same purpose. Several `Open` jobs may read different places.
    pub(super) fn add(&mut self, job: Job) {
        if !self.is_at(job.purpose) || job.purpose == Purpose::Open {
            let is_same = |other: &Job| other.purpose == job.purpose && other.way == job.way;
            let under_way = self.in_flight.as_ref().map(|in_flight| &in_flight.job);
            if !self.jobs.iter().chain(under_way).any(is_same) {
                self.jobs.push(job);
            }
        }
    }

    /// Whether there is a job for that purpose.
    pub(super) fn is_at(&self, purpose: Purpose) -> bool {
        let under_way = self.in_flight.as_ref().map(|in_flight| &in_flight.job);
        let mut jobs = self.jobs.iter().chain(under_way);
        jobs.any(|job| job.purpose == purpose)
    }

    /// The end of the list before a gap that is being closed.
    pub(super) fn rejoins(&self) -> Option<MessageId> {
        let under_way = self.in_flight.as_ref().map(|in_flight| &in_flight.job);
        let mut jobs = self.jobs.iter().chain(under_way);
        let job = jobs.find(|job| job.purpose == Purpose::End)?;
        Some(job.floor)
    }

    /// Whether a job starts at the newest page.
    pub(super) fn reads_end(&self) -> bool {
        let under_way = self.in_flight.as_ref().map(|in_flight| &in_flight.job);
        let mut jobs = self.jobs.iter().chain(under_way);
        jobs.any(|job| job.purpose == Purpose::End || (job.purpose == Purpose::Open && !job.has_cursor()))
    }

    /// When the next request is due. Unread messages require a known user.
    pub(super) fn due_at(&self, knows_user: bool) -> Option<Micros> {
        if self.in_flight.is_some() {
            return None;
        }
        let jobs = self.jobs.iter().filter(|job| job.is_possible(knows_user));
        jobs.map(|job| job.retry_at.max(self.retry_at)).min()
    }

    /// The most urgent purpose that is due.
    pub(super) fn urgency(&self, knows_user: bool, now: Micros) -> Option<Purpose> {
        let jobs = self.jobs.iter().filter(|job| job.is_possible(knows_user));
        jobs.filter(|job| job.retry_at <= now)
            .map(|job| job.purpose)
            .min()
    }

    /// Takes the most urgent job and returns its next request, in flight as `id`.
    pub(super) fn request(
        &mut self,
        messages: &Messages,
        page: u32,
        urgency: Purpose,
        id: RequestId,
        now: Micros,
    ) -> Option<Request> {
        let is_it = |job: &Job| job.purpose == urgency && job.retry_at <= now;
        let index = self.jobs.iter().position(is_it)?;
        let mut job = self.jobs.remove(index);
        job.began.get_or_insert(now);
        let limit = self.limit.unwrap_or(page).max(MIN_PAGE);
        let (cursor, is_backward) = job.cursor();
        let (room_id, message_id) = (messages.key.room_id, messages.key.parent);
        let is_of_room = message_id == MessageId::ZERO;
        let request = match (is_backward, is_of_room) {
            (true, true) => Request::Messages {
                room_id,
                cursor,
                limit,
            },
            (true, false) => Request::Comments {
                message_id,
                cursor,
                limit,
            },
            (false, true) => Request::MessagesAfter {
                room_id,
                cursor,
                limit,
            },
            (false, false) => Request::CommentsAfter {
                message_id,
                cursor,
                limit,
            },
        };
        let sent = now;
        self.usual = page;
        self.in_flight = Some(InFlight { id, job, sent, limit });
        Some(request)
    }

    /// Aborts the request in flight, as the connection is lost.
    pub(super) fn interrupt(&mut self) -> Option<RequestId> {
        let in_flight = self.in_flight.take();
        let id = in_flight.as_ref().map(|in_flight| in_flight.id);
        self.jobs.extend(in_flight.map(|in_flight| in_flight.job));
        // Jobs that verify start over on the next connection.
        self.jobs.retain(|job| job.purpose < Purpose::End);
        for job in &mut self.jobs {
            job.retry_at = 0;
            if let Way::Back { is_listed, .. } = &mut job.way {
                *is_listed = false;
            }
        }
        self.failure = None;
        self.retry_at = 0;
        id
    }

    /// Halves the page size after a refused limit or a response that was too large. Returns whether that is possible.
    pub(super) fn ask_for_less(&mut self, asked: u32, is_refused: bool) -> bool {
        let less = (asked / 2).max(MIN_PAGE);
        if asked > MIN_PAGE {
            self.limit = Some(less);
            self.most = self.most.or(Some(less).filter(|_| is_refused));
        }
        asked > MIN_PAGE
    }

    /// Doubles the page size. Returns whether that is possible.
    pub(super) fn ask_for_more(&mut self, asked: u32) -> bool {
        let more = asked
            .saturating_mul(2)
            .min(self.most.unwrap_or(MAX_PAGE))
            .min(MAX_PAGE);
        self.limit = Some(more);
        more > asked
    }

    /// Removes the limits on the page size, as they did not cause the failure.
    pub(super) const fn forgive_limit(&mut self) {
        self.limit = None;
        self.most = None;
    }

    /// Raises the page size towards the usual number after a successful page.
    pub(super) fn restore_limit(&mut self, asked: u32, usual: u32) {
        let next = asked.saturating_mul(2).min(self.most.unwrap_or(usual)).min(usual);
        self.limit = Some(next).filter(|next| *next < usual);
    }
}
