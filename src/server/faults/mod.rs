//! What can be done to connections on purpose, to see how a client takes it.
//!
//! A fault is a JSON object, the same for `POST /api/v1/reference/faults` (where the server was started with
//! `--faults`), for the option `--fault` and, as [`Fault`], for [`Server::faults`](crate::server::Server::faults).
//! Times are milliseconds, at most one day. Fields with `?` may be left out.
//!
//! | `fault` | fields | what happens |
//! | --- | --- | --- |
//! | `frame` | `text` | the text is sent as a frame, as it is |
//! | `garbage` | `kind` | a frame that no client should trip over: a [`Garbage`] |
//! | `close` | `code`, `reason?` | connections are closed with this code and reason |
//! | `drop` | `how?` | connections end without a close frame: `clean` (FIN, the default), `abrupt` (RST), `midFrame` (FIN in the middle of a frame) |
//! | `expireSessions` | | sessions and tokens end, and their connections with 4001 |
//! | `restart` | `ms` | connections are closed with 1012, and upgrades answered with 503 for this time |
//! | `refuseUpgrades` | `status?`, `count?`, `ms?` | upgrades are refused with this status (503): the next `count`, or for a time, or both |
//! | `stall` | `ms?`, `part?` | nothing is read or answered, and nothing is closed: a dead network. `part`: `events` (the default; open connections and new upgrades), `rest`, `all` |
//! | `delay` | `delayMs`, `jitterMs?`, `seed?`, `ms?` | events come late by `delayMs` and up to `jitterMs` more, still in order |
//! | `lose` | `count?` or `share?` with `seed?`, `ms?` | events are left out silently: the next `count` deliveries, or a share of them, from 0 to 1 |
//! | `restStatus` | `status`, `count?`, `ms?` | REST requests are answered with this status and not carried out |
//!
//! The first six happen at once. The others last: for `ms`, or `count` times, or until they are cleared. What lasts
//! is shown by `GET` and cleared by `DELETE` at the same path, which no fault affects.
//!
//! `--fault` and [`ScheduledFault`] may also say when: `afterMs` after the start, and again `everyMs`.
//!
//! A `scope` beside them says whom it concerns: `"caller"` (the default), `"all"`, or the id of a user. A fault of one
//! user concerns requests that carry that user's session or token, so no login.

mod active;
mod control;
mod garbage;
mod schedule;

use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

pub(crate) use active::Active;
pub use active::ActiveFault;
pub use control::Faults;
pub use garbage::Garbage;
pub use schedule::ScheduledFault;

use crate::protocol::ids::UserId;

/// The longest time that a fault takes or lasts.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// The most bytes of a reason in a close frame (RFC 6455, section 5.5).
const LONGEST_REASON: usize = 123;

/// Whom a fault concerns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Scope {
    /// Everybody, also requests of nobody.
    All,
    /// One user.
    #[serde(untagged)]
    User(UserId),
}

impl Scope {
    /// Whether a user is concerned; `None` is a request of nobody.
    pub(crate) fn covers(self, user_id: Option<UserId>) -> bool {
        match self {
            Self::All => true,
            Self::User(one) => user_id == Some(one),
        }
    }
}

/// How connections end without a close frame. A browser reports code 1006 for each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum DropKind {
    /// The TCP connection is ended in order (FIN).
    #[default]
    Clean,
    /// The TCP connection is reset (RST).
    Abrupt,
    /// The TCP connection is ended in the middle of a frame.
    MidFrame,
}

/// What is stalled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Part {
    /// Connections of `/events`, and upgrades.
    #[default]
    Events,
    /// All other requests of the API.
    Rest,
    /// Both.
    All,
}

/// A disturbance. The table of this module's page in the documentation of the server says what each does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(
    tag = "fault",
    rename_all = "camelCase",
    rename_all_fields = "camelCase",
    deny_unknown_fields
)]
pub enum Fault {
    /// Sends a text frame as it is: an event, one of a type that nobody knows, or no JSON at all.
    Frame {
        /// What it says.
        text: String,
    },
    /// Sends a frame that is no good event.
    Garbage {
        /// Of which kind.
        kind: Garbage,
    },
    /// Closes with a close frame.
    Close {
        /// The close code: one that may stand in a close frame (RFC 6455, section 7.4).
        code: u16,
        /// The reason, at most 123 bytes.
        reason: Option<String>,
    },
    /// Drops without a close frame.
    Drop {
        /// In which way.
        #[serde(default)]
        how: DropKind,
    },
    /// Ends sessions and tokens.
    ExpireSessions {},
    /// Closes connections with code 1012 and refuses upgrades for a time.
    Restart {
        /// For how long, in milliseconds.
        ms: u64,
    },
    /// Refuses upgrades.
    RefuseUpgrades {
        /// With which HTTP status, 400 to 599. Default: 503.
        #[serde(default = "unavailable")]
        status: u16,
        /// How many.
        count: Option<u32>,
        /// For how long, in milliseconds.
        ms: Option<u64>,
    },
    /// Lets everything hang, as a dead network does.
    Stall {
        /// For how long, in milliseconds.
        ms: Option<u64>,
        /// What hangs.
        #[serde(default)]
        part: Part,
    },
    /// Delivers events late.
    Delay {
        /// By how much at least, in milliseconds.
        delay_ms: u64,
        /// By how much more at most, in milliseconds.
        #[serde(default)]
        jitter_ms: u64,
        /// What the jitter is drawn from.
        #[serde(default)]
        seed: u64,
        /// For how long, in milliseconds.
        ms: Option<u64>,
    },
    /// Leaves events out.
    Lose {
        /// How many deliveries.
        count: Option<u32>,
        /// Which share of the deliveries, from 0 to 1.
        share: Option<f64>,
        /// What decides which.
        #[serde(default)]
        seed: u64,
        /// For how long, in milliseconds.
        ms: Option<u64>,
    },
    /// Answers REST requests with a failure.
    RestStatus {
        /// The HTTP status, 400 to 599.
        status: u16,
        /// How many requests.
        count: Option<u32>,
        /// For how long, in milliseconds.
        ms: Option<u64>,
    },
}

