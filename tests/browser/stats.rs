//! The result of `stats()`.

use serde_json::json;
use wasm_bindgen_test::wasm_bindgen_test;

use crate::delivery::FIXTURES;
use crate::harness::{Fakes, Listener, connect, frame, is_plain, json as to_json, lose, open};

#[wasm_bindgen_test]
async fn reports_every_number_under_its_name() {
    let _fakes = Fakes::install();
    let client = connect("{}").await;
    assert_eq!(
        to_json(&client.stats().await),
        json!({
            "attempts": 1, "connections": 0, "frames": 0, "bytes": 0,
            "events": {
                "TextMessagesCreated": 0, "TextMessagesUpdated": 0, "TextMessageDeleted": 0,
                "RoomCreated": 0, "RoomUpdated": 0, "RoomDeleted": 0,
            },
            "recovered": 0, "unknown": 0, "malformed": 0, "resyncs": 0,
            "queue": {"frames": 0, "bytes": 0},
            "lastClose": null,
        })
    );
    open().await;
    let topics = ["TextMessagesCreated", "RoomCreated", "unknown"];
    let _listeners = topics.map(|topic| Listener::on(&client, topic));
    let mut bytes = 0;
    for text in FIXTURES.iter().copied().chain(["{}", r#"{"type":"New"}"#]) {
        frame(text).await;
        bytes += text.len();
    }
    lose(1012, "restart", true).await;
    let stats = client.stats().await;
    assert!(is_plain(&stats));
    assert_eq!(
        to_json(&stats),
        json!({
            "attempts": 1, "connections": 1, "frames": FIXTURES.len() + 2, "bytes": bytes,
            "events": {
                "TextMessagesCreated": 2, "TextMessagesUpdated": 1, "TextMessageDeleted": 1,
                "RoomCreated": 1, "RoomUpdated": 1, "RoomDeleted": 1,
            },
            "recovered": 0, "unknown": 1, "malformed": 1, "resyncs": 0,
            "queue": {"frames": 0, "bytes": 0},
            "lastClose": {"code": 1012, "reason": "restart", "wasClean": true, "status": null},
        })
    );
    client.close();
}
