//! Keeps the replica equal to the server's truth, by asking the REST API.
//!
//! The stream has no sequence numbers and no replay. What a gap left out is found by comparing the [`Replica`] with answers
//! of the REST API. Each thing that is compared is a unit of its own: the list of rooms, and each room whose
//! messages are watched. A unit that cannot be read delays no other one.
//!
//! An answer is evidence, not truth: it may come from a server that is behind the stream. So what the stream said within
//! [`REPLICATION_LAG`] before a request outweighs its answer, and that something is gone is believed only when two answers,
//! [`CONFIRMATION`] apart, lack it.
//!
//! [`Replica`]: super::replica::Replica

mod batch;
mod coverage;
mod lifecycle;
mod messages;
mod pager;
mod reconcile;
mod replies;
mod rooms;
mod scheduler;
mod sharing;
mod unit;

use crate::client::clock::Micros;

pub(crate) use reconcile::{Mention, Said};
pub(crate) use replies::{Answered, Progress};
pub(crate) use scheduler::{HeldEvents, Output, Sync};

use super::backoff::BackoffConfig;

/// How far answers of the REST API may be behind the stream.
pub const REPLICATION_LAG: Micros = 3_000_000;

/// How far apart two answers are asked for that lack something, before it counts as gone. What was heard of within
/// [`REPLICATION_LAG`] before neither of them proves gone, so this need not be as long.
pub const CONFIRMATION: Micros = 2_500_000;

/// When, after a connection opened, everything that is watched is compared once more: changes that a late answer hid leave
/// no other trace.
pub const SECOND_COMPARISON: Micros = 60_000_000;

/// How long live events of a unit are held back while it is being synchronised.
pub const MAX_HOLD: Micros = 5_000_000;

/// The same from the first request of the unit that fails on.
pub const MAX_HOLD_AFTER_FAILURE: Micros = 2_000_000;

/// How long a unit that is live may fail to be read again before it counts as stale.
pub const MAX_UNCONFIRMED: Micros = 30_000_000;

/// When a list that seems to end too early is read again.
const RETRY: Micros = 1_000_000;

/// The most bytes of messages that are gathered of one room before the application is told to load it.
pub const MAX_GATHERED_BYTES: usize = 32 << 20;

/// The most bytes in one recovered event, if it has more than one message.
pub const MAX_BATCH_BYTES: usize = 1 << 20;

/// The most messages in one recovered event.
pub const MAX_BATCH: usize = 100;

/// The fewest messages that one request asks for: of a page that begins with its cursor, one message is no news.
pub const MIN_PAGE: u32 = 2;

/// The longest time that `Retry-After` is honoured for.
pub const MAX_RETRY_AFTER: Micros = 600_000_000;

/// What is synchronised, and how much of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CatchUpConfig {
    /// Whether anything is. Default: true.
    pub enabled: bool,
    /// Whether rooms and the newest messages that are there already are delivered, when the first connection opens and when
    /// a room comes to be watched. Default: false; the application loads them itself.
    pub history: bool,
    /// How many of the newest messages of a watched room are compared. Default: 100.
    pub window: usize,
    /// How many new messages of one room are delivered after a gap. Beyond it, the application is told to load the room
    /// again. Default: 500.
    pub max_messages: usize,
    /// How many of the most recently active rooms are watched for an application that listens to all rooms. Default: 10.
    pub rooms: usize,
    /// How many messages one request asks for. Default: 100.
    pub page: u32,
    /// How many requests are under way at once. Default: 4.
    pub concurrency: usize,
    /// How the delay grows after a request that failed.
    pub backoff: BackoffConfig,
}

impl Default for CatchUpConfig {
    fn default() -> Self {
        Self {
            enabled: true,
            history: false,
            window: 100,
            max_messages: 500,
            rooms: 10,
            page: 100,
            concurrency: 4,
            backoff: BackoffConfig::default(),
        }
    }
}
