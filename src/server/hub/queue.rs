//! What waits for one connection.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{CloseReason, ConnectionId, Ending, Farewell, Frame, Hub};
use crate::protocol::ids::UserId;
use crate::server::faults::Active;

/// How much may wait for one connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct QueueLimits {
    pub(crate) frames: usize,
    pub(crate) bytes: usize,
}

struct Shared {
    bytes: AtomicUsize,
    farewell: OnceLock<Farewell>,
    /// Set when the connection is closed without sfarewell what still waits.
    cut: CancellationToken,
}

/// The hub's end.
pub(super) struct Sender {
    frames: mpsc::Sender<Frame>,
    limit: usize,
    shared: Arc<Shared>,
}

/// The connection's end. Dropping it takes the connection out of the hub.
pub(crate) struct Subscription {
    id: ConnectionId,
    user_id: UserId,
    hub: Hub,
    frames: mpsc::Receiver<Frame>,
    shared: Arc<Shared>,
}

pub(super) fn queue(
    id: ConnectionId,
    user_id: UserId,
    hub: Hub,
    limits: QueueLimits,
) -> (Sender, Subscription) {
    let (sender, receiver) = mpsc::channel(limits.frames);
    let shared = Arc::new(Shared {
        bytes: AtomicUsize::new(0),
        farewell: OnceLock::new(),
        cut: CancellationToken::new(),
    });
    let sender = Sender {
        frames: sender,
        limit: limits.bytes,
        shared: Arc::clone(&shared),
    };
    (
        sender,
        Subscription {
            id,
            user_id,
            hub,
            frames: receiver,
            shared,
        },
    )
}

impl Sender {
    /// Puts a frame behind the others. `false` where there is no room for it.
    ///
    /// A connection that is over but not yet taken out is no reason to complain: it gets nothing and needs nothing.
    pub(super) fn push(&self, frame: &Frame) -> bool {
        let length = frame.len();
        // The hub's lock allows one sender at a time; only the receiver changes the count meanwhile, downwards.
        let waiting = self.shared.bytes.fetch_add(length, Ordering::Relaxed);
        if waiting > 0 && waiting + length > self.limit {
            return false;
        }
        !matches!(
            self.frames.try_send(frame.clone()),
            Err(mpsc::error::TrySendError::Full(_))
        )
    }

    /// Closes the connection.
    pub(super) fn close(self, reason: CloseReason) {
        self.end(reason.farewell());
    }

    /// Ends the connection.
    pub(super) fn end(self, farewell: Farewell) {
        let drains = farewell.drains();
        // The first one counts, and the hub lets go of a sender when it has given one.
        let _ = self.shared.farewell.set(farewell);
        if !drains {
            self.shared.cut.cancel();
        }
    }
}

impl Subscription {
    /// Waits for frames and takes as many as there are, but not more than `limit`. Zero when the hub has closed the
    /// connection and all that was to be sent is taken. Losing interest half-way loses no frame.
    pub(crate) async fn take(&mut self, frames: &mut Vec<Frame>, limit: usize) -> usize {
        let taken = self.frames.recv_many(frames, limit).await;
        let bytes: usize = frames.iter().rev().take(taken).map(Frame::len).sum();
        self.shared.bytes.fetch_sub(bytes, Ordering::Relaxed);
        taken
    }

    /// Waits until the hub closes the connection without sfarewell what still waits.
    pub(crate) fn cut(&self) -> impl Future<Output = ()> + Send + use<> {
        self.shared.cut.clone().cancelled_owned()
    }

    /// How the hub has ended the connection; `None` where it has not.
    pub(crate) fn farewell(&self) -> Option<Farewell> {
        self.shared.farewell.get().cloned()
    }

    /// Why the hub has closed the connection.
    #[cfg(test)]
    pub(super) fn close_reason(&self) -> Option<CloseReason> {
        match self.farewell()? {
            Farewell::Close(reason, _) => Some(reason),
            Farewell::Drop(_) => None,
        }
    }

    /// Whose connection it is.
    pub(crate) const fn user_id(&self) -> UserId {
        self.user_id
    }

    /// The faults that it may suffer from.
    pub(crate) fn faults(&self) -> Arc<Active> {
        self.hub.faults()
    }

    /// How many frames there are to take.
    #[cfg(test)]
    pub(super) fn waiting(&self) -> usize {
        self.frames.len()
    }

    /// Notes how the connection ended, for the metrics.
    pub(crate) fn ended(&self, ending: Ending) {
        self.hub.metrics.ended(ending);
    }

    /// The number of the connection, for the log.
    pub(crate) const fn id(&self) -> ConnectionId {
        self.id
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.hub.disconnect(self.id);
    }
}
