//! Tracks connections and delivers events to them.
//!
//! Each change names its audience. The hub passes the same bytes to all users with the same event, and never waits:
//! each connection has a bounded queue, and is closed when the queue is full.

mod close;
mod frame;
mod metrics;
mod queue;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use tokio::sync::Notify;
use tokio::time;

pub use close::CloseReason;
pub(crate) use close::Farewell;
pub(crate) use frame::Frame;
pub(crate) use metrics::Ending;
use metrics::HubMetrics;
pub(crate) use queue::{QueueLimits, Subscription};
use queue::{Sender, UnderWay, Wave};

use crate::protocol::ids::UserId;
use crate::server::faults::Active;
use crate::server::store::sessions::Digest;

/// Identifies a connection. Numbers are never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ConnectionId(u64);

/// The recipients of a frame.
#[derive(Clone, Debug)]
pub(crate) enum Audience {
    /// Every connection.
    Everyone,
    /// The connections of these users.
    Users(Arc<[UserId]>),
}

/// A frame and its recipients.
#[derive(Clone, Debug)]
pub(crate) struct Delivery {
    pub(crate) audience: Audience,
    pub(crate) frame: Frame,
}

/// The owner of a connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Owner {
    pub(crate) user_id: UserId,
    /// The session or token of the connection, which ends with it.
    pub(crate) credential: Digest,
}

/// Why a connection was rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum HubError {
    /// The server is shutting down.
    #[error("The server is shutting down.")]
    Closed,
    /// The user has too many connections.
    #[error("This user has as many connections as one user may have.")]
    TooMany,
}

impl HubError {
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::Closed => "hub-closed",
            Self::TooMany => "hub-too-many",
        }
    }
}

/// The minimum size of a large wave. A smaller one ends at once.
const LARGE_WAVE: usize = 100;

/// How long a large wave may delay the next one, per connection: more than a write takes. A fault can hold up a
/// connection for longer.
const PATIENCE: Duration = Duration::from_micros(25);

struct Connected {
    id: ConnectionId,
    owner: Owner,
    queue: Sender,
}

#[derive(Default)]
struct Registry {
    /// By user, as audiences are. An event visits all connections of each user.
    by_user: HashMap<UserId, Vec<Connected>>,
    count: usize,
    next_id: u64,
    closed: bool,
    /// The connections of the next wave.
    gathered: Wave,
    /// The latest large wave, and until when the next one waits for it.
    under_way: Option<(Weak<UnderWay>, Instant)>,
}

/// All connections. Clones share them.
#[derive(Clone)]
pub(crate) struct Hub {
    registry: Arc<Mutex<Registry>>,
    limits: QueueLimits,
    /// The maximum number of connections per user.
    per_user: usize,
    faults: Arc<Active>,
    metrics: HubMetrics,
    /// Notified when a wave is waiting, and when a large one ends.
    gathering: Arc<Notify>,
}

impl Hub {
    pub(crate) fn new(limits: QueueLimits) -> Self {
        Self {
            registry: Arc::default(),
            limits,
            per_user: usize::MAX,
            faults: Arc::default(),
            metrics: HubMetrics::default(),
            gathering: Arc::default(),
        }
    }

    /// Limits the connections per user.
    pub(crate) fn with_connections_per_user(self, per_user: usize) -> Self {
        Self { per_user, ..self }
    }

    /// The active faults.
    pub(crate) fn faults(&self) -> Arc<Active> {
        Arc::clone(&self.faults)
    }

