//! The number of requests at a start, after a gap and in idle minutes.

use room_events::client::{ClientConfig, Interest, Request};

use crate::chat::{Chat, Habits};
use crate::driver::Driver;
use crate::scenario::{SECOND, away_from, config, following, following_all, opened, with_history};

/// A client of 1,000 rooms, half a minute after its start, and the number of requests until then.
fn started(config: ClientConfig, interest: Interest) -> (Chat, Driver, usize) {
    let chat = Chat::with_rooms(1_000);
    let mut driver = Driver::with(config, 1, chat.rest());
    driver.happen(|client, now| client.set_interest(interest, now));
    driver.open();
    driver.pass(30 * SECOND);
    let requests = driver.requests_of_sync();
    (chat, driver, requests)
}

/// Loses the connection and posts a message in each of three rooms. Returns the requests in the half minute after
/// reconnecting.
fn after_a_gap(chat: &Chat, driver: &mut Driver) -> usize {
    driver.lose_and_reconnect();
    for room in [5, 500, 700] {
        chat.post(room, 10_000 + room);
    }
    driver.open();
    driver.pass(30 * SECOND);
    driver.requests_of_sync()
}

#[test]
fn costs_four_and_seven_requests_if_one_room_is_followed() {
    let (chat, mut driver, start) = started(config(), following(&[5]));
    assert!(start <= 4, "{:?}", driver.asked);
    let gap = after_a_gap(&chat, &mut driver);
    assert!(gap <= 7, "{:?}", driver.asked);
    assert_eq!(driver.told_of_messages(), ["+10005"]);
}

#[test]
fn costs_13_and_16_requests_for_callbacks_for_all_rooms() {
    let (chat, mut driver, start) = started(config(), Interest::default());
    assert!(start <= 13, "{:?}", driver.asked);
    let gap = after_a_gap(&chat, &mut driver);
    assert!(gap <= 16, "{:?}", driver.asked);
    let mut told = driver.told_of_messages();
    told.sort();
    assert_eq!(told, ["+10005", "+10500", "+10700"]);
}

#[test]
fn costs_a_request_for_each_room_if_all_are_followed() {
    let (chat, mut driver, start) = started(config(), following_all());
    assert!((1_001..=1_002).contains(&start), "{start}");
    let gap = after_a_gap(&chat, &mut driver);
    assert!((1_001..=1_002).contains(&gap), "{gap}");
}

#[test]
fn costs_the_same_with_history() {
    let (_, driver, start) = started(with_history(), following(&[5]));
    // One more: the client looks for the end of the room.
    assert!(start <= 5, "{:?}", driver.asked);
}

#[test]
fn costs_one_request_for_the_list_and_each_watched_room_in_five_idle_minutes() {
    for (interest, watched) in [
        (following(&[5]), 1),
        (Interest::default(), 10),
        (following(&[]), 0),
    ] {
        let (_, mut driver, _) = started(ClientConfig::default(), interest);
        driver.pass(60 * SECOND);
        for _ in 0..3 {
            driver.asked.clear();
            driver.pass(300 * SECOND);
            assert!(driver.requests_of_sync() <= 1 + watched, "{:?}", driver.asked);
        }
        assert_eq!(driver.told(), [""; 0]);
        assert_eq!(driver.client.stats().connections, 1);
    }
}

#[test]
fn costs_nothing_while_live_events_flow() {
    let (chat, mut driver, _) = started(ClientConfig::default(), Interest::default());
    driver.pass(60 * SECOND);
    driver.asked.clear();
    for id in 0..1_000 {
        let room = 1 + id % 1_000;
        chat.post(room, 20_000 + id);
        driver.frame(&chat.created(20_000 + id));
        if id % 3 == 0 {
            driver.frame(&chat.room_frame("RoomUpdated", room));
        }
        driver.pass(SECOND);
    }
    assert_eq!(driver.asked, [], "neither for messages nor for the status");
}

#[test]
fn does_not_read_a_list_forever_that_changes_without_events() {
    let chat = Chat::with_rooms(20);
    let mut driver = opened(&chat, config());
    driver.lose_and_reconnect();
    driver.open();
    driver.pass(SECOND);
    // This frame contradicts the replica, so the list is read at once.
    let before = chat.room_frame("RoomUpdated", 1);
    for name in ["other", "again"] {
        chat.room(1, name);
        driver.frame(&chat.room_frame("RoomUpdated", 1));
    }
    driver.frame(&before);
    for at in 0..100 {
        chat.room(2 + at % 19, &format!("named at {at}"));
        driver.pass(SECOND / 2);
    }
    let is_list = |request: &&Request| **request == Request::Rooms;
    let asked = driver.asked.iter().filter(is_list).count();
    assert!(asked <= 5, "{asked} requests for the list of rooms");
}

#[test]
fn sends_a_bounded_number_of_requests_at_once() {
    let chat = Chat::with_rooms(100);
    let mut driver = Driver::with(config(), 1, chat.rest());
    driver.happen(|client, now| client.set_interest(following_all(), now));
    driver.latency = SECOND / 10;
    driver.open();
    for _ in 0..100 {
        assert!(driver.requests.len() <= 4, "{:?}", driver.requests);
        driver.pass(SECOND / 20);
    }
    assert_eq!(
        driver
            .asked
            .iter()
            .filter(|request| matches!(request, Request::Messages { .. }))
            .count(),
        100
    );
}

#[test]
fn does_not_read_a_room_again_for_events_during_the_reading() {
    let chat = Chat::with_a_room();
    for id in 12..30 {
        chat.post(1, id);
    }
    let mut config = with_history();
    config.catch_up.page = 5;
    let mut driver = Driver::with(config, 1, chat.rest());
    driver.open();
    driver.pass(59 * SECOND);
    driver.asked.clear();
    // Everything is compared once more, page by page.
    driver.latency = SECOND / 2;
    driver.pass(2 * SECOND);
    chat.edit(29, "edited");
    driver.frame(&chat.updated(29));
    chat.post(1, 30);
    driver.frame(&chat.created(30));
    driver.pass(60 * SECOND);
    let is_first = |request: &&Request| matches!(request, Request::Messages { cursor: None, .. });
    assert_eq!(
        driver.asked.iter().filter(is_first).count(),
        1,
        "{:?}",
        driver.asked
    );
}

#[test]
fn keeps_a_reduced_limit_on_the_next_connection() {
    let chat = Chat::with_a_room();
    chat.set_habits(Habits {
        refuses_above: Some((30, 400)),
        ..Habits::default()
    });
    let mut driver = away_from(&chat, config());
    driver.asked.clear();
    driver.open();
    driver.pass(SECOND);
    let is_refused = |request: &&Request| matches!(request, Request::Messages { limit: 31.., .. });
    assert_eq!(
        driver.asked.iter().filter(is_refused).count(),
        0,
        "{:?}",
        driver.asked
    );
}
