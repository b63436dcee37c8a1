//! Rooms with listeners that are not watched: live events are passed on, and new messages are recovered after a gap.

use std::cell::Cell;
use std::rc::Rc;

use room_events::client::{ClientConfig, Freshness, Request};

use crate::chat::{Chat, Fault, deleted, room_deleted};
use crate::driver::Driver;
use crate::scenario::{SECOND, config, opened, room, with_history};

/// One of 20 rooms is watched: the last one, which has the newest message.
fn one_watched() -> ClientConfig {
    let mut config = config();
    config.catch_up.rooms = 1;
    config
}

fn asked_of(driver: &Driver, id: u32) -> usize {
    let is_of =
        |request: &&Request| matches!(request, Request::Messages { room_id, .. } if *room_id == room(id));
    driver.asked.iter().filter(is_of).count()
}

/// Posts in the watched room, so that no other one is watched instead.
fn keep_the_last_room_active(chat: &Chat, driver: &mut Driver) {
    chat.post(20, 2_010);
    driver.frame(&chat.created(2_010));
}

fn away() -> (Chat, Driver) {
    let chat = Chat::with_rooms(20);
    let mut driver = opened(&chat, one_watched());
    assert_eq!(driver.client.freshness(Some(room(20))), Some(Freshness::Live));
    assert_eq!(driver.client.freshness(Some(room(2))), None);
    driver.lose_and_reconnect();
    (chat, driver)
}

#[test]
fn recovers_new_messages_with_one_request_per_changed_room() {
    let (chat, mut driver) = away();
    chat.post(2, 2_000);
    chat.post(2, 2_001);
    chat.post(7, 2_002);
    driver.open();
    driver.pass(30 * SECOND);
    let mut told = driver.told_of_messages();
    told.sort();
    assert_eq!(told, ["+2000,2001", "+2002"]);
    assert_eq!(
        (asked_of(&driver, 2), asked_of(&driver, 7), asked_of(&driver, 3)),
        (1, 1, 0)
    );
}

#[test]
fn recovers_a_message_overtaken_on_a_stream_that_breaks() {
    let chat = Chat::with_rooms(20);
    let mut driver = opened(&chat, one_watched());
    for id in [2_000, 2_001, 2_002] {
        chat.post(2, id);
        if id != 2_001 {
            driver.frame(&chat.created(id));
        }
        driver.pass(SECOND);
    }
    keep_the_last_room_active(&chat, &mut driver);
    driver.lose_and_reconnect_keeping();
    driver.open();
    driver.pass(30 * SECOND);
    assert_eq!(driver.told_of_messages(), ["!+2000", "!+2002", "!+2010", "+2001"]);
    assert_eq!(asked_of(&driver, 2), 1);
}

#[test]
fn does_not_read_a_room_whose_last_message_came_long_before_the_gap() {
    let chat = Chat::with_rooms(20);
    let mut driver = opened(&chat, one_watched());
    for id in [2_000, 2_001] {
        chat.post(2, id);
        driver.frame(&chat.created(id));
    }
    keep_the_last_room_active(&chat, &mut driver);
    driver.pass(10 * SECOND);
    driver.lose_and_reconnect_keeping();
    driver.open();
    driver.pass(30 * SECOND);
    assert_eq!(driver.told_of_messages(), ["!+2000", "!+2001", "!+2010"]);
    assert_eq!(asked_of(&driver, 2), 0);
}

#[test]
fn does_not_look_for_edits_and_deletions() {
    let (chat, mut driver) = away();
    chat.edit(1_002, "edited");
    chat.post(3, 2_000);
    chat.edit(1_003, "edited in a room with news");
    chat.delete(1_004);
    driver.open();
    driver.pass(120 * SECOND);
    assert_eq!(driver.told_of_messages(), ["+2000"]);
}

#[test]
fn delivers_live_events() {
    let (chat, mut driver) = away();
    driver.open();
    driver.pass(30 * SECOND);
    driver.events.clear();
    chat.post(2, 2_000);
    driver.frame(&chat.created(2_000));
    chat.edit(2_000, "edited");
    driver.frame(&chat.updated(2_000));
    chat.edit(1_003, "edited");
    driver.frame(&chat.updated(1_003));
    chat.delete(2_000);
    driver.frame(&deleted(2, 0, 2_000));
    chat.delete(1_004);
    driver.frame(&deleted(4, 0, 1_004));
    chat.remove_room(5);
    driver.frame(&room_deleted(5));
    assert_eq!(
        driver.told(),
        ["!+2000", "!~2000", "!~1003", "!-2000", "!-1004", "!R-5"]
    );
    driver.pass(120 * SECOND);
    assert_eq!(driver.told_of_messages().len(), 5, "{:?}", driver.told());
}

