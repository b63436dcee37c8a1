//! A server that does not accept the session: the client does not hammer it, and continues after a new login.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use room_events::client::ConnectionStatus::{CatchingUp, Connecting, Open, Unauthorized, Waiting};
use room_events::client::{Authorized, ClientConfig, ConnectionConfig, Reply, Request};

use crate::chat::Chat;
use crate::driver::Driver;
use crate::scenario::{config, opened, with_history};

const HOUR: Duration = Duration::from_secs(3_600);

fn driver_with_status(status: Option<u16>) -> Driver {
    let mut driver = Driver::new(ConnectionConfig::default(), 1);
    driver.rest = Box::new(move |_| status.map(|status| (status, "{}".to_owned())));
    driver
}

#[test]
fn is_unauthorized_after_close_codes_that_mean_it() {
    for code in [1008, 3000, 3003, 4401, 4403] {
        let mut driver = Driver::new(ConnectionConfig::default(), 1);
        driver.open();
        driver.lose(code);
        assert_eq!(driver.status(), Unauthorized);
        let cause = driver.client.state().cause.clone().expect("it says why");
        assert_eq!((cause.code, cause.was_clean), (code, true));
        driver.pass(HOUR);
        assert_eq!(
            (driver.status(), driver.sockets.len()),
            (Unauthorized, 1),
            "{code}"
        );
    }
    for code in [1000, 1001, 1006, 1011, 1012, 3001, 4001, 4400, 4402] {
        let mut driver = Driver::new(ConnectionConfig::default(), 1);
        driver.open();
        driver.lose(code);
        assert_eq!(driver.status(), Waiting, "{code} says nothing of the session");
    }
}

#[test]
fn is_unauthorized_if_the_status_request_says_so() {
    for (status, words) in [
        (401, "GET /status was answered with 401"),
        (403, "GET /status was answered with 403"),
        (302, "GET /status was answered with a redirect"),
        (307, "GET /status was answered with a redirect"),
    ] {
        let mut driver = driver_with_status(Some(status));
        driver.lose(1006);
        assert_eq!(
            (driver.status(), &*driver.asked),
            (Unauthorized, &[Request::Status][..])
        );
        let cause = driver.client.state().cause.clone().expect("it says why");
        assert_eq!((cause.code, cause.status), (1006, Some(status)));
        assert_eq!(
            cause.reason,
            format!("the server refused the connection; {words}")
        );
        driver.pass(HOUR);
        assert_eq!((driver.sockets.len(), driver.asked.len()), (1, 1), "no hammering");
    }
}

#[test]
fn retries_a_refused_upgrade_after_any_other_status() {
    for (status, body, words) in [
        (200, " {\"userId\":1}\n", "GET /status was answered with 200"),
        (
            200,
            "<!doctype html><title>Log in</title>",
            "GET /status was answered with 200, but not with the API's JSON",
        ),
        (
            200,
            "",
            "GET /status was answered with 200, but not with the API's JSON",
        ),
        (404, "{}", "GET /status was answered with 404"),
        (500, "{}", "GET /status was answered with 500"),
        (503, "{}", "GET /status was answered with 503"),
    ] {
        let mut driver = Driver::new(ConnectionConfig::default(), 1);
        driver.rest = Box::new(move |_| Some((status, body.to_owned())));
        driver.lose(1006);
        let state = driver.client.state().clone();
        let cause = state.cause.expect("it says why");
        assert_eq!((state.status, cause.status), (Waiting, Some(status)));
        assert_eq!(
            cause.reason,
            format!("the server refused the connection; {words}")
        );
        driver.pass_until_timer();
        assert_eq!(driver.sockets.len(), 2);
    }
}

#[test]
fn retries_a_refused_upgrade_if_the_status_request_times_out() {
    let mut driver = driver_with_status(None);
    driver.lose(1006);
    driver.pass(Duration::from_secs(10));
    let waiting = driver.states.iter().find(|state| state.status == Waiting);
    let cause = waiting
        .and_then(|state| state.cause.clone())
        .expect("it says why");
    assert_eq!(cause.status, None);
    assert_eq!(
        cause.reason,
        "the server refused the connection; GET /status was not answered"
    );
    driver.pass(Duration::from_secs(1));
    assert!(driver.sockets.len() > 1);
}

