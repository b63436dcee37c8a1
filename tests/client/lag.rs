//! A REST API that is behind the stream, or leaves something out: nothing is told deleted that exists.

use room_events::client::{ClientConfig, ConnectionStatus, Request};

use crate::chat::{Chat, Fault, Habits, deleted, room_deleted};
use crate::driver::Driver;
use crate::scenario::{SECOND, away_from, config, opened, with_history};

/// Another connection, whose first answers are late.
fn reconnect_to_a_late_server(driver: &mut Driver, late: &Chat, chat: &Chat) {
    driver.lose_and_reconnect();
    driver.rest = late.rest();
    driver.open();
    driver.pass(SECOND);
    driver.rest = chat.rest();
    driver.pass(120 * SECOND);
}

fn deletions(told: &[String]) -> Vec<String> {
    told.iter().filter(|what| what.contains('-')).cloned().collect()
}

#[test]
fn does_not_take_back_a_live_message_that_a_late_answer_lacks() {
    let chat = Chat::with_a_room();
    let mut driver = opened(&chat, config());
    driver.lose_and_reconnect();
    let late = chat.as_of_now();
    driver.open();
    chat.post(1, 12);
    driver.frame(&chat.created(12));
    chat.edit(10, "edited");
    driver.frame(&chat.updated(10));
    driver.frame(&deleted(1, 0, 11));
    chat.delete(11);
    reconnect_to_a_late_server(&mut driver, &late, &chat);
    assert_eq!(driver.told_of_messages(), [""; 0]);
}

#[test]
fn does_not_tell_an_older_version_after_a_live_one() {
    let chat = Chat::with_a_room();
    let mut driver = away_from(&chat, config());
    let late = chat.as_of_now();
    chat.edit(10, "edited in the gap");
    chat.post(1, 12);
    driver.rest = late.rest();
    driver.open();
    chat.edit(10, "edited live");
    driver.frame(&chat.updated(10));
    chat.post(1, 13);
    driver.frame(&chat.created(13));
    driver.pass(SECOND);
    driver.rest = chat.rest();
    driver.pass(120 * SECOND);
    assert_eq!(driver.told_of_messages(), ["!~10", "!+13", "+12"]);
}

#[test]
fn recovers_what_a_late_answer_did_not_know_yet() {
    let chat = Chat::with_rooms(3);
    let mut driver = away_from(&chat, config());
    let late = chat.as_of_now();
    chat.post(1, 2_000);
    chat.edit(1_002, "edited");
    chat.delete(1_003);
    chat.room(4, "new");
    driver.rest = late.rest();
    driver.open();
    assert_eq!(driver.told(), [""; 0]);
    driver.pass(SECOND);
    driver.rest = chat.rest();
    driver.pass(120 * SECOND);
    let mut told = driver.told();
    told.retain(|what| !what.contains("R~"));
    told.sort();
    assert_eq!(told, ["+2000", "-1003", "R+4", "~1002"]);
}

#[test]
fn keeps_a_room_that_one_list_lacks() {
    let chat = Chat::with_rooms(3);
    let mut driver = away_from(&chat, config());
    chat.hide_room(2);
    chat.post(2, 2_000);
    driver.open();
    driver.pass(SECOND);
    chat.post(2, 2_001);
    driver.frame(&chat.created(2_001));
    driver.frame(&chat.room_frame("RoomUpdated", 2));
    chat.repair();
    driver.pass(120 * SECOND);
    assert_eq!(driver.told(), ["!R~2", "+2000,2001"]);
}

#[test]
fn keeps_a_message_that_one_page_lacks() {
    let chat = Chat::with_a_room();
    let mut driver = away_from(&chat, config());
    chat.hide_message(11);
    driver.open();
    driver.pass(SECOND);
    assert_eq!(driver.status(), ConnectionStatus::Open);
    chat.repair();
    driver.pass(120 * SECOND);
    assert_eq!(driver.told(), [""; 0]);
}

#[test]
fn tells_a_deletion_that_a_second_look_confirms() {
    let chat = Chat::with_a_room();
    let mut driver = away_from(&chat, config());
    chat.delete(11);
    driver.open();
    driver.pass(5 * SECOND / 2 - SECOND / 100);
    assert_eq!(deletions(&driver.told()), [""; 0]);
    driver.pass(SECOND / 10);
    assert_eq!(deletions(&driver.told()), ["-11"]);
    driver.pass(120 * SECOND);
    assert_eq!(deletions(&driver.told()), ["-11"], "once");
    driver.frame(&deleted(1, 0, 11));
    assert_eq!(deletions(&driver.told()), ["-11"], "the stream tells it late");
}

