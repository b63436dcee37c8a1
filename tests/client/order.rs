//! What was caught up with and what came meanwhile, in one order.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use room_events::client::delivery::Delivery;
use room_events::client::machine::ClientConfig;
use room_events::client::rest::Request;
use room_events::client::state::Phase;
use room_events::client::sync::CatchUpConfig;
use serde_json::{Value, json};

use crate::catchup::{SECOND, away_from, config, told};
use crate::chat::{self, Chat};
use crate::driver::Driver;

/// What the REST API has in its only room; `None` while it does not answer.
type Room = Rc<RefCell<Option<Vec<Value>>>>;

fn message(id: u64) -> Value {
    json!({"messageId": id, "messageType": "Regular", "roomId": 1, "text": "", "userId": 2, "lastModifiedUtc": id})
}

fn created(id: u64) -> String {
    json!({"type": "TextMessagesCreated", "data": {"messages": [message(id)]}}).to_string()
}

fn deleted(id: u64) -> String {
    json!({"type": "TextMessageDeleted", "data": {"parentMessageId": 0, "roomId": 1, "messageId": id}})
        .to_string()
}

/// A client that has lost its connection and is about to catch up.
fn behind(room: &Room) -> Driver {
    let config = ClientConfig {
        catch_up: CatchUpConfig {
            history: true,
            ..CatchUpConfig::default()
        },
        ..ClientConfig::default()
    };
    let messages = Rc::clone(room);
    let rest = move |request| {
        let messages = messages.borrow().clone()?;
        let answer = match request {
            Request::Rooms => {
                let last = messages
                    .last()
                    .map(|last| json!({"messageId": last["messageId"], "userId": 2}));
                json!({"rooms": [{"roomId": 1, "name": "Lobby", "lastMessage": last}]})
            }
            Request::Messages { cursor, .. } => {
                let newer = |message: &&Value| message["messageId"].as_u64() > Some(cursor.get());
                json!({"messages": messages.iter().filter(newer).collect::<Vec<_>>()})
            }
            _ => json!({"messages": messages}),
        };
        Some((200, answer.to_string()))
    };
    let mut driver = Driver::with(config, 1, Box::new(rest));
    driver.open();
    driver.lose(1006);
    *room.borrow_mut() = None;
    driver.pass_until_timer();
    driver.open();
    driver.events.clear();
    driver
}

#[test]
fn a_message_that_came_and_went_during_a_run_is_not_told_behind_newer_ones() {
    let room = Room::new(RefCell::new(Some(vec![message(1)])));
    let mut driver = behind(&room);
    for frame in [created(2), created(3), deleted(2), deleted(1), created(4)] {
        driver.frame(&frame);
    }
    *room.borrow_mut() = Some(vec![message(3), message(4)]);
    driver.happen(|_, _| {});
    let told: Vec<Value> = driver
        .events
        .iter()
        .map(|(_, text)| serde_json::from_str(text).expect("JSON"))
        .filter(|event: &Value| event["type"] != "RoomUpdated")
        .collect();
    let ids: Vec<_> = told
        .iter()
        .map(|event| match event["data"]["messages"].as_array() {
            Some(messages) => json!([
                messages[0]["messageId"],
                messages.last().map(|last| &last["messageId"])
            ]),
            None => event["data"]["messageId"].clone(),
        })
        .collect();
    assert_eq!(ids, [json!(1), json!([3, 4])], "{told:?}");
    assert!(driver.events.iter().all(|(recovered, _)| *recovered));
}

/// A client that was too far behind in a room of which it follows two messages, and whose newest message is a comment
/// on one of them. And what is still on its way from before that comment: message 15 came, 10 and 15 went, and the
/// room was as the last frame says.
fn too_far_behind() -> (Chat, Driver, [String; 4]) {
    let chat = Chat::with_a_room();
    let mut config = config();
    config.catch_up.window = 2;
    config.catch_up.max_messages = 2;
    let mut driver = away_from(&chat, config);
    for id in 12..=15 {
        chat.post(1, id);
    }
    let created = chat.created(15);
    chat.delete(10);
    chat.delete(15);
    let room = chat.room_frame("RoomUpdated", 1);
    chat.comment(14, 16);
    driver.open();
    driver.events.clear();
    let late = [created, chat::deleted(1, 0, 10), chat::deleted(1, 0, 15), room];
    (chat, driver, late)
}

