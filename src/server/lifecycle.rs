//! Starting and stopping.

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::time;

use super::chat::Chat;
use super::clock::Clock;
use super::config::Config;
use super::error::ServerError;
use super::faults::Faults;
use super::files::Files;
use super::http::{self, App, Listening};
use super::hub::{Hub, QueueLimits};
use super::limit::LoginLimiter;
use super::session::{Lifetimes, Passwords, Sessions};
use super::store::{Store, StoreError, attachments, seed, times};
use super::tasks::Tasks;
use super::tls::Identity;

/// A running server.
///
/// It runs on the tokio runtime that it was started on, and stops when it is dropped: its port is given up and every
/// connection is cut. [`shutdown`](Self::shutdown) ends it in order.
#[must_use = "a server stops when it is dropped"]
pub struct Server {
    address: SocketAddr,
    hub: Hub,
    tasks: Tasks,
    faults: Faults,
    config: Arc<Config>,
    identity: Option<Identity>,
}

impl Server {
    /// Starts a server. When this returns, it accepts connections.
    ///
    /// # Errors
    /// Where the address cannot be listened on, the database cannot be opened, the folder of static files is missing,
    /// there is something wrong with the certificate, or a limit makes no sense.
    pub async fn start(config: Config) -> Result<Self, ServerError> {
        let identity = config
            .tls
            .as_ref()
            .map(|tls| Identity::load(tls, config.listen))
            .transpose()
            .map_err(ServerError::Tls)?;
        Self::start_as(identity, config).await
    }

    async fn start_as(identity: Option<Identity>, config: Config) -> Result<Self, ServerError> {
        let passwords = check(&config)?;
        let listen = |source| ServerError::Listen {
            address: config.listen,
            source,
        };
        let listener = TcpListener::bind(config.listen).await.map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;

        let config = Config {
            listen: address,
            ..config
        };
        let app = assemble(config, passwords, Clock::default().into()).await?;
        let server = Self {
            address,
            hub: app.hub.clone(),
            tasks: app.tasks.clone(),
            faults: app.faults.clone(),
            config: Arc::clone(&app.config),
            identity,
        };
        let tls = server.identity.as_ref().map(Identity::acceptor);
        let (hub, tasks) = (app.hub.clone(), server.tasks.clone());
        server.tasks.spawn(async move {
            tokio::select! {
                () = hub.raise_waves() => {}
                () = tasks.stopping() => {}
            }
        });
        server.tasks.spawn(http::serve(Listening { listener, tls }, app));
        for scheduled in &server.config.initial_faults {
            let (tasks, run) = (server.tasks.clone(), scheduled.clone().run(server.faults()));
            server.tasks.spawn(async move {
                tokio::select! {
                    () = run => {}
                    () = tasks.stopping() => {}
                }
            });
        }
        tracing::info!(%address, "listening");
        Ok(server)
    }

    /// Where it listens, with the port that it got where the configuration left it open.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its URL, without a slash at the end: `http://127.0.0.1:7777`, or `https` with TLS.
    #[must_use]
    pub fn url(&self) -> String {
        let scheme = if self.identity.is_some() { "https" } else { "http" };
        format!("{scheme}://{}", self.address)
    }

    /// The URL of the events: `ws://127.0.0.1:7777/api/v1/events`, or `wss` with TLS.
    #[must_use]
    pub fn events_url(&self) -> String {
        let scheme = if self.identity.is_some() { "wss" } else { "ws" };
        format!("{scheme}://{}/api/v1/events", self.address)
    }

    /// The certificate that it shows, in PEM, where it speaks TLS. A client that is to trust a self-signed one is given
    /// this.
    #[must_use]
    pub fn certificate(&self) -> Option<&str> {
        self.identity.as_ref().map(Identity::certificate)
    }

    /// How many connections events go to.
    #[must_use]
    pub fn connection_count(&self) -> usize {
        self.hub.connection_count()
    }

    /// What disturbs its connections and requests, whether [`Config::faults`] is set or not.
    #[must_use]
    pub fn faults(&self) -> Faults {
        self.faults.clone()
    }

    /// Ends the server in order, like [`shutdown`](Self::shutdown), and starts it again at the same address, with the
    /// same certificate. What is in a database file is there again; a database in memory begins anew, and faults end.
    ///
    /// # Errors
    /// Where it does not start, like [`start`](Self::start).
    pub async fn restart(self) -> Result<Self, ServerError> {
        let config = Config {
            listen: self.address,
            ..(*self.config).clone()
        };
        let identity = self.identity.clone();
        self.shutdown().await;
        Self::start_as(identity, config).await
    }

