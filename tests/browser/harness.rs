//! Bindings to `harness.js`, and a listener that records its calls.

use std::cell::RefCell;
use std::ops::Deref;
use std::rc::Rc;
use std::time::Duration;

use js_sys::{Function, JSON, Reflect};
use room_events::browser::{EarlySocket, Engine, Options};
use serde_json::Value;
use wasm_bindgen::prelude::*;

#[wasm_bindgen(module = "/tests/browser/harness.js")]
extern "C" {
    fn install();
    fn uninstall();
    #[wasm_bindgen(js_name = socketCount)]
    pub(crate) fn socket_count() -> usize;
    #[wasm_bindgen(js_name = liveSockets)]
    pub(crate) fn live_sockets() -> usize;
    #[wasm_bindgen(js_name = liveListeners)]
    pub(crate) fn live_listeners() -> usize;
    #[wasm_bindgen(js_name = liveTimers)]
    pub(crate) fn live_timers() -> usize;
    #[wasm_bindgen(js_name = timerStacks)]
    pub(crate) fn timer_stacks() -> String;
    pub(crate) fn reported() -> String;
    #[wasm_bindgen(js_name = socketUrl)]
    pub(crate) fn socket_url() -> String;
    #[wasm_bindgen(js_name = closedWith)]
    pub(crate) fn closed_with(index: usize) -> Option<String>;
    #[wasm_bindgen(js_name = refuseSockets)]
    pub(crate) fn refuse_sockets(refuse: bool);
    pub(crate) async fn open();
    #[wasm_bindgen(js_name = frame)]
    pub(crate) async fn frame_value(data: &JsValue);
    #[wasm_bindgen(js_name = frameNow)]
    pub(crate) fn frame_now(data: &JsValue);
    pub(crate) async fn lose(code: u16, reason: &str, was_clean: bool);
    pub(crate) async fn tick();

    /// The client of the package.
    #[derive(Clone)]
    pub(crate) type Client;
    #[wasm_bindgen(js_name = connect, catch)]
    async fn connect_with(options: &JsValue, make_engine: &JsValue) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, catch)]
    pub(crate) fn on(
        this: &Client,
        topic: &JsValue,
        callback: &JsValue,
        options: &JsValue,
    ) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, catch)]
    pub(crate) fn follow(this: &Client, rooms: &JsValue) -> Result<(), JsValue>;
    #[wasm_bindgen(method, catch)]
    pub(crate) fn freshness(this: &Client, room: &JsValue) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, getter)]
    pub(crate) fn status(this: &Client) -> String;
    #[wasm_bindgen(method, getter)]
    pub(crate) fn connection(this: &Client) -> JsValue;
    #[wasm_bindgen(method)]
    pub(crate) async fn stats(this: &Client) -> JsValue;
    #[wasm_bindgen(method)]
    pub(crate) fn close(this: &Client);

    #[wasm_bindgen(js_name = until)]
    async fn until_true(condition: &Function);
    pub(crate) async fn signal(name: &str);
    #[wasm_bindgen(js_name = signalDocument)]
    pub(crate) async fn signal_document(name: &str);
    #[wasm_bindgen(js_name = setVisible)]
    pub(crate) async fn set_visible(visible: bool);
    /// A callback that throws an `Error` with this message.
    pub(crate) fn throwing(message: &str) -> Function;
    /// A callback that does nothing.
    pub(crate) fn nothing() -> Function;
    #[wasm_bindgen(js_name = untilWithin)]
    async fn until_true_within(condition: &Function, limit_ms: f64) -> JsValue;
    pub(crate) async fn call(method: &str, url: &str, body: &JsValue) -> JsValue;
    #[wasm_bindgen(js_name = isPlain)]
    pub(crate) fn is_plain(value: &JsValue) -> bool;
}

/// Options of a client without catch-up. It also delivers repeated frames.
pub(crate) const UNCHECKED: &str = r#"{"catchUp":false}"#;

/// Installs the fakes and removes them when dropped.
pub(crate) struct Fakes(());

impl Fakes {
    pub(crate) fn install() -> Self {
        install();
        Self(())
    }
}

impl Drop for Fakes {
    fn drop(&mut self) {
        uninstall();
    }
}

/// Delivers a text frame from the server.
pub(crate) async fn frame(text: &str) {
    frame_value(&text.into()).await;
}

/// Resolves once the condition holds.
pub(crate) async fn until(condition: impl FnMut() -> bool + 'static) {
    let condition = Closure::<dyn FnMut() -> bool>::new(condition);
    until_true(condition.as_ref().unchecked_ref()).await;
}

