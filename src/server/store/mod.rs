//! Persistent data in SQLite, in a file or in memory: users, sessions, rooms, messages.
//!
//! One thread owns the database and runs one job after the other. A job may continue after its commit, and the next one
//! begins only when it ends. This keeps events in commit order.

pub(crate) mod attachments;
pub(crate) mod avatars;
mod error;
pub(crate) mod figures;
mod file;
pub(crate) mod history;
pub(crate) mod listing;
pub(crate) mod messages;
mod metrics;
pub(crate) mod permissions;
pub(crate) mod rooms;
mod schema;
pub(crate) mod seed;
pub(crate) mod sessions;
mod space;
pub(crate) mod times;
pub(crate) mod users;
mod value;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use prometheus_client::registry::Registry;
use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

pub(crate) use error::Failure;
pub use error::StoreError;
use file::Lock;
use metrics::StoreMetrics;
use space::Space;

/// The maximum number of queued jobs. Beyond it, callers wait.
const QUEUE: usize = 1024;

/// How long to wait for another process's lock on the database at the start.
const BUSY_TIMEOUT_AT_START: Duration = Duration::from_secs(5);

/// How long to wait for it later. Short, as a waiting job delays all others.
const BUSY_TIMEOUT: Duration = Duration::from_millis(10);

/// The size of the cache of prepared statements: larger than their number.
const STATEMENTS: usize = 128;

type Job = Box<dyn FnOnce(&mut Database) + Send>;

/// The state that the thread owns.
struct Database {
    // Closed before the lock is released.
    connection: Connection,
    space: Space,
    _lock: Option<Lock>,
}

/// A handle to the database for all tasks. The thread ends with the last clone.
#[derive(Clone)]
pub(crate) struct Store {
    jobs: mpsc::Sender<Job>,
    metrics: StoreMetrics,
}

impl Store {
    /// Opens the file, or a database in memory, updates its schema and calls `prepare` to fill it. `max_bytes` limits
    /// its size.
    pub(crate) async fn open(
        database: Option<&Path>,
        max_bytes: Option<u64>,
        prepare: impl FnOnce(&mut Connection) -> Result<(), StoreError> + Send + 'static,
    ) -> Result<Self, StoreError> {
        let database = database.map(Path::to_owned);
        let (jobs, mut queue) = mpsc::channel::<Job>(QUEUE);
        let (answer, opened) = oneshot::channel();
        thread::Builder::new()
            .name("store".to_owned())
            .spawn(move || {
                let open = || {
                    let mut database = Database::open(database.as_deref(), max_bytes)?;
                    prepare(&mut database.connection)?;
                    database.connection.busy_timeout(BUSY_TIMEOUT)?;
                    // If this fails, the server still serves reads and deletions.
                    let _ = database.space.require(&database.connection);
                    Ok::<_, StoreError>(database)
                };
                let mut database = match open() {
                    Ok(database) => database,
                    Err(error) => {
                        // The start may have been abandoned.
                        let _ = answer.send(Err(error));
                        return;
                    }
                };
                if answer.send(Ok(())).is_err() {
                    return;
                }
                while let Some(job) = queue.blocking_recv() {
                    // A panic has dropped the job's transaction, which rolls back, and its answer channel, which
                    // notifies the caller. Other jobs are unaffected.
                    if catch_unwind(AssertUnwindSafe(|| job(&mut database))).is_err() {
                        tracing::error!("a job of the store panicked and was undone");
                    }
                }
            })
            .map_err(StoreError::Thread)?;
        opened.await.map_err(|_| StoreError::Stopped)??;
        Ok(Self {
            jobs,
            metrics: StoreMetrics::default(),
        })
    }

    /// Registers the metrics of the store.
    pub(crate) fn register_metrics(&self, registry: &mut Registry) {
        self.metrics.register(registry);
    }

