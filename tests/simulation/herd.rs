//! A thundering herd: very many clients lose one server at the same moment. Measures their load on the server, and when
//! they are back.
//!
//! No sockets: only the delays, as each policy computes them.

use std::fmt::Write;

use room_events::client::{Backoff, BackoffConfig};

use crate::random::Random;

/// The duration of the outage in milliseconds.
const OUTAGE: usize = 20_000;
/// The number of clients accepted per second after the outage. Others are refused.
const CAPACITY: u32 = 50_000;
/// The simulated time in milliseconds.
const SPAN: usize = 120_000;
/// The most milliseconds until an attempt fails.
const ROUND_TRIP: u64 = 100;

/// A policy for the delay before the next attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Policy {
    /// This package, with its defaults.
    Ours,
    /// One second.
    Fixed,
    /// 0.5 s, doubled up to 30 s, no jitter.
    Exponential,
    /// 1 s, doubled up to 5 s, each ±50 %, and never above 5 s.
    SocketIo,
    /// 0, 2, 10 and 30 s, then no more.
    SignalR,
}

impl Policy {
    pub(crate) const ALL: [Self; 5] = [
        Self::Ours,
        Self::Fixed,
        Self::Exponential,
        Self::SocketIo,
        Self::SignalR,
    ];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Ours => "room-events: full jitter, 0.5 s to 30 s",
            Self::Fixed => "fixed delay of 1 s",
            Self::Exponential => "exponential, 0.5 s to 30 s",
            Self::SocketIo => "socket.io: 1 s to 5 s, ±50 %",
            Self::SignalR => "SignalR: 0, 2, 10, 30 s",
        }
    }

    /// The delay in milliseconds after this many earlier failures in a row. `None`: it gives up.
    fn delay(self, failures: u32, own: &mut Backoff, random: &mut Random) -> Option<u64> {
        match self {
            Self::Ours => u64::try_from(own.next_delay().as_millis()).ok(),
            Self::Fixed => Some(1_000),
            Self::Exponential => Some((500_u64 << failures.min(10)).min(30_000)),
            Self::SocketIo => {
                let delay = 1_000_u64 << failures.min(20);
                let deviation = random.between(0, delay / 2 + 1);
                let drawn = if random.one_in(2) {
                    delay - deviation
                } else {
                    delay + deviation
                };
                Some(drawn.min(5_000))
            }
            Self::SignalR => [0, 2_000, 10_000, 30_000].get(failures as usize).copied(),
        }
    }
}

struct Client {
    backoff: Backoff,
    failures: u32,
}

/// The results of a simulated herd.
pub(crate) struct Outcome {
    pub(crate) policy: Policy,
    clients: u32,
    /// Attempts in each tenth of a second.
    attempts: Vec<u32>,
    /// Accepted clients in each tenth of a second.
    taken: Vec<u32>,
    gave_up: u32,
}

impl Outcome {
    pub(crate) fn total(&self) -> u64 {
        self.attempts.iter().map(|count| u64::from(*count)).sum()
    }

    /// The most attempts in any second from this tenth of a second on.
    fn peak_from(&self, tenth: usize) -> u32 {
        let seconds = self.attempts[tenth..]
            .windows(10)
            .map(|second| second.iter().sum());
        seconds.max().unwrap_or(0)
    }

    /// The most attempts in any second of the outage, except for its first five seconds, in which all policies peak.
    pub(crate) fn peak_in_outage(&self) -> u32 {
        let before = self.attempts[50..OUTAGE / 100].windows(10);
        before.map(|second| second.iter().sum()).max().unwrap_or(0)
    }

    /// The most attempts in any second after the outage.
    pub(crate) fn peak_after(&self) -> u32 {
        self.peak_from(OUTAGE / 100)
    }

    /// The most attempts in a tenth of a second after the outage.
    pub(crate) fn burst_after(&self) -> u32 {
        self.attempts[OUTAGE / 100..].iter().copied().max().unwrap_or(0)
    }

