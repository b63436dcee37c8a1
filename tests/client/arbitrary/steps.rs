//! Steps that can happen to a client, and configurations of it.

use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select, subsequence};
use room_events::client::{
    Authorized, BackoffConfig, CatchUpConfig, ClientConfig, ConnectionConfig, DeliveryQueueConfig, Pace,
    WatchdogConfig,
};

use crate::properties::outcome;

/// The most entries of a generated response.
pub(super) const ENTRIES: usize = 12;

/// Something that happens to a client.
#[derive(Clone, Debug)]
pub(super) enum Step {
    Opened(Index),
    Frame(String),
    Binary,
    Lost(Index, u16),
    /// A request is answered with this status, rooms and messages.
    Answered(Index, u16, Vec<String>, Vec<String>),
    Garbled(Index, String),
    Failed(Index),
    Passes(u64),
    UntilTimer,
    /// The event loop has time for this many callbacks.
    Turn(usize),
    Online(bool),
    Visible(bool),
    Suspended,
    Resumed,
    ReconnectNow,
    Authorized(Authorized),
    /// The application sets its interest: messages of these rooms, events about rooms or not, and the watched rooms.
    Wants(Vec<u32>, bool, Vec<u32>),
}

fn message() -> impl Strategy<Value = String> {
    (1..40_u8, 0..4_u8, prop_oneof![3 => Just(0), 1 => 1..40_u8], any::<u8>(), 0..3_u8).prop_map(
        |(id, room, parent, modified, comments)| {
            format!(
                r#"{{"messageId":{id},"messageType":"Regular","roomId":{room},"parentMessageId":{parent},"text":"{modified}","userId":1,"lastModifiedUtc":{modified},"commentCount":{comments}}}"#
            )
        },
    )
}

fn room() -> impl Strategy<Value = String> {
    (0..4_u8, 0..40_u8, any::<u8>()).prop_map(|(id, last, modified)| {
        format!(
            r#"{{"roomId":{id},"name":"{modified}","lastModifiedUtc":{modified},"lastMessage":{{"messageId":{last},"userId":1}}}}"#
        )
    })
}

fn frame() -> impl Strategy<Value = String> {
    let event = |name: &str, data: String| format!(r#"{{"type":"{name}","data":{data}}}"#);
    prop_oneof![
        4 => (select(vec!["TextMessagesCreated", "TextMessagesUpdated"]), vec(message(), 1..4))
            .prop_map(move |(name, messages)| event(name, format!(r#"{{"messages":[{}]}}"#, messages.join(",")))),
        2 => (select(vec!["RoomCreated", "RoomUpdated"]), room())
            .prop_map(move |(name, room)| event(name, format!(r#"{{"room":{room}}}"#))),
        1 => (0..4_u8).prop_map(move |room| event("RoomDeleted", format!(r#"{{"roomId":{room}}}"#))),
        2 => (1..40_u8, 0..4_u8).prop_map(move |(id, room)| {
            event("TextMessageDeleted", format!(r#"{{"messageId":{id},"roomId":{room},"parentMessageId":0}}"#))
        }),
        1 => Just(r#"{"type":"Nudge","data":{}}"#.to_owned()),
        1 => ".{0,40}",
    ]
}

fn some_rooms() -> impl Strategy<Value = Vec<u32>> {
    subsequence(vec![0, 1, 2, 3], 0..=4)
}

pub(super) fn step() -> impl Strategy<Value = Step> {
    let codes = vec![1000, 1001, 1006, 1008, 1012, 4401, 4403, 0];
    let statuses = vec![200, 200, 200, 200, 401, 403, 404, 429, 500, 503];
    prop_oneof![
        6 => any::<Index>().prop_map(Step::Opened),
        12 => frame().prop_map(Step::Frame),
        1 => Just(Step::Binary),
        3 => (any::<Index>(), select(codes)).prop_map(|(socket, code)| Step::Lost(socket, code)),
        12 => (any::<Index>(), select(statuses), vec(room(), 0..5), vec(message(), 0..ENTRIES))
            .prop_map(|(request, status, rooms, messages)| Step::Answered(request, status, rooms, messages)),
        1 => (any::<Index>(), ".{0,40}").prop_map(|(request, body)| Step::Garbled(request, body)),
        1 => any::<Index>().prop_map(Step::Failed),
        4 => (0..20_000_u64).prop_map(Step::Passes),
        6 => Just(Step::UntilTimer),
        6 => (1..20_usize).prop_map(Step::Turn),
        1 => any::<bool>().prop_map(Step::Online),
        1 => any::<bool>().prop_map(Step::Visible),
        1 => Just(Step::Suspended),
        1 => Just(Step::Resumed),
        1 => Just(Step::ReconnectNow),
        1 => outcome().prop_map(Step::Authorized),
        3 => (some_rooms(), any::<bool>(), some_rooms())
            .prop_map(|(of, rooms, watched)| Step::Wants(of, rooms, watched)),
    ]
}

pub(super) fn config() -> impl Strategy<Value = ClientConfig> {
    let millis = Duration::from_millis;
    let backoff = BackoffConfig {
        initial: millis(10),
        ceiling: millis(1_000),
    };
    let connection =
        (1..5_000_u64, prop::option::of(1..6_u32)).prop_map(move |(stable, max_attempts)| ConnectionConfig {
            backoff,
            connect_timeout: millis(1_000),
            stable_after: millis(stable),
            max_attempts,
        });
    let watchdog = (100..5_000_u64, 100..5_000_u64, 1_000..50_000_u64).prop_map(
        move |(silence, answer_timeout, compare_after)| WatchdogConfig {
            silence: millis(silence),
            answer_timeout: millis(answer_timeout),
            compare_after: millis(compare_after),
        },
    );
    let catch_up = (
        any::<(bool, bool)>(),
        1..16_usize,
        1..32_usize,
        0..4_usize,
        1..8_u32,
        1..5_usize,
    )
        .prop_map(
            move |((enabled, history), window, max_messages, rooms, page, concurrency)| CatchUpConfig {
                enabled,
                history,
                window,
                max_messages,
                rooms,
                page,
                concurrency,
                backoff,
            },
        );
    let queue =
        (1..16_usize, 200..4_096_usize).prop_map(move |(max_frames, max_bytes)| DeliveryQueueConfig {
            max_frames,
            max_bytes,
            turn: millis(8),
            // Every accepted frame is compared with its delivery, so updates must not be merged.
            pace: Pace::Turn,
        });
    (connection, watchdog, catch_up, queue).prop_map(|(connection, watchdog, catch_up, queue)| ClientConfig {
        connection,
        watchdog,
        catch_up,
        queue,
        ..ClientConfig::default()
    })
}
