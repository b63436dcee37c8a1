//! The wire format, shared by client and server: the events, their objects, and the decoder.

pub mod attachment;
pub mod decode;
pub mod event;
pub mod ids;
pub mod message;
pub(crate) mod named;
pub(crate) mod number;
mod open_enum;
pub mod room;

/// Fields unknown to this version. They are kept, so that decoding and encoding preserve an object.
pub type Extra = serde_json::Map<String, serde_json::Value>;
