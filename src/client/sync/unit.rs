//! One thing that is kept equal to the server's truth: the list of rooms, or the messages of a room.
//!
//! ```text
//!              read                     gap                read
//!   Loading ─────────▶ Live ───────────────────▶ CatchingUp ─────────▶ Live
//!      │                 ▲                           │
//!      │ held too long   │ read                      │ held too long
//!      └──────────────▶ Stale ◀──────────────────────┘
//! ```
//!
//! Events are held back while a unit is catching up, and while it is loading if the application is to be told of what is
//! there already. A unit that is stale lets them through, and goes on trying.

use super::pager::Pager;
use super::{MAX_HOLD, MAX_HOLD_AFTER_FAILURE, MAX_RETRY_AFTER};
use crate::client::backoff::{Backoff, BackoffConfig};
use crate::client::clock::{Micros, earliest};
use crate::client::rest::RequestId;
use crate::client::state::Freshness;
use crate::protocol::ids::MessageId;

/// One reading of a unit: its messages, then the threads that may have changed.
#[derive(Clone, Debug)]
pub(super) struct Pass {
    /// The list that is being read; `None` of the list of rooms.
    pub(super) pager: Option<Pager>,
    pub(super) threads: Vec<Pager>,
    pub(super) began: Micros,
    /// Messages that are not known are new from this id on.
    pub(super) news_from: Option<MessageId>,
    /// Whether messages that are not news are learned.
    pub(super) learns: bool,
    /// Whether threads are read whose number of comments has not changed.
    pub(super) is_thorough: bool,
    /// When the unit is to be read again, as something that was found is in doubt.
    pub(super) look_at: Option<Micros>,
}

impl Pass {
    /// Takes the next thread out.
    pub(super) fn next_thread(&mut self) -> Option<Pager> {
        (!self.threads.is_empty()).then(|| self.threads.remove(0))
    }
}

/// A thing that is synchronised.
#[derive(Clone, Debug)]
pub(super) struct Unit {
    pub(super) freshness: Freshness,
    /// Whether its newest messages are followed; otherwise it is there for the news of one gap.
    pub(super) is_watched: bool,
    pub(super) pass: Option<Pass>,
    /// The request that is under way.
    pub(super) request: Option<RequestId>,
    /// When it is to be read again.
    pub(super) look_at: Option<Micros>,
    /// The same, where an earlier reading does not settle it.
    pub(super) check_at: Option<Micros>,
    /// Whether that reading follows a gap or a long time, so that everything is compared.
    pub(super) is_thorough: bool,
    pub(super) backoff: Backoff,
    /// Before this moment, nothing is asked.
    pub(super) retry_at: Option<Micros>,
    /// The same as the server wants it, on another connection as well.
    pub(super) not_before: Option<Micros>,
    /// Why the last request failed.
    pub(super) failure: Option<String>,
    /// Until when its events are held at the longest.
    pub(super) hold_until: Option<Micros>,
    /// What was learned without a word to the application is not certain before this moment.
    pub(super) young_until: Option<Micros>,
    /// When it was last found to be equal to the truth.
    pub(super) synced_at: Option<Micros>,
    /// Whether the list of rooms says that it has new messages.
    pub(super) has_news: bool,
    /// Whether its last reading was given up, as the list seemed to end too early.
    pub(super) is_broken: bool,
    /// Whether the list of rooms lacks it, so that it is not read before the next list confirms that or not.
    pub(super) is_suspended: bool,
    /// How many messages one request asks for, if answers of the usual size are too large.
    pub(super) limit: Option<u32>,
    /// How many messages its last request asked for.
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

    /// Whether it is due to be read, or goes on being read.
    pub(super) fn is_due(&self, now: Micros) -> bool {
        self.request.is_none() && self.due_at().is_some_and(|at| at <= now)
    }

    /// When the next request is due; `None` while one is under way, and if none is.
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

    /// A gap is behind it: events are held until it has been compared.
    pub(super) fn begin_catching_up(&mut self, now: Micros) {
        self.freshness = Freshness::CatchingUp;
        self.hold_until = Some(now + MAX_HOLD);
        self.is_thorough = true;
    }

    /// It has been read.
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

    /// A page of it was read.
    pub(super) fn go_on(&mut self) {
        self.backoff.reset();
        self.retry_at = None;
        self.failure = None;
    }

    /// The reading is given up, and begins again at that time.
    pub(super) fn start_over(&mut self, at: Micros) {
        let pass = self.pass.take();
        self.look(at, pass.is_some_and(|pass| pass.is_thorough));
        self.retry_at = Some(at);
    }

    /// A request failed for that reason. Gives how long it waits.
    pub(super) fn fail(&mut self, failure: String, retry_after: Option<Micros>, now: Micros) -> Micros {
        let delay = self.backoff.next_micros();
        let retry_after = retry_after.map(|wait| wait.min(MAX_RETRY_AFTER));
        let delay = delay.max(retry_after.unwrap_or_default());
        // Another request of the same path may have been told to wait longer.
        self.not_before = self.not_before.max(retry_after.map(|wait| now + wait));
        self.retry_at = Some(now + delay);
        if self.failure.is_none() && self.freshness != Freshness::Live {
            self.hold_until = self
                .hold_until
                .map(|until| until.min(now + MAX_HOLD_AFTER_FAILURE));
        }
        self.failure = Some(failure);
        // What was read may be out of date by then.
        self.pass = None;
        delay
    }

    /// Asks for another reading at that time, or sooner.
    pub(super) fn look(&mut self, at: Micros, is_thorough: bool) {
        self.look_at = earliest(self.look_at, Some(at));
        self.is_thorough |= is_thorough;
    }

    /// Asks for a thorough reading at that time, whatever is read before.
    pub(super) fn check(&mut self, at: Micros) {
        self.check_at = self.check_at.max(Some(at));
        self.look(at, true);
    }

    /// A reading begins. Tells whether it is a thorough one.
    pub(super) fn begin_look(&mut self, now: Micros) -> bool {
        self.check_at = self.check_at.filter(|at| *at > now);
        self.look_at = self.check_at;
        let is_thorough = self.is_thorough;
        self.is_thorough &= self.look_at.is_some();
        is_thorough
    }

    /// The connection is gone, and with it what is under way.
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
