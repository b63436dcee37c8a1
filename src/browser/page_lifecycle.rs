//! What the browser tells of the network and of the page.

use std::rc::Rc;

use gloo::events::EventListener;
use wasm_bindgen::JsCast;
use web_sys::{Document, EventTarget};

/// What happens to a page, or to a worker's network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PageEvent {
    Online(bool),
    Visible(bool),
    /// The page is put away for that reason.
    Suspended(&'static str),
    /// The page is back.
    Resumed,
}

/// Listeners that are removed when this is dropped.
pub(super) struct PageLifecycle {
    _listeners: Vec<EventListener>,
}

impl PageLifecycle {
    /// Listens. `report` is never called from within this call. In a worker there is only the network to hear of, and in
    /// Node.js nothing.
    pub(super) fn listen(report: impl Fn(PageEvent) + 'static) -> Self {
        let report = Rc::new(report);
        let mut listeners = Vec::new();
        let mut listen = |target: &EventTarget, name: &'static str, event: fn() -> PageEvent| {
            let report = Rc::clone(&report);
            listeners.push(EventListener::new(target, name, move |_| report(event())));
        };
        if let Ok(global) = js_sys::global().dyn_into::<EventTarget>() {
            listen(&global, "online", || PageEvent::Online(true));
            listen(&global, "offline", || PageEvent::Online(false));
            listen(&global, "pagehide", || PageEvent::Suspended("the page was left"));
            listen(&global, "pageshow", || PageEvent::Resumed);
        }
        if let Some(document) = document() {
            listen(&document, "visibilitychange", || PageEvent::Visible(is_visible()));
            listen(&document, "freeze", || {
                PageEvent::Suspended("the page was frozen")
            });
            listen(&document, "resume", || PageEvent::Resumed);
        }
        Self {
            _listeners: listeners,
        }
    }
}

/// Whether the page is seen. What is no page counts as seen.
pub(super) fn is_visible() -> bool {
    document().is_none_or(|document| !document.hidden())
}

fn document() -> Option<Document> {
    web_sys::window()?.document()
}
