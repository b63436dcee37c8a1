//! Starting and stopping a server.

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
/// It runs on the tokio runtime that started it. Dropping it frees the port and cuts all connections;
/// [`shutdown`](Self::shutdown) ends them gracefully.
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
    /// Starts a server. On return it accepts connections.
    ///
    /// # Errors
    /// Fails if the address cannot be listened on, the database cannot be opened, the folder of static files is
    /// missing, the certificate is unusable, or a limit is invalid.
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

    /// The address that it listens on, with the actual port.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The URL without a trailing slash: `http://127.0.0.1:7777`, or `https` with TLS.
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

    /// The certificate in PEM, if TLS is on. Pass a self-signed one to clients so that they trust it.
    #[must_use]
    pub fn certificate(&self) -> Option<&str> {
        self.identity.as_ref().map(Identity::certificate)
    }

    /// The number of event connections.
    #[must_use]
    pub fn connection_count(&self) -> usize {
        self.hub.connection_count()
    }

    /// Injects faults into its connections and requests, regardless of [`Config::faults`].
    #[must_use]
    pub fn faults(&self) -> Faults {
        self.faults.clone()
    }

    /// Shuts the server down like [`shutdown`](Self::shutdown), and starts it again with the same address and
    /// certificate. A database file is kept; a database in memory starts anew, and faults end.
    ///
    /// # Errors
    /// Fails if the server does not start, like [`start`](Self::start).
    pub async fn restart(self) -> Result<Self, ServerError> {
        let config = Config {
            listen: self.address,
            ..(*self.config).clone()
        };
        let identity = self.identity.clone();
        self.shutdown().await;
        Self::start_as(identity, config).await
    }

    /// Shuts the server down gracefully: rejects new connections, completes pending requests, sends queued events and
    /// closes event connections with code 1001. After `shutdown_timeout`, the rest is cut.
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

/// Rejects an invalid configuration before anything is opened.
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

/// Opens the store and builds the application without listening.
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
            // The system's clock may have been set back since then.
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

/// Opens the folder of attachments and removes what an earlier run left unfinished.
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
