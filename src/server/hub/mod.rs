//! Who is connected, and how events get to them.
//!
//! The hub is told by each change who may see it. It hands the same bytes to all who get the same, and never waits for
//! anybody: each connection has a bounded queue, and one whose queue is full is closed.

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

/// Tells connections apart. No number is used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ConnectionId(u64);

/// Who gets a frame.
#[derive(Clone, Debug)]
pub(crate) enum Audience {
    /// Every connection.
    Everyone,
    /// The connections of these users.
    Users(Arc<[UserId]>),
}

/// A frame and who gets it.
#[derive(Clone, Debug)]
pub(crate) struct Delivery {
    pub(crate) audience: Audience,
    pub(crate) frame: Frame,
}

/// For whom a connection stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Owner {
    pub(crate) user_id: UserId,
    /// The session or token that it came with, and ends with.
    pub(crate) credential: Digest,
}

/// Why a connection was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum HubError {
    /// The server is shutting down.
    #[error("The server is shutting down.")]
    Closed,
    /// The user has as many connections as one may have.
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

/// A wave that wakes fewer connections than this is over as soon as it has begun.
const LARGE_WAVE: usize = 100;

/// How long a large wave may keep the next one waiting, for each of its connections: more than it takes to write to one.
/// A fault can hold up a connection for longer.
const PATIENCE: Duration = Duration::from_micros(25);

struct Connected {
    id: ConnectionId,
    owner: Owner,
    queue: Sender,
}

#[derive(Default)]
struct Registry {
    /// By user, since that is how audiences are named: an event goes along whole rows of connections.
    by_user: HashMap<UserId, Vec<Connected>>,
    count: usize,
    next_id: u64,
    closed: bool,
    /// Those who wait for the next wave.
    gathered: Wave,
    /// The latest large wave, and until when the next one waits for it.
    under_way: Option<(Weak<UnderWay>, Instant)>,
}

/// All connections. Clones are the same hub.
#[derive(Clone)]
pub(crate) struct Hub {
    registry: Arc<Mutex<Registry>>,
    limits: QueueLimits,
    /// How many connections one user may have.
    per_user: usize,
    faults: Arc<Active>,
    metrics: HubMetrics,
    /// Told that a wave waits, and that a large one is over.
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

    /// The same, where one user may have so many connections.
    pub(crate) fn with_connections_per_user(self, per_user: usize) -> Self {
        Self { per_user, ..self }
    }

    /// The faults that last.
    pub(crate) fn faults(&self) -> Arc<Active> {
        Arc::clone(&self.faults)
    }

    /// Takes a connection. It gets all that is published from here on.
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

    /// The users who have a connection.
    pub(crate) fn connected_users(&self) -> Vec<UserId> {
        self.lock().by_user.keys().copied().collect()
    }

    /// Puts frames into the queues of those who get them, in this order.
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
            // At once: what comes next must not follow a gap.
            for (user_id, id) in overrun.drain(..) {
                if let Some(connected) = registry.remove(user_id, id) {
                    connected.queue.close(CloseReason::SlowReader);
                }
            }
        }
        self.raise(registry, wave);
    }

    /// Wakes connections that have something to write, at once or a little later: while those of a large wave are still
    /// at it, what is published gathers, and then goes out with one write instead of several.
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

    /// Raises the waves that had to wait. To be run for as long as the hub is used.
    pub(crate) async fn raise_waves(self) {
        loop {
            self.gathering.notified().await;
            while let Some(until) = self.raise_gathered() {
                // It is over, or has had its time.
                let _ = time::timeout_at(until.into(), self.gathering.notified()).await;
            }
        }
    }

    /// Raises the wave that has gathered, unless it has to wait: until then.
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

    /// Closes the connections that came with this session or token.
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

    /// Puts a frame into the queues of a user, or of all, whatever faults there are.
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

    /// Whether a fault leaves out the next event for a connection.
    fn loses(&self, connected: &Connected) -> bool {
        self.faults.any() && self.faults.loses(connected.owner.user_id)
    }

    /// Closes every connection and takes no more.
    pub(crate) fn shut_down(&self) {
        self.lock().closed = true;
        self.remove_where(|_| true, |queue| queue.close(CloseReason::GoingAway));
    }

    /// Lets the metrics of the hub be read. [`refresh_metrics`](Self::refresh_metrics) first.
    pub(crate) fn register_metrics(&self, registry: &mut prometheus_client::registry::Registry) {
        self.metrics.register(registry);
    }

    /// Brings those metrics up to date that are not counted all the time.
    pub(crate) fn refresh_metrics(&self) {
        let connections = i64::try_from(self.connection_count()).unwrap_or(i64::MAX);
        self.metrics.connections.set(connections);
    }

    /// How many connections there are.
    pub(crate) fn connection_count(&self) -> usize {
        self.lock().count
    }

    /// Lets go of the connections whose owner meets the condition.
    fn remove_where(&self, condition: impl Fn(&Owner) -> bool, close: impl Fn(Sender)) {
        let removed = self.lock().remove_where(|connected| condition(&connected.owner));
        for connected in removed {
            close(connected.queue);
        }
    }

    /// Forgets a connection that is over.
    fn disconnect(&self, user_id: UserId, id: ConnectionId) {
        self.lock().remove(user_id, id);
    }

    fn lock(&self) -> MutexGuard<'_, Registry> {
        // Nothing in here panics half-way through a change of the registry.
        self.registry.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Registry {
    /// Until when the next wave waits, if it has to.
    fn waits_until(&self, now: Instant) -> Option<Instant> {
        let (wave, until) = self.under_way.as_ref()?;
        (wave.strong_count() > 0 && now < *until).then_some(*until)
    }

    /// Notes a wave that wakes so many connections. What is returned is to live until each of them has taken what waits
    /// for it.
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

    /// Takes out the connections that meet the condition.
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
