//! From a delivery to the application's callbacks.

use serde::Serialize;
use wasm_bindgen::JsValue;

use super::callbacks::Callbacks;
use super::error::FrameError;
use super::glue;
use super::payload::{FrameText, data_of};
use crate::client::delivery::Delivery;
use crate::protocol::ids::RoomId;

/// What the topic `resync-required` delivers.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Resync {
    room_id: Option<RoomId>,
    reason: &'static str,
}

/// Calls the callbacks of a delivery's topic. Nothing is built for a topic that nobody listens to.
pub(super) fn deliver(delivery: Delivery<FrameText>, callbacks: &Callbacks) {
    let topic = delivery.topic();
    if !callbacks.has(topic) {
        return;
    }
    let call = |value: &JsValue| callbacks.call(topic, value, &JsValue::UNDEFINED);
    let built = match delivery {
        Delivery::Event {
            event_type,
            payload,
            recovered,
        } => payload.build_event(event_type, recovered).map(|event| {
            callbacks.call(topic, &data_of(&event), &event);
        }),
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

/// A plain JavaScript object. The types that come here are flat and of strings and numbers, which always serialise.
pub(super) fn plain(value: &impl Serialize) -> JsValue {
    value
        .serialize(&serde_wasm_bindgen::Serializer::json_compatible())
        .unwrap_or(JsValue::NULL)
}
