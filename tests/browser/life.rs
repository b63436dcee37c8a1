//! The life of a client, from `connect()` to `close()`, without leaks.

use std::cell::RefCell;
use std::rc::Rc;

use serde_json::json;
use wasm_bindgen_test::wasm_bindgen_test;

use crate::harness::{
    Connected, Fakes, Listener, closed_with, connect, frame, live_listeners, live_sockets, live_timers, lose,
    nothing, open, refuse_sockets, socket_count, timer_stacks, until,
};

/// Options without a REST API, regardless of the page that runs the tests: catch-up fails.
const QUICK: &str =
    r#"{"reconnect":{"initialMs":1,"maxMs":2,"timeoutMs":5000},"catchUp":false,"rest":{"url":"/nowhere"}}"#;
const ROOM_DELETED: &str = r#"{"type":"RoomDeleted","data":{"roomId":2}}"#;

fn assert_nothing_is_left() {
    assert_eq!(
        (live_sockets(), live_listeners(), live_timers()),
        (0, 0, 0),
        "sockets, listeners, timers: {}",
        timer_stacks()
    );
}

#[wasm_bindgen_test]
async fn reconnects_after_every_loss() {
    let _fakes = Fakes::install();
    let client = connect(QUICK).await;
    let states = Listener::on(&client, "statechange");
    let rooms = Listener::on(&client, "RoomDeleted");
    open().await;
    for round in 1..=5 {
        lose(1006, "gone", false).await;
        until(move || socket_count() > round).await;
        open().await;
        frame(ROOM_DELETED).await;
        assert_eq!(rooms.count(), round);
    }
    assert_eq!(states.statuses()[..4], ["open", "waiting", "connecting", "open"]);
    let waiting = &states.values()[1];
    assert_eq!(
        waiting["cause"],
        json!({"code": 1006, "reason": "gone", "wasClean": false, "status": null})
    );
    let now = js_sys::Date::now();
    assert!(
        waiting["retryAt"]
            .as_f64()
            .is_some_and(|at| at > now - 60_000.0 && at <= now + 2.0)
    );
    assert_eq!(live_sockets(), 1);
    client.close();
    assert_nothing_is_left();
}

#[wasm_bindgen_test]
async fn retries_if_the_browser_refuses_a_socket() {
    let _fakes = Fakes::install();
    let client = connect(QUICK).await;
    let states = Listener::on(&client, "statechange");
    refuse_sockets(true);
    lose(1006, "", false).await;
    states.until_count(5).await;
    refuse_sockets(false);
    until(|| socket_count() == 2).await;
    open().await;
    assert_eq!(client.status(), "open");
    client.close();
    assert_nothing_is_left();
}

#[wasm_bindgen_test]
async fn gives_up_a_socket_that_does_not_open() {
    let _fakes = Fakes::install();
    let client = connect(r#"{"reconnect":{"initialMs":1,"maxMs":1,"timeoutMs":5}}"#).await;
    until(|| socket_count() == 2).await;
    assert_eq!(closed_with(0).as_deref(), Some("4000 connect timeout"));
    assert_eq!((live_sockets(), live_listeners()), (1, 3));
    client.close();
    assert_nothing_is_left();
}

#[wasm_bindgen_test]
async fn closing_releases_everything_and_ends_all_callbacks() {
    for prepared in ["", "open", "lost"] {
        let _fakes = Fakes::install();
        let client = connect("{}").await;
        let states = Listener::on(&client, "statechange");
        let rooms = Listener::on(&client, "RoomDeleted");
        match prepared {
            "open" => open().await,
            "lost" => lose(1006, "", false).await,
            _ => {}
        }
        client.close();
        client.close();
        assert_nothing_is_left();
        assert_eq!(states.statuses().last().map(String::as_str), Some("closed"));
        assert_eq!(client.status(), "closed");
        frame(ROOM_DELETED).await;
        let after = Listener::on(&client, "statechange");
        client.close();
        assert_eq!((rooms.count(), after.count()), (0, 0));
    }
}

#[wasm_bindgen_test]
async fn calls_no_other_callback_once_one_closes_the_client() {
    let _fakes = Fakes::install();
    let client = Rc::new(connect("{}").await);
    open().await;
    let order = Rc::new(RefCell::new(Vec::new()));
    let (closing, closed, notes) = (Rc::clone(&client), Rc::clone(&order), Rc::clone(&order));
    let first = Listener::then(&client, "RoomDeleted", move || {
        closing.close();
        assert_nothing_is_left();
        closed.borrow_mut().push("closed by me");
    });
    let _states = Listener::then(&client, "statechange", move || notes.borrow_mut().push("told"));
    frame(ROOM_DELETED).await;
    assert_eq!(first.count(), 1);
    assert_eq!(*order.borrow(), ["told", "closed by me"]);
}

#[wasm_bindgen_test]
async fn lives_until_closed_without_references_from_the_page() {
    let _fakes = Fakes::install();
    let options = js_sys::JSON::parse(r#"{"reconnect":{"attempts":1},"catchUp":false}"#).expect("JSON");
    let client = Connected::with(&options).await.expect("connects").leave();
    let rooms = Listener::on(&client, "RoomDeleted");
    drop(client);
    open().await;
    frame(ROOM_DELETED).await;
    assert_eq!((rooms.count(), live_sockets()), (1, 1));
    rooms.off();
    assert_eq!(live_sockets(), 1);
    // Its attempts are used up.
    lose(1006, "", false).await;
    assert_nothing_is_left();
}

/// Counts references from Rust to JavaScript objects (callbacks, sockets, events). They end with their client.
#[wasm_bindgen_test]
async fn keeps_no_javascript_objects_after_close() {
    let round = async || {
        let _fakes = Fakes::install();
        let client = connect(QUICK).await;
        for topic in ["RoomDeleted", "statechange", "malformed", "unknown"] {
            client
                .on(&topic.into(), &nothing(), &wasm_bindgen::JsValue::UNDEFINED)
                .expect("registers");
        }
        open().await;
        frame(ROOM_DELETED).await;
        frame("no event").await;
        lose(1006, "", false).await;
        until(|| socket_count() == 2).await;
        client.close();
        drop(client);
        assert_nothing_is_left();
    };
    round().await;
    let before = wasm_bindgen::externref_heap_live_count();
    for _ in 0..20 {
        round().await;
    }
    let after = wasm_bindgen::externref_heap_live_count();
    assert!(
        after < before + 20,
        "{before} references before 20 clients, {after} after them"
    );
}
