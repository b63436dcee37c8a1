//! What users can do, who may do it, and which events it makes.

mod access;
mod attachments;
mod avatars;
mod change;
mod draft;
mod error;
mod members;
mod messages;
mod permissions;
mod rooms;
mod users;

use std::sync::{Arc, Mutex, PoisonError};

use prometheus_client::registry::Registry;
use rusqlite::{Connection, TransactionBehavior};

use change::Change;
pub(crate) use draft::{Draft, IssueDraft};
pub(crate) use error::ChatError;
pub(crate) use members::Member;
pub(crate) use rooms::{NewRoom, RoomChanges};

use super::clock::Clock;
use super::files::Files;
use super::hub::Hub;
use super::quirk::Quirks;
use super::session::Identity;
use super::store::figures::{self, Figures};
use super::store::history::History;
use super::store::{Store, StoreError};

/// The rooms and what is said in them. Clones are the same.
#[derive(Clone)]
pub(crate) struct Chat {
    store: Store,
    hub: Hub,
    clock: Arc<Clock>,
    files: Files,
    quirks: Quirks,
    /// Locked in jobs of the store alone, which run one at a time.
    history: Arc<Mutex<History>>,
}

impl Chat {
    pub(crate) fn new(store: Store, hub: Hub, clock: Arc<Clock>, files: Files, quirks: Quirks) -> Self {
        Self {
            store,
            hub,
            clock,
            files,
            quirks,
            history: Arc::default(),
        }
    }

    /// Lets the metrics of the store be read.
    pub(crate) fn register_metrics(&self, registry: &mut Registry) {
        self.store.register_metrics(registry);
    }

    /// How much of everything there is.
    pub(crate) async fn figures(&self) -> Result<Figures, ChatError> {
        self.read(|connection| Ok(figures::count(connection)?)).await
    }

    /// Looks something up.
    async fn read<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Connection) -> Result<T, ChatError> + Send + 'static,
    ) -> Result<T, ChatError> {
        self.store.run(|connection| job(connection)).await
    }

    /// Looks something up that a fault may let lag.
    async fn read_lagging<T: Send + 'static>(
        &self,
        identity: Identity,
        job: impl FnOnce(&Connection) -> Result<T, ChatError> + Send + 'static,
    ) -> Result<T, ChatError> {
        let Some(lag) = self.hub.faults().rest_lag(identity.user_id) else {
            return self.read(job).await;
        };
        let (clock, history) = (Arc::clone(&self.clock), Arc::clone(&self.history));
        self.read(move |connection| {
            let mut history = history.lock().unwrap_or_else(PoisonError::into_inner);
            job(history.at(connection, lag, clock.now()))
        })
        .await
    }

    /// Changes something and tells those who may see it.
    ///
    /// The store runs one job at a time, and this one publishes before it ends: events come in the order in which
    /// their changes were committed, in every queue. Connections join the hub in jobs of the store too, so each gets
    /// exactly the events of the changes that were committed after it joined.
    async fn change<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Change<'_>) -> Result<T, ChatError> + Send + 'static,
    ) -> Result<T, ChatError> {
        let chat = self.clone();
        self.store
            .run_growing(move |connection| chat.carry_out(connection, job))
            .await
    }

    /// Deletes something and tells those who might see it: a change for which a full disk has room.
    async fn remove<T: Send + 'static>(
        &self,
        job: impl Fn(&mut Change<'_>) -> Result<T, ChatError> + Send + 'static,
    ) -> Result<T, ChatError> {
        let chat = self.clone();
        self.store
            .run_shrinking(move |connection| chat.carry_out(connection, &job))
            .await
    }

    fn carry_out<T>(
        &self,
        connection: &mut Connection,
        job: impl FnOnce(&mut Change<'_>) -> Result<T, ChatError>,
    ) -> Result<T, ChatError> {
        let Self {
            hub,
            clock,
            history,
            quirks,
            ..
        } = self;
        let now = clock.now();
        let mut history = history.lock().unwrap_or_else(PoisonError::into_inner);
        history
            .before_change(connection, hub.faults().lagging(), now)
            .map_err(StoreError::from)?;
        let transaction = connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(StoreError::from)?;
        let mut change = Change::new(&transaction, hub.connected_users(), now, *quirks);
        let result = job(&mut change)?;
        let deliveries = change.finish()?;
        transaction.commit().map_err(StoreError::from)?;
        history.changed(now);
        hub.publish(&deliveries);
        Ok(result)
    }
}
