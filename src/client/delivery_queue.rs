//! What waits to be delivered: bounded, and handed out in turns that leave the page time to breathe.

use std::time::Duration;

use super::clock::{Micros, micros};
use super::delivery::{Delivery, Payload, frame};
use super::queue::Queue;
use super::sorted::SortedMap;
use crate::protocol::decode::digest::{EventDigest, Span};
use crate::protocol::event::EventType;
use crate::protocol::ids::{MessageId, RoomId};

/// When deliveries are made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pace {
    /// As they come.
    #[default]
    Turn,
    /// Batched until the next animation frame; of successive updates of one message, or of one room, only the
    /// last is delivered, in its place.
    Frame,
}

/// How much may wait, and how long one turn may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeliveryQueueConfig {
    /// How many frames may wait. Default: 10,000.
    pub max_frames: usize,
    /// How many bytes of frames may wait. Default: 16 MiB.
    pub max_bytes: usize,
    /// How long callbacks may run before the event loop gets its turn. Default: 8 ms, half a picture at 60 Hz.
    pub turn: Duration,
    /// When deliveries are made. Default: as they come.
    pub pace: Pace,
}

impl Default for DeliveryQueueConfig {
    fn default() -> Self {
        Self {
            max_frames: 10_000,
            max_bytes: 16 << 20,
            turn: Duration::from_millis(8),
            pace: Pace::Turn,
        }
    }
}

/// What an update is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Subject {
    Message(MessageId),
    Room(RoomId),
}

#[derive(Clone, Debug)]
struct Entry<P> {
    /// `None` once all of it was overtaken, or is not wanted any more.
    delivery: Option<Delivery<P>>,
    bytes: usize,
    /// What it brings updates of, and where they stand in the frame; empty unless updates are gathered.
    updates: Vec<(Subject, Span)>,
    /// How many of them were overtaken.
    overtaken: usize,
}

/// The queue between the client and the application's callbacks.
#[derive(Clone, Debug)]
pub(super) struct DeliveryQueue<P> {
    config: DeliveryQueueConfig,
    queue: Queue<Entry<P>>,
    bytes: usize,
    frames: usize,
    turn_ends: Option<Micros>,
    /// How many entries have left the queue.
    gone: u64,
    /// Which entry brings the last update of what; counted from the first that there ever was.
    latest: SortedMap<Subject, u64>,
}

impl<P: Payload> DeliveryQueue<P> {
    /// An empty queue.
    #[must_use]
    pub(super) const fn new(config: DeliveryQueueConfig) -> Self {
        Self {
            config,
            queue: Queue::new(),
            bytes: 0,
            frames: 0,
            turn_ends: None,
            gone: 0,
            latest: SortedMap::new(),
        }
    }

    /// Whether updates are gathered.
    #[must_use]
    pub(super) fn coalesces(&self) -> bool {
        self.config.pace == Pace::Frame
    }

    /// Whether a frame of that length may still be queued. An empty queue takes any.
    #[must_use]
    pub(super) const fn has_room_for(&self, bytes: usize) -> bool {
        self.frames == 0
            || (self.frames < self.config.max_frames && self.bytes + bytes <= self.config.max_bytes)
    }

    /// Whether the queue is so short that more may be fetched.
    #[must_use]
    pub(super) const fn is_low(&self) -> bool {
        self.frames <= self.config.max_frames / 2 && self.bytes <= self.config.max_bytes / 2
    }

    /// How many frames wait.
    #[must_use]
    pub(super) const fn frames(&self) -> usize {
        self.frames
    }

    /// How many bytes of frames wait.
    #[must_use]
    pub(super) const fn bytes(&self) -> usize {
        self.bytes
    }

    /// Queues a delivery, whatever the bounds: they are kept by whoever takes frames in.
    pub(super) fn push(&mut self, delivery: Delivery<P>, bytes: usize) {
        self.push_event(delivery, bytes, None);
    }

