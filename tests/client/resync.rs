//! What cannot be told, so that the application has to load it again.

use std::cell::Cell;
use std::rc::Rc;

use room_events::client::delivery::{Delivery, ResyncReason};
use room_events::client::rest::Request;
use room_events::client::state::Phase::Open;
use room_events::protocol::ids::SafeInt;

use crate::catchup::{SECOND, away_from, config, told};
use crate::chat::Chat;
use crate::driver::Driver;

#[test]
fn of_a_room_that_is_too_far_behind_there_is_one_word_instead_of_a_flood() {
    let chat = Chat::with_a_room();
    chat.room(2, "quiet");
    let mut config = config();
    config.catch_up.max_messages = 20;
    config.catch_up.page = 10;
    let mut driver = away_from(&chat, config);
    for id in 100..200 {
        chat.post(1, id);
    }
    chat.post(2, 300);
    driver.open();
    assert_eq!(told(&driver), ["R~1", "R~2", "+300"]);
    let resyncs: Vec<_> = driver
        .others
        .iter()
        .filter(|other| matches!(other, Delivery::ResyncRequired { room_id: Some(id), reason: ResyncReason::TooFarBehind } if id.get() == 1))
        .collect();
    assert_eq!((resyncs.len(), driver.others.len()), (1, 1));
    // From there on the room is followed again.
    driver.pass(10 * SECOND);
    driver.lose(1001);
    driver.events.clear();
    chat.delete(199);
    driver.pass_until_timer();
    driver.open();
    assert_eq!(told(&driver), ["R~1", "-199"]);
}

#[test]
fn a_room_is_to_be_loaded_again_once_the_client_has_learnt_what_there_is() {
    let chat = Chat::with_a_room();
    let mut config = config();
    config.catch_up.max_messages = 1;
    let mut driver = away_from(&chat, config);
    let (mut rest, answers) = (chat.rest(), Rc::new(Cell::new(false)));
    let does_answer = Rc::clone(&answers);
    driver.rest = Box::new(move |request| match request {
        Request::NewestMessages { .. } if !does_answer.get() => None,
        _ => rest(request),
    });
    chat.post(1, 12);
    chat.post(1, 13);
    driver.open();
    assert_eq!(driver.others, []);
    // The connection breaks before; the next learns it.
    driver.lose(1006);
    driver.pass_until_timer();
    driver.open();
    assert_eq!(driver.others, []);
    answers.set(true);
    driver.drain();
    let expected = Delivery::ResyncRequired {
        room_id: SafeInt::new(1),
        reason: ResyncReason::NothingKnown,
    };
    assert_eq!(driver.others, [expected]);
    // The stream has kept this back, while the application was loading.
    chat.edit(13, "edited");
    driver.pass(10 * SECOND);
    driver.lose(1006);
    driver.events.clear();
    driver.pass_until_timer();
    driver.open();
    assert_eq!(told(&driver), ["~13"]);
}

#[test]
fn a_gap_before_anything_was_learnt_ends_in_a_resync_of_all() {
    let chat = Chat::with_a_room();
    let mut driver = Driver::with(config(), 1, chat.rest());
    chat.fall_silent(true);
    driver.open();
    driver.lose(1006);
    chat.fall_silent(false);
    driver.pass_until_timer();
    driver.open();
    assert_eq!(driver.phase(), Open);
    let expected = Delivery::ResyncRequired {
        room_id: None,
        reason: ResyncReason::NothingKnown,
    };
    assert_eq!(driver.others, [expected]);
}

#[test]
fn that_there_was_no_room_is_in_doubt_when_the_connection_breaks_right_afterwards() {
    // The application has loaded the room; then it goes, the client learns that there is none, and the connection
    // breaks with the event about it under way.
    let chat = Chat::with_a_room();
    let mut driver = Driver::with(config(), 1, chat.rest());
    chat.remove_room(1);
    driver.open();
    driver.lose(1006);
    driver.pass_until_timer();
    driver.open();
    let expected = Delivery::ResyncRequired {
        room_id: None,
        reason: ResyncReason::NothingKnown,
    };
    assert_eq!(driver.others, [expected]);
    // A connection that has lasted is believed.
    driver.pass(SECOND);
    driver.others.clear();
    driver.lose(1006);
    driver.pass_until_timer();
    driver.open();
    assert_eq!(driver.others, []);
}
