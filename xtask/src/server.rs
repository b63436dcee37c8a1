//! The reference server as a child process: of the demo and of the browser tests.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::process::native;
use crate::project::Project;

/// How long the server may take to answer its first request.
const START_LIMIT: Duration = Duration::from_secs(30);
/// How long it may take to end in order.
const STOP_LIMIT: Duration = Duration::from_secs(6);

/// The program, for the profile in whose directory it was built.
pub(crate) fn program(project: &Project, profile_dir: &str) -> PathBuf {
    project
        .target
        .join(profile_dir)
        .join(format!("reference-server{}", std::env::consts::EXE_SUFFIX))
}

/// A running server, which stops when this is dropped.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    address: SocketAddr,
}

impl Server {
    /// Starts the program on this address and waits until it answers.
    pub(crate) fn start(
        project: &Project,
        program: &Path,
        address: SocketAddr,
        args: &[String],
    ) -> Result<Self> {
        let mut command = native(project, program);
        command.arg("--listen").arg(address.to_string()).args(args);
        let child = command
            .spawn()
            .with_context(|| format!("cannot start {}", program.display()))?;
        let mut server = Self { child, address };
        let started = Instant::now();
        loop {
            if let Some(status) = server.child.try_wait()? {
                bail!("the reference server has stopped ({status})");
            }
            if answers(address) {
                return Ok(server);
            }
            if started.elapsed() > START_LIMIT {
                bail!("the reference server does not answer at http://{address}");
            }
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// The server's origin, as a page names it.
    pub(crate) fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    /// How the server has ended, if it has.
    pub(crate) fn ended(&mut self) -> Result<Option<ExitStatus>> {
        self.child.try_wait().context("cannot ask for the server's state")
    }
}

impl Server {
    /// Asks the server to end and waits until it has, but not for ever.
    pub(crate) fn stop(mut self) -> Result<()> {
        // Ctrl-C in a terminal has reached it already.
        if !self.ends_within(Duration::from_millis(500))? {
            let pid = self.child.id().to_string();
            let asked = Command::new("kill").args(["-TERM", &pid]).status();
            if asked.is_ok_and(|status| status.success()) {
                self.ends_within(STOP_LIMIT)?;
            }
        }
        Ok(())
    }

    fn ends_within(&mut self, limit: Duration) -> Result<bool> {
        let started = Instant::now();
        while started.elapsed() < limit {
            if self.ended()?.is_some() {
                return Ok(true);
            }
            thread::sleep(Duration::from_millis(20));
        }
        Ok(false)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // An error here means that it has already ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Whether an HTTP server answers there.
fn answers(address: SocketAddr) -> bool {
    let limit = Duration::from_secs(1);
    let ask = || -> std::io::Result<bool> {
        let mut stream = TcpStream::connect_timeout(&address, limit)?;
        stream.set_read_timeout(Some(limit))?;
        write!(
            stream,
            "GET / HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
        )?;
        let mut start = [0; 5];
        stream.read_exact(&mut start)?;
        Ok(start == *b"HTTP/")
    };
    ask().unwrap_or(false)
}

/// Whether a server could listen there.
pub(crate) fn is_free(address: SocketAddr) -> std::io::Result<()> {
    TcpListener::bind(address).map(drop)
}

/// A loopback address with this port, or with any other one if it is taken.
pub(crate) fn loopback(port: u16) -> Result<SocketAddr> {
    let preferred = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    if is_free(preferred).is_ok() {
        return Ok(preferred);
    }
    let any =
        TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no port of the loopback interface is free")?;
    any.local_addr().context("a bound socket has no address")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_port_is_replaced_by_a_free_one() {
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = taken.local_addr().unwrap().port();
        let other = loopback(port).unwrap();
        assert_ne!(other.port(), port);
        assert!(other.ip().is_loopback());
    }

    #[test]
    fn only_an_http_server_answers() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let server = thread::spawn(move || {
            for reply in ["SSH-2.0-x\r\n", "HTTP/1.1 404 Not Found\r\n\r\n"] {
                let (mut stream, _) = listener.accept().unwrap();
                // All of it: closing a socket with unread bytes takes the reply away too.
                let mut request = Vec::new();
                while !request.ends_with(b"\r\n\r\n") {
                    let mut byte = [0];
                    stream.read_exact(&mut byte).unwrap();
                    request.extend(byte);
                }
                stream.write_all(reply.as_bytes()).unwrap();
            }
        });
        assert!(!answers(address));
        assert!(answers(address));
        server.join().unwrap();
        assert!(!answers(address), "nothing listens any more");
    }
}
