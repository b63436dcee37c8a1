//! The life of a connection.

use std::time::Duration;

use room_events::client::ConnectionStatus::{Closed, Connecting, Offline, Open, Unauthorized, Waiting};
use room_events::client::{Cause, ConnectionConfig};

use crate::driver::Driver;

#[test]
fn connects_at_once_and_reports_it() {
    let mut driver = Driver::new(ConnectionConfig::default(), 1);
    assert_eq!(driver.statuses(), [Connecting]);
    driver.open();
    assert_eq!(driver.statuses(), [Connecting, Open]);
    let state = driver.states.last().expect("a state");
    assert_eq!((state.attempt, state.retry_at, &state.cause), (1, None, &None));
}

#[test]
fn reconnects_after_the_reported_delay() {
    let mut driver = Driver::new(ConnectionConfig::default(), 2);
    driver.open();
    driver.lose(1001);
    let waiting = driver.states.last().expect("a state").clone();
    assert_eq!((waiting.status, waiting.attempt), (Waiting, 1));
    assert_eq!(
        waiting.cause.as_ref().map(|cause| (cause.code, cause.was_clean)),
        Some((1001, true))
    );
    let delay = waiting.retry_at.expect("a time while waiting") - driver.now;
    driver.pass(delay);
    assert_eq!(driver.statuses(), [Connecting, Open, Waiting, Connecting]);
    assert_eq!(driver.states.last().expect("a state").cause, waiting.cause);
    driver.open();
    assert_eq!(driver.states.last().expect("a state").cause, None);
}

#[test]
fn gives_up_a_socket_that_does_not_open() {
    let config = ConnectionConfig {
        connect_timeout: Duration::from_secs(3),
        ..ConnectionConfig::default()
    };
    let mut driver = Driver::new(config, 3);
    driver.pass(Duration::from_millis(2_999));
    assert_eq!(driver.status(), Connecting);
    let given_up = driver.socket.expect("a socket is opening");
    driver.pass(Duration::from_millis(1));
    assert_eq!(driver.statuses()[..2], [Connecting, Waiting]);
    assert_eq!(driver.closed_with, [(4000, "connect timeout")]);
    assert_eq!(
        driver.states[1].cause.as_ref().map(|cause| &*cause.reason),
        Some("connect timeout")
    );
    driver.report_opened(given_up);
    assert_ne!(driver.status(), Open, "a socket that was given up is ignored");
}

#[test]
fn resets_the_backoff_only_after_a_stable_connection() {
    let config = ConnectionConfig {
        stable_after: Duration::from_secs(5),
        ..ConnectionConfig::default()
    };
    let mut driver = Driver::new(config, 4);
    for failure in 1..=6 {
        driver.open();
        driver.pass(Duration::from_millis(4_999));
        driver.lose(1006);
        assert_eq!(driver.client.state().attempt, failure);
        driver.pass_until_timer();
    }
    driver.open();
    driver.pass(Duration::from_secs(5));
    driver.lose(1006);
    assert_eq!(driver.client.state().attempt, 1);
    driver.pass_until_timer();
    driver.open();
    // The loss may be reported before the timer that was due earlier fires.
    driver.now += Duration::from_secs(5);
    driver.lose(1006);
    assert_eq!(driver.client.state().attempt, 1);
}

