//! A REST API that lags or omits entries: nothing that exists is reported as deleted.

use room_events::client::{ClientConfig, ConnectionStatus, Request};

use crate::chat::{Chat, Fault, Habits, deleted, room_deleted};
use crate::driver::{Driver, Rest};
use crate::scenario::{SECOND, away_from, config, opened, with_history};

/// Responses of which only the pages below a cursor lag, as from another node.
fn late_below_a_cursor(late: &Chat, chat: &Chat) -> Rest {
    let (mut late, mut current) = (late.rest(), chat.rest());
    Box::new(move |request| match request {
        Request::Messages { cursor: Some(_), .. } => late(request),
        _ => current(request),
    })
}

/// Reconnects to a server whose first responses lag.
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
fn does_not_remove_a_live_message_missing_from_a_late_response() {
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
fn does_not_deliver_an_older_version_after_a_live_one() {
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
fn recovers_changes_missing_from_a_late_response() {
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
fn keeps_a_room_missing_from_one_list() {
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
fn keeps_a_message_missing_from_one_page() {
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
fn delivers_a_deletion_confirmed_by_a_second_reading() {
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
    assert_eq!(deletions(&driver.told()), ["-11"], "the stream is late");
}

#[test]
fn delivers_the_deletion_of_the_oldest_message_despite_frequent_readings() {
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
        driver.pass(6 * SECOND);
        assert_eq!(deletions(&driver.told()), ["-10"]);
    }
}

#[test]
fn delivers_the_deletion_of_a_room_confirmed_by_a_second_reading() {
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
fn revives_a_message_mentioned_by_a_live_event() {
    let chat = Chat::with_a_room();
    let mut driver = away_from(&chat, config());
    // Long enough to be reported as deleted.
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
fn revives_a_message_found_in_a_later_response() {
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
fn revives_a_room_and_delivers_its_messages() {
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
fn delivers_the_late_event_of_a_message_from_the_first_reading() {
    let chat = Chat::with_a_room();
    let mut driver = opened(&chat, config());
    driver.frame(&chat.created(11));
    driver.frame(&chat.created(11));
    driver.pass(120 * SECOND);
    assert_eq!(driver.told(), ["!+11"]);
}

/// A held message is lost with the connection. The next responses lack it, while newer messages arrive live. Returns
/// the delivered messages.
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
fn recovers_a_lost_held_message_missing_from_late_responses() {
    let told = loses_a_held_message(config());
    assert_eq!(told, ["!+13", "!+14", "!+15", "!+16", "+12"]);
    let mut unwatched = config();
    unwatched.catch_up.rooms = 0;
    let told = loses_a_held_message(unwatched);
    assert_eq!(told, ["!+13", "!+14", "!+15", "!+16", "+12"]);
}

#[test]
fn reads_a_room_again_if_a_message_below_the_newest_was_missed() {
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
fn does_not_repeat_messages_pushed_out_of_the_window_by_live_ones() {
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
fn distrusts_the_end_of_a_list_from_a_server_without_the_cursor() {
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
    let late = chat.as_of_now();
    for id in 12..15 {
        chat.post(1, id);
        driver.frame(&chat.created(id));
    }
    driver.rest = late_below_a_cursor(&late, &chat);
    driver.pass(3 * SECOND);
    driver.rest = chat.rest();
    driver.pass(120 * SECOND);
    assert_eq!(driver.told_of_messages(), ["!+12", "!+13", "!+14"]);
}

#[test]
fn counts_no_absence_below_a_cursor_that_the_server_may_not_know() {
    let chat = Chat::with_a_room();
    chat.set_habits(Habits {
        cap: Some(2),
        ..Habits::default()
    });
    let mut driver = opened(&chat, config());
    let late = chat.as_of_now();
    for id in 12..14 {
        chat.post(1, id);
        driver.frame(&chat.created(id));
    }
    driver.lose_and_reconnect();
    driver.rest = late_below_a_cursor(&late, &chat);
    driver.open();
    driver.pass(SECOND);
    chat.hide_message(10);
    driver.rest = chat.rest();
    driver.pass(4 * SECOND);
    chat.repair();
    driver.pass(120 * SECOND);
    assert_eq!(driver.told_of_messages(), [""; 0]);
}

#[test]
fn delivers_an_event_that_restores_the_first_version_read() {
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
fn delivers_a_room_event_that_restores_the_version_before_the_first_list() {
    // The application has loaded the version in between.
    let chat = Chat::with_a_room();
    chat.break_list(Fault::Status(503));
    let mut driver = Driver::with(config(), 1, chat.rest());
    driver.open();
    chat.room(1, "renamed");
    driver.frame(&chat.room_frame("RoomUpdated", 1));
    chat.repair();
    driver.pass(2 * SECOND);
    driver.frame(&chat.room_frame("RoomUpdated", 1));
    driver.frame(&chat.room_frame("RoomUpdated", 1));
    assert_eq!(driver.told(), ["!R~1", "!R~1"]);
}

#[test]
fn repeats_a_change_only_if_the_application_may_have_loaded_a_late_room() {
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
fn delivers_a_deletion_in_a_gap_of_a_message_missing_from_a_late_response() {
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
fn ignores_a_late_creation_after_an_update() {
    let chat = Chat::with_a_room();
    let mut driver = Driver::with(config(), 1, chat.rest());
    // The application is loading the room, so events are passed on unchanged.
    driver.open();
    chat.post(1, 12);
    let created = chat.created(12);
    chat.edit(12, "edited");
    driver.frame(&chat.updated(12));
    driver.frame(&created);
    assert_eq!(driver.told_of_messages(), ["!~12"]);
}

#[test]
fn ignores_a_late_creation_of_an_updated_message_that_the_application_loaded() {
    let chat = Chat::with_a_room();
    chat.break_room(1, Fault::Status(503));
    let mut driver = Driver::with(config(), 1, chat.rest());
    driver.open();
    chat.post(1, 12);
    let created = chat.created(12);
    chat.edit(12, "edited");
    driver.frame(&chat.updated(12));
    chat.repair();
    driver.pass(2 * SECOND);
    driver.frame(&created);
    assert_eq!(driver.told_of_messages(), ["!~12"]);
}

#[test]
fn ignores_a_late_creation_of_an_updated_comment_on_an_unknown_message() {
    let chat = Chat::with_a_room();
    chat.post(1, 9);
    chat.hide_message(9);
    let mut driver = opened(&chat, config());
    chat.comment(9, 20);
    let created = chat.created(20);
    chat.edit(20, "edited");
    let updated = chat.updated(20);
    driver.frame(&updated);
    driver.frame(&created);
    driver.frame(&updated);
    assert_eq!(driver.told_of_messages(), ["!~20"]);
    chat.edit(20, "edited again");
    driver.frame(&chat.updated(20));
    assert_eq!(driver.told_of_messages(), ["!~20", "!~20"]);
}

#[test]
fn does_not_repeat_a_change_missing_from_a_late_first_reading() {
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
fn delivers_the_deletion_of_a_room_missing_from_a_late_first_list() {
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
fn delivers_a_held_deletion_if_the_connection_breaks() {
    let chat = Chat::with_a_room();
    let mut driver = away_from(&chat, config());
    chat.fall_silent(true);
    driver.open();
    driver.frame(&deleted(1, 0, 5));
    driver.lose(1006);
    assert_eq!(driver.told_of_messages(), ["!-5"]);
}

#[test]
fn ignores_a_late_list_as_evidence_of_a_missing_room() {
    let chat = Chat::with_a_room();
    let mut driver = away_from(&chat, config());
    let late = chat.as_of_now();
    chat.room(2, "new");
    driver.rest = late.rest();
    driver.open();
    driver.frame(&chat.room_frame("RoomCreated", 2));
    driver.pass(SECOND);
    // A list that omits the room comes right after the maximum lag.
    chat.hide_room(2);
    driver.rest = chat.rest();
    driver.pass(3 * SECOND);
    chat.repair();
    driver.pass(120 * SECOND);
    assert_eq!(deletions(&driver.told()), [""; 0]);
}

#[test]
fn repeats_messages_from_right_before_a_room_was_deleted_and_recreated() {
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
fn ignores_a_response_that_lacks_what_another_just_had() {
    let chat = Chat::with_a_room();
    let mut driver = away_from(&chat, config());
    driver.open();
    driver.drain();
    // Another node lags.
    chat.hide_message(11);
    driver.lose_and_reconnect_keeping();
    driver.open();
    driver.pass(2 * SECOND);
    // It no longer lags, and a later response omits the message.
    chat.repair();
    driver.pass(SECOND + SECOND / 10);
    chat.hide_message(11);
    driver.pass(SECOND);
    chat.repair();
    driver.pass(120 * SECOND);
    assert_eq!(driver.told_of_messages(), [""; 0]);
}

#[test]
fn does_not_deliver_an_older_version_from_a_late_page() {
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
    // A frame that seems to be repeated triggers a reading, page by page.
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
        // The first page of the second reading comes from a server that knows the change, the rest from one that does
        // not.
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
fn keeps_a_room_with_a_live_message_while_lists_lack_it() {
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
fn delivers_held_events_despite_a_repeated_frame_and_a_late_response() {
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
    let (_, last) = driver.events.last().expect("an event");
    assert!(last.contains("two"), "{:?}", driver.events);
}
