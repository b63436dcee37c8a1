//! The configuration of a server.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use super::faults::ScheduledFault;
use super::limit::Rate;
use super::origin::AllowedOrigin;
use super::quirk::Quirks;
use super::tls::Tls;

/// The configuration of a server.
///
/// The defaults suit a test: any free port of the loopback address, and a database in memory.
///
/// ```
/// use room_events::server::{Config, PasswordCost};
///
/// let config = Config { password_cost: PasswordCost::MINIMAL, ..Config::default() };
/// assert!(config.listen.ip().is_loopback());
/// ```
#[derive(Clone, Debug)]
pub struct Config {
    /// The address to listen on; port 0 takes any free port. Default: `127.0.0.1:0`.
    pub listen: SocketAddr,
    /// The TLS certificate. Default: `None`, plain HTTP and WebSockets.
    pub tls: Option<Tls>,
    /// The database file, created if it does not exist. Default: `None`, a database in memory that is lost with the
    /// server.
    pub database: Option<PathBuf>,
    /// The maximum size of the database in bytes, without attachments. Beyond it, the database behaves as on a full
    /// disk. Default: `None`.
    pub max_database: Option<u64>,
    /// A folder of static files to serve at `/`. Default: `None`.
    pub www: Option<PathBuf>,
    /// Origins whose pages may use the API and the events with credentials, in addition to the server's own. Default:
    /// none.
    pub allowed_origins: Vec<AllowedOrigin>,
    /// Whether pages of all loopback origins (`http://localhost:5173`) may do so, too, if the server listens on a
    /// loopback address. Development servers use such origins. Default: `true`.
    pub dev_origins: bool,
    /// Host names of the server, in addition to IP addresses, names without a dot, loopback names and the hosts of the
    /// allowed origins. Requests for other names, which anyone can point at this machine, are rejected. Default: none.
    pub allowed_hosts: Vec<String>,
    /// Whether the session cookie is marked `Secure`. Set it if browsers reach the server through a proxy that adds
    /// TLS. Always on with [`tls`](Self::tls). Default: `false`.
    pub secure_cookie: bool,
    /// The lifetime of a session after its login. Default: 30 days.
    pub session_lifetime: Duration,
    /// The lifetime of a bearer token after its issue. Default: 30 days.
    pub token_lifetime: Duration,
    /// The maximum number of sessions per user, at least 1. A further login ends the oldest one. Default: 1,000, which
    /// leaves room for load tests.
    pub sessions_per_user: u32,
    /// The cost of hashing a password. Default: [`PasswordCost::RECOMMENDED`].
    pub password_cost: PasswordCost,
    /// Whether users may inject faults, for themselves and others, through `/reference/faults`. Default: `false`.
    pub faults: bool,
    /// Faults for all users, which begin when the server starts or later. Default: none.
    pub initial_faults: Vec<ScheduledFault>,
    /// The deviations from the default reading of the API. Default: none.
    pub quirks: Quirks,
    /// The limits of requests.
    pub http: HttpLimits,
    /// The limits of failed logins.
    pub logins: LoginLimits,
    /// The limits of event connections.
    pub events: EventLimits,
    /// How long [`Server::shutdown`](super::Server::shutdown) waits for requests and connections to finish before it
    /// cuts them. Default: 5 s.
    pub shutdown_timeout: Duration,
}

impl Default for Config {
    fn default() -> Self {
        const MONTH: Duration = Duration::from_secs(30 * 24 * 60 * 60);
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            tls: None,
            database: None,
            max_database: None,
            www: None,
            allowed_origins: Vec::new(),
            dev_origins: true,
            allowed_hosts: Vec::new(),
            secure_cookie: false,
            session_lifetime: MONTH,
            token_lifetime: MONTH,
            sessions_per_user: 1000,
            password_cost: PasswordCost::RECOMMENDED,
            faults: false,
            initial_faults: Vec::new(),
            quirks: Quirks::default(),
            http: HttpLimits::default(),
            logins: LoginLimits::default(),
            events: EventLimits::default(),
            shutdown_timeout: Duration::from_secs(5),
        }
    }
}

