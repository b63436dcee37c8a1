//! What came out, as a table and as JSON.

use std::fmt::Write;
use std::fs;
use std::process::Command;

use serde::Serialize;

use crate::contestant::Kind;
use crate::stall::StallReport;
use crate::tally::median;
use crate::traffic::Measured;

/// What one server did in one round.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Round {
    pub(crate) connections: u32,
    /// Resident bytes with all connections open.
    pub(crate) rss: u64,
    /// The most there were, by the end of the round.
    pub(crate) peak_rss: u64,
    pub(crate) saturated: Measured,
    pub(crate) paced: Measured,
}

/// What one server did.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Entry {
    pub(crate) server: Kind,
    pub(crate) rounds: Vec<Round>,
    pub(crate) stall: Option<StallReport>,
}

/// Where it was measured.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Machine {
    processor: String,
    processors: usize,
    memory: String,
    kernel: String,
    node: String,
}

/// Everything.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Report {
    pub(crate) machine: Machine,
    pub(crate) command: String,
    pub(crate) entries: Vec<Entry>,
}

impl Machine {
    pub(crate) fn here() -> Self {
        let field = |file: &str, name: &str| {
            fs::read_to_string(file)
                .unwrap_or_default()
                .lines()
                .find_map(|line| {
                    Some(
                        line.strip_prefix(name)?
                            .trim_start_matches([' ', '\t', ':'])
                            .to_owned(),
                    )
                })
                .unwrap_or_else(|| "unknown".to_owned())
        };
        let node = Command::new("node").arg("--version").output();
        Self {
            processor: field("/proc/cpuinfo", "model name"),
            processors: std::thread::available_parallelism().map_or(0, usize::from),
            memory: field("/proc/meminfo", "MemTotal"),
            kernel: field("/proc/sys/kernel/osrelease", ""),
            node: node.map_or_else(
                |_| "unknown".to_owned(),
                |output| String::from_utf8_lossy(&output.stdout).trim().to_owned(),
            ),
        }
    }
}

impl Entry {
    fn median(&self, of: impl Fn(&Round) -> f64) -> f64 {
        median(self.rounds.iter().map(of))
    }

    fn median_mib(&self, of: impl Fn(&Round) -> u64) -> f64 {
        self.median(|round| of(round) as f64 / f64::from(1 << 20))
    }
}

impl Report {
    /// For people: medians of the rounds, in Markdown.
    pub(crate) fn table(&self) -> String {
        let mut out = String::new();
        let Machine {
            processor,
            processors,
            memory,
            kernel,
            node,
        } = &self.machine;
        // Writing to a String does not fail.
        let _ = writeln!(
            out,
            "\n{processors} x {processor}, {memory}, Linux {kernel}, Node {node}\n{}",
            self.command
        );
        self.load(&mut out, "As fast as it goes", |round| &round.saturated);
        self.load(&mut out, "At the same rate", |round| &round.paced);
        let _ = writeln!(
            out,
            "\nMemory\n\n| server | connections | RSS, idle | RSS, at most |\n| --- | ---: | ---: | ---: |"
        );
        for entry in &self.entries {
            let _ = writeln!(
                out,
                "| {} | {} | {:.0} MiB | {:.0} MiB |",
                entry.server.name(),
                entry.rounds.first().map_or(0, |round| round.connections),
                entry.median_mib(|round| round.rss),
                entry.median_mib(|round| round.peak_rss),
            );
        }
        for entry in &self.entries {
            if let Some(stall) = &entry.stall {
                let _ = writeln!(
                    out,
                    "\nA stalled reader among the connections of {}: p99 of the others {:.1} ms without, {:.1} ms with \
                     it ({:+.1} %; two halves without it differ by {:.1} %), p50 {:.1} ms and {:.1} ms; {} events \
                     waited for it and were all there",
                    entry.server.name(),
                    stall.p99_without_ms,
                    stall.p99_with_ms,
                    stall.p99_change * 100.0,
                    stall.p99_noise * 100.0,
                    stall.p50_without_ms,
                    stall.p50_with_ms,
                    stall.waiting,
                );
            }
        }
        out
    }

    fn load(&self, out: &mut String, title: &str, phase: impl Fn(&Round) -> &Measured) {
        let _ = writeln!(
            out,
            "\n{title}\n\n| server | deliveries/s | per CPU second | in the system | p50 | p99 | bytes each | first to \
             this, per CPU second |\n| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
        );
        let per_cpu = |entry: &Entry| entry.median(|round| phase(round).deliveries_per_cpu_second);
        let first = self.entries.first().map_or(0.0, per_cpu);
        for entry in &self.entries {
            let of = |value: fn(&Measured) -> f64| entry.median(|round| value(phase(round)));
            let _ = writeln!(
                out,
                "| {} | {:.0} | {:.0} | {:.0} % | {:.1} ms | {:.1} ms | {:.0} | {:.2} |",
                entry.server.name(),
                of(|measured| measured.deliveries_per_second),
                per_cpu(entry),
                of(|measured| measured.system_cpu_seconds / measured.cpu_seconds.max(0.01)) * 100.0,
                of(|measured| measured.latency_p50_ms),
                of(|measured| measured.latency_p99_ms),
                of(|measured| measured.bytes_per_delivery),
                first / per_cpu(entry).max(f64::MIN_POSITIVE),
            );
        }
    }
}