#[test]
fn tells_the_deletion_of_the_oldest_message_however_often_it_looks() {
    for is_exclusive in [false, true] {
        let chat = Chat::with_a_room();
        chat.set_habits(Habits {
            is_exclusive,
            ..Habits::default()
        });
        let mut config = config();
        config.watchdog.compare_after = 2 * SECOND;
        let mut driver = away_from(&chat, config);
        chat.delete(10);
        driver.open();
        driver.pass(5 * SECOND);
        assert_eq!(deletions(&driver.told()), ["-10"]);
    }
}

#[test]
fn tells_the_deletion_of_a_room_that_a_second_look_confirms() {
    let chat = Chat::with_rooms(3);
    let mut driver = away_from(&chat, config());
    chat.remove_room(2);
    driver.open();
    driver.pass(5 * SECOND / 2 - SECOND / 100);
    assert_eq!(driver.told(), [""; 0]);
    driver.pass(SECOND / 10);
    assert_eq!(driver.told(), ["R-2"]);
    driver.frame(&room_deleted(2));
    driver.pass(120 * SECOND);
    assert_eq!(driver.told(), ["R-2"]);
}

#[test]
fn revives_a_message_that_a_live_event_speaks_of() {
    let chat = Chat::with_a_room();
    let mut driver = away_from(&chat, config());
    // For so long that it is told to be gone.
    chat.hide_message(11);
    driver.open();
    driver.pass(10 * SECOND);
    assert_eq!(driver.told(), ["-11"]);
    chat.repair();
    chat.edit(11, "it is there");
    driver.frame(&chat.updated(11));
    assert_eq!(driver.told(), ["-11", "!+11"]);
    chat.edit(11, "and goes on");
    driver.frame(&chat.updated(11));
    driver.pass(120 * SECOND);
    assert_eq!(driver.told(), ["-11", "!+11", "!~11"]);
}

#[test]
fn revives_a_message_that_a_later_answer_has() {
    let chat = Chat::with_a_room();
    let mut driver = away_from(&chat, config());
    chat.hide_message(11);
    driver.open();
    driver.pass(10 * SECOND);
    assert_eq!(driver.told(), ["-11"]);
    chat.repair();
    driver.pass(120 * SECOND);
    assert_eq!(driver.told(), ["-11", "+11"]);
}

#[test]
fn revives_a_room_and_tells_its_messages() {
    let chat = Chat::with_rooms(3);
    let mut driver = away_from(&chat, config());
    chat.hide_room(2);
    driver.open();
    driver.pass(10 * SECOND);
    assert_eq!(driver.told(), ["R-2"]);
    chat.post(2, 2_000);
    driver.frame(&chat.created(2_000));
    assert_eq!(driver.told_of_messages(), ["!+2000"]);
    chat.repair();
    driver.pass(120 * SECOND);
    assert_eq!(driver.told(), ["R-2", "!+2000", "R+2"]);
    chat.post(2, 2_001);
    driver.frame(&chat.created(2_001));
    assert_eq!(driver.told()[3..], ["!+2001"]);
}

#[test]
fn does_not_bring_back_a_message_that_was_deleted_live() {
    let chat = Chat::with_a_room();
    let mut driver = away_from(&chat, config());
    let late = chat.as_of_now();
    driver.rest = late.rest();
    driver.open();
    chat.delete(11);
    driver.frame(&deleted(1, 0, 11));
    assert_eq!(driver.told(), ["!-11"]);
    // The list is read again within the lag.
    driver.pass(SECOND);
    driver.lose_and_reconnect();
    driver.open();
    driver.pass(SECOND);
    driver.rest = chat.rest();
    driver.pass(120 * SECOND);
    assert_eq!(driver.told_of_messages(), [""; 0]);
}

#[test]
fn does_not_bring_back_a_room_that_was_deleted_live() {
    let chat = Chat::with_rooms(3);
    let mut driver = away_from(&chat, config());
    let late = chat.as_of_now();
    driver.rest = late.rest();
    driver.open();
    chat.remove_room(2);
    driver.frame(&room_deleted(2));
    driver.pass(SECOND);
    driver.lose_and_reconnect();
    driver.open();
    driver.pass(SECOND);
    driver.rest = chat.rest();
    driver.pass(120 * SECOND);
    assert_eq!(driver.told(), [""; 0]);
}