    /// Adds a connection. It receives everything that is published from now on.
    pub(crate) fn connect(&self, owner: Owner) -> Result<Subscription, HubError> {
        let mut registry = self.lock();
        if registry.closed {
            return Err(HubError::Closed);
        }
        let those_of_user = registry.by_user.get(&owner.user_id).map_or(0, Vec::len);
        if those_of_user >= self.per_user {
            return Err(HubError::TooMany);
        }
        let id = ConnectionId(registry.next_id);
        registry.next_id += 1;
        let (queue, subscription) = queue::queue(id, owner.user_id, self.clone(), self.limits);
        registry
            .by_user
            .entry(owner.user_id)
            .or_default()
            .push(Connected { id, owner, queue });
        registry.count += 1;
        self.metrics.opened.inc();
        Ok(subscription)
    }

    /// The users with a connection.
    pub(crate) fn connected_users(&self) -> Vec<UserId> {
        self.lock().by_user.keys().copied().collect()
    }

    /// Queues frames for their recipients, in this order.
    pub(crate) fn publish(&self, deliveries: &[Delivery]) {
        let mut registry = self.lock();
        let mut overrun = Vec::new();
        let mut wave = Wave::default();
        for Delivery { audience, frame } in deliveries {
            let mut reached = 0_u64;
            let mut push = |connected: &Connected| {
                if self.loses(connected) {
                    return;
                }
                if connected.queue.push(frame, &mut wave) {
                    reached += 1;
                } else {
                    overrun.push((connected.owner.user_id, connected.id));
                }
            };
            match audience {
                Audience::Everyone => registry.by_user.values().flatten().for_each(&mut push),
                Audience::Users(users) => users
                    .iter()
                    .filter_map(|user| registry.by_user.get(user))
                    .flatten()
                    .for_each(&mut push),
            }
            self.metrics.published(reached, frame.len(), overrun.len());
            // At once, as nothing may follow a gap.
            for (user_id, id) in overrun.drain(..) {
                if let Some(connected) = registry.remove(user_id, id) {
                    connected.queue.close(CloseReason::SlowReader);
                }
            }
        }
        self.raise(registry, wave);
    }

    /// Wakes connections with queued frames, at once or slightly later: during a large wave, further events accumulate,
    /// so that each connection sends them in one write.
    fn raise(&self, mut registry: MutexGuard<'_, Registry>, mut wave: Wave) {
        if registry.waits_until(Instant::now()).is_some() {
            registry.gathered.append(&mut wave);
            drop(registry);
            self.gathering.notify_one();
            return;
        }
        let under_way = registry.begin_wave(wave.len(), &self.gathering);
        drop(registry);
        wave.break_over(under_way.as_ref());
    }

    /// Wakes the waves that had to wait. Runs as long as the hub is used.
    pub(crate) async fn raise_waves(self) {
        loop {
            self.gathering.notified().await;
            while let Some(until) = self.raise_gathered() {
                // The wave has ended or timed out.
                let _ = time::timeout_at(until.into(), self.gathering.notified()).await;
            }
        }
    }

    /// Wakes the waiting wave, or returns until when it has to wait.
    fn raise_gathered(&self) -> Option<Instant> {
        let mut registry = self.lock();
        if registry.gathered.len() == 0 {
            return None;
        }
        let until = registry.waits_until(Instant::now());
        if until.is_none() {
            let wave = std::mem::take(&mut registry.gathered);
            let under_way = registry.begin_wave(wave.len(), &self.gathering);
            drop(registry);
            wave.break_over(under_way.as_ref());
        }
        until
    }

    /// Closes the connections of a session or token.
    pub(crate) fn close_credential(&self, credential: &Digest, reason: CloseReason) {
        self.remove_where(
            |owner| owner.credential == *credential,
            |queue| queue.close(reason),
        );
    }

    /// Closes the connections of a user.
    pub(crate) fn close_user(&self, user_id: UserId, reason: CloseReason) {
        self.end(Some(user_id), &reason.farewell());
    }

    /// Ends the connections of a user, or all.
    pub(crate) fn end(&self, user_id: Option<UserId>, farewell: &Farewell) {
        self.remove_where(
            |owner| user_id.is_none_or(|user_id| owner.user_id == user_id),
            |queue| queue.end(farewell.clone()),
        );
    }