#[test]
fn retries_a_refused_upgrade_if_the_status_response_is_too_large() {
    let mut driver = driver_with_status(None);
    driver.lose(1006);
    let (id, _) = driver.requests.pop().expect("a request is under way");
    driver.happen(|client, now| client.handle_reply(id, Reply::TooLarge, now));
    let cause = driver.client.state().cause.clone().expect("it says why");
    assert_eq!((driver.status(), cause.status), (Waiting, None));
    assert_eq!(
        cause.reason,
        "the server refused the connection; the answer to GET /status was too large"
    );
}

#[test]
fn aborts_the_status_request_of_an_earlier_attempt() {
    let mut driver = driver_with_status(None);
    driver.lose(1006);
    driver.happen(|client, now| client.handle_suspended("the page was left", now));
    assert_eq!(driver.requests, [], "the request was aborted");
    driver.happen(|client, now| client.handle_resumed(now));
    driver.open();
    assert_eq!(driver.status(), Open);
}

#[test]
fn asks_once_for_a_login_and_reconnects_after_it() {
    let mut driver = driver_with_status(Some(401));
    driver.lose(1006);
    assert_eq!(driver.authorizations, 1);
    driver.authorized(Authorized::Yes);
    assert_eq!(driver.sockets.len(), 2);
    // The login did not help.
    driver.lose(1006);
    assert_eq!(
        (driver.status(), driver.authorizations),
        (Unauthorized, 1),
        "the application is not asked in a loop"
    );
}

#[test]
fn asks_for_a_login_again_after_a_stable_connection() {
    for (lasts, asked) in [(Duration::from_millis(4_999), 1), (Duration::from_secs(5), 2)] {
        let mut driver = driver_with_status(Some(401));
        driver.lose(1006);
        driver.authorized(Authorized::Yes);
        driver.open();
        driver.pass(lasts);
        // The server accepts every upgrade, then closes the connection.
        driver.lose(4401);
        assert_eq!((driver.status(), driver.authorizations), (Unauthorized, asked));
    }
    // The loss may be reported before the timer that was due earlier fires.
    let mut driver = driver_with_status(Some(401));
    driver.lose(1006);
    driver.authorized(Authorized::Yes);
    driver.open();
    driver.now += Duration::from_secs(5);
    driver.lose(4401);
    assert_eq!(driver.authorizations, 2);
}

#[test]
fn stays_unauthorized_if_the_login_is_declined() {
    let mut driver = driver_with_status(Some(401));
    driver.lose(1006);
    driver.authorized(Authorized::No);
    driver.pass(HOUR);
    assert_eq!(
        (driver.status(), driver.sockets.len(), driver.authorizations),
        (Unauthorized, 1, 1)
    );
}

#[test]
fn retries_a_failed_login_with_backoff() {
    let mut driver = driver_with_status(Some(401));
    driver.lose(1006);
    let mut longest = Duration::ZERO;
    for failure in 0..12_u32 {
        driver.authorized(Authorized::Failed);
        let before = driver.now;
        driver.pass_until_timer();
        let delay = driver.now - before;
        let bound = Duration::from_millis(500) * 2_u32.pow(failure.min(6));
        assert!(
            delay <= bound.min(Duration::from_secs(30)),
            "{delay:?} after {failure}"
        );
        longest = longest.max(delay);
        assert_eq!(driver.authorizations, failure as usize + 2);
        // The application is not asked again while its answer is pending.
        driver.pass(HOUR);
        assert_eq!(driver.authorizations, failure as usize + 2);
    }
    assert!(longest > Duration::from_secs(5), "{longest:?}");
    driver.authorized(Authorized::Yes);
    assert_eq!((driver.status(), driver.sockets.len()), (Connecting, 2));
    driver.open();
    driver.pass(Duration::from_secs(5));
    // The backoff starts over.
    driver.lose(4401);
    driver.authorized(Authorized::Failed);
    let at = driver.client.poll_timeout().expect("a timer is set");
    assert!(at - driver.now <= Duration::from_millis(500));
}

#[test]
fn does_not_retry_a_failed_login_while_a_socket_exists() {
    let mut driver = driver_with_status(Some(401));
    driver.lose(1006);
    driver.authorized(Authorized::Failed);
    driver.happen(|client, now| client.reconnect_now(now));
    driver.open();
    driver.pass(HOUR);
    assert_eq!((driver.status(), driver.authorizations), (Open, 1));
    driver.close();
    assert_eq!(driver.client.poll_timeout(), None);
}

