//! How a client behaves, driven with a virtual clock.
#![cfg(not(target_arch = "wasm32"))]

mod connection;
mod driver;
mod order;
mod properties;
