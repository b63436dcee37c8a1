//! Deliveries batched per animation frame.

use std::time::Duration;

use room_events::client::{ClientConfig, Delivery, Pace};
use serde_json::Value;

use crate::chat::{Chat, deleted};
use crate::driver::Driver;

/// A client that batches, with an open connection.
fn gathering(enabled: bool) -> (Chat, Driver) {
    let chat = Chat::with_a_room();
    let mut config = ClientConfig::default();
    config.queue.pace = Pace::Frame;
    config.catch_up.enabled = enabled;
    let mut driver = Driver::with(config, 1, chat.rest());
    driver.open();
    driver.pass(Duration::from_secs(10));
    (chat, driver)
}

/// Receives frames between two animation frames.
fn arrive(driver: &mut Driver, frames: &[String]) {
    let socket = driver.socket.expect("a socket");
    for frame in frames {
        driver.client.handle_frame(socket, frame.clone(), driver.now);
    }
}

/// Runs an animation frame. Returns the deliveries: the type of each, and the ids and texts of its messages.
fn drawn(driver: &mut Driver) -> Vec<(String, Vec<(u64, String)>)> {
    driver.client.begin_turn(driver.now);
    let mut events = Vec::new();
    while let Some(delivery) = driver.client.poll_delivery(driver.now, true) {
        let Delivery::Event { payload, .. } = delivery else {
            continue;
        };
        let event: Value = serde_json::from_str(&payload).expect("JSON");
        let messages = event["data"]["messages"].as_array().cloned().unwrap_or_default();
        let messages = messages.iter().map(|message| {
            (
                message["messageId"].as_u64().expect("an id"),
                message["text"].as_str().expect("a text").to_owned(),
            )
        });
        events.push((
            event["type"].as_str().expect("a type").to_owned(),
            messages.collect(),
        ));
    }
    driver.client.end_turn(driver.now);
    events
}

fn updated(id: u64, text: &str) -> (String, Vec<(u64, String)>) {
    ("TextMessagesUpdated".to_owned(), vec![(id, text.to_owned())])
}

#[test]
fn delivers_the_last_of_successive_updates_of_a_message() {
    for enabled in [true, false] {
        let (chat, mut driver) = gathering(enabled);
        let mut frames = Vec::new();
        for (id, text) in [(10, "a"), (11, "b"), (10, "c"), (10, "d")] {
            chat.edit(id, text);
            frames.push(chat.updated(id));
        }
        arrive(&mut driver, &frames);
        assert_eq!(driver.client.queued().0, 2, "what was overtaken takes no room");
        assert_eq!(drawn(&mut driver), [updated(11, "b"), updated(10, "d")]);
        chat.edit(11, "later");
        arrive(&mut driver, &[chat.updated(11)]);
        assert_eq!(drawn(&mut driver), [updated(11, "later")]);
    }
}

#[test]
fn omits_overtaken_messages_from_an_update_of_several() {
    let (chat, mut driver) = gathering(true);
    chat.edit(10, "message 10");
    let both = chat.several("TextMessagesUpdated", &[10, 11]);
    chat.edit(11, "newer");
    arrive(&mut driver, &[both, chat.updated(11)]);
    assert_eq!(
        drawn(&mut driver),
        [updated(10, "message 10"), updated(11, "newer")]
    );
}

#[test]
fn delivers_creations_and_deletions_in_full_and_in_order() {
    let (chat, mut driver) = gathering(true);
    chat.post(1, 30);
    let mut frames = vec![chat.created(30)];
    chat.edit(30, "edited");
    frames.push(chat.updated(30));
    chat.room(1, "renamed");
    frames.push(chat.room_frame("RoomUpdated", 1));
    frames.push(deleted(1, 0, 10));
    chat.room(1, "again");
    frames.push(chat.room_frame("RoomUpdated", 1));
    chat.post(1, 31);
    frames.push(chat.created(31));
    arrive(&mut driver, &frames);
    let types: Vec<_> = drawn(&mut driver).into_iter().map(|(name, _)| name).collect();
    assert_eq!(
        types,
        [
            "TextMessagesCreated",
            "TextMessagesUpdated",
            "TextMessageDeleted",
            "RoomUpdated",
            "TextMessagesCreated"
        ]
    );
}

#[test]
fn keeps_the_rest_in_order_if_a_turn_ends_early() {
    let (chat, mut driver) = gathering(true);
    let mut frames = Vec::new();
    for (id, text) in [(10, "a"), (11, "b")] {
        chat.edit(id, text);
        frames.push(chat.updated(id));
    }
    arrive(&mut driver, &frames);
    driver.client.begin_turn(driver.now);
    assert!(driver.client.poll_delivery(driver.now, true).is_some());
    driver.now += Duration::from_secs(1);
    assert!(driver.client.poll_delivery(driver.now, false).is_none());
    // The first was delivered, so a later update does not replace it. It does replace the queued one.
    chat.edit(10, "c");
    chat.edit(11, "d");
    arrive(&mut driver, &[chat.updated(10), chat.updated(11)]);
    assert_eq!(drawn(&mut driver), [updated(10, "c"), updated(11, "d")]);
}
