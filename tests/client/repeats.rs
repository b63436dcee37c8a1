//! Repeated frames, and events in the orders that servers produce.

use std::cell::Cell;
use std::rc::Rc;

use room_events::client::Request;

use crate::chat::{Chat, Fault, deleted, room_deleted};
use crate::driver::Driver;
use crate::scenario::{MILLI, SECOND, away_from, config, opened, with_history};

#[test]
fn delivers_a_repeated_event_once() {
    let chat = Chat::with_rooms(3);
    let mut driver = opened(&chat, config());
    let mut frames = Vec::new();
    chat.post(1, 2_000);
    frames.push(chat.created(2_000));
    chat.edit(2_000, "edited");
    frames.push(chat.updated(2_000));
    chat.room(2, "renamed");
    frames.push(chat.room_frame("RoomUpdated", 2));
    chat.room(4, "made");
    frames.push(chat.room_frame("RoomCreated", 4));
    chat.delete(1_003);
    frames.push(deleted(3, 0, 1_003));
    chat.remove_room(2);
    frames.push(room_deleted(2));
    for frame in &frames {
        for _ in 0..3 {
            driver.frame(frame);
        }
    }
    let expected = ["!+2000", "!~2000", "!R~2", "!R+4", "!-1003", "!R-2"];
    assert_eq!(driver.told(), expected);
    driver.pass(120 * SECOND);
    let told: Vec<_> = driver
        .told()
        .into_iter()
        .filter(|what| !what.contains("R~"))
        .collect();
    assert_eq!(told, ["!+2000", "!~2000", "!R+4", "!-1003", "!R-2"]);
}

#[test]
fn does_not_revert_if_an_older_event_is_repeated() {
    let chat = Chat::with_rooms(3);
    let mut driver = opened(&chat, config());
    chat.post(1, 2_000);
    let created = chat.created(2_000);
    driver.frame(&created);
    let mut older = Vec::new();
    for text in ["one", "two", "three"] {
        chat.edit(2_000, text);
        older.push(chat.updated(2_000));
        driver.frame(&chat.updated(2_000));
    }
    driver.frame(&created);
    driver.frame(&older[0]);
    driver.frame(&older[1]);
    driver.pass(120 * SECOND);
    assert_eq!(
        driver.told_of_messages(),
        ["!+2000", "!~2000", "!~2000", "!~2000"]
    );
}

#[test]
fn delivers_recovered_messages_once_with_a_late_stream_and_a_small_window() {
    let chat = Chat::with_a_room();
    let mut config = config();
    config.catch_up.window = 2;
    let mut driver = away_from(&chat, config);
    driver.open();
    driver.pass(SECOND);
    // The list of rooms has news that the stream has not delivered yet.
    for id in 20..30 {
        chat.post(1, id);
    }
    driver.pass(5 * SECOND);
    assert_eq!(driver.told_of_messages(), ["+20,21,22,23,24,25,26,27,28,29"]);
    for id in 20..30 {
        driver.frame(&chat.created(id));
    }
    assert_eq!(
        driver.told_of_messages().len(),
        1,
        "{:?}",
        driver.told_of_messages()
    );
}

#[test]
fn does_not_revive_a_deleted_message_by_a_repeat() {
    let chat = Chat::with_rooms(3);
    let mut driver = opened(&chat, config());
    chat.post(1, 2_000);
    let created = chat.created(2_000);
    driver.frame(&created);
    chat.delete(2_000);
    driver.frame(&deleted(1, 0, 2_000));
    driver.frame(&created);
    driver.frame(&deleted(1, 0, 2_000));
    driver.pass(120 * SECOND);
    assert_eq!(driver.told_of_messages(), ["!+2000", "!-2000"]);
}

#[test]
fn delivers_an_update_before_its_creation_as_the_creation() {
    let chat = Chat::with_rooms(3);
    let mut driver = opened(&chat, config());
    chat.post(1, 2_000);
    let created = chat.created(2_000);
    chat.edit(2_000, "edited");
    driver.frame(&chat.updated(2_000));
    driver.frame(&created);
    assert_eq!(driver.told(), ["!+2000"]);
    assert!(driver.events[0].1.contains("edited") && driver.events[0].1.contains("TextMessagesCreated"));
    driver.pass(120 * SECOND);
    assert_eq!(driver.told_of_messages(), ["!+2000"]);
}

