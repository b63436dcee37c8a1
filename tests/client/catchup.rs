//! What is recovered after a gap, rule by rule.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use room_events::client::machine::ClientConfig;
use room_events::client::rest::Request;
use room_events::client::state::Phase::{CatchingUp, Open};

use crate::chat::{Chat, deleted};
use crate::driver::Driver;

pub(crate) const SECOND: Duration = Duration::from_secs(1);

pub(crate) fn config() -> ClientConfig {
    let mut config = ClientConfig::default();
    config.watchdog.silence = 1_000 * SECOND;
    config.watchdog.compare_after = 1_000 * SECOND;
    config
}

/// A client that has been open for a while, and then lost its connection.
pub(crate) fn away_from(chat: &Chat, config: ClientConfig) -> Driver {
    let mut driver = Driver::with(config, 1, chat.rest());
    driver.open();
    driver.pass(10 * SECOND);
    driver.lose(1001);
    driver.pass_until_timer();
    driver.asked.clear();
    driver
}

/// What was told, in short: `+` for created, `~` for updated, `-` for deleted, `R` for rooms, and `!` where it came
/// live.
pub(crate) fn told(driver: &Driver) -> Vec<String> {
    let digits = |part: &str| -> String { part.chars().take_while(char::is_ascii_digit).collect() };
    let ids = |text: &str, name: &str| -> String {
        let key = format!("\"{name}\":");
        let ids: Vec<_> = text.split(&*key).skip(1).map(digits).collect();
        ids.join(",")
    };
    let short = |(recovered, text): &(bool, String)| {
        let what = match text.split('"').nth(3) {
            Some("TextMessagesCreated") => format!("+{}", ids(text, "messageId")),
            Some("TextMessagesUpdated") => format!("~{}", ids(text, "messageId")),
            Some("TextMessageDeleted") => format!("-{}", ids(text, "messageId")),
            Some("RoomCreated") => format!("R+{}", ids(text, "roomId")),
            Some("RoomUpdated") => format!("R~{}", ids(text, "roomId")),
            Some("RoomDeleted") => format!("R-{}", ids(text, "roomId")),
            other => format!("{other:?}"),
        };
        format!("{}{what}", if *recovered { "" } else { "!" })
    };
    driver.events.iter().map(short).collect()
}

#[test]
fn nothing_is_told_where_nothing_happened() {
    let chat = Chat::with_a_room();
    let mut driver = away_from(&chat, config());
    driver.open();
    assert_eq!(driver.phase(), Open);
    assert_eq!(told(&driver), [""; 0]);
}

