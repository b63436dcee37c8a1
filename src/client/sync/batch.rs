//! Splits recovered messages into events of a bounded size.

use super::{MAX_BATCH, MAX_BATCH_BYTES};
use crate::client::delivery::frame;
use crate::client::mutant::{self, Mutant};
use crate::protocol::event::EventType;

/// The frames for these messages.
pub(super) fn frames(event_type: EventType, messages: &[Box<str>]) -> Vec<String> {
    let mut frames = Vec::new();
    let mut batch: Vec<&str> = Vec::new();
    let mut bytes = 0;
    for message in messages {
        let is_full = batch.len() >= MAX_BATCH || bytes + message.len() > MAX_BATCH_BYTES;
        if is_full && !batch.is_empty() && !mutant::is(Mutant::UnboundedBatch) {
            frames.push(frame::messages(event_type, &batch));
            batch.clear();
            bytes = 0;
        }
        bytes += message.len();
        batch.push(message);
    }
    if !batch.is_empty() {
        frames.push(frame::messages(event_type, &batch));
    }
    frames
}
