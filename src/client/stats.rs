//! What a client has gone through, in numbers. They are kept for whoever looks; nothing is decided by them.

use super::state::Cause;
use super::topic::Topic;

/// Counted since the client began.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Sockets that were asked for.
    pub attempts: u64,
    /// Sockets that opened.
    pub connections: u64,
    /// Frames that arrived on an open connection, whatever became of them.
    pub frames: u64,
    /// The length of those frames in bytes of UTF-8. Binary frames are not weighed.
    pub bytes: u64,
    /// What was handed out for the application, by [`Topic::index`].
    pub delivered: [u64; Topic::COUNT],
    /// How many of the events that were handed out were caught up with after a gap.
    pub recovered: u64,
    /// How the last socket ended that is gone, whoever closed it.
    pub last_close: Option<Cause>,
}