#[test]
fn a_deletion_that_is_older_than_a_room_does_not_let_an_older_room_pass() {
    let (_, mut driver, late) = too_far_behind();
    for frame in late {
        driver.frame(&frame);
    }
    assert_eq!(told(&driver), ["!+15", "!-10", "!-15"]);
}

#[test]
fn the_deletion_of_a_message_that_was_there_lets_the_room_that_follows_pass() {
    // A server may leave it unsaid that the comments go with the message.
    for says_so in [true, false] {
        let (chat, mut driver, _) = too_far_behind();
        chat.delete(16);
        if says_so {
            driver.frame(&chat::deleted(1, 14, 16));
        }
        chat.delete(14);
        driver.frame(&chat::deleted(1, 0, 14));
        driver.frame(&chat.room_frame("RoomUpdated", 1));
        let told = told(&driver);
        assert_eq!(told[usize::from(says_so)..], ["!-14", "!R~1"], "{told:?}");
    }
}

#[test]
fn the_comments_of_an_older_message_go_with_it_once() {
    let chat = Chat::with_a_room();
    let mut config = config();
    config.catch_up.window = 2;
    let mut driver = Driver::with(config, 1, chat.rest());
    driver.open();
    chat.post(1, 12);
    driver.frame(&chat.created(12));
    chat.comment(10, 13);
    driver.frame(&chat.created(13));
    driver.events.clear();
    // Of the comment the server says nothing.
    chat.delete(13);
    chat.delete(10);
    driver.frame(&chat::deleted(1, 0, 10));
    assert_eq!(told(&driver), ["!-13", "!-10"]);
    driver.pass(10 * SECOND);
    driver.lose(1001);
    driver.events.clear();
    driver.pass_until_timer();
    driver.open();
    assert_eq!(told(&driver), ["R~1"]);
}

#[test]
fn a_comment_that_comes_late_on_a_message_that_is_gone_is_not_told() {
    let chat = Chat::with_a_room();
    let mut driver = away_from(&chat, config());
    chat.fall_silent(true);
    driver.open();
    chat.comment(11, 12);
    driver.frame(&chat.created(12));
    // Of the comment the server says nothing.
    chat.delete(12);
    chat.delete(11);
    driver.frame(&chat::deleted(1, 0, 11));
    chat.fall_silent(false);
    driver.drain();
    assert_eq!(told(&driver), ["R~1", "-11"]);
}

#[test]
fn a_comment_that_went_before_its_thread_was_read_does_not_stand_for_another() {
    let chat = Chat::with_a_room();
    let mut driver = Driver::with(config(), 1, chat.rest());
    driver.open();
    chat.post(1, 12);
    driver.frame(&chat.created(12));
    driver.pass(10 * SECOND);
    driver.lose(1001);
    chat.comment(12, 13);
    let (mut rest, answers) = (chat.rest(), Rc::new(Cell::new(false)));
    let does_answer = Rc::clone(&answers);
    driver.rest = Box::new(move |request| match request {
        Request::Comments { .. } if !does_answer.get() => None,
        _ => rest(request),
    });
    driver.pass_until_timer();
    driver.open();
    // The message was said to have a comment, and it is gone when its thread is read.
    chat.delete(13);
    chat.edit(12, "no longer commented on");
    answers.set(true);
    driver.drain();
    driver.frame(&chat::deleted(1, 12, 13));
    driver.frame(&chat.updated(12));
    // Of another comment the stream keeps the creation back.
    chat.comment(12, 14);
    driver.frame(&chat.updated(12));
    driver.pass(10 * SECOND);
    driver.lose(1001);
    driver.events.clear();
    driver.pass_until_timer();
    driver.open();
    assert_eq!(told(&driver), ["R~1", "+14"]);
}

