//! What the browser tells of the network and of the page. In a worker there is only the network to hear of.

use gloo::events::EventListener;
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
        let mut listeners = Vec::new();
        let mut on =
            |target: &EventTarget, name, signal| listeners.push(listener(target, name, signal, &report));
        let window = glue::global_target();
        on(&window, "online", || Signal::Online(true));
        on(&window, "offline", || Signal::Online(false));
        on(&window, "pagehide", || Signal::Suspended("the page was left"));
        on(&window, "pageshow", || Signal::Resumed);
        if let Some(document) = glue::document_target() {
            on(&document, "visibilitychange", || {
                Signal::Visible(glue::is_visible())
            });
            on(&document, "freeze", || Signal::Suspended("the page was frozen"));
            on(&document, "resume", || Signal::Resumed);
        }
        Self {
            _listeners: listeners,
        }
    }
}

fn listener(
    target: &EventTarget,
    name: &'static str,
    signal: fn() -> Signal,
    report: &(impl Fn(Signal) + Clone + 'static),
) -> EventListener {
    let report = report.clone();
    EventListener::new(target, name, move |_| {
        report(signal());
    })
}
