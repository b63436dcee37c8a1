//! Gaps that cannot be recovered: the application has to reload.

use std::cell::Cell;
use std::rc::Rc;

use room_events::client::ConnectionStatus::Open;
use room_events::client::ResyncReason::{NothingKnown, TooFarBehind};
use room_events::client::{Freshness, Interest, Request};

use crate::chat::{Chat, Fault, deleted, room_deleted};
use crate::driver::Driver;
use crate::scenario::{SECOND, away_from, config, following_all, opened, room, with_history};

#[test]
fn requires_a_resync_of_a_room_that_is_too_far_behind() {
    let chat = Chat::with_a_room();
    chat.room(2, "quiet");
    let mut config = config();
    config.catch_up.max_messages = 20;
    config.catch_up.page = 10;
    let mut driver = away_from(&chat, config);
    for id in 100..200 {
        chat.post(1, id);
    }
    chat.post(2, 300);
    driver.open();
    driver.pass(10 * SECOND);
    assert_eq!(driver.told(), ["R~1", "R~2", "+300"]);
    assert_eq!(driver.resyncs(), [(Some(1), TooFarBehind)]);
    assert!(
        driver.requests_of_sync() <= 12,
        "it does not read all of it: {:?}",
        driver.asked
    );
    // From there on the room is followed again.
    driver.lose_and_reconnect();
    chat.delete(199);
    driver.open();
    driver.pass(10 * SECOND);
    assert_eq!(driver.told(), ["R~1", "-199"]);
}

#[test]
fn requires_a_resync_of_an_unwatched_room_that_is_too_far_behind() {
    let chat = Chat::with_rooms(3);
    let mut config = config();
    config.catch_up.rooms = 1;
    config.catch_up.max_messages = 20;
    config.catch_up.page = 10;
    let mut driver = away_from(&chat, config);
    for id in 2_000..2_100 {
        chat.post(1, id);
    }
    driver.open();
    driver.pass(10 * SECOND);
    assert_eq!(driver.told(), ["R~1"]);
    assert_eq!(driver.resyncs(), [(Some(1), TooFarBehind)]);
    driver.lose_and_reconnect();
    chat.post(1, 2_100);
    driver.open();
    driver.pass(10 * SECOND);
    assert_eq!(
        (driver.told(), driver.resyncs()),
        (vec!["R~1".to_owned(), "+2100".to_owned()], vec![])
    );
}

#[test]
fn delivers_a_deletion_after_a_resync_of_an_unwatched_room() {
    let chat = Chat::with_rooms(3);
    let mut config = with_history();
    config.catch_up.rooms = 1;
    config.catch_up.max_messages = 20;
    config.catch_up.page = 10;
    let mut driver = away_from(&chat, config);
    for id in 2_000..2_100 {
        chat.post(1, id);
    }
    // This room is watched, as it is the most recently active one.
    chat.post(2, 3_000);
    driver.open();
    driver.pass(10 * SECOND);
    assert_eq!(driver.resyncs(), [(Some(1), TooFarBehind)]);
    chat.delete(2_099);
    driver.frame(&deleted(1, 0, 2_099));
    assert_eq!(driver.told().last().map(String::as_str), Some("!-2099"));
}

#[test]
fn requires_a_resync_of_a_room_not_read_before_the_gap() {
    let chat = Chat::with_a_room();
    let answers = Rc::new(Cell::new(false));
    let does_answer = Rc::clone(&answers);
    let rest = chat.rest_if(move |request| does_answer.get() || request == Request::Rooms);
    let mut driver = Driver::with(config(), 1, rest);
    driver.open();
    driver.pass(2 * SECOND);
    assert_eq!(driver.others, []);
    driver.lose_and_reconnect();
    chat.post(1, 12);
    driver.open();
    assert_eq!(driver.resyncs(), [(Some(1), NothingKnown)]);
    answers.set(true);
    driver.drain();
    driver.pass(10 * SECOND);
    // The stream does not deliver this.
    chat.edit(12, "edited");
    driver.lose_and_reconnect();
    driver.open();
    assert_eq!(
        (driver.told(), driver.resyncs()),
        (vec!["~12".to_owned()], vec![])
    );
}

#[test]
fn requires_a_full_resync_after_a_gap_before_the_first_reading() {
    let chat = Chat::with_a_room();
    let mut driver = Driver::with(config(), 1, chat.rest());
    chat.fall_silent(true);
    driver.open();
    driver.lose_and_reconnect();
    chat.fall_silent(false);
    driver.open();
    assert_eq!(driver.status(), Open);
    assert_eq!(driver.resyncs(), [(None, NothingKnown)]);
}

