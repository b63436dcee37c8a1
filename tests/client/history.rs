//! With `history`, existing rooms and messages are delivered.

use room_events::client::ConnectionStatus::{CatchingUp, Open};
use room_events::client::{Freshness, Request, ResyncReason};

use crate::chat::{Chat, Fault, Habits, deleted};
use crate::driver::Driver;
use crate::scenario::{SECOND, following, opened, room, with_history};

#[test]
fn delivers_existing_rooms_messages_and_comments() {
    let chat = Chat::with_a_room();
    chat.comment(10, 12);
    let mut driver = Driver::with(with_history(), 1, chat.rest());
    driver.open();
    assert_eq!(driver.status(), Open);
    assert_eq!(driver.told(), ["R+1", "+10,11", "+12"]);
    driver.pass(120 * SECOND);
    assert_eq!(driver.told().len(), 3, "once");
}

#[test]
fn delivers_the_messages_of_a_room_that_the_user_is_added_to() {
    let chat = Chat::with_a_room();
    let mut driver = opened(&chat, with_history());
    driver.events.clear();
    chat.room(2, "new to the user");
    chat.post(2, 20);
    driver.frame(&chat.room_frame("RoomCreated", 2));
    driver.pass(10 * SECOND);
    assert_eq!(driver.told(), ["!R+2", "+20"]);
}

#[test]
fn delivers_the_messages_of_a_room_that_appeared_during_a_gap() {
    let chat = Chat::with_a_room();
    let mut driver = opened(&chat, with_history());
    driver.lose_and_reconnect();
    chat.room(2, "appears");
    chat.post(2, 20);
    driver.open();
    assert_eq!(driver.told(), ["R+2", "+20"]);
}

#[test]
fn delivers_the_newest_messages_within_the_window() {
    let chat = Chat::with_a_room();
    for id in 100..300 {
        chat.post(1, id);
    }
    let mut config = with_history();
    config.catch_up.window = 120;
    config.catch_up.page = 50;
    let driver = opened(&chat, config);
    let told: usize = driver
        .events
        .iter()
        .map(|(_, text)| text.matches("\"messageId\":").count())
        .sum();
    // One of them is the room's `lastMessage`.
    assert!((121..=171).contains(&told), "{told}");
}

#[test]
fn delivers_all_messages_if_the_first_page_lags_the_list_of_rooms() {
    let chat = Chat::default();
    chat.room(1, "made");
    let late = chat.as_of_now();
    for id in 10..14 {
        chat.post(1, id);
    }
    chat.set_habits(Habits {
        cap: Some(2),
        ..Habits::default()
    });
    let (mut rest, mut late) = (chat.rest(), late.rest());
    let answer = move |request| match request {
        Request::Messages { .. } => late(request),
        _ => rest(request),
    };
    let mut driver = Driver::with(with_history(), 1, Box::new(answer));
    driver.open();
    driver.pass(SECOND);
    driver.rest = chat.rest();
    driver.pass(5 * SECOND);
    assert_eq!(driver.told(), ["R+1", "+10,11,12,13"]);
}

#[test]
fn holds_live_events_until_history_is_delivered() {
    let chat = Chat::with_a_room();
    let mut driver = Driver::with(with_history(), 1, chat.rest());
    chat.fall_silent(true);
    driver.open();
    assert_eq!(driver.status(), CatchingUp);
    let created = |id| {
        chat.post(1, id);
        chat.created(id)
    };
    driver.frame(&created(12));
    driver.frame(&created(13));
    assert_eq!(driver.told(), [""; 0]);
    chat.fall_silent(false);
    driver.drain();
    driver.pass(10 * SECOND);
    assert_eq!(driver.told(), ["R+1", "+10,11,12,13"]);
}

#[test]
fn delivers_the_messages_of_a_broken_room_once_readable() {
    let chat = Chat::with_a_room();
    chat.room(2, "broken");
    chat.post(2, 20);
    chat.break_room(2, Fault::Status(500));
    let mut driver = opened(&chat, with_history());
    assert_eq!(driver.told(), ["R+1", "R+2", "+10,11"]);
    chat.post(2, 21);
    driver.frame(&chat.created(21));
    assert_eq!(driver.told()[3..], ["!+21"]);
    chat.repair();
    driver.pass(60 * SECOND);
    assert!(driver.told().contains(&"+20".to_owned()), "{:?}", driver.told());
}

#[test]
fn delivers_history_only_of_followed_rooms() {
    let chat = Chat::with_rooms(5);
    let mut driver = Driver::with(with_history(), 1, chat.rest());
    driver.happen(|client, now| client.set_interest(following(&[2]), now));
    driver.open();
    assert_eq!(driver.told_of_messages(), ["+1002"]);
    driver.happen(|client, now| client.set_interest(following(&[2, 4]), now));
    assert_eq!(driver.told_of_messages(), ["+1002", "+1004"]);
}

