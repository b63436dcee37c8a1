//! How network and page lifecycle events of the browser change the connection.

use wasm_bindgen_test::wasm_bindgen_test;

use crate::harness::{
    Fakes, Listener, closed_with, connect, live_sockets, lose, open, set_visible, signal, signal_document,
    socket_count, until,
};

/// A delay longer than any test, so that a reconnection has another cause.
const PATIENT: &str = r#"{"reconnect":{"initialMs":2147483647,"maxMs":2147483647},"catchUp":false}"#;
const QUICK: &str = r#"{"reconnect":{"initialMs":1,"maxMs":2},"catchUp":false}"#;

#[wasm_bindgen_test]
async fn tries_nothing_while_offline() {
    let _fakes = Fakes::install();
    let client = connect(QUICK).await;
    let states = Listener::on(&client, "statechange");
    open().await;
    signal("offline").await;
    // An open socket is more reliable than the browser's report.
    assert_eq!((states.statuses(), live_sockets()), (vec!["open".to_owned()], 1));
    lose(1006, "", false).await;
    assert_eq!(states.statuses().last().map(String::as_str), Some("offline"));
    assert_eq!(states.values()[1]["cause"]["reason"], "offline");
    assert_eq!(socket_count(), 1);
    signal("online").await;
    until(|| socket_count() == 2).await;
    open().await;
    // Whether the client waits depends on how long it was offline.
    let mut passed = states.statuses();
    passed.retain(|status| status != "waiting");
    assert_eq!(passed, ["open", "offline", "connecting", "open"]);
    client.close();
}

#[wasm_bindgen_test]
async fn aborts_an_attempt_when_offline() {
    let _fakes = Fakes::install();
    let client = connect(PATIENT).await;
    let states = Listener::on(&client, "statechange");
    signal("offline").await;
    assert_eq!(states.statuses(), ["offline"]);
    assert_eq!(closed_with(0).as_deref(), Some("4000 offline"));
    client.close();
}

#[wasm_bindgen_test]
async fn reconnects_at_once_when_the_page_is_shown() {
    let _fakes = Fakes::install();
    let client = connect(PATIENT).await;
    let states = Listener::on(&client, "statechange");
    open().await;
    set_visible(false).await;
    lose(1006, "", false).await;
    assert_eq!(states.statuses(), ["open", "waiting"]);
    set_visible(true).await;
    assert_eq!(
        (states.statuses(), socket_count()),
        (vec!["open".into(), "waiting".into(), "connecting".into()], 2)
    );
    client.close();
}

#[wasm_bindgen_test]
async fn disconnects_while_frozen_or_cached_and_reconnects_afterwards() {
    for (away, back, reason) in [
        ("freeze", "resume", "the page was frozen"),
        ("pagehide", "pageshow", "the page was left"),
    ] {
        let target = async |name: &str| match away {
            "freeze" => signal_document(name).await,
            _ => signal(name).await,
        };
        let _fakes = Fakes::install();
        let client = connect(PATIENT).await;
        let states = Listener::on(&client, "statechange");
        open().await;
        target(away).await;
        assert_eq!(states.statuses(), ["open", "offline"], "{away}");
        assert_eq!(states.values()[1]["cause"]["reason"], reason);
        assert_eq!(
            (live_sockets(), closed_with(0)),
            (0, Some(format!("1000 {reason}")))
        );
        target(back).await;
        assert_eq!((socket_count(), live_sockets()), (2, 1), "{back}");
        open().await;
        assert_eq!(states.statuses(), ["open", "offline", "connecting", "open"]);
        // Without a preceding freeze or pagehide, the event changes nothing.
        target(back).await;
        assert_eq!((socket_count(), client.status()), (2, "open".into()));
        client.close();
    }
}

#[wasm_bindgen_test]
async fn ignores_signals_after_close() {
    let _fakes = Fakes::install();
    let client = connect(PATIENT).await;
    let states = Listener::on(&client, "statechange");
    open().await;
    signal("pagehide").await;
    client.close();
    let told = states.count();
    for name in ["pageshow", "online", "offline", "pagehide"] {
        signal(name).await;
    }
    for name in ["freeze", "resume"] {
        signal_document(name).await;
    }
    set_visible(false).await;
    set_visible(true).await;
    assert_eq!((socket_count(), states.count()), (1, told));
    assert_eq!(client.status(), "closed");
}
