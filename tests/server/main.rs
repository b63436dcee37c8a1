//! Tests of the reference server, over real sockets.

#![cfg(all(feature = "server", not(target_arch = "wasm32")))]

mod account;
mod attachments;
mod avatars;
mod bounds;
mod connections;
mod coverage;
mod crowd;
mod databases;
mod disk;
mod documents;
mod drafts;
mod errors;
mod events;
mod examples;
mod faults;
mod health;
mod limits;
mod load;
mod members;
mod messages;
mod metrics;
mod operations;
mod order;
mod origins;
mod pages;
mod permissions;
mod privacy;
mod program;
mod quirks;
mod rest_faults;
mod rest_reads;
mod rooms;
mod start;
mod support;
mod suspension;
mod tls;