const fn unavailable() -> u16 {
    503
}

/// A fault that makes no sense, or could not be brought about.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FaultError {
    /// The code may not stand in a close frame.
    #[error("{0} cannot stand in a close frame: codes are 1000 to 1003, 1007 to 1014 and 3000 to 4999")]
    CloseCode(u16),
    /// The reason does not fit into a close frame.
    #[error("the reason has {0} bytes, and a close frame has room for 123")]
    Reason(usize),
    /// The status is no failure.
    #[error("{0} is no status of a failure: those are 400 to 599")]
    Status(u16),
    /// The time is too long.
    #[error("{0} ms is longer than a day")]
    Time(u64),
    /// A share outside of 0 to 1, or beside a count, or neither of the two.
    #[error("`lose` takes either a count, or a share from 0 to 1")]
    Share,
    /// It happens at once, and when the server starts nobody is connected.
    #[error(
        "this fault happens at once, and nobody is connected when the server starts: say when with `afterMs` or \
         `everyMs`"
    )]
    AtStart,
    /// It would happen all the time.
    #[error("`everyMs` is at least 1")]
    Every,
    /// It is no fault in JSON.
    #[error("this is no fault: {0}")]
    Unreadable(String),
    /// The sessions could not be ended.
    #[error("the sessions could not be ended: {0}")]
    Failed(String),
}

impl FaultError {
    /// A stable name of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::CloseCode(_) => "fault-close-code",
            Self::Reason(_) => "fault-reason",
            Self::Status(_) => "fault-status",
            Self::Time(_) => "fault-time",
            Self::Share => "fault-share",
            Self::AtStart => "fault-at-start",
            Self::Every => "fault-every",
            Self::Unreadable(_) => "fault-unreadable",
            Self::Failed(_) => "fault-failed",
        }
    }
}

impl FromStr for Fault {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        serde_json::from_str(text).map_err(|error| FaultError::Unreadable(error.to_string()))
    }
}

impl Fault {
    /// Whether it lasts, for a time or until it is cleared.
    #[must_use]
    pub const fn lasts(&self) -> bool {
        matches!(
            self,
            Self::RefuseUpgrades { .. }
                | Self::Stall { .. }
                | Self::Delay { .. }
                | Self::Lose { .. }
                | Self::RestStatus { .. }
        )
    }

    fn check(&self) -> Result<(), FaultError> {
        match self {
            Self::Close { code, reason } => {
                if !matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999) {
                    return Err(FaultError::CloseCode(*code));
                }
                let length = reason.as_ref().map_or(0, String::len);
                if length > LONGEST_REASON {
                    return Err(FaultError::Reason(length));
                }
            }
            Self::RefuseUpgrades { status, .. } | Self::RestStatus { status, .. }
                if !matches!(status, 400..=599) =>
            {
                return Err(FaultError::Status(*status));
            }
            Self::Lose { count, share, .. } => match (count, share) {
                (Some(_), None) => {}
                (None, Some(share)) if (0.0..=1.0).contains(share) => {}
                _ => return Err(FaultError::Share),
            },
            _ => {}
        }
        self.times().into_iter().try_for_each(|ms| {
            if Duration::from_millis(ms) > LONGEST {
                Err(FaultError::Time(ms))
            } else {
                Ok(())
            }
        })
    }

    fn times(&self) -> [u64; 3] {
        match self {
            Self::Delay {
                delay_ms, jitter_ms, ..
            } => [*delay_ms, *jitter_ms, self.ms().unwrap_or(0)],
            Self::Restart { ms } => [*ms, 0, 0],
            _ => [self.ms().unwrap_or(0), 0, 0],
        }
    }

    /// For how long it lasts, where that is limited.
    const fn ms(&self) -> Option<u64> {
        match self {
            Self::RefuseUpgrades { ms, .. }
            | Self::Stall { ms, .. }
            | Self::Delay { ms, .. }
            | Self::Lose { ms, .. }
            | Self::RestStatus { ms, .. } => *ms,
            _ => None,
        }
    }

    /// How many times it happens, where that is limited.
    const fn count(&self) -> Option<u32> {
        match self {
            Self::RefuseUpgrades { count, .. }
            | Self::Lose { count, .. }
            | Self::RestStatus { count, .. } => *count,
            _ => None,
        }
    }
}
