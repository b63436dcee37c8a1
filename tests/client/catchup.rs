//! Recovery of watched rooms after a gap.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use room_events::client::ConnectionStatus::{CatchingUp, Open};
use room_events::client::{Freshness, Request};

use crate::chat::{Chat, Fault, deleted};
use crate::driver::Driver;
use crate::scenario::{SECOND, away_from, config, following_all, opened, room};

#[test]
fn delivers_nothing_after_a_quiet_gap() {
    let chat = Chat::with_a_room();
    let mut driver = away_from(&chat, config());
    driver.open();
    assert_eq!(driver.status(), Open);
    driver.pass(120 * SECOND);
    assert_eq!(driver.told(), [""; 0]);
    assert_eq!(driver.others, []);
    assert_eq!(driver.statuses().last(), Some(&Open));
}

#[test]
fn delivers_live_events_during_the_first_reading() {
    let chat = Chat::with_a_room();
    let mut driver = Driver::with(config(), 1, chat.rest());
    chat.fall_silent(true);
    driver.open();
    assert_eq!(driver.status(), Open);
    driver.frame(r#"{"type":"TextMessageDeleted","data":{"roomId":1,"messageId":9}}"#);
    assert_eq!(driver.told(), ["!-9"]);
    chat.fall_silent(false);
    driver.pass(10 * SECOND);
    assert_eq!(driver.told(), ["!-9"]);
    assert_eq!(driver.client.replica().message_count(), 2);
    assert_eq!(driver.client.freshness(Some(room(1))), Some(Freshness::Live));
}

#[test]
fn does_not_repeat_messages_received_while_another_room_was_slow() {
    let chat = Chat::with_a_room();
    chat.room(2, "slow");
    chat.post(2, 9);
    let answers = Rc::new(Cell::new(false));
    let slow_answers = Rc::clone(&answers);
    let is_slow = |request| matches!(request, Request::Messages { room_id, .. } if room_id == room(2));
    let rest = chat.rest_if(move |request| slow_answers.get() || !is_slow(request));
    let mut driver = Driver::with(config(), 1, rest);
    driver.open();
    for id in 12..30 {
        chat.post(1, id);
        driver.frame(&chat.created(id));
    }
    answers.set(true);
    driver.pass(10 * SECOND);
    driver.lose_and_reconnect();
    driver.open();
    assert_eq!((driver.told(), driver.status()), (vec![], Open));
}

#[test]
fn delivers_created_changed_and_deleted_rooms() {
    let chat = Chat::with_a_room();
    chat.room(2, "changes");
    chat.room(3, "goes");
    let mut driver = away_from(&chat, config());
    chat.room(2, "changed");
    chat.remove_room(3);
    chat.room(4, "appears");
    chat.post(4, 20);
    driver.open();
    assert_eq!(driver.told(), ["R~2", "R+4"]);
    driver.pass(10 * SECOND);
    assert_eq!(
        driver.told(),
        ["R~2", "R+4", "R-3"],
        "delivered once a second reading confirms it"
    );
}

#[test]
fn delivers_created_edited_and_deleted_messages() {
    let chat = Chat::with_a_room();
    chat.post(1, 12);
    let mut driver = Driver::with(config(), 1, chat.rest());
    driver.open();
    chat.post(1, 13);
    driver.frame(&chat.created(13));
    chat.post(1, 14);
    driver.frame(&chat.created(14));
    driver.pass(10 * SECOND);
    driver.lose_and_reconnect();
    // 10 and 11 existed before the client started, 13 and 14 came on the stream.
    chat.edit(10, "edited");
    chat.delete(11);
    chat.edit(13, "edited");
    chat.delete(14);
    chat.post(1, 15);
    driver.open();
    assert_eq!(driver.told(), ["R~1", "~10,13", "+15"]);
    driver.pass(10 * SECOND);
    assert_eq!(driver.told()[3..], ["-11", "-14"]);
}

#[test]
fn reads_pages_until_the_gap_is_closed() {
    let chat = Chat::with_a_room();
    let mut config = config();
    config.catch_up.page = 3;
    let mut driver = away_from(&chat, config);
    for id in 12..20 {
        chat.post(1, id);
    }
    driver.open();
    assert_eq!(driver.told(), ["R~1", "+12,13,14,15,16,17,18,19"]);
    let cursors = driver.asked.iter().filter_map(|request| match request {
        Request::Messages { cursor, limit: 3, .. } => Some(cursor.map(|id| id.get())),
        _ => None,
    });
    assert_eq!(
        cursors.collect::<Vec<_>>(),
        [None, Some(17), Some(15), Some(13), Some(11)]
    );
}

#[test]
fn holds_live_events_and_delivers_nothing_twice() {
    let chat = Chat::with_a_room();
    let mut driver = away_from(&chat, config());
    chat.edit(10, "edited in the gap");
    let old = chat.updated(10);
    chat.post(1, 12);
    let created = chat.created(12);
    chat.fall_silent(true);
    driver.open();
    assert_eq!(driver.status(), CatchingUp);
    // The stream delivers these as well, late.
    driver.frame(&old);
    chat.edit(10, "edited again");
    driver.frame(&created);
    driver.frame(&chat.updated(10));
    chat.post(1, 13);
    let newest = chat.created(13);
    chat.delete(11);
    assert_eq!(driver.told(), [""; 0], "nothing newer before what is older");
    chat.fall_silent(false);
    driver.drain();
    assert_eq!(driver.status(), Open);
    assert_eq!(driver.told(), ["R~1", "~10", "+12,13"]);
    driver.frame(&newest);
    driver.frame(&deleted(1, 0, 11));
    assert_eq!(driver.told()[3..], ["!-11"]);
    chat.delete(12);
    driver.frame(&deleted(1, 0, 12));
    driver.pass(120 * SECOND);
    assert_eq!(driver.told_of_messages(), ["~10", "+12,13", "!-11", "!-12"]);
}

#[test]
fn never_delivers_an_older_version_after_a_newer_one() {
    let chat = Chat::with_a_room();
    let mut driver = away_from(&chat, config());
    chat.edit(10, "older");
    let (older, older_room) = (chat.updated(10), chat.room_frame("RoomUpdated", 1));
    chat.edit(10, "newer");
    chat.post(1, 12);
    chat.fall_silent(true);
    driver.open();
    driver.frame(&older);
    driver.frame(&older_room);
    driver.frame(&chat.updated(10));
    driver.frame(&chat.room_frame("RoomUpdated", 1));
    chat.fall_silent(false);
    driver.drain();
    driver.pass(120 * SECOND);
    let last = driver
        .events
        .iter()
        .rfind(|(_, text)| text.contains("MessagesUpdated"));
    assert!(
        last.is_some_and(|(_, text)| text.contains("newer")),
        "{:?}",
        driver.told()
    );
    assert!(
        !driver
            .events
            .iter()
            .any(|(recovered, text)| *recovered && text.contains("older"))
    );
}

#[test]
fn retries_a_failed_request_and_reports_it_in_the_state() {
    let chat = Chat::with_a_room();
    let mut driver = away_from(&chat, config());
    chat.post(1, 12);
    chat.answer_with(Some(503));
    driver.open();
    let state = driver.client.state().clone();
    assert_eq!(state.status, CatchingUp);
    let cause = state.cause.expect("a failure has a cause");
    assert!(cause.reason.contains("503"), "{cause:?}");
    assert!(state.retry_at.expect("it says when") - driver.now <= Duration::from_secs(30));
    driver.pass(60 * SECOND);
    assert!(driver.requests_of_sync() < 30, "no hammering: {:?}", driver.asked);
    assert_eq!(driver.client.freshness(None), Some(Freshness::Stale));
    chat.answer_with(None);
    driver.pass(60 * SECOND);
    assert_eq!(driver.status(), Open);
    assert_eq!(driver.told(), ["R~1", "+12"]);
    assert_eq!(driver.client.freshness(None), Some(Freshness::Live));
}

#[test]
fn reports_the_same_failure_of_many_requests_once_at_a_time() {
    let chat = Chat::with_rooms(20);
    let mut driver = opened(&chat, config());
    driver.happen(|client, now| client.set_interest(following_all(), now));
    driver.pass(10 * SECOND);
    driver.lose_and_reconnect();
    driver.states.clear();
    for room in 1..=20 {
        chat.break_room(room, Fault::Status(503));
    }
    driver.open();
    driver.pass(10 * SECOND);
    let statuses = driver.statuses();
    let times = statuses.iter().filter(|status| **status == CatchingUp).count();
    assert!((2..12).contains(&times), "72 requests fail: {statuses:?}");
}

#[test]
fn sends_no_requests_and_delivers_everything_without_catch_up() {
    let chat = Chat::with_a_room();
    let mut config = config();
    config.catch_up.enabled = false;
    let mut driver = away_from(&chat, config);
    chat.post(1, 12);
    driver.open();
    driver.frame(&chat.updated(12));
    assert_eq!(driver.told(), ["!~12"]);
    assert_eq!(driver.asked, []);
    assert_eq!(driver.client.freshness(None), None);
}

#[test]
fn bounds_the_replica() {
    let chat = Chat::with_a_room();
    let mut config = config();
    config.catch_up.window = 40;
    let mut driver = opened(&chat, config);
    for id in 12..200 {
        chat.post(1, id);
        driver.frame(&chat.created(id));
    }
    for id in 200..300 {
        chat.comment(199, id);
        driver.frame(&chat.created(id));
    }
    assert!(driver.client.replica().message_count() <= 80);
}

#[test]
fn reports_the_freshness_of_the_list_and_of_a_room() {
    let chat = Chat::with_a_room();
    let mut driver = Driver::with(config(), 1, chat.rest());
    driver.open();
    driver.pass(10 * SECOND);
    assert_eq!(
        driver.freshness,
        [(None, Freshness::Live), (Some(1), Freshness::Live)]
    );
    driver.freshness.clear();
    driver.lose(1006);
    assert_eq!(
        driver.freshness,
        [(None, Freshness::Stale), (Some(1), Freshness::Stale)]
    );
    driver.freshness.clear();
    driver.pass_until_timer();
    driver.open();
    assert_eq!(
        driver.freshness,
        [
            (None, Freshness::CatchingUp),
            (Some(1), Freshness::CatchingUp),
            (None, Freshness::Live),
            (Some(1), Freshness::Live)
        ]
    );
    assert_eq!(driver.client.freshness(Some(room(2))), None, "not watched");
}
