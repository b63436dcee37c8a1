//! The small plain objects that JavaScript gets: causes, notices and decoding errors.

use serde::ser::{Serialize, SerializeMap, Serializer};
use wasm_bindgen::JsValue;

use crate::client::{BINARY_FRAME, Cause, Freshness, ResyncReason};
use crate::protocol::decode::DecodeError;
use crate::protocol::ids::RoomId;

/// The value of a member.
enum Value<'a> {
    Text(&'a str),
    /// Exact up to 2^53.
    Number(f64),
    Flag(bool),
    Null,
}

impl Serialize for Value<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => serializer.serialize_str(text),
            Self::Number(number) => serializer.serialize_f64(*number),
            Self::Flag(flag) => serializer.serialize_bool(*flag),
            Self::Null => serializer.serialize_unit(),
        }
    }
}

/// The names and values of an object's members.
struct Members<'a>(&'a [(&'static str, Value<'a>)]);

// A map, not a struct: for structs, serde-wasm-bindgen includes a cache of all field names, 2 kB of code.
impl Serialize for Members<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut members = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in self.0 {
            members.serialize_entry(name, value)?;
        }
        members.end()
    }
}

/// Builds an object. Strings, numbers, flags and null always serialise.
fn object(members: &[(&'static str, Value<'_>)]) -> JsValue {
    Members(members)
        .serialize(&serde_wasm_bindgen::Serializer::json_compatible())
        .unwrap_or(JsValue::NULL)
}

/// The cause of a state; null if nothing is wrong.
pub(super) fn cause(cause: Option<&Cause>) -> JsValue {
    cause.map_or(JsValue::NULL, |cause| {
        object(&[
            ("code", Value::Number(cause.code.into())),
            ("reason", Value::Text(&cause.reason)),
            ("wasClean", Value::Flag(cause.was_clean)),
            (
                "status",
                cause
                    .status
                    .map_or(Value::Null, |status| Value::Number(status.into())),
            ),
        ])
    })
}

fn room(room_id: Option<RoomId>) -> (&'static str, Value<'static>) {
    let id = room_id.map_or(Value::Null, |room_id| Value::Number(room_id.get() as f64));
    ("roomId", id)
}

/// The value of the topic `resync`.
pub(super) fn resync(room_id: Option<RoomId>, reason: ResyncReason) -> JsValue {
    object(&[room(room_id), ("reason", Value::Text(reason.as_str()))])
}

/// The value of the topic `freshness`.
pub(super) fn freshness(room_id: Option<RoomId>, freshness: Freshness, cause: Option<&str>) -> JsValue {
    object(&[
        room(room_id),
        ("freshness", Value::Text(freshness.as_str())),
        ("cause", cause.map_or(Value::Null, Value::Text)),
    ])
}

/// The value of the topic `malformed`: a frame that was not delivered, and why.
fn malformed(code: &'static str, message: &str, path: &str, offset: usize, excerpt: &str) -> JsValue {
    object(&[
        ("code", Value::Text(code)),
        ("message", Value::Text(message)),
        ("path", Value::Text(path)),
        ("offset", Value::Number(offset as f64)),
        ("excerpt", Value::Text(excerpt)),
    ])
}

pub(super) fn decode_error(error: &DecodeError) -> JsValue {
    malformed(
        error.code(),
        &error.to_string(),
        &error.path,
        error.offset,
        &error.excerpt,
    )
}

/// The error of a binary frame. The Events API only sends text.
pub(super) fn binary_frame() -> JsValue {
    let message = "the server sent a binary frame; the Events API consists of text frames";
    malformed(BINARY_FRAME, message, "$", 0, "")
}
