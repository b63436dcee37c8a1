//! Everything that outlives a request: users, sessions, rooms, messages. SQLite, in a file or in memory.
//!
//! One thread owns the database and runs one job after the other. Whatever a job does after its transaction was
//! committed, it does before the next one begins: that is what puts events into the order of the changes that they
//! tell of.

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

/// How many jobs may wait before those who bring more have to wait as well.
const QUEUE: usize = 1024;

/// How long another process may hold the database's lock when the server starts.
const BUSY_TIMEOUT_AT_START: Duration = Duration::from_secs(5);

/// The same while the server runs. Short, because one job that waits for the lock delays all others.
const BUSY_TIMEOUT: Duration = Duration::from_millis(10);

/// How many prepared statements are kept: more than there are.
const STATEMENTS: usize = 128;

type Job = Box<dyn FnOnce(&mut Database) + Send>;

/// What the thread owns.
struct Database {
    // Closed before others may open the file.
    connection: Connection,
    space: Space,
    _lock: Option<Lock>,
}

/// The database, from any task. The thread ends when the last clone is gone.
#[derive(Clone)]
pub(crate) struct Store {
    jobs: mpsc::Sender<Job>,
    metrics: StoreMetrics,
}

impl Store {
    /// Opens the file, or a database in memory, brings its schema up to date and then lets `prepare` fill it. It grows
    /// to `max_bytes`, if they are given.
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
                    // Where it fails, the server runs on for those who read and delete.
                    let _ = database.space.require(&database.connection);
                    Ok::<_, StoreError>(database)
                };
                let mut database = match open() {
                    Ok(database) => database,
                    Err(error) => {
                        // Nobody is left to be told if the start was given up.
                        let _ = answer.send(Err(error));
                        return;
                    }
                };
                if answer.send(Ok(())).is_err() {
                    return;
                }
                while let Some(job) = queue.blocking_recv() {
                    // A job that panics has dropped its transaction, which undid it, and its answer, which tells who
                    // waits for it. The others have nothing to do with it.
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

    /// Lets the metrics of the store be read.
    pub(crate) fn register_metrics(&self, registry: &mut Registry) {
        self.metrics.register(registry);
    }

    /// Runs a job that adds nothing on the database's thread, after all that were brought before. Once it is in the
    /// queue it runs to its end, also if nobody waits for it any more.
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

    /// The same for a job that adds something. It is refused while there is only the room left that others need to
    /// delete.
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

    /// The same for a job that deletes, or adds next to nothing. On a full disk it takes the room that is kept for it:
    /// then it runs a second time.
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
            // Whoever asked may be gone, as when a client hung up.
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
            // What is shared between processes needs room, too, and a disk that is full has none but this.
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
    // In memory the answer is "memory": there is no log to write ahead.
    connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    // With a write-ahead log a commit is safe from a crash of the process; a power cut may cost the last ones.
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