#[test]
fn tells_a_message_whose_event_comes_long_after_the_first_reading_had_it() {
    let chat = Chat::with_a_room();
    let mut driver = opened(&chat, config());
    driver.frame(&chat.created(11));
    driver.frame(&chat.created(11));
    driver.pass(120 * SECOND);
    assert_eq!(driver.told(), ["!+11"]);
}

/// A message is held back when the connection breaks, and the next answers lack it, while newer ones come live.
fn loses_a_held_message(mut config: ClientConfig) -> Vec<String> {
    config.catch_up.window = 2;
    let chat = Chat::with_a_room();
    let mut driver = away_from(&chat, config);
    let late = chat.as_of_now();
    chat.fall_silent(true);
    driver.open();
    chat.post(1, 12);
    driver.frame(&chat.created(12));
    driver.lose_and_reconnect();
    driver.rest = late.rest();
    driver.open();
    for id in 13..17 {
        chat.post(1, id);
        driver.frame(&chat.created(id));
    }
    chat.fall_silent(false);
    driver.pass(2 * SECOND);
    driver.rest = chat.rest();
    driver.pass(120 * SECOND);
    driver.told_of_messages()
}

#[test]
fn recovers_a_held_message_that_was_lost_and_that_late_answers_lack() {
    let told = loses_a_held_message(config());
    assert_eq!(told, ["!+13", "!+14", "!+15", "!+16", "+12"]);
    let mut unwatched = config();
    unwatched.catch_up.rooms = 0;
    let told = loses_a_held_message(unwatched);
    assert_eq!(told, ["!+13", "!+14", "!+15", "!+16", "+12"]);
}

#[test]
fn reads_a_room_again_if_its_newest_message_is_missing_and_was_passed_by() {
    let chat = Chat::with_a_room();
    let mut driver = away_from(&chat, config());
    let late = chat.as_of_now();
    chat.post(1, 12);
    driver.rest = late.rest();
    driver.open();
    chat.post(1, 13);
    driver.frame(&chat.created(13));
    chat.delete(13);
    driver.frame(&deleted(1, 0, 13));
    driver.rest = chat.rest();
    driver.pass(10 * SECOND);
    assert_eq!(driver.told_of_messages(), ["!+13", "!-13", "+12"]);
}

#[test]
fn does_not_tell_messages_again_that_live_ones_pushed_out_of_the_window_meanwhile() {
    let chat = Chat::with_a_room();
    let mut config = config();
    config.catch_up.window = 2;
    let mut driver = opened(&chat, config);
    let late = chat.as_of_now();
    chat.fall_silent(true);
    driver.pass(52 * SECOND);
    for id in 12..16 {
        chat.post(1, id);
        driver.frame(&chat.created(id));
    }
    driver.rest = late.rest();
    driver.drain();
    chat.fall_silent(false);
    driver.rest = chat.rest();
    driver.pass(120 * SECOND);
    assert_eq!(driver.told_of_messages(), ["!+12", "!+13", "!+14", "!+15"]);
}

#[test]
fn does_not_take_the_end_of_a_list_from_a_server_that_does_not_know_the_cursor_yet() {
    let chat = Chat::with_a_room();
    chat.set_habits(Habits {
        cap: Some(2),
        ..Habits::default()
    });
    let mut driver = away_from(&chat, config());
    chat.hide_message(10);
    driver.open();
    driver.pass(2 * SECOND);
    chat.repair();
    let (mut late, mut current) = (chat.as_of_now().rest(), chat.rest());
    for id in 12..15 {
        chat.post(1, id);
        driver.frame(&chat.created(id));
    }
    driver.rest = Box::new(move |request| match request {
        Request::Messages { cursor: Some(_), .. } => late(request),
        _ => current(request),
    });
    driver.pass(3 * SECOND);
    driver.rest = chat.rest();
    driver.pass(120 * SECOND);
    assert_eq!(driver.told_of_messages(), ["!+12", "!+13", "!+14"]);
}

#[test]
fn tells_of_an_event_that_brings_back_what_a_first_late_answer_had() {
    // The application has loaded the versions in between.
    let chat = Chat::with_a_room();
    let mut driver = Driver::with(config(), 1, chat.rest());
    driver.open();
    driver.pass(2 * SECOND);
    driver.frame(&chat.updated(10));
    driver.frame(&chat.room_frame("RoomUpdated", 1));
    driver.frame(&chat.updated(10));
    driver.frame(&chat.room_frame("RoomUpdated", 1));
    assert_eq!(driver.told(), ["!~10", "!R~1"]);
}