#[test]
fn delivers_a_room_update_before_its_creation_as_the_creation() {
    let chat = Chat::with_rooms(3);
    let mut driver = opened(&chat, config());
    chat.room(4, "made");
    let created = chat.room_frame("RoomCreated", 4);
    chat.room(4, "renamed");
    driver.frame(&chat.room_frame("RoomUpdated", 4));
    driver.frame(&created);
    driver.pass(120 * SECOND);
    let told = driver.told();
    assert_eq!(told, ["!R+4"]);
    assert!(driver.events[0].1.contains("renamed"));
}

#[test]
fn delivers_only_new_messages_of_a_frame() {
    let chat = Chat::with_rooms(3);
    let mut driver = opened(&chat, config());
    for (room, id) in [(1, 2_000), (2, 2_001), (3, 2_002)] {
        chat.post(room, id);
    }
    driver.frame(&chat.created(2_001));
    driver.frame(&chat.several("TextMessagesCreated", &[2_000, 2_001, 2_002, 2_000]));
    assert_eq!(driver.told(), ["!+2001", "!+2000,2002"]);
}

#[test]
fn delivers_recovered_messages_once_despite_repeats() {
    let chat = Chat::with_rooms(3);
    let mut driver = away_from(&chat, config());
    chat.post(1, 2_000);
    chat.edit(1_002, "edited");
    let frames = [chat.created(2_000), chat.updated(1_002), chat.updated(2_000)];
    chat.fall_silent(true);
    driver.open();
    for frame in frames.iter().chain(&frames) {
        driver.frame(frame);
    }
    chat.fall_silent(false);
    driver.drain();
    for frame in frames.iter().chain(&frames) {
        driver.frame(frame);
    }
    driver.pass(120 * SECOND);
    let mut told: Vec<_> = driver.told_of_messages();
    told.sort();
    assert_eq!(told, ["+2000", "~1002"]);
}

#[test]
fn delivers_a_room_at_once_if_it_is_recreated_unchanged() {
    let chat = Chat::with_rooms(3);
    let mut driver = opened(&chat, config());
    chat.room(2, "renamed");
    driver.frame(&chat.room_frame("RoomUpdated", 2));
    driver.frame(&room_deleted(2));
    chat.fall_silent(true);
    driver.frame(&chat.room_frame("RoomCreated", 2));
    assert_eq!(driver.told(), ["!R~2", "!R-2", "!R+2"]);
}

#[test]
fn does_not_revert_if_an_event_held_when_its_room_was_deleted_is_repeated() {
    let chat = Chat::with_a_room();
    let mut driver = away_from(&chat, with_history());
    driver.events.clear();
    chat.break_room(1, Fault::Hangs);
    driver.open();
    chat.edit(10, "one");
    let older = chat.updated(10);
    driver.frame(&older);
    driver.frame(&room_deleted(1));
    chat.repair();
    chat.edit(10, "two");
    driver.frame(&chat.room_frame("RoomCreated", 1));
    driver.frame(&older);
    driver.pass(120 * SECOND);
    assert_eq!(driver.told(), ["!R-1", "!R+1", "+10,11"]);
}

#[test]
fn removes_a_room_revived_by_a_repeat() {
    let chat = Chat::with_rooms(3);
    let mut driver = opened(&chat, config());
    chat.room(4, "made");
    let created = chat.room_frame("RoomCreated", 4);
    driver.frame(&created);
    chat.remove_room(4);
    driver.frame(&room_deleted(4));
    driver.frame(&created);
    driver.pass(10 * SECOND);
    assert_eq!(driver.told().last().map(String::as_str), Some("R-4"));
}

#[test]
fn delivers_a_room_once_if_the_list_and_the_stream_have_it() {
    let chat = Chat::with_rooms(3);
    let mut driver = away_from(&chat, config());
    chat.room(4, "made");
    chat.room(2, "renamed");
    let frames = [
        chat.room_frame("RoomCreated", 4),
        chat.room_frame("RoomUpdated", 2),
    ];
    chat.fall_silent(true);
    driver.open();
    for frame in &frames {
        driver.frame(frame);
    }
    chat.fall_silent(false);
    driver.drain();
    for frame in &frames {
        driver.frame(frame);
    }
    driver.pass(120 * SECOND);
    let told: Vec<_> = driver
        .told()
        .iter()
        .map(|what| what.trim_start_matches('!').to_owned())
        .collect();
    assert_eq!(told.iter().filter(|what| *what == "R+4").count(), 1, "{told:?}");
    assert_eq!(told.iter().filter(|what| *what == "R~2").count(), 1, "{told:?}");
    assert_eq!(told.len(), 2);
}

