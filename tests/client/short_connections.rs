//! Connections that last three seconds: each continues with what the previous one has not read.

use std::collections::BTreeSet;

use room_events::client::Request;

use crate::chat::Chat;
use crate::driver::Driver;
use crate::scenario::{SECOND, config, following_all, with_history};

const ROOMS: u64 = 300;

/// A client that watches 300 rooms and has read them all. From then on each request takes 100 ms, so four at once are
/// 120 in three seconds.
fn watching() -> (Chat, Driver) {
    let chat = Chat::with_rooms(ROOMS);
    let mut driver = Driver::with(config(), 1, chat.rest());
    driver.happen(|client, now| client.set_interest(following_all(), now));
    driver.open();
    driver.pass(10 * SECOND);
    driver.lose_and_reconnect();
    driver.latency = SECOND / 10;
    (chat, driver)
}

/// Connects for three seconds. Returns the rooms whose messages were requested, in order.
fn three_seconds(driver: &mut Driver) -> Vec<u64> {
    driver.open();
    driver.pass(3 * SECOND);
    let rooms = driver.asked.iter().filter_map(|request| match request {
        Request::Messages { room_id, .. } => Some(room_id.get()),
        _ => None,
    });
    let rooms = rooms.collect();
    driver.lose_and_reconnect_keeping();
    driver.asked.clear();
    rooms
}

#[test]
fn reads_rooms_with_news_first() {
    let (chat, mut driver) = watching();
    for room in [7, 150, 299] {
        chat.post(room, 2_000 + room);
    }
    let rooms = three_seconds(&mut driver);
    let first: BTreeSet<_> = rooms.iter().take(3).copied().collect();
    assert_eq!(first, BTreeSet::from([7, 150, 299]), "{rooms:?}");
    let told = driver.told_of_messages();
    assert_eq!(
        told.iter().filter(|what| what.starts_with('+')).count(),
        3,
        "{told:?}"
    );
}

#[test]
fn continues_with_the_rooms_that_were_not_read() {
    let (_, mut driver) = watching();
    let mut read = BTreeSet::new();
    for _ in 0..3 {
        read.extend(three_seconds(&mut driver));
    }
    assert!(read.len() >= 290, "{} rooms in three connections", read.len());
}

#[test]
fn delivers_each_message_within_a_few_connections() {
    let (chat, mut driver) = watching();
    let mut late = Vec::new();
    for round in 0..30 {
        // One message is written while disconnected, one while connected.
        let (silent, live) = (10_000 + 2 * round, 10_001 + 2 * round);
        chat.post(1 + (round * 37) % ROOMS, silent);
        driver.open();
        driver.pass(SECOND);
        chat.post(1 + (round * 53) % ROOMS, live);
        driver.frame(&chat.created(live));
        driver.pass(2 * SECOND);
        driver.lose_and_reconnect_keeping();
        let told: String = driver.told_of_messages().join(" ");
        if round >= 3 {
            for id in [10_000 + 2 * (round - 3), 10_001 + 2 * (round - 3)] {
                if !told.contains(&id.to_string()) {
                    late.push(id);
                }
            }
        }
    }
    assert_eq!(late, [0; 0]);
    let told = driver.told_of_messages();
    for id in 10_000..10_060_u64 {
        let times = told.iter().filter(|what| what.contains(&id.to_string())).count();
        assert!(times <= 1, "{id} was delivered {times} times");
    }
    assert!(!told.iter().any(|what| what.contains('-')), "{told:?}");
}

#[test]
fn finds_edits_in_rooms_without_news_in_a_few_connections() {
    let (chat, mut driver) = watching();
    for id in [1_001, 1_150, 1_300] {
        chat.edit(id, "edited");
    }
    for _ in 0..4 {
        three_seconds(&mut driver);
    }
    let mut told = driver.told_of_messages();
    told.sort();
    assert_eq!(told, ["~1001", "~1150", "~1300"]);
}

#[test]
fn defers_a_room_that_takes_too_long() {
    let chat = Chat::with_rooms(3);
    for id in 2_000..2_090 {
        chat.post(1, id);
    }
    let mut config = with_history();
    (config.catch_up.page, config.catch_up.concurrency) = (2, 1);
    let mut driver = Driver::with(config, 1, chat.rest());
    driver.latency = SECOND / 10;
    for _ in 0..2 {
        three_seconds(&mut driver);
    }
    let told = driver.told_of_messages();
    assert!(
        told.contains(&"+1002".to_owned()) && told.contains(&"+1003".to_owned()),
        "{told:?}"
    );
}

#[test]
fn finishes_a_first_reading_before_it_reads_news() {
    let chat = Chat::with_rooms(60);
    chat.comment(1_001, 999);
    let mut config = with_history();
    config.catch_up.concurrency = 1;
    let mut driver = Driver::with(config, 1, chat.rest());
    driver.happen(|client, now| client.set_interest(following_all(), now));
    driver.latency = SECOND / 10;
    driver.open();
    driver.pass(SECOND / 20 * 7);
    assert!(
        matches!(driver.asked.last(), Some(Request::Comments { .. })),
        "{:?}",
        driver.asked
    );
    driver.lose_and_reconnect_keeping();
    for round in 1..=6 {
        for room in 2..=60 {
            chat.post(room, 10_000 * round + room);
        }
        three_seconds(&mut driver);
    }
    let told = driver.told_of_messages();
    assert!(told.contains(&"+999".to_owned()), "{told:?}");
}
