//! Keeps the replica equal to the server's state through the REST API.
//!
//! The stream has no sequence numbers and no replay. To find what a gap left out, the client compares the [`Replica`]
//! with responses of the REST API. The list of rooms and each watched room are separate units: one that cannot be read
//! does not delay the others.
//!
//! A response is evidence, not truth: the server may lag the stream. What the stream said up to [`REPLICATION_LAG`]
//! before a request outweighs the response. Something counts as deleted only after two responses, [`CONFIRMATION`]
//! apart, lack it.
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

/// The longest time that responses of the REST API may lag the stream.
pub(super) const REPLICATION_LAG: Micros = 3_000_000;

/// The time between the requests for two responses that prove a deletion. Neither counts within [`REPLICATION_LAG`]
/// of an event about the same thing or of a response that had it, so this can be shorter.
pub(super) const CONFIRMATION: Micros = 2_500_000;

/// When everything is compared again after a connection opened. Changes that an outdated response hid leave no other
/// trace.
pub(super) const SECOND_COMPARISON: Micros = 60_000_000;

/// How long events of a unit are held while it is synchronised.
pub(super) const MAX_HOLD: Micros = 5_000_000;

/// How long they are held after the unit's first failed request.
pub(super) const MAX_HOLD_AFTER_FAILURE: Micros = 2_000_000;

/// How long retries of a live unit may fail before it counts as stale.
pub(super) const MAX_UNCONFIRMED: Micros = 30_000_000;

/// The delay before a list that seems to end too early is read again.
const RETRY: Micros = 1_000_000;

/// The most bytes of messages to gather per room before the application is told to load the room.
pub(super) const MAX_GATHERED_BYTES: usize = 32 << 20;

/// The most bytes in one recovered event, if it has more than one message.
pub(super) const MAX_BATCH_BYTES: usize = 1 << 20;

/// The most messages in one recovered event.
pub(super) const MAX_BATCH: usize = 100;

/// The fewest messages per request. A page of one may contain only its cursor.
pub(super) const MIN_PAGE: u32 = 2;

/// The longest `Retry-After` that is honoured.
pub(super) const MAX_RETRY_AFTER: Micros = 600_000_000;

/// The configuration of the synchronisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CatchUpConfig {
    /// Whether catch-up is enabled. Default: true.
    pub enabled: bool,
    /// Whether existing rooms and their newest messages are delivered when the first connection opens and when a room
    /// comes to be watched. Default: false; the application loads them itself.
    pub history: bool,
    /// How many of the newest messages of a watched room are compared. Default: 100.
    pub window: usize,
    /// The most new messages per room that are delivered after a gap. Beyond it, the application is told to load the
    /// room again. Default: 500.
    pub max_messages: usize,
    /// How many of the most recently active rooms are watched if the application listens to all rooms. Default: 10.
    pub rooms: usize,
    /// Messages per request. Default: 100.
    pub page: u32,
    /// The most requests in flight. Default: 4.
    pub concurrency: usize,
    /// The delays after failed requests.
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
