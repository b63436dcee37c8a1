//! Recovered messages are delivered in events of bounded size.

use room_events::client::ResyncReason::TooFarBehind;
use room_events::client::{Freshness, Reply};

use crate::chat::Chat;
use crate::driver::Driver;
use crate::scenario::{SECOND, away_from, config, following, with_history};

const MEBIBYTE: usize = 1 << 20;

/// The ids of created messages, per event. Checks the bounds of each event.
fn batches(driver: &Driver) -> Vec<Vec<u64>> {
    let created = driver
        .events
        .iter()
        .filter(|(_, text)| text.contains("TextMessagesCreated"));
    let batch = |(_, text): &(bool, String)| -> Vec<u64> {
        let event: serde_json::Value = serde_json::from_str(text).expect("JSON");
        let messages = event["data"]["messages"].as_array().expect("messages");
        let ids: Vec<_> = messages
            .iter()
            .filter_map(|message| message["messageId"].as_u64())
            .collect();
        assert!(ids.len() <= 100, "{} messages", ids.len());
        assert!(
            ids.len() == 1 || text.len() <= MEBIBYTE + 1_000,
            "{} bytes",
            text.len()
        );
        ids
    };
    created.map(batch).collect()
}

#[test]
fn delivers_at_most_100_messages_in_one_event() {
    let chat = Chat::with_a_room();
    let mut driver = away_from(&chat, config());
    for id in 1_000..1_250 {
        chat.post(1, id);
    }
    driver.open();
    let batches = batches(&driver);
    assert_eq!(batches.iter().map(Vec::len).collect::<Vec<_>>(), [100, 100, 50]);
    assert_eq!(batches.concat(), (1_000..1_250).collect::<Vec<_>>());
}

#[test]
fn delivers_20_messages_of_a_megabyte_in_events_of_their_own() {
    let chat = Chat::with_a_room();
    let mut driver = away_from(&chat, config());
    for id in 1_000..1_020 {
        chat.post_large(1, id, 1_000_000);
    }
    driver.open();
    driver.pass(10 * SECOND);
    let batches = batches(&driver);
    assert_eq!(batches.len(), 20);
    assert_eq!(batches.concat(), (1_000..1_020).collect::<Vec<_>>());
    assert_eq!((driver.others, driver.client.stats().connections), (vec![], 2));
}

#[test]
fn delivers_100_messages_of_170_kilobytes_in_events_of_a_mebibyte() {
    let chat = Chat::with_a_room();
    let mut driver = away_from(&chat, config());
    for id in 1_000..1_100 {
        chat.post_large(1, id, 170_000);
    }
    driver.open();
    driver.pass(10 * SECOND);
    let batches = batches(&driver);
    assert_eq!(batches.concat(), (1_000..1_100).collect::<Vec<_>>());
    assert!((17..=20).contains(&batches.len()), "{}", batches.len());
}

#[test]
fn delivers_a_message_that_is_larger_than_an_event_may_be() {
    let chat = Chat::with_a_room();
    let mut driver = away_from(&chat, config());
    chat.post(1, 1_000);
    chat.post_large(1, 1_001, 3 * MEBIBYTE);
    chat.post(1, 1_002);
    driver.open();
    driver.pass(10 * SECOND);
    assert_eq!(batches(&driver), [vec![1_000], vec![1_001], vec![1_002]]);
}

#[test]
fn delivers_updates_in_bounded_events_too() {
    let chat = Chat::with_a_room();
    for id in 100..110 {
        chat.post(1, id);
    }
    let mut driver = away_from(&chat, config());
    for id in 100..110 {
        chat.edit(id, &"y".repeat(600_000));
    }
    driver.open();
    driver.pass(10 * SECOND);
    let updates = driver
        .events
        .iter()
        .filter(|(_, text)| text.contains("TextMessagesUpdated"));
    let sizes: Vec<_> = updates.map(|(_, text)| text.len()).collect();
    assert_eq!(sizes.len(), 10, "{sizes:?}");
}

#[test]
fn requests_fewer_messages_if_a_response_is_too_large() {
    let chat = Chat::with_a_room();
    let mut driver = away_from(&chat, config());
    for id in 1_000..1_080 {
        chat.post_large(1, id, 50_000);
    }
    // This driver reads at most a mebibyte.
    driver.read_at_most = MEBIBYTE;
    driver.open();
    driver.pass(30 * SECOND);
    assert_eq!(batches(&driver).concat(), (1_000..1_080).collect::<Vec<_>>());
    assert_eq!(driver.told_freshness(Some(1)), Some(Freshness::Live));
    assert_eq!(driver.resyncs(), []);
}

#[test]
fn marks_a_room_stale_if_a_single_message_is_too_large() {
    let chat = Chat::with_rooms(2);
    let mut driver = away_from(&chat, config());
    chat.post_large(1, 2_000, 2 * MEBIBYTE);
    chat.post_large(1, 2_001, 2 * MEBIBYTE);
    chat.post(2, 2_002);
    driver.read_at_most = MEBIBYTE;
    driver.open();
    driver.pass(30 * SECOND);
    assert_eq!(driver.told_of_messages(), ["+2002"]);
    assert_eq!(driver.told_freshness(Some(1)), Some(Freshness::Stale));
    assert!(
        driver.requests_of_sync() < 60,
        "no hammering: {}",
        driver.requests_of_sync()
    );
}

#[test]
fn requires_a_resync_beyond_32_mebibytes_of_one_room() {
    let chat = Chat::with_a_room();
    let mut config = config();
    config.catch_up.page = 10;
    let mut driver = away_from(&chat, config);
    for id in 1_000..1_080 {
        chat.post_large(1, id, 1_000_000);
    }
    driver.open();
    driver.pass(10 * SECOND);
    assert_eq!(driver.resyncs(), [(Some(1), TooFarBehind)]);
    assert_eq!(batches(&driver), Vec::<Vec<u64>>::new());
    driver.lose_and_reconnect();
    chat.post(1, 2_000);
    driver.open();
    driver.pass(10 * SECOND);
    assert_eq!(batches(&driver), [vec![2_000]]);
}

#[test]
fn bounds_the_bytes_kept_of_a_room() {
    let chat = Chat::with_a_room();
    let mut driver = Driver::with(with_history(), 1, chat.rest());
    driver.happen(|client, now| client.set_interest(following(&[1]), now));
    driver.open();
    for id in 1_000..1_020 {
        chat.post_large(1, id, 1_000_000);
        driver.frame(&chat.created(id));
    }
    let room = driver
        .client
        .replica()
        .room(crate::scenario::room(1))
        .expect("the room");
    let kept: usize = room
        .main
        .iter()
        .filter_map(|(_, entry)| entry.body.as_ref())
        .map(|body| body.len())
        .sum();
    assert!(kept <= room_events::client::MAX_BODY_BYTES_KEPT, "{kept}");
    assert_eq!(room.main.len(), 22);
}

#[test]
fn ignores_responses_to_aborted_requests() {
    let chat = Chat::with_a_room();
    let mut driver = away_from(&chat, config());
    chat.fall_silent(true);
    driver.open();
    let (id, _) = driver.requests[0];
    driver.lose_and_reconnect();
    let body = r#"{"rooms":[]}"#;
    driver.happen(|client, now| {
        client.handle_reply(
            id,
            Reply::Answer {
                status: 200,
                body,
                retry_after: None,
            },
            now,
        );
    });
    chat.fall_silent(false);
    driver.open();
    driver.pass(10 * SECOND);
    assert_eq!(driver.told(), [""; 0]);
}