#[test]
fn delivers_comments_and_edits_of_old_messages() {
    let (chat, mut driver) = away();
    driver.open();
    driver.pass(30 * SECOND);
    chat.comment(1_003, 2_000);
    driver.frame(&chat.created(2_000));
    driver.frame(&chat.updated(1_003));
    driver.frame(&deleted(3, 1_003, 2_000));
    assert_eq!(driver.told_of_messages(), ["!+2000", "!~1003", "!-2000"]);
}

#[test]
fn does_not_repeat_live_messages_after_a_gap() {
    let (chat, mut driver) = away();
    driver.open();
    for id in 2_000..2_040 {
        chat.post(2, id);
        driver.frame(&chat.created(id));
    }
    driver.pass(10 * SECOND);
    driver.lose_and_reconnect();
    chat.post(2, 2_040);
    driver.open();
    driver.pass(120 * SECOND);
    assert_eq!(driver.told_of_messages(), ["+2040"]);
}

#[test]
fn delivers_a_live_message_once_that_precedes_the_response() {
    let (chat, mut driver) = away();
    chat.post(2, 2_000);
    let late = chat.created(2_000);
    driver.latency = SECOND / 10;
    driver.open();
    driver.pass(SECOND / 20);
    chat.post(2, 2_001);
    driver.frame(&late);
    driver.frame(&chat.created(2_001));
    driver.pass(120 * SECOND);
    let told = driver.told_of_messages();
    for id in ["2000", "2001"] {
        assert_eq!(
            told.iter().filter(|what| what.contains(id)).count(),
            1,
            "{told:?}"
        );
    }
}

#[test]
fn does_not_repeat_a_recovered_message_that_arrives_late() {
    let (chat, mut driver) = away();
    chat.post(2, 2_000);
    let late = chat.created(2_000);
    driver.open();
    driver.frame(&late);
    driver.pass(120 * SECOND);
    assert_eq!(driver.told_of_messages(), ["+2000"]);
}

#[test]
fn recovers_an_unreadable_room_once_it_is_readable() {
    let (chat, mut driver) = away();
    chat.post(2, 2_000);
    chat.post(3, 2_001);
    chat.break_room(2, Fault::Status(500));
    driver.open();
    assert_eq!(driver.told_of_messages(), ["+2001"]);
    driver.pass(5 * SECOND);
    assert_eq!(driver.told_freshness(Some(2)), Some(Freshness::Stale));
    chat.post(2, 2_002);
    driver.frame(&chat.created(2_002));
    chat.repair();
    driver.pass(60 * SECOND);
    assert_eq!(driver.told_of_messages(), ["+2001", "!+2002", "+2000"]);
    assert_eq!(driver.told_freshness(Some(2)), Some(Freshness::Live));
}

#[test]
fn recovers_news_missing_from_the_first_list() {
    let (chat, mut driver) = away();
    let late = chat.as_of_now();
    chat.post(2, 2_000);
    driver.rest = late.rest();
    driver.open();
    // This came after the gap.
    chat.post(2, 2_001);
    driver.frame(&chat.created(2_001));
    driver.pass(SECOND);
    driver.rest = chat.rest();
    driver.pass(120 * SECOND);
    assert_eq!(driver.told_of_messages(), ["!+2001", "+2000"]);
}

#[test]
fn watches_the_most_recently_active_room_after_a_gap() {
    let (chat, mut driver) = away();
    // Another room is the most recently active one now.
    for id in 2_000..2_010 {
        chat.post(2, id);
    }
    driver.open();
    // The formerly watched room is compared for this gap, and no longer at the next comparison.
    driver.pass(70 * SECOND);
    assert_eq!(
        driver.told_of_messages(),
        ["+2000,2001,2002,2003,2004,2005,2006,2007,2008,2009"]
    );
    assert_eq!(driver.client.freshness(Some(room(2))), Some(Freshness::Live));
    driver.lose_and_reconnect();
    chat.edit(2_005, "edited");
    driver.open();
    driver.pass(30 * SECOND);
    assert_eq!(driver.told_of_messages(), ["~2005"]);
}

#[test]
fn recovers_a_room_received_live_before_the_first_list() {
    let chat = Chat::with_rooms(2);
    chat.break_list(Fault::Status(500));
    let mut config = with_history();
    config.catch_up.rooms = 0;
    let mut driver = opened(&chat, config);
    driver.frame(&chat.room_frame("RoomUpdated", 2));
    driver.lose_and_reconnect();
    chat.post(2, 3_000);
    chat.repair();
    driver.open();
    driver.pass(120 * SECOND);
    assert_eq!(driver.told_of_messages(), ["+3000"]);
}

