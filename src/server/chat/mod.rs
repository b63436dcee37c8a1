//! The operations of users, their access rules, and the events that they cause.

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

/// The rooms and their content. Clones share it.
#[derive(Clone)]
pub(crate) struct Chat {
    store: Store,
    hub: Hub,
    clock: Arc<Clock>,
    files: Files,
    quirks: Quirks,
    /// Locked only in jobs of the store, which run one at a time.
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

    /// Registers the metrics of the store.
    pub(crate) fn register_metrics(&self, registry: &mut Registry) {
        self.store.register_metrics(registry);
    }

    /// The numbers of users, rooms, messages and attachments.
    pub(crate) async fn figures(&self) -> Result<Figures, ChatError> {
        self.read(|connection| Ok(figures::count(connection)?)).await
    }

    /// Runs a read.
    async fn read<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Connection) -> Result<T, ChatError> + Send + 'static,
    ) -> Result<T, ChatError> {
        self.store.run(|connection| job(connection)).await
    }

    /// Runs a read that the fault `restLag` may answer from an earlier state.
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

    /// Changes the store and publishes the events.
    ///
    /// The store runs one job at a time, and this job publishes before it ends. So events are in commit order in every
    /// queue. Connections also join the hub in jobs of the store, so each one gets exactly the events of the changes
    /// that are committed after it joined.
    async fn change<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Change<'_>) -> Result<T, ChatError> + Send + 'static,
    ) -> Result<T, ChatError> {
        let chat = self.clone();
        self.store
            .run_growing(move |connection| chat.carry_out(connection, job))
            .await
    }

    /// Deletes something and publishes the events, using reserved space on a full disk.
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
