//! Recovery of comments: the threads of watched rooms.

use std::cell::Cell;
use std::rc::Rc;

use room_events::client::{Request, ResyncReason};

use crate::chat::{Chat, Habits, deleted};
use crate::driver::Driver;
use crate::scenario::{SECOND, away_from, config, opened, with_history};

#[test]
fn delivers_new_and_edited_comments() {
    let chat = Chat::with_a_room();
    chat.comment(10, 12);
    let mut driver = opened(&chat, config());
    // From here on, the replica contains this thread.
    chat.comment(11, 13);
    driver.frame(&chat.created(13));
    driver.frame(&chat.updated(11));
    driver.pass(10 * SECOND);
    driver.lose_and_reconnect();
    chat.edit(13, "edited");
    chat.comment(10, 14);
    chat.comment(11, 15);
    driver.open();
    // 12 existed before.
    assert_eq!(driver.told(), ["R~1", "~10,11", "+14", "~13", "+15"]);
}

#[test]
fn delivers_a_deleted_comment_after_a_second_reading() {
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
    // The server loses the event about another comment.
    chat.comment(10, 14);
    driver.frame(&chat.updated(10));
    driver.pass(SECOND);
    driver.lose_and_reconnect();
    driver.open();
    assert_eq!(driver.told(), ["R~1", "+14"]);
}

#[test]
fn delivers_deletions_of_comments_before_their_message() {
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
fn delivers_deletions_of_comments_when_their_message_is_deleted_live() {
    let chat = Chat::with_a_room();
    let mut driver = opened(&chat, config());
    for id in [12, 13] {
        chat.comment(11, id);
        driver.frame(&chat.created(id));
    }
    driver.events.clear();
    // The server sends no events about the comments, or sends them too late.
    for id in [12, 13, 11] {
        chat.delete(id);
    }
    driver.frame(&deleted(1, 0, 11));
    driver.frame(&deleted(1, 11, 13));
    assert_eq!(driver.told(), ["!-12", "!-13", "!-11"]);
}

#[test]
fn delivers_the_thread_of_a_message_written_during_the_gap() {
    let chat = Chat::with_a_room();
    let mut driver = away_from(&chat, config());
    chat.post(1, 12);
    chat.comment(12, 13);
    chat.comment(12, 14);
    driver.open();
    assert_eq!(driver.told(), ["R~1", "+12", "+13,14"]);
}

/// A chat with short pages, and a client that waits for the comments on message 12, which came during the gap.
fn waiting_for_a_thread(chat: &Chat, driver: &mut Driver) {
    chat.set_habits(Habits {
        cap: Some(2),
        ..Default::default()
    });
    chat.post(1, 12);
    chat.comment(12, 13);
    chat.comment(12, 14);
    driver.rest = chat.rest_if(|request| !matches!(request, Request::Comments { .. }));
}

#[test]
fn reads_all_comments_if_a_held_one_is_newer_than_their_number() {
    let chat = Chat::with_a_room();
    let mut driver = away_from(&chat, config());
    waiting_for_a_thread(&chat, &mut driver);
    driver.open();
    chat.comment(12, 15);
    driver.frame(&chat.created(15));
    driver.rest = chat.rest();
    driver.drain();
    assert_eq!(driver.told(), ["R~1", "+12", "+13,14,15"]);
}

#[test]
fn reads_all_comments_if_a_live_one_is_newer_than_their_number() {
    let chat = Chat::with_a_room();
    let mut driver = opened(&chat, config());
    driver.events.clear();
    // The server loses the events about the first two.
    waiting_for_a_thread(&chat, &mut driver);
    driver.pass(52 * SECOND);
    assert_eq!(driver.told_of_messages(), ["+12"]);
    chat.comment(12, 15);
    driver.frame(&chat.created(15));
    driver.rest = chat.rest();
    driver.drain();
    assert_eq!(driver.told_of_messages(), ["+12", "!+15", "+13,14"]);
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
fn a_held_comment_deleted_with_its_message_is_dropped_or_in_order() {
    let chat = Chat::with_a_room();
    let mut driver = away_from(&chat, config());
    chat.fall_silent(true);
    driver.open();
    chat.comment(11, 12);
    driver.frame(&chat.created(12));
    // The server sends no event about the comment.
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
fn delivers_a_comment_that_the_stream_lost() {
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
    // The message had a comment according to its count. It is gone when the thread is read.
    chat.delete(13);
    chat.edit(12, "no longer commented on");
    answers.set(true);
    driver.drain();
    driver.frame(&deleted(1, 12, 13));
    driver.frame(&chat.updated(12));
    // The stream does not deliver the creation of another comment.
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
fn requires_a_resync_if_a_thread_is_too_far_behind() {
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
fn follows_a_thread_if_an_update_is_the_first_event_of_its_message() {
    let chat = Chat::with_a_room();
    let mut driver: Driver = opened(&chat, config());
    chat.post(1, 12);
    chat.comment(12, 13);
    // The stream lost both creations; this is the first event about either.
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
fn delivers_a_comment_once_if_its_message_is_found_later() {
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
fn delivers_the_deletion_of_a_comment_after_a_resync() {
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
fn delivers_a_comment_created_in_the_gap_in_which_another_was_deleted() {
    let chat = Chat::with_a_room();
    chat.comment(10, 12);
    let mut driver = away_from(&chat, config());
    chat.delete(12);
    chat.comment(10, 14);
    driver.open();
    assert_eq!(driver.told_of_messages(), ["~10", "+14"]);
}

#[test]
fn requires_a_resync_if_a_thread_exceeds_the_maximum() {
    let chat = Chat::with_a_room();
    for id in 12..=15 {
        chat.comment(10, id);
    }
    let mut config = with_history();
    (config.catch_up.max_messages, config.catch_up.page) = (2, 2);
    let driver = opened(&chat, config);
    assert_eq!(driver.resyncs(), [(Some(1), ResyncReason::TooFarBehind)]);
}
