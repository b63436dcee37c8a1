//! The bounded queue of deliveries. Turns of limited length leave the event loop time to render.

use std::time::Duration;

use super::clock::{Micros, micros};
use super::delivery::{Delivery, Payload, frame};
use super::queue::Queue;
use super::sorted::SortedMap;
use crate::protocol::decode::digest::{EventDigest, Span};
use crate::protocol::event::EventType;
use crate::protocol::ids::{MessageId, RoomId};

/// When to deliver.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pace {
    /// As they arrive.
    #[default]
    Turn,
    /// Batched per animation frame. Of several updates of a message or room, only the last is delivered, in its
    /// place.
    Frame,
}

/// The bounds of the queue, and when and how long it delivers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeliveryQueueConfig {
    /// The most queued frames. Default: 10,000.
    pub max_frames: usize,
    /// The most bytes of queued frames. Default: 16 MiB.
    pub max_bytes: usize,
    /// How long to deliver before yielding to the event loop. Default: 8 ms, half a frame at 60 Hz.
    pub turn: Duration,
    /// When to deliver. Default: as they arrive.
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

/// The subject of an update.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Subject {
    Message(MessageId),
    Room(RoomId),
}

#[derive(Clone, Debug)]
struct Entry<P> {
    /// `None` if every update was overtaken or nobody wants it any more.
    delivery: Option<Delivery<P>>,
    bytes: usize,
    /// The subjects of its updates and their spans in the frame; empty unless updates are coalesced.
    updates: Vec<(Subject, Span)>,
    /// The number of overtaken updates.
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
    /// The number of entries that have left the queue.
    gone: u64,
    /// The entry with the latest update of each subject, counted from the first entry ever.
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

    /// Whether updates are coalesced.
    #[must_use]
    pub(super) fn coalesces(&self) -> bool {
        self.config.pace == Pace::Frame
    }

    /// Whether a frame of that length fits. An empty queue takes any.
    #[must_use]
    pub(super) const fn has_room_for(&self, bytes: usize) -> bool {
        self.frames == 0
            || (self.frames < self.config.max_frames && self.bytes + bytes <= self.config.max_bytes)
    }

    /// Whether at most half of each bound is used, so that more may be requested.
    #[must_use]
    pub(super) const fn is_low(&self) -> bool {
        self.frames <= self.config.max_frames / 2 && self.bytes <= self.config.max_bytes / 2
    }

    /// The number of queued deliveries other than states.
    #[must_use]
    pub(super) const fn frames(&self) -> usize {
        self.frames
    }

    /// The number of bytes of the queued frames.
    #[must_use]
    pub(super) const fn bytes(&self) -> usize {
        self.bytes
    }

    /// Queues a delivery without checking the bounds, which is up to the receiver of frames.
    pub(super) fn push(&mut self, delivery: Delivery<P>, bytes: usize) {
        self.push_event(delivery, bytes, None);
    }

    /// Like [`push`](Self::push), for an event with its digest.
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

    /// Notes that one of that entry's updates is not needed.
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

    /// Drops unwanted events.
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

    /// Begins a turn of the event loop.
    pub(super) const fn begin_turn(&mut self, now: Duration) {
        self.turn_ends = Some(micros(now).saturating_add(micros(self.config.turn)));
    }

    /// The next delivery of this turn; `None` if the queue is empty or the turn is over. The `first` of a turn is
    /// always returned.
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

    /// The event, without the messages that a later event updates.
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

    /// Whether the queue is empty.
    #[must_use]
    pub(super) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// Drops everything but states, as the application has closed the client.
    pub(super) fn discard_frames(&mut self) {
        self.queue
            .retain(|entry| matches!(entry.delivery, Some(Delivery::State(_))));
        self.latest.clear();
        (self.frames, self.bytes) = (0, 0);
    }
}
