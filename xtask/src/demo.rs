//! `cargo xtask demo` and `example`: the reference server with a page, until Ctrl-C.

use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Child;

use anyhow::{Context, Result};
use clap::{Args, ValueEnum};

use crate::run::{Words, cargo, native, step};
use crate::server::{self, Server};
use crate::setup::{self, Toolbox};
use crate::{files, package, paths};

/// The options of the server.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The address and port to listen on
    #[arg(long, default_value = "127.0.0.1:7777")]
    listen: SocketAddr,
    /// Options of the server, after `--`
    #[arg(last = true)]
    server: Vec<String>,
}

/// An example, and the options of the server.
#[derive(Debug, Args)]
pub(crate) struct Example {
    /// The example
    name: Name,
    #[command(flatten)]
    options: Options,
}

/// The examples with a page or script. Angular's is a component for an application that its own CLI creates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Name {
    Vanilla,
    React,
    Vue,
    Svelte,
    Solid,
    Node,
}

/// Builds everything and runs the demo.
pub(crate) fn demo(options: &Options) -> Result<()> {
    check_free(options.listen)?;
    let toolbox = setup::setup()?;
    package::build(&toolbox)?;
    let www = package::build_www(&toolbox)?;
    serve(options, Some(&www), |server| {
        println!("\nThe demo is at {}/", server.origin());
        println!("Log in as admin/admin, bob/bob or alice/alice; a private window is another user.");
        Ok(None)
    })
}

/// Builds an example and runs it.
pub(crate) fn example(Example { name, options }: &Example) -> Result<()> {
    check_free(options.listen)?;
    let toolbox = setup::setup()?;
    package::build(&toolbox)?;
    let Some(page) = build_example(&toolbox, *name)? else {
        return serve(options, None, |server| {
            println!("\nThe script listens as bob at {}; write there, and it prints it.", server.origin());
            let mut node = native("node");
            node.arg("examples/node/main.js").arg(server.origin());
            node.spawn().map(Some).context("cannot start node")
        });
    };
    serve(options, Some(&page), |server| {
        println!("\nThe example is at {}/\nLog in as bob/bob, alice/alice or admin/admin.", server.origin());
        Ok(None)
    })
}

/// Builds the pages of all examples, in one folder.
pub(crate) fn build_examples(toolbox: &Toolbox) -> Result<()> {
    Name::value_variants().iter().try_for_each(|name| build_example(toolbox, *name).map(drop))
}

/// The folder with the pages of the examples.
pub(crate) fn examples() -> PathBuf {
    paths::target().join("examples")
}

/// Builds the page of an example and returns its folder; `None` for a script.
fn build_example(toolbox: &Toolbox, name: Name) -> Result<Option<PathBuf>> {
    let workspace = format!("{name:?}").to_lowercase();
    let page = examples().join(&workspace);
    files::empty_folder(&page)?;
    match name {
        Name::Node => return Ok(None),
        Name::Vanilla => {
            // As by hand: the page, and the files of the package in a folder.
            let source = paths::root().join("examples");
            files::copy(
                ["vanilla/index.html", "vanilla/main.js", "style.css"].map(|name| source.join(name)),
                &page,
            )?;
            let package = page.join("room-events");
            files::empty_folder(&package)?;
            let dist = files::entries(&package::dist())?;
            files::copy(dist.into_iter().filter(|file| file.is_file()), &package)?;
        }
        Name::React | Name::Vue | Name::Svelte | Name::Solid => {
            let mut npm = toolbox.tool("npm")?;
            npm.words(&format!("run build --workspace examples -- {workspace} --emptyOutDir --outDir"))
                .arg(&page);
            step(&format!("example {workspace}"), &mut npm)?;
        }
    }
    Ok(Some(page))
}

/// Builds the server and runs it, optionally with a page, until it ends or is stopped. Calls `ready` when it listens.
/// `ready` may start a program that ends with the server.
fn serve(
    options: &Options,
    www: Option<&Path>,
    ready: impl FnOnce(&Server) -> Result<Option<Child>>,
) -> Result<()> {
    let mut build = cargo("build --profile server --features server --bin reference-server");
    step("reference server", &mut build)?;
    let mut args = options.server.clone();
    args.extend(www.iter().flat_map(|www| ["--www".to_owned(), www.display().to_string()]));
    let server = Server::start(&server::program("server"), options.listen, &args)?;
    let companion = ready(&server)?;
    println!("Ctrl-C stops it.\n");
    let ended = server.wait();
    if let Some(mut child) = companion {
        // It may have ended already.
        let _killed = child.kill();
        child.wait()?;
    }
    println!("Stopped");
    ended
}

/// Fails if the address is taken, and suggests another one.
fn check_free(address: SocketAddr) -> Result<()> {
    TcpListener::bind(address).map(drop).with_context(|| {
        let other = SocketAddr::new(address.ip(), address.port().wrapping_add(1).max(1024));
        format!("cannot listen on {address}; --listen {other} chooses another port")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_folder_of_examples_can_be_started() {
        let folders = files::entries(&paths::root().join("examples")).unwrap();
        let folders = folders
            .iter()
            .filter(|path| path.is_dir())
            .map(|path| path.file_name().unwrap().to_string_lossy())
            .filter(|name| !["angular", "node_modules"].contains(&&**name));
        let mut names: Vec<_> =
            Name::value_variants().iter().map(|name| format!("{name:?}").to_lowercase()).collect();
        names.sort();
        assert_eq!(folders.collect::<Vec<_>>(), names);
    }

    #[test]
    fn a_taken_port_is_named_with_the_flag_that_changes_it() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let error = check_free(taken.local_addr().unwrap()).unwrap_err().to_string();
        assert!(error.contains("--listen 127.0.0.1:"), "{error}");
    }
}
