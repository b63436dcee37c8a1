//! Delays events for a fault.

use std::collections::VecDeque;
use std::future;
use std::sync::Arc;

use tokio::time::{self, Instant};

use super::outgoing::Outgoing;
use crate::protocol::ids::UserId;
use crate::server::faults::Active;
use crate::server::hub::{Frame, Subscription};

/// The delayed events of a connection, in order. Empty without a fault.
pub(super) struct DelayLine {
    faults: Arc<Active>,
    user_id: UserId,
    waiting: VecDeque<(Instant, Frame)>,
    capacity: usize,
}

impl DelayLine {
    pub(super) fn new(subscription: &Subscription, capacity: usize) -> Self {
        Self {
            faults: subscription.faults(),
            user_id: subscription.user_id(),
            waiting: VecDeque::new(),
            capacity,
        }
    }

    /// Accepts frames and passes on those that are due.
    pub(super) fn pass(&mut self, frames: &mut Vec<Frame>, outgoing: &mut Outgoing) {
        if self.waiting.is_empty() && !self.faults.any() {
            outgoing.extend(frames.drain(..));
            return;
        }
        let now = Instant::now();
        for frame in frames.drain(..) {
            let due = now + self.faults.delay(self.user_id);
            let last = self.waiting.back().map_or(now, |(due, _)| *due);
            self.waiting.push_back((due.max(last), frame));
        }
        self.take_due(outgoing);
    }

    /// Whether it can accept more.
    pub(super) fn has_room(&self) -> bool {
        self.waiting.len() < self.capacity
    }

    /// Waits until a frame is due.
    pub(super) async fn due(&self) {
        match self.waiting.front() {
            Some((due, _)) => time::sleep_until(*due).await,
            None => future::pending().await,
        }
    }

    /// Passes on all frames that are due.
    pub(super) fn take_due(&mut self, outgoing: &mut Outgoing) {
        let now = Instant::now();
        let count = self.waiting.iter().take_while(|(due, _)| *due <= now).count();
        outgoing.extend(self.waiting.drain(..count).map(|(_, frame)| frame));
    }

    /// Passes on all frames.
    pub(super) fn take_all(&mut self, outgoing: &mut Outgoing) {
        outgoing.extend(self.waiting.drain(..).map(|(_, frame)| frame));
    }
}
