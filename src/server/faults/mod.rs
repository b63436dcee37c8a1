//! Faults: deliberate disturbances of connections and requests, to test how a client handles them.
//!
//! A fault is a JSON object for `POST /api/v1/reference/faults` (if the server was started with `--faults`), for the
//! option `--fault` and, as [`Fault`], for [`Server::faults`](crate::server::Server::faults). Times are milliseconds,
//! at most one day. Fields with `?` are optional.
//!
//! | `fault` | fields | effect |
//! | --- | --- | --- |
//! | `frame` | `text` | sends the text as a frame, unchanged |
//! | `garbage` | `kind` | sends a frame that must not break a client: a [`Garbage`] |
//! | `close` | `code`, `reason?` | closes connections with this code and reason |
//! | `drop` | `how?` | ends connections without a close frame: `clean` (FIN, the default), `abrupt` (RST), `midFrame` (FIN within a frame) |
//! | `expireSessions` | | ends sessions and tokens, and closes their connections with 4001 |
//! | `restart` | `ms` | closes connections with 1012, and refuses upgrades with 503 for this time |
//! | `refuseUpgrades` | `status?`, `count?`, `ms?` | refuses upgrades with this status (503): the next `count`, or for a time, or both |
//! | `stall` | `ms?`, `part?` | reads, answers and closes nothing, like a dead network. `part`: `events` (the default; open connections and new upgrades), `rest`, `all` |
//! | `delay` | `delayMs`, `jitterMs?`, `seed?`, `ms?` | delays events by `delayMs` and up to `jitterMs` more, in order |
//! | `lose` | `count?` or `share?` with `seed?`, `ms?` | drops events silently: the next `count` deliveries, or a share of them, from 0 to 1 |
//! | `restStatus` | `status`, `body?`, `retryAfterS?`, `method?`, `path?`, `exact?`, `count?`, `ms?` | answers REST requests with this status. `body`: `error` (the default; the API's error JSON, and the request is not carried out), `html` (a login page, likewise; the status may be 200), `truncated` (the request is carried out, and a successful JSON response is cut in half, with a matching Content-Length; the status may be 200). `retryAfterS` sets `Retry-After` |
//! | `restLag` | `lagMs`, `ms?` | answers `GET` of `/rooms`, `/rooms/{roomId}/messages` and `/messages/{messageId}/comments` from the state of `lagMs` ago, like a lagging read replica; events stay on time |
//! | `restCap` | `limit`, `mode?`, `ms?` | limits pages of messages and comments to `limit`. A larger `limit` in the query is lowered (`mode` `silent`, the default) or rejected with 400 (`refuse`) |
//! | `restSlow` | `bytesPerSecond`, `method?`, `path?`, `exact?`, `ms?` | sends the bodies of REST responses slowly but steadily |
//! | `restHang` | `method?`, `path?`, `exact?`, `count?`, `ms?` | accepts REST requests and does not answer them |
//!
//! The first six are instantaneous. The others are active for `ms`, or `count` times, or until they are cleared.
//! `GET /api/v1/reference/faults` lists the active faults and `DELETE` ends them; no fault affects these requests. If
//! several faults of one kind match a request, the one that began first applies.
//!
//! `path` is a prefix of the path below `/api/v1`, without the query: `/rooms/3` matches `/rooms/3` and
//! `/rooms/3/messages`, but not `/rooms/31`. With `exact`, only that path matches: `/rooms` is then only the list of
//! rooms. Upgrades of `/events` never match. `method` is `GET`, `POST`, `PUT` or `DELETE`.
//!
//! **Lag.** The state never goes back to before the fault: it stands still for the first `lagMs` and follows from then
//! on. It may be older than `lagMs` by up to a sixteenth of the longest active lag (at least 10 ms). Access is checked
//! against that state, too. Meanwhile the server keeps up to 18 copies of its database in memory.
//!
//! **Hang.** A held request continues when `ms` have passed or the faults are cleared, even if `count` is used up. If
//! its client has disconnected, it is not carried out. A shutdown answers it with 503 without waiting.
//!
//! `--fault` and [`ScheduledFault`] also accept a time: `afterMs` after the start, and then every `everyMs`.
//!
//! `scope` selects the users: `"caller"` (the default), `"all"`, or the id of a user. A fault for one user affects
//! requests with that user's session or token, but no login.

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
pub(crate) use rest::{Call, Cap, Hold, Lag, Lagging, Slowness, StatusFault};
pub use rest::{CapMode, RestBody, RestMethod};
pub use schedule::ScheduledFault;

use crate::protocol::ids::UserId;

/// The maximum duration of a fault.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// The maximum length of the reason in a close frame, in bytes (RFC 6455, section 5.5).
const LONGEST_REASON: usize = 123;

/// The users that a fault affects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Scope {
    /// All users, and requests without credentials.
    All,
    /// One user.
    #[serde(untagged)]
    User(UserId),
}

impl Scope {
    /// Whether a user is affected; `None` means a request without credentials.
    pub(crate) fn covers(self, user_id: Option<UserId>) -> bool {
        match self {
            Self::All => true,
            Self::User(one) => user_id == Some(one),
        }
    }
}

