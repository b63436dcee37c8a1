//! A connection on which nothing arrives and no error is reported.

use std::time::Duration;

use room_events::client::ConnectionStatus::{CatchingUp, Open, Unauthorized, Waiting};
use room_events::client::{ClientConfig, Request};

use crate::chat::Chat;
use crate::driver::Driver;

const SECOND: Duration = Duration::from_secs(1);

fn open(chat: &Chat) -> Driver {
    let mut config = ClientConfig::default();
    config.watchdog.silence = 20 * SECOND;
    config.watchdog.answer_timeout = 5 * SECOND;
    config.watchdog.compare_after = 100 * SECOND;
    let mut driver = Driver::with(config, 1, chat.rest());
    driver.open();
    // The comparison after a minute is over.
    driver.pass(61 * SECOND);
    driver.frame(r#"{"type":"Ping"}"#);
    driver.asked.clear();
    driver
}

fn probes(driver: &Driver) -> usize {
    driver
        .asked
        .iter()
        .filter(|request| **request == Request::Status)
        .count()
}

#[test]
fn detects_a_dead_network_within_the_configured_time() {
    let chat = Chat::with_a_room();
    let mut driver = open(&chat);
    chat.fall_silent(true);
    driver.pass(Duration::from_millis(24_999));
    assert_eq!((driver.status(), probes(&driver)), (Open, 1));
    driver.pass(Duration::from_millis(1));
    let state = driver.client.state();
    assert_eq!(state.status, Waiting);
    let cause = state.cause.as_ref().expect("it says why");
    assert_eq!(
        (&*cause.reason, cause.was_clean),
        ("the server does not answer", false)
    );
}

#[test]
fn probes_a_quiet_server_and_stays_open() {
    let chat = Chat::with_a_room();
    let mut driver = open(&chat);
    driver.pass(99 * SECOND);
    assert_eq!((driver.status(), probes(&driver)), (Open, 4));
}

#[test]
fn does_not_probe_while_frames_arrive() {
    let chat = Chat::with_a_room();
    let mut driver = open(&chat);
    for _ in 0..20 {
        driver.pass(19 * SECOND);
        driver.frame(r#"{"type":"Ping"}"#);
    }
    assert_eq!(driver.asked, []);
}

#[test]
fn a_hidden_page_probes_after_a_longer_silence() {
    let chat = Chat::with_a_room();
    let mut driver = open(&chat);
    driver.pass(10 * SECOND);
    driver.happen(|client, now| client.handle_visible(false, now));
    // The silence before it was hidden counts.
    driver.pass(Duration::from_millis(79_999));
    assert_eq!(driver.asked, []);
    driver.pass(Duration::from_millis(1));
    assert_eq!(probes(&driver), 1);
    driver.pass(Duration::from_millis(89_999));
    assert_eq!(probes(&driver), 1);
    driver.pass(811 * SECOND);
    assert_eq!(probes(&driver), 11);
    assert_eq!(driver.asked.len(), 11, "a hidden page does not compare");
    driver.frame(r#"{"type":"Ping"}"#);
    driver.pass(Duration::from_millis(89_999));
    assert_eq!((driver.status(), probes(&driver)), (Open, 11));
}

#[test]
fn a_hidden_page_detects_a_dead_network() {
    let chat = Chat::with_a_room();
    let mut driver = open(&chat);
    driver.happen(|client, now| client.handle_visible(false, now));
    chat.fall_silent(true);
    driver.pass(95 * SECOND);
    let reason = driver.client.state().cause.as_ref().map(|cause| &*cause.reason);
    assert_eq!(
        (driver.status(), reason),
        (Waiting, Some("the server does not answer"))
    );
}

#[test]
fn a_hidden_page_probes_no_sooner_than_a_visible_one() {
    let chat = Chat::with_a_room();
    let mut config = ClientConfig::default();
    config.watchdog.silence = 200 * SECOND;
    let mut driver = Driver::with(config, 1, chat.rest());
    driver.open();
    driver.pass(61 * SECOND);
    driver.frame(r#"{"type":"Ping"}"#);
    driver.asked.clear();
    driver.happen(|client, now| client.handle_visible(false, now));
    driver.pass(Duration::from_millis(199_999));
    assert_eq!(probes(&driver), 0);
    driver.pass(Duration::from_millis(1));
    assert_eq!(probes(&driver), 1);
}

#[test]
fn a_page_that_connects_while_hidden_stays_hidden() {
    let chat = Chat::with_a_room();
    let mut driver = open(&chat);
    driver.happen(|client, now| client.handle_visible(false, now));
    driver.lose(1006);
    driver.pass_until_timer();
    driver.open();
    driver.asked.clear();
    driver.pass(89 * SECOND);
    assert_eq!(probes(&driver), 0);
}

#[test]
fn probes_at_once_when_shown() {
    let chat = Chat::with_a_room();
    let mut driver = open(&chat);
    driver.happen(|client, now| client.handle_visible(false, now));
    driver.pass(50 * SECOND);
    assert_eq!(driver.asked, []);
    chat.fall_silent(true);
    driver.happen(|client, now| client.handle_visible(true, now));
    driver.happen(|client, now| client.handle_timeout(now));
    assert_eq!(probes(&driver), 1);
    driver.pass(5 * SECOND);
    assert_ne!(driver.status(), Open);
}

#[test]
fn waits_for_a_response_that_makes_progress() {
    let chat = Chat::with_a_room();
    let mut driver = open(&chat);
    chat.fall_silent(true);
    driver.pass(20 * SECOND);
    let (id, _) = driver.requests[0];
    for _ in 0..10 {
        driver.pass(4 * SECOND);
        driver.happen(|client, now| client.handle_progress(id, now));
    }
    driver.pass(Duration::from_millis(4_999));
    assert_eq!((driver.status(), probes(&driver)), (Open, 1));
    driver.pass(Duration::from_millis(1));
    assert_eq!(driver.status(), Waiting);
    // Progress of an aborted request does not count.
    driver.happen(|client, now| client.handle_progress(id, now));
    assert_eq!(driver.requests, []);
}

#[test]
fn notices_that_the_session_has_ended() {
    let chat = Chat::with_a_room();
    let mut driver = open(&chat);
    chat.answer_with(Some(401));
    driver.pass(20 * SECOND);
    assert_eq!((driver.status(), driver.socket), (Unauthorized, None));
    let cause = driver.client.state().cause.clone().expect("it says why");
    assert_eq!(
        (cause.status, &*cause.reason),
        (
            Some(401),
            "the session has ended; GET /status was answered with 401"
        )
    );
}

#[test]
fn ignores_the_silence_of_a_rest_api_that_has_never_answered() {
    let chat = Chat::with_a_room();
    chat.fall_silent(true);
    let mut driver = open(&chat);
    driver.pass(90 * SECOND);
    assert_eq!(driver.status(), Open);
}

#[test]
fn detects_a_stalled_stream_by_comparing() {
    let chat = Chat::with_a_room();
    let mut driver = open(&chat);
    driver.pass(50 * SECOND);
    chat.post(1, 12);
    driver.pass(50 * SECOND);
    assert!(
        driver
            .events
            .iter()
            .any(|(recovered, text)| *recovered && text.contains("\"messageId\":12,"))
    );
    let state = driver.client.state();
    assert_eq!(state.status, Waiting);
    let reason = state.cause.as_ref().map(|cause| &*cause.reason);
    assert_eq!(reason, Some("the stream has dropped events"));
}

#[test]
fn keeps_the_connection_if_a_comparison_finds_nothing() {
    let chat = Chat::with_a_room();
    let mut driver = open(&chat);
    driver.pass(1_000 * SECOND);
    assert_eq!((driver.status(), driver.sockets.len()), (Open, 1));
    assert!(!driver.statuses().contains(&CatchingUp), "nothing is held back");
    assert_eq!(
        driver.requests_of_sync(),
        20,
        "the list and the room, every 100 seconds"
    );
}

#[test]
fn ends_catch_up_on_a_dead_network() {
    let chat = Chat::with_a_room();
    let mut driver = open(&chat);
    driver.pass(10 * SECOND);
    driver.lose(1006);
    driver.pass_until_timer();
    chat.fall_silent(true);
    driver.open();
    driver.pass(20 * SECOND);
    let sockets = driver.sockets.len();
    driver.pass(40 * SECOND);
    assert!(
        driver.status() == Waiting || driver.sockets.len() > sockets,
        "{:?}",
        driver.client.state()
    );
}