#[test]
fn delivers_a_room_update_once_after_the_first_list() {
    let chat = Chat::with_a_room();
    let mut driver = Driver::with(config(), 1, chat.rest());
    driver.open();
    let update = chat.room_frame("RoomUpdated", 1);
    driver.frame(&update);
    driver.frame(&update);
    assert_eq!(driver.told(), ["!R~1"]);
}

#[test]
fn does_not_revert_if_a_held_repeat_and_an_outdated_page_agree() {
    let chat = Chat::with_a_room();
    chat.comment(10, 12);
    chat.edit(11, "one");
    let (earlier, first) = (chat.as_of_now(), chat.updated(11));
    chat.edit(11, "two");
    let phase = Rc::new(Cell::new(0));
    let rest = {
        let (phase, mut current, mut lagging) = (Rc::clone(&phase), chat.rest(), earlier.rest());
        move |request| match (phase.get(), request) {
            (0, Request::Messages { .. }) => Some((503, String::new())),
            (1, Request::Comments { .. }) => {
                phase.set(2);
                Some((503, String::new()))
            }
            (2, Request::Messages { .. }) => lagging(request),
            _ => current(request),
        }
    };
    let mut quick = with_history();
    quick.catch_up.backoff.ceiling = 100 * MILLI;
    let mut driver = Driver::with(quick, 1, Box::new(rest));
    driver.open();
    for frame in [&first, &chat.updated(11), &first] {
        driver.frame(frame);
    }
    phase.set(1);
    driver.pass(SECOND);
    assert_eq!(phase.replace(3), 2);
    driver.pass(120 * SECOND);
    assert_eq!(driver.told_of_messages(), ["+10,11", "+12"]);
}

#[test]
fn does_not_revert_if_an_older_event_is_repeated_after_another_room_with_many_messages_was_deleted() {
    let chat = Chat::with_rooms(3);
    let mut driver = opened(&chat, config());
    let mut older = Vec::new();
    for text in ["one", "two"] {
        chat.edit(1_001, text);
        chat.room(1, text);
        older.extend([chat.updated(1_001), chat.room_frame("RoomUpdated", 1)]);
        driver.frame(&older[older.len() - 2]);
        driver.frame(&older[older.len() - 1]);
    }
    for id in 2_000..2_100 {
        chat.post(2, id);
        driver.frame(&chat.created(id));
    }
    chat.remove_room(2);
    driver.frame(&room_deleted(2));
    driver.events.clear();
    driver.frame(&older[0]);
    driver.frame(&older[1]);
    driver.pass(120 * SECOND);
    assert_eq!(driver.told(), Vec::<String>::new());
}

/// A client with a small window that compares after silence.
fn with_a_small_window() -> (Chat, Driver) {
    let chat = Chat::with_a_room();
    let mut config = config();
    config.catch_up.window = 5;
    config.watchdog.compare_after = 100 * SECOND;
    let driver = opened(&chat, config);
    (chat, driver)
}

/// The message leaves the window, and the client reads it again after a gap.
fn assert_it_is_not_told_again(chat: &Chat, driver: &mut Driver) {
    for id in 100..140 {
        chat.post(1, id);
        driver.frame(&chat.created(id));
    }
    driver.lose_and_reconnect();
    driver.open();
    driver.events.clear();
    driver.pass(500 * SECOND);
    assert_eq!(driver.told_of_messages(), [""; 0]);
}

#[test]
fn delivers_an_edit_once_if_its_message_leaves_the_window() {
    let (chat, mut driver) = with_a_small_window();
    chat.edit(10, "edited");
    driver.frame(&chat.updated(10));
    assert_eq!(driver.told_of_messages(), ["!~10"]);
    assert_it_is_not_told_again(&chat, &mut driver);
}

#[test]
fn delivers_a_recovered_edit_once_if_its_message_leaves_the_window() {
    let (chat, mut driver) = with_a_small_window();
    driver.lose_and_reconnect();
    chat.edit(10, "edited");
    driver.open();
    driver.pass(10 * SECOND);
    assert_eq!(driver.told_of_messages(), ["~10"]);
    assert_it_is_not_told_again(&chat, &mut driver);
}
