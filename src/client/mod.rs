//! The client as state machines without I/O: no socket, no clock, no randomness of their own.
//!
//! The driver passes in what happened (`handle_*`, with the time since any fixed moment) and takes out instructions
//! and deliveries (`poll_action`, `poll_timeout`, `poll_delivery`). The same code runs in browsers and, with a
//! virtual clock, in simulations. [`Client`] combines all of it.

mod backoff;
mod clock;
mod connection;
mod delivery;
mod delivery_queue;
mod interest;
mod machine;
pub mod mutant;
mod options;
mod queue;
mod random;
mod replica;
mod rest;
mod session;
pub mod shared;
mod sorted;
mod state;
mod stats;
pub mod store;
mod sync;
mod tab_views;
pub mod tabs;
mod topic;
mod watchdog;

pub use backoff::{Backoff, BackoffConfig};
pub use clock::{Clock, Micros, micros};
pub use connection::{ConnectionConfig, SocketId};
pub use delivery::{BINARY_FRAME, Delivery, Payload, ResyncReason};
pub use delivery_queue::{DeliveryQueueConfig, Pace};
pub use interest::{Followed, Interest, Rooms};
pub use machine::{Action, Client, ClientConfig};
pub use options::NumberOption;
pub use replica::MAX_BODY_BYTES_KEPT;
pub use rest::{MAX_BODY_BYTES, Reply, Request, RequestId};
pub use session::Authorized;
pub use state::{Cause, ConnectionState, ConnectionStatus, Freshness};
pub use stats::Stats;
pub use sync::CatchUpConfig;
pub use tab_views::TabViews;
pub use topic::Topic;
pub use watchdog::WatchdogConfig;
