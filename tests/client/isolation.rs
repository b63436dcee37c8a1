//! A unit that cannot be read delays no other unit and is reported as stale.

use std::time::Duration;

use room_events::client::ResyncReason::Unreadable;
use room_events::client::{ConnectionStatus, Freshness};

use crate::chat::{Chat, Fault, deleted};
use crate::driver::Driver;
use crate::scenario::{SECOND, away_from, config, following_all, opened, room};

const ROOMS: u64 = 20;
const BROKEN: u64 = 7;

/// Faulty responses of servers.
fn faults() -> Vec<Fault> {
    let bodies = [
        "<!doctype html><title>Log in</title>",
        "",
        "null",
        "[]",
        r#"{"httpStatusCode":200}"#,
        r#"{"httpStatusCode":200,"rooms":{},"messages":{}}"#,
        r#"{"httpStatusCode":200,"rooms":[{"roomId":1,"#,
        r#"{"httpStatusCode":200,"messages":[{"messageId":1007,"roomId":7,"#,
    ];
    let statuses = [
        203, 204, 302, 400, 402, 403, 404, 405, 410, 413, 418, 422, 429, 500, 502, 503, 599,
    ];
    let mut faults: Vec<_> = statuses.into_iter().map(Fault::Status).collect();
    faults.extend(bodies.map(|body| Fault::Body(body.to_owned())));
    faults.push(Fault::Hangs);
    faults
}

/// A client that watches 20 rooms and has lost its connection. Each room has a new message since then.
fn away_from_20_rooms() -> (Chat, Driver) {
    let chat = Chat::with_rooms(ROOMS);
    let mut driver = Driver::with(config(), 1, chat.rest());
    driver.happen(|client, now| client.set_interest(following_all(), now));
    driver.open();
    driver.pass(10 * SECOND);
    driver.lose_and_reconnect();
    for id in 1..=ROOMS {
        chat.post(id, 2_000 + id);
    }
    (chat, driver)
}

fn has(driver: &Driver, what: &str) -> bool {
    driver.told().iter().any(|told| told == what)
}

#[test]
fn recovers_other_rooms_at_once_if_one_cannot_be_read() {
    for fault in faults() {
        let (chat, mut driver) = away_from_20_rooms();
        chat.break_room(BROKEN, fault);
        driver.open();
        for id in (1..=ROOMS).filter(|id| *id != BROKEN) {
            assert!(has(&driver, &format!("+{}", 2_000 + id)), "{:?}", driver.told());
            chat.post(id, 3_000 + id);
            driver.frame(&chat.created(3_000 + id));
            assert!(has(&driver, &format!("!+{}", 3_000 + id)), "{:?}", driver.told());
        }
        assert!(!has(&driver, "+2007"));
    }
}

#[test]
fn releases_the_events_of_an_unreadable_room_within_the_bound_and_recovers_it_later() {
    for fault in faults() {
        let (chat, mut driver) = away_from_20_rooms();
        let bound = if matches!(fault, Fault::Hangs) { 5 } else { 2 } * SECOND;
        chat.break_room(BROKEN, fault.clone());
        driver.open();
        chat.post(BROKEN, 3_000);
        driver.frame(&chat.created(3_000));
        assert!(!has(&driver, "!+3000"), "held at first");
        driver.pass(bound);
        assert!(has(&driver, "!+3000"), "{:?}", driver.told());
        assert_eq!(driver.resyncs(), [(Some(BROKEN), Unreadable)]);
        assert_eq!(driver.told_freshness(Some(BROKEN)), Some(Freshness::Stale));
        assert_eq!(driver.status(), ConnectionStatus::Open);
        // From here on its events are delivered at once.
        chat.post(BROKEN, 3_001);
        driver.frame(&chat.created(3_001));
        assert!(has(&driver, "!+3001"));
        driver.pass(30 * SECOND);
        chat.repair();
        driver.pass(90 * SECOND);
        let mut told = driver.told_of_messages();
        told.retain(|what| what.contains("2007") || what.contains("300"));
        assert_eq!(told, ["!+3000", "!+3001", "+2007"], "{fault:?}");
        assert_eq!(driver.told_freshness(Some(BROKEN)), Some(Freshness::Live));
        assert_eq!(driver.client.freshness(Some(room(7))), Some(Freshness::Live));
        assert_eq!(driver.resyncs().len(), 1);
    }
}

