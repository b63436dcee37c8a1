//! What a connection that is not read costs the others.

use std::time::Duration;

use serde::Serialize;

use crate::BoxError;
use crate::contestant::Contestant;
use crate::fleet::Stalled;
use crate::tally::{histogram, median};
use crate::traffic::{Pace, Traffic, Until, milliseconds};

/// Before anything is measured, the stalled connection gets more than the system holds for it: so many messages of so
/// many bytes. The others get them too, with and without it.
const FILL: u32 = 24;
const FILL_TEXT: usize = 4 << 10;
const FILL_RATE: f64 = 5.0;

/// The latencies of all other connections, with a stalled one among them and without.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StallReport {
    pub(crate) pairs: u32,
    pub(crate) p50_without_ms: f64,
    pub(crate) p50_with_ms: f64,
    pub(crate) p99_without_ms: f64,
    pub(crate) p99_with_ms: f64,
    /// By how much p99 is larger with it: 0.1 is a tenth.
    pub(crate) p99_change: f64,
    /// How far apart p99 is from one half of the measurements without it to the other half: what chance does here.
    /// Each p99 here is the median over the measurements' own, so that one bad moment of the machine does not decide.
    pub(crate) p99_noise: f64,
    /// Events that the stalled connections found when they were read at last: all that was sent meanwhile.
    pub(crate) waiting: u32,
}

/// Measures so many times with a stalled connection and as often without, in turns.
pub(crate) async fn stall(
    server: &mut Contestant,
    traffic: &mut Traffic,
    pairs: u32,
    rate: f64,
    each: Duration,
) -> Result<StallReport, BoxError> {
    let (mut all_without, mut all_with) = (histogram()?, histogram()?);
    let (mut without, mut with) = (Vec::new(), Vec::new());
    let mut waiting = 0;
    for pair in 0..pairs {
        // Whatever changes on the machine meanwhile, changes for both.
        let order = if pair % 2 == 0 {
            [false, true]
        } else {
            [true, false]
        };
        for is_stalled in order {
            let first = traffic.sent;
            let stalled = match is_stalled {
                true => Some(Stalled::open(server).await?),
                false => None,
            };
            let text = std::mem::replace(&mut traffic.text, FILL_TEXT);
            traffic
                .phase(server, Pace::Rate(FILL_RATE), Until::Sent(FILL))
                .await?;
            traffic.text = text;
            let (_, latencies) = traffic
                .phase(server, Pace::Rate(rate), Until::Elapsed(each))
                .await?;
            match stalled {
                None => {
                    all_without.add(&latencies)?;
                    without.push(milliseconds(&latencies, 0.99));
                }
                Some(stalled) => {
                    all_with.add(&latencies)?;
                    with.push(milliseconds(&latencies, 0.99));
                    let events = stalled.wake_up(traffic.sent - 1).await?;
                    if events != traffic.sent - first {
                        return Err(format!(
                            "{events} of {} events have waited for the stalled connection",
                            traffic.sent - first
                        )
                        .into());
                    }
                    waiting += events;
                }
            }
        }
    }
    let half = |first: usize| median(without.iter().skip(first).step_by(2).copied());
    let (one, other) = (half(0), half(1));
    let (p99_without, p99_with) = (median(without.iter().copied()), median(with.iter().copied()));
    Ok(StallReport {
        pairs,
        p50_without_ms: milliseconds(&all_without, 0.5),
        p50_with_ms: milliseconds(&all_with, 0.5),
        p99_without_ms: p99_without,
        p99_with_ms: p99_with,
        p99_change: p99_with / p99_without - 1.0,
        p99_noise: (one / other - 1.0).abs(),
        waiting,
    })
}
