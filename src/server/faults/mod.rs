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
//! | `restStatus` | `status`, `body?`, `retryAfterS?`, `path?`, `exact?`, `count?`, `ms?` | REST requests are answered with this status. `body`: `error` (the default; the API's error JSON, and the request is not carried out), `html` (a login page, likewise; the status may be 200), `truncated` (the request is carried out, and a JSON answer that succeeds is cut in half, with a Content-Length that fits; the status may be 200). `retryAfterS` sets `Retry-After` |
//! | `restLag` | `lagMs`, `ms?` | `GET` of `/rooms`, `/rooms/{roomId}/messages` and `/messages/{messageId}/comments` answers from the state of `lagMs` ago, like a lagging read replica; events stay on time |
//! | `restCap` | `limit`, `mode?`, `ms?` | a page of messages or comments holds at most `limit`. A larger `limit` in the query is lowered (`mode` `silent`, the default) or answered with 400 (`refuse`) |
//! | `restSlow` | `bytesPerSecond`, `path?`, `exact?`, `ms?` | bodies of REST answers are sent slowly but steadily |
//! | `restHang` | `path?`, `exact?`, `count?`, `ms?` | REST requests are accepted and not answered |
//!
//! The first six happen at once. The others last: for `ms`, or `count` times, or until they are cleared. What lasts
//! is shown by `GET` and cleared by `DELETE` at the same path, which no fault affects. If several faults of one kind
//! concern a request, the one that began first applies.
//!
//! `path` is a prefix of the path below `/api/v1`, without the query: `/rooms/3` concerns `/rooms/3` and
//! `/rooms/3/messages`, but not `/rooms/31`. With `exact`, only that path is concerned: `/rooms` is then the list of
//! rooms alone. Upgrades of `/events` are never concerned.
//!
//! **Lag.** The state goes back to the one at the fault's start at the earliest: it stands still for the first `lagMs`
//! and follows from then on. It may be older than `lagMs` by up to a sixteenth of the longest lag that lasts (at least
//! 10 ms). Who may see what is judged by that state, too. The server keeps up to 18 copies of its database in memory
//! meanwhile.
//!
//! **Hang.** A request that hangs goes on when `ms` are over or the faults are cleared, also if `count` is used up by
//! then. If its client has given up, it is not carried out. A shutdown does not wait for it: it is answered with 503.
//!
//! `--fault` and [`ScheduledFault`] may also say when: `afterMs` after the start, and again `everyMs`.
//!
//! `scope` next to them says whom it concerns: `"caller"` (the default), `"all"`, or the id of a user. A fault of one
//! user concerns requests that carry that user's session or token, so no login.

mod active;
mod check;
mod control;
mod error;
mod garbage;
mod rest;
mod schedule;

use std::time::Duration;

use serde::{Deserialize, Serialize};

pub(crate) use active::Active;
pub use active::ActiveFault;
pub use control::Faults;
pub use error::FaultError;
pub use garbage::Garbage;
pub(crate) use rest::{Cap, Hold, Lag, Lagging, Slowness, StatusFault};
pub use rest::{CapMode, RestBody};
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
    /// Answers REST requests with a status.
    RestStatus {
        /// The HTTP status: 400 to 599, or 200 with another body than `error`.
        status: u16,
        /// What the answer holds.
        #[serde(default)]
        body: RestBody,
        /// The value of `Retry-After`, in seconds.
        retry_after_s: Option<u64>,
        /// Which requests: a prefix of their path below `/api/v1`. `None`: all.
        path: Option<String>,
        /// Whether only that very path is concerned.
        #[serde(default)]
        exact: bool,
        /// How many requests.
        count: Option<u32>,
        /// For how long, in milliseconds.
        ms: Option<u64>,
    },
    /// Answers reads of rooms, messages and comments from an earlier state.
    RestLag {
        /// How old that state is, in milliseconds. At least 1.
        lag_ms: u64,
        /// For how long, in milliseconds.
        ms: Option<u64>,
    },
    /// Limits pages of messages and comments.
    RestCap {
        /// How many a page holds at most. At least 1.
        limit: u32,
        /// What becomes of a request for more.
        #[serde(default)]
        mode: CapMode,
        /// For how long, in milliseconds.
        ms: Option<u64>,
    },
    /// Sends the bodies of REST answers slowly.
    RestSlow {
        /// How fast. At least 1.
        bytes_per_second: u64,
        /// Which requests: a prefix of their path below `/api/v1`. `None`: all.
        path: Option<String>,
        /// Whether only that very path is concerned.
        #[serde(default)]
        exact: bool,
        /// For how long, in milliseconds.
        ms: Option<u64>,
    },
    /// Accepts REST requests and does not answer them.
    RestHang {
        /// Which requests: a prefix of their path below `/api/v1`. `None`: all.
        path: Option<String>,
        /// Whether only that very path is concerned.
        #[serde(default)]
        exact: bool,
        /// How many requests.
        count: Option<u32>,
        /// For how long, in milliseconds.
        ms: Option<u64>,
    },
}

const fn unavailable() -> u16 {
    503
}
