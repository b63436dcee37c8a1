//! The browser side: WebSocket, timers, callbacks and the class that JavaScript uses. All decisions are made by the
//! state machines of [`client`](crate::client).

#[cfg(feature = "bench")]
mod bench;
mod bridge;
mod dispatch;
mod driver;
mod engine;
mod fetch;
mod frame_text;
mod network;
mod options;
mod page_queue;
mod plain;
mod snippets;
mod socket;

#[cfg(feature = "bench")]
pub use bench::{check_frame, copy_frame, decode_frame, fingerprint_frame, look_at_head, prepare_decoder};
pub use engine::Engine;
pub use options::Options;
pub use page_queue::Port;
pub use socket::EarlySocket;

/// A third of the size of the standard allocator of this target, and as fast for this client. Optional, as the choice
/// of an allocator belongs to the final program, not to a library.
#[cfg(feature = "small-allocator")]
#[global_allocator]
static ALLOCATOR: rlsf::SmallGlobalTlsf = rlsf::SmallGlobalTlsf::new();