#[test]
fn releases_all_events_within_the_bound_if_the_list_of_rooms_cannot_be_read() {
    for fault in faults() {
        let (chat, mut driver) = away_from_20_rooms();
        let bound = if matches!(fault, Fault::Hangs) { 5 } else { 2 } * SECOND;
        chat.break_list(fault);
        driver.open();
        chat.room(3, "renamed");
        driver.frame(&chat.room_frame("RoomUpdated", 3));
        chat.post(4, 3_000);
        driver.frame(&chat.created(3_000));
        driver.pass(bound);
        let told = driver.told();
        assert!(told.contains(&"!R~3".to_owned()), "{told:?}");
        assert_eq!(
            told.iter().filter(|what| what.ends_with("3000")).count(),
            1,
            "{told:?}"
        );
        assert!(
            has(&driver, "+2007"),
            "watched rooms are recovered without the list: {:?}",
            driver.told()
        );
        assert_eq!(driver.resyncs(), [(None, Unreadable)]);
        assert_eq!(driver.told_freshness(None), Some(Freshness::Stale));
        assert_eq!(driver.status(), ConnectionStatus::Open);
        driver.pass(30 * SECOND);
        chat.repair();
        driver.pass(60 * SECOND);
        assert_eq!(driver.told_freshness(None), Some(Freshness::Live));
    }
}

#[test]
fn delivers_live_events_if_the_list_of_rooms_was_never_read() {
    for fault in faults() {
        let chat = Chat::with_rooms(3);
        chat.break_list(fault);
        let mut driver = Driver::with(config(), 1, chat.rest());
        driver.open();
        assert_eq!(driver.status(), ConnectionStatus::Open);
        for id in 3_000..3_100 {
            chat.post(1 + id % 3, id);
            driver.frame(&chat.created(id));
            driver.pass(SECOND / 10);
        }
        driver.frame(&deleted(1, 0, 1_001));
        assert_eq!(driver.events.len(), 101);
        assert_eq!(driver.told().last().map(String::as_str), Some("!-1001"));
        chat.delete(1_001);
        driver.pass(60 * SECOND);
        assert!(
            driver.requests_of_sync() < 40,
            "no hammering: {:?}",
            driver.asked.len()
        );
        chat.repair();
        driver.pass(60 * SECOND);
        assert_eq!(driver.events.len(), 101);
        assert_eq!(driver.client.freshness(None), Some(Freshness::Live));
    }
}

#[test]
fn retries_after_a_single_refusal_and_loses_nothing() {
    for status in [403, 404, 410] {
        let (chat, mut driver) = away_from_20_rooms();
        chat.edit(1_007, "edited");
        chat.break_room(BROKEN, Fault::Status(status));
        driver.open();
        driver.pass(SECOND / 20);
        chat.repair();
        driver.pass(2 * SECOND);
        let told = driver.told();
        assert!(
            told.contains(&"~1007".to_owned()) && told.contains(&"+2007".to_owned()),
            "{told:?}"
        );
        driver.pass(120 * SECOND);
        assert!(!driver.told().iter().any(|what| what.contains('-')), "{status}");
    }
}

#[test]
fn keeps_a_room_live_if_it_is_unreadable_for_a_moment() {
    let chat = Chat::with_rooms(3);
    let mut driver = away_from(&chat, config());
    driver.open();
    driver.pass(50 * SECOND);
    driver.freshness.clear();
    // The second comparison fails.
    chat.answer_with(Some(500));
    driver.pass(20 * SECOND);
    chat.answer_with(None);
    driver.pass(30 * SECOND);
    assert_eq!(driver.freshness, []);
    assert_eq!(driver.statuses().last(), Some(&ConnectionStatus::Open));
    assert_eq!(driver.resyncs(), []);
}