    /// Queues a frame for a user, or for all, regardless of faults.
    pub(crate) fn send_as_is(&self, user_id: Option<UserId>, frame: &Frame) {
        let mut registry = self.lock();
        let mut wave = Wave::default();
        let overrun = registry.remove_where(|connected| {
            user_id.is_none_or(|user_id| connected.owner.user_id == user_id)
                && !connected.queue.push(frame, &mut wave)
        });
        for connected in overrun {
            connected.queue.close(CloseReason::SlowReader);
        }
        self.raise(registry, wave);
    }

    /// Whether a fault drops the next event for a connection.
    fn loses(&self, connected: &Connected) -> bool {
        self.faults.any() && self.faults.loses(connected.owner.user_id)
    }

    /// Closes all connections and rejects new ones.
    pub(crate) fn shut_down(&self) {
        self.lock().closed = true;
        self.remove_where(|_| true, |queue| queue.close(CloseReason::GoingAway));
    }

    /// Registers the metrics of the hub. Call [`refresh_metrics`](Self::refresh_metrics) before reading them.
    pub(crate) fn register_metrics(&self, registry: &mut prometheus_client::registry::Registry) {
        self.metrics.register(registry);
    }

    /// Updates the metrics that are not counted continuously.
    pub(crate) fn refresh_metrics(&self) {
        let connections = i64::try_from(self.connection_count()).unwrap_or(i64::MAX);
        self.metrics.connections.set(connections);
    }

    /// The number of connections.
    pub(crate) fn connection_count(&self) -> usize {
        self.lock().count
    }

    /// Removes and closes the connections whose owner meets a condition.
    fn remove_where(&self, condition: impl Fn(&Owner) -> bool, close: impl Fn(Sender)) {
        let removed = self.lock().remove_where(|connected| condition(&connected.owner));
        for connected in removed {
            close(connected.queue);
        }
    }

    /// Removes a connection that has ended.
    fn disconnect(&self, user_id: UserId, id: ConnectionId) {
        self.lock().remove(user_id, id);
    }

    fn lock(&self) -> MutexGuard<'_, Registry> {
        // No panic leaves the registry inconsistent.
        self.registry.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Registry {
    /// Until when the next wave has to wait, if at all.
    fn waits_until(&self, now: Instant) -> Option<Instant> {
        let (wave, until) = self.under_way.as_ref()?;
        (wave.strong_count() > 0 && now < *until).then_some(*until)
    }

    /// Begins a wave of that many connections. Each of them holds the result until it has taken its frames.
    fn begin_wave(&mut self, length: usize, gathering: &Arc<Notify>) -> Option<Arc<UnderWay>> {
        let wave = (length >= LARGE_WAVE).then(|| Arc::new(UnderWay::new(Arc::clone(gathering))))?;
        let lasts = PATIENCE.saturating_mul(u32::try_from(length).unwrap_or(u32::MAX));
        self.under_way = Some((Arc::downgrade(&wave), Instant::now() + lasts));
        Some(wave)
    }

    fn remove(&mut self, user_id: UserId, id: ConnectionId) -> Option<Connected> {
        let row = self.by_user.get_mut(&user_id)?;
        let place = row.iter().position(|connected| connected.id == id)?;
        let connected = row.swap_remove(place);
        if row.is_empty() {
            self.by_user.remove(&user_id);
        }
        self.count -= 1;
        Some(connected)
    }

    /// Removes the connections that meet a condition.
    fn remove_where(&mut self, mut condition: impl FnMut(&Connected) -> bool) -> Vec<Connected> {
        let mut removed = Vec::new();
        self.by_user.retain(|_, row| {
            removed.extend(row.extract_if(.., |connected| condition(connected)));
            !row.is_empty()
        });
        self.count -= removed.len();
        removed
    }
}

#[cfg(test)]
mod tests;