#[test]
fn does_not_trust_a_first_reading_right_before_the_connection_breaks() {
    // The application has loaded the room. Then the room is deleted, the client reads a list without it, and the
    // connection breaks before the event arrives.
    let chat = Chat::with_a_room();
    let mut driver = Driver::with(config(), 1, chat.rest());
    chat.remove_room(1);
    driver.open();
    driver.lose_and_reconnect();
    driver.open();
    assert_eq!(driver.resyncs(), [(None, NothingKnown)]);
    // A connection that lasted is trusted.
    driver.pass(SECOND);
    driver.lose_and_reconnect();
    driver.open();
    assert_eq!(driver.resyncs(), []);
}

#[test]
fn delivers_the_deletion_of_a_message_missing_before_a_resync() {
    let chat = Chat::with_a_room();
    let mut config = with_history();
    config.catch_up.max_messages = 20;
    config.catch_up.page = 10;
    let mut driver = away_from(&chat, config);
    for id in 100..200 {
        chat.post(1, id);
    }
    // The application finds it when it loads the room.
    chat.hide_message(190);
    driver.open();
    driver.pass(SECOND);
    assert_eq!(driver.resyncs(), [(Some(1), TooFarBehind)]);
    chat.repair();
    chat.delete(190);
    driver.frame(&deleted(1, 0, 190));
    assert_eq!(driver.told().last().map(String::as_str), Some("!-190"));
}

/// A client that told the application to load the room, after a late response. The application has found message 200,
/// and the client has not.
fn behind_the_application() -> (Chat, Driver) {
    let chat = Chat::with_a_room();
    let mut config = with_history();
    config.catch_up.rooms = 0;
    config.catch_up.max_messages = 20;
    config.catch_up.page = 10;
    let mut driver = Driver::with(config, 1, chat.rest());
    driver.happen(|client, now| client.set_interest(following_all(), now));
    driver.open();
    driver.pass(10 * SECOND);
    driver.lose_and_reconnect();
    for id in 100..200 {
        chat.post(1, id);
    }
    let late = chat.as_of_now();
    chat.post(1, 200);
    driver.rest = late.rest();
    driver.open();
    driver.pass(SECOND);
    assert_eq!(driver.resyncs(), [(Some(1), TooFarBehind)]);
    driver.rest = chat.rest();
    (chat, driver)
}

#[test]
fn delivers_the_deletion_of_what_only_the_application_found_if_the_room_is_unreadable_after_a_gap() {
    let (chat, mut driver) = behind_the_application();
    driver.lose_and_reconnect();
    chat.break_room(1, Fault::Status(500));
    driver.open();
    chat.delete(200);
    driver.frame(&deleted(1, 0, 200));
    driver.pass(10 * SECOND);
    assert_eq!(driver.told_of_messages(), ["!-200"]);
}

#[test]
fn delivers_the_deletion_of_what_only_the_application_found_if_it_waits_for_a_comparison() {
    let (chat, mut driver) = behind_the_application();
    driver.lose_and_reconnect();
    driver.latency = SECOND;
    driver.open();
    chat.delete(200);
    driver.frame(&deleted(1, 0, 200));
    driver.pass(10 * SECOND);
    assert_eq!(driver.told_of_messages(), ["!-200"]);
    // From here on the client knows all that the application does.
    driver.pass(60 * SECOND);
    driver.frame(&deleted(1, 0, 201));
    assert_eq!(driver.told_of_messages(), ["!-200"]);
}

#[test]
fn delivers_the_deletion_of_what_only_the_application_found_if_the_room_is_no_longer_watched() {
    let (chat, mut driver) = behind_the_application();
    driver.happen(|client, now| client.set_interest(Interest::default(), now));
    chat.delete(200);
    driver.frame(&deleted(1, 0, 200));
    assert_eq!(driver.told_of_messages(), ["!-200"]);
}

#[test]
fn delivers_the_deletion_of_what_only_the_application_found_in_an_unwatched_room() {
    let chat = Chat::with_rooms(2);
    let mut config = with_history();
    config.catch_up.rooms = 1;
    config.catch_up.max_messages = 2;
    let mut driver = away_from(&chat, config);
    for id in 2_001..2_005 {
        chat.post(1, id);
    }
    // This room is watched, as it is the most recently active one.
    chat.post(2, 2_005);
    let late = chat.as_of_now();
    chat.post(1, 2_006);
    driver.rest = late.rest();
    driver.open();
    assert_eq!(driver.resyncs(), [(Some(1), TooFarBehind)]);
    chat.delete(2_006);
    driver.frame(&deleted(1, 0, 2_006));
    assert_eq!(driver.told_of_messages(), ["+2005", "!-2006"]);
}