#[test]
fn tells_a_change_again_only_once_the_application_may_have_loaded_the_room_without_it() {
    let chat = Chat::with_a_room();
    chat.break_room(1, Fault::Status(503));
    let mut driver = Driver::with(config(), 1, chat.rest());
    driver.open();
    chat.edit(10, "edited");
    driver.frame(&chat.updated(10));
    driver.frame(&chat.updated(10));
    assert_eq!(driver.told_of_messages(), ["!~10"]);
    chat.repair();
    // The application loads the room now, from a server that lags.
    driver.pass(2 * SECOND);
    driver.frame(&chat.updated(10));
    driver.frame(&chat.updated(10));
    assert_eq!(driver.told_of_messages(), ["!~10", "!~10"]);
}

#[test]
fn tells_the_deletion_during_a_gap_of_what_a_late_answer_lacked() {
    let chat = Chat::with_a_room();
    let late = chat.as_of_now();
    chat.post(1, 30);
    let mut driver = Driver::with(config(), 1, late.rest());
    // The application loads message 30.
    driver.open();
    driver.pass(10 * SECOND);
    driver.lose_and_reconnect();
    driver.rest = chat.rest_if(|_| false);
    driver.open();
    chat.delete(30);
    driver.frame(&deleted(1, 0, 30));
    driver.rest = chat.rest();
    driver.pass(10 * SECOND);
    assert_eq!(driver.told_of_messages(), ["!-30"]);
}

#[test]
fn ignores_a_late_creation_after_an_update_that_passed() {
    let chat = Chat::with_a_room();
    let mut driver = Driver::with(config(), 1, chat.rest());
    // The application loads the room about now, so that events pass as they come.
    driver.open();
    chat.post(1, 12);
    let created = chat.created(12);
    chat.edit(12, "edited");
    driver.frame(&chat.updated(12));
    driver.frame(&created);
    assert_eq!(driver.told_of_messages(), ["!~12"]);
}

#[test]
fn does_not_tell_a_change_again_that_a_late_answer_lacked_when_it_was_first_read_so_far_back() {
    let chat = Chat::with_a_room();
    chat.post(1, 12);
    chat.post(1, 13);
    chat.set_habits(Habits {
        cap: Some(2),
        is_exclusive: true,
        ..Habits::default()
    });
    let mut driver = opened(&chat, config());
    chat.post(1, 14);
    driver.frame(&chat.created(14));
    let late = chat.as_of_now();
    chat.edit(11, "edited");
    driver.frame(&chat.updated(11));
    assert_eq!(driver.told_of_messages(), ["!+14", "!~11"]);
    reconnect_to_a_late_server(&mut driver, &late, &chat);
    assert_eq!(driver.told_of_messages(), [""; 0]);
}

#[test]
fn tells_that_a_room_is_gone_that_a_first_late_list_lacked() {
    let chat = Chat::with_a_room();
    let late = chat.as_of_now();
    chat.room(2, "new");
    let mut driver = Driver::with(config(), 1, late.rest());
    driver.open();
    driver.pass(SECOND);
    driver.frame(&room_deleted(2));
    assert_eq!(driver.told(), ["!R-2"]);
}

#[test]
fn tells_a_held_deletion_if_the_connection_breaks() {
    let chat = Chat::with_a_room();
    let mut driver = away_from(&chat, config());
    chat.fall_silent(true);
    driver.open();
    driver.frame(&deleted(1, 0, 5));
    driver.lose(1006);
    assert_eq!(driver.told_of_messages(), ["!-5"]);
}

#[test]
fn does_not_count_a_list_that_was_late_as_the_first_that_lacks_a_room() {
    let chat = Chat::with_a_room();
    let mut driver = away_from(&chat, config());
    let late = chat.as_of_now();
    chat.room(2, "new");
    driver.rest = late.rest();
    driver.open();
    driver.frame(&chat.room_frame("RoomCreated", 2));
    driver.pass(SECOND);
    // One that leaves it out comes right after the time in which answers are late.
    chat.hide_room(2);
    driver.rest = chat.rest();
    driver.pass(3 * SECOND);
    chat.repair();
    driver.pass(120 * SECOND);
    assert_eq!(deletions(&driver.told()), [""; 0]);
}

