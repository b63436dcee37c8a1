//! `cargo xtask demo`: the reference server with the demo page, until Ctrl-C.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Child;
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

/// How the server is to run.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ServeOptions {
    pub(crate) listen: SocketAddr,
    /// Passed on to the server.
    server: Vec<String>,
}

impl ServeOptions {
    /// Reads what stands behind the command and its own arguments.
    pub(crate) fn parse(command: &str, args: &[String]) -> Result<Self> {
        let mut listen = DEFAULT_ADDRESS.to_owned();
        let mut server = Vec::new();
        let mut args = args.iter();
        while let Some(arg) = args.next() {
            match arg.split_once('=').unwrap_or((arg, "")) {
                ("--listen", "") => listen.clone_from(args.next().context("--listen needs an address")?),
                ("--listen", address) => address.clone_into(&mut listen),
                ("--", _) => server.extend(args.by_ref().cloned()),
                _ => bail!(
                    "`{command}` takes --listen ADDRESS:PORT and, after `--`, options of the server; not `{arg}`"
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
    let options = ServeOptions::parse("demo", args)?;
    check_free("demo", options.listen)?;
    let toolbox = setup::setup(project, progress)?;
    package::build(project, &toolbox, progress)?;
    let www = build_www(project, &toolbox, progress)?;
    serve(project, progress, &options, Some(&www), |server| {
        println!("\nThe demo is at {}/", server.origin());
        println!(
            "Log in as admin/admin, bob/bob or alice/alice; another browser or a private window is another user."
        );
        println!("Ctrl-C stops it.\n");
        Ok(None)
    })
}

/// Builds the server and runs it, with a page if there is one, until it or the person ends it. `ready` is called when it
/// listens, and may start a program that ends with it.
pub(crate) fn serve(
    project: &Project,
    progress: &Progress,
    options: &ServeOptions,
    www: Option<&Path>,
    ready: impl FnOnce(&Server) -> Result<Option<Child>>,
) -> Result<()> {
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
        // An error here means that the program is ending already.
        let _ = stop.send(());
    })
    .context("cannot listen for Ctrl-C")?;

    let mut args = Vec::new();
    if let Some(www) = www {
        args.extend(["--www".to_owned(), www.display().to_string()]);
    }
    args.extend(options.server.iter().cloned());
    let mut server = Server::start(
        project,
        &server::program(project, "server"),
        options.listen,
        &args,
    )?;
    let mut beside = ready(&server)?;
    loop {
        match stopped.recv_timeout(Duration::from_millis(200)) {
            Ok(()) | Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => {
                if let Some(status) = server.ended()? {
                    // Ctrl-C may have reached the server first.
                    if stopped.recv_timeout(Duration::from_millis(200)).is_ok() {
                        break;
                    }
                    end(beside.as_mut())?;
                    bail!("the reference server has stopped ({status})");
                }
                if let Some(child) = &mut beside
                    && let Some(status) = child.try_wait()?
                {
                    server.stop()?;
                    bail!("what ran beside the server has stopped ({status})");
                }
            }
        }
    }
    end(beside.as_mut())?;
    server.stop()?;
    println!("Stopped");
    Ok(())
}

fn end(child: Option<&mut Child>) -> Result<()> {
    if let Some(child) = child
        && child.try_wait()?.is_none()
    {
        child.kill()?;
        child.wait()?;
    }
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

/// Whether the address can be listened at; an error that says what to do if not.
pub(crate) fn check_free(command: &str, address: SocketAddr) -> Result<()> {
    match server::is_free(address) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => bail!(
            "{address} is taken by another program; choose another port with `cargo xtask {command} --listen {}:{}`",
            address.ip(),
            address.port().wrapping_add(1).max(1024)
        ),
        Err(error) => Err(error).with_context(|| format!("cannot listen on {address}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(args: &[&str]) -> Result<ServeOptions> {
        ServeOptions::parse(
            "demo",
            &args.iter().map(|arg| (*arg).to_owned()).collect::<Vec<_>>(),
        )
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
        let error = check_free("demo", taken.local_addr().unwrap())
            .unwrap_err()
            .to_string();
        assert!(error.contains("--listen 127.0.0.1:"), "{error}");
    }
}
