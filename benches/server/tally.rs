//! What has arrived.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use tokio::sync::Notify;
use tokio::time;

use crate::BoxError;
use crate::wire::Stamp;

/// Latencies are kept in microseconds, to three digits, up to this one.
const LONGEST: u64 = 600_000_000;

/// More messages than one server is ever sent.
const MESSAGES: usize = 1 << 18;

/// Connections note their latencies in one of so many places: several threads do it at once.
const SHARDS: usize = 16;

/// How long nothing may arrive before what is missing counts as lost.
const PATIENCE: Duration = Duration::from_secs(60);

/// The value in the middle; of an even number of values, the mean of the two there. Not a number where there is none.
pub(crate) fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut sorted: Vec<f64> = values.collect();
    sorted.sort_by(f64::total_cmp);
    match (
        sorted.get(sorted.len().wrapping_sub(1) / 2),
        sorted.get(sorted.len() / 2),
    ) {
        (Some(lower), Some(upper)) => f64::midpoint(*lower, *upper),
        _ => f64::NAN,
    }
}

/// A place for latencies.
pub(crate) fn histogram() -> Result<Histogram<u64>, BoxError> {
    Ok(Histogram::new_with_bounds(1, LONGEST, 3)?)
}

/// What has arrived at all connections together.
pub(crate) struct Tally {
    begin: Instant,
    /// How many connections count.
    connections: u32,
    /// How many of them each message has reached.
    reached: Vec<AtomicU32>,
    /// How many messages have reached all of them, and who waits for that.
    complete: AtomicU32,
    progress: Notify,
    deliveries: AtomicU64,
    bytes: AtomicU64,
    latencies: Vec<Mutex<Histogram<u64>>>,
    failure: Mutex<Option<String>>,
}

/// What has arrived at one connection: how many events, and which.
#[derive(Default)]
pub(crate) struct Received {
    count: AtomicU32,
    sum: AtomicU64,
}

/// The events of one read. They are noted together.
#[derive(Default)]
pub(crate) struct Batch {
    stamps: Vec<Stamp>,
    bytes: u64,
}

impl Batch {
    pub(crate) fn push(&mut self, stamp: Stamp, bytes: usize) {
        self.stamps.push(stamp);
        self.bytes += u64::try_from(bytes).unwrap_or(u64::MAX);
    }
}

impl Tally {
    pub(crate) fn new(connections: u32) -> Result<Self, BoxError> {
        Ok(Self {
            begin: Instant::now(),
            connections,
            reached: (0..MESSAGES).map(|_| AtomicU32::new(0)).collect(),
            complete: AtomicU32::new(0),
            progress: Notify::new(),
            deliveries: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            latencies: (0..SHARDS)
                .map(|_| histogram().map(Mutex::new))
                .collect::<Result<_, _>>()?,
            failure: Mutex::default(),
        })
    }

    /// The time of the run, in microseconds.
    pub(crate) fn now(&self) -> u64 {
        u64::try_from(self.begin.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    /// Notes what one read of a connection has brought.
    pub(crate) fn note(&self, connection: usize, received: &Received, batch: &mut Batch) {
        if batch.stamps.is_empty() {
            return;
        }
        let now = self.now();
        let mut latencies = locked(&self.latencies[connection % SHARDS]);
        for stamp in &batch.stamps {
            latencies.saturating_record(now.saturating_sub(stamp.sent).max(1));
        }
        drop(latencies);
        let mut sum = 0_u64;
        let mut complete = 0;
        for stamp in &batch.stamps {
            sum = sum.wrapping_add(fingerprint(stamp.sequence));
            let reached = usize::try_from(stamp.sequence)
                .ok()
                .and_then(|sequence| self.reached.get(sequence));
            match reached.map(|reached| reached.fetch_add(1, Ordering::Relaxed) + 1) {
                Some(reached) if reached == self.connections => complete += 1,
                Some(reached) if reached < self.connections => {}
                _ => self.fail(format!("message {} has come too often", stamp.sequence)),
            }
        }
        let count = batch.stamps.len();
        received
            .count
            .fetch_add(u32::try_from(count).unwrap_or(u32::MAX), Ordering::Relaxed);
        received.sum.fetch_add(sum, Ordering::Relaxed);
        self.deliveries
            .fetch_add(u64::try_from(count).unwrap_or(u64::MAX), Ordering::Relaxed);
        self.bytes.fetch_add(batch.bytes, Ordering::Relaxed);
        batch.stamps.clear();
        batch.bytes = 0;
        if complete > 0 {
            // Whoever sees the new count sees all that was noted before.
            self.complete.fetch_add(complete, Ordering::Release);
            self.progress.notify_one();
        }
    }

    /// Notes that something went wrong which the run cannot recover from. The first one is told.
    pub(crate) fn fail(&self, failure: String) {
        locked(&self.failure).get_or_insert(failure);
        self.progress.notify_one();
    }

    /// Waits until so many messages have reached all connections.
    pub(crate) async fn completed(&self, messages: u32) -> Result<(), BoxError> {
        loop {
            if let Some(failure) = locked(&self.failure).take() {
                return Err(failure.into());
            }
            let complete = self.complete.load(Ordering::Acquire);
            if complete >= messages {
                return Ok(());
            }
            let deliveries = self.deliveries.load(Ordering::Relaxed);
            let progress = time::timeout(PATIENCE, self.progress.notified()).await;
            if progress.is_err() && self.deliveries.load(Ordering::Relaxed) == deliveries {
                return Err(format!(
                    "deliveries are missing: {complete} of {messages} messages have reached all of {} connections",
                    self.connections
                )
                .into());
            }
        }
    }

    /// Checks that each connection has received each of the messages 0 to `messages` once.
    pub(crate) fn check<'a>(
        &self,
        messages: u32,
        connections: impl Iterator<Item = &'a Received>,
    ) -> Result<(), BoxError> {
        let sum = (0..messages).fold(0, |sum: u64, sequence| sum.wrapping_add(fingerprint(sequence)));
        for (index, received) in connections.enumerate() {
            let count = received.count.load(Ordering::Relaxed);
            if count != messages || received.sum.load(Ordering::Relaxed) != sum {
                return Err(format!(
                    "connection {index} has received {count} events that are not the {messages} that were sent"
                )
                .into());
            }
        }
        Ok(())
    }

    /// Deliveries and bytes of events so far.
    pub(crate) fn totals(&self) -> (u64, u64) {
        (
            self.deliveries.load(Ordering::Relaxed),
            self.bytes.load(Ordering::Relaxed),
        )
    }

    /// The latencies since this was asked for the last time.
    pub(crate) fn take_latencies(&self) -> Result<Histogram<u64>, BoxError> {
        let mut all = histogram()?;
        for shard in &self.latencies {
            let mut shard = locked(shard);
            all.add(&*shard)?;
            shard.reset();
        }
        Ok(all)
    }
}

/// Spreads sequence numbers, so that one missing and one too many do not add up to what is expected.
fn fingerprint(sequence: u32) -> u64 {
    let mixed = (u64::from(sequence) + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    mixed ^ (mixed >> 29)
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What is noted is whole between any two statements.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
