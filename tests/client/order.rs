//! Recovered and live events are delivered in one order.

use std::cell::Cell;
use std::rc::Rc;

use room_events::client::{ConnectionStatus, Request, ResyncReason};

use crate::chat::{self, Chat, Habits, Times};
use crate::driver::Driver;
use crate::scenario::{SECOND, away_from, config, opened, with_history};

/// A client that is connected again and whose requests are not answered yet, so that events are held.
fn waiting_for_a_reading() -> (Chat, Driver) {
    let chat = Chat::with_a_room();
    let mut driver = away_from(&chat, config());
    chat.fall_silent(true);
    driver.open();
    (chat, driver)
}

#[test]
fn does_not_deliver_a_short_lived_message_after_newer_ones() {
    let (chat, mut driver) = waiting_for_a_reading();
    for id in [12, 13] {
        chat.post(1, id);
        driver.frame(&chat.created(id));
    }
    chat.delete(12);
    driver.frame(&chat::deleted(1, 0, 12));
    chat.delete(11);
    driver.frame(&chat::deleted(1, 0, 11));
    chat.post(1, 14);
    driver.frame(&chat.created(14));
    chat.fall_silent(false);
    driver.drain();
    driver.pass(120 * SECOND);
    let told = driver.told_of_messages();
    let at = |what: &str| {
        told.iter()
            .position(|other| other.trim_start_matches('!') == what)
    };
    assert!(at("-11").is_some(), "{told:?}");
    match at("+12") {
        None => assert_eq!(at("-12"), None, "{told:?}"),
        Some(created) => assert!(at("-12").is_some_and(|gone| gone > created), "{told:?}"),
    }
    let times = |id: &str| {
        told.iter()
            .filter(|what| what.contains('+') && what.contains(id))
            .count()
    };
    assert_eq!((times("13"), times("14")), (1, 1), "{told:?}");
}

#[test]
fn delivers_a_missed_message_in_its_place_if_it_is_back_at_an_earlier_version() {
    let chat = Chat::with_a_room();
    chat.set_habits(Habits {
        times: Times::Absent,
        ..Habits::default()
    });
    let mut driver = away_from(&chat, config());
    chat.post(1, 12);
    chat.post(1, 13);
    chat.fall_silent(true);
    driver.open();
    let before = chat.updated(12);
    driver.frame(&before);
    chat.edit(12, "edited");
    driver.frame(&chat.updated(12));
    chat.edit(12, "message 12");
    assert_eq!(chat.updated(12), before);
    driver.frame(&before);
    chat.fall_silent(false);
    driver.drain();
    driver.pass(120 * SECOND);
    assert_eq!(driver.told_of_messages(), ["+12,13"]);
}

#[test]
fn delivers_the_newest_held_change_of_a_missed_message_despite_a_repeated_frame() {
    let chat = Chat::with_a_room();
    let mut driver = away_from(&chat, config());
    chat.post(1, 12);
    let late = chat.as_of_now();
    chat.fall_silent(true);
    driver.open();
    chat.edit(12, "edited");
    let edited = chat.updated(12);
    driver.frame(&edited);
    chat.edit(12, "edited again");
    driver.frame(&chat.updated(12));
    driver.frame(&edited);
    driver.rest = late.rest();
    chat.fall_silent(false);
    driver.pass(SECOND);
    driver.rest = chat.rest();
    driver.pass(5 * SECOND);
    let (_, last) = driver.events.last().expect("an event");
    assert!(last.contains("edited again"), "{last}");
    assert_eq!(driver.told_of_messages(), ["+12", "~12"]);
}

#[test]
fn delivers_the_deletion_of_a_short_lived_message_in_an_unreadable_room() {
    let chat = Chat::with_a_room();
    chat.post(1, 12);
    let mut config = config();
    config.catch_up.max_messages = 2;
    config.catch_up.window = 2;
    let mut driver = away_from(&chat, config);
    for id in (20..24).chain(40..44) {
        chat.post(1, id);
    }
    let answers = Rc::new(Cell::new(false));
    let does_answer = Rc::clone(&answers);
    driver.rest = chat.rest_if(move |request| does_answer.get() || request == Request::Rooms);
    driver.open();
    chat.post(1, 30);
    driver.frame(&chat.created(30));
    chat.delete(30);
    driver.frame(&chat::deleted(1, 0, 30));
    // Too much was missed, so the application loads the room and may still find the message.
    answers.set(true);
    driver.drain();
    assert_eq!(driver.status(), ConnectionStatus::Open);
    assert_eq!(driver.resyncs(), [(Some(1), ResyncReason::TooFarBehind)]);
    let told = driver.told_of_messages();
    assert_eq!(told.last().map(String::as_str), Some("!-30"), "{told:?}");
}

