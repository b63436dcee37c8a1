//! Comments after a gap: the threads of watched rooms.

use std::cell::Cell;
use std::rc::Rc;

use room_events::client::{Request, ResyncReason};

use crate::chat::{Chat, Habits, deleted};
use crate::driver::Driver;
use crate::scenario::{SECOND, away_from, config, opened, with_history};

#[test]
fn tells_new_and_edited_comments() {
    let chat = Chat::with_a_room();
    chat.comment(10, 12);
    let mut driver = opened(&chat, config());
    // This thread is known from here on.
    chat.comment(11, 13);
    driver.frame(&chat.created(13));
    driver.frame(&chat.updated(11));
    driver.pass(10 * SECOND);
    driver.lose_and_reconnect();
    chat.edit(13, "edited");
    chat.comment(10, 14);
    chat.comment(11, 15);
    driver.open();
    // 12 was there before.
    assert_eq!(driver.told(), ["R~1", "~10,11", "+14", "~13", "+15"]);
}

#[test]
fn tells_a_comment_deleted_after_a_second_look() {
    let chat = Chat::with_a_room();
    let mut driver = opened(&chat, config());
    for id in [12, 13] {
        chat.comment(11, id);
        driver.frame(&chat.created(id));
        driver.frame(&chat.updated(11));
    }
    driver.pass(10 * SECOND);
    driver.lose_and_reconnect();
    chat.delete(12);
    chat.edit(11, "one comment less");
    driver.open();
    assert_eq!(driver.told_of_messages(), ["~11"]);
    driver.pass(10 * SECOND);
    assert_eq!(driver.told_of_messages(), ["~11", "-12"]);
}

#[test]
fn does_not_take_an_old_comment_for_a_new_one_after_a_deletion() {
    let chat = Chat::with_a_room();
    chat.comment(10, 12);
    let mut driver = opened(&chat, config());
    chat.delete(12);
    chat.edit(10, "not commented on");
    driver.frame(&deleted(1, 10, 12));
    driver.frame(&chat.updated(10));
    // The server loses the event that tells of another.
    chat.comment(10, 14);
    driver.frame(&chat.updated(10));
    driver.pass(SECOND);
    driver.lose_and_reconnect();
    driver.open();
    assert_eq!(driver.told(), ["R~1", "+14"]);
}

#[test]
fn tells_the_comments_of_a_deleted_message_deleted_first() {
    let chat = Chat::with_a_room();
    let mut driver = opened(&chat, config());
    chat.comment(11, 12);
    driver.frame(&chat.created(12));
    driver.lose_and_reconnect();
    chat.delete(12);
    chat.delete(11);
    driver.open();
    driver.pass(10 * SECOND);
    assert_eq!(driver.told(), ["R~1", "-12", "-11"]);
}

#[test]
fn tells_comments_deleted_with_a_message_deleted_live() {
    let chat = Chat::with_a_room();
    let mut driver = opened(&chat, config());
    for id in [12, 13] {
        chat.comment(11, id);
        driver.frame(&chat.created(id));
    }
    driver.events.clear();
    // Of the comments the server says nothing, or too late.
    for id in [12, 13, 11] {
        chat.delete(id);
    }
    driver.frame(&deleted(1, 0, 11));
    driver.frame(&deleted(1, 11, 13));
    assert_eq!(driver.told(), ["!-12", "!-13", "!-11"]);
}

#[test]
fn tells_a_thread_of_a_message_written_during_the_gap() {
    let chat = Chat::with_a_room();
    let mut driver = away_from(&chat, config());
    chat.post(1, 12);
    chat.comment(12, 13);
    chat.comment(12, 14);
    driver.open();
    assert_eq!(driver.told(), ["R~1", "+12", "+13,14"]);
}

#[test]
fn ignores_comments_among_the_messages_of_a_room() {
    let chat = Chat::with_a_room();
    chat.comment(11, 12);
    chat.set_habits(Habits {
        lists_comments: true,
        ..Default::default()
    });
    let mut driver = away_from(&chat, config());
    chat.comment(11, 13);
    driver.open();
    driver.pass(120 * SECOND);
    assert_eq!(driver.told(), ["R~1", "~11", "+13"]);
}

#[test]
fn tells_a_held_comment_deleted_with_its_message_not_at_all_or_in_order() {
    let chat = Chat::with_a_room();
    let mut driver = away_from(&chat, config());
    chat.fall_silent(true);
    driver.open();
    chat.comment(11, 12);
    driver.frame(&chat.created(12));
    // Of the comment the server says nothing.
    chat.delete(12);
    chat.delete(11);
    driver.frame(&deleted(1, 0, 11));
    chat.fall_silent(false);
    driver.drain();
    driver.pass(10 * SECOND);
    let told = driver.told_of_messages();
    let at = |what: &str| {
        told.iter()
            .position(|other| other.trim_start_matches('!') == what)
    };
    assert!(at("-11").is_some(), "{told:?}");
    assert!(
        at("+12").is_none() || at("+12") < at("-12") && at("-12") < at("-11"),
        "{told:?}"
    );
}

#[test]
fn tells_the_comment_that_the_stream_kept_back() {
    let chat = Chat::with_a_room();
    let mut driver = opened(&chat, config());
    chat.post(1, 12);
    driver.frame(&chat.created(12));
    driver.pass(10 * SECOND);
    driver.lose_and_reconnect();
    chat.comment(12, 13);
    let answers = Rc::new(Cell::new(false));
    let does_answer = Rc::clone(&answers);
    driver.rest =
        chat.rest_if(move |request| does_answer.get() || !matches!(request, Request::Comments { .. }));
    driver.open();
    // The message was said to have a comment, and it is gone when its thread is read.
    chat.delete(13);
    chat.edit(12, "no longer commented on");
    answers.set(true);
    driver.drain();
    driver.frame(&deleted(1, 12, 13));
    driver.frame(&chat.updated(12));
    // Of another comment the stream keeps the creation back.
    chat.comment(12, 14);
    driver.frame(&chat.updated(12));
    let before = driver.told_of_messages();
    driver.pass(10 * SECOND);
    driver.lose_and_reconnect_keeping();
    driver.open();
    driver.pass(10 * SECOND);
    assert_eq!(driver.told_of_messages()[before.len()..], ["+14"]);
}