/// Resolves to whether the condition held within the time limit.
pub(crate) async fn until_within(limit: Duration, condition: impl FnMut() -> bool + 'static) -> bool {
    let condition = Closure::<dyn FnMut() -> bool>::new(condition);
    let limit_ms = limit.as_secs_f64() * 1000.0;
    until_true_within(condition.as_ref().unchecked_ref(), limit_ms)
        .await
        .is_truthy()
}

/// Creates a client with options given as JSON.
pub(crate) async fn connect(options: &str) -> Connected {
    let options = JSON::parse(options).expect("JSON");
    Connected::with(&options).await.expect("connects")
}

/// A client that is closed when dropped, even if the test panics.
pub(crate) struct Connected(Client);

impl Connected {
    pub(crate) async fn with(options: &JsValue) -> Result<Self, JsValue> {
        let make = Closure::<dyn Fn(Options, Option<EarlySocket>, bool) -> Engine>::new(
            |options: Options, link: Option<EarlySocket>, local: bool| Engine::new(&options, link, local),
        );
        let client = connect_with(options, make.as_ref()).await?;
        Ok(Self(client.unchecked_into()))
    }

    /// Returns the client without closing it.
    pub(crate) fn leave(self) -> Client {
        let client = self.0.clone();
        std::mem::forget(self);
        client
    }

    /// Resolves once the stream is open.
    pub(crate) async fn until_open(&self, states: &Listener) {
        if self.status() != "open" {
            states.until_status("open").await;
        }
    }
}

impl Deref for Connected {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.0
    }
}

impl Drop for Connected {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// Reads a property of an object.
pub(crate) fn get(object: &JsValue, name: &str) -> JsValue {
    Reflect::get(object, &name.into()).expect("an object")
}

/// Converts a JavaScript value to JSON.
pub(crate) fn json(value: &JsValue) -> Value {
    let text = JSON::stringify(value).expect("serialises");
    serde_json::from_str(&String::from(text)).expect("JSON")
}

/// A callback that records its arguments. Removed when dropped.
pub(crate) struct Listener {
    seen: Rc<RefCell<Vec<(JsValue, JsValue)>>>,
    unsubscribe: Function,
    _closure: Closure<dyn FnMut(JsValue, JsValue)>,
}

impl Listener {
    pub(crate) fn on(client: &Client, topic: &str) -> Self {
        Self::then(client, topic, || {})
    }

    /// Listens to events of a single room.
    pub(crate) fn in_room(client: &Client, topic: &str, room_id: u64) -> Self {
        let options = JSON::parse(&format!(r#"{{"roomId":{room_id}}}"#)).expect("JSON");
        Self::with(client, topic, &options, || {})
    }

    /// Also runs `more` on each call.
    pub(crate) fn then(client: &Client, topic: &str, more: impl FnMut() + 'static) -> Self {
        Self::with(client, topic, &JsValue::UNDEFINED, more)
    }

    fn with(client: &Client, topic: &str, options: &JsValue, mut more: impl FnMut() + 'static) -> Self {
        let seen = Rc::new(RefCell::new(Vec::new()));
        let notes = Rc::clone(&seen);
        let closure = Closure::<dyn FnMut(JsValue, JsValue)>::new(move |value, event| {
            notes.borrow_mut().push((value, event));
            more();
        });
        let unsubscribe = client
            .on(&topic.into(), closure.as_ref(), options)
            .expect("registers")
            .unchecked_into();
        Self {
            seen,
            unsubscribe,
            _closure: closure,
        }
    }

    pub(crate) fn off(&self) {
        self.unsubscribe.call0(&JsValue::UNDEFINED).expect("unsubscribes");
    }

    pub(crate) fn count(&self) -> usize {
        self.seen.borrow().len()
    }

    pub(crate) fn values(&self) -> Vec<Value> {
        self.seen.borrow().iter().map(|(value, _)| json(value)).collect()
    }

    pub(crate) fn last(&self) -> (JsValue, JsValue) {
        self.seen.borrow().last().cloned().expect("it was called")
    }

    /// The `status` of each notification.
    pub(crate) fn statuses(&self) -> Vec<String> {
        self.values()
            .iter()
            .map(|value| value["status"].as_str().unwrap_or_default().to_owned())
            .collect()
    }

    /// Resolves once the last reported status equals `status`.
    pub(crate) async fn until_status(&self, status: &'static str) {
        let seen = Rc::clone(&self.seen);
        until(move || {
            seen.borrow()
                .last()
                .is_some_and(|(value, _)| get(value, "status") == status)
        })
        .await;
    }

    /// Resolves once there were at least `count` calls.
    pub(crate) async fn until_count(&self, count: usize) {
        let seen = Rc::clone(&self.seen);
        until(move || seen.borrow().len() >= count).await;
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.off();
    }
}
