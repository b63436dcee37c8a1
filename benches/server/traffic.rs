//! What is sent, and what it costs.

use std::sync::Arc;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use serde::Serialize;
use tokio::task::JoinSet;
use tokio::time;

use crate::BoxError;
use crate::contestant::{Contestant, Usage, checked};
use crate::fleet::Fleet;
use crate::tally::Tally;
use crate::wire::Stamp;

/// How messages follow each other.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Pace {
    /// So many a second, whatever becomes of them.
    Rate(f64),
    /// As fast as they are delivered: so many are always on their way.
    Window(u32),
}

/// When a phase ends.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Until {
    Elapsed(Duration),
    Sent(u32),
}

/// What a phase came to.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Measured {
    pub(crate) messages: u32,
    pub(crate) deliveries: u64,
    pub(crate) bytes_per_delivery: f64,
    pub(crate) seconds: f64,
    pub(crate) deliveries_per_second: f64,
    /// Of the server's process.
    pub(crate) cpu_seconds: f64,
    pub(crate) system_cpu_seconds: f64,
    pub(crate) deliveries_per_cpu_second: f64,
    pub(crate) latency_p50_ms: f64,
    pub(crate) latency_p99_ms: f64,
    pub(crate) latency_max_ms: f64,
}

/// The connections of one server, and the messages that they have been sent.
pub(crate) struct Traffic {
    pub(crate) fleet: Fleet,
    pub(crate) sent: u32,
    /// Bytes of a message's text.
    pub(crate) text: usize,
}

impl Traffic {
    /// Sends messages, waits until every connection has received every one, and says what it cost. The latencies are
    /// also returned as they are.
    pub(crate) async fn phase(
        &mut self,
        server: &mut Contestant,
        pace: Pace,
        until: Until,
    ) -> Result<(Measured, Histogram<u64>), BoxError> {
        let tally = Arc::clone(&self.fleet.tally);
        drop(tally.take_latencies()?);
        let first = self.sent;
        let (deliveries, bytes) = tally.totals();
        let used = server.usage()?;
        let begin = Instant::now();

        let mut requests = JoinSet::new();
        loop {
            let number = self.sent - first;
            match until {
                Until::Elapsed(limit) if begin.elapsed() >= limit => break,
                Until::Sent(limit) if number >= limit => break,
                _ => {}
            }
            match pace {
                Pace::Rate(rate) => {
                    let due = Duration::from_secs_f64(f64::from(number) / rate);
                    time::sleep_until((begin + due).into()).await;
                }
                Pace::Window(window) => tally.completed((self.sent + 1).saturating_sub(window)).await?,
            }
            self.send(server, &tally, &mut requests);
        }
        tally.completed(self.sent).await?;
        let seconds = begin.elapsed().as_secs_f64();
        while let Some(answered) = requests.join_next().await {
            answered??;
        }
        let usage = server.usage()?;
        self.fleet.check(self.sent)?;
        let latencies = tally.take_latencies()?;
        let (all_deliveries, all_bytes) = tally.totals();
        let measured = measured(
            self.sent - first,
            (all_deliveries - deliveries, all_bytes - bytes),
            seconds,
            (used, usage),
            &latencies,
        );
        Ok((measured, latencies))
    }

    /// Sends one message. That it is answered is for the set to find out.
    fn send(
        &mut self,
        server: &Contestant,
        tally: &Arc<Tally>,
        requests: &mut JoinSet<Result<(), BoxError>>,
    ) {
        let stamp = Stamp {
            sequence: self.sent,
            sent: tally.now(),
        };
        self.sent += 1;
        let request = server.edit(&stamp.text(self.text));
        let tally = Arc::clone(tally);
        requests.spawn(async move {
            let outcome = async {
                checked(request.send().await?)?
                    .bytes()
                    .await
                    .map_err(BoxError::from)
            }
            .await;
            if let Err(error) = &outcome {
                tally.fail(format!("a message was not taken: {error}"));
            }
            outcome.map(drop)
        });
        // What is done need not be kept.
        while let Some(answered) = requests.try_join_next() {
            drop(answered);
        }
    }
}

fn measured(
    messages: u32,
    (deliveries, bytes): (u64, u64),
    seconds: f64,
    (before, after): (Usage, Usage),
    latencies: &Histogram<u64>,
) -> Measured {
    let cpu = after.cpu - before.cpu;
    let per = |count: u64, seconds: f64| count as f64 / seconds.max(f64::MIN_POSITIVE);
    Measured {
        messages,
        deliveries,
        bytes_per_delivery: per(bytes, deliveries as f64),
        seconds,
        deliveries_per_second: per(deliveries, seconds),
        cpu_seconds: cpu,
        system_cpu_seconds: after.system - before.system,
        // Less than the clock shows is no measurement.
        deliveries_per_cpu_second: if cpu > 0.0 { per(deliveries, cpu) } else { 0.0 },
        latency_p50_ms: milliseconds(latencies, 0.5),
        latency_p99_ms: milliseconds(latencies, 0.99),
        latency_max_ms: latencies.max() as f64 / 1000.0,
    }
}

pub(crate) fn milliseconds(latencies: &Histogram<u64>, quantile: f64) -> f64 {
    latencies.value_at_quantile(quantile) as f64 / 1000.0
}
