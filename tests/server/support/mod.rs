//! Shared by the tests: a server, its users, and their events.

pub(crate) mod description;
mod events;
mod user;

use std::time::Duration;

use room_events::server::{Config, PasswordCost, Server};
use serde_json::Value;

pub(crate) use events::{Closed, Events, expect_silence};
pub(crate) use user::{Answer, User};

/// The time limit for everything that tests wait for. Only a failing test waits that long.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// The rooms of a new server.
pub(crate) const LOBBY: u64 = 1;
pub(crate) const COMET: u64 = 2;
/// With admin and bob.
pub(crate) const OPERATIONS: u64 = 3;
/// With alice and admin.
pub(crate) const DESIGN: u64 = 4;
/// With bob and alice.
pub(crate) const BOB_AND_ALICE: u64 = 5;

/// The users of a new server.
pub(crate) const ADMIN: u64 = 1;
pub(crate) const BOB: u64 = 2;
pub(crate) const ALICE: u64 = 3;

/// A configuration for tests: the default, but with cheap password hashes.
pub(crate) fn config() -> Config {
    Config {
        password_cost: PasswordCost::MINIMAL,
        ..Config::default()
    }
}

/// Starts a server for a test.
pub(crate) async fn start() -> Server {
    start_with(config()).await
}

/// Starts a server for a test with a configuration.
pub(crate) async fn start_with(config: Config) -> Server {
    Server::start(config).await.expect("the server starts")
}

/// Waits with a time limit.
pub(crate) async fn patiently<T>(what: &str, waiting: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, waiting)
        .await
        .unwrap_or_else(|_| panic!("waited too long for {what}"))
}

/// The ids of messages, in order.
pub(crate) fn ids(messages: &Value) -> Vec<u64> {
    let messages = messages["messages"].as_array().expect("a list of messages");
    messages
        .iter()
        .map(|message| message["messageId"].as_u64().expect("an id"))
        .collect()
}

/// The texts of messages, in order.
pub(crate) fn texts(messages: &Value) -> Vec<&str> {
    let messages = messages["messages"].as_array().expect("a list of messages");
    messages
        .iter()
        .map(|message| message["text"].as_str().expect("a text"))
        .collect()
}
