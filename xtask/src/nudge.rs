//! Keeps the server of wasm-bindgen's test runner responsive.
//!
//! The server has a thread for each open connection. If a browser opens several at once, as for a page with many
//! modules, the server may leave one unanswered until another connection ends, and the page never finishes loading.
//! Opening and closing another connection resolves this.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

use anyhow::Result;

use crate::server::loopback;

/// The interval between nudges.
const EVERY: Duration = Duration::from_millis(500);
/// The timeout for a nudge.
const LIMIT: Duration = Duration::from_secs(2);

/// Connects to an address repeatedly until it is dropped.
pub(crate) struct Nudge {
    pub(crate) address: SocketAddr,
    _stop: Sender<()>,
}

impl Nudge {
    /// Chooses a free port of the loopback interface, for the runner to listen on, and starts.
    pub(crate) fn start() -> Result<Self> {
        let address = loopback(0)?;
        let (stop, stopped) = channel();
        thread::spawn(move || {
            while stopped.recv_timeout(EVERY) == Err(RecvTimeoutError::Timeout) {
                // Nobody listens before the runner starts and after it ends.
                let _answer = nudge(address);
            }
        });
        Ok(Self { address, _stop: stop })
    }
}

/// Requests a path that does not exist.
fn nudge(address: SocketAddr) -> std::io::Result<usize> {
    let mut stream = TcpStream::connect_timeout(&address, LIMIT)?;
    stream.set_read_timeout(Some(LIMIT))?;
    stream.write_all(b"GET /nudge HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")?;
    stream.read(&mut [0; 256])
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn whoever_listens_later_is_nudged() {
        let nudge = Nudge::start().unwrap();
        let listener = TcpListener::bind(nudge.address).unwrap();
        for _ in 0..2 {
            let mut request = [0; 11];
            listener.accept().unwrap().0.read_exact(&mut request).unwrap();
            assert_eq!(&request, b"GET /nudge ");
        }
    }
}
