//! The counters of a client.

use std::time::Duration;

use room_events::client::{
    Cause, ClientConfig, ConnectionConfig, ConnectionStatus, ResyncReason, Stats, Topic,
};
use room_events::protocol::event::EventType::{self, TextMessageDeleted, TextMessagesCreated};

use crate::chat::{Chat, deleted};
use crate::driver::Driver;

const SECOND: Duration = Duration::from_secs(1);

fn delivered(stats: &Stats, topic: Topic) -> u64 {
    stats.delivered[topic.index()]
}

fn of_type(stats: &Stats, event_type: EventType) -> u64 {
    delivered(stats, Topic::Event(event_type))
}

#[test]
fn counts_one_attempt_at_the_start() {
    let driver = Driver::new(ConnectionConfig::default(), 1);
    let mut expected = Stats {
        attempts: 1,
        ..Stats::default()
    };
    expected.delivered[Topic::StateChange.index()] = 1;
    assert_eq!(driver.client.stats(), &expected);
    assert_eq!(driver.client.queued(), (0, 0));
}

#[test]
fn counts_frames_by_their_result() {
    let mut driver = Driver::new(ConnectionConfig::default(), 1);
    driver.open();
    let frames = [
        r#"{"type":"TextMessagesCreated","data":{"messages":[]}}"#,
        r#"{"type":"TextMessagesCreated","data":{"messages":[]}}"#,
        r#"{"type":"RoomDeleted","data":{"roomId":1}}"#,
        r#"{"type":"UserSessionEnded","data":"ü"}"#,
        r#"{"type":"RoomDeleted"}"#,
    ];
    for frame in frames {
        driver.frame(frame);
    }
    let socket = driver.socket.expect("there is a socket");
    driver.happen(|client, now| client.handle_binary(socket, now));

    let stats = driver.client.stats();
    assert_eq!(
        (stats.frames, stats.bytes),
        (6, frames.map(str::len).iter().sum::<usize>() as u64)
    );
    assert_eq!(of_type(stats, TextMessagesCreated), 2);
    assert_eq!(of_type(stats, EventType::RoomDeleted), 1);
    assert_eq!(of_type(stats, EventType::RoomCreated), 0);
    assert_eq!(delivered(stats, Topic::Unknown), 1);
    assert_eq!(
        delivered(stats, Topic::Malformed),
        2,
        "the malformed one and the binary one"
    );
    assert_eq!(stats.recovered, 0);
}

#[test]
fn does_not_count_events_of_a_former_socket() {
    let mut driver = Driver::new(ConnectionConfig::default(), 1);
    driver.open();
    let first = driver.socket.expect("there is a socket");
    driver.lose(1001);
    driver.pass_until_timer();
    driver.open();
    let before = driver.client.stats().clone();
    driver.happen(|client, now| client.handle_frame(first, r#"{"type":"x"}"#.to_owned(), now));
    driver.report_closed(first, 1011);
    assert_eq!(driver.client.stats(), &before);
}

#[test]
fn counts_attempts_and_connections_and_keeps_the_last_close() {
    let mut driver = Driver::new(ConnectionConfig::default(), 1);
    driver.open();
    assert_eq!(driver.client.stats().last_close, None);
    driver.lose(1012);
    assert_eq!(
        driver.client.stats().last_close.as_ref().map(|close| close.code),
        Some(1012)
    );
    driver.pass_until_timer();
    driver.lose(1006);
    driver.pass_until_timer();
    driver.open();
    let stats = driver.client.stats();
    assert_eq!((stats.attempts, stats.connections), (3, 2));
    assert_eq!(
        stats.last_close,
        Some(Cause::closed(1006, "", false)),
        "it stays when the next socket opens"
    );
    driver.happen(|client, now| client.handle_suspended("the page was left", now));
    assert_eq!(
        driver.client.stats().last_close,
        Some(Cause::closed(1000, "the page was left", true)),
        "the client's own doing"
    );
}

#[test]
fn counts_recovered_events_apart_from_frames() {
    let chat = Chat::with_a_room();
    let mut driver = Driver::with(ClientConfig::default(), 1, chat.rest());
    driver.open();
    driver.pass(10 * SECOND);
    driver.lose(1001);
    chat.post(1, 12);
    chat.delete(10);
    driver.pass_until_timer();
    driver.open();
    driver.pass(10 * SECOND);
    assert_eq!(driver.status(), ConnectionStatus::Open);

    let stats = driver.client.stats();
    let told: u64 = EventType::ALL
        .map(|event_type| of_type(stats, event_type))
        .iter()
        .sum();
    assert_eq!(told, driver.events.len() as u64);
    assert_eq!(stats.recovered, told, "all of it came from the REST API");
    assert_eq!(of_type(stats, TextMessagesCreated), 1);
    assert_eq!(of_type(stats, TextMessageDeleted), 1);
    assert_eq!((stats.frames, stats.bytes), (0, 0));
}

#[test]
fn counts_resyncs() {
    let chat = Chat::with_a_room();
    let mut config = ClientConfig::default();
    config.catch_up.max_messages = 1;
    let mut driver = Driver::with(config, 1, chat.rest());
    driver.open();
    driver.pass(10 * SECOND);
    driver.lose(1001);
    for id in 12..15 {
        chat.post(1, id);
    }
    driver.pass_until_timer();
    driver.open();
    assert_eq!(
        delivered(driver.client.stats(), Topic::Resync),
        driver.others.len() as u64
    );
    assert!(matches!(
        driver.others[..],
        [room_events::client::Delivery::ResyncRequired {
            reason: ResyncReason::TooFarBehind,
            ..
        }]
    ));
}

#[test]
fn measures_the_queue_in_frames_and_bytes_including_held_events() {
    let chat = Chat::with_a_room();
    let mut driver = Driver::with(ClientConfig::default(), 1, chat.rest());
    driver.open();
    driver.pass(10 * SECOND);
    driver.lose(1001);
    chat.fall_silent(true);
    driver.pass_until_timer();
    driver.open();
    assert_eq!(driver.status(), ConnectionStatus::CatchingUp);
    let frame = deleted(1, 0, 10);
    driver.frame(&frame);
    assert_eq!(
        driver.client.queued(),
        (1, frame.len()),
        "held until the catch-up is done"
    );
    assert_eq!(of_type(driver.client.stats(), TextMessageDeleted), 0);
    chat.fall_silent(false);
    driver.drain();
    assert_eq!(driver.client.queued(), (0, 0));
    assert_eq!(of_type(driver.client.stats(), TextMessageDeleted), 1);

    // Not drained: the event stays queued.
    chat.post(1, 13);
    let frame = chat.created(13);
    let socket = driver.socket.expect("there is a socket");
    driver.client.handle_frame(socket, frame.clone(), driver.now);
    assert_eq!(driver.client.queued(), (1, frame.len()));
}