    /// The seconds from the end of the outage until this share of all clients was accepted.
    pub(crate) fn back_after(&self, share: f64) -> Option<f64> {
        let wanted = f64::from(self.clients) * share;
        let mut sum = 0.0;
        let tenth = self.taken.iter().position(|count| {
            sum += f64::from(*count);
            sum >= wanted
        })?;
        Some((tenth + 1) as f64 / 10.0 - OUTAGE as f64 / 1000.0)
    }
}

/// Simulates a herd.
pub(crate) fn run(policy: Policy, clients: u32, seed: u64) -> Outcome {
    let mut random = Random::new(seed);
    let mut herd: Vec<_> = (0..clients)
        .map(|client| Client {
            backoff: Backoff::new(BackoffConfig::default(), seed ^ (u64::from(client) << 20)),
            failures: 0,
        })
        .collect();
    // The clients that make an attempt, by millisecond.
    let mut plan = vec![Vec::new(); SPAN];
    let mut outcome = Outcome {
        policy,
        clients,
        attempts: vec![0; SPAN / 100],
        taken: vec![0; SPAN / 100],
        gave_up: 0,
    };
    // The capacity of the server is scaled to the size of the herd.
    let per_tenth = (u64::from(CAPACITY) * u64::from(clients) / 1_000_000 / 10).max(1) as u32;
    let mut fails = |client: u32, herd: &mut Vec<Client>, at: usize, plan: &mut Vec<Vec<u32>>| {
        let state = &mut herd[client as usize];
        let delay = policy.delay(state.failures, &mut state.backoff, &mut random);
        state.failures += 1;
        let latency = random.between(1, ROUND_TRIP + 1);
        let Some(delay) = delay else { return 1 };
        if let Some(then) = plan.get_mut(at + (delay + latency) as usize) {
            then.push(client);
        }
        0
    };
    for client in 0..clients {
        outcome.gave_up += fails(client, &mut herd, 0, &mut plan);
    }
    for at in 0..SPAN {
        for client in std::mem::take(&mut plan[at]) {
            outcome.attempts[at / 100] += 1;
            if at >= OUTAGE && outcome.taken[at / 100] < per_tenth {
                outcome.taken[at / 100] += 1;
            } else {
                outcome.gave_up += fails(client, &mut herd, at, &mut plan);
            }
        }
    }
    outcome
}

/// The table in the documentation.
pub(crate) fn table(outcomes: &[Outcome]) -> String {
    let mut text = String::from(
        "| policy | attempts in all | busiest second of the outage | busiest second afterwards | \
         busiest 0.1 s afterwards | half back after | 99 % back after | gave up |\n\
         | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n",
    );
    let seconds =
        |share: Option<f64>| share.map_or("over 100 s".to_owned(), |seconds| format!("{seconds:.1} s"));
    for outcome in outcomes {
        let _infallible = writeln!(
            text,
            "| {} | {} | {} | {} | {} | {} | {} | {} |",
            outcome.policy.name(),
            thousands(outcome.total()),
            thousands(outcome.peak_in_outage().into()),
            thousands(outcome.peak_after().into()),
            thousands(outcome.burst_after().into()),
            seconds(outcome.back_after(0.5)),
            seconds(outcome.back_after(0.99)),
            thousands(outcome.gave_up.into()),
        );
    }
    text
}

fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Attempts per second over time, one panel a policy, on the same logarithmic scale.
pub(crate) fn plot(outcomes: &[Outcome]) -> String {
    const WIDTH: f64 = 720.0;
    const HEIGHT: f64 = 96.0;
    const LEFT: f64 = 64.0;
    const GAP: f64 = 34.0;
    const SECONDS: usize = 60;
    let colours = ["#1a7f5a", "#8a8f98", "#8a8f98", "#8a8f98", "#8a8f98"];
    let full = GAP + (HEIGHT + GAP) * outcomes.len() as f64 + 16.0;
    let x = |second: f64| LEFT + second / SECONDS as f64 * (WIDTH - LEFT - 12.0);
    let mut svg = format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {full}" font-family="sans-serif" font-size="12" fill="#444"><rect width="{WIDTH}" height="{full}" fill="#fff"/>"##
    );
    for (index, outcome) in outcomes.iter().enumerate() {
        let top = GAP + (HEIGHT + GAP) * index as f64;
        let bottom = top + HEIGHT;
        let height = |count: u32| f64::from(count.max(1)).log10() / 7.0 * HEIGHT;
        let colour = colours[index % colours.len()];
        let _infallible = write!(
            svg,
            r##"<text x="{LEFT}" y="{:.0}" font-weight="600">{}</text><rect x="{:.1}" y="{top}" width="{:.1}" height="{HEIGHT}" fill="#f6e9e7"/>"##,
            top - 8.0,
            outcome.policy.name(),
            x(0.0),
            x(OUTAGE as f64 / 1000.0) - x(0.0),
        );
        for (label, count) in [("1k", 1_000), ("100k", 100_000), ("10M", 10_000_000)] {
            let y = bottom - height(count);
            let _infallible = write!(
                svg,
                r##"<path d="M{LEFT} {y:.1}H{:.1}" stroke="#ddd"/><text x="{:.0}" y="{:.1}" text-anchor="end">{label}</text>"##,
                WIDTH - 12.0,
                LEFT - 6.0,
                y + 4.0,
            );
        }
        let mut line = String::new();
        for (tenth, count) in outcome.attempts.iter().take(SECONDS * 10).enumerate() {
            let (from, to) = (x(tenth as f64 / 10.0), x((tenth + 1) as f64 / 10.0));
            // As a rate: attempts per second.
            let y = bottom - height(count * 10);
            let _infallible = write!(
                line,
                "{}{from:.1} {y:.1}H{to:.1}",
                if tenth == 0 { "M" } else { "L" }
            );
        }
        let _infallible = write!(svg, r##"<path d="{line}" fill="none" stroke="{colour}"/>"##);
    }
    for second in (0..=SECONDS).step_by(10) {
        let _infallible = write!(
            svg,
            r##"<text x="{:.0}" y="{:.0}" text-anchor="middle">{second} s</text>"##,
            x(second as f64),
            full - 8.0,
        );
    }
    svg.push_str("</svg>\n");
    svg
}

#[test]
fn spreads_the_herd() {
    let outcomes = Policy::ALL.map(|policy| run(policy, 20_000, 1));
    let ours = &outcomes[0];
    for other in &outcomes[1..] {
        // A policy with fewer attempts has given up most of its clients.
        assert!(
            ours.peak_in_outage() < other.peak_in_outage() || other.gave_up > 0,
            "{:?}",
            other.policy
        );
        assert!(
            ours.burst_after() < other.burst_after() || other.gave_up > 0,
            "{:?}",
            other.policy
        );
    }
    assert_eq!(ours.gave_up, 0);
    assert!(ours.back_after(0.99).is_some(), "everybody comes back");
}

/// Run by `cargo xtask simulate herd` with a million clients. Writes the plot and the table to the folder named by the
/// environment, if any.
#[test]
fn simulates_a_herd_of_the_requested_size() {
    let clients = crate::campaign::number("SIMULATION_CLIENTS").unwrap_or(10_000);
    let clients = u32::try_from(clients).expect("SIMULATION_CLIENTS is below 2^32");
    let outcomes = Policy::ALL.map(|policy| run(policy, clients, 1));
    let table = table(&outcomes);
    println!("{} clients\n\n{table}", thousands(clients.into()));
    assert_eq!(table.lines().count(), Policy::ALL.len() + 2);
    assert!(
        outcomes
            .iter()
            .all(|outcome| outcome.total() >= u64::from(clients))
    );
    if let Some(folder) = std::env::var_os("SIMULATION_DOCS") {
        let folder = std::path::PathBuf::from(folder);
        std::fs::write(folder.join("herd.svg"), plot(&outcomes)).expect("the plot can be written");
        let page = folder.join("reliability.md");
        let text = std::fs::read_to_string(&page).expect("docs/reliability.md can be read");
        let (begin, end) = ("<!-- herd -->\n", "<!-- /herd -->");
        let (before, rest) = text.split_once(begin).expect("the table has its place");
        let (_, after) = rest.split_once(end).expect("the table has its end");
        std::fs::write(page, format!("{before}{begin}{table}{end}{after}"))
            .expect("the table can be written");
    }
}
