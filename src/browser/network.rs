//! What the browser tells of the network. What happens to pages they tell themselves.

use std::rc::Rc;

use gloo::events::EventListener;
use wasm_bindgen::JsCast;
use web_sys::EventTarget;

/// Listeners that are removed when this is dropped.
pub(super) struct Network {
    _listeners: Vec<EventListener>,
}

impl Network {
    /// Listens. `report` is told whether there is a network whenever that changes, never from within this call. In Node.js
    /// there is nothing to hear.
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
