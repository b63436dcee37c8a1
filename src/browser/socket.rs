//! A WebSocket that is let go when it is dropped.

use gloo::events::EventListener;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{BinaryType, CloseEvent, MessageEvent, WebSocket};

use crate::client::state::Cause;

/// What a socket reports.
#[derive(Debug)]
pub(super) enum SocketEvent {
    Opened,
    /// A frame: a string, or an `ArrayBuffer` for one that is binary.
    Frame(JsValue),
    Closed(Cause),
}

/// A WebSocket with its listeners. Dropped, it takes them back and closes; nothing is reported afterwards.
#[derive(Debug)]
pub(super) struct Socket {
    socket: WebSocket,
    /// Held for their `Drop` alone.
    _listeners: [EventListener; 3],
}

impl Socket {
    /// Begins to open. `report` is called for everything that happens, never from within this call.
    ///
    /// # Errors
    /// The browser's own, where it refuses the address out of hand.
    pub(super) fn open(url: &str, report: impl Fn(SocketEvent) + Clone + 'static) -> Result<Self, JsValue> {
        let socket = WebSocket::new(url)?;
        socket.set_binary_type(BinaryType::Arraybuffer);
        let opened = {
            let report = report.clone();
            EventListener::new(&socket, "open", move |_| report(SocketEvent::Opened))
        };
        let frame = {
            let report = report.clone();
            EventListener::new(&socket, "message", move |event| {
                if let Some(event) = event.dyn_ref::<MessageEvent>() {
                    report(SocketEvent::Frame(event.data()));
                }
            })
        };
        let closed = EventListener::new(&socket, "close", move |event| {
            if let Some(event) = event.dyn_ref::<CloseEvent>() {
                report(SocketEvent::Closed(Cause {
                    code: event.code(),
                    reason: event.reason(),
                    was_clean: event.was_clean(),
                }));
            }
        });
        Ok(Self {
            socket,
            _listeners: [opened, frame, closed],
        })
    }

    /// Closes with a code (1000, or 3000 to 4999) and a reason (below 124 bytes), and lets go.
    pub(super) fn close(self, code: u16, reason: &str) {
        // It fails for codes and reasons that the browser does not allow; dropping closes all the same.
        let _refused = self.socket.close_with_code_and_reason(code, reason);
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        // Closing a socket that is closed already does nothing, and without a code nothing can be refused.
        let _never = self.socket.close();
    }
}
