//! Events of the browser about the network and the page.

use std::time::Duration;

use room_events::client::ConnectionStatus::{CatchingUp, Closed, Connecting, Offline, Open, Waiting};
use room_events::client::{ClientConfig, Clock, ConnectionConfig, Request};

use crate::chat::Chat;
use crate::driver::Driver;

const SECOND: Duration = Duration::from_secs(1);

fn driver() -> Driver {
    Driver::new(ConnectionConfig::default(), 1)
}

/// A driver after so many failed attempts that its delays are long.
fn tired() -> Driver {
    let mut driver = driver();
    for _ in 0..12 {
        driver.lose(1006);
        driver.pass_until_timer();
    }
    driver.lose(1006);
    assert_eq!(driver.status(), Waiting);
    driver
}

#[test]
fn retries_occasionally_while_the_browser_reports_offline() {
    let mut driver = driver();
    driver.happen(|client, now| client.handle_online(false, now));
    let state = driver.client.state().clone();
    assert_eq!(
        (state.status, state.cause.map(|cause| cause.reason)),
        (Offline, Some("offline".to_owned()))
    );
    assert_eq!(
        (driver.socket, &*driver.closed_with),
        (None, &[(4000, "offline")][..])
    );
    // The browser may be wrong.
    driver.pass(30 * SECOND);
    assert_eq!(driver.status(), Connecting);
    driver.lose(1006);
    assert_eq!(driver.status(), Offline);
}

#[test]
fn keeps_an_open_connection_while_the_browser_reports_offline() {
    let mut driver = driver();
    driver.open();
    driver.pass(SECOND);
    driver.happen(|client, now| client.handle_online(false, now));
    assert_eq!(driver.status(), Open);
    driver.happen(|client, now| client.handle_timeout(now));
    assert_eq!(driver.asked, [Request::Status], "the server is asked");
    assert_eq!(driver.status(), Open);
    driver.lose(1006);
    assert_eq!(driver.status(), Offline);
}

#[test]
fn reconnects_soon_when_online_and_keeps_the_failure_count() {
    let mut driver = tired();
    let failures = driver.client.state().attempt;
    driver.happen(|client, now| client.handle_online(false, now));
    driver.happen(|client, now| client.handle_online(true, now));
    let state = driver.client.state().clone();
    assert_eq!((state.status, state.attempt), (Waiting, failures));
    assert!(state.retry_at.expect("a time") - driver.now <= Duration::from_millis(500));
    driver.pass(Duration::from_millis(500));
    assert_eq!(driver.status(), Connecting);
    driver.lose(1006);
    assert_eq!(
        driver.client.state().attempt,
        failures + 1,
        "a network proves nothing of the server"
    );
}

#[test]
fn reconnects_at_once_when_the_page_is_shown() {
    let mut driver = tired();
    driver.happen(|client, now| client.handle_visible(false, now));
    assert_eq!(driver.status(), Waiting);
    driver.happen(|client, now| client.handle_visible(true, now));
    assert_eq!(driver.status(), Connecting);
}

#[test]
fn closes_everything_when_suspended_and_catches_up_when_resumed() {
    for reason in ["the page was left", "the page was frozen"] {
        let chat = Chat::with_a_room();
        let mut driver = Driver::with(ClientConfig::default(), 1, chat.rest());
        driver.open();
        driver.pass(10 * SECOND);
        driver.happen(|client, now| client.handle_suspended(reason, now));
        let state = driver.client.state().clone();
        assert_eq!(
            (state.status, state.cause.map(|cause| cause.reason)),
            (Offline, Some(reason.to_owned()))
        );
        assert_eq!((driver.socket, &*driver.requests), (None, &[][..]));
        assert_eq!(
            driver.client.poll_timeout(),
            None,
            "no timer runs in a suspended page"
        );
        // `resume` and `pageshow` may both come.
        chat.post(1, 12);
        driver.happen(|client, now| client.handle_resumed(now));
        driver.happen(|client, now| client.handle_resumed(now));
        assert_eq!(driver.status(), Connecting);
        driver.open();
        assert_eq!(driver.status(), Open);
        assert!(driver.statuses().contains(&CatchingUp));
        assert!(
            driver
                .events
                .iter()
                .any(|(recovered, text)| *recovered && text.contains("\"messageId\":12,"))
        );
    }
}

#[test]
fn reconnects_when_resumed_after_connecting_or_waiting() {
    for mut driver in [driver(), tired()] {
        driver.happen(|client, now| client.handle_suspended("the page was left", now));
        assert_eq!((driver.status(), driver.socket), (Offline, None));
        driver.happen(|client, now| client.handle_resumed(now));
        assert_eq!(driver.status(), Connecting);
    }
}

#[test]
fn stays_closed_whatever_the_browser_reports() {
    let mut driver = driver();
    driver.close();
    driver.happen(|client, now| client.handle_suspended("the page was left", now));
    driver.happen(|client, now| client.handle_resumed(now));
    driver.happen(|client, now| client.handle_online(true, now));
    driver.happen(|client, now| client.handle_visible(true, now));
    driver.happen(|client, now| client.reconnect_now(now));
    assert_eq!((driver.status(), driver.sockets.len()), (Closed, 1));
}

/// The machine slept: the page's monotonic clock stood still, and nothing reported that the connection was lost.
#[test]
fn finds_a_dead_connection_after_sleep() {
    let chat = Chat::with_a_room();
    let mut driver = Driver::with(ClientConfig::default(), 1, chat.rest());
    driver.open();
    driver.pass(10 * SECOND);
    let (monotonic, wall) = (driver.now, 5_000 * SECOND);
    let mut clock = Clock::new(monotonic, wall);
    chat.fall_silent(true);
    // An hour passes on the wall clock and a second on the monotonic clock; then the timer fires.
    driver.now = clock.now(monotonic + SECOND, wall + 3_600 * SECOND);
    driver.happen(|client, now| client.handle_timeout(now));
    driver.pass(Duration::from_secs(15));
    assert!(
        matches!(driver.status(), Waiting | Connecting),
        "{:?}",
        driver.client.state()
    );
    let reasons: Vec<_> = driver.closed_with.iter().map(|(_, reason)| *reason).collect();
    assert_eq!(reasons.first(), Some(&"the server does not answer"));
}
