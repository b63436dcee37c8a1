//! The queue of a connection.
//!
//! Queueing a frame for one of thousands of connections costs an uncontended lock, a pointer, and a wake-up if its task
//! sleeps. A task that wakes late finds several frames and writes them at once.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use tokio::sync::Notify;

use super::{CloseReason, ConnectionId, Ending, Farewell, Frame, Hub};
use crate::protocol::ids::UserId;
use crate::server::faults::Active;

/// The capacity that an emptied queue keeps, in frames. Memory for bursts is released.
const ROOM: usize = 64;

/// The limits of a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct QueueLimits {
    pub(crate) frames: usize,
    pub(crate) bytes: usize,
}

#[derive(Default)]
struct State {
    frames: VecDeque<Frame>,
    /// The bytes of the queued frames.
    bytes: usize,
    farewell: Option<Farewell>,
    /// Whether the connection was closed without sending the queued frames.
    cut: bool,
    waits_for_frames: Option<Waker>,
    /// Whether a pending wave will wake it.
    is_in_wave: bool,
    /// The large wave that woke it, until it takes its frames.
    woken_by: Option<Arc<UnderWay>>,
    waits_for_cut: Option<Waker>,
}

type Shared = Arc<Mutex<State>>;

fn lock(shared: &Shared) -> MutexGuard<'_, State> {
    // No panic leaves the state inconsistent.
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Sleeping connections with queued frames.
#[derive(Default)]
pub(super) struct Wave(Vec<Shared>);

impl Wave {
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn append(&mut self, other: &mut Self) {
        self.0.append(&mut other.0);
    }

    /// Wakes the connections. Each one holds `under_way` until it has taken its frames.
    pub(super) fn break_over(self, under_way: Option<&Arc<UnderWay>>) {
        for shared in self.0 {
            let mut state = lock(&shared);
            state.is_in_wave = false;
            let Some(waker) = state.waits_for_frames.take() else {
                continue;
            };
            state.woken_by = under_way.cloned();
            drop(state);
            waker.wake();
        }
    }
}

/// A large wave, held by the connections that have not yet taken their frames. Dropping it starts the next one.
#[derive(Debug)]
pub(super) struct UnderWay(Arc<Notify>);

impl UnderWay {
    pub(super) const fn new(is_over: Arc<Notify>) -> Self {
        Self(is_over)
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}

/// The hub's end of a queue.
pub(super) struct Sender {
    limits: QueueLimits,
    shared: Shared,
}

/// The connection's end of a queue, for one task. Dropping it removes the connection from the hub.
pub(crate) struct Subscription {
    id: ConnectionId,
    user_id: UserId,
    hub: Hub,
    shared: Shared,
}

pub(super) fn queue(
    id: ConnectionId,
    user_id: UserId,
    hub: Hub,
    limits: QueueLimits,
) -> (Sender, Subscription) {
    let shared = Shared::default();
    let sender = Sender {
        limits,
        shared: Arc::clone(&shared),
    };
    (
        sender,
        Subscription {
            id,
            user_id,
            hub,
            shared,
        },
    )
}

impl Sender {
    /// Appends a frame, and adds the connection to the wave if it sleeps. Returns `false` if there is no room for the
    /// frame.
    ///
    /// Pushing to a connection that has ended but is not yet removed is harmless.
    pub(super) fn push(&self, frame: &Frame, wave: &mut Wave) -> bool {
        let length = frame.len();
        let mut state = lock(&self.shared);
        let is_full = state.frames.len() >= self.limits.frames
            || (state.bytes > 0 && state.bytes + length > self.limits.bytes);
        if is_full {
            return false;
        }
        state.frames.push_back(frame.clone());
        state.bytes += length;
        if state.waits_for_frames.is_some() && !state.is_in_wave {
            state.is_in_wave = true;
            wave.0.push(Arc::clone(&self.shared));
        }
        true
    }

