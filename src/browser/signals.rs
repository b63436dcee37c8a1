//! What the browser tells of the network and of the page. In a worker there is only the network to hear of.

use gloo::events::EventListener;
use js_sys::Reflect;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::EventTarget;

use super::glue;

/// Something that the browser told.
#[derive(Clone, Copy, Debug)]
pub(super) enum Signal {
    /// Whether there is a network.
    Online(bool),
    /// Whether the page is seen.
    Visible(bool),
    /// The page is put away for that reason.
    Suspended(&'static str),
    /// The page is back.
    Resumed,
}

/// Listeners that are taken back when this is dropped.
#[derive(Debug)]
pub(super) struct Signals {
    _listeners: Vec<EventListener>,
}

impl Signals {
    /// Listens. `report` is never called from within this call.
    pub(super) fn listen(report: impl Fn(Signal) + Clone + 'static) -> Self {
        let global: JsValue = js_sys::global().into();
        let mut listeners = Vec::new();
        if let Some(window) = global.dyn_ref::<EventTarget>() {
            let on =
                |name: &'static str, signal: fn() -> Option<Signal>| listener(window, name, signal, &report);
            listeners.push(on("online", || Some(Signal::Online(true))));
            listeners.push(on("offline", || Some(Signal::Online(false))));
            listeners.push(on("pagehide", || Some(Signal::Suspended("the page was left"))));
            listeners.push(on("pageshow", || Some(Signal::Resumed)));
        }
        let document = Reflect::get(&global, &"document".into()).unwrap_or(JsValue::UNDEFINED);
        if let Some(document) = document.dyn_ref::<EventTarget>() {
            let on = |name: &'static str, signal: fn() -> Option<Signal>| {
                listener(document, name, signal, &report)
            };
            listeners.push(on("visibilitychange", || {
                Some(Signal::Visible(glue::is_visible()))
            }));
            listeners.push(on("freeze", || Some(Signal::Suspended("the page was frozen"))));
            listeners.push(on("resume", || Some(Signal::Resumed)));
        }
        Self {
            _listeners: listeners,
        }
    }
}

fn listener(
    target: &EventTarget,
    name: &'static str,
    signal: fn() -> Option<Signal>,
    report: &(impl Fn(Signal) + Clone + 'static),
) -> EventListener {
    let report = report.clone();
    EventListener::new(target, name, move |_| {
        if let Some(signal) = signal() {
            report(signal);
        }
    })
}
