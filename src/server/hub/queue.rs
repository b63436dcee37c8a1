//! What waits for one connection.
//!
//! A frame costs each of thousands of connections a lock that nobody else holds, a pointer, and where its task sleeps a
//! wake-up. A task that wakes late finds several frames and writes them at once.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use tokio::sync::Notify;

use super::{CloseReason, ConnectionId, Ending, Farewell, Frame, Hub};
use crate::protocol::ids::UserId;
use crate::server::faults::Active;

/// A queue that has been emptied keeps room for so many frames. What a burst has needed beyond them is given back.
const ROOM: usize = 64;

/// How much may wait for one connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct QueueLimits {
    pub(crate) frames: usize,
    pub(crate) bytes: usize,
}

#[derive(Default)]
struct State {
    frames: VecDeque<Frame>,
    /// Of the frames that wait.
    bytes: usize,
    farewell: Option<Farewell>,
    /// Whether the connection was closed without sending what still waited.
    cut: bool,
    waits_for_frames: Option<Waker>,
    /// Whether a wave is going to wake it.
    is_in_wave: bool,
    /// The large wave that has woken it, until it takes what waits.
    woken_by: Option<Arc<UnderWay>>,
    waits_for_cut: Option<Waker>,
}

type Shared = Arc<Mutex<State>>;

fn lock(shared: &Shared) -> MutexGuard<'_, State> {
    // Nothing panics half-way through a change of it.
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Connections that have something to write and sleep.
#[derive(Default)]
pub(super) struct Wave(Vec<Shared>);

impl Wave {
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn append(&mut self, other: &mut Self) {
        self.0.append(&mut other.0);
    }

    /// Wakes them. Each holds the wave that is under way until it has taken what waits for it.
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

/// A large wave of which not all connections have taken what waits for them. When it is dropped, the next one can come.
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

/// The hub's end.
pub(super) struct Sender {
    limits: QueueLimits,
    shared: Shared,
}

/// The connection's end, for one task. Dropping it takes the connection out of the hub.
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
    /// Appends a frame, and notes in the wave that the connection is to be woken if it sleeps. `false`
    /// if there is no room for the frame.
    ///
    /// A connection that is over but not yet taken out is no reason to complain: it gets nothing and needs nothing.
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
        // The first one counts, and the hub lets go of a sender when it has given one.
        state.farewell.get_or_insert(farewell);
        let waiting = [state.waits_for_frames.take(), state.waits_for_cut.take()];
        drop(state);
        waiting.into_iter().flatten().for_each(Waker::wake);
    }
}

impl Subscription {
    /// Waits until there is something to take, or the hub has closed the connection.
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

    /// Takes as many frames as there are, but not more than `limit`: zero when [`ready`](Self::ready) has waited for the
    /// hub to close the connection, and all that was to be sent is taken.
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

    /// Waits until the hub closes the connection without sending what still waits.
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

    /// How the hub has ended the connection; `None` if it has not.
    pub(crate) fn farewell(&self) -> Option<Farewell> {
        lock(&self.shared).farewell.clone()
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
        lock(&self.shared).frames.len()
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
        self.hub.disconnect(self.user_id, self.id);
    }
}

/// Notes who is to be woken.
fn wait(slot: &mut Option<Waker>, context: &Context<'_>) {
    match slot {
        Some(waker) => waker.clone_from(context.waker()),
        None => *slot = Some(context.waker().clone()),
    }
}