#[test]
fn asks_for_a_login_again_after_reconnect_now() {
    for outcome in [Authorized::Yes, Authorized::No] {
        let mut driver = driver_with_status(Some(401));
        driver.lose(1006);
        driver.authorized(outcome);
        if outcome == Authorized::Yes {
            driver.lose(1006);
        }
        assert_eq!((driver.status(), driver.authorizations), (Unauthorized, 1));
        driver.happen(|client, now| client.reconnect_now(now));
        assert_eq!(driver.authorizations, 1, "not before that attempt is refused");
        driver.lose(1006);
        assert_eq!((driver.status(), driver.authorizations), (Unauthorized, 2));
    }
}

#[test]
fn does_not_loop_if_the_login_calls_reconnect_now() {
    let mut driver = driver_with_status(Some(401));
    driver.lose(1006);
    driver.happen(|client, now| client.reconnect_now(now));
    driver.authorized(Authorized::Yes);
    driver.lose(1006);
    assert_eq!((driver.status(), driver.authorizations), (Unauthorized, 1));
}

#[test]
fn does_not_ask_for_two_logins_at_once() {
    let mut driver = driver_with_status(Some(401));
    driver.lose(1006);
    driver.happen(|client, now| client.reconnect_now(now));
    driver.lose(1006);
    assert_eq!((driver.status(), driver.authorizations), (Unauthorized, 1));
    driver.authorized(Authorized::Yes);
    assert_eq!(driver.status(), Connecting, "the answer still counts");
}

#[test]
fn notices_a_login_in_another_tab_when_the_page_is_shown() {
    let chat = Chat::default();
    let mut driver = Driver::new(ConnectionConfig::default(), 1);
    driver.rest = chat.rest();
    chat.answer_with(Some(401));
    driver.lose(1006);
    driver.authorized(Authorized::No);
    driver.pass(HOUR);
    driver.asked.clear();
    driver.happen(|client, now| client.handle_visible(false, now));
    chat.answer_with(None);
    driver.pass(HOUR);
    assert_eq!(driver.asked, [], "the page is hidden");
    driver.happen(|client, now| client.handle_visible(true, now));
    assert_eq!(
        (driver.status(), &*driver.asked),
        (Connecting, &[Request::Status][..])
    );
    driver.open();
    assert_eq!(driver.status(), Open);
}

#[test]
fn checks_the_session_when_restored_from_the_cache() {
    let mut driver = driver_with_status(Some(200));
    driver.lose(4401);
    driver.happen(|client, now| client.handle_suspended("the page was left", now));
    assert_eq!(driver.status(), Unauthorized);
    driver.happen(|client, now| client.handle_resumed(now));
    assert_eq!(driver.status(), Connecting);
}

#[test]
fn stays_unauthorized_when_shown_unless_the_status_is_good() {
    for (status, body) in [(401, "{}"), (403, "{}"), (302, ""), (200, "<html>"), (503, "{}")] {
        let mut driver = Driver::new(ConnectionConfig::default(), 1);
        driver.rest = Box::new(move |_| Some((status, body.to_owned())));
        driver.lose(4401);
        let told = driver.states.len();
        driver.pass(HOUR);
        driver.happen(|client, now| client.handle_visible(true, now));
        assert_eq!(driver.asked, [Request::Status]);
        driver.pass(HOUR);
        assert_eq!(
            (driver.status(), driver.sockets.len(), driver.states.len()),
            (Unauthorized, 1, told)
        );
    }
}

#[test]
fn limits_status_requests_of_a_page_shown_repeatedly() {
    let mut driver = driver_with_status(Some(401));
    driver.lose(1006);
    driver.authorized(Authorized::No);
    driver.asked.clear();
    for _ in 0..100 {
        driver.happen(|client, now| client.handle_visible(false, now));
        driver.happen(|client, now| client.handle_visible(true, now));
        driver.pass(Duration::from_millis(200));
    }
    assert_eq!(
        driver.asked.len(),
        4,
        "in 20 s, the first 5 s after the upgrade was refused"
    );
    // A request in flight is not repeated.
    driver.rest = Box::new(|_| None);
    driver.pass(Duration::from_secs(5));
    driver.asked.clear();
    for _ in 0..40 {
        driver.happen(|client, now| client.handle_visible(true, now));
        driver.pass(Duration::from_millis(200));
    }
    assert_eq!(driver.asked.len(), 1);
    // Its response does not apply to a later attempt.
    driver.happen(|client, now| client.reconnect_now(now));
    assert_eq!(driver.requests, []);
}

