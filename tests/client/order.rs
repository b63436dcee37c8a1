//! What was caught up with and what came meanwhile, in one order.

use std::cell::RefCell;
use std::rc::Rc;

use room_events::client::catchup::CatchUpConfig;
use room_events::client::machine::ClientConfig;
use room_events::client::rest::Request;
use serde_json::{Value, json};

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
