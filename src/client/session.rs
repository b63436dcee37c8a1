//! Whether the server accepts the user's session, and when the application is asked to log the user in again.
//!
//! ```text
//!              refused                answered: yes, no
//!   ┌───────┐ ─────────▶ ┌───────┐ ────────────────────▶ ┌───────┐
//!   │ Armed │            │ Asked │                       │ Spent │
//!   └───────┘            └───────┘ ──┐ answered: failed  └───────┘
//!       ▲                    ▲       ▼
//!       │                    │   ┌─────────┐
//!       │                    └───│ RetryAt │
//!       │              that time └─────────┘
//!       └── proved (from any), rearmed by reconnect_now (from all but Asked)
//! ```

use super::backoff::{Backoff, BackoffConfig};
use super::clock::Micros;
use super::rest::Reply;
use super::state::Cause;
use crate::protocol::number::push_number;

/// The outcome of the application's attempt to log in again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Authorized {
    /// The user is logged in again.
    Yes,
    /// The user is not logged in, and another attempt would not help.
    No,
    /// The outcome is unknown, for example because the network failed.
    Failed,
}

/// The state of the application's attempt to log in again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Renewal {
    /// The application is asked at the next refusal.
    Armed,
    /// It was asked and has not answered yet.
    Asked,
    /// It failed and is asked again at that time.
    RetryAt(Micros),
    /// It has answered. A login that does not help is not requested again.
    Spent,
}

/// The application's attempts to log in again.
#[derive(Clone, Debug)]
pub(super) struct Session {
    renewal: Renewal,
    backoff: Backoff,
}

impl Session {
    pub(super) const fn new(config: BackoffConfig, seed: u64) -> Self {
        Self {
            renewal: Renewal::Armed,
            backoff: Backoff::new(config, seed),
        }
    }

    /// Handles a refused session. Returns whether to ask the application now.
    pub(super) fn refused(&mut self) -> bool {
        let asks = self.renewal == Renewal::Armed;
        if asks {
            self.renewal = Renewal::Asked;
        }
        asks
    }

    /// Handles the application's answer.
    pub(super) fn answered(&mut self, outcome: Authorized, now: Micros) {
        if self.renewal == Renewal::Asked {
            self.renewal = match outcome {
                Authorized::Yes | Authorized::No => Renewal::Spent,
                Authorized::Failed => Renewal::RetryAt(now + self.backoff.next_micros()),
            };
        }
    }

    /// When to ask the application again.
    pub(super) const fn retry_at(&self) -> Option<Micros> {
        match self.renewal {
            Renewal::RetryAt(at) => Some(at),
            _ => None,
        }
    }

    /// Returns whether to ask the application again now, as the session is still refused.
    pub(super) fn retry(&mut self, now: Micros) -> bool {
        let asks = self.retry_at().is_some_and(|at| at <= now);
        if asks {
            self.renewal = Renewal::Asked;
        }
        asks
    }

    /// Notes that the session is good: the next refusal counts as the first.
    pub(super) const fn proved(&mut self) {
        self.renewal = Renewal::Armed;
        self.backoff.reset();
    }

    /// Prepares for an attempt that the application requested: it may be asked again, unless its answer is pending.
    pub(super) fn rearm(&mut self) {
        if self.renewal != Renewal::Asked {
            self.renewal = Renewal::Armed;
        }
    }
}

/// What the response to `GET /status` says about the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Accepted,
    Refused,
    /// It says nothing.
    Unclear,
}

/// The outcome of `GET /status`.
#[derive(Clone, Copy, Debug)]
pub(super) struct StatusReply<'a>(pub(super) Reply<'a>);

impl StatusReply<'_> {
    pub(super) fn verdict(self) -> Verdict {
        match self.0 {
            Reply::Answer {
                status: 200, body, ..
            } if is_object(body) => Verdict::Accepted,
            Reply::Answer {
                status: 401 | 403 | 300..=399,
                ..
            } => Verdict::Refused,
            _ => Verdict::Unclear,
        }
    }

    /// Adds the response to a cause. `standard` is the reason if the cause has none.
    pub(super) fn explain(self, mut cause: Cause, standard: &str) -> Cause {
        if cause.reason.is_empty() {
            standard.clone_into(&mut cause.reason);
        }
        let reason = &mut cause.reason;
        match self.0 {
            Reply::Answer { status, body, .. } => {
                cause.status = Some(status);
                reason.push_str("; GET /status was answered with ");
                match status {
                    300..=399 => reason.push_str("a redirect"),
                    _ => push_number(reason, status.into()),
                }
                if status == 200 && !is_object(body) {
                    reason.push_str(", but not with the API's JSON");
                }
            }
            Reply::TooLarge => reason.push_str("; the answer to GET /status was too large"),
            Reply::Failed => reason.push_str("; GET /status was not answered"),
        }
        cause
    }
}

/// Whether a body looks like the API's. An HTML login page in its place does not.
fn is_object(body: &str) -> bool {
    let body = body.trim_ascii();
    body.starts_with('{') && body.ends_with('}')
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;

    const SECOND: Micros = 1_000_000;

    fn asked() -> Session {
        let mut session = Session::new(BackoffConfig::default(), 1);
        assert!(session.refused(), "armed at first");
        session
    }

    #[test]
    fn asks_at_the_first_refusal_only() {
        let mut session = asked();
        assert!(!session.refused());
        session.answered(Authorized::Yes, SECOND);
        assert!(!session.refused());
        session.proved();
        assert!(session.refused());
    }

    #[test]
    fn asks_again_after_a_failure_when_the_time_has_come() {
        let mut session = asked();
        session.answered(Authorized::Failed, SECOND);
        let at = session.retry_at().expect("it is retried");
        assert!(at >= SECOND && !session.refused());
        if let Some(before) = at.checked_sub(1_000) {
            assert!(!session.retry(before));
        }
        assert!(session.retry(at));
        assert!(!session.retry(at) && session.retry_at().is_none());
    }

    #[test]
    fn ignores_an_answer_that_nobody_waits_for() {
        let mut session = Session::new(BackoffConfig::default(), 1);
        session.answered(Authorized::Failed, SECOND);
        assert_eq!(session.retry_at(), None);
        assert!(session.refused());
        session.answered(Authorized::No, SECOND);
        session.answered(Authorized::Failed, SECOND);
        assert_eq!(session.retry_at(), None);
    }

    #[test]
    fn is_rearmed_unless_the_application_is_busy() {
        let mut session = asked();
        session.rearm();
        assert!(!session.refused(), "it has not answered yet");
        session.answered(Authorized::Failed, SECOND);
        session.rearm();
        assert_eq!(session.retry_at(), None);
        assert!(session.refused());
        session.answered(Authorized::No, SECOND);
        session.rearm();
        assert!(session.refused());
    }
}
