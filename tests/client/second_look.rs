//! A second reading of a list finds what the first response lacked.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use room_events::client::{ClientConfig, Request};

use crate::chat::{Chat, Fault, Habits, deleted, room_deleted};
use crate::driver::Driver;
use crate::scenario::{SECOND, away_from, config, opened, with_history};

/// Answers the first matching request of each kind from another chat.
fn answers_first_as(driver: &mut Driver, chat: &Chat, other: &Chat, is_meant: fn(&Request) -> bool) {
    let (mut rest, mut other, mut asked) = (chat.rest(), other.rest(), Vec::new());
    driver.rest = Box::new(move |request| {
        let kind = std::mem::discriminant(&request);
        if !is_meant(&request) || asked.contains(&kind) {
            return rest(request);
        }
        asked.push(kind);
        other(request)
    });
}

fn is_of_messages(request: &Request) -> bool {
    matches!(request, Request::Messages { .. })
}

fn is_of_comments(request: &Request) -> bool {
    matches!(request, Request::Comments { .. })
}

fn is_further(request: &Request) -> bool {
    matches!(request, Request::Messages { cursor: Some(_), .. })
}

/// Posts a message in a gap. The first matching responses lack it, and a newer message arrives live. Returns the
/// delivered messages.
fn passes_a_message_by(config: ClientConfig, is_meant: fn(&Request) -> bool) -> Vec<String> {
    let chat = Chat::with_a_room();
    let mut driver = opened(&chat, config);
    let late = chat.as_of_now();
    driver.lose_and_reconnect();
    chat.post(1, 12);
    answers_first_as(&mut driver, &chat, &late, is_meant);
    driver.open();
    chat.post(1, 13);
    driver.frame(&chat.created(13));
    driver.pass(10 * SECOND);
    driver.told_of_messages()
}

#[test]
fn finds_a_message_missing_from_late_responses_before_a_newer_one() {
    assert_eq!(passes_a_message_by(config(), |_| true), ["!+13", "+12"]);
    let mut unwatched = config();
    unwatched.catch_up.rooms = 0;
    assert_eq!(passes_a_message_by(unwatched, is_of_messages), ["!+13", "+12"]);
}

#[test]
fn reads_a_list_again_if_it_ends_above_known_messages() {
    let chat = Chat::with_a_room();
    chat.set_habits(Habits {
        cap: Some(2),
        is_exclusive: true,
        ..Habits::default()
    });
    let mut driver = away_from(&chat, config());
    let late = chat.as_of_now();
    for id in 20..24 {
        chat.post(1, id);
    }
    let (mut rest, mut late, mut pages) = (chat.rest(), late.rest(), 0);
    driver.rest = Box::new(move |request| {
        pages += usize::from(is_further(&request));
        if is_further(&request) && pages <= 2 {
            late(request)
        } else {
            rest(request)
        }
    });
    driver.open();
    driver.pass(10 * SECOND);
    assert_eq!(driver.told_of_messages(), ["+20,21,22,23"]);
}

#[test]
fn continues_past_an_early_end_with_pages_of_one_message() {
    let chat = Chat::with_a_room();
    chat.set_habits(Habits {
        cap: Some(1),
        is_exclusive: true,
        ..Habits::default()
    });
    let mut driver = opened(&chat, with_history());
    driver.events.clear();
    let late = chat.as_of_now();
    for room in [2, 3] {
        chat.room(room, "made");
        late.room(room, "made");
        chat.post(room, 10 * room);
        chat.post(room, 10 * room + 1);
    }
    answers_first_as(&mut driver, &chat, &late, is_further);
    driver.frame(&chat.room_frame("RoomCreated", 2));
    driver.pass(10 * SECOND);
    assert_eq!(driver.told_of_messages(), ["+20,21"]);
}

#[test]
fn finds_older_messages_if_the_only_message_of_a_page_is_deleted() {
    let chat = Chat::with_a_room();
    chat.set_habits(Habits {
        cap: Some(1),
        is_exclusive: true,
        ..Habits::default()
    });
    chat.room(2, "other");
    chat.post(2, 20);
    chat.post(2, 21);
    let mut driver = Driver::with(with_history(), 1, chat.rest());
    chat.break_room(1, Fault::Status(500));
    driver.open();
    driver.pass(10 * SECOND);
    for id in [12, 13] {
        chat.post(1, id);
        driver.frame(&chat.created(id));
    }
    chat.repair();
    let (mut rest, server) = (chat.rest(), chat.clone());
    driver.rest = Box::new(move |request| {
        if is_further(&request) {
            server.delete(13);
        }
        rest(request)
    });
    driver.pass(60 * SECOND);
    driver.frame(&deleted(1, 0, 13));
    driver.pass(120 * SECOND);
    let told = driver.told_of_messages();
    assert!(told.contains(&"+10,11".to_owned()), "{told:?}");
}

