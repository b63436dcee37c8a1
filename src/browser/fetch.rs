//! A request to the REST API that is given up when it is dropped.

use wasm_bindgen::prelude::*;

use super::glue;

/// A GET request with the page's cookies.
pub(super) struct Fetch {
    controller: JsValue,
    /// Held so that JavaScript can call it; once the request is given up, it does not.
    _done: Closure<dyn FnMut(u16, String)>,
}

impl Fetch {
    /// Sends the request. `done` gets status and body, or nothing where there was no answer; never from within this
    /// call.
    pub(super) fn get(url: &str, done: impl FnOnce(Option<(u16, String)>) + 'static) -> Self {
        let mut done = Some(done);
        let done = Closure::new(move |status: u16, body: String| {
            if let Some(done) = done.take() {
                done((status != 0).then_some((status, body)));
            }
        });
        let controller = glue::fetch_text(url, done.as_ref());
        Self {
            controller,
            _done: done,
        }
    }
}

impl Drop for Fetch {
    fn drop(&mut self) {
        glue::abort(&self.controller);
    }
}