#[test]
fn delivers_the_deletion_of_an_older_message_with_comments_once() {
    let chat = Chat::with_a_room();
    let mut config = config();
    config.catch_up.window = 2;
    let mut driver = opened(&chat, config);
    chat.post(1, 12);
    driver.frame(&chat.created(12));
    chat.comment(10, 13);
    driver.frame(&chat.created(13));
    driver.events.clear();
    // The server sends no event about the comment.
    chat.delete(13);
    chat.delete(10);
    driver.frame(&chat::deleted(1, 0, 10));
    let told = driver.told();
    assert_eq!(told.last().map(String::as_str), Some("!-10"), "{told:?}");
    driver.lose_and_reconnect();
    driver.open();
    driver.pass(10 * SECOND);
    assert_eq!(driver.told_of_messages(), [""; 0]);
}

#[test]
fn accepts_messages_of_one_frame_in_any_order() {
    let chat = Chat::with_a_room();
    let mut driver = opened(&chat, config());
    for id in 12..18 {
        chat.post(1, id);
    }
    driver.frame(&chat.several("TextMessagesCreated", &[14, 17, 12, 13, 16, 15]));
    assert_eq!(driver.told(), ["!+14,17,12,13,16,15"]);
    driver.lose_and_reconnect();
    driver.open();
    driver.pass(120 * SECOND);
    assert_eq!(driver.told_of_messages(), [""; 0]);
}

#[test]
fn delivers_a_message_with_an_id_below_the_newest() {
    let chat = Chat::with_a_room();
    let mut driver = opened(&chat, config());
    for id in [20, 15, 25, 12] {
        chat.post(1, id);
        driver.frame(&chat.created(id));
    }
    assert_eq!(driver.told(), ["!+20", "!+15", "!+25", "!+12"]);
    driver.lose_and_reconnect();
    driver.open();
    driver.pass(120 * SECOND);
    assert_eq!(driver.told_of_messages(), [""; 0]);
}

#[test]
fn delivers_newer_messages_after_one_held_in_another_version() {
    let (chat, mut driver) = waiting_for_a_reading();
    chat.post(1, 12);
    driver.frame(&chat.created(12));
    chat.edit(12, "edited");
    chat.post(1, 13);
    chat.fall_silent(false);
    driver.drain();
    driver.frame(&chat.updated(12));
    driver.frame(&chat.created(13));
    driver.pass(120 * SECOND);
    let mut created = driver.told_of_messages();
    created.retain(|what| what.contains('+'));
    assert_eq!(created, ["+12,13"]);
}

#[test]
fn delivers_a_missed_message_with_a_held_change_before_newer_ones() {
    let chat = Chat::with_a_room();
    let mut driver = away_from(&chat, config());
    chat.post(1, 12);
    let before = chat.as_of_now();
    chat.fall_silent(true);
    driver.open();
    chat.post(1, 13);
    driver.frame(&chat.created(13));
    chat.edit(12, "edited");
    driver.frame(&chat.updated(12));
    driver.rest = before.rest();
    driver.drain();
    driver.rest = chat.rest();
    chat.fall_silent(false);
    driver.pass(120 * SECOND);
    // The change is delivered at the position of the message.
    assert_eq!(driver.told_of_messages(), ["+12", "!+13"]);
}

#[test]
fn delivers_a_held_change_at_the_position_of_its_missed_message() {
    let chat = Chat::with_a_room();
    let mut driver = away_from(&chat, config());
    chat.post(1, 12);
    chat.fall_silent(true);
    driver.open();
    chat.edit(12, "edited");
    driver.frame(&chat.updated(12));
    chat.post(1, 13);
    driver.frame(&chat.created(13));
    chat.edit(12, "edited again");
    let late = chat.updated(12);
    chat.fall_silent(false);
    driver.drain();
    driver.frame(&late);
    driver.pass(120 * SECOND);
    assert_eq!(driver.told_of_messages(), ["+12,13", "!~12"]);
}

