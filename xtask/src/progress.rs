//! What a person sees while something takes long: one line that moves on a terminal, plain lines in a log.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, IsTerminal, Read};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::process::shown;

/// How often a step that runs long says so where there is no terminal.
const LOG_EVERY: Duration = Duration::from_secs(10);
/// How many of a step's last lines are shown when it fails.
const LINES_KEPT: usize = 60;

/// Reports steps to the person or log that reads standard output.
#[derive(Debug)]
pub(crate) struct Progress {
    terminal: bool,
}

impl Progress {
    /// A spinner where standard output is a terminal, plain lines otherwise.
    pub(crate) fn new() -> Self {
        Self {
            terminal: std::io::stdout().is_terminal(),
        }
    }

    /// Says that something was already there and where.
    pub(crate) fn present(&self, name: &str, found: &str) {
        println!("  ✓ {name}: {found}");
    }

    /// Says something that is neither a step nor a finding.
    pub(crate) fn note(&self, text: &str) {
        println!("    {text}");
    }

    /// Runs a command as a step: its output is hidden but for the latest line, and shown if it fails.
    pub(crate) fn run(&self, name: &str, command: &mut Command) -> Result<()> {
        self.run_within(name, command, Duration::MAX)
    }

    /// As [`Progress::run`], but stops the command when it takes longer than `limit`.
    pub(crate) fn run_within(&self, name: &str, command: &mut Command, limit: Duration) -> Result<()> {
        let line = shown(command);
        let step = Step::start(self.terminal, name, &line);
        let mut last = VecDeque::new();
        match follow(command, limit, &step, &mut last) {
            Ok(Some(status)) if status.success() => {
                step.done(name);
                Ok(())
            }
            outcome => {
                step.failed(name);
                let reason = match outcome {
                    Ok(Some(status)) => status.to_string(),
                    Ok(None) => format!("stopped after {}", elapsed(limit)),
                    Err(error) => return Err(error.context(format!("{name}: `{line}`"))),
                };
                let tail: Vec<String> = last.into();
                bail!("{name}: `{line}` failed ({reason})\n{}", tail.join("\n"))
            }
        }
    }
}

/// A time as a person reads it: `0.4 s`, `41 s`, `1 min 48 s`.
pub(crate) fn elapsed(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    if seconds < 9.95 {
        format!("{seconds:.1} s")
    } else if seconds < 99.5 {
        format!("{seconds:.0} s")
    } else {
        let whole = seconds.round();
        format!("{:.0} min {:.0} s", (whole / 60.0).floor(), whole % 60.0)
    }
}

/// One running step.
struct Step {
    bar: Option<ProgressBar>,
    started: Instant,
}

impl Step {
    fn start(terminal: bool, name: &str, line: &str) -> Self {
        let bar = terminal.then(|| {
            let bar = ProgressBar::new_spinner();
            bar.set_draw_target(ProgressDrawTarget::stdout());
            if let Ok(style) =
                ProgressStyle::with_template("  {spinner} {prefix} ({elapsed}) {wide_msg:.dim}")
            {
                bar.set_style(style);
            }
            bar.set_prefix(name.to_owned());
            bar.set_message(line.to_owned());
            bar.enable_steady_tick(Duration::from_millis(120));
            bar
        });
        if bar.is_none() {
            println!("  … {name}: {line}");
        }
        Self {
            bar,
            started: Instant::now(),
        }
    }

    fn latest(&self, line: &str) {
        if let Some(bar) = &self.bar {
            bar.set_message(line.to_owned());
        }
    }

    fn still_running(&self, line: &str) {
        if self.bar.is_none() {
            println!("    … {}: {line}", elapsed(self.started.elapsed()));
        }
    }

    fn done(&self, name: &str) {
        self.end("✓", name, "done in");
    }

    fn failed(&self, name: &str) {
        self.end("✗", name, "failed after");
    }

    fn end(&self, mark: &str, name: &str, how: &str) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
        println!("  {mark} {name}: {how} {}", elapsed(self.started.elapsed()));
    }
}

/// Runs the command and passes its lines on; `None` when it had to be stopped.
fn follow(
    command: &mut Command,
    limit: Duration,
    step: &Step,
    last: &mut VecDeque<String>,
) -> Result<Option<ExitStatus>> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .context("the program cannot be started")?;
    let (sender, lines) = mpsc::channel();
    for stream in [child.stdout.take().map(boxed), child.stderr.take().map(boxed)]
        .into_iter()
        .flatten()
    {
        let sender = sender.clone();
        thread::spawn(move || {
            for line in BufReader::new(stream)
                .split(b'\n')
                .map_while(std::result::Result::ok)
            {
                // Whoever draws a bar without a terminal separates its states with carriage returns.
                let text = String::from_utf8_lossy(&line);
                let text = text.trim_end().rsplit('\r').next().unwrap_or_default().trim_end();
                if !text.is_empty() && sender.send(text.to_owned()).is_err() {
                    return;
                }
            }
        });
    }
    drop(sender);

    let mut logged = Instant::now();
    loop {
        match lines.recv_timeout(Duration::from_millis(200)) {
            Ok(line) => {
                step.latest(&line);
                if last.len() == LINES_KEPT {
                    last.pop_front();
                }
                last.push_back(line);
            }
            Err(RecvTimeoutError::Disconnected) => return Ok(Some(child.wait()?)),
            // A grandchild may outlive the command and keep the pipes open.
            Err(RecvTimeoutError::Timeout) => {
                if let Some(status) = child.try_wait()? {
                    return Ok(Some(status));
                }
            }
        }
        if step.started.elapsed() > limit {
            child.kill().context("cannot stop the program")?;
            child.wait()?;
            return Ok(None);
        }
        if logged.elapsed() > LOG_EVERY {
            logged = Instant::now();
            step.still_running(last.back().map_or("", String::as_str));
        }
    }
}

fn boxed(stream: impl Read + Send + 'static) -> Box<dyn Read + Send> {
    Box::new(stream)
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUIET: Progress = Progress { terminal: false };

    #[test]
    fn times_are_readable() {
        assert_eq!(elapsed(Duration::from_millis(420)), "0.4 s");
        assert_eq!(elapsed(Duration::from_millis(9_960)), "10 s");
        assert_eq!(elapsed(Duration::from_secs(41)), "41 s");
        assert_eq!(elapsed(Duration::from_millis(119_800)), "2 min 0 s");
        assert_eq!(elapsed(Duration::from_secs(108)), "1 min 48 s");
    }

    #[test]
    fn a_failed_step_shows_the_end_of_its_output() {
        let script = "for i in $(seq 200); do echo line $i; done; echo the reason >&2; exit 1";
        let error = QUIET
            .run("step", Command::new("sh").args(["-c", script]))
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("the reason") && error.contains("line 200"),
            "{error}"
        );
        assert!(
            !error.contains("line 100\n"),
            "only the end is of interest: {error}"
        );
    }

    #[test]
    fn a_step_that_hangs_is_stopped() {
        let limit = Duration::from_millis(300);
        let error = QUIET
            .run_within("step", Command::new("sleep").arg("600"), limit)
            .unwrap_err()
            .to_string();
        assert!(error.contains("stopped after 0.3 s"), "{error}");
    }
}