#[test]
fn marks_a_live_room_stale_if_it_is_unreadable_for_long() {
    let chat = Chat::with_rooms(3);
    let mut driver = away_from(&chat, config());
    driver.open();
    driver.pass(50 * SECOND);
    chat.break_room(2, Fault::Status(500));
    driver.pass(10 * SECOND + Duration::from_secs(31));
    assert_eq!(driver.told_freshness(Some(2)), Some(Freshness::Stale));
    assert_eq!(driver.told_freshness(Some(1)), Some(Freshness::Live));
    assert_eq!(driver.status(), ConnectionStatus::Open);
    chat.repair();
    driver.pass(60 * SECOND);
    assert_eq!(driver.told_freshness(Some(2)), Some(Freshness::Live));
}

#[test]
fn skips_an_unreadable_entry_and_reads_the_rest() {
    let chat = Chat::with_rooms(1);
    let mut driver = away_from(&chat, config());
    chat.post(1, 2_000);
    chat.post(1, 2_001);
    chat.post(1, 2_002);
    let mut rest = chat.rest();
    driver.rest = Box::new(move |request| {
        let (status, body) = rest(request)?;
        Some((
            status,
            body.replace(
                r#"{"messageId":2001,"userId":1,"#,
                r#"{"messageId":"no","userId":1,"#,
            ),
        ))
    });
    driver.open();
    driver.pass(120 * SECOND);
    assert_eq!(driver.told(), ["R~1", "+2000,2002"]);
    let errors = driver
        .others
        .iter()
        .filter(|other| matches!(other, room_events::client::Delivery::Malformed(_)));
    assert!((1..=2).contains(&errors.count()), "{:?}", driver.others);
    assert_eq!(driver.told_freshness(Some(1)), Some(Freshness::Live));
}

#[test]
fn recovers_missed_messages_before_more_live_events_than_the_window() {
    let chat = Chat::with_a_room();
    let mut config = config();
    config.catch_up.window = 2;
    let mut driver = away_from(&chat, config);
    chat.post(1, 12);
    chat.break_room(1, Fault::Status(500));
    driver.open();
    driver.pass(10 * SECOND);
    for id in 20..25 {
        chat.post(1, id);
        driver.frame(&chat.created(id));
    }
    chat.repair();
    driver.pass(60 * SECOND);
    let told = driver.told_of_messages();
    assert_eq!(told, ["!+20", "!+21", "!+22", "!+23", "!+24", "+12"]);
}

#[test]
fn delivers_a_recreated_room_while_the_list_is_unreadable() {
    let chat = Chat::with_a_room();
    let mut driver = away_from(&chat, config());
    chat.break_list(Fault::Status(502));
    driver.open();
    driver.pass(10 * SECOND);
    driver.events.clear();
    chat.room(1, "renamed while the user was out of it");
    driver.frame(&chat.room_frame("RoomCreated", 1));
    assert_eq!(driver.told(), ["!R~1"]);
}

#[test]
fn releases_held_events_within_the_bound_if_their_room_is_listed_again_meanwhile() {
    let chat = Chat::with_rooms(2);
    let mut one_at_a_time = config();
    one_at_a_time.catch_up.concurrency = 1;
    let mut driver = Driver::with(one_at_a_time, 1, chat.rest());
    driver.happen(|client, now| client.set_interest(following_all(), now));
    driver.open();
    driver.pass(10 * SECOND);
    driver.lose_and_reconnect();
    chat.hide_room(1);
    chat.break_room(2, Fault::Hangs);
    driver.open();
    chat.post(1, 3_001);
    driver.frame(&chat.created(3_001));
    driver.pass(2 * SECOND);
    driver.frame(&chat.room_frame("RoomUpdated", 1));
    assert!(!has(&driver, "!+3001"), "held at first");
    driver.pass(3 * SECOND);
    assert!(has(&driver, "!+3001"), "{:?}", driver.told());
}

#[test]
fn does_not_read_a_room_that_the_list_lacks_although_it_was_the_most_active() {
    let chat = Chat::with_rooms(2);
    let mut one_room = config();
    one_room.catch_up.rooms = 1;
    let mut driver = opened(&chat, one_room);
    chat.post(1, 2_001);
    driver.frame(&chat.created(2_001));
    driver.frame(&chat.room_frame("RoomUpdated", 1));
    driver.pass(10 * SECOND);
    driver.lose_and_reconnect();
    chat.remove_room(1);
    driver.open();
    driver.pass(120 * SECOND);
    assert!(has(&driver, "R-1"), "{:?}", driver.told());
    assert_eq!(driver.resyncs(), []);
}
