//! What the JavaScript of the package has to know before the module is there: the same as Rust does.

use room_events::client::backoff::BackoffConfig;
use room_events::client::delivery_queue::DeliveryQueueConfig;
use room_events::client::topic::Topic;
use room_events::protocol::event::EventType;

/// The strings of a JavaScript array, or the rest of the line behind a name.
fn behind<'a>(source: &'a str, start: &str, end: &str) -> &'a str {
    let (_, rest) = source
        .split_once(start)
        .unwrap_or_else(|| panic!("there is no `{start}`"));
    rest.split_once(end).expect("an end").0
}

fn quoted(list: &str) -> Vec<&str> {
    list.split('"').skip(1).step_by(2).collect()
}

#[test]
fn numbers_topics_as_the_package_does() {
    let source = include_str!("../../src/browser/topics.js");
    let events = quoted(behind(source, "EVENT_TYPES = [", "]"));
    assert_eq!(events, EventType::ALL.map(EventType::as_str));
    let others = quoted(behind(source, "TOPICS = [...EVENT_TYPES,", "]"));
    let places = ["unknown", "malformed", "statechange", "resync", "freshness"].map(|name| match name {
        "unknown" => Topic::Unknown,
        "malformed" => Topic::Malformed,
        "statechange" => Topic::StateChange,
        "resync" => Topic::Resync,
        _ => Topic::Freshness,
    });
    assert_eq!(
        others,
        ["unknown", "malformed", "statechange", "resync", "freshness"]
    );
    assert_eq!(
        places.map(Topic::index).to_vec(),
        (EventType::ALL.len()..Topic::COUNT).collect::<Vec<_>>()
    );
}

#[test]
fn has_the_defaults_of_the_package() {
    let source = include_str!("../../src/browser/options.js");
    let defaults = behind(source, "const DEFAULTS = {", "}");
    let queue = DeliveryQueueConfig::default();
    let expected = format!(
        r#" "reconnect.maxMs": {}, "queue.maxFrames": {}, "queue.maxBytes": {} "#,
        BackoffConfig::default().ceiling.as_millis(),
        queue.max_frames,
        queue.max_bytes
    );
    assert_eq!(defaults, expected);
}
