//! What a server can be told when it starts.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use super::faults::ScheduledFault;
use super::limit::Rate;
use super::origin::AllowedOrigin;
use super::quirk::Quirks;
use super::tls::Tls;

/// How a server runs.
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
    /// Where to listen; port 0 takes any free one. Default: `127.0.0.1:0`.
    pub listen: SocketAddr,
    /// Whether and with which certificate the server speaks TLS. Default: `None`, plain HTTP and WebSockets.
    pub tls: Option<Tls>,
    /// The database file, created if it does not exist. Default: `None`, a database in memory that is gone with the
    /// server.
    pub database: Option<PathBuf>,
    /// How large the database may grow, in bytes, attachments not counted: then it is as if its disk were full. Default: `None`.
    pub max_database: Option<u64>,
    /// A folder of static files to serve at `/`. Default: `None`.
    pub www: Option<PathBuf>,
    /// Origins, in addition to the server's own, whose pages may use the API and the events with credentials. Default: none.
    pub allowed_origins: Vec<AllowedOrigin>,
    /// Whether pages of any loopback origin may, too (`http://localhost:5173`), if the server listens on a loopback address:
    /// development servers run there. Default: `true`.
    pub dev_origins: bool,
    /// Names under which the server may be asked, in addition to IP addresses, names without a dot, loopback names and those of the allowed
    /// origins. Under another name, which anybody can point at this machine, it answers nothing. Default: none.
    pub allowed_hosts: Vec<String>,
    /// Whether the session's cookie is marked `Secure`: set it if browsers reach the server through
    /// a proxy that adds TLS. With [`tls`](Self::tls) it always is. Default: `false`.
    pub secure_cookie: bool,
    /// How long a session lasts after its login. Default: 30 days.
    pub session_lifetime: Duration,
    /// How long a bearer token lasts after its issue. Default: 30 days.
    pub token_lifetime: Duration,
    /// How many sessions one user may have. One more ends the oldest. At least 1. Default: 1,000, which leaves room for tests
    /// under load.
    pub sessions_per_user: u32,
    /// What hashing a password costs. Default: [`PasswordCost::RECOMMENDED`].
    pub password_cost: PasswordCost,
    /// Whether `/reference/faults` lets users disturb connections and requests, their own and others'. Default:
    /// `false`.
    pub faults: bool,
    /// Faults that begin with the server or some time later, for everybody. Default: none.
    pub initial_faults: Vec<ScheduledFault>,
    /// Which readings of the API differ from the defaults. Default: none.
    pub quirks: Quirks,
    /// Limits of requests.
    pub http: HttpLimits,
    /// Limits of attempts to log in.
    pub logins: LoginLimits,
    /// Limits of the connections that events go to.
    pub events: EventLimits,
    /// How long [`Server::shutdown`](super::Server::shutdown) waits for requests and connections to end in order
    /// before it cuts them. Default: 5 s.
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

/// Limits of requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HttpLimits {
    /// The largest JSON body, in bytes; a larger one is answered with 413. Default: 1 MiB.
    pub max_body: usize,
    /// The largest upload, in bytes of all files in one request; a larger one is answered with 413. Default: 100 MiB.
    pub max_upload: u64,
    /// How long the head of a request may take to arrive, and so also how long a connection may wait for its next
    /// request; and how long a TLS handshake may take. Default: 30 s.
    pub head_timeout: Duration,
    /// How long the body of a request may make no progress; longer is answered with 408. Default: 30 s.
    pub body_timeout: Duration,
    /// How long a whole body may take, and how many bytes gain it one second more; longer is answered with 408. Default: 60 s
    /// and 16 KiB.
    pub body_time: Duration,
    /// See [`body_time`](Self::body_time).
    pub body_bytes_per_second: u32,
    /// How many connections one address may have, those of events among them. One more is closed as soon as it is
    /// accepted. Default: 16,384, which leaves room for tests under load.
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
    /// How much longer a body may take that has brought so many bytes.
    pub(super) fn time_for(&self, bytes: usize) -> Duration {
        Duration::from_secs_f64(bytes as f64 / f64::from(self.body_bytes_per_second.max(1)))
    }
}

/// How often a login may fail before the next attempt is answered with 429. Those that succeed are not counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoginLimits {
    /// For one user name from one address. Default: 10 times, and once more every 30 s.
    pub per_user: Rate,
    /// For one address, whatever the names. Default: 100 times, and once more every 3 s.
    pub per_address: Rate,
}

impl LoginLimits {
    /// Logins may fail as often as anybody likes.
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

/// Limits of the connections that events go to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventLimits {
    /// How many events may wait for one connection. One more, and the connection is closed with
    /// [`CloseReason::SlowReader`](super::CloseReason::SlowReader). At least 1. Default: 1,024.
    pub queue_events: usize,
    /// How many bytes of events may wait for one connection, with the same consequence. A single event that is larger
    /// still passes when nothing else waits. Default: 4 MiB.
    pub queue_bytes: usize,
    /// How long a write may make no progress, with the same consequence. Default: 15 s.
    pub write_timeout: Duration,
    /// How long a connection may be silent before the server sends a ping. Default: 20 s.
    pub ping_interval: Duration,
    /// How long the answer to a ping may take before the connection counts as lost. Default: 15 s.
    pub ping_timeout: Duration,
    /// How long a connection that is being closed is given to take what is on its way and to answer the close frame.
    /// Default: 5 s.
    pub close_timeout: Duration,
    /// The largest message that a client may send, in bytes. Messages from clients mean nothing and are dropped; a
    /// larger one closes the connection with code 1009. Default: 4 KiB.
    pub max_client_message: usize,
    /// How many messages a client may send, pings and pongs included. More close the connection with
    /// [`CloseReason::TooManyMessages`](super::CloseReason::TooManyMessages). Default: 100 at once, and 10 every second.
    pub client_messages: Rate,
    /// How many connections one user may have. A further upgrade is answered with 429. Default: 16,384, which leaves
    /// room for tests under load.
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

/// What hashing a password with Argon2id costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PasswordCost {
    /// Memory, in KiB. At least 8.
    pub memory_kib: u32,
    /// Passes over that memory. At least 1.
    pub passes: u32,
}

impl PasswordCost {
    /// What is recommended for passwords that matter: 19 MiB, two passes.
    pub const RECOMMENDED: Self = Self {
        memory_kib: 19 * 1024,
        passes: 2,
    };
    /// The least that the algorithm accepts: for tests, whose passwords protect nothing.
    pub const MINIMAL: Self = Self {
        memory_kib: 8,
        passes: 1,
    };
}