    /// Ends the server in order: takes nothing new, answers what was asked, sends the events that wait and closes
    /// their connections with code 1001. What is not done within `shutdown_timeout` is cut.
    pub async fn shutdown(self) {
        self.tasks.stop();
        self.hub.shut_down();
        if time::timeout(self.config.shutdown_timeout, self.tasks.ended())
            .await
            .is_err()
        {
            tracing::warn!("connections did not end in time and are cut");
            self.tasks.abort();
            self.tasks.ended().await;
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.tasks.abort();
    }
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

/// Refuses a configuration that makes no sense, before anything is opened.
pub(super) fn check(config: &Config) -> Result<Passwords, ServerError> {
    let passwords = Passwords::new(config.password_cost).ok_or(ServerError::Config(
        "password_cost needs at least 8 KiB of memory and one pass",
    ))?;
    if config.events.queue_events == 0 {
        return Err(ServerError::Config("events.queue_events is at least 1"));
    }
    if config.sessions_per_user == 0 {
        return Err(ServerError::Config("sessions_per_user is at least 1"));
    }
    for (rate, message) in [
        (
            config.events.client_messages,
            "events.client_messages.burst is at least 1",
        ),
        (config.logins.per_user, "logins.per_user.burst is at least 1"),
        (
            config.logins.per_address,
            "logins.per_address.burst is at least 1",
        ),
    ] {
        if rate.burst == 0 {
            return Err(ServerError::Config(message));
        }
    }
    if let Some(folder) = &config.www {
        require_folder(folder)?;
    }
    Ok(passwords)
}

/// Opens the store and puts together what answers requests; nothing listens yet.
pub(super) async fn assemble(
    config: Config,
    passwords: Passwords,
    clock: Arc<Clock>,
) -> Result<App, ServerError> {
    let store = open_store(&config, &clock, passwords.clone()).await?;
    let files = open_files(&config, &store).await?;
    let hub = Hub::new(QueueLimits {
        frames: config.events.queue_events,
        bytes: config.events.queue_bytes,
    })
    .with_connections_per_user(config.events.connections_per_user);
    let lifetimes = Lifetimes {
        session: millis(config.session_lifetime),
        token: millis(config.token_lifetime),
        sessions_per_user: config.sessions_per_user,
    };
    let config = Arc::new(config);
    let sessions = Sessions::new(
        store.clone(),
        hub.clone(),
        Arc::clone(&clock),
        passwords,
        lifetimes,
        LoginLimiter::new(config.logins),
        config.quirks,
    );
    let faults = Faults::new(hub.clone(), sessions.clone());
    faults
        .at_start(&config.initial_faults)
        .map_err(ServerError::Fault)?;
    Ok(App {
        started_utc: clock.now(),
        chat: Chat::new(store, hub.clone(), clock, files.clone(), config.quirks),
        files,
        sessions,
        hub,
        tasks: Tasks::default(),
        faults,
        config,
    })
}

async fn open_store(config: &Config, clock: &Arc<Clock>, passwords: Passwords) -> Result<Store, ServerError> {
    let clock = Arc::clone(clock);
    let quirks = config.quirks;
    Store::open(
        config.database.as_deref(),
        config.max_database,
        move |connection| {
            // The clock of the machine may have been set back since.
            clock.set(times::latest(connection)?);
            seed::demo(connection, clock.now(), quirks, |password| {
                passwords.hash(password)
            })
        },
    )
    .await
    .map_err(|source| ServerError::Database {
        path: config.database.clone(),
        source,
    })
}

/// Opens the folder of attachments and clears what an earlier run left unfinished.
async fn open_files(config: &Config, store: &Store) -> Result<Files, ServerError> {
    let files = Files::open(config.database.as_deref(), config.quirks).map_err(ServerError::Files)?;
    let names = store
        .run(|connection| attachments::stored_names(connection).map_err(StoreError::from))
        .await
        .map_err(|source| ServerError::Database {
            path: config.database.clone(),
            source,
        })?;
    files.retain(names).map_err(ServerError::Files)?;
    Ok(files)
}

fn require_folder(folder: &Path) -> Result<(), ServerError> {
    let error = |source| ServerError::Www {
        path: folder.to_owned(),
        source,
    };
    if folder.metadata().map_err(error)?.is_dir() {
        Ok(())
    } else {
        Err(error(io::Error::from(io::ErrorKind::NotADirectory)))
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