#[test]
fn finds_a_late_visible_message_below_a_capped_page() {
    let chat = Chat::with_a_room();
    chat.post(1, 12);
    chat.post(1, 13);
    chat.set_habits(Habits {
        cap: Some(2),
        ..Habits::default()
    });
    chat.hide_message(10);
    let mut driver = opened(&chat, with_history());
    assert_eq!(driver.told_of_messages(), ["+11,12,13"]);
    chat.repair();
    driver.pass(60 * SECOND);
    assert_eq!(driver.told_of_messages(), ["+11,12,13", "+10"]);
}

#[test]
fn requests_more_if_nothing_on_a_page_is_readable() {
    let chat = Chat::with_a_room();
    let partial = chat.as_of_now();
    partial.hide_message(10);
    let (mut rest, mut partial, mut asked) = (chat.rest(), partial.rest(), 0);
    let answer = move |request| {
        let Request::Messages { limit, .. } = request else {
            return rest(request);
        };
        asked += 1;
        match limit {
            2 => {
                let (status, body) = partial(request)?;
                let broken = r#""messages":[{"text":"broken"},"#;
                Some((status, body.replace(r#""messages":["#, broken)))
            }
            // Refused only for a while.
            _ if asked <= 6 => Some((413, String::new())),
            _ => rest(request),
        }
    };
    let mut driver = Driver::with(with_history(), 1, Box::new(answer));
    driver.open();
    driver.pass(10 * SECOND);
    assert_eq!(driver.told_of_messages(), ["+10,11"]);
}

#[test]
fn continues_below_a_page_that_is_at_least_half_full() {
    let chat = Chat::with_a_room();
    for id in 20..117 {
        chat.post(1, id);
    }
    chat.post(1, 117);
    chat.set_habits(Habits {
        cap: Some(50),
        ..Habits::default()
    });
    let mut driver = away_from(&chat, config());
    chat.edit(10, "edited");
    driver.open();
    driver.pass(10 * SECOND);
    assert_eq!(driver.told_of_messages(), ["~10"]);
}

#[test]
fn delivers_a_comment_once_if_a_late_thread_lacks_it() {
    let chat = Chat::with_a_room();
    chat.post(1, 12);
    chat.set_habits(Habits {
        cap: Some(2),
        ..Habits::default()
    });
    let mut driver = opened(&chat, config());
    chat.delete(12);
    driver.frame(&deleted(1, 0, 12));
    let late = chat.as_of_now();
    chat.comment(10, 20);
    driver.frame(&chat.created(20));
    driver.lose_and_reconnect_keeping();
    answers_first_as(&mut driver, &chat, &late, |_| true);
    driver.open();
    driver.pass(120 * SECOND);
    driver.lose_and_reconnect_keeping();
    driver.open();
    driver.pass(120 * SECOND);
    let told = driver.told_of_messages();
    assert_eq!(
        told.iter().filter(|what| what.contains("+20")).count(),
        1,
        "{told:?}"
    );
}

#[test]
fn keeps_a_comment_whose_message_was_missing_once() {
    let chat = Chat::with_a_room();
    let mut driver = away_from(&chat, with_history());
    let without = chat.as_of_now();
    driver.open();
    driver.pass(10 * SECOND);
    chat.post(1, 12);
    chat.comment(12, 13);
    driver.frame(&chat.created(13));
    driver.pass(5 * SECOND);
    driver.lose_and_reconnect_keeping();
    answers_first_as(&mut driver, &chat, &without, is_of_messages);
    driver.open();
    driver.pass(30 * SECOND);
    let lacking = chat.as_of_now();
    lacking.hide_message(13);
    driver.lose_and_reconnect_keeping();
    answers_first_as(&mut driver, &chat, &lacking, is_of_comments);
    driver.open();
    driver.pass(30 * SECOND);
    assert_eq!(driver.told_of_messages(), ["!+13", "+12"]);
}

#[test]
fn recovers_down_to_delivered_messages_after_an_interrupted_reading() {
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
    driver.rest = chat.rest_if(|request| matches!(request, Request::Rooms));
    driver.open();
    driver.pass(SECOND);
    driver.lose_and_reconnect();
    driver.rest = chat.rest();
    driver.open();
    driver.pass(SECOND);
    assert_eq!(driver.told_of_messages(), ["+1001,2001,2002,2003,2004"]);
}

#[test]
fn recovers_down_to_existing_messages_after_an_interrupted_first_reading() {
    let chat = Chat::with_a_room();
    let mut config = with_history();
    config.catch_up.window = 2;
    config.catch_up.page = 3;
    let rest = chat.rest_if(|request| matches!(request, Request::Rooms));
    let mut driver = Driver::with(config, 1, rest);
    driver.open();
    driver.pass(SECOND);
    driver.lose_and_reconnect();
    for id in 12..20 {
        chat.post(1, id);
    }
    driver.rest = chat.rest();
    driver.open();
    driver.pass(SECOND);
    assert_eq!(driver.told_of_messages(), ["+11,12,13,14,15,16,17,18,19"]);
}

#[test]
fn delivers_the_deletion_of_a_message_older_than_too_much_news() {
    let chat = Chat::with_a_room();
    let mut config = with_history();
    config.catch_up.max_messages = 2;
    config.catch_up.page = 2;
    let mut driver = away_from(&chat, config);
    for id in 20..30 {
        chat.post(1, id);
    }
    driver.open();
    driver.pass(10 * SECOND);
    driver.lose_and_reconnect();
    chat.delete(10);
    driver.open();
    driver.pass(10 * SECOND);
    assert_eq!(driver.told_of_messages(), ["-10"]);
}

#[test]
fn delivers_a_comment_once_on_a_message_older_than_too_much_news() {
    let chat = Chat::with_a_room();
    let mut config = config();
    config.catch_up.rooms = 0;
    config.catch_up.max_messages = 2;
    let mut driver = away_from(&chat, config);
    for id in 20..30 {
        chat.post(1, id);
    }
    driver.open();
    driver.pass(10 * SECOND);
    chat.comment(10, 40);
    driver.frame(&chat.created(40));
    driver.frame(&chat.updated(10));
    chat.edit(40, "edited");
    driver.frame(&chat.updated(40));
    assert_eq!(driver.told_of_messages(), ["!+40", "!~10", "!~40"]);
}

#[test]
fn does_not_count_live_messages_as_missed() {
    let chat = Chat::with_a_room();
    let mut config = with_history();
    config.catch_up.max_messages = 2;
    let mut driver = away_from(&chat, config);
    driver.open();
    for id in 20..30 {
        chat.post(1, id);
        driver.frame(&chat.created(id));
    }
    driver.pass(10 * SECOND);
    assert_eq!(driver.resyncs(), []);
}

#[test]
fn delivers_a_deletion_although_an_entry_became_unreadable() {
    let chat = Chat::with_a_room();
    let mut driver = away_from(&chat, with_history());
    chat.delete(10);
    let body = r#"{"messages":[{"text":"broken"},"#;
    let mut rest = chat.rest();
    driver.rest = Box::new(move |request| {
        let (status, answer) = rest(request)?;
        Some((
            status,
            answer.replace(r#"{"httpStatusCode":200,"messages":["#, body),
        ))
    });
    driver.open();
    driver.pass(10 * SECOND);
    assert_eq!(driver.told_of_messages(), ["-10"]);
}

#[test]
fn delivers_the_last_version_again_after_an_older_one_beyond_the_window() {
    let chat = Chat::with_a_room();
    let mut config = with_history();
    config.catch_up.window = 2;
    let mut driver = opened(&chat, config);
    chat.post(1, 12);
    let created = chat.created(12);
    for id in 13..50 {
        chat.post(1, id);
        driver.frame(&chat.created(id));
    }
    driver.events.clear();
    chat.edit(12, "edited");
    let older = chat.updated(12);
    chat.edit(12, "edited again");
    let last = chat.updated(12);
    // Messages are created only once, so the creation is not delivered.
    for frame in [&last, &older, &created, &last, &last] {
        driver.frame(frame);
    }
    assert_eq!(driver.told_of_messages(), ["!~12", "!~12", "!~12"]);
}

#[test]
fn does_not_revive_a_message_deleted_right_before_its_room_was_recreated() {
    let chat = Chat::with_a_room();
    let mut driver = away_from(&chat, with_history());
    let late = chat.as_of_now();
    let is_answered = Rc::new(Cell::new(false));
    let answers = Rc::clone(&is_answered);
    driver.rest = late.rest_if(move |_| answers.get());
    driver.open();
    chat.delete(10);
    driver.frame(&deleted(1, 0, 10));
    driver.frame(&room_deleted(1));
    driver.frame(&chat.room_frame("RoomCreated", 1));
    is_answered.set(true);
    driver.pass(SECOND);
    let told = driver.told_of_messages();
    assert!(!told.iter().any(|what| what.contains("+10")), "{told:?}");
    driver.rest = chat.rest();
    driver.pass(Duration::from_secs(120));
}

#[test]
fn requests_full_pages_again_after_a_temporary_refusal() {
    let chat = Chat::with_a_room();
    let mut driver = away_from(&chat, config());
    let (mut rest, mut asked) = (chat.rest(), 0);
    driver.rest = Box::new(move |request| {
        asked += usize::from(is_of_messages(&request));
        if asked <= 2 && is_of_messages(&request) {
            return Some((400, String::new()));
        }
        rest(request)
    });
    driver.open();
    driver.pass(70 * SECOND);
    let limits = driver.asked.iter().filter_map(|request| match request {
        Request::Messages { limit, .. } => Some(*limit),
        _ => None,
    });
    assert_eq!(limits.collect::<Vec<_>>(), [100, 50, 25, 100]);
}
