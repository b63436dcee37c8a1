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
          Everything in memory, at http://127.0.0.1:7777
  reference-server --database rooms.db --www dist
          Keep the data in rooms.db, and serve the pages in dist
  reference-server --tls --tls-cert-out server.pem
          At https://127.0.0.1:7777, with a new certificate that clients find in server.pem
  reference-server --listen 0.0.0.0:7777 --allow-host chat.test --allow-origin http://chat.test:5173
          Serve other machines, under a name, and let pages of a development server use it
  reference-server load --rooms 10 --rate 50
          Fill the server that runs at http://127.0.0.1:7777 with life

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
/// It begins with some rooms and three users whose passwords are their names: admin, bob, alice.
/// Log in with POST /api/v1/login, then open a WebSocket at /api/v1/events.
/// It is made for development and tests, not to be reached from the internet.
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
    /// Run the server: what happens without a command, too
    Serve(Box<Arguments>),
    Load(Box<LoadArguments>),
}

#[derive(Args)]
struct Arguments {
    /// Where to listen; port 0 takes any free one
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:7777")]
    listen: SocketAddr,

    /// Speak TLS (https and wss): with --tls-cert and --tls-key, or with a self-signed certificate made at start
    #[arg(long)]
    tls: bool,

    /// The certificate in PEM, followed by those that vouch for it
    #[arg(long, value_name = "FILE", requires = "tls", requires = "tls_key")]
    tls_cert: Option<PathBuf>,

    /// The certificate's private key in PEM
    #[arg(long, value_name = "FILE", requires = "tls", requires = "tls_cert")]
    tls_key: Option<PathBuf>,

    /// Write the self-signed certificate to this file, for clients that are to trust it
    #[arg(long, value_name = "FILE", requires = "tls", conflicts_with = "tls_cert")]
    tls_cert_out: Option<PathBuf>,

    /// Keep everything in this SQLite file, made where it does not exist
    ///
    /// Without it everything is kept in memory and gone when the server ends.
    #[arg(long, value_name = "FILE")]
    database: Option<PathBuf>,

    /// Let the database grow to so many bytes at most, as if its disk were full then
    #[arg(long, value_name = "BYTES")]
    max_database: Option<u64>,

    /// Serve the files of this folder at /
    #[arg(long, value_name = "DIR")]
    www: Option<PathBuf>,

    /// Let web pages of this origin use the server, with cookies; may be repeated
    ///
    /// Pages that the server itself serves need no permission. `http://127.0.0.1:*` stands for every port of that
    /// host.
    #[arg(long, value_name = "ORIGIN")]
    allow_origin: Vec<AllowedOrigin>,

    /// Whether pages of any origin on this machine may use the server, too, if it listens on this machine alone
    #[arg(long, value_name = "BOOL", default_value_t = true, action = ArgAction::Set)]
    dev_origin: bool,

    /// Answer under this name, too; may be repeated
    ///
    /// IP addresses, names without a dot and the hosts of --allow-origin need no permission.
    #[arg(long, value_name = "NAME")]
    allow_host: Vec<String>,

    /// Mark the session's cookie as Secure, for use behind a proxy that adds TLS; --tls does so anyway
    #[arg(long)]
    secure_cookie: bool,

    /// How many connections for events one user may have
    #[arg(long, value_name = "N", default_value_t = EventLimits::default().connections_per_user)]
    connections_per_user: usize,

    /// How many connections one address may have, those for events among them
    #[arg(long, value_name = "N", default_value_t = HttpLimits::default().connections_per_address)]
    connections_per_address: usize,

    /// Let logins fail as often as anybody likes, instead of answering 429 when it is too often
    #[arg(long)]
    unlimited_logins: bool,

