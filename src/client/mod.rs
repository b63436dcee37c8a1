//! How a client behaves, as state machines without I/O: no socket, no clock, no randomness of their own.
//!
//! Whoever drives them passes in what happened (`handle_*`, with the time since any fixed moment) and takes out what
//! is to be done (`poll_action`, `poll_timeout`, `poll_delivery`). So the same code runs in a browser and, with a
//! virtual clock, in tests by the thousand. The whole is [`Client`](machine::Client).

pub mod backoff;
pub mod clock;
pub mod connection;
pub mod delivery;
pub mod delivery_queue;
pub mod interest;
pub mod machine;
pub mod mutant;
pub mod options;
mod queue;
mod random;
pub mod replica;
pub mod rest;
pub mod session;
pub mod shared;
mod sorted;
pub mod state;
pub mod stats;
pub mod store;
pub mod sync;
pub mod tab_views;
pub mod tabs;
pub mod topic;
pub mod watchdog;
