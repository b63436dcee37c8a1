//! Listens to the browser's network status. Pages report their own lifecycle.

use std::rc::Rc;

use gloo::events::EventListener;
use wasm_bindgen::JsCast;
use web_sys::EventTarget;

/// Listeners, removed on drop.
pub(super) struct Network {
    _listeners: Vec<EventListener>,
}

impl Network {
    /// Calls `report` whenever the browser goes online or offline, never during this call. Never called in Node.js,
    /// which has no such events.
    pub(super) fn listen(report: impl Fn(bool) + 'static) -> Self {
        let report = Rc::new(report);
        let global = js_sys::global().dyn_into::<EventTarget>().ok();
        let listen = |global: EventTarget| {
            [("online", true), ("offline", false)].map(|(name, online)| {
                let report = Rc::clone(&report);
                EventListener::new(&global, name, move |_| report(online))
            })
        };
        Self {
            _listeners: global.map(listen).into_iter().flatten().collect(),
        }
    }
}