#[test]
fn ignores_events_of_a_former_socket() {
    let mut driver = Driver::new(ConnectionConfig::default(), 5);
    let first = driver.socket.expect("a socket");
    driver.lose(1006);
    driver.pass_until_timer();
    let told = driver.states.len();
    driver.report_opened(first);
    driver.report_closed(first, 1006);
    assert_eq!(driver.states.len(), told);
    driver.open();
    driver
        .client
        .handle_frame(first, r#"{"type":"Ping"}"#.into(), driver.now);
    driver.drain();
    assert!(driver.others.is_empty(), "a frame of a former socket is ignored");
    driver.frame(r#"{"type":"Ping"}"#);
    assert_eq!(driver.others.len(), 1);
}

#[test]
fn closing_ends_everything_in_every_state() {
    let connecting = |_: &mut Driver| {};
    let open = |driver: &mut Driver| driver.open();
    let waiting = |driver: &mut Driver| driver.lose(1006);
    for (prepare, sockets_closed) in [
        (&connecting as &dyn Fn(&mut Driver), 1),
        (&open, 1),
        (&waiting, 0),
    ] {
        let mut driver = Driver::new(ConnectionConfig::default(), 6);
        prepare(&mut driver);
        driver.close();
        assert_eq!(driver.states.last().map(|state| state.status), Some(Closed));
        assert_eq!((driver.socket, driver.client.poll_timeout()), (None, None));
        assert_eq!(driver.closed_with.len(), sockets_closed);
        let told = driver.states.len();
        driver.close();
        driver.report_opened(driver.sockets[0]);
        driver.report_closed(driver.sockets[0], 1006);
        driver.pass(Duration::from_secs(3_600));
        assert_eq!(driver.states.len(), told, "nothing follows a close");
    }
}

#[test]
fn limits_the_attempts_if_configured() {
    let config = ConnectionConfig {
        max_attempts: Some(3),
        ..ConnectionConfig::default()
    };
    let mut driver = Driver::new(config, 7);
    for _ in 0..2 {
        driver.lose(1006);
        assert_eq!(driver.status(), Waiting);
        driver.pass_until_timer();
    }
    driver.lose(1011);
    let state = driver.client.state();
    assert_eq!(state.status, Closed);
    assert_eq!(
        state.cause.as_ref().map(|cause| cause.code),
        Some(1011),
        "the cause is not a close by the application"
    );
    // By default there is no limit.
    let mut driver = Driver::new(ConnectionConfig::default(), 7);
    for _ in 0..1_000 {
        driver.lose(1006);
        driver.pass_until_timer();
    }
    assert_eq!(driver.status(), Connecting);
}

#[test]
fn delays_grow_up_to_the_maximum() {
    let mut driver = Driver::new(ConnectionConfig::default(), 8);
    let mut longest = Duration::ZERO;
    for failure in 0..200_u32 {
        driver.lose(1006);
        let delay = driver.client.state().retry_at.expect("a time while waiting") - driver.now;
        let bound = Duration::from_millis(500) * 2_u32.pow(failure.min(6));
        assert!(
            delay <= bound.min(Duration::from_secs(30)),
            "{delay:?} after {failure} failures"
        );
        longest = longest.max(delay);
        driver.pass_until_timer();
    }
    assert!(
        longest > Duration::from_secs(25),
        "the whole range is used: {longest:?}"
    );
}

#[test]
fn reconnect_now_skips_the_delay() {
    let mut driver = Driver::new(ConnectionConfig::default(), 9);
    driver.happen(|client, now| client.reconnect_now(now));
    assert_eq!(driver.sockets.len(), 1, "it is connecting already");
    driver.lose(1006);
    driver.happen(|client, now| client.reconnect_now(now));
    assert_eq!((driver.status(), driver.sockets.len()), (Connecting, 2));
    driver.open();
    driver.happen(|client, now| client.reconnect_now(now));
    assert_eq!(
        (driver.status(), driver.sockets.len()),
        (Open, 2),
        "an open connection is left alone"
    );
}

#[test]
fn every_failure_state_has_a_cause() {
    let mut driver = Driver::new(ConnectionConfig::default(), 10);
    driver.open();
    driver.lose(1012);
    driver.pass_until_timer();
    driver.lose(1006);
    driver.happen(|client, now| client.handle_online(false, now));
    driver.happen(|client, now| client.handle_online(true, now));
    driver.pass(Duration::from_secs(1));
    driver.open();
    driver.lose(4403);
    driver.close();
    const REFUSED: &str = "the server refused the connection; GET /status was answered with 200";
    let told: Vec<_> = driver
        .states
        .iter()
        .map(|state| {
            let cause = state.cause.as_ref();
            (
                state.status,
                cause.map(|cause| (cause.code, &*cause.reason, cause.was_clean)),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            (Connecting, None),
            (Open, None),
            (Waiting, Some((1012, "", true))),
            (Connecting, Some((1012, "", true))),
            (Waiting, Some((1006, REFUSED, false))),
            (Offline, Some((0, "offline", true))),
            (Waiting, Some((0, "online", true))),
            (Connecting, Some((0, "online", true))),
            (Open, None),
            (Unauthorized, Some((4403, "", true))),
            (Closed, Some((1000, "closed by the application", true))),
        ]
    );
}

#[test]
fn waits_without_a_status_request_if_no_socket_can_be_created() {
    let mut driver = Driver::new(ConnectionConfig::default(), 9);
    let socket = driver.socket.expect("a socket is opening");
    let cause = Cause::other("there is no address");
    driver.happen(|client, now| client.handle_closed(socket, cause.clone(), now));
    assert_eq!(driver.status(), Waiting);
    assert_eq!(driver.asked, []);
    let state = driver.client.state();
    assert_eq!((state.attempt, state.cause.as_ref()), (1, Some(&cause)));
    assert!(state.retry_at.is_some_and(|at| at >= driver.now));
    assert_eq!(driver.client.stats().last_close, None);
}
