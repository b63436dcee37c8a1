//! The servers that are measured: started, prepared and watched.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::{fs, io};

use reqwest::header::{CONTENT_TYPE, COOKIE};
use reqwest::{Client, RequestBuilder, Response};
use serde::Serialize;
use serde_json::{Value, json};

use crate::BoxError;

/// The accounts of a new reference server. Connections take turns with them.
const ACCOUNTS: [&str; 3] = ["admin", "bob", "alice"];

/// A server that takes part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Kind {
    /// This project's
    ReferenceServer,
    /// Node with ws
    Ws,
    /// Node with socket.io
    SocketIo,
    /// Bun with its own server
    Bun,
}

/// How events are wrapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// A text frame is an event.
    Plain,
    /// A text frame is a packet of socket.io's protocol.
    SocketIo,
}

impl Kind {
    pub(crate) const ALL: [Self; 4] = [Self::ReferenceServer, Self::Ws, Self::SocketIo, Self::Bun];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::ReferenceServer => "reference-server",
            Self::Ws => "Node, ws",
            Self::SocketIo => "Node, socket.io",
            Self::Bun => "Bun, Bun.serve",
        }
    }

    pub(crate) const fn dialect(self) -> Dialect {
        match self {
            Self::ReferenceServer | Self::Ws | Self::Bun => Dialect::Plain,
            Self::SocketIo => Dialect::SocketIo,
        }
    }

    fn command(self) -> Command {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let (runtime, script) = match self {
            Self::ReferenceServer => {
                let mut server = Command::new(env!("CARGO_BIN_EXE_reference-server"));
                server.args(["--listen", "127.0.0.1:0", "--log", "warn"]);
                // Three users come from a few addresses with all connections there are.
                for limit in ["--connections-per-user", "--connections-per-address"] {
                    server.args([limit, "1000000"]);
                }
                return server;
            }
            Self::Ws => ("node".into(), "ws.js"),
            Self::SocketIo => ("node".into(), "socket-io.js"),
            Self::Bun => (root.join("node_modules/bun/bin/bun.exe"), "bun.js"),
        };
        let mut peer = Command::new(runtime);
        peer.arg(root.join("benches/server/peers").join(script))
            .env("NODE_ENV", "production");
        peer
    }
}

/// A running server, with one room that all connections are in. It ends when this is dropped.
pub(crate) struct Contestant {
    pub(crate) kind: Kind,
    pub(crate) address: SocketAddr,
    /// What connections identify themselves with, in turns. Empty where nobody asks.
    pub(crate) cookies: Vec<String>,
    child: Child,
    client: Client,
    message_url: String,
}

