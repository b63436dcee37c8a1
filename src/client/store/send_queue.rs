//! The messages that the user sends.

/// How far a message has come that is being sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SendState {
    /// It waits for its turn, or for a connection.
    Queued,
}