/// The limits of requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HttpLimits {
    /// The maximum size of a JSON body, in bytes. Beyond it, the response is 413. Default: 1 MiB.
    pub max_body: usize,
    /// The maximum size of an upload, in bytes of all files in a request. Beyond it, the response is 413. Default: 100
    /// MiB.
    pub max_upload: u64,
    /// The timeout for the head of a request, and so also for an idle connection; and for a TLS handshake. Default: 30
    /// s.
    pub head_timeout: Duration,
    /// The timeout for progress in a request body. Beyond it, the response is 408. Default: 30 s.
    pub body_timeout: Duration,
    /// The time limit for a whole request body, and the number of bytes that extend it by one second. Beyond it, the
    /// response is 408. Default: 60 s and 16 KiB.
    pub body_time: Duration,
    /// See [`body_time`](Self::body_time).
    pub body_bytes_per_second: u32,
    /// The maximum number of connections per address, including event connections. Further ones are closed once
    /// accepted. Default: 16,384, which leaves room for load tests.
    pub connections_per_address: usize,
}

impl Default for HttpLimits {
    fn default() -> Self {
        Self {
            max_body: 1 << 20,
            max_upload: 100 << 20,
            head_timeout: Duration::from_secs(30),
            body_timeout: Duration::from_secs(30),
            body_time: Duration::from_secs(60),
            body_bytes_per_second: 16 << 10,
            connections_per_address: 16 << 10,
        }
    }
}

impl HttpLimits {
    /// The additional time for a body that has delivered that many bytes.
    pub(super) fn time_for(&self, bytes: usize) -> Duration {
        Duration::from_secs_f64(bytes as f64 / f64::from(self.body_bytes_per_second.max(1)))
    }
}

/// The limits of failed logins. Beyond them, further attempts get 429. Successful logins are not counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoginLimits {
    /// Per user name and address. Default: 10, and one more every 30 s.
    pub per_user: Rate,
    /// Per address, for all names. Default: 100, and one more every 3 s.
    pub per_address: Rate,
}

impl LoginLimits {
    /// No limits.
    pub const UNLIMITED: Self = Self {
        per_user: Rate::UNLIMITED,
        per_address: Rate::UNLIMITED,
    };
}

impl Default for LoginLimits {
    fn default() -> Self {
        Self {
            per_user: Rate {
                burst: 10,
                every: Duration::from_secs(30),
            },
            per_address: Rate {
                burst: 100,
                every: Duration::from_secs(3),
            },
        }
    }
}

/// The limits of event connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventLimits {
    /// The maximum number of queued events per connection, at least 1. Beyond it, the connection is closed with
    /// [`CloseReason::SlowReader`](super::CloseReason::SlowReader). Default: 1,024.
    pub queue_events: usize,
    /// The maximum number of queued bytes per connection, with the same consequence. A single larger event passes if
    /// the queue is empty. Default: 4 MiB.
    pub queue_bytes: usize,
    /// The timeout for progress in a write, with the same consequence. Default: 15 s.
    pub write_timeout: Duration,
    /// How long a client may be silent before the server sends a ping. Default: 20 s.
    pub ping_interval: Duration,
    /// How long a client may be silent after a ping before the connection is closed. Default: 15 s.
    pub ping_timeout: Duration,
    /// The timeout for closing a connection: for pending output and the client's close frame. Default: 5 s.
    pub close_timeout: Duration,
    /// The maximum size of a client's message, in bytes. Messages from clients are ignored; a larger one closes the
    /// connection with code 1009. Default: 4 KiB.
    pub max_client_message: usize,
    /// The maximum rate of a client's messages, including pings and pongs. Beyond it, the connection is closed with
    /// [`CloseReason::TooManyMessages`](super::CloseReason::TooManyMessages). Default: 100 at once, and 10 every
    /// second.
    pub client_messages: Rate,
    /// The maximum number of connections per user. Beyond it, an upgrade gets 429. Default: 16,384, which leaves room
    /// for load tests.
    pub connections_per_user: usize,
}

impl Default for EventLimits {
    fn default() -> Self {
        Self {
            queue_events: 1024,
            queue_bytes: 4 << 20,
            write_timeout: Duration::from_secs(15),
            ping_interval: Duration::from_secs(20),
            ping_timeout: Duration::from_secs(15),
            close_timeout: Duration::from_secs(5),
            max_client_message: 4 << 10,
            client_messages: Rate {
                burst: 100,
                every: Duration::from_millis(100),
            },
            connections_per_user: 16 << 10,
        }
    }
}

/// The cost of hashing a password with Argon2id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PasswordCost {
    /// The memory in KiB, at least 8.
    pub memory_kib: u32,
    /// The number of passes over the memory, at least 1.
    pub passes: u32,
}

impl PasswordCost {
    /// The recommended cost for real passwords: 19 MiB, two passes.
    pub const RECOMMENDED: Self = Self {
        memory_kib: 19 * 1024,
        passes: 2,
    };
    /// The minimum cost that the algorithm accepts, for tests.
    pub const MINIMAL: Self = Self {
        memory_kib: 8,
        passes: 1,
    };
}
