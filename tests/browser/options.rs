//! The options of `connect()`.

use js_sys::{Function, JSON, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::wasm_bindgen_test;

use crate::harness::{Fakes, connect, socket_url};

fn evaluate(expression: &str) -> JsValue {
    Function::new_no_args(&format!("return {expression}"))
        .call0(&JsValue::UNDEFINED)
        .expect("evaluates")
}

#[wasm_bindgen_test]
fn the_default_address_is_the_pages_own() {
    let _fakes = Fakes::install();
    let host = evaluate("location.host").as_string().expect("a page has a host");
    let client = room_events::browser::connect(&JsValue::UNDEFINED).expect("connects");
    assert_eq!(client.url(), format!("ws://{host}/api/v1/events"));
    assert_eq!(socket_url(), client.url());
}

#[wasm_bindgen_test]
fn an_address_may_be_relative_http_or_a_url_object() {
    let _fakes = Fakes::install();
    let host = evaluate("location.host").as_string().expect("a page has a host");
    for (expression, expected) in [
        ("'/other/events'", format!("ws://{host}/other/events")),
        (
            "'https://chat.example/api/v1/events'",
            "wss://chat.example/api/v1/events".into(),
        ),
        (
            "'http://chat.example:81/e?x=1#part'",
            "ws://chat.example:81/e?x=1".into(),
        ),
        ("'wss://chat.example/e'", "wss://chat.example/e".into()),
        ("new URL('wss://chat.example/e')", "wss://chat.example/e".into()),
    ] {
        let options = evaluate(&format!("({{ url: {expression} }})"));
        let client = room_events::browser::connect(&options).expect(expression);
        assert_eq!(
            (client.url(), socket_url()),
            (expected.clone(), expected),
            "{expression}"
        );
    }
}

#[wasm_bindgen_test]
fn a_bad_option_is_refused_with_a_code_and_its_name() {
    let _fakes = Fakes::install();
    for (options, code, part) in [
        ("({ url: 'mailto:admin@chat.example' })", "invalid-url", "mailto:"),
        ("({ url: 'ws://' })", "invalid-url", "ws://"),
        ("({ url: 7 })", "invalid-option", "`url`"),
        ("7", "invalid-option", "`options`"),
        ("null", "invalid-option", "`options`"),
        ("({ backoff: 'fast' })", "invalid-option", "`backoff`"),
        (
            "({ backoff: { initialMs: 'soon' } })",
            "invalid-option",
            "`backoff.initialMs`",
        ),
        (
            "({ backoff: { initialMs: 0 } })",
            "invalid-option",
            "`backoff.initialMs`",
        ),
        (
            "({ backoff: { maxMs: -1 } })",
            "invalid-option",
            "`backoff.maxMs`",
        ),
        (
            "({ backoff: { maxMs: NaN } })",
            "invalid-option",
            "`backoff.maxMs`",
        ),
        (
            "({ backoff: { initialMs: 10, maxMs: 9 } })",
            "invalid-option",
            "`backoff.initialMs`",
        ),
        (
            "({ connectTimeoutMs: 2 ** 31 })",
            "invalid-option",
            "`connectTimeoutMs`",
        ),
        ("({ stableAfterMs: [] })", "invalid-option", "`stableAfterMs`"),
    ] {
        let Err(error) = room_events::browser::connect(&evaluate(options)) else {
            panic!("{options} was accepted")
        };
        let error: js_sys::Error = error.dyn_into().expect("an Error");
        assert_eq!(
            Reflect::get(&error, &"code".into()).expect("a code"),
            code,
            "{options}"
        );
        let message = String::from(error.message());
        assert!(message.contains(part), "{options}: {message}");
    }
}

#[wasm_bindgen_test]
fn a_ceiling_below_the_default_start_lowers_the_start() {
    let _fakes = Fakes::install();
    connect(r#"{"backoff":{"maxMs":10}}"#).close();
    let options = JSON::parse(r#"{"unheard":"of","backoff":{}}"#).expect("JSON");
    room_events::browser::connect(&options)
        .expect("an option that is not known does no harm")
        .close();
}
