//! What waits to be delivered: bounded, and handed out in turns that leave the page time to breathe.

use std::collections::VecDeque;
use std::time::Duration;

use super::delivery::{Delivery, Payload};

/// How much may wait, and how long one turn may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutboxConfig {
    /// How many frames may wait. Default: 10,000.
    pub max_frames: usize,
    /// How many bytes of frames may wait. Default: 16 MiB.
    pub max_bytes: usize,
    /// How long callbacks may run before the event loop gets its turn. Default: 8 ms, half a picture at 60 Hz.
    pub turn: Duration,
}

impl Default for OutboxConfig {
    fn default() -> Self {
        Self {
            max_frames: 10_000,
            max_bytes: 16 << 20,
            turn: Duration::from_millis(8),
        }
    }
}

/// The queue between the client and the application's callbacks.
#[derive(Clone, Debug)]
pub struct Outbox<P> {
    config: OutboxConfig,
    queue: VecDeque<(Delivery<P>, usize)>,
    bytes: usize,
    frames: usize,
    turn_ends: Option<Duration>,
}

impl<P: Payload> Outbox<P> {
    /// An empty queue.
    #[must_use]
    pub const fn new(config: OutboxConfig) -> Self {
        Self {
            config,
            queue: VecDeque::new(),
            bytes: 0,
            frames: 0,
            turn_ends: None,
        }
    }

    /// Whether a frame of that length may still be queued. An empty queue takes any.
    #[must_use]
    pub const fn has_room_for(&self, bytes: usize) -> bool {
        self.frames == 0
            || (self.frames < self.config.max_frames && self.bytes + bytes <= self.config.max_bytes)
    }

    /// Whether the queue is so short that more may be fetched.
    #[must_use]
    pub const fn is_low(&self) -> bool {
        self.frames <= self.config.max_frames / 2 && self.bytes <= self.config.max_bytes / 2
    }

    /// How many frames wait.
    #[must_use]
    pub const fn frames(&self) -> usize {
        self.frames
    }

    /// How many bytes of frames wait.
    #[must_use]
    pub const fn bytes(&self) -> usize {
        self.bytes
    }

    /// Queues a delivery, whatever the bounds: they are kept by whoever takes frames in.
    pub fn push(&mut self, delivery: Delivery<P>, bytes: usize) {
        if !matches!(delivery, Delivery::State(_)) {
            self.frames += 1;
            self.bytes += bytes;
        }
        self.queue.push_back((delivery, bytes));
    }

    /// A turn of the event loop begins.
    pub const fn begin_turn(&mut self, now: Duration) {
        self.turn_ends = Some(now.saturating_add(self.config.turn));
    }

    /// The next delivery of this turn; `None` when the queue is empty or the turn is over. At least one is handed
    /// out in every turn.
    pub fn next(&mut self, now: Duration, first: bool) -> Option<Delivery<P>> {
        if !first && self.turn_ends.is_some_and(|end| end <= now) {
            return None;
        }
        let (delivery, bytes) = self.queue.pop_front()?;
        if !matches!(delivery, Delivery::State(_)) {
            self.frames -= 1;
            self.bytes -= bytes;
        }
        Some(delivery)
    }

    /// Whether anything waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// Throws away everything but the states: the application has closed the client.
    pub fn discard_frames(&mut self) {
        self.queue
            .retain(|(delivery, _)| matches!(delivery, Delivery::State(_)));
        (self.frames, self.bytes) = (0, 0);
    }
}