#[test]
fn what_was_there_before_the_first_connection_is_learnt_without_a_word_and_without_waiting() {
    let chat = Chat::with_a_room();
    let mut driver = Driver::with(config(), 1, chat.rest());
    chat.fall_silent(true);
    driver.open();
    assert_eq!(driver.phase(), Open, "events flow while it is learnt");
    driver.frame(r#"{"type":"TextMessageDeleted","data":{"roomId":1,"messageId":9}}"#);
    assert_eq!(told(&driver), ["!-9"]);
    chat.fall_silent(false);
    driver.drain();
    assert_eq!(told(&driver), ["!-9"]);
    assert_eq!(driver.client.replica().message_count(), 2);
}

#[test]
fn what_the_stream_tells_while_much_is_learnt_is_not_told_again_after_a_gap() {
    let chat = Chat::with_a_room();
    chat.room(2, "large");
    chat.post(2, 9);
    let mut config = config();
    config.queue.max_frames = 4;
    let (mut rest, answers) = (chat.rest(), Rc::new(Cell::new(false)));
    let large_answers = Rc::clone(&answers);
    let is_large = |request| matches!(request, Request::NewestMessages { room_id, .. } if room_id.get() == 2);
    let mut driver = Driver::with(
        config,
        1,
        Box::new(move |request| rest(request).filter(|_| large_answers.get() || !is_large(request))),
    );
    driver.open();
    // Of these there are more than the client remembers until it has learnt all.
    for id in 12..30 {
        chat.post(1, id);
        driver.frame(&chat.created(id));
    }
    answers.set(true);
    driver.drain();
    driver.pass(10 * SECOND);
    driver.lose(1001);
    driver.events.clear();
    driver.pass_until_timer();
    driver.open();
    assert_eq!((told(&driver), driver.phase()), (vec!["R~1".to_owned()], Open));
}

#[test]
fn rooms_that_appeared_changed_or_went_are_told_of() {
    let chat = Chat::with_a_room();
    chat.room(2, "changes");
    chat.room(3, "goes");
    let mut driver = away_from(&chat, config());
    chat.room(2, "changed");
    chat.remove_room(3);
    chat.room(4, "appears");
    chat.post(4, 20);
    driver.open();
    assert_eq!(told(&driver), ["R~2", "R+4", "R-3", "+20"]);
}

#[test]
fn messages_that_were_written_edited_or_deleted_are_told_of_whoever_told_of_them_before() {
    let chat = Chat::with_a_room();
    chat.post(1, 12);
    let mut driver = Driver::with(config(), 1, chat.rest());
    driver.open();
    chat.post(1, 13);
    driver.frame(&chat.created(13));
    chat.post(1, 14);
    driver.frame(&chat.created(14));
    driver.pass(10 * SECOND);
    driver.lose(1006);
    driver.events.clear();
    // 10 and 11 were there before the client, 13 and 14 came on the stream.
    chat.edit(10, "edited");
    chat.delete(11);
    chat.edit(13, "edited");
    chat.delete(14);
    chat.post(1, 15);
    driver.pass_until_timer();
    driver.open();
    assert_eq!(told(&driver), ["R~1", "-11", "-14", "~10,13", "+15"]);
}

#[test]
fn pages_are_read_to_the_end() {
    let chat = Chat::with_a_room();
    let mut config = config();
    config.catch_up.page = 3;
    let mut driver = away_from(&chat, config);
    for id in 12..20 {
        chat.post(1, id);
    }
    driver.open();
    assert_eq!(told(&driver), ["R~1", "+12,13,14,15,16,17,18,19"]);
    let cursors: Vec<_> = driver
        .asked
        .iter()
        .filter_map(|request| match request {
            Request::Messages { cursor, limit: 3, .. } => Some(cursor.get()),
            _ => None,
        })
        .collect();
    assert_eq!(cursors, [0, 12, 15, 18]);
}

#[test]
fn comments_of_threads_are_told_of() {
    let chat = Chat::with_a_room();
    chat.comment(10, 12);
    let mut driver = Driver::with(config(), 1, chat.rest());
    driver.open();
    // This thread is followed from here on.
    chat.comment(11, 13);
    driver.frame(&chat.created(13));
    driver.frame(&chat.updated(11));
    driver.pass(10 * SECOND);
    driver.lose(1006);
    driver.events.clear();
    chat.edit(13, "edited");
    chat.comment(10, 14);
    chat.comment(11, 15);
    driver.pass_until_timer();
    driver.open();
    // 12 was there before, and is not told of again.
    assert_eq!(told(&driver), ["R~1", "~10,11", "+14", "~13", "+15"]);
}

#[test]
fn a_comment_that_went_does_not_stand_for_one_that_was_never_told_of() {
    let chat = Chat::with_a_room();
    chat.comment(10, 12);
    let mut driver = Driver::with(config(), 1, chat.rest());
    driver.open();
    driver.pass(10 * SECOND);
    chat.delete(12);
    chat.edit(10, "not commented on");
    driver.frame(&deleted(1, 10, 12));
    driver.frame(&chat.updated(10));
    // The server loses the event that tells of another.
    chat.comment(10, 14);
    driver.frame(&chat.updated(10));
    driver.pass(SECOND);
    driver.lose(1006);
    driver.events.clear();
    driver.pass_until_timer();
    driver.open();
    assert_eq!(told(&driver), ["R~1", "+14"]);
}

#[test]
fn a_thread_goes_with_its_message() {
    let chat = Chat::with_a_room();
    let mut driver = Driver::with(config(), 1, chat.rest());
    driver.open();
    chat.comment(11, 12);
    driver.frame(&chat.created(12));
    driver.pass(10 * SECOND);
    driver.lose(1006);
    driver.events.clear();
    chat.delete(12);
    chat.delete(11);
    driver.pass_until_timer();
    driver.open();
    assert_eq!(told(&driver), ["R~1", "-12", "-11"]);
}

#[test]
fn a_comment_goes_with_a_message_that_was_never_told_of() {
    let chat = Chat::with_a_room();
    let mut driver = away_from(&chat, config());
    chat.post(1, 12);
    chat.comment(12, 13);
    chat.comment(12, 14);
    let late = [chat.updated(13), chat.updated(14)];
    chat.fall_silent(true);
    driver.open();
    // By the time the room is read both are gone, and the message that they are on, but the stream is behind.
    for frame in &late {
        driver.frame(frame);
    }
    for id in [12, 13, 14] {
        chat.delete(id);
    }
    chat.fall_silent(false);
    driver.drain();
    assert_eq!(driver.phase(), Open);
    assert_eq!(told(&driver), ["!+13", "!+14"]);
    driver.events.clear();
    // The server loses the event that tells of 13.
    driver.frame(&deleted(1, 12, 14));
    driver.frame(&deleted(1, 0, 12));
    assert_eq!(told(&driver), ["!-14", "!-13"]);
}

#[test]
fn live_events_wait_for_the_catch_up_and_what_it_has_told_is_not_told_again() {
    let chat = Chat::with_a_room();
    let mut driver = away_from(&chat, config());
    chat.edit(10, "edited in the gap");
    let old = chat.updated(10);
    chat.post(1, 12);
    let created = chat.created(12);
    chat.fall_silent(true);
    driver.open();
    assert_eq!(driver.phase(), CatchingUp);
    // These are on the stream as well, behind their time.
    driver.frame(&old);
    chat.edit(10, "edited again");
    driver.frame(&created);
    driver.frame(&chat.updated(10));
    chat.post(1, 13);
    let newest = chat.created(13);
    chat.delete(11);
    assert_eq!(told(&driver), [""; 0], "nothing newer before what is older");
    chat.fall_silent(false);
    driver.drain();
    driver.frame(&newest);
    driver.frame(&deleted(1, 0, 11));
    assert_eq!(driver.phase(), Open);
    assert_eq!(told(&driver), ["R~1", "-11", "~10", "+12,13"]);
    driver.frame(&deleted(1, 0, 12));
    assert_eq!(told(&driver).last().map(String::as_str), Some("!-12"));
}

#[test]
fn an_older_state_is_never_told_over_a_newer_one() {
    let chat = Chat::with_a_room();
    let mut driver = away_from(&chat, config());
    chat.edit(10, "older");
    let (older, older_room) = (chat.updated(10), chat.room_frame("RoomUpdated", 1));
    chat.edit(10, "newer");
    chat.post(1, 12);
    driver.open();
    let before = told(&driver);
    assert_eq!(before, ["R~1", "~10", "+12"]);
    driver.frame(&older);
    driver.frame(&older_room);
    assert_eq!(told(&driver), before);
}

#[test]
fn a_request_that_fails_is_sent_again_later_and_the_state_says_so() {
    let chat = Chat::with_a_room();
    let mut driver = away_from(&chat, config());
    chat.post(1, 12);
    chat.answer_with(Some(503));
    driver.open();
    for _ in 0..5 {
        let state = driver.client.state().clone();
        assert_eq!(state.phase, CatchingUp);
        let cause = state.cause.expect("a failure has a cause");
        assert!(cause.reason.contains("503"), "{cause:?}");
        assert!(state.delay.expect("it says when") <= Duration::from_secs(30));
        let asked = driver.asked.len();
        driver.pass_until_timer();
        assert!(driver.asked.len() <= asked + 1, "no hammering");
    }
    chat.answer_with(None);
    driver.pass(60 * SECOND);
    assert_eq!(driver.phase(), Open);
    assert_eq!(told(&driver), ["R~1", "+12"]);
}

#[test]
fn history_is_told_where_it_is_wanted() {
    let chat = Chat::with_a_room();
    chat.comment(10, 12);
    let mut config = config();
    config.catch_up.history = true;
    let mut driver = Driver::with(config, 1, chat.rest());
    driver.open();
    assert_eq!(told(&driver), ["R+1", "+10,11", "+12"]);
    // And when the user is added to a room.
    chat.room(2, "new to the user");
    chat.post(2, 20);
    driver.frame(&chat.room_frame("RoomCreated", 2));
    assert_eq!(told(&driver)[3..], ["!R+2", "+20"]);
}

#[test]
fn an_event_about_an_unknown_room_waits_until_the_room_is_told_of() {
    let chat = Chat::with_a_room();
    let mut driver = Driver::with(config(), 1, chat.rest());
    driver.open();
    chat.room(2, "never announced");
    chat.post(2, 20);
    chat.post(2, 21);
    driver.frame(&chat.created(21));
    assert_eq!(told(&driver), ["R+2", "+20,21"]);
    assert_eq!(driver.phase(), Open);
}

#[test]
fn without_catch_up_nothing_is_asked_and_everything_passes() {
    let chat = Chat::with_a_room();
    let mut config = config();
    config.catch_up.enabled = false;
    let mut driver = away_from(&chat, config);
    chat.post(1, 12);
    driver.open();
    driver.frame(&chat.updated(12));
    assert_eq!(told(&driver), ["!~12"]);
    assert_eq!(driver.asked, []);
}

#[test]
fn what_is_remembered_is_bounded() {
    let chat = Chat::with_a_room();
    let mut config = config();
    config.catch_up.window = 10;
    let mut driver = Driver::with(config, 1, chat.rest());
    driver.open();
    for id in 12..200 {
        chat.post(1, id);
        driver.frame(&chat.created(id));
    }
    for id in 200..300 {
        chat.comment(199, id);
        driver.frame(&chat.created(id));
    }
    assert!(driver.client.replica().message_count() <= 20);
}