#[test]
fn delivers_an_update_that_overtakes_its_creation_after_a_resync_as_the_creation() {
    let (chat, mut driver) = behind_the_application();
    chat.post(1, 201);
    let created = chat.created(201);
    chat.edit(201, "edited");
    driver.frame(&chat.updated(201));
    driver.frame(&created);
    assert_eq!(driver.told_of_messages(), ["!+201"]);
    driver.pass(120 * SECOND);
    assert_eq!(driver.told_of_messages(), ["!+201", "+200"]);
}

#[test]
fn delivers_the_second_deletion_of_a_room_loaded_in_between() {
    let chat = Chat::with_a_room();
    chat.room(2, "other");
    let mut driver = opened(&chat, config());
    driver.frame(&room_deleted(2));
    // The room exists again in the gap, and the application loads it.
    driver.lose_and_reconnect();
    driver.rest = chat.rest_if(|_| false);
    driver.open();
    driver.pass(10 * SECOND);
    driver.told();
    driver.frame(&room_deleted(2));
    assert_eq!(driver.told(), ["!R-2"]);
}

#[test]
fn delivers_the_deletion_of_a_late_comment_after_a_resync() {
    let chat = Chat::with_a_room();
    let mut config = with_history();
    config.catch_up.max_messages = 3;
    let mut driver = away_from(&chat, config);
    for id in 20..30 {
        chat.post(1, id);
    }
    let late = chat.as_of_now();
    chat.comment(29, 30);
    driver.rest = late.rest();
    driver.open();
    driver.pass(SECOND);
    assert_eq!(driver.resyncs(), [(Some(1), TooFarBehind)]);
    // The application has loaded the comment.
    driver.rest = chat.rest();
    chat.delete(30);
    driver.frame(&deleted(1, 29, 30));
    assert_eq!(driver.told_of_messages(), ["!-30"]);
}

/// An application that shows history. One of three rooms is watched, and this one is too far behind.
fn too_far_behind(id: u64) -> (Chat, Driver) {
    let chat = Chat::with_rooms(3);
    let mut config = with_history();
    config.catch_up.rooms = 1;
    config.catch_up.window = 15;
    config.catch_up.max_messages = 20;
    config.catch_up.page = 10;
    let driver = away_from(&chat, config);
    for message in 2_000..2_100 {
        chat.post(id, message);
    }
    chat.hide_message(2_095);
    (chat, driver)
}

/// The room is not watched, changes, and comes to be watched. The application has loaded it meanwhile.
fn assert_it_is_not_repeated(id: u32, chat: &Chat, driver: &mut Driver) {
    driver.events.clear();
    chat.edit(2_080, "edited");
    driver.frame(&chat.updated(2_080));
    // The response lacked this one.
    chat.delete(2_095);
    driver.frame(&deleted(id.into(), 0, 2_095));
    assert_eq!(driver.client.freshness(Some(room(id))), None);
    assert_eq!(driver.told_of_messages(), ["!~2080", "!-2095"]);
    driver.lose_and_reconnect();
    chat.post(id.into(), 4_000);
    chat.edit(2_099, "edited in the gap");
    driver.open();
    driver.pass(10 * SECOND);
    assert_eq!(driver.client.freshness(Some(room(id))), Some(Freshness::Live));
    assert_eq!(driver.told_of_messages(), ["~2099", "+4000"]);
}

#[test]
fn does_not_repeat_messages_loaded_in_a_room_that_is_watched_again() {
    let (chat, mut driver) = too_far_behind(3);
    driver.open();
    driver.pass(SECOND);
    assert_eq!(driver.resyncs(), [(Some(3), TooFarBehind)]);
    chat.post(2, 3_000);
    driver.frame(&chat.created(3_000));
    // After a minute, the other room is watched.
    driver.pass(70 * SECOND);
    assert_it_is_not_repeated(3, &chat, &mut driver);
}

#[test]
fn does_not_repeat_messages_loaded_in_a_room_that_was_not_watched() {
    let (chat, mut driver) = too_far_behind(1);
    chat.post(3, 3_000);
    driver.open();
    driver.pass(10 * SECOND);
    assert_eq!(driver.resyncs(), [(Some(1), TooFarBehind)]);
    assert_it_is_not_repeated(1, &chat, &mut driver);
}
