//! `cargo xtask bench`: measurements of this project and of its peers, in the same run.

mod decode;
mod end_to_end;
mod server;
mod start;

use anyhow::{Result, bail};

use crate::progress::Progress;
use crate::project::Project;
pub(crate) use server::smoke;

const USAGE: &str = "\
Usage: cargo xtask bench <benchmark>

  decode   from a frame's text to the event, beside JSON.parse with and without zod, valibot and ajv, in the browser:
           [-- --rounds N --round-ms N --out FILE.json]
  end-to-end
           what two recorded streams cost the page beside a switch by hand with and without zod, and how long an event is
           under way: [-- --rounds N --out FILE.json]
  server   the fan-out of the reference server, beside Node servers that use ws and socket.io:
           [-- OPTIONS OF THE BENCHMARK], such as `-- --help`
  start    from the first import to an open socket, beside socket.io-client and SignalR, in the browser:
           [-- --rounds N --out FILE.json]
";

/// Runs the benchmark that the first argument names, with the other arguments.
pub(crate) fn bench(project: &Project, progress: &Progress, args: &[String]) -> Result<()> {
    let Some((name, args)) = args.split_first() else {
        bail!("no benchmark given\n\n{USAGE}");
    };
    match name.as_str() {
        "decode" => decode::bench(project, progress, args),
        "end-to-end" => end_to_end::bench(project, progress, args),
        "server" => server::bench(project, progress, args),
        "start" => start::bench(project, progress, args),
        other => bail!("there is no benchmark `{other}`\n\n{USAGE}"),
    }
}
