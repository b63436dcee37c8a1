//! The reference server as a program.

use std::io::{self, IsTerminal, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{ArgAction, Args, Parser, Subcommand};
use room_events::server::load::{Account, Load, LoadError, Mix};
use room_events::server::{
    AllowedOrigin, Config, EventLimits, HttpLimits, LoginLimits, Quirk, ScheduledFault, Server, ServerError,
    Tls,
};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::ParseError;

const EXAMPLES: &str = "\
Examples:
  reference-server
          Keep the data in memory, at http://127.0.0.1:7777
  reference-server --database rooms.db --www dist
          Keep the data in rooms.db, and serve the pages in dist
  reference-server --tls --tls-cert-out server.pem
          Serve https://127.0.0.1:7777 with a new certificate, and write it to server.pem for clients
  reference-server --listen 0.0.0.0:7777 --allow-host chat.test --allow-origin http://chat.test:5173
          Serve other machines under a host name, and allow pages of a development server
  reference-server load --rooms 10 --rate 50
          Send activity to the server at http://127.0.0.1:7777

Try it:
  curl -c jar -H 'Content-Type: application/json' -d '{\"userName\":\"bob\",\"password\":\"bob\"}' \\
       http://127.0.0.1:7777/api/v1/login
  curl -b jar http://127.0.0.1:7777/api/v1/rooms

Descriptions:
  /api/v1/openapi.json   the REST API (OpenAPI 3.1)
  /api/v1/asyncapi.json  the events (AsyncAPI 3)
  /metrics               figures for Prometheus
  docs/reference-server.md tells the rest.";

/// A chat server to develop against: rooms, messages and the stream of events about them.
///
/// It has some rooms and three users, whose passwords are their names: admin, bob, alice.
/// Log in with POST /api/v1/login, then open a WebSocket at /api/v1/events.
/// Use it for development and tests; do not expose it to the internet.
#[derive(Parser)]
#[command(version, verbatim_doc_comment, after_long_help = EXAMPLES, args_conflicts_with_subcommands = true)]
struct Program {
    #[command(subcommand)]
    command: Option<Command>,

    #[command(flatten)]
    arguments: Arguments,
}

#[derive(Subcommand)]
enum Command {
    /// Run the server (the default)
    Serve(Box<Arguments>),
    Load(Box<LoadArguments>),
}

#[derive(Args)]
struct Arguments {
    /// Listen on this address; port 0 takes any free port
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:7777")]
    listen: SocketAddr,

    /// Serve https and wss, with --tls-cert and --tls-key or with a new self-signed certificate
    #[arg(long)]
    tls: bool,

    /// The PEM file with the certificate and its chain
    #[arg(long, value_name = "FILE", requires = "tls", requires = "tls_key")]
    tls_cert: Option<PathBuf>,

    /// The PEM file with the certificate's private key
    #[arg(long, value_name = "FILE", requires = "tls", requires = "tls_cert")]
    tls_key: Option<PathBuf>,

    /// Write the self-signed certificate to this file, so that clients can trust it
    #[arg(long, value_name = "FILE", requires = "tls", conflicts_with = "tls_cert")]
    tls_cert_out: Option<PathBuf>,

    /// Keep the data in this SQLite file; it is created if it does not exist
    ///
    /// Without it, the data is in memory and lost when the server ends.
    #[arg(long, value_name = "FILE")]
    database: Option<PathBuf>,

    /// Limit the database to this many bytes; beyond that it behaves as on a full disk
    #[arg(long, value_name = "BYTES")]
    max_database: Option<u64>,

    /// Serve the files of this folder at /
    #[arg(long, value_name = "DIR")]
    www: Option<PathBuf>,

    /// Allow pages of this origin to use the server, with cookies; may be repeated
    ///
    /// Pages that the server itself serves are always allowed. `http://127.0.0.1:*` stands for all ports of that
    /// host.
    #[arg(long, value_name = "ORIGIN")]
    allow_origin: Vec<AllowedOrigin>,

    /// Allow pages of all loopback origins if the server listens on a loopback address
    #[arg(long, value_name = "BOOL", default_value_t = true, action = ArgAction::Set)]
    dev_origin: bool,

    /// Answer requests for this host name as well; may be repeated
    ///
    /// IP addresses, names without a dot and the hosts of --allow-origin are always allowed.
    #[arg(long, value_name = "NAME")]
    allow_host: Vec<String>,

    /// Mark the session's cookie as Secure, for use behind a proxy that adds TLS; implied by --tls
    #[arg(long)]
    secure_cookie: bool,

    /// Limit the event connections of one user
    #[arg(long, value_name = "N", default_value_t = EventLimits::default().connections_per_user)]
    connections_per_user: usize,

    /// Limit the connections of one address, including event connections
    #[arg(long, value_name = "N", default_value_t = HttpLimits::default().connections_per_address)]
    connections_per_address: usize,

    /// Do not limit failed logins; by default the server answers 429 after too many
    #[arg(long)]
    unlimited_logins: bool,

    /// Let users inject faults through /api/v1/reference/faults
    ///
    /// POST {"fault": "drop"} there, for example. GET lists active faults, DELETE ends them. Add "scope": "all" or the
    /// id of a user to affect others. docs/reference-server.md describes the faults: frame, garbage, close, drop,
    /// expireSessions, restart, refuseUpgrades, stall, delay, lose, restStatus, restLag, restCap, restSlow, restHang.
    #[arg(long)]
    faults: bool,

    /// Start with this fault for all users, as in '{"fault":"delay","delayMs":200,"jitterMs":100}'; may be repeated
    ///
    /// Instantaneous faults need a time: '{"fault":"drop","afterMs":5000}' drops all connections five seconds after
    /// the start, "everyMs":5000 does so every five seconds. Every fault may have either or both.
    #[arg(long, value_name = "JSON")]
    fault: Vec<ScheduledFault>,

    /// Use the other reading of the API for a point that its documentation leaves open; may be repeated
    ///
    /// Production may use either. docs/reference-server.md lists the defaults.
    #[arg(long, value_name = "NAME")]
    quirk: Vec<Quirk>,

    /// What to log to stderr: error, warn, info, debug or trace, or a filter such as `room_events=debug`
    #[arg(long, value_name = "FILTER", default_value = "info", value_parser = parse_filter)]
    log: EnvFilter,
}

/// Send a server a stream of realistic activity: messages, comments, edits, read receipts
///
/// The seed decides everything: two new servers get the same requests in the same order. The rooms are created
/// through the API, and stay.
#[derive(Args)]
struct LoadArguments {
    /// The URL of the server
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:7777")]
    url: String,

    /// How many rooms to create
    #[arg(long, value_name = "N", default_value_t = 5)]
    rooms: u32,

    /// How many users act; they share the accounts in turn
    #[arg(long, value_name = "N", default_value_t = 3)]
    users: u32,

    /// An account to log in with; may be repeated [default: admin, bob and alice]
    #[arg(long, value_name = "NAME:PASSWORD", value_parser = parse_account)]
    account: Vec<Account>,

    /// Activities per second, on average
    #[arg(long, value_name = "N", default_value_t = 10.0)]
    rate: f64,

    /// The mix of activities
    #[arg(long, value_enum, default_value_t)]
    mix: Mix,

    /// The seed of all random choices
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    seed: u64,

    /// Stop after this many seconds
    #[arg(long, value_name = "SECONDS")]
    seconds: Option<u64>,

    /// Stop after this many activities
    #[arg(long, value_name = "N")]
    count: Option<u64>,

    /// Allow a server on another machine
    #[arg(long)]
    allow_remote: bool,

    /// What to log to stderr; `room_events=debug` shows each request
    #[arg(long, value_name = "FILTER", default_value = "info", value_parser = parse_filter)]
    log: EnvFilter,
}

impl LoadArguments {
    /// What to send, and what to log.
    fn split(self) -> (Load, EnvFilter) {
        let load = Load {
            url: self.url,
            rooms: self.rooms,
            users: self.users,
            accounts: if self.account.is_empty() {
                Load::default().accounts
            } else {
                self.account
            },
            rate: self.rate,
            mix: self.mix,
            seed: self.seed,
            duration: self.seconds.map(Duration::from_secs),
            count: self.count,
            allow_remote: self.allow_remote,
        };
        (load, self.log)
    }
}

fn parse_account(text: &str) -> Result<Account, &'static str> {
    let (user_name, password) = text.split_once(':').ok_or("an account is NAME:PASSWORD")?;
    Ok(Account {
        user_name: user_name.to_owned(),
        password: password.to_owned(),
    })
}

