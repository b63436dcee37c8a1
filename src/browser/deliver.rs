//! From a delivery to the application's callbacks.

use serde::ser::{Serialize, SerializeMap, Serializer};
use wasm_bindgen::JsValue;

use super::callbacks::Callbacks;
use super::error::FrameError;
use super::glue;
use super::payload::{FrameText, call_with, call_with_event, only_room};
use crate::client::delivery::Delivery;
use crate::client::topic::Topic;
use crate::protocol::event::EventType;
use crate::protocol::ids::RoomId;

/// What the topic `resync-required` delivers.
struct Resync {
    room_id: Option<RoomId>,
    reason: &'static str,
}

// As a map: see State.
impl Serialize for Resync {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut members = serializer.serialize_map(Some(2))?;
        members.serialize_entry("roomId", &self.room_id)?;
        members.serialize_entry("reason", self.reason)?;
        members.end()
    }
}

/// Calls the callbacks of a delivery's topic. Nothing is built for a topic that nobody listens to.
pub(super) fn deliver(delivery: Delivery<FrameText>, callbacks: &Callbacks) {
    let topic = delivery.topic();
    if !callbacks.has(topic) {
        return;
    }
    let call = |value: &JsValue| callbacks.call(topic, |_| Some(value.clone()), call_with);
    let built = match delivery {
        Delivery::Event {
            event_type,
            payload,
            recovered,
        } => deliver_event(event_type, payload, recovered, callbacks),
        Delivery::Unknown { event_type, payload } => {
            payload.build_unknown(&event_type).map(|event| call(&event))
        }
        Delivery::Malformed(error) => return call(&plain(&FrameError::from(error))),
        Delivery::Binary => return call(&plain(&FrameError::binary())),
        Delivery::ResyncRequired { room_id, reason } => {
            return call(&plain(&Resync {
                room_id,
                reason: reason.as_str(),
            }));
        }
        Delivery::State(state) => return call(&plain(&state)),
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
    callbacks: &Callbacks,
) -> Result<(), JsValue> {
    let topic = Topic::Event(event_type);
    let mut rooms = Vec::new();
    if callbacks.has_for_one_room(topic) {
        rooms = payload.rooms(event_type);
        let wanted = callbacks.rooms(topic);
        if wanted.is_restricted() && !rooms.iter().any(|room_id| wanted.contains(*room_id)) {
            return Ok(());
        }
    }
    let event = payload.build_event(event_type, recovered)?;
    let make = |room| match room {
        None => Some(event.clone()),
        Some(room) if rooms.iter().all(|other| *other == room) => Some(event.clone()),
        Some(room) if rooms.contains(&room) => Some(only_room(&event, room.get() as f64)),
        Some(_) => None,
    };
    callbacks.call(topic, make, call_with_event);
    Ok(())
}

/// A plain JavaScript object. The types that come here are flat and of strings and numbers, which always serialise.
pub(super) fn plain(value: &impl Serialize) -> JsValue {
    value
        .serialize(&serde_wasm_bindgen::Serializer::json_compatible())
        .unwrap_or(JsValue::NULL)
}