#[test]
fn handles_a_late_response_about_a_room_no_longer_watched() {
    let (chat, mut driver) = away();
    chat.post(2, 2_000);
    let late = chat.as_of_now();
    let answers_list = Rc::new(Cell::new(false));
    let does_answer = Rc::clone(&answers_list);
    driver.rest = late.rest_if(move |request| request != Request::Rooms || does_answer.get());
    chat.post(20, 2_001);
    chat.post(2, 2_002);
    driver.open();
    driver.pass(2 * SECOND);
    answers_list.set(true);
    driver.drain();
    driver.rest = chat.rest();
    driver.pass(10 * SECOND);
    assert_eq!(driver.told_of_messages(), ["+2000", "+2001", "+2002"]);
}

#[test]
fn recovers_a_room_replaced_by_another() {
    let (chat, mut driver) = away();
    let late = chat.as_of_now();
    chat.post(20, 2_001);
    chat.post(2, 2_002);
    driver.rest = late.rest_if(|request| request != Request::Rooms);
    driver.open();
    driver.pass(4 * SECOND);
    assert_eq!(driver.client.freshness(Some(room(20))), Some(Freshness::Live));
    driver.rest = chat.rest();
    driver.pass(30 * SECOND);
    assert!(driver.told_of_messages().contains(&"+2001".to_owned()));
}

#[test]
fn recovers_all_news_of_a_newly_watched_unreadable_room() {
    let chat = Chat::with_rooms(3);
    let mut config = with_history();
    config.catch_up.rooms = 1;
    config.catch_up.window = 2;
    let mut driver = opened(&chat, config);
    driver.lose_and_reconnect();
    for id in 2_000..2_005 {
        chat.post(1, id);
    }
    chat.break_room(1, Fault::Status(500));
    driver.open();
    driver.pass(10 * SECOND);
    assert_eq!(driver.client.freshness(Some(room(1))), Some(Freshness::Stale));
    driver.lose_and_reconnect();
    chat.repair();
    driver.open();
    driver.pass(10 * SECOND);
    let told = driver.told_of_messages();
    assert!(told.iter().any(|what| what.contains("2000")), "{told:?}");
}

#[test]
fn watches_a_new_room_instead_of_the_least_active_one() {
    let chat = Chat::default();
    for id in 1..=20 {
        chat.room(id, "quiet");
    }
    let mut config = with_history();
    config.catch_up.rooms = 2;
    let mut driver = opened(&chat, config);
    driver.asked.clear();
    for id in [21, 22] {
        chat.room(id, "made");
        driver.frame(&chat.room_frame("RoomCreated", id));
    }
    let watched: Vec<_> = (1..=22)
        .filter(|id| driver.client.freshness(Some(room(*id))) == Some(Freshness::Live))
        .collect();
    assert_eq!(watched, [21, 22]);
    for id in 3_000..3_040 {
        chat.post(21, id);
        driver.frame(&chat.created(id));
    }
    driver.events.clear();
    driver.pass(120 * SECOND);
    assert_eq!(driver.told_of_messages(), [""; 0], "they were delivered live");
}

#[test]
fn watches_the_rooms_of_held_messages_once_the_first_list_is_given_up() {
    let chat = Chat::with_a_room();
    chat.break_list(Fault::Status(500));
    let mut driver = Driver::with(with_history(), 1, chat.rest());
    driver.open();
    for id in 20..60 {
        chat.post(1, id);
        driver.frame(&chat.created(id));
    }
    driver.pass(3 * SECOND);
    assert_eq!(driver.client.freshness(Some(room(1))), Some(Freshness::Live));
    chat.repair();
    driver.pass(60 * SECOND);
    // Each message comes once, in order.
    let told = driver.told_of_messages().join(",");
    let ids: Vec<_> = told
        .split(',')
        .map(|id| id.trim_start_matches(['!', '+']))
        .collect();
    let all: Vec<_> = (10..12).chain(20..60).map(|id: u64| id.to_string()).collect();
    assert_eq!(ids, all);
}

#[test]
fn delivers_a_deletion_of_a_forgotten_message_that_comes_while_its_room_is_first_read() {
    let chat = Chat::with_rooms(3);
    let mut config = with_history();
    config.catch_up.rooms = 1;
    let mut driver = opened(&chat, config);
    chat.post(2, 2_000);
    chat.comment(2_000, 2_001);
    for id in 2_002..2_042 {
        chat.post(2, id);
    }
    for id in 2_000..2_042 {
        driver.frame(&chat.created(id));
    }
    driver.frame(&chat.room_frame("RoomUpdated", 2));
    driver.pass(10 * SECOND);
    driver.latency = SECOND;
    chat.remove_room(3);
    driver.frame(&room_deleted(3));
    assert!(
        driver.client.freshness(Some(room(2))).is_some(),
        "it is watched now"
    );
    for (parent, id) in [(0, 2_002), (2_000, 2_001)] {
        driver.frame(&deleted(2, parent, id));
        chat.delete(id);
    }
    driver.events.clear();
    driver.pass(120 * SECOND);
    let mut told = driver.told_of_messages();
    told.retain(|what| what.contains('-'));
    assert_eq!(told, ["!-2002", "!-2001"]);
}
