//! How a client behaves, driven with a virtual clock.
#![cfg(not(target_arch = "wasm32"))]

mod arbitrary;
mod authorization;
mod bounds;
mod callbacks;
mod catchup;
mod chat;
mod comments;
mod connection;
mod driver;
mod flood;
mod gather;
mod history;
mod interest;
mod isolation;
mod lag;
mod lists;
mod order;
mod pages;
mod properties;
mod resync;
mod scenario;
mod signals;
mod stats;
mod watchdog;