#[test]
fn asks_for_a_reload_of_a_thread_that_is_too_far_behind() {
    let chat = Chat::with_a_room();
    let mut config = config();
    config.catch_up.max_messages = 20;
    config.catch_up.page = 10;
    let mut driver = opened(&chat, config);
    chat.comment(11, 12);
    driver.frame(&chat.created(12));
    driver.frame(&chat.updated(11));
    driver.pass(10 * SECOND);
    driver.lose_and_reconnect();
    for id in 100..200 {
        chat.comment(11, id);
    }
    driver.open();
    driver.pass(10 * SECOND);
    assert_eq!(driver.resyncs(), [(Some(1), ResyncReason::TooFarBehind)]);
    assert_eq!(driver.told(), ["R~1", "~11"]);
    // From there on the thread is followed again.
    driver.lose_and_reconnect();
    chat.comment(11, 200);
    driver.open();
    driver.pass(10 * SECOND);
    assert_eq!(driver.told(), ["R~1", "~11", "+200"]);
    assert_eq!(driver.resyncs(), []);
}

#[test]
fn reads_a_large_thread_with_one_new_comment_in_few_requests() {
    let chat = Chat::with_a_room();
    for id in 100..400 {
        chat.comment(11, id);
    }
    let mut driver = away_from(&chat, config());
    chat.comment(11, 400);
    driver.open();
    driver.pass(10 * SECOND);
    assert_eq!(driver.told(), ["R~1", "~11", "+400"]);
    assert!(driver.requests_of_sync() <= 8, "{:?}", driver.asked);
}

#[test]
fn follows_a_thread_whose_message_is_told_by_an_update_first() {
    let chat = Chat::with_a_room();
    let mut driver: Driver = opened(&chat, config());
    chat.post(1, 12);
    chat.comment(12, 13);
    // The stream lost both creations; this is the first word of either.
    driver.frame(&chat.updated(12));
    driver.pass(10 * SECOND);
    assert_eq!(driver.told_of_messages(), ["!+12", "+13"]);
}

#[test]
fn finds_a_comment_that_a_newer_one_pushed_off_the_page() {
    let chat = Chat::with_a_room();
    chat.comment(10, 12);
    chat.comment(10, 13);
    let (server, is_written) = (chat.clone(), Cell::new(false));
    let rest = chat.rest_if(move |request| {
        if matches!(request, Request::Comments { .. }) && !is_written.replace(true) {
            server.comment(10, 14);
        }
        true
    });
    let mut config = with_history();
    config.catch_up.page = 2;
    let mut driver = Driver::with(config, 1, rest);
    driver.open();
    driver.pass(120 * SECOND);
    let told = driver.told_of_messages();
    assert!(told.contains(&"+12".to_owned()), "{told:?}");
}

#[test]
fn tells_a_comment_once_if_its_message_comes_to_be_known_later() {
    let chat = Chat::with_a_room();
    chat.post(1, 12);
    chat.post(1, 13);
    chat.set_habits(Habits {
        cap: Some(2),
        ..Habits::default()
    });
    let mut driver = opened(&chat, config());
    chat.delete(12);
    driver.frame(&deleted(1, 0, 12));
    let late = chat.as_of_now();
    chat.comment(11, 20);
    driver.frame(&chat.created(20));
    driver.rest = late.rest();
    driver.lose_and_reconnect();
    driver.open();
    driver.pass(SECOND);
    driver.rest = chat.rest();
    driver.pass(120 * SECOND);
    let mut told = driver.told_of_messages();
    told.retain(|what| what.contains('+'));
    assert_eq!(told, [""; 0]);
}

#[test]
fn tells_the_deletion_of_a_comment_that_the_application_had_to_load_again() {
    let chat = Chat::with_a_room();
    chat.comment(10, 12);
    let mut config = with_history();
    config.catch_up.max_messages = 2;
    config.catch_up.page = 2;
    let mut driver = away_from(&chat, config);
    for id in 20..30 {
        chat.post(1, id);
    }
    driver.open();
    driver.pass(10 * SECOND);
    assert_eq!(driver.resyncs(), [(Some(1), ResyncReason::TooFarBehind)]);
    driver.frame(&deleted(1, 10, 12));
    assert_eq!(driver.told_of_messages(), ["!-12"]);
}

#[test]
fn tells_a_comment_that_came_in_the_gap_in_which_another_went() {
    let chat = Chat::with_a_room();
    chat.comment(10, 12);
    let mut driver = away_from(&chat, config());
    chat.delete(12);
    chat.comment(10, 14);
    driver.open();
    assert_eq!(driver.told_of_messages(), ["~10", "+14"]);
}

#[test]
fn is_too_far_behind_in_a_thread_that_is_longer_than_is_told() {
    let chat = Chat::with_a_room();
    for id in 12..=15 {
        chat.comment(10, id);
    }
    let mut config = with_history();
    (config.catch_up.max_messages, config.catch_up.page) = (2, 2);
    let driver = opened(&chat, config);
    assert_eq!(driver.resyncs(), [(Some(1), ResyncReason::TooFarBehind)]);
}