/// How connections end without a close frame. Browsers always report code 1006.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum DropKind {
    /// The TCP connection is closed (FIN).
    #[default]
    Clean,
    /// The TCP connection is reset (RST).
    Abrupt,
    /// The TCP connection is closed within a frame.
    MidFrame,
}

/// The part of the API that is stalled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Part {
    /// Connections of `/events` and upgrades.
    #[default]
    Events,
    /// All other requests of the API.
    Rest,
    /// Both.
    All,
}

/// A fault. The module [`faults`](self) describes each.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(
    tag = "fault",
    rename_all = "camelCase",
    rename_all_fields = "camelCase",
    deny_unknown_fields
)]
pub enum Fault {
    /// Sends a text frame unchanged: an event, an unknown event, or no JSON.
    Frame {
        /// The text.
        text: String,
    },
    /// Sends a frame that is not a valid event.
    Garbage {
        /// The kind of frame.
        kind: Garbage,
    },
    /// Closes connections with a close frame.
    Close {
        /// The close code, which must be allowed in a close frame (RFC 6455, section 7.4).
        code: u16,
        /// The reason, at most 123 bytes.
        reason: Option<String>,
    },
    /// Ends connections without a close frame.
    Drop {
        /// How they end.
        #[serde(default)]
        how: DropKind,
    },
    /// Ends sessions and tokens.
    ExpireSessions {},
    /// Closes connections with code 1012 and refuses upgrades for a time.
    Restart {
        /// How long, in milliseconds.
        ms: u64,
    },
    /// Refuses upgrades.
    RefuseUpgrades {
        /// The HTTP status, 400 to 599. Default: 503.
        #[serde(default = "unavailable")]
        status: u16,
        /// The number of upgrades.
        count: Option<u32>,
        /// How long, in milliseconds.
        ms: Option<u64>,
    },
    /// Stalls everything, like a dead network.
    Stall {
        /// How long, in milliseconds.
        ms: Option<u64>,
        /// The part that stalls.
        #[serde(default)]
        part: Part,
    },
    /// Delays events.
    Delay {
        /// The minimum delay in milliseconds.
        delay_ms: u64,
        /// The maximum additional delay in milliseconds.
        #[serde(default)]
        jitter_ms: u64,
        /// The random seed of the jitter.
        #[serde(default)]
        seed: u64,
        /// How long, in milliseconds.
        ms: Option<u64>,
    },
    /// Drops events.
    Lose {
        /// The number of deliveries.
        count: Option<u32>,
        /// The share of deliveries, from 0 to 1.
        share: Option<f64>,
        /// The random seed of the selection.
        #[serde(default)]
        seed: u64,
        /// How long, in milliseconds.
        ms: Option<u64>,
    },
    /// Answers REST requests with a status.
    RestStatus {
        /// The HTTP status: 400 to 599, or 200 with a `body` other than `error`.
        status: u16,
        /// The body of the response.
        #[serde(default)]
        body: RestBody,
        /// The value of `Retry-After`, in seconds.
        retry_after_s: Option<u64>,
        /// The method of the requests. `None`: every method.
        method: Option<RestMethod>,
        /// A prefix of the requests' path below `/api/v1`. `None`: all requests.
        path: Option<String>,
        /// Whether only that exact path matches.
        #[serde(default)]
        exact: bool,
        /// The number of requests.
        count: Option<u32>,
        /// How long, in milliseconds.
        ms: Option<u64>,
    },
    /// Answers reads of rooms, messages and comments from an earlier state.
    RestLag {
        /// The age of that state in milliseconds, at least 1.
        lag_ms: u64,
        /// How long, in milliseconds.
        ms: Option<u64>,
    },
    /// Limits pages of messages and comments.
    RestCap {
        /// The maximum number of items per page, at least 1.
        limit: u32,
        /// What happens to a request for more.
        #[serde(default)]
        mode: CapMode,
        /// How long, in milliseconds.
        ms: Option<u64>,
    },
    /// Sends the bodies of REST responses slowly.
    RestSlow {
        /// The rate, at least 1.
        bytes_per_second: u64,
        /// The method of the requests. `None`: every method.
        method: Option<RestMethod>,
        /// A prefix of the requests' path below `/api/v1`. `None`: all requests.
        path: Option<String>,
        /// Whether only that exact path matches.
        #[serde(default)]
        exact: bool,
        /// How long, in milliseconds.
        ms: Option<u64>,
    },
    /// Accepts REST requests and does not answer them.
    RestHang {
        /// The method of the requests. `None`: every method.
        method: Option<RestMethod>,
        /// A prefix of the requests' path below `/api/v1`. `None`: all requests.
        path: Option<String>,
        /// Whether only that exact path matches.
        #[serde(default)]
        exact: bool,
        /// The number of requests.
        count: Option<u32>,
        /// How long, in milliseconds.
        ms: Option<u64>,
    },
}

const fn unavailable() -> u16 {
    503
}
