//! Counters of a client. Nothing depends on them.

use super::state::Cause;
use super::topic::Topic;

/// Counters since the client was created.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Attempts to open a socket.
    pub attempts: u64,
    /// Sockets that opened.
    pub connections: u64,
    /// Frames received on an open connection, including skipped ones.
    pub frames: u64,
    /// Their length in bytes of UTF-8. Frames skipped by their head count UTF-16 code units, binary frames nothing.
    pub bytes: u64,
    /// Deliveries by [`Topic::index`].
    pub delivered: [u64; Topic::COUNT],
    /// Delivered events that were recovered after a gap.
    pub recovered: u64,
    /// How the last socket was closed, by either side.
    pub last_close: Option<Cause>,
}
