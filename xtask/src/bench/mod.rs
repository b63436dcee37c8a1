//! `cargo xtask bench`: measurements of this project and of its peers, in the same run.

mod decode;
mod docs;
mod drive;
mod end_to_end;
mod main_thread;
mod server;
mod size;
mod start;

use anyhow::{Result, bail};

use crate::progress::Progress;
use crate::project::Project;
pub(crate) use docs::smoke_docs;
pub(crate) use server::smoke;

const USAGE: &str = "\
Usage: cargo xtask bench <benchmark>

  decode   from a frame's text to the event, beside JSON.parse with and without typia, ajv, zod and valibot, in the
           browser: [-- --rounds N --round-ms N FILES]
  docs     decode, end-to-end, main-thread, size and start, whose tables and charts it puts into docs/performance.md
  end-to-end
           what two recorded streams cost the page beside a switch by hand with and without zod, and how long an event is
           under way: [-- --rounds N FILES]
  main-thread
           what a stream costs the page's main thread, with the engine in each place, as a ratio to a bare WebSocket:
           [-- --rounds N FILES]
  server   the fan-out of the reference server, beside Node servers that use ws and socket.io:
           [-- OPTIONS OF THE BENCHMARK], such as `-- --help`
  size     what a page loads, beside other clients and validators: [-- FILES]
  start    from the first import to an open socket, beside socket.io-client and SignalR, in the browser:
           [-- --rounds N FILES]

FILES are --out FILE.json, --chart FILE.svg and --table FILE.md. The figures are in target/bench unless --out says otherwise.
";

/// Runs the benchmark that the first argument names, with the other arguments.
pub(crate) fn bench(project: &Project, progress: &Progress, args: &[String]) -> Result<()> {
    match args.split_first() {
        Some((name, args)) => run(project, progress, name, args),
        None => bail!("no benchmark given\n\n{USAGE}"),
    }
}

fn run(project: &Project, progress: &Progress, name: &str, args: &[String]) -> Result<()> {
    match name {
        "decode" => decode::bench(project, progress, args),
        "docs" => docs::bench(project, progress, args),
        "end-to-end" => end_to_end::bench(project, progress, args),
        "main-thread" => main_thread::bench(project, progress, args),
        "server" => server::bench(project, progress, args),
        "size" => size::bench(project, progress, args),
        "start" => start::bench(project, progress, args),
        other => bail!("there is no benchmark `{other}`\n\n{USAGE}"),
    }
}
