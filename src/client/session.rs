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

/// How the application's attempt to log in again ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Authorized {
    /// The user is logged in again.
    Yes,
    /// The user is not, and another attempt would not change that.
    No,
    /// It could not be found out, for example because the network failed.
    Failed,
}

/// Where the application stands with logging the user in again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Renewal {
    /// It is asked at the next refusal.
    Armed,
    /// It was asked, and has not answered yet.
    Asked,
    /// It failed, and is asked again at that time.
    RetryAt(Micros),
    /// It has answered. A login that does not help is not asked for again.
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

    /// The server refuses the session. Tells whether the application is to be asked now.
    pub(super) fn refused(&mut self) -> bool {
        let asks = self.renewal == Renewal::Armed;
        if asks {
            self.renewal = Renewal::Asked;
        }
        asks
    }

    /// The application has answered.
    pub(super) fn answered(&mut self, outcome: Authorized, now: Micros) {
        if self.renewal == Renewal::Asked {
            self.renewal = match outcome {
                Authorized::Yes | Authorized::No => Renewal::Spent,
                Authorized::Failed => Renewal::RetryAt(now + self.backoff.next_micros()),
            };
        }
    }

    /// When the application is to be asked again.
    pub(super) const fn retry_at(&self) -> Option<Micros> {
        match self.renewal {
            Renewal::RetryAt(at) => Some(at),
            _ => None,
        }
    }

    /// Time has passed, and the session is still refused. Tells whether the application is to be asked now.
    pub(super) fn retry(&mut self, now: Micros) -> bool {
        let asks = self.retry_at().is_some_and(|at| at <= now);
        if asks {
            self.renewal = Renewal::Asked;
        }
        asks
    }

    /// The session is good, and the next refusal is the first again.
    pub(super) const fn proved(&mut self) {
        self.renewal = Renewal::Armed;
        self.backoff.reset();
    }

    /// The application wants an attempt now, and may be asked if that is refused. One that is still busy with the last
    /// question is not asked another.
    pub(super) fn rearm(&mut self) {
        if self.renewal != Renewal::Asked {
            self.renewal = Renewal::Armed;
        }
    }
}

/// What `GET /status` says of the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Accepted,
    Refused,
    /// Nothing.
    Unclear,
}

/// What became of `GET /status`.
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

    /// Adds to a cause what the answer was. `standard` says what happened where the cause does not.
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

/// Whether a body looks like the API's: a page that answers in its place, to log in, does not.
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
