//! The browser's side: WebSocket, timers, callbacks and the class that JavaScript sees. It decides nothing; what is to
//! be done it asks the state machines of [`client`](crate::client).

#[cfg(feature = "bench")]
mod bench;
mod bridge;
mod dispatch;
mod driver;
mod engine;
mod error;
mod fetch;
mod frame_text;
mod network;
mod options;
mod page_queue;
mod snippets;
mod socket;

#[cfg(feature = "bench")]
pub use bench::{check_frame, copy_frame, decode_frame, fingerprint_frame, look_at_head, prepare_decoder};
pub use engine::Engine;
pub use options::Options;
pub use page_queue::Port;
pub use socket::EarlySocket;

/// A third of the size of the standard one for this target, and as fast for what a client allocates. It has a feature of its own: the
/// allocator is the choice of the program that is built, not of a library in it.
#[cfg(feature = "small-allocator")]
#[global_allocator]
static ALLOCATOR: rlsf::SmallGlobalTlsf = rlsf::SmallGlobalTlsf::new();