#[test]
fn watches_an_active_room_mentioned_before_the_first_list() {
    let chat = Chat::with_rooms(2);
    let mut config = with_history();
    config.catch_up.rooms = 1;
    let mut driver = Driver::with(config, 1, chat.rest());
    chat.fall_silent(true);
    driver.open();
    chat.room(2, "renamed");
    driver.frame(&chat.room_frame("RoomUpdated", 2));
    chat.fall_silent(false);
    driver.drain();
    driver.pass(SECOND);
    assert_eq!(driver.told_of_messages(), ["+1002"]);
}

#[test]
fn delivers_messages_once_that_came_before_the_room_was_readable() {
    let chat = Chat::with_a_room();
    let mut config = with_history();
    config.catch_up.window = 2;
    let mut driver = Driver::with(config, 1, chat.rest());
    chat.break_room(1, Fault::Status(500));
    driver.open();
    driver.pass(10 * SECOND);
    for id in 12..16 {
        chat.post(1, id);
        driver.frame(&chat.created(id));
    }
    chat.repair();
    driver.pass(120 * SECOND);
    assert_eq!(
        driver.told_of_messages(),
        ["!+12", "!+13", "!+14", "!+15", "+10,11"]
    );
}

#[test]
fn recovers_all_news_of_a_room_that_becomes_watched_after_a_gap() {
    let chat = Chat::with_rooms(2);
    let mut config = with_history();
    config.catch_up.rooms = 1;
    config.catch_up.window = 2;
    config.catch_up.page = 2;
    let mut driver = opened(&chat, config);
    driver.lose_and_reconnect();
    for id in 2_001..2_005 {
        chat.post(1, id);
    }
    driver.open();
    driver.pass(SECOND);
    assert_eq!(driver.told_of_messages(), ["+1001,2001,2002,2003,2004"]);
}

#[test]
fn delivers_a_deletion_in_an_unwatched_room_after_a_resync() {
    let chat = Chat::with_rooms(2);
    let mut config = with_history();
    config.catch_up.rooms = 1;
    config.catch_up.max_messages = 2;
    let mut driver = opened(&chat, config);
    driver.lose_and_reconnect();
    for id in 2_001..2_005 {
        chat.post(1, id);
    }
    chat.post(2, 2_005);
    driver.open();
    assert_eq!(driver.resyncs(), [(Some(1), ResyncReason::TooFarBehind)]);
    chat.delete(2_004);
    driver.frame(&deleted(1, 0, 2_004));
    assert_eq!(driver.told_of_messages(), ["+2005", "!-2004"]);
}

/// A room that the client reads before it knows the list of rooms. Messages follow in a gap, and the room cannot be
/// read then.
fn read_before_it_is_listed() -> (Chat, Driver) {
    let chat = Chat::default();
    chat.room(1, "empty");
    chat.break_list(Fault::Status(500));
    let mut config = with_history();
    config.catch_up.page = 2;
    let mut driver = Driver::with(config, 1, chat.rest());
    driver.happen(|client, now| client.set_interest(following(&[1]), now));
    driver.open();
    driver.pass(SECOND);
    assert_eq!(driver.client.freshness(Some(room(1))), Some(Freshness::Live));
    driver.lose_and_reconnect();
    for id in 10..16 {
        chat.post(1, id);
    }
    chat.break_room(1, Fault::Status(500));
    (chat, driver)
}

fn assert_the_gap_is_recovered(chat: &Chat, driver: &mut Driver) {
    driver.pass(10 * SECOND);
    assert_eq!(driver.told_of_messages(), [""; 0]);
    chat.post(1, 16);
    driver.frame(&chat.created(16));
    driver.lose_and_reconnect();
    chat.repair();
    driver.open();
    driver.pass(30 * SECOND);
    assert_eq!(driver.told_of_messages(), ["+10,11,12,13,14,15"]);
}

#[test]
fn recovers_messages_of_a_room_that_is_listed_after_it_was_read() {
    let (chat, mut driver) = read_before_it_is_listed();
    chat.repair();
    chat.break_room(1, Fault::Status(500));
    driver.open();
    assert_eq!(driver.told(), ["R+1"]);
    assert_the_gap_is_recovered(&chat, &mut driver);
}

#[test]
fn recovers_messages_of_a_room_whose_event_comes_after_it_was_read() {
    let (chat, mut driver) = read_before_it_is_listed();
    driver.open();
    driver.pass(10 * SECOND);
    driver.frame(&chat.room_frame("RoomCreated", 1));
    assert_eq!(driver.told(), ["!R+1"]);
    assert_the_gap_is_recovered(&chat, &mut driver);
}
