//! Distributes deliveries to the pages that listen to them.

use std::time::Duration;

use wasm_bindgen::JsValue;

use super::bridge;
use super::frame_text::FrameText;
use super::page_queue::PageQueue;
use super::plain;
use crate::client::tabs::{Added, Bounds, Tab, Tabs};
use crate::client::{Delivery, Topic};

/// Queues a delivery for the pages that listen to it. Without listeners, nothing is built.
///
/// `date` converts a moment to milliseconds since 1970.
pub(super) fn dispatch(
    delivery: Delivery<FrameText>,
    tabs: &mut Tabs<PageQueue>,
    bounds: Bounds,
    date: impl Fn(Duration) -> f64,
) {
    let topic = delivery.topic();
    match delivery {
        Delivery::Event {
            event_type,
            mut payload,
            recovered,
        } => {
            if !payload.is_decoded() {
                return;
            }
            let rooms = tabs.asks_for_rooms(topic).then(|| payload.rooms(event_type));
            let mut text = None;
            let bytes = payload.length();
            for tab in tabs.receivers(topic, rooms.as_deref()) {
                if add(tab, bytes, bounds) {
                    let text = text.get_or_insert_with(|| payload.to_js());
                    tab.handle.push_event(topic, text, payload.slots(), recovered);
                }
            }
        }
        Delivery::Unknown { event_type, payload } => {
            let value = js_sys::Array::of2(&event_type.into(), &payload.to_js());
            send(tabs, topic, payload.length(), bounds, || value.into());
        }
        Delivery::Malformed(error) => send(tabs, topic, 0, bounds, || plain::decode_error(&error)),
        Delivery::Binary => send(tabs, topic, 0, bounds, plain::binary_frame),
        Delivery::ResyncRequired { room_id, reason } => {
            send(tabs, topic, 0, bounds, || plain::resync(room_id, reason));
        }
        Delivery::Freshness {
            room_id,
            freshness,
            cause,
        } => send(tabs, topic, 0, bounds, || {
            plain::freshness(room_id, freshness, cause.as_deref())
        }),
        Delivery::State(state) => {
            let retry_at = state.retry_at.map_or(f64::NAN, date);
            send(tabs, topic, 0, bounds, || {
                bridge::build_state_change(
                    state.status.as_str(),
                    state.attempt,
                    retry_at,
                    &plain::cause(state.cause.as_ref()),
                )
            });
        }
    }
}

/// Queues a notice, built once for all listeners.
fn send(
    tabs: &mut Tabs<PageQueue>,
    topic: Topic,
    bytes: usize,
    bounds: Bounds,
    build: impl FnOnce() -> JsValue,
) {
    let mut build = Some(build);
    let mut value = JsValue::UNDEFINED;
    for tab in tabs.receivers(topic, None) {
        if let Some(build) = build.take() {
            value = build();
        }
        if add(tab, bytes, bounds) {
            tab.handle.push_value(topic, &value);
        }
    }
}

/// Accounts for a delivery to a page. Returns whether the queue has room for it.
fn add(tab: &mut Tab<PageQueue>, bytes: usize, bounds: Bounds) -> bool {
    let added = tab.add(bytes, bounds);
    if added == Added::Overflowed {
        tab.handle.clear();
    }
    added == Added::Kept
}
