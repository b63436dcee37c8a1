//! The options of `connect()`.

use js_sys::{Array, JSON, Object, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::wasm_bindgen_test;

use crate::harness::{Connected, Fakes, connect, get, socket_url};

/// Options with one value set. `reconnect.maxMs` sets `maxMs` of a nested object.
fn options(path: &str, value: &JsValue) -> JsValue {
    path.rsplit('.').fold(value.clone(), |value, name| {
        let object = Object::new();
        Reflect::set(&object, &name.into(), &value).expect("an object takes it");
        object.into()
    })
}

fn page_host() -> String {
    get(&get(&js_sys::global(), "location"), "host")
        .as_string()
        .expect("a page has a host")
}

#[wasm_bindgen_test]
async fn connects_to_the_origin_of_the_page_by_default() {
    let _fakes = Fakes::install();
    let host = page_host();
    let _client = Connected::with(&JsValue::UNDEFINED).await.expect("connects");
    assert_eq!(socket_url(), format!("ws://{host}/api/v1/events"));
}

#[wasm_bindgen_test]
async fn accepts_relative_and_http_addresses_and_url_objects() {
    let _fakes = Fakes::install();
    let host = page_host();
    let url = web_sys::Url::new("wss://chat.example/e").expect("a URL");
    for (given, expected) in [
        ("/other/events".into(), format!("ws://{host}/other/events")),
        (
            "https://chat.example/api/v1/events".into(),
            "wss://chat.example/api/v1/events".into(),
        ),
        (
            "http://chat.example:81/e?x=1#part".into(),
            "ws://chat.example:81/e?x=1".into(),
        ),
        ("wss://chat.example/e".into(), "wss://chat.example/e".into()),
        (JsValue::from(url), "wss://chat.example/e".into()),
    ] {
        let _client = Connected::with(&options("url", &given))
            .await
            .expect("an address");
        assert_eq!(socket_url(), expected, "{given:?}");
    }
}

#[wasm_bindgen_test]
async fn rejects_invalid_options_with_a_code_and_their_name() {
    let _fakes = Fakes::install();
    let option = |path: &str, value: JsValue| (options(path, &value), "invalid-option", format!("`{path}`"));
    let url = |value: &str| (options("url", &value.into()), "invalid-url", value.to_owned());
    let root = |value: JsValue| (value, "invalid-option", "`options`".to_owned());
    let reversed = JSON::parse(r#"{"reconnect":{"initialMs":10,"maxMs":9}}"#).expect("JSON");
    for (options, code, part) in [
        url("mailto:admin@chat.example"),
        url("ws://"),
        option("url", 7.into()),
        option("unheard", "of".into()),
        option("reconnect.unheard", 7.into()),
        root(7.into()),
        root(JsValue::NULL),
        option("reconnect", "fast".into()),
        option("reconnect.initialMs", "soon".into()),
        option("reconnect.initialMs", 0.into()),
        option("reconnect.maxMs", (-1).into()),
        option("reconnect.maxMs", f64::NAN.into()),
        (reversed, "invalid-option", "`reconnect.initialMs`".to_owned()),
        option("reconnect.timeoutMs", 2_f64.powi(31).into()),
        option("reconnect.stableAfterMs", Array::new().into()),
    ] {
        let Err(error) = Connected::with(&options).await else {
            panic!("{options:?} was accepted")
        };
        let error: js_sys::Error = error.dyn_into().expect("an Error");
        assert_eq!(
            Reflect::get(&error, &"code".into()).expect("a code"),
            code,
            "{options:?}"
        );
        let message = String::from(error.message());
        assert!(message.contains(&part), "{options:?}: {message}");
    }
}

#[wasm_bindgen_test]
async fn lowers_the_initial_delay_to_a_smaller_maximum() {
    let _fakes = Fakes::install();
    connect(r#"{"reconnect":{"maxMs":10}}"#).await.close();
    connect(r#"{"reconnect":{}}"#).await.close();
}