    /// Closes the connection.
    pub(super) fn close(self, reason: CloseReason) {
        self.end(reason.farewell());
    }

    /// Ends the connection.
    pub(super) fn end(self, farewell: Farewell) {
        let mut state = lock(&self.shared);
        if !farewell.drains() {
            state.cut = true;
            state.frames.clear();
            state.bytes = 0;
        }
        // The first one counts. The hub drops a sender after ending it.
        state.farewell.get_or_insert(farewell);
        let waiting = [state.waits_for_frames.take(), state.waits_for_cut.take()];
        drop(state);
        waiting.into_iter().flatten().for_each(Waker::wake);
    }
}

impl Subscription {
    /// Waits until there are frames to take, or the hub has closed the connection.
    pub(crate) fn ready(&self) -> impl Future<Output = ()> + Send + '_ {
        poll_fn(|context| {
            let mut state = lock(&self.shared);
            if state.frames.is_empty() && state.farewell.is_none() {
                wait(&mut state.waits_for_frames, context);
                Poll::Pending
            } else {
                Poll::Ready(())
            }
        })
    }

    /// Takes up to `limit` frames. Returns zero if, after [`ready`](Self::ready), the hub has closed the connection and
    /// all frames have been taken.
    pub(crate) fn take_ready(&mut self, frames: &mut Vec<Frame>, limit: usize) -> usize {
        let mut state = lock(&self.shared);
        state.woken_by = None;
        let taken = state.frames.len().min(limit);
        let begin = frames.len();
        frames.extend(state.frames.drain(..taken));
        if state.frames.is_empty() {
            state.bytes = 0;
            state.frames.shrink_to(ROOM);
        } else {
            state.bytes -= frames[begin..].iter().map(Frame::len).sum::<usize>();
        }
        taken
    }

    /// Waits for frames and takes them.
    #[cfg(test)]
    pub(super) async fn take(&mut self, frames: &mut Vec<Frame>, limit: usize) -> usize {
        self.ready().await;
        self.take_ready(frames, limit)
    }

    /// Waits until the hub closes the connection without sending the queued frames.
    pub(crate) fn cut(&self) -> impl Future<Output = ()> + Send + Unpin + use<> {
        let shared = Arc::clone(&self.shared);
        poll_fn(move |context| {
            let mut state = lock(&shared);
            if state.cut {
                return Poll::Ready(());
            }
            wait(&mut state.waits_for_cut, context);
            Poll::Pending
        })
    }

    /// How the hub ended the connection; `None` if it did not.
    pub(crate) fn farewell(&self) -> Option<Farewell> {
        lock(&self.shared).farewell.clone()
    }

    /// Why the hub closed the connection.
    #[cfg(test)]
    pub(super) fn close_reason(&self) -> Option<CloseReason> {
        match self.farewell()? {
            Farewell::Close(reason, _) => Some(reason),
            Farewell::Drop(_) => None,
        }
    }

    /// The owner of the connection.
    pub(crate) const fn user_id(&self) -> UserId {
        self.user_id
    }

    /// The faults that may affect it.
    pub(crate) fn faults(&self) -> Arc<Active> {
        self.hub.faults()
    }

    /// The number of queued frames.
    #[cfg(test)]
    pub(super) fn waiting(&self) -> usize {
        lock(&self.shared).frames.len()
    }

    /// Counts how the connection ended.
    pub(crate) fn ended(&self, ending: Ending) {
        self.hub.metrics.ended(ending);
    }

    /// The id of the connection, for the log.
    pub(crate) const fn id(&self) -> ConnectionId {
        self.id
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.hub.disconnect(self.user_id, self.id);
    }
}

/// Registers a waker.
fn wait(slot: &mut Option<Waker>, context: &Context<'_>) {
    match slot {
        Some(waker) => waker.clone_from(context.waker()),
        None => *slot = Some(context.waker().clone()),
    }
}
