//! A unit of synchronisation: the list of rooms, or the messages of a room.
//!
//! ```text
//!              read                     gap                read
//!   Loading ─────────▶ Live ───────────────────▶ CatchingUp ─────────▶ Live
//!      │                 ▲                           │
//!      │ held too long   │ read                      │ held too long
//!      └──────────────▶ Stale ◀──────────────────────┘
//! ```
//!
//! Events are held while a unit is catching up. They are also held while it is loading, if existing messages are to be
//! delivered. A stale unit does not hold events and keeps retrying.

use super::pager::Pager;
use super::{MAX_HOLD, MAX_HOLD_AFTER_FAILURE, MAX_RETRY_AFTER};
use crate::client::backoff::{Backoff, BackoffConfig};
use crate::client::clock::{Micros, earliest};
use crate::client::rest::RequestId;
use crate::client::state::Freshness;
use crate::protocol::ids::MessageId;

/// A reading of a unit: its messages, then the threads that may have changed.
#[derive(Clone, Debug)]
pub(super) struct Pass {
    /// The list being read; `None` for the list of rooms.
    pub(super) pager: Option<Pager>,
    pub(super) threads: Vec<Pager>,
    pub(super) began: Micros,
    /// Unknown messages from this id on are news.
    pub(super) news_from: Option<MessageId>,
    /// Whether messages that are not news are added to the replica.
    pub(super) learns: bool,
    /// Whether threads with an unchanged number of comments are read, too.
    pub(super) is_thorough: bool,
    /// When to read the unit again, as evidence conflicts.
    pub(super) look_at: Option<Micros>,
}

impl Pass {
    /// Takes the next thread.
    pub(super) fn next_thread(&mut self) -> Option<Pager> {
        (!self.threads.is_empty()).then(|| self.threads.remove(0))
    }
}

/// A unit of synchronisation.
#[derive(Clone, Debug)]
pub(super) struct Unit {
    pub(super) freshness: Freshness,
    /// Whether its newest messages are followed. Otherwise it exists only for the news of one gap.
    pub(super) is_watched: bool,
    pub(super) pass: Option<Pass>,
    /// The request in flight.
    pub(super) request: Option<RequestId>,
    /// When to read it again.
    pub(super) look_at: Option<Micros>,
    /// Like `look_at`, but an earlier reading does not replace it.
    pub(super) check_at: Option<Micros>,
    /// Whether the next reading compares everything, as it follows a gap or a long time.
    pub(super) is_thorough: bool,
    pub(super) backoff: Backoff,
    /// No requests before this moment.
    pub(super) retry_at: Option<Micros>,
    /// Like `retry_at`, as requested by the server. Holds across connections.
    pub(super) not_before: Option<Micros>,
    /// Why the last request failed.
    pub(super) failure: Option<String>,
    /// The latest time until which its events are held.
    pub(super) hold_until: Option<Micros>,
    /// Until when a baseline that the application was not told of is uncertain.
    pub(super) young_until: Option<Micros>,
    /// When it was last found equal to the server's state.
    pub(super) synced_at: Option<Micros>,
    /// Whether the list of rooms shows new messages.
    pub(super) has_news: bool,
    /// Whether the last reading was aborted, as the list seemed to end too early.
    pub(super) is_broken: bool,
    /// Whether the list of rooms lacks it. It is not read until the next list decides.
    pub(super) is_suspended: bool,
    /// Messages per request, if responses of the usual size are too large.
    pub(super) limit: Option<u32>,
    /// Messages in its last request.
    pub(super) asked: u32,
}

impl Unit {
    pub(super) fn new(freshness: Freshness, is_watched: bool, backoff: BackoffConfig, seed: u64) -> Self {
        Self {
            freshness,
            is_watched,
            pass: None,
            request: None,
            look_at: None,
            check_at: None,
            is_thorough: false,
            backoff: Backoff::new(backoff, seed),
            retry_at: None,
            not_before: None,
            failure: None,
            hold_until: None,
            young_until: None,
            synced_at: None,
            has_news: false,
            is_broken: false,
            is_suspended: false,
            limit: None,
            asked: 0,
        }
    }

