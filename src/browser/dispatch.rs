//! Distributes deliveries to the pages that listen to them.

use std::time::Duration;

use serde::ser::{Serialize, SerializeMap, Serializer};
use wasm_bindgen::JsValue;

use super::bridge;
use super::error::MalformedFrame;
use super::frame_text::FrameText;
use super::page_queue::PageQueue;
use crate::client::tabs::{Added, Bounds, Tab, Tabs};
use crate::client::{Delivery, ResyncReason, Topic};
use crate::protocol::ids::RoomId;

/// The value of the topics `resync` and `freshness`.
pub(super) struct Notice {
    room_id: Option<RoomId>,
    name: &'static str,
    value: &'static str,
    cause: Option<Option<String>>,
}

impl Notice {
    pub(super) const fn resync(room_id: Option<RoomId>, reason: ResyncReason) -> Self {
        Self {
            room_id,
            name: "reason",
            value: reason.as_str(),
            cause: None,
        }
    }
}

// As a map: see `Cause`.
impl Serialize for Notice {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut members = serializer.serialize_map(None)?;
        members.serialize_entry("roomId", &self.room_id)?;
        members.serialize_entry(self.name, self.value)?;
        if let Some(cause) = &self.cause {
            members.serialize_entry("cause", cause)?;
        }
        members.end()
    }
}

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
        Delivery::Malformed(error) => send(tabs, topic, 0, bounds, || plain(&MalformedFrame::from(error))),
        Delivery::Binary => send(tabs, topic, 0, bounds, || plain(&MalformedFrame::binary())),
        Delivery::ResyncRequired { room_id, reason } => {
            send(tabs, topic, 0, bounds, || plain(&Notice::resync(room_id, reason)));
        }
        Delivery::Freshness {
            room_id,
            freshness,
            cause,
        } => {
            let notice = Notice {
                room_id,
                name: "freshness",
                value: freshness.as_str(),
                cause: Some(cause),
            };
            send(tabs, topic, 0, bounds, || plain(&notice));
        }
        Delivery::State(state) => {
            let retry_at = state.retry_at.map_or(f64::NAN, date);
            send(tabs, topic, 0, bounds, || {
                bridge::build_state_change(
                    state.status.as_str(),
                    state.attempt,
                    retry_at,
                    &plain(&state.cause),
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

/// Converts a value to a plain JavaScript object. The types used are flat, of strings and numbers, and always
/// serialise.
pub(super) fn plain(value: &impl Serialize) -> JsValue {
    value
        .serialize(&serde_wasm_bindgen::Serializer::json_compatible())
        .unwrap_or(JsValue::NULL)
}