#[test]
fn a_message_that_came_and_went_is_told_gone_where_the_application_had_to_load_its_room_meanwhile() {
    let chat = Chat::with_a_room();
    chat.post(1, 12);
    let mut config = config();
    config.catch_up.max_messages = 2;
    let mut driver = away_from(&chat, config);
    for id in 20..23 {
        chat.comment(12, id);
    }
    let (mut rest, answers) = (chat.rest(), Rc::new(Cell::new(false)));
    let does_answer = Rc::clone(&answers);
    driver.rest = Box::new(move |request| match request {
        Request::Comments { .. } if !does_answer.get() => Some((503, String::new())),
        _ => rest(request),
    });
    driver.open();
    chat.post(1, 30);
    driver.frame(&chat.created(30));
    driver.frame(&chat::deleted(1, 0, 30));
    // The thread is too long, and the application loads the room: there may be the message still.
    answers.set(true);
    driver.pass(SECOND);
    assert_eq!(driver.phase(), Phase::Open);
    let resyncs = driver
        .others
        .iter()
        .filter(|other| matches!(other, Delivery::ResyncRequired { .. }));
    assert_eq!(resyncs.count(), 1);
    let told = told(&driver);
    assert!(told.contains(&"!-30".to_owned()), "{told:?}");
    assert!(!told.iter().any(|what| what.contains("+30")), "{told:?}");
}

#[test]
fn an_older_room_does_not_pass_where_the_room_went_before_it_was_read() {
    let chat = Chat::with_a_room();
    chat.comment(10, 12);
    let mut driver = away_from(&chat, config());
    // On its way from before the comment that is the newest message: a message went, and the room was without it.
    chat.delete(12);
    chat.delete(10);
    let late = [chat::deleted(1, 0, 10), chat.room_frame("RoomUpdated", 1)];
    chat.comment(11, 20);
    let mut rest = chat.rest();
    driver.rest = Box::new(move |request| match request {
        Request::Messages { .. } => Some((403, String::new())),
        _ => rest(request),
    });
    driver.open();
    for frame in late {
        driver.frame(&frame);
    }
    assert_eq!(told(&driver), ["R~1", "!-10"]);
    // Where it can be read again, what it says counts.
    driver.pass(10 * SECOND);
    driver.lose(1001);
    driver.events.clear();
    driver.rest = chat.rest();
    driver.pass_until_timer();
    driver.open();
    chat.delete(20);
    driver.frame(&chat::deleted(1, 11, 20));
    driver.frame(&chat.room_frame("RoomUpdated", 1));
    assert_eq!(told(&driver), ["~11", "+20", "!-20", "!R~1"]);
}

#[test]
fn the_room_without_its_newest_message_passes_where_it_had_to_be_loaded_meanwhile() {
    let chat = Chat::with_a_room();
    let mut config = config();
    config.catch_up.max_messages = 2;
    let mut driver = away_from(&chat, config);
    for id in 20..=23 {
        chat.post(1, id);
    }
    let (mut rest, answers) = (chat.rest(), Rc::new(Cell::new(false)));
    let does_answer = Rc::clone(&answers);
    driver.rest = Box::new(move |request| match request {
        Request::Messages { .. } if !does_answer.get() => Some((503, String::new())),
        _ => rest(request),
    });
    driver.open();
    // The room was listed with it.
    chat.delete(23);
    driver.frame(&chat::deleted(1, 0, 23));
    driver.frame(&chat.room_frame("RoomUpdated", 1));
    answers.set(true);
    driver.pass(SECOND);
    assert_eq!(driver.others.len(), 1, "{:?}", driver.others);
    assert_eq!(told(&driver), ["R~1", "!-23", "!R~1"]);
}
