//! Keeps the server of wasm-bindgen's test runner going.
//!
//! It has a thread for each connection that is open. Where a browser opens several at once, as for a page of many
//! modules, it may count on a thread that has a connection already, and leave the new one without an answer until
//! another connection ends: the page never finishes loading. Another connection, made and closed, frees it.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::{Context, Result};

/// How long a connection may wait in vain.
const EVERY: Duration = Duration::from_millis(500);
/// How long the answer to a nudge is waited for.
const LIMIT: Duration = Duration::from_secs(2);

/// Nudges a server until it is dropped.
pub(crate) struct Nudge {
    address: SocketAddr,
    /// Dropped to end it.
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Nudge {
    /// Begins to nudge whatever comes to listen on a port of the loopback interface that is free now.
    pub(crate) fn start() -> Result<Self> {
        let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .and_then(|listener| listener.local_addr())
            .context("no port is free on 127.0.0.1")?;
        let (stop, stopped) = channel();
        let thread = thread::spawn(move || {
            while stopped.recv_timeout(EVERY) == Err(RecvTimeoutError::Timeout) {
                // Nobody listens before the runner has started, and after it has ended.
                let _answer = nudge(address);
            }
        });
        Ok(Self {
            address,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// Where the server is to listen.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Nudge {
    fn drop(&mut self) {
        self.stop.take();
        if let Some(thread) = self.thread.take() {
            let _ended = thread.join();
        }
    }
}

/// Asks for something that is not there.
fn nudge(address: SocketAddr) -> std::io::Result<usize> {
    let mut stream = TcpStream::connect_timeout(&address, LIMIT)?;
    stream.set_read_timeout(Some(LIMIT))?;
    stream.write_all(b"GET /nudge HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")?;
    stream.read(&mut [0; 256])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_listens_later_is_nudged_until_the_end() {
        let nudge = Nudge::start().unwrap();
        let listener = TcpListener::bind(nudge.address()).unwrap();
        for _ in 0..2 {
            let (mut connection, _) = listener.accept().unwrap();
            let mut request = [0; 11];
            connection.read_exact(&mut request).unwrap();
            assert_eq!(&request, b"GET /nudge ");
        }
        drop(nudge);
        listener.set_nonblocking(true).unwrap();
        while listener.accept().is_ok() {}
    }
}
