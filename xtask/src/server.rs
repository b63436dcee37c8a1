//! The reference server as a child process.

use std::ffi::OsStr;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ExitStatus};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::paths;
use crate::run::{cargo, native, stream};

/// The features of native tests, and of the server, so that neither is built twice.
pub(crate) const NATIVE_FEATURES: &str = "server,mutants,store";
/// The test target for browsers.
pub(crate) const BROWSER_TESTS: &str = "browser";
/// The port of the server for the browser tests. They are compiled with it, so it should not change.
const BROWSER_TEST_PORT: u16 = 7788;
/// How long the server may take to start listening, and to end.
const LIMIT: Duration = Duration::from_secs(30);

/// The path of the server, built with the given profile.
pub(crate) fn program(profile: &str) -> PathBuf {
    let name = format!("reference-server{}", std::env::consts::EXE_SUFFIX);
    paths::target().join(profile).join(name)
}

/// Builds the server with the same features of dependencies as `cargo test`, so that nothing is built twice. This
/// requires a test among the targets; the one for browsers is empty on the host.
pub(crate) fn build() -> Result<PathBuf> {
    let mut build = cargo("build --workspace --bin reference-server");
    stream(build.args(["--features", NATIVE_FEATURES, "--test", BROWSER_TESTS]))?;
    Ok(program("debug"))
}

/// A running server. Dropping it stops the server.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    address: SocketAddr,
}

impl Server {
    /// Starts the server on this address and waits until it listens.
    pub(crate) fn start<A: AsRef<OsStr>>(program: &Path, address: SocketAddr, args: &[A]) -> Result<Self> {
        let mut command = native(program);
        command.args(["--listen", &address.to_string()]).args(args);
        let child = command.spawn().with_context(|| format!("cannot start {}", program.display()))?;
        let mut server = Self { child, address };
        let listens = |server: &mut Self| {
            if let Some(status) = server.ended()? {
                bail!("the reference server has stopped ({status})");
            }
            Ok(TcpStream::connect_timeout(&address, Duration::from_secs(1)).is_ok())
        };
        if !within(LIMIT, || listens(&mut server))? {
            bail!("the reference server does not listen at http://{address}");
        }
        Ok(server)
    }

    /// Starts the server for the browser tests.
    pub(crate) fn for_browsers(more: &[String]) -> Result<Self> {
        let args = ["--faults", "--allow-origin", "http://127.0.0.1:*", "--log", "warn"].map(str::to_owned);
        Self::start(&build()?, loopback(BROWSER_TEST_PORT)?, &[&args[..], more].concat())
    }

    /// The origin of its pages.
    pub(crate) fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The exit status, if the server has ended.
    fn ended(&mut self) -> Result<Option<ExitStatus>> {
        self.child.try_wait().context("cannot ask for the server's state")
    }

    /// Asks the server to end and waits for it.
    pub(crate) fn stop(mut self) -> Result<()> {
        terminate(self.child.id());
        within(LIMIT, || Ok(self.ended()?.is_some())).map(drop)
    }

    /// Waits until the server ends, or this program is interrupted. Returns an error if the server ended by itself.
    pub(crate) fn wait(mut self) -> Result<()> {
        let (pid, (stop, stopped)) = (self.child.id(), mpsc::channel());
        ctrlc::set_handler(move || {
            // An error here means that the program is already ending.
            let _sent = stop.send(());
            // Ctrl-C in a terminal has reached the server as well.
            thread::sleep(Duration::from_millis(500));
            terminate(pid);
        })
        .context("cannot listen for Ctrl-C")?;
        let status = self.child.wait()?;
        // Ctrl-C may have reached the server first.
        if stopped.recv_timeout(Duration::from_millis(500)).is_err() {
            bail!("the reference server has stopped ({status})");
        }
        Ok(())
    }
}

fn terminate(pid: u32) {
    // An error here means that the server has already ended.
    let _asked = native("kill").arg("-TERM").arg(pid.to_string()).output();
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _killed = self.child.kill();
        let _status = self.child.wait();
    }
}

/// Waits until a condition holds. Returns whether it did in time.
fn within(limit: Duration, mut condition: impl FnMut() -> Result<bool>) -> Result<bool> {
    let started = Instant::now();
    while started.elapsed() < limit {
        if condition()? {
            return Ok(true);
        }
        thread::sleep(Duration::from_millis(20));
    }
    Ok(false)
}

/// A loopback address with this port, or with a free one if it is taken.
pub(crate) fn loopback(port: u16) -> Result<SocketAddr> {
    let bound = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
        .or_else(|_| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)));
    bound.and_then(|listener| listener.local_addr()).context("no port of the loopback interface is free")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_port_is_replaced_by_a_free_one() {
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = taken.local_addr().unwrap().port();
        assert_ne!(loopback(port).unwrap().port(), port);
    }

    #[test]
    fn a_server_that_ends_at_once_is_an_error() {
        let address = loopback(0).unwrap();
        let error = Server::start::<&str>(Path::new("false"), address, &[]).unwrap_err();
        assert!(error.to_string().contains("has stopped"), "{error}");
    }
}