// `From<&str>` would ignore invalid parts.
fn parse_filter(text: &str) -> Result<EnvFilter, ParseError> {
    EnvFilter::try_new(text)
}

#[tokio::main]
async fn main() -> ExitCode {
    let program = Program::parse();
    let result = match program.command {
        None => serve(program.arguments).await,
        Some(Command::Serve(arguments)) => serve(*arguments).await,
        Some(Command::Load(arguments)) => load(*arguments).await,
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn log(filter: EnvFilter) {
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .init();
}

/// Sends a load until it ends or the process is asked to terminate. Then prints a report.
async fn load(arguments: LoadArguments) -> Result<(), Failure> {
    let mut signals = Signals::new().map_err(Failure::Signals)?;
    let (load, filter) = arguments.split();
    log(filter);
    let report = load.run(signals.next()).await?;
    writeln!(io::stdout().lock(), "{report}").map_err(Failure::Stdout)
}

async fn serve(arguments: Arguments) -> Result<(), Failure> {
    log(arguments.log);
    raise_file_limit();
    let files = arguments.tls_cert.zip(arguments.tls_key);
    let chosen = match files {
        Some((certificate, key)) => Tls::Files { certificate, key },
        None => Tls::SelfSigned {
            write_to: arguments.tls_cert_out,
        },
    };
    let tls = arguments.tls.then_some(chosen);
    let config = Config {
        listen: arguments.listen,
        tls,
        database: arguments.database,
        max_database: arguments.max_database,
        www: arguments.www,
        allowed_origins: arguments.allow_origin,
        dev_origins: arguments.dev_origin,
        allowed_hosts: arguments.allow_host,
        secure_cookie: arguments.secure_cookie,
        faults: arguments.faults,
        initial_faults: arguments.fault,
        quirks: arguments.quirk.into_iter().collect(),
        http: HttpLimits {
            connections_per_address: arguments.connections_per_address,
            ..HttpLimits::default()
        },
        events: EventLimits {
            connections_per_user: arguments.connections_per_user,
            ..EventLimits::default()
        },
        logins: if arguments.unlimited_logins {
            LoginLimits::UNLIMITED
        } else {
            LoginLimits::default()
        },
        ..Config::default()
    };
    run(config).await
}

/// Raises the limit of open files to the maximum: the soft limit is often only 1,024.
fn raise_file_limit() {
    #[cfg(unix)]
    match rlimit::increase_nofile_limit(u64::MAX) {
        Ok(files) => tracing::debug!(files, "open files are limited"),
        Err(error) => tracing::warn!(%error, "cannot raise the limit of open files"),
    }
}

/// Runs until the process is asked to terminate. A second request terminates it at once.
async fn run(config: Config) -> Result<(), Failure> {
    // Registered before the server is ready, so that signals never have their default effect.
    let mut signals = Signals::new().map_err(Failure::Signals)?;
    let server = Server::start(config).await?;
    {
        let mut stdout = io::stdout().lock();
        writeln!(stdout, "listening on {}", server.url())
            .and_then(|()| stdout.flush())
            .map_err(Failure::Stdout)?;
    }
    signals.next().await;
    tracing::info!("shutting down");
    tokio::select! {
        () = server.shutdown() => {}
        () = signals.next() => {}
    }
    Ok(())
}

/// Why the program fails.
#[derive(Debug, thiserror::Error)]
enum Failure {
    /// Another program uses the address.
    #[error(
        "{0}\nAnother program uses this port. Choose another one with --listen, as in --listen 127.0.0.1:0"
    )]
    PortTaken(ServerError),
    /// The server did not start.
    #[error("{0}")]
    Server(ServerError),
    /// The load failed.
    #[error("{0}")]
    Load(#[from] LoadError),
    /// Signals cannot be handled.
    #[error("cannot wait for signals: {0}")]
    Signals(io::Error),
    /// The output cannot be written.
    #[error("cannot write to stdout: {0}")]
    Stdout(io::Error),
}

impl From<ServerError> for Failure {
    fn from(error: ServerError) -> Self {
        match &error {
            ServerError::Listen { source, .. } if source.kind() == io::ErrorKind::AddrInUse => {
                Self::PortTaken(error)
            }
            _ => Self::Server(error),
        }
    }
}

/// SIGINT and SIGTERM; Ctrl-C on systems without signals.
struct Signals {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
}

impl Signals {
    #[cfg(unix)]
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    #[cfg(not(unix))]
    fn new() -> io::Result<Self> {
        Ok(Self {})
    }

    #[cfg(unix)]
    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }

    #[cfg(not(unix))]
    async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
