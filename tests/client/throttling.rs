//! A server that asks the client to wait.

use room_events::client::{ConnectionStatus, Freshness, Request};

use crate::chat::{Chat, Fault};
use crate::driver::Driver;
use crate::scenario::{MILLI, SECOND, away_from, config, following_all, room};

/// The number of requests for messages of a room.
fn asked_of(driver: &Driver, id: u32) -> usize {
    let is_of =
        |request: &&Request| matches!(request, Request::Messages { room_id, .. } if *room_id == room(id));
    driver.asked.iter().filter(is_of).count()
}

#[test]
fn waits_as_long_as_the_server_requests() {
    for status in [429, 503] {
        let chat = Chat::with_rooms(5);
        let mut driver = away_from(&chat, config());
        chat.post(3, 2_000);
        chat.break_room(3, Fault::Status(status));
        driver.retry_after = Some(20 * SECOND);
        driver.open();
        driver.pass(20 * SECOND - MILLI);
        assert_eq!(asked_of(&driver, 3), 1, "{status}");
        chat.repair();
        driver.pass(2 * MILLI);
        assert_eq!(asked_of(&driver, 3), 2, "{status}");
        assert!(driver.told_of_messages().contains(&"+2000".to_owned()));
    }
}

#[test]
fn does_not_delay_other_rooms_if_one_is_throttled() {
    let chat = Chat::with_rooms(5);
    let mut driver = away_from(&chat, config());
    for id in 1..=5 {
        chat.post(id, 2_000 + id);
    }
    chat.break_room(3, Fault::Status(429));
    driver.retry_after = Some(60 * SECOND);
    driver.open();
    let mut told = driver.told_of_messages();
    told.sort();
    assert_eq!(told, ["+2001", "+2002", "+2004", "+2005"]);
    chat.post(1, 3_000);
    driver.frame(&chat.created(3_000));
    assert_eq!(driver.told_of_messages()[4..], ["!+3000"]);
    driver.pass(5 * SECOND);
    assert_eq!(
        (driver.status(), driver.told_freshness(Some(3))),
        (ConnectionStatus::Open, Some(Freshness::Stale))
    );
}

#[test]
fn sends_no_requests_if_several_rooms_are_throttled() {
    let chat = Chat::with_rooms(40);
    let mut driver = Driver::with(config(), 1, chat.rest());
    driver.happen(|client, now| client.set_interest(following_all(), now));
    driver.open();
    driver.pass(10 * SECOND);
    driver.lose_and_reconnect();
    driver.retry_after = Some(30 * SECOND);
    driver.rest = Box::new({
        let mut rest = chat.rest();
        move |request| match request {
            Request::Messages { .. } => Some((429, "{}".to_owned())),
            other => rest(other),
        }
    });
    driver.open();
    driver.pass(29 * SECOND);
    assert!(driver.requests_of_sync() <= 7, "{:?}", driver.asked);
    driver.rest = chat.rest();
    driver.pass(60 * SECOND);
    let stale = (1..=40).filter(|id| driver.client.freshness(Some(room(*id))) != Some(Freshness::Live));
    assert_eq!(stale.collect::<Vec<_>>(), [0; 0]);
}

#[test]
fn waits_at_most_ten_minutes() {
    let chat = Chat::with_rooms(2);
    let mut driver = away_from(&chat, config());
    chat.post(1, 2_000);
    chat.break_room(1, Fault::Status(429));
    driver.retry_after = Some(1_000_000 * SECOND);
    driver.open();
    driver.pass(SECOND);
    chat.repair();
    driver.pass(600 * SECOND);
    assert!(driver.told_of_messages().contains(&"+2000".to_owned()));
}

#[test]
fn honours_the_wait_for_the_list_of_rooms() {
    let chat = Chat::with_rooms(2);
    let mut driver = away_from(&chat, config());
    chat.break_list(Fault::Status(429));
    driver.retry_after = Some(20 * SECOND);
    driver.open();
    driver.pass(20 * SECOND - MILLI);
    let lists = |driver: &Driver| {
        driver
            .asked
            .iter()
            .filter(|request| **request == Request::Rooms)
            .count()
    };
    assert_eq!(lists(&driver), 1);
    driver.pass(2 * MILLI);
    assert_eq!(lists(&driver), 2);
}

#[test]
fn keeps_waiting_on_the_next_connection() {
    let chat = Chat::with_rooms(2);
    let mut driver = away_from(&chat, config());
    chat.post(1, 2_000);
    chat.post(2, 2_001);
    chat.break_room(1, Fault::Status(429));
    driver.retry_after = Some(60 * SECOND);
    driver.open();
    driver.pass(SECOND);
    chat.repair();
    let events = driver.told_of_messages();
    driver.lose_and_reconnect_keeping();
    driver.asked.clear();
    driver.open();
    driver.pass(50 * SECOND);
    assert_eq!(asked_of(&driver, 1), 0);
    assert_eq!(events, ["+2001"]);
    driver.pass(10 * SECOND);
    assert_eq!(driver.told_of_messages(), ["+2001", "+2000"]);
}

#[test]
fn slows_down_if_the_server_sends_no_retry_after() {
    let chat = Chat::with_rooms(2);
    let mut driver = away_from(&chat, config());
    chat.answer_with(Some(429));
    driver.open();
    driver.pass(600 * SECOND);
    assert!(
        (20..200).contains(&driver.requests_of_sync()),
        "{}",
        driver.requests_of_sync()
    );
}

#[test]
fn waits_for_a_response_while_it_makes_progress() {
    let chat = Chat::with_rooms(2);
    let mut driver = away_from(&chat, config());
    chat.fall_silent(true);
    driver.open();
    for _ in 0..10 {
        driver.pass(9 * SECOND);
        let ids: Vec<_> = driver.requests.iter().map(|(id, _)| *id).collect();
        assert!(!ids.is_empty());
        for id in ids {
            driver.happen(|client, now| client.handle_progress(id, now));
        }
    }
    let lists = driver
        .asked
        .iter()
        .filter(|request| **request == Request::Rooms)
        .count();
    assert_eq!(lists, 1, "it was not given up");
    driver.pass(10 * SECOND);
    let lists = driver
        .asked
        .iter()
        .filter(|request| **request == Request::Rooms)
        .count();
    assert!(lists <= 2);
    chat.fall_silent(false);
    driver.pass(60 * SECOND);
    assert_eq!(driver.client.freshness(None), Some(Freshness::Live));
}
