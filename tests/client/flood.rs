//! More events than the page can process: order is kept, the event loop gets its turn, and nothing is lost silently.

use std::time::Duration;

use room_events::client::{Action, Client, ClientConfig, ConnectionStatus, Delivery, Request};

use crate::chat::Chat;
use crate::driver::{Driver, answer};

const MILLIS: Duration = Duration::from_millis(1);

/// A client with an open connection and an untouched delivery queue.
fn opened(config: ClientConfig) -> (Client<String>, room_events::client::SocketId) {
    let mut client = Client::new(config, 1, Duration::ZERO);
    let Some(Action::OpenSocket(socket)) = client.poll_action() else {
        panic!("a new client opens a socket");
    };
    client.handle_opened(socket, Duration::ZERO);
    client.begin_turn(Duration::ZERO);
    while client.poll_delivery(Duration::ZERO, true).is_some() {}
    client.end_turn(Duration::ZERO);
    (client, socket)
}

fn numbered(number: usize) -> String {
    format!(r#"{{"type":"Numbered","data":{number}}}"#)
}

#[test]
fn ends_a_turn_when_its_time_is_up_and_continues_in_order() {
    let mut config = ClientConfig::default();
    config.catch_up.enabled = false;
    config.queue.turn = 8 * MILLIS;
    let (mut client, socket) = opened(config);
    for number in 0..100 {
        client.handle_frame(socket, numbered(number), MILLIS);
    }
    let (mut now, mut seen, mut turns) = (MILLIS, Vec::new(), 0);
    while client.wants_turn() {
        turns += 1;
        client.begin_turn(now);
        let begun = now;
        let mut first = true;
        while let Some(delivery) = client.poll_delivery(now, first) {
            first = false;
            if let Delivery::Unknown { payload, .. } = delivery {
                seen.push(payload);
            }
            // Each callback takes three milliseconds.
            now += 3 * MILLIS;
        }
        assert!(
            now - begun <= 9 * MILLIS,
            "a turn is over with the callback in which its time ran out"
        );
        client.end_turn(now);
    }
    assert_eq!(seen, (0..100).map(numbered).collect::<Vec<_>>());
    assert_eq!(turns, 34);
}

#[test]
fn makes_one_call_even_if_the_turn_is_over() {
    let mut config = ClientConfig::default();
    config.catch_up.enabled = false;
    let (mut client, socket) = opened(config);
    for number in 0..3 {
        client.handle_frame(socket, numbered(number), MILLIS);
    }
    for turn in 1..=3_u32 {
        let now = turn * Duration::from_secs(1);
        client.begin_turn(now - Duration::from_millis(500));
        assert!(client.poll_delivery(now, true).is_some());
        assert!(client.poll_delivery(now, false).is_none());
        client.end_turn(now);
    }
    assert!(!client.wants_turn());
}

#[test]
fn reconnects_with_a_full_queue_and_recovers_what_was_dropped() {
    let chat = Chat::with_a_room();
    let mut config = ClientConfig::default();
    config.queue.max_frames = 50;
    let mut driver = Driver::with(config, 1, chat.rest());
    driver.open();
    driver.pass(Duration::from_secs(10));
    let socket = driver.socket.expect("it is open");
    // The page is busy and takes nothing.
    for id in 100..200 {
        chat.post(1, id);
        driver.client.handle_frame(socket, chat.created(id), driver.now);
    }
    assert_eq!(driver.client.state().status, ConnectionStatus::Waiting);
    let reason = driver
        .client
        .state()
        .cause
        .as_ref()
        .map(|cause| cause.reason.clone());
    assert_eq!(reason.as_deref(), Some("the delivery queue is full"));
    driver.drain();
    let queued = driver.events.len();
    assert!(
        (45..=50).contains(&queued),
        "what was queued is delivered: {queued}"
    );
    driver.pass_until_timer();
    driver.open();
    assert_eq!(driver.status(), ConnectionStatus::Open);
    let all: String = driver.events.iter().map(|(_, text)| text.as_str()).collect();
    for id in 100..200 {
        let times = all
            .matches(&format!("\"messageId\":{id},\"userId\":1,\"roomId\""))
            .count();
        assert_eq!(times, 1, "message {id}");
    }
}

#[test]
fn bounds_the_bytes_of_the_queue_and_passes_one_frame_of_any_size() {
    let mut config = ClientConfig::default();
    config.catch_up.enabled = false;
    config.queue.max_bytes = 1_000;
    let (mut client, socket) = opened(config);
    let large = format!(r#"{{"type":"Large","data":"{}"}}"#, "x".repeat(5_000));
    client.handle_frame(socket, large.clone(), MILLIS);
    assert_eq!(client.state().status, ConnectionStatus::Open);
    client.handle_frame(socket, large, MILLIS);
    assert_eq!(client.state().status, ConnectionStatus::Waiting);
}

#[test]
fn sends_no_requests_while_the_queue_is_long() {
    let chat = Chat::with_a_room();
    let mut config = ClientConfig::default();
    config.queue.max_frames = 4;
    config.catch_up.concurrency = 1;
    for id in 1..20 {
        chat.room(id, "one of many");
        chat.post(id, 100 + id);
    }
    config.catch_up.history = true;
    let mut client = Client::<String>::new(config, 1, Duration::ZERO);
    let mut rest = chat.rest();
    let mut asked = 0;
    while let Some(action) = client.poll_action() {
        match action {
            Action::OpenSocket(socket) => client.handle_opened(socket, Duration::ZERO),
            Action::Fetch(id, request) => {
                asked += usize::from(request != Request::Status);
                let (status, body) = rest(request).expect("it answers");
                client.handle_reply(id, answer(status, &body), Duration::ZERO);
            }
            _ => {}
        }
    }
    assert_eq!(asked, 1, "the rooms fill the queue, which is not drained");
    client.begin_turn(Duration::ZERO);
    while client.poll_delivery(Duration::ZERO, true).is_some() {}
    client.end_turn(Duration::ZERO);
    assert!(client.has_actions(), "there is room again");
}
