//! Another user logs in, in the same browser.

use room_events::client::{ConnectionStatus, Request};

use crate::chat::Chat;
use crate::scenario::{SECOND, away_from, config, opened};

#[test]
fn delivers_no_deletions_to_another_user_and_starts_over() {
    let chat = Chat::with_a_room();
    let mut driver = away_from(&chat, config());
    chat.change_user();
    // Rooms that the new user cannot see are not deleted.
    chat.remove_room(1);
    chat.room(2, "private");
    driver.open();
    driver.pass(120 * SECOND);
    assert!(
        driver.told().iter().all(|told| !told.contains('-')),
        "{:?}",
        driver.told()
    );
    assert_eq!(driver.starts_over, 1);
}

#[test]
fn continues_if_it_is_the_same_user() {
    let chat = Chat::with_a_room();
    let mut driver = away_from(&chat, config());
    chat.post(1, 12);
    driver.open();
    driver.drain();
    assert_eq!(driver.told_of_messages(), ["+12"]);
    assert_eq!(driver.starts_over, 0);
    assert_eq!(driver.status(), ConnectionStatus::Open);
}

#[test]
fn continues_if_the_status_request_is_not_answered() {
    let chat = Chat::with_a_room();
    let mut driver = away_from(&chat, config());
    driver.rest = chat.rest_if(|request| request != Request::Status);
    chat.post(1, 12);
    driver.open();
    driver.drain();
    assert_eq!(driver.told_of_messages(), ["+12"]);
}

#[test]
fn continues_if_the_server_names_no_user() {
    let chat = Chat::with_a_room();
    let mut driver = away_from(&chat, config());
    let mut rest = chat.rest();
    driver.rest = Box::new(move |request| match request {
        Request::Status => Some((200, r#"{"httpStatusCode":200}"#.to_owned())),
        _ => rest(request),
    });
    chat.post(1, 12);
    driver.open();
    driver.drain();
    assert_eq!(driver.told_of_messages(), ["+12"]);
}

#[test]
fn requests_the_user_once_per_connection() {
    let chat = Chat::with_a_room();
    let mut driver = opened(&chat, config());
    driver.lose_and_reconnect();
    driver.open();
    driver.pass(10 * SECOND);
    let asked = driver.asked.iter();
    assert_eq!(asked.filter(|request| **request == Request::Status).count(), 1);
}
