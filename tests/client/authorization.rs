//! A server that does not accept the session: nothing is hammered, and a new login goes on.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use room_events::client::connection::ConnectionConfig;
use room_events::client::machine::ClientConfig;
use room_events::client::rest::Request;
use room_events::client::session::Authorized;
use room_events::client::state::Phase::{CatchingUp, Open, Unauthorized, Waiting};

use crate::chat::Chat;
use crate::driver::Driver;

const HOUR: Duration = Duration::from_secs(3_600);

fn driver_with_status(status: Option<u16>) -> Driver {
    let mut driver = Driver::new(ConnectionConfig::default(), 1);
    driver.rest = Box::new(move |_| status.map(|status| (status, "{}".to_owned())));
    driver
}

#[test]
fn a_close_code_that_means_it_ends_the_attempts() {
    for code in [1008, 4401, 4403] {
        let mut driver = Driver::new(ConnectionConfig::default(), 1);
        driver.open();
        driver.lose(code);
        assert_eq!(driver.phase(), Unauthorized);
        let cause = driver.client.state().cause.clone().expect("it says why");
        assert_eq!((cause.code, cause.was_clean), (code, true));
        driver.pass(HOUR);
        assert_eq!(
            (driver.phase(), driver.sockets.len()),
            (Unauthorized, 1),
            "{code}"
        );
    }
    for code in [1000, 1001, 1006, 1011, 1012, 4001, 4400, 4402] {
        let mut driver = Driver::new(ConnectionConfig::default(), 1);
        driver.open();
        driver.lose(code);
        assert_eq!(driver.phase(), Waiting, "{code} says nothing of the session");
    }
}

#[test]
fn a_refused_upgrade_is_looked_into() {
    let mut driver = driver_with_status(Some(401));
    driver.lose(1006);
    assert_eq!(
        (driver.phase(), &*driver.asked),
        (Unauthorized, &[Request::Status][..])
    );
    driver.pass(HOUR);
    assert_eq!((driver.sockets.len(), driver.asked.len()), (1, 1), "no hammering");
    for other in [Some(200), Some(403), Some(404), Some(500), Some(503)] {
        let mut driver = driver_with_status(other);
        driver.lose(1006);
        assert_eq!(driver.phase(), Waiting, "{other:?}");
    }
}

#[test]
fn a_refused_upgrade_of_which_nothing_can_be_learnt_is_tried_again() {
    let mut driver = driver_with_status(None);
    driver.lose(1006);
    driver.pass(Duration::from_secs(10));
    assert!(driver.sockets.len() > 1 || driver.phase() == Waiting);
}

#[test]
fn an_answer_about_an_earlier_attempt_says_nothing_of_this_one() {
    let mut driver = driver_with_status(None);
    driver.lose(1006);
    driver.happen(|client, now| client.handle_suspended("the page was left", now));
    assert_eq!(driver.requests, [], "the question was taken back");
    driver.happen(|client, now| client.handle_resumed(now));
    driver.open();
    assert_eq!(driver.phase(), Open);
}

#[test]
fn the_application_is_asked_once_to_log_in_and_a_login_reconnects() {
    let mut driver = driver_with_status(Some(401));
    driver.lose(1006);
    assert_eq!(driver.authorizations, 1);
    driver.happen(|client, now| client.handle_authorized(Authorized::Yes, now));
    assert_eq!(driver.sockets.len(), 2);
    // The login did not help.
    driver.lose(1006);
    assert_eq!(
        (driver.phase(), driver.authorizations),
        (Unauthorized, 1),
        "it is not asked in a circle"
    );
    // Until a connection was open again.
    driver.happen(|client, now| client.reconnect_now(now));
    driver.open();
    driver.lose(4401);
    assert_eq!(driver.authorizations, 2);
}

#[test]
fn a_login_that_fails_changes_nothing() {
    let mut driver = driver_with_status(Some(401));
    driver.lose(1006);
    driver.happen(|client, now| client.handle_authorized(Authorized::No, now));
    driver.pass(HOUR);
    assert_eq!((driver.phase(), driver.sockets.len()), (Unauthorized, 1));
}

#[test]
fn a_session_that_ends_during_the_catch_up_is_noticed() {
    let chat = Chat::with_a_room();
    let mut driver = Driver::with(ClientConfig::default(), 1, chat.rest());
    driver.open();
    driver.pass(Duration::from_secs(10));
    driver.lose(1006);
    driver.pass_until_timer();
    chat.answer_with(Some(401));
    driver.open();
    assert_eq!((driver.phase(), driver.socket), (Unauthorized, None));
    chat.answer_with(None);
    driver.happen(|client, now| client.reconnect_now(now));
    driver.open();
    assert_eq!(driver.phase(), Open);
    assert!(driver.phases().contains(&CatchingUp));
}

#[test]
fn a_first_reading_that_is_refused_is_given_up_as_a_whole() {
    let chat = Chat::with_a_room();
    chat.room(2, "refused");
    chat.post(2, 20);
    let mut rest = chat.rest();
    let mut driver = Driver::with(
        ClientConfig::default(),
        1,
        Box::new(move |request| match request {
            Request::Messages { room_id, .. } if room_id.get() == 1 => None,
            Request::Messages { .. } => Some((401, "{}".to_owned())),
            other => rest(other),
        }),
    );
    driver.open();
    assert_eq!(driver.phase(), Open, "the stream is open, so the session is good");
    driver.close();
    assert_eq!(driver.client.poll_timeout(), None);
}

#[test]
fn a_login_that_lets_only_a_part_of_the_catch_up_through_is_not_asked_for_in_a_circle() {
    let chat = Chat::with_a_room();
    chat.room(2, "new");
    chat.post(2, 20);
    let mut config = ClientConfig::default();
    config.catch_up.history = true;
    let answers = Rc::new(Cell::new(false));
    let may_answer = Rc::clone(&answers);
    let rest = Box::new(move |request| match request {
        // The list was made before the room was.
        Request::Rooms => may_answer.get().then(|| (200, r#"{"rooms":[]}"#.to_owned())),
        _ => Some((401, "{}".to_owned())),
    });
    let mut driver = Driver::with(config, 1, rest);
    for login in 0..3 {
        answers.set(false);
        driver.open();
        if driver.phase() == CatchingUp {
            driver.frame(&chat.room_frame("RoomCreated", 2));
        }
        answers.set(true);
        driver.happen(|_, _| ());
        assert_eq!(
            (driver.phase(), driver.authorizations),
            (Unauthorized, 1),
            "{login}"
        );
        driver.happen(|client, now| client.reconnect_now(now));
    }
}