impl Contestant {
    pub(crate) async fn start(kind: Kind) -> Result<Self, BoxError> {
        let child = kind
            .command()
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("{} does not start: {error}", kind.name()))?;
        let mut contestant = Self {
            kind,
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            cookies: Vec::new(),
            child,
            client: Client::new(),
            message_url: String::new(),
        };
        let mut line = String::new();
        if let Some(stdout) = contestant.child.stdout.take() {
            BufReader::new(stdout).read_line(&mut line)?;
        }
        let url = line
            .trim()
            .strip_prefix("listening on ")
            .ok_or_else(|| format!("{} says {line:?} instead of where it listens", kind.name()))?;
        contestant.address = url.trim_start_matches("http://").parse()?;
        contestant.message_url = match kind {
            Kind::ReferenceServer => contestant.make_room(&format!("{url}/api/v1")).await?,
            Kind::Ws | Kind::SocketIo | Kind::Bun => format!("{url}/message"),
        };
        Ok(contestant)
    }

    /// Logs in, makes a private room of all accounts and writes the message that is going to be edited.
    async fn make_room(&mut self, api: &str) -> Result<String, BoxError> {
        let mut members = Vec::new();
        for name in ACCOUNTS {
            let login = json!({"userName": name, "password": name});
            let session = self.ask(self.client.post(format!("{api}/login")), &login).await?;
            let id = session["userSessionId"]
                .as_str()
                .ok_or("a login without a session")?;
            self.cookies.push(format!("VirolaUserSessionId={id}"));
            members.push(session["userId"].clone());
        }
        let rooms = self.client.post(format!("{api}/rooms"));
        let room = json!({"name": "Benchmark", "roomType": "Private", "memberIds": members});
        let room = self.ask(rooms, &room).await?;
        let room_id = room["room"]["roomId"].as_u64().ok_or("a room without an id")?;
        let messages = self
            .client
            .post(format!("{api}/reference/rooms/{room_id}/messages"));
        let sent = self
            .ask(messages, &json!({"messages": [{"content": "not yet"}]}))
            .await?;
        let id = sent["messageIds"][0].as_u64().ok_or("a message without an id")?;
        Ok(format!("{api}/messages/{id}"))
    }

    async fn ask(&self, request: RequestBuilder, body: &Value) -> Result<Value, BoxError> {
        let answer = self.identified(request).body(body.to_string()).send().await?;
        Ok(serde_json::from_str(&checked(answer)?.text().await?)?)
    }

    fn identified(&self, request: RequestBuilder) -> RequestBuilder {
        let request = request.header(CONTENT_TYPE, "application/json");
        match self.cookies.first() {
            Some(cookie) => request.header(COOKIE, cookie),
            None => request,
        }
    }

    /// The request that changes the message's text, of which every connection is told by one event.
    pub(crate) fn edit(&self, text: &str) -> RequestBuilder {
        self.identified(self.client.put(&self.message_url))
            .body(json!({ "content": text }).to_string())
    }

    /// What the process has used so far.
    pub(crate) fn usage(&mut self) -> Result<Usage, BoxError> {
        if let Some(status) = self.child.try_wait()? {
            return Err(format!("{} has ended: {status}", self.kind.name()).into());
        }
        Ok(Usage::of(self.child.id())?)
    }
}

/// Fails where the answer is another than 200.
pub(crate) fn checked(answer: Response) -> Result<Response, BoxError> {
    match answer.status().as_u16() {
        200 => Ok(answer),
        status => Err(format!("{} is answered with {status}", answer.url()).into()),
    }
}

impl Drop for Contestant {
    fn drop(&mut self) {
        // An error here means that it has already ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a process has used: all its threads together.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Usage {
    /// Seconds of a processor, in the program and in the system on its behalf.
    pub(crate) cpu: f64,
    /// The part of it in the system.
    pub(crate) system: f64,
    /// Resident bytes now.
    pub(crate) rss: u64,
    /// The most resident bytes that there were.
    pub(crate) peak_rss: u64,
}

impl Usage {
    fn of(pid: u32) -> io::Result<Self> {
        // Linux counts in hundredths of a second here, whatever its own clock does.
        const TICKS: f64 = 100.0;
        let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
        // The name of the program may hold anything, so the count begins after it, with the third field.
        let fields: Vec<&str> = stat
            .rsplit_once(')')
            .map_or("", |(_, fields)| fields)
            .split_whitespace()
            .collect();
        let ticks = |field: usize| fields.get(field - 3).and_then(|field| field.parse::<f64>().ok());
        let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
        let kib = |name: &str| {
            status.lines().find_map(|line| {
                line.strip_prefix(name)?
                    .trim()
                    .strip_suffix(" kB")?
                    .parse::<u64>()
                    .ok()
            })
        };
        match (ticks(14), ticks(15), kib("VmRSS:"), kib("VmHWM:")) {
            (Some(user), Some(system), Some(rss), Some(peak)) => Ok(Self {
                cpu: (user + system) / TICKS,
                system: system / TICKS,
                rss: rss << 10,
                peak_rss: peak << 10,
            }),
            _ => Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "/proc does not say what a process uses",
            )),
        }
    }
}
