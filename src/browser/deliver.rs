//! From a delivery to the application's callbacks.

use std::time::Duration;

use js_sys::Function;
use serde::ser::{Serialize, SerializeMap, Serializer};
use wasm_bindgen::JsValue;

use super::error::MalformedFrame;
use super::glue;
use super::payload::{FrameText, call_with, call_with_event, only_room};
use crate::client::callbacks::{Callbacks, Share};
use crate::client::delivery::Delivery;
use crate::client::topic::Topic;
use crate::protocol::event::EventType;
use crate::protocol::ids::RoomId;

/// What the topics `resync` and `freshness` deliver: of which room, and one or two members more.
struct Notice {
    room_id: Option<RoomId>,
    name: &'static str,
    value: &'static str,
    cause: Option<Option<String>>,
}

// As a map: see Cause.
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

/// Calls the callbacks of a delivery's topic. Nothing is built for a topic that nobody listens to.
///
/// `date` puts a moment on the wall clock, in milliseconds since 1970.
pub(super) fn deliver(
    delivery: Delivery<FrameText>,
    callbacks: &Callbacks<Function>,
    date: impl Fn(Duration) -> f64,
) {
    let topic = delivery.topic();
    if !callbacks.has(topic) {
        return;
    }
    let call = |value: &JsValue| callbacks.call(topic, None, |function, _| call_with(function, value));
    let built = match delivery {
        Delivery::Event {
            event_type,
            payload,
            recovered,
        } => deliver_event(event_type, payload, recovered, callbacks),
        Delivery::Unknown { event_type, payload } => {
            payload.build_unknown(&event_type).map(|event| call(&event))
        }
        Delivery::Malformed(error) => return call(&plain(&MalformedFrame::from(error))),
        Delivery::Binary => return call(&plain(&MalformedFrame::binary())),
        Delivery::ResyncRequired { room_id, reason } => {
            return call(&plain(&Notice {
                room_id,
                name: "reason",
                value: reason.as_str(),
                cause: None,
            }));
        }
        Delivery::Freshness {
            room_id,
            freshness,
            cause,
        } => {
            let value = plain(&Notice {
                room_id,
                name: "freshness",
                value: freshness.as_str(),
                cause: Some(cause),
            });
            // A callback for one room hears of that room alone, not of the list.
            return callbacks.call(topic, Some(room_id.as_slice()), |function, _| {
                call_with(function, &value);
            });
        }
        Delivery::State(state) => {
            let retry_at = state.retry_at.map_or(f64::NAN, date);
            let cause = plain(&state.cause);
            let status = state.phase.as_str();
            return call(&glue::build_state_change(status, state.attempt, retry_at, &cause));
        }
    };
    if let Err(error) = built {
        glue::report(&error);
    }
}

/// Builds an event once for all callbacks; not at all where those there are want other rooms.
fn deliver_event(
    event_type: EventType,
    mut payload: FrameText,
    recovered: bool,
    callbacks: &Callbacks<Function>,
) -> Result<(), JsValue> {
    let topic = Topic::Event(event_type);
    let rooms = callbacks
        .has_for_one_room(topic)
        .then(|| payload.rooms(event_type));
    if rooms.as_ref().is_some_and(|rooms| !callbacks.wants(topic, rooms)) {
        return Ok(());
    }
    let event = payload.build_event(event_type, recovered)?;
    callbacks.call(topic, rooms.as_deref(), |function, share| match share {
        Share::Whole => call_with_event(function, &event),
        Share::Room(room_id) => call_with_event(function, &only_room(&event, room_id.get() as f64)),
    });
    Ok(())
}

/// A plain JavaScript object. The types that come here are flat and of strings and numbers, which always serialise.
pub(super) fn plain(value: &impl Serialize) -> JsValue {
    value
        .serialize(&serde_wasm_bindgen::Serializer::json_compatible())
        .unwrap_or(JsValue::NULL)
}