#[test]
fn drops_a_message_created_and_deleted_during_catch_up() {
    let (chat, mut driver) = waiting_for_a_reading();
    chat.post(1, 12);
    driver.frame(&chat.created(12));
    chat.delete(12);
    driver.frame(&chat::deleted(1, 0, 12));
    chat.post(1, 13);
    chat.fall_silent(false);
    driver.drain();
    driver.pass(120 * SECOND);
    assert_eq!(driver.told_of_messages(), ["+13"]);
}

#[test]
fn delivers_a_message_that_became_visible_late() {
    let chat = Chat::with_a_room();
    let mut driver = away_from(&chat, config());
    // Its id was assigned before that of 13, but it was committed later.
    chat.post(1, 12);
    chat.post(1, 13);
    chat.hide_message(12);
    driver.open();
    assert_eq!(driver.told_of_messages(), ["+13"]);
    chat.repair();
    driver.pass(120 * SECOND);
    assert_eq!(driver.told_of_messages(), ["+13", "+12"]);
}

#[test]
fn does_not_deliver_a_creation_after_its_update_in_an_unread_room() {
    let chat = Chat::with_a_room();
    chat.break_room(1, chat::Fault::Hangs);
    let mut driver = opened(&chat, config());
    chat.post(1, 12);
    let late = chat.created(12);
    chat.edit(12, "edited");
    driver.frame(&chat.updated(12));
    driver.frame(&late);
    assert_eq!(driver.told_of_messages(), ["!~12"]);
}

#[test]
fn delivers_a_message_of_a_recreated_room_after_the_held_deletion() {
    let chat = Chat::with_a_room();
    let mut driver = away_from(&chat, with_history());
    driver.rest = chat.rest_if(|request| request != Request::Rooms);
    driver.open();
    driver.pass(2 * SECOND);
    chat.remove_room(1);
    driver.frame(&chat::room_deleted(1));
    chat.room(1, "again");
    driver.frame(&chat.room_frame("RoomCreated", 1));
    let late = chat.as_of_now();
    chat.post(1, 30);
    driver.frame(&chat.created(30));
    driver.rest = late.rest();
    driver.pass(10 * SECOND);
    let told = driver.told();
    let at = |what: &str| told.iter().position(|other| other.ends_with(what));
    assert!(at("R-1").is_some() && at("R-1") < at("+30"), "{told:?}");
}

#[test]
fn delivers_a_change_in_a_recreated_room_after_the_held_deletion() {
    let chat = Chat::with_a_room();
    let mut config = with_history();
    (config.catch_up.window, config.catch_up.page) = (5, 10);
    let mut driver = away_from(&chat, config);
    (20..40).for_each(|id| chat.post(1, id));
    driver.rest = chat.rest_if(|request| request != Request::Rooms);
    driver.open();
    driver.frame(&chat::room_deleted(1));
    driver.frame(&chat.room_frame("RoomCreated", 1));
    chat.edit(11, "edited");
    driver.frame(&chat.updated(11));
    driver.pass(2 * SECOND);
    driver.rest = chat.rest();
    driver.pass(20 * SECOND);
    let told = driver.told();
    assert_eq!(told[..2], ["!R-1", "!R+1"], "{told:?}");
    assert!(told[2].starts_with("+11,"), "{told:?}");
}

#[test]
fn reads_a_room_after_the_connection_with_its_held_deletion_is_lost() {
    let chat = Chat::with_a_room();
    let mut driver = away_from(&chat, with_history());
    driver.rest = chat.rest_if(|request| request != Request::Rooms);
    driver.open();
    driver.frame(&chat::room_deleted(1));
    driver.lose_and_reconnect();
    chat.post(1, 12);
    driver.open();
    driver.pass(2 * SECOND);
    assert_eq!(driver.told(), ["+12"]);
}

#[test]
fn delivers_a_held_change_although_a_response_has_a_later_time() {
    let chat = Chat::with_a_room();
    chat.set_habits(Habits {
        times: Times::SetBack,
        ..Habits::default()
    });
    let mut driver = away_from(&chat, config());
    chat.edit(10, "edited in the gap");
    let late = chat.as_of_now();
    chat.fall_silent(true);
    driver.open();
    chat.edit(10, "edited live");
    driver.frame(&chat.updated(10));
    driver.rest = late.rest();
    driver.drain();
    chat.fall_silent(false);
    driver.rest = chat.rest();
    driver.pass(120 * SECOND);
    assert_eq!(driver.told_of_messages(), ["!~10"]);
}