#[test]
fn tells_again_what_was_said_right_before_a_room_went_and_came_back() {
    let chat = Chat::with_a_room();
    let mut driver = opened(&chat, with_history());
    let late = chat.as_of_now();
    chat.post(1, 12);
    driver.frame(&chat.created(12));
    driver.rest = late.rest();
    driver.frame(&room_deleted(1));
    driver.frame(&chat.room_frame("RoomCreated", 1));
    driver.pass(SECOND);
    driver.rest = chat.rest();
    driver.pass(5 * SECOND);
    assert_eq!(
        driver.told(),
        ["R+1", "+10,11", "!+12", "!R-1", "!R+1", "+10,11", "+12"]
    );
}

#[test]
fn does_not_count_an_answer_that_lacks_what_another_one_had_a_moment_before() {
    let chat = Chat::with_a_room();
    let mut driver = away_from(&chat, config());
    driver.open();
    driver.drain();
    // Another node is behind.
    chat.hide_message(11);
    driver.lose_and_reconnect_keeping();
    driver.open();
    driver.pass(2 * SECOND);
    // By now it is not, and a later answer leaves the message out.
    chat.repair();
    driver.pass(SECOND + SECOND / 10);
    chat.hide_message(11);
    driver.pass(SECOND);
    chat.repair();
    driver.pass(120 * SECOND);
    assert_eq!(driver.told_of_messages(), [""; 0]);
}

#[test]
fn does_not_tell_an_older_version_after_one_that_a_late_page_of_a_reading_had() {
    let chat = Chat::with_a_room();
    chat.post(1, 12);
    chat.post(1, 13);
    let mut config = config();
    config.catch_up.page = 3;
    let mut driver = opened(&chat, config);
    let late = chat.as_of_now();
    let repeated = chat.created(13);
    chat.edit(13, "edited");
    driver.frame(&chat.updated(13));
    // What looks like a frame that was sent twice is looked into, page by page.
    driver.frame(&repeated);
    driver.pass(2 * SECOND);
    driver.frame(&repeated);
    driver.events.clear();
    driver.latency = 4 * SECOND;
    driver.pass(SECOND);
    driver.latency = SECOND / 10;
    chat.edit(10, "edited without a word");
    let (mut rest, mut late, mut further) = (chat.rest(), late.rest(), 0);
    driver.rest = Box::new(move |request| {
        let is_further = matches!(request, Request::Messages { cursor: Some(_), .. });
        further += usize::from(is_further);
        // The first page of the second reading is of a server that knows the change, and the rest of one that does not.
        if is_further && further > 2 && further < 5 {
            late(request)
        } else {
            rest(request)
        }
    });
    driver.pass(20 * SECOND);
    assert_eq!(driver.told_of_messages(), ["~10"]);
}

#[test]
fn keeps_a_room_of_which_a_message_comes_while_a_list_lacks_it() {
    let chat = Chat::with_rooms(3);
    let mut driver = away_from(&chat, config());
    chat.hide_room(2);
    driver.latency = SECOND / 10;
    driver.open();
    driver.pass(5 * SECOND / 2 + SECOND / 20);
    // The second list without it is on its way.
    assert_eq!(
        driver
            .asked
            .iter()
            .filter(|asked| **asked == Request::Rooms)
            .count(),
        2
    );
    chat.post(2, 2_000);
    driver.frame(&chat.created(2_000));
    driver.pass(SECOND / 10);
    chat.repair();
    driver.pass(60 * SECOND);
    assert_eq!(driver.told_of_messages(), ["+2000"]);
    assert!(!driver.told().contains(&"R-2".to_owned()), "{:?}", driver.told());
}

#[test]
fn tells_what_waits_although_an_older_frame_is_sent_twice_that_a_late_answer_confirms() {
    let chat = Chat::with_a_room();
    let mut driver = away_from(&chat, with_history());
    chat.edit(10, "one");
    let (late, one) = (chat.as_of_now(), chat.updated(10));
    chat.edit(10, "two");
    driver.rest = chat.rest_if(|request| matches!(request, Request::Rooms));
    driver.open();
    driver.frame(&one);
    driver.frame(&chat.updated(10));
    driver.frame(&one);
    driver.rest = late.rest();
    driver.pass(SECOND);
    driver.rest = chat.rest();
    driver.pass(20 * SECOND);
    let (_, last) = driver.events.last().expect("it is told");
    assert!(last.contains("two"), "{:?}", driver.events);
}
