//! A WebSocket that closes when dropped.

use js_sys::JsString;
use wasm_bindgen::prelude::*;

use super::options::Options;
use crate::client::Cause;
use crate::client::shared::{SOCKET_BINARY, SOCKET_OPENED, SOCKET_TEXT};

#[wasm_bindgen(module = "/src/browser/socket.js")]
extern "C" {
    /// A WebSocket that buffers its events until there is a listener.
    #[derive(Debug)]
    pub type EarlySocket;

    #[wasm_bindgen(constructor)]
    fn new(options: &Options) -> EarlySocket;

    #[wasm_bindgen(method)]
    fn listen(this: &EarlySocket, report: &JsValue);

    #[wasm_bindgen(method)]
    fn close(this: &EarlySocket, code: u16, reason: &str);

    #[wasm_bindgen(method, js_name = close)]
    fn let_go(this: &EarlySocket);
}

/// An event of a socket.
#[derive(Debug)]
pub(super) enum SocketEvent {
    Opened,
    /// A text frame.
    Text(JsString),
    /// A binary frame.
    Binary,
    Closed(Cause),
}

/// A WebSocket with a listener. Closes when dropped; nothing is reported afterwards.
#[derive(Debug)]
pub(super) struct Socket {
    link: EarlySocket,
    /// Kept alive for JavaScript.
    _report: Closure<dyn Fn(u8, JsValue, u16, bool)>,
}

impl Socket {
    /// Opens a socket. `report` is called for every event, never during this call.
    pub(super) fn open(options: &Options, report: impl Fn(SocketEvent) + 'static) -> Self {
        Self::adopt(EarlySocket::new(options), report)
    }

    /// Takes over an open socket. `report` is also called for its buffered events, never during this call.
    pub(super) fn adopt(link: EarlySocket, report: impl Fn(SocketEvent) + 'static) -> Self {
        let report =
            Closure::<dyn Fn(u8, JsValue, u16, bool)>::new(move |event, value: JsValue, code, was_clean| {
                report(match event {
                    SOCKET_OPENED => SocketEvent::Opened,
                    SOCKET_TEXT => SocketEvent::Text(value.unchecked_into()),
                    SOCKET_BINARY => SocketEvent::Binary,
                    _ => SocketEvent::Closed(Cause::closed(
                        code,
                        value.as_string().unwrap_or_default(),
                        was_clean,
                    )),
                });
            });
        link.listen(report.as_ref());
        Self {
            link,
            _report: report,
        }
    }

    /// Closes with a code (1000, or 3000 to 4999) and a reason (below 124 bytes).
    pub(super) fn close(self, code: u16, reason: &str) {
        self.link.close(code, reason);
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.link.let_go();
    }
}