#[test]
fn notices_a_session_that_ends_during_catch_up() {
    let chat = Chat::with_a_room();
    let mut driver = Driver::with(ClientConfig::default(), 1, chat.rest());
    driver.open();
    driver.pass(Duration::from_secs(10));
    driver.lose(1006);
    driver.pass_until_timer();
    chat.answer_with(Some(401));
    driver.open();
    assert_eq!((driver.status(), driver.socket), (Unauthorized, None));
    chat.answer_with(None);
    driver.happen(|client, now| client.reconnect_now(now));
    driver.open();
    assert_eq!(driver.status(), Open);
    assert!(driver.statuses().contains(&CatchingUp));
}

#[test]
fn keeps_the_session_if_only_a_request_is_refused() {
    let chat = Chat::with_a_room();
    let refuses = Rc::new(Cell::new(false));
    let (refused, mut rest) = (Rc::clone(&refuses), chat.rest());
    let rest = Box::new(move |request| match request {
        Request::Status => Some((200, "{}".to_owned())),
        _ if refused.get() => Some((401, "{}".to_owned())),
        other => rest(other),
    });
    let mut driver = Driver::with(ClientConfig::default(), 1, rest);
    driver.open();
    driver.pass(Duration::from_secs(10));
    driver.lose(1006);
    driver.pass_until_timer();
    refuses.set(true);
    driver.open();
    assert_eq!((driver.status(), driver.authorizations), (CatchingUp, 0));
    assert!(driver.asked.contains(&Request::Status));
    refuses.set(false);
    driver.pass(Duration::from_secs(10));
    assert_eq!(driver.status(), Open);
}

#[test]
fn keeps_a_session_that_cannot_be_verified() {
    for status in [None, Some((503, "{}")), Some((200, "<html>"))] {
        let rest = Box::new(move |request| match request {
            Request::Status => status.map(|(status, body)| (status, body.to_owned())),
            _ => Some((401, "{}".to_owned())),
        });
        let mut config = ClientConfig::default();
        config.catch_up.history = true;
        let mut driver = Driver::with(config, 1, rest);
        driver.open();
        driver.pass(Duration::from_secs(1));
        assert_eq!(
            (driver.status(), driver.authorizations),
            (CatchingUp, 0),
            "{status:?}"
        );
    }
}

#[test]
fn opens_although_the_first_reading_is_refused() {
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
    assert_eq!(
        driver.status(),
        Open,
        "the stream is open, so the session is good"
    );
    driver.close();
    assert_eq!(driver.client.poll_timeout(), None);
}

#[test]
fn does_not_loop_if_a_login_permits_only_part_of_catch_up() {
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
        if driver.status() == CatchingUp {
            driver.frame(&chat.room_frame("RoomCreated", 2));
        }
        answers.set(true);
        driver.happen(|_, _| ());
        assert_eq!(
            (driver.status(), driver.authorizations),
            (Unauthorized, 1),
            "{login}"
        );
        driver.happen(|client, now| client.reconnect_now(now));
    }
}

/// Deletes a message while upgrades are refused and `GET /status` responds with `status`. Returns the messages
/// delivered in the end.
fn deletes_while_upgrades_are_refused(config: ClientConfig, status: u16) -> Vec<String> {
    let chat = Chat::with_a_room();
    let mut driver = opened(&chat, config);
    driver.events.clear();
    driver.lose(1006);
    let mut rest = chat.rest();
    driver.rest = Box::new(move |request| match request {
        Request::Status if status != 200 => Some((status, "{}".to_owned())),
        _ => rest(request),
    });
    for attempt in 0..2 {
        while driver.socket.is_none() && driver.status() != Unauthorized {
            driver.pass_until_timer();
        }
        if attempt == 0 {
            chat.delete(10);
        }
        if driver.status() == Unauthorized {
            driver.authorized(Authorized::Yes);
            driver.happen(|client, now| client.reconnect_now(now));
        }
        driver.lose(1006);
    }
    driver.rest = chat.rest();
    if driver.status() == Unauthorized {
        driver.happen(|client, now| client.reconnect_now(now));
    }
    while driver.socket.is_none() {
        driver.pass_until_timer();
    }
    driver.open();
    driver.pass(Duration::from_secs(10));
    assert_eq!(driver.status(), Open);
    driver.told_of_messages()
}

#[test]
fn delivers_a_deletion_made_while_upgrades_were_refused() {
    for status in [200, 401, 403, 503] {
        assert_eq!(
            deletes_while_upgrades_are_refused(config(), status),
            ["-10"],
            "{status}"
        );
        assert_eq!(
            deletes_while_upgrades_are_refused(with_history(), status),
            ["-10"],
            "{status}, with history"
        );
    }
}
