//! `cargo xtask demo`: the reference server with the demo page, until Ctrl-C.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::package;
use crate::process::native;
use crate::progress::Progress;
use crate::project::Project;
use crate::server::{self, Server};
use crate::setup::{self, Toolbox};

const DEFAULT_ADDRESS: &str = "127.0.0.1:7777";

/// How the demo is to run.
#[derive(Debug, PartialEq, Eq)]
struct Options {
    listen: SocketAddr,
    /// Passed on to the server.
    server: Vec<String>,
}

impl Options {
    fn parse(args: &[String]) -> Result<Self> {
        let mut listen = DEFAULT_ADDRESS.to_owned();
        let mut server = Vec::new();
        let mut args = args.iter();
        while let Some(arg) = args.next() {
            match arg.split_once('=').unwrap_or((arg, "")) {
                ("--listen", "") => listen.clone_from(args.next().context("--listen needs an address")?),
                ("--listen", address) => address.clone_into(&mut listen),
                ("--", _) => server.extend(args.by_ref().cloned()),
                _ => bail!(
                    "`demo` takes --listen ADDRESS:PORT and, after `--`, options of the server; not `{arg}`"
                ),
            }
        }
        let listen = listen.parse().with_context(|| {
            format!("--listen {listen} is no address with a port, such as {DEFAULT_ADDRESS}")
        })?;
        Ok(Self { listen, server })
    }
}

/// Builds everything, runs the server and stays until it or the person ends it.
pub(crate) fn demo(project: &Project, progress: &Progress, args: &[String]) -> Result<()> {
    let options = Options::parse(args)?;
    check_free(options.listen)?;
    let toolbox = setup::setup(project, progress)?;
    package::build(project, &toolbox, progress)?;
    let www = build_www(project, &toolbox, progress)?;
    let mut cargo = native(project, "cargo");
    cargo.args([
        "build",
        "--profile",
        "server",
        "--features",
        "server",
        "--bin",
        "reference-server",
    ]);
    progress.run("reference server", &mut cargo)?;

    // The terminal sends Ctrl-C to the server too, which may end first.
    let (stop, stopped) = mpsc::channel();
    ctrlc::set_handler(move || {
        // An error here means that the demo is ending already.
        let _ = stop.send(());
    })
    .context("cannot listen for Ctrl-C")?;

    check_free(options.listen)?;
    let mut args = vec!["--www".to_owned(), www.display().to_string()];
    args.extend(options.server);
    let mut server = Server::start(
        project,
        &server::program(project, "server"),
        options.listen,
        &args,
    )?;
    println!("\nThe demo is at {}/", server.origin());
    println!(
        "Log in as admin/admin, bob/bob or alice/alice; another browser or a private window is another user."
    );
    println!("Ctrl-C stops it.\n");
    loop {
        match stopped.recv_timeout(Duration::from_millis(200)) {
            Ok(()) | Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => {
                if let Some(status) = server.ended()? {
                    // Ctrl-C may have reached the server first.
                    if stopped.recv_timeout(Duration::from_millis(200)).is_ok() {
                        break;
                    }
                    bail!("the reference server has stopped ({status})");
                }
            }
        }
    }
    server.stop()?;
    println!("Stopped");
    Ok(())
}

/// Builds the demo page and returns its directory.
pub(crate) fn build_www(project: &Project, toolbox: &Toolbox, progress: &Progress) -> Result<PathBuf> {
    progress.run(
        "demo page",
        toolbox.tool("npm")?.args(["run", "build", "--workspace", "www"]),
    )?;
    Ok(project.root.join("www").join("dist"))
}

fn check_free(address: SocketAddr) -> Result<()> {
    match server::is_free(address) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => bail!(
            "{address} is taken by another program; choose another port with `cargo xtask demo --listen {}:{}`",
            address.ip(),
            address.port().wrapping_add(1).max(1024)
        ),
        Err(error) => Err(error).with_context(|| format!("cannot listen on {address}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(args: &[&str]) -> Result<Options> {
        Options::parse(&args.iter().map(|arg| (*arg).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn the_address_can_be_chosen_and_the_rest_is_the_servers() {
        assert_eq!(parse(&[]).unwrap().listen.to_string(), DEFAULT_ADDRESS);
        for args in [&["--listen", "127.0.0.1:8080"][..], &["--listen=127.0.0.1:8080"]] {
            assert_eq!(parse(args).unwrap().listen.to_string(), "127.0.0.1:8080");
        }
        assert_eq!(
            parse(&["--", "--database", "demo.sqlite"]).unwrap().server,
            ["--database", "demo.sqlite"]
        );
    }

    #[test]
    fn a_wrong_argument_is_named() {
        for (args, named) in [
            (&["--listen", "8080"][..], "8080"),
            (&["--port"], "--port"),
            (&["--listen"], "--listen"),
        ] {
            let error = format!("{:#}", parse(args).unwrap_err());
            assert!(error.contains(named), "{error}");
        }
    }

    #[test]
    fn a_taken_port_is_said_with_the_flag_that_changes_it() {
        let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let error = check_free(taken.local_addr().unwrap()).unwrap_err().to_string();
        assert!(error.contains("--listen 127.0.0.1:"), "{error}");
    }
}
