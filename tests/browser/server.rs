//! Tests against the reference server, over a real WebSocket.

use std::rc::Rc;
use std::time::Duration;

use serde_json::{Value, json};
use wasm_bindgen::JsValue;
use wasm_bindgen_test::wasm_bindgen_test;

use crate::delivery::FIXTURES;
use crate::harness::{
    Client, Connected, Listener, call, get, json as to_json, signal, tick, until, until_within,
};

/// The address of the tests' server.
const SERVER: &str = match option_env!("ROOM_EVENTS_TEST_SERVER") {
    Some(origin) => origin,
    None => "http://127.0.0.1:7777",
};

async fn rest(method: &str, path: &str, body: Value) -> Value {
    let body = if body.is_null() {
        JsValue::UNDEFINED
    } else {
        body.to_string().into()
    };
    to_json(&call(method, &format!("{SERVER}/api/v1{path}"), &body).await)
}

async fn log_in(user: &str) {
    let answer = rest("POST", "/login", json!({"userName": user, "password": user})).await;
    assert_eq!(answer["httpStatusCode"], 200, "{answer}");
}

/// Creates a client and waits until its stream is open. The browser has the session cookie.
async fn connected() -> (Connected, Listener) {
    connected_with(r#"{"reconnect":{"initialMs":1,"maxMs":20}}"#).await
}

/// Like [`connected`], with more options. Tests that send invented events disable catch-up: the REST API would
/// contradict them.
async fn connected_with(options: &str) -> (Connected, Listener) {
    let options = js_sys::JSON::parse(options).expect("JSON");
    js_sys::Reflect::set(&options, &"url".into(), &format!("{SERVER}/api/v1/events").into())
        .expect("an object");
    let client = Connected::with(&options).await.expect("connects");
    let states = Listener::on(&client, "statechange");
    client.until_open(&states).await;
    (client, states)
}

#[wasm_bindgen_test]
async fn delivers_every_payload_sent_by_the_server() {
    log_in("bob").await;
    let (client, _states) = connected_with(r#"{"catchUp":false}"#).await;
    for fixture in FIXTURES {
        let event: Value = serde_json::from_str(fixture).expect("JSON");
        let listener = Listener::on(&client, event["type"].as_str().expect("a type"));
        rest(
            "POST",
            "/reference/faults",
            json!({"fault": "frame", "text": fixture}),
        )
        .await;
        listener.until_count(1).await;
        assert_eq!(listener.values()[0], event["data"]);
    }
    client.close();
}

#[wasm_bindgen_test]
async fn delivers_changes_in_a_room_as_events() {
    log_in("bob").await;
    let (client, _states) = connected().await;
    let listener = |topic: &str| Listener::on(&client, topic);
    let (created, updated, deleted) = (
        listener("TextMessagesCreated"),
        listener("TextMessagesUpdated"),
        listener("TextMessageDeleted"),
    );
    let (room_created, room_updated, room_deleted) = (
        listener("RoomCreated"),
        listener("RoomUpdated"),
        listener("RoomDeleted"),
    );

    let answer = rest("POST", "/rooms", json!({"name": "Browser tests"})).await;
    assert_eq!(answer["httpStatusCode"], 200, "{answer}");
    room_created.until_count(1).await;
    let room = &room_created.values()[0]["room"];
    assert_eq!(
        (&room["name"], &room["displayName"]),
        (&json!("Browser tests"), &json!("Browser tests"))
    );
    let room_id = room["roomId"].as_u64().expect("an id");

    rest("PUT", &format!("/rooms/{room_id}"), json!({"name": "Renamed"})).await;
    room_updated.until_count(1).await;
    assert_eq!(room_updated.values()[0]["room"]["displayName"], "Renamed");

    rest(
        "POST",
        &format!("/rooms/{room_id}/messages"),
        json!({"content": "<b>Grüße</b> 👋"}),
    )
    .await;
    created.until_count(1).await;
    let message = &created.values()[0]["messages"][0];
    assert_eq!(
        (&message["text"], &message["roomId"]),
        (&json!("<b>Grüße</b> 👋"), &json!(room_id))
    );
    let message_id = message["messageId"].as_u64().expect("an id");

    rest(
        "PUT",
        &format!("/messages/{message_id}"),
        json!({"content": "edited"}),
    )
    .await;
    updated.until_count(1).await;
    assert_eq!(updated.values()[0]["messages"][0]["text"], "edited");

    rest(
        "POST",
        &format!("/messages/{message_id}/comments"),
        json!({"content": "a comment"}),
    )
    .await;
    created.until_count(2).await;
    assert_eq!(created.values()[1]["messages"][0]["parentMessageId"], message_id);
    updated.until_count(2).await;
    assert_eq!(updated.values()[1]["messages"][0]["commentCount"], 1);

    rest("DELETE", &format!("/messages/{message_id}"), Value::Null).await;
    deleted.until_count(2).await;
    let gone = deleted
        .values()
        .into_iter()
        .find(|gone| gone["messageId"] == message_id)
        .expect("an event");
    assert_eq!(
        gone,
        json!({"parentMessageId": 0, "roomId": room_id, "messageId": message_id})
    );

    rest("DELETE", &format!("/rooms/{room_id}"), Value::Null).await;
    room_deleted.until_count(1).await;
    assert_eq!(room_deleted.values()[0], json!({"roomId": room_id}));
    client.close();
}

#[wasm_bindgen_test]
async fn survives_garbage_from_the_server() {
    log_in("bob").await;
    let (client, _states) = connected().await;
    let errors = Listener::on(&client, "malformed");
    let unknown = Listener::on(&client, "unknown");
    let rooms = Listener::on(&client, "RoomDeleted");
    for text in [
        "",
        "{",
        r#"{"type":"RoomDeleted","data":{"roomId":-1}}"#,
        r#"{"type":"Nudge","data":1}"#,
    ] {
        rest(
            "POST",
            "/reference/faults",
            json!({"fault": "frame", "text": text}),
        )
        .await;
    }
    let good = r#"{"type":"RoomDeleted","data":{"roomId":12345}}"#;
    rest(
        "POST",
        "/reference/faults",
        json!({"fault": "frame", "text": good}),
    )
    .await;
    rooms.until_count(1).await;
    let codes: Vec<_> = errors
        .values()
        .iter()
        .map(|error| error["code"].clone())
        .collect();
    assert_eq!(codes, ["truncated", "truncated", "out-of-range"]);
    assert_eq!(unknown.values()[0]["data"], 1);
    client.close();
}

#[wasm_bindgen_test]
async fn reconnects_after_the_server_disconnects() {
    log_in("bob").await;
    let (client, states) = connected().await;
    let rooms = Listener::on(&client, "RoomDeleted");
    // WebKitGTK reports 1006 for codes above 1011 that its library does not know, and application codes unchanged.
    for (round, fault) in [json!({"fault": "drop"}), json!({"fault": "close", "code": 4002})]
        .into_iter()
        .enumerate()
    {
        let told = states.count();
        rest("POST", "/reference/faults", fault).await;
        states.until_count(told + 3).await;
        states.until_status("open").await;
        let mut passed = states.statuses().split_off(told);
        // Whether catch-up runs depends on how soon the connection was lost.
        passed.retain(|state| state != "catching-up");
        assert_eq!(passed, ["waiting", "connecting", "open"]);
        let code = if round == 0 { 1006 } else { 4002 };
        assert_eq!(states.values()[told]["cause"]["code"], code);
        let good = format!(
            r#"{{"type":"RoomDeleted","data":{{"roomId":{}}}}}"#,
            12345 + round
        );
        rest(
            "POST",
            "/reference/faults",
            json!({"fault": "frame", "text": good}),
        )
        .await;
        rooms.until_count(round + 1).await;
    }
    client.close();
    assert_eq!(client.status(), "closed");
}

/// All messages that a listener received.
fn messages_of(listener: &Listener) -> Vec<Value> {
    let messages = |data: Value| data["messages"].as_array().cloned().unwrap_or_default();
    listener.values().into_iter().flat_map(messages).collect()
}

/// Events missed while disconnected arrive through the same callbacks, before any newer ones.
#[wasm_bindgen_test]
async fn recovers_changes_made_while_offline() {
    log_in("bob").await;
    // With history, the first catch-up ends in `open`, and the baseline is complete.
    let (client, states) =
        connected_with(r#"{"catchUp":{"history":true},"reconnect":{"initialMs":1,"maxMs":60000}}"#).await;
    let answer = rest("POST", "/rooms", json!({"name": "Catch-up"})).await;
    let room_id = answer["room"]["roomId"].as_u64().expect("an id");
    let created = Listener::in_room(&client, "TextMessagesCreated", room_id);
    let updated = Listener::in_room(&client, "TextMessagesUpdated", room_id);
    let deleted = Listener::in_room(&client, "TextMessageDeleted", room_id);
    let messages = format!("/rooms/{room_id}/messages");
    for text in ["to be edited", "to be deleted"] {
        rest("POST", &messages, json!({"content": text})).await;
    }
    let created = Rc::new(created);
    let so_far = Rc::clone(&created);
    until(move || messages_of(&so_far).len() >= 2).await;
    let ids: Vec<_> = messages_of(&created)
        .iter()
        .map(|message| message["messageId"].clone())
        .collect();

    // Disconnects, makes changes of every kind, and reconnects.
    let told = states.count();
    signal("offline").await;
    rest("POST", "/reference/faults", json!({"fault": "drop"})).await;
    states.until_count(told + 1).await;
    rest(
        "PUT",
        &format!("/messages/{}", ids[0]),
        json!({"content": "edited"}),
    )
    .await;
    rest("DELETE", &format!("/messages/{}", ids[1]), Value::Null).await;
    rest("POST", &messages, json!({"content": "new"})).await;
    rest(
        "POST",
        &format!("/messages/{}/comments", ids[0]),
        json!({"content": "a comment"}),
    )
    .await;
    signal("online").await;
    states.until_status("open").await;
    assert_eq!(states.statuses()[told], "offline");
    // A deletion is delivered once a second, later response confirms it.
    deleted.until_count(1).await;
    updated.until_count(1).await;

    let news: Vec<_> = messages_of(&created)
        .into_iter()
        .skip(2)
        .map(|message| message["text"].clone())
        .collect();
    assert_eq!(news, ["new", "a comment"]);
    assert_eq!(get(&created.last().1, "recovered"), true);
    assert_eq!(updated.values()[0]["messages"][0]["text"], "edited");
    assert_eq!(deleted.values()[0]["messageId"], ids[1]);
    client.close();
    rest("DELETE", &format!("/rooms/{room_id}"), Value::Null).await;
}

async fn make_room(name: &str) -> u64 {
    let answer = rest("POST", "/rooms", json!({"name": name})).await;
    answer["room"]["roomId"].as_u64().expect("an id")
}

async fn send(room_id: u64, text: &str) {
    let path = format!("/rooms/{room_id}/messages");
    rest("POST", &path, json!({"content": text})).await;
}

/// Takes the client offline. `signal("online").await` reconnects it.
async fn go_offline(states: &Listener) {
    signal("offline").await;
    rest("POST", "/reference/faults", json!({"fault": "drop"})).await;
    states.until_status("offline").await;
}

fn freshness(client: &Client, room_id: Option<u64>) -> Option<String> {
    let room_id = room_id.map_or(JsValue::UNDEFINED, |id| JsValue::from_f64(id as f64));
    client.freshness(&room_id).expect("an id").as_string()
}

fn freshnesses(listener: &Listener) -> Vec<Value> {
    let told = listener.values();
    told.iter().map(|notice| notice["freshness"].clone()).collect()
}

const HISTORY: &str = r#"{"catchUp":{"history":true,"rooms":0},"reconnect":{"initialMs":1,"maxMs":200}}"#;

#[wasm_bindgen_test]
async fn reports_freshness_of_a_watched_room_around_a_gap() {
    log_in("bob").await;
    let room_id = make_room("Freshness").await;
    let (client, states) = connected_with(HISTORY).await;
    let told = Listener::in_room(&client, "freshness", room_id);
    assert_eq!(freshness(&client, None).as_deref(), Some("live"));
    assert_eq!(freshness(&client, Some(room_id)), None, "without a listener");
    let path = format!("/rooms/{room_id}/messages");
    rest(
        "POST",
        "/reference/faults",
        json!({"fault": "restHang", "path": path}),
    )
    .await;
    let created = Listener::in_room(&client, "TextMessagesCreated", room_id);
    tick().await;
    assert_eq!(freshness(&client, Some(room_id)).as_deref(), Some("loading"));
    rest("DELETE", "/reference/faults", Value::Null).await;
    told.until_count(1).await;
    assert_eq!(freshness(&client, Some(room_id)).as_deref(), Some("live"));
    go_offline(&states).await;
    assert_eq!(freshness(&client, Some(room_id)).as_deref(), Some("stale"));
    signal("online").await;
    told.until_count(4).await;
    assert_eq!(freshnesses(&told), ["live", "stale", "catching-up", "live"]);
    assert_eq!(
        told.values()[3],
        json!({"roomId": room_id, "freshness": "live", "cause": null})
    );
    created.off();
    tick().await;
    assert_eq!(freshness(&client, Some(room_id)), None);
    client.close();
    rest("DELETE", &format!("/rooms/{room_id}"), Value::Null).await;
}

#[wasm_bindgen_test]
async fn follow_all_recovers_edits_in_unlisted_rooms() {
    log_in("bob").await;
    let (client, states) = connected_with(HISTORY).await;
    client.follow(&"all".into()).expect("follows");
    let created = Listener::on(&client, "TextMessagesCreated");
    let updated = Listener::on(&client, "TextMessagesUpdated");
    let room_id = make_room("Followed with all others").await;
    send(room_id, "to be edited").await;
    let in_room = move |listener: &Listener| {
        let mut messages = messages_of(listener);
        messages.retain(|message| message["roomId"] == room_id);
        messages
    };
    let created = Rc::new(created);
    let so_far = Rc::clone(&created);
    until(move || !in_room(&so_far).is_empty()).await;
    let message_id = in_room(&created)[0]["messageId"].clone();
    go_offline(&states).await;
    let before = updated.count();
    let path = format!("/messages/{message_id}");
    rest("PUT", &path, json!({"content": "edited"})).await;
    signal("online").await;
    updated.until_count(before + 1).await;
    assert_eq!(get(&updated.last().1, "recovered"), true);
    let edited = in_room(&updated);
    assert_eq!(
        edited.last().map(|message| &message["text"]),
        Some(&json!("edited"))
    );
    client.close();
    rest("DELETE", &format!("/rooms/{room_id}"), Value::Null).await;
}

/// A room that cannot be read does not delay others, and recovers once it can be read.
#[wasm_bindgen_test]
async fn keeps_other_rooms_live_when_one_is_unreadable() {
    log_in("bob").await;
    let (client, states) = connected_with(HISTORY).await;
    let (broken, well) = (make_room("Unreadable").await, make_room("Readable").await);
    let in_broken = Listener::in_room(&client, "TextMessagesCreated", broken);
    let in_well = Listener::in_room(&client, "TextMessagesCreated", well);
    let told = Listener::in_room(&client, "freshness", broken);
    let resyncs = Listener::on(&client, "resync");
    send(broken, "before the gap").await;
    in_broken.until_count(1).await;

    go_offline(&states).await;
    send(broken, "missed").await;
    send(well, "missed too").await;
    let path = format!("/rooms/{broken}/messages");
    rest(
        "POST",
        "/reference/faults",
        json!({"fault": "restStatus", "status": 500, "path": path}),
    )
    .await;
    signal("online").await;
    in_well.until_count(1).await;
    assert_eq!(get(&in_well.last().1, "recovered"), true);
    send(well, "live").await;
    in_well.until_count(2).await;
    assert_eq!(get(&in_well.last().1, "recovered"), false);

    resyncs.until_count(1).await;
    assert_eq!(
        resyncs.values(),
        [json!({"roomId": broken, "reason": "unreadable"})]
    );
    assert_eq!(freshness(&client, Some(broken)).as_deref(), Some("stale"));
    let notice = told.values().pop().expect("a freshness");
    assert_eq!(
        notice,
        json!({"roomId": broken, "freshness": "stale", "cause": "the server answered with HTTP status 500"})
    );
    states.until_status("open").await;

    rest("DELETE", "/reference/faults", Value::Null).await;
    in_broken.until_count(2).await;
    assert_eq!(messages_of(&in_broken)[1]["text"], "missed");
    assert_eq!(get(&in_broken.last().1, "recovered"), true);
    let client = Rc::new(client);
    let watching = Rc::clone(&client);
    until(move || freshness(&watching, Some(broken)).as_deref() == Some("live")).await;
    assert_eq!((resyncs.count(), in_broken.count()), (1, 2));
    client.close();
    for room_id in [broken, well] {
        rest("DELETE", &format!("/rooms/{room_id}"), Value::Null).await;
    }
}

/// Added to the configured time, as a busy machine fires timers late.
const LATE: Duration = Duration::from_millis(1_000);

/// A client with a short watchdog interval. The initial catch-up shows it that the REST API responds.
async fn watched(compare_after_ms: u32) -> (Rc<Connected>, Listener) {
    let options = format!(
        r#"{{"reconnect":{{"initialMs":1,"maxMs":20}},"catchUp":{{"history":true}},
            "rest":{{"timeoutMs":500}},
            "watchdog":{{"silenceMs":500,"compareAfterMs":{compare_after_ms}}}}}"#
    );
    let (client, states) = connected_with(&options).await;
    (Rc::new(client), states)
}

/// Simulates a half-open connection: neither the stream nor the REST API responds.
#[wasm_bindgen_test]
async fn closes_a_half_open_connection_within_the_configured_time() {
    log_in("bob").await;
    let (client, states) = watched(3_600_000).await;
    let told = states.count();
    rest(
        "POST",
        "/reference/faults",
        json!({"fault": "stall", "part": "all"}),
    )
    .await;
    let (silence, answer_timeout) = (Duration::from_millis(500), Duration::from_millis(500));
    let watching = Rc::clone(&client);
    let left = until_within(silence + answer_timeout + LATE, move || {
        watching.status() != "open"
    })
    .await;
    assert!(left, "{:?}", to_json(&client.connection()));
    // The notification may come one task later.
    states.until_count(told + 1).await;
    assert_eq!(
        states.values()[told]["cause"]["reason"],
        "the server does not answer"
    );
    rest("DELETE", "/reference/faults", Value::Null).await;
    states.until_status("open").await;
    client.close();
}

/// Simulates a stalled stream with a working REST API. Only a comparison detects the missing events.
#[wasm_bindgen_test]
async fn detects_a_stalled_stream_within_the_configured_time() {
    log_in("bob").await;
    let (client, states) = watched(1_000).await;
    let answer = rest("POST", "/rooms", json!({"name": "Kept back"})).await;
    let room_id = answer["room"]["roomId"].as_u64().expect("an id");
    let created = Rc::new(Listener::on(&client, "TextMessagesCreated"));
    rest("POST", "/reference/faults", json!({"fault": "stall"})).await;
    let messages = format!("/rooms/{room_id}/messages");
    rest("POST", &messages, json!({"content": "kept back"})).await;
    let (compare_after, answer_timeout) = (Duration::from_millis(1_000), Duration::from_millis(500));
    let listener = Rc::clone(&created);
    let told = until_within(compare_after + answer_timeout + LATE, move || {
        listener.count() > 0
    })
    .await;
    assert!(told, "{:?}", to_json(&client.connection()));
    assert_eq!(get(&created.last().1, "recovered"), true);
    // If another reading found the message, it proves nothing about the stream. The comparison detects the next
    // message.
    let states = Rc::new(states);
    let is_blamed = |states: &Listener| {
        let mut told = states.values().into_iter();
        told.any(|state| state["cause"]["reason"] == "the stream has dropped events")
    };
    while !is_blamed(&states) {
        let found = created.count();
        rest("POST", &messages, json!({"content": "kept back, too"})).await;
        let (created, states) = (Rc::clone(&created), Rc::clone(&states));
        until(move || created.count() > found || is_blamed(&states)).await;
    }
    rest("DELETE", "/reference/faults", Value::Null).await;
    states.until_status("open").await;
    client.close();
    rest("DELETE", &format!("/rooms/{room_id}"), Value::Null).await;
}