    /// Whether a request is due.
    pub(super) fn is_due(&self, now: Micros) -> bool {
        self.request.is_none() && self.due_at().is_some_and(|at| at <= now)
    }

    /// When the next request is due; `None` if there is none or one is in flight.
    pub(super) fn due_at(&self) -> Option<Micros> {
        if self.request.is_some() || self.is_suspended {
            return None;
        }
        let wanted = if self.pass.is_some() || self.freshness != Freshness::Live {
            Some(0)
        } else {
            self.look_at
        };
        wanted
            .max(self.retry_at.filter(|_| wanted.is_some()))
            .max(self.not_before.filter(|_| wanted.is_some()))
    }

    /// Starts to hold events after a gap until the unit has been compared.
    pub(super) fn begin_catching_up(&mut self, now: Micros) {
        self.freshness = Freshness::CatchingUp;
        self.hold_until = Some(now + MAX_HOLD);
        self.is_thorough = true;
    }

    /// Finishes a reading.
    pub(super) fn succeed(&mut self, now: Micros) {
        self.freshness = Freshness::Live;
        self.backoff.reset();
        self.pass = None;
        self.retry_at = None;
        self.failure = None;
        self.hold_until = None;
        self.has_news = false;
        self.is_broken = false;
        self.synced_at = Some(now);
        self.limit = self.limit.map(|limit| limit.saturating_mul(2));
    }

    /// Forgets earlier failures after a page.
    pub(super) fn go_on(&mut self) {
        self.backoff.reset();
        self.retry_at = None;
        self.failure = None;
    }

    /// Aborts the reading and starts it again at that time.
    pub(super) fn start_over(&mut self, at: Micros) {
        let pass = self.pass.take();
        self.look(at, pass.is_some_and(|pass| pass.is_thorough));
        self.retry_at = Some(at);
    }

    /// Handles a failed request. Returns the delay before the next one.
    pub(super) fn fail(&mut self, failure: String, retry_after: Option<Micros>, now: Micros) -> Micros {
        let delay = self.backoff.next_micros();
        let retry_after = retry_after.map(|wait| wait.min(MAX_RETRY_AFTER));
        let delay = delay.max(retry_after.unwrap_or_default());
        // The server may have named a longer delay for another request with the same path.
        self.not_before = self.not_before.max(retry_after.map(|wait| now + wait));
        self.retry_at = Some(now + delay);
        if self.failure.is_none() && self.freshness != Freshness::Live {
            self.hold_until = self
                .hold_until
                .map(|until| until.min(now + MAX_HOLD_AFTER_FAILURE));
        }
        self.failure = Some(failure);
        // The pages read so far may be out of date by then.
        self.pass = None;
        delay
    }

    /// Schedules a reading at that time or earlier.
    pub(super) fn look(&mut self, at: Micros, is_thorough: bool) {
        self.look_at = earliest(self.look_at, Some(at));
        self.is_thorough |= is_thorough;
    }

    /// Schedules a thorough reading at that time, in addition to earlier ones.
    pub(super) fn check(&mut self, at: Micros) {
        self.check_at = self.check_at.max(Some(at));
        self.look(at, true);
    }

    /// Begins a reading. Returns whether it is thorough.
    pub(super) fn begin_look(&mut self, now: Micros) -> bool {
        self.check_at = self.check_at.filter(|at| *at > now);
        self.look_at = self.check_at;
        let is_thorough = self.is_thorough;
        self.is_thorough &= self.look_at.is_some();
        is_thorough
    }

    /// Aborts everything, as the connection is lost.
    pub(super) fn interrupt(&mut self) {
        self.pass = None;
        self.request = None;
        self.look_at = None;
        self.check_at = None;
        self.retry_at = None;
        self.failure = None;
        self.hold_until = None;
    }
}
