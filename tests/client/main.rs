//! How a client behaves, driven with a virtual clock.
#![cfg(not(target_arch = "wasm32"))]

mod arbitrary;
mod authorization;
mod callbacks;
mod catchup;
mod chat;
mod connection;
mod driver;
mod flood;
mod gather;
mod interest;
mod lists;
mod order;
mod properties;
mod resync;
mod signals;
mod stats;
mod watchdog;