    /// Let users disturb connections and requests through /api/v1/reference/faults
    ///
    /// POST {"fault": "drop"} there, for example. GET shows what lasts, DELETE ends it. Add "scope": "all" or the id of
    /// a user to disturb others. docs/reference-server.md has the table: frame, garbage, close, drop, expireSessions,
    /// restart, refuseUpgrades, stall, delay, lose, restStatus, restLag, restCap, restSlow, restHang.
    #[arg(long)]
    faults: bool,

    /// Begin with this fault, for everybody, as in '{"fault":"delay","delayMs":200,"jitterMs":100}'; may be repeated
    ///
    /// Those that happen at once need a time: '{"fault":"drop","afterMs":5000}' drops all connections five seconds after
    /// the start, "everyMs":5000 does so every five seconds. Both times can be given, and to every fault.
    #[arg(long, value_name = "JSON")]
    fault: Vec<ScheduledFault>,

    /// Read the API differently where its documentation leaves it open; may be repeated
    ///
    /// Production may do either. docs/reference-server.md says what is the default.
    #[arg(long, value_name = "NAME")]
    quirk: Vec<Quirk>,

    /// What to log to stderr: error, warn, info, debug or trace, or a filter such as `room_events=debug`
    #[arg(long, value_name = "FILTER", default_value = "info", value_parser = parse_filter)]
    log: EnvFilter,
}

/// Send a server a stream of realistic activity: messages, comments, edits, read receipts
///
/// Everything is decided by the seed: two new servers get the same requests in the same order. The rooms are made
/// through the API, and stay.
#[derive(Args)]
struct LoadArguments {
    /// Where the server is
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:7777")]
    url: String,

    /// How many rooms to make
    #[arg(long, value_name = "N", default_value_t = 5)]
    rooms: u32,

    /// How many users act; they take turns with the accounts
    #[arg(long, value_name = "N", default_value_t = 3)]
    users: u32,

    /// Who they log in as; may be repeated. Without it: admin, bob and alice
    #[arg(long, value_name = "NAME:PASSWORD", value_parser = parse_account)]
    account: Vec<Account>,

    /// Activities per second, on average
    #[arg(long, value_name = "N", default_value_t = 10.0)]
    rate: f64,

    /// What the users mostly do
    #[arg(long, value_enum, default_value_t)]
    mix: Mix,

    /// What decides everything that is random
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    seed: u64,

    /// End after so many seconds
    #[arg(long, value_name = "SECONDS")]
    seconds: Option<u64>,

    /// End after so many activities
    #[arg(long, value_name = "N")]
    count: Option<u64>,

    /// Let the server be on another machine
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

// Not `From<&str>`, which takes what it can and ignores the rest.
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

/// Sends a load until its end, or until the process is asked to end, and says what it came to.
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

/// Lets the process have as many connections as the system allows it: a usual soft limit is only 1,024.
fn raise_file_limit() {
    #[cfg(unix)]
    match rlimit::increase_nofile_limit(u64::MAX) {
        Ok(files) => tracing::debug!(files, "open files are limited"),
        Err(error) => tracing::warn!(%error, "cannot raise the limit of open files"),
    }
}

/// Runs until the process is asked to end. A second request ends it at once.
async fn run(config: Config) -> Result<(), Failure> {
    // Before the server is ready, so that a signal never finds the default behaviour.
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

/// Why the program ends early.
#[derive(Debug, thiserror::Error)]
enum Failure {
    /// Another program listens there.
    #[error(
        "{0}\nAnother program uses this port. Choose another one with --listen, as in --listen 127.0.0.1:0"
    )]
    PortTaken(ServerError),
    /// The server did not start.
    #[error("{0}")]
    Server(ServerError),
    /// The load could not go on.
    #[error("{0}")]
    Load(#[from] LoadError),
    /// Signals cannot be waited for.
    #[error("cannot wait for signals: {0}")]
    Signals(io::Error),
    /// Nobody can be told the address.
    #[error("cannot write the address to stdout: {0}")]
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

/// SIGINT and SIGTERM; Ctrl-C where there are no signals.
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
