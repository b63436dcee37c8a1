//! What the tests share: a server, users who talk to it, and the events that reach them.

pub(crate) mod description;
mod events;
mod user;

use std::time::Duration;

use room_events::server::{Config, PasswordCost, Server};
use serde_json::Value;

pub(crate) use events::{Closed, Events, expect_silence};
pub(crate) use user::{Answer, User};

/// How long anything that is waited for may take. It is far more than it takes: only a test that fails waits so long.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// The rooms of a new server.
pub(crate) const LOBBY: u64 = 1;
pub(crate) const COMET: u64 = 2;
/// Of admin and bob.
pub(crate) const OPERATIONS: u64 = 3;
/// Of alice and admin.
pub(crate) const DESIGN: u64 = 4;
/// Of bob and alice.
pub(crate) const BOB_AND_ALICE: u64 = 5;

/// The users of a new server.
pub(crate) const ADMIN: u64 = 1;
pub(crate) const BOB: u64 = 2;
pub(crate) const ALICE: u64 = 3;

/// A configuration for tests: everything as it is by default, but passwords cost nothing.
pub(crate) fn config() -> Config {
    Config {
        password_cost: PasswordCost::MINIMAL,
        ..Config::default()
    }
}

/// A server of its own for a test.
pub(crate) async fn start() -> Server {
    start_with(config()).await
}

/// A server of its own for a test, configured for it.
pub(crate) async fn start_with(config: Config) -> Server {
    Server::start(config).await.expect("the server starts")
}

/// Waits, but not forever.
pub(crate) async fn patiently<T>(what: &str, waiting: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, waiting)
        .await
        .unwrap_or_else(|_| panic!("waited too long for {what}"))
}

/// The ids of messages, in their order.
pub(crate) fn ids(messages: &Value) -> Vec<u64> {
    let messages = messages["messages"].as_array().expect("a list of messages");
    messages
        .iter()
        .map(|message| message["messageId"].as_u64().expect("an id"))
        .collect()
}

/// The texts of messages, in their order.
pub(crate) fn texts(messages: &Value) -> Vec<&str> {
    let messages = messages["messages"].as_array().expect("a list of messages");
    messages
        .iter()
        .map(|message| message["text"].as_str().expect("a text"))
        .collect()
}
