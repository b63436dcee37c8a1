//! What the browser tells of the network and of the page, and what becomes of the connection.

use wasm_bindgen_test::wasm_bindgen_test;

use crate::harness::{
    Fakes, Listener, closed_with, connect, live_sockets, lose, open, set_visible, signal, signal_document,
    socket_count, until,
};

/// Nobody waits so long: whatever comes back does so for another reason than the delay.
const PATIENT: &str = r#"{"reconnect":{"initialMs":2147483647,"maxMs":2147483647},"catchUp":false}"#;
const QUICK: &str = r#"{"reconnect":{"initialMs":1,"maxMs":2},"catchUp":false}"#;

#[wasm_bindgen_test]
async fn without_a_network_nothing_is_tried_until_there_is_one() {
    let _fakes = Fakes::install();
    let client = connect(QUICK).await;
    let states = Listener::on(&client, "statechange");
    open().await;
    signal("offline").await;
    // A socket that is open may know better than the browser.
    assert_eq!((states.statuses(), live_sockets()), (vec!["open".to_owned()], 1));
    lose(1006, "", false).await;
    assert_eq!(states.statuses().last().map(String::as_str), Some("offline"));
    assert_eq!(states.values()[1]["cause"]["reason"], "offline");
    assert_eq!(socket_count(), 1);
    signal("online").await;
    until(|| socket_count() == 2).await;
    open().await;
    // Whether it still has to wait depends on how long it was without a network.
    let mut passed = states.statuses();
    passed.retain(|status| status != "waiting");
    assert_eq!(passed, ["open", "offline", "connecting", "open"]);
    client.close();
}

#[wasm_bindgen_test]
async fn an_attempt_ends_with_the_network() {
    let _fakes = Fakes::install();
    let client = connect(PATIENT).await;
    let states = Listener::on(&client, "statechange");
    signal("offline").await;
    assert_eq!(states.statuses(), ["offline"]);
    assert_eq!(closed_with(0).as_deref(), Some("4000 offline"));
    client.close();
}

#[wasm_bindgen_test]
async fn a_page_that_is_shown_again_does_not_wait() {
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
async fn a_page_that_is_put_away_keeps_nothing_open_and_comes_back() {
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
        // Whoever was not away does not come back.
        target(back).await;
        assert_eq!((socket_count(), client.status()), (2, "open".into()));
        client.close();
    }
}

#[wasm_bindgen_test]
async fn a_closed_client_hears_no_signal() {
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
