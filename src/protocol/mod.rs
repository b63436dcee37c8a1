//! What is on the wire: the events, the objects inside them, and the decoder. Both ends share it.

pub mod attachment;
pub mod decode;
pub mod event;
pub mod ids;
pub mod message;
pub(crate) mod named;
pub(crate) mod number;
mod open_enum;
pub mod room;

/// Fields that this version does not know, kept so that an object decoded and encoded again is the same.
pub type Extra = serde_json::Map<String, serde_json::Value>;
