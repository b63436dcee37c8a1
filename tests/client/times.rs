//! Uninformative times: the order of the stream decides, and after a gap any other content is a new version.

use crate::chat::{Chat, Habits, Times, deleted};
use crate::driver::Driver;
use crate::scenario::{SECOND, away_from, config, opened};

const ALL: [Times; 5] = [
    Times::Millis,
    Times::Seconds,
    Times::Zero,
    Times::Absent,
    Times::SetBack,
];

fn chat_with(times: Times) -> Chat {
    let chat = Chat::with_rooms(3);
    chat.set_habits(Habits {
        times,
        ..Habits::default()
    });
    chat
}

/// The text of a message in the last event that has one.
fn last_text(driver: &Driver, id: u64) -> Option<String> {
    let key = format!("\"messageId\":{id},");
    let (_, event) = driver
        .events
        .iter()
        .rfind(|(_, text)| text.contains(&key) && text.contains("\"text\""))?;
    let (_, rest) = event.split_once(&key)?;
    Some(rest.split_once("\"text\":\"")?.1.split('"').next()?.to_owned())
}

#[test]
fn delivers_live_edits_in_the_order_of_the_stream() {
    for times in ALL {
        let chat = chat_with(times);
        let mut driver = opened(&chat, config());
        for text in ["first", "second", "third"] {
            chat.edit(1_001, text);
            driver.frame(&chat.updated(1_001));
            assert_eq!(last_text(&driver, 1_001).as_deref(), Some(text), "{times:?}");
        }
        assert_eq!(driver.told(), ["!~1001"; 3], "{times:?}");
        driver.pass(120 * SECOND);
        assert_eq!(driver.told(), ["!~1001"; 3], "{times:?}");
    }
}

#[test]
fn delivers_edits_renames_and_deletions_after_a_gap() {
    for times in ALL {
        let chat = chat_with(times);
        let mut driver = away_from(&chat, config());
        chat.edit(1_001, "edited");
        chat.room(2, "renamed");
        chat.delete(1_003);
        chat.post(1, 2_000);
        driver.open();
        driver.pass(120 * SECOND);
        let mut told = driver.told();
        told.sort();
        told.dedup();
        let expected = ["+2000", "-1003", "R~1", "R~2", "R~3", "~1001"];
        assert_eq!(told, expected, "{times:?}");
        assert_eq!(last_text(&driver, 1_001).as_deref(), Some("edited"));
    }
}

#[test]
fn delivers_a_live_edit_after_a_recovered_one() {
    for times in ALL {
        let chat = chat_with(times);
        let mut driver = away_from(&chat, config());
        chat.edit(1_001, "in the gap");
        driver.open();
        chat.edit(1_001, "live");
        driver.frame(&chat.updated(1_001));
        driver.pass(120 * SECOND);
        assert_eq!(driver.told_of_messages(), ["~1001", "!~1001"], "{times:?}");
        assert_eq!(last_text(&driver, 1_001).as_deref(), Some("live"));
    }
}

#[test]
fn delivers_reverted_edits() {
    for times in ALL {
        let chat = chat_with(times);
        let mut driver = opened(&chat, config());
        for text in ["one", "two", "one", "two"] {
            chat.edit(1_001, text);
            driver.frame(&chat.updated(1_001));
            driver.pass(10 * SECOND);
            assert_eq!(
                last_text(&driver, 1_001).as_deref(),
                Some(text),
                "{times:?}: {:?}",
                driver.told()
            );
        }
    }
}

#[test]
fn delivers_live_renames_in_the_order_of_the_stream() {
    for times in ALL {
        let chat = chat_with(times);
        let mut driver = opened(&chat, config());
        for name in ["first", "second", "third"] {
            chat.room(2, name);
            driver.frame(&chat.room_frame("RoomUpdated", 2));
            let (_, event) = driver.events.last().expect("an event");
            assert!(event.contains(name), "{times:?}");
        }
        driver.pass(120 * SECOND);
        assert_eq!(driver.told(), ["!R~2"; 3], "{times:?}");
    }
}

#[test]
fn keeps_the_order_if_the_clock_is_set_back_during_a_gap() {
    let chat = chat_with(Times::Millis);
    let mut driver = opened(&chat, config());
    chat.edit(1_001, "before");
    driver.frame(&chat.updated(1_001));
    driver.pass(10 * SECOND);
    driver.lose_and_reconnect();
    chat.set_habits(Habits {
        times: Times::SetBack,
        ..Habits::default()
    });
    chat.edit(1_001, "in the gap");
    driver.open();
    chat.edit(1_001, "live");
    driver.frame(&chat.updated(1_001));
    driver.frame(&deleted(2, 0, 1_002));
    chat.delete(1_002);
    driver.pass(120 * SECOND);
    assert_eq!(last_text(&driver, 1_001).as_deref(), Some("live"));
    let told = driver.told_of_messages();
    assert_eq!(
        told.iter().filter(|what| what.contains("-1002")).count(),
        1,
        "{told:?}"
    );
}
