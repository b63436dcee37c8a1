//! How a client behaves, driven with a virtual clock.
#![cfg(not(target_arch = "wasm32"))]

mod arbitrary;
mod authorization;
mod batches;
mod bounds;
mod catchup;
mod chat;
mod comments;
mod connection;
mod cost;
mod driver;
mod flood;
mod history;
mod interest;
mod isolation;
mod lag;
mod order;
mod pace;
mod page_lifecycle;
mod pages;
mod properties;
mod repeats;
mod resync;
mod scenario;
mod second_look;
mod sending;
mod short_connections;
mod stats;
mod tabs;
mod throttling;
mod timeline;
mod times;
mod unwatched;
mod viewer;
mod watchdog;