    /// The same for an event of which is known what it says.
    pub(super) fn push_event(
        &mut self,
        delivery: Delivery<P>,
        bytes: usize,
        event: Option<(EventType, &EventDigest)>,
    ) {
        if !matches!(delivery, Delivery::State(_)) {
            self.frames += 1;
            self.bytes += bytes;
        }
        let updates = match event {
            Some((EventType::TextMessagesUpdated, EventDigest::Messages(messages))) if self.coalesces() => {
                let subject = messages
                    .iter()
                    .map(|item| (Subject::Message(item.digest.message_id), item.span));
                subject.collect()
            }
            Some((EventType::RoomUpdated, EventDigest::Room(room))) if self.coalesces() => {
                vec![(Subject::Room(room.digest.room_id), room.span)]
            }
            _ => Vec::new(),
        };
        let serial = self.gone + self.queue.len() as u64;
        for (subject, _) in &updates {
            let latest = self.latest.get_or_insert_with(*subject, || serial);
            let before = std::mem::replace(latest, serial);
            if before < serial {
                self.overtake(before);
            }
        }
        self.queue.push(Entry {
            delivery: Some(delivery),
            bytes,
            updates,
            overtaken: 0,
        });
    }

    /// One of the updates of that entry need not be delivered.
    fn overtake(&mut self, serial: u64) {
        let waiting = serial
            .checked_sub(self.gone)
            .and_then(|index| self.queue.get_mut(index as usize));
        if let Some(entry) = waiting {
            entry.overtaken += 1;
            if entry.overtaken == entry.updates.len() && entry.delivery.take().is_some() {
                self.frames -= 1;
                self.bytes -= entry.bytes;
            }
        }
    }

    /// Leaves out the events that nobody wants any more.
    pub(super) fn retain_events(&mut self, mut is_wanted: impl FnMut(EventType, &P) -> bool) {
        for entry in self.queue.iter_mut() {
            if let Some(Delivery::Event {
                event_type, payload, ..
            }) = &entry.delivery
                && !is_wanted(*event_type, payload)
            {
                entry.delivery = None;
                self.frames -= 1;
                self.bytes -= entry.bytes;
            }
        }
    }

    /// A turn of the event loop begins.
    pub(super) const fn begin_turn(&mut self, now: Duration) {
        self.turn_ends = Some(micros(now).saturating_add(micros(self.config.turn)));
    }

    /// The next delivery of this turn; `None` when the queue is empty or the turn is over. At least one is handed
    /// out in every turn.
    pub(super) fn next(&mut self, now: Duration, first: bool) -> Option<Delivery<P>> {
        if !first && self.turn_ends.is_some_and(|end| end <= micros(now)) {
            return None;
        }
        loop {
            let serial = self.gone;
            let Some(entry) = self.queue.pop() else {
                self.latest.clear();
                return None;
            };
            self.gone += 1;
            let Some(delivery) = entry.delivery else { continue };
            if !matches!(delivery, Delivery::State(_)) {
                self.frames -= 1;
                self.bytes -= entry.bytes;
            }
            return Some(if entry.overtaken == 0 {
                delivery
            } else {
                self.without_overtaken(delivery, &entry.updates, serial)
            });
        }
    }

    /// The event with those of its messages alone that no later one brings.
    fn without_overtaken(&self, came: Delivery<P>, updates: &[(Subject, Span)], serial: u64) -> Delivery<P> {
        let Delivery::Event {
            event_type,
            payload,
            recovered,
        } = came
        else {
            return came;
        };
        let current = updates
            .iter()
            .filter(|(subject, _)| self.latest.get(*subject) == Some(&serial));
        let text = payload.read(|text| {
            let messages: Vec<_> = current.map(|(_, span)| span.of(text)).collect();
            frame::messages(event_type, &messages)
        });
        Delivery::Event {
            event_type,
            payload: P::from_text(text),
            recovered,
        }
    }

    /// Whether anything waits.
    #[must_use]
    pub(super) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// Throws away everything but the states: the application has closed the client.
    pub(super) fn discard_frames(&mut self) {
        self.queue
            .retain(|entry| matches!(entry.delivery, Some(Delivery::State(_))));
        self.latest.clear();
        (self.frames, self.bytes) = (0, 0);
    }
}
