//! `room-events`: a WebAssembly client for the Events API of a chat server, and a native reference server for it.
//!
//! The Events API is a WebSocket at `/api/v1/events`. It notifies an authenticated user of changes in the rooms that
//! this user may see. The npm package wraps it in typed callbacks. The feature `server` builds a server for the same
//! protocol, for development, tests and demonstrations.
//!
//! | module | contents | targets |
//! | --- | --- | --- |
//! | [`protocol`] | the wire format and its decoder | all |
//! | [`client`] | the client as state machines without I/O | all |
//! | `browser` | WebSocket, timers, callbacks, the exported class | wasm32 |
//! | `server` | the reference server | native, feature `server` |
//!
//! Dependencies point one way: `browser → client → protocol ← server`.

// Input from the network, the page or the file system never causes a panic.
#![warn(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[cfg(all(target_arch = "wasm32", feature = "server"))]
compile_error!(
    "the feature `server` builds the native reference server (sockets, threads, SQLite) and cannot be built for \
     wasm32; build it for the host instead: `cargo build --features server --bin reference-server`"
);

#[cfg(target_arch = "wasm32")]
pub mod browser;
pub mod client;
pub mod protocol;
#[cfg(all(feature = "server", not(target_arch = "wasm32")))]
pub mod server;