    /// Runs a job that adds nothing, on the database's thread, after all earlier jobs. A queued job is completed even
    /// if its caller is gone.
    pub(crate) async fn run<T, E>(
        &self,
        job: impl FnOnce(&mut Connection) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.enqueue(|database| job(&mut database.connection)).await
    }

    /// Runs a job that adds data. It is rejected if only the space reserved for deletions is left.
    pub(crate) async fn run_growing<T, E>(
        &self,
        job: impl FnOnce(&mut Connection) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.enqueue(
            |Database {
                 connection, space, ..
             }| {
                space.require(connection)?;
                job(connection)
            },
        )
        .await
    }

    /// Runs a job that deletes, or adds next to nothing. If the disk is full, the reserved space is released and the
    /// job runs again.
    pub(crate) async fn run_shrinking<T, E>(
        &self,
        job: impl Fn(&mut Connection) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: Failure + Send + 'static,
    {
        self.enqueue(
            move |Database {
                      connection, space, ..
                  }| {
                let result = job(connection);
                match &result {
                    Err(error) if matches!(error.of_store(), Some(StoreError::Full)) => {
                        if space.release(connection) {
                            job(connection)
                        } else {
                            result
                        }
                    }
                    _ => result,
                }
            },
        )
        .await
    }

    async fn enqueue<T, E>(
        &self,
        job: impl FnOnce(&mut Database) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (answer, result) = oneshot::channel();
        let metrics = self.metrics.clone();
        let asked = Instant::now();
        let job: Job = Box::new(move |database| {
            let begin = Instant::now();
            metrics.wait.observe(begin.duration_since(asked).as_secs_f64());
            let outcome = job(database);
            metrics.job.observe(begin.elapsed().as_secs_f64());
            // The caller may be gone, for example when a client disconnects.
            let _ = answer.send(outcome);
        });
        self.jobs.send(job).await.map_err(|_| StoreError::Stopped)?;
        result.await.map_err(|_| StoreError::Stopped)?
    }
}

impl Database {
    fn open(database: Option<&Path>, max_bytes: Option<u64>) -> Result<Self, StoreError> {
        let lock = database.map(Lock::take).transpose()?;
        let connection = match (connect(database), database) {
            // The shared-memory file needs space, too. On a full disk, only the reserve provides it.
            (Err(StoreError::Full | StoreError::Sql(_)), Some(path)) if space::release_for_start(path) => {
                connect(database)
            }
            (connected, _) => connected,
        }?;
        Ok(Self {
            space: Space::new(&connection, database, max_bytes)?,
            connection,
            _lock: lock,
        })
    }
}

fn connect(database: Option<&Path>) -> Result<Connection, StoreError> {
    let mut connection = match database {
        Some(path) => Connection::open(path)?,
        None => Connection::open_in_memory()?,
    };
    connection.busy_timeout(BUSY_TIMEOUT_AT_START)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection.pragma_update(None, "foreign_keys", true)?;
    // In memory the answer is "memory", as there is no log.
    connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    // With a write-ahead log, commits survive a crash of the process. A power cut may lose the last ones.
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    schema::migrate(&mut connection)?;
    Ok(connection)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_job_that_panics_takes_nothing_with_it() {
        let store = Store::open(None, None, |_| Ok(())).await.expect("opens");
        let panicked = store
            .run(|connection| -> Result<(), StoreError> {
                let transaction = connection.transaction()?;
                transaction.execute(
                    "INSERT INTO users (user_name, display_name, is_admin, status, password_hash, created_utc, \
                     last_modified_utc) VALUES ('a', 'a', 0, 'Active', '', 0, 0)",
                    (),
                )?;
                panic!("on purpose");
            })
            .await;
        assert!(matches!(panicked, Err(StoreError::Stopped)));
        let users = store
            .run(|connection| users::all(connection).map_err(StoreError::from))
            .await
            .expect("the store still works");
        assert_eq!(users, []);
    }
}