#[test]
fn delivers_an_update_that_overtook_a_creation_found_in_a_response() {
    let chat = Chat::with_a_room();
    let mut driver = away_from(&chat, config());
    chat.post(1, 12);
    let (created, late) = (chat.created(12), chat.as_of_now());
    chat.fall_silent(true);
    driver.open();
    chat.edit(12, "edited");
    driver.frame(&chat.updated(12));
    driver.frame(&created);
    driver.rest = late.rest();
    chat.fall_silent(false);
    driver.pass(SECOND);
    driver.rest = chat.rest();
    driver.pass(120 * SECOND);
    assert!(driver.events.iter().any(|(_, event)| event.contains("edited")));
    assert_eq!(driver.told_of_messages(), ["+12"]);
}

#[test]
fn delivers_a_held_change_instead_of_a_created_version_with_a_later_time() {
    let chat = Chat::with_a_room();
    chat.set_habits(Habits {
        times: Times::SetBack,
        ..Habits::default()
    });
    let mut driver = away_from(&chat, config());
    chat.post(1, 12);
    let late = chat.as_of_now();
    chat.fall_silent(true);
    driver.open();
    chat.edit(12, "edited live");
    driver.frame(&chat.updated(12));
    driver.rest = late.rest();
    chat.fall_silent(false);
    driver.pass(SECOND);
    assert!(
        driver
            .events
            .iter()
            .any(|(_, event)| event.contains("edited live"))
    );
    driver.rest = chat.rest();
    driver.pass(120 * SECOND);
    assert_eq!(driver.told_of_messages(), ["+12"]);
}

#[test]
fn delivers_a_held_message_that_the_response_lacks_before_newer_ones() {
    let (chat, mut driver) = waiting_for_a_reading();
    for id in [12, 13, 14] {
        chat.post(1, id);
        driver.frame(&chat.created(id));
    }
    chat.edit(13, "edited");
    driver.frame(&chat.updated(13));
    // The event of the deletion comes late.
    chat.delete(13);
    chat.fall_silent(false);
    driver.drain();
    assert_eq!(driver.told_of_messages(), ["+12,13,14"]);
    let (_, text) = driver.events.last().expect("an event");
    assert!(text.contains("edited"), "{text}");
    driver.frame(&chat::deleted(1, 0, 13));
    driver.pass(120 * SECOND);
    assert_eq!(driver.told_of_messages(), ["+12,13,14", "!-13"]);
}

#[test]
fn delivers_a_held_change_of_an_existing_message_that_the_response_lacks_before_newer_ones() {
    let chat = Chat::with_a_room();
    chat.post(1, 12);
    let mut driver = Driver::with(with_history(), 1, chat.rest());
    chat.fall_silent(true);
    driver.open();
    chat.edit(11, "edited");
    driver.frame(&chat.updated(11));
    chat.delete(11);
    chat.fall_silent(false);
    driver.drain();
    assert_eq!(driver.told_of_messages(), ["+10,11,12"]);
    driver.frame(&chat::deleted(1, 0, 11));
    driver.pass(120 * SECOND);
    assert_eq!(driver.told_of_messages(), ["+10,11,12", "!-11"]);
}

#[test]
fn delivers_a_held_comment_that_the_response_lacks_before_newer_ones() {
    let (chat, mut driver) = waiting_for_a_reading();
    for id in [20, 21, 22] {
        chat.comment(10, id);
        driver.frame(&chat.created(id));
    }
    chat.delete(21);
    chat.fall_silent(false);
    driver.drain();
    let told = driver.told_of_messages();
    assert_eq!(told.last().map(String::as_str), Some("+20,21,22"), "{told:?}");
    driver.frame(&chat::deleted(1, 10, 21));
    driver.pass(120 * SECOND);
    let told = driver.told_of_messages();
    assert_eq!(told.last().map(String::as_str), Some("!-21"), "{told:?}");
}

#[test]
fn delivers_the_deletion_of_a_held_message_that_the_response_lacks_without_its_event() {
    let (chat, mut driver) = waiting_for_a_reading();
    for id in [12, 13] {
        chat.post(1, id);
        driver.frame(&chat.created(id));
    }
    chat.delete(12);
    chat.fall_silent(false);
    driver.pass(20 * SECOND);
    assert_eq!(driver.told_of_messages(), ["+12,13", "-12"]);
}
