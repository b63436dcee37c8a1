//! What the browser tells of the network and of the page. In a worker there is only the network to hear of.

use wasm_bindgen::prelude::*;

use super::glue;

#[wasm_bindgen(module = "/src/browser/signals.js")]
extern "C" {
    #[wasm_bindgen(js_name = listenToPage)]
    fn listen_to_page(report: &JsValue) -> JsValue;
}

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
    controller: JsValue,
    /// Held so that JavaScript can call it.
    _report: Closure<dyn Fn(u8)>,
}

impl Signals {
    /// Listens. `report` is never called from within this call.
    pub(super) fn listen(report: impl Fn(Signal) + 'static) -> Self {
        let report = Closure::<dyn Fn(u8)>::new(move |signal| {
            report(match signal {
                0 => Signal::Online(true),
                1 => Signal::Online(false),
                2 => Signal::Suspended("the page was left"),
                4 => Signal::Visible(glue::is_visible()),
                5 => Signal::Suspended("the page was frozen"),
                _ => Signal::Resumed,
            });
        });
        Self {
            controller: listen_to_page(report.as_ref()),
            _report: report,
        }
    }
}

impl Drop for Signals {
    fn drop(&mut self) {
        glue::abort(&self.controller);
    }
}
