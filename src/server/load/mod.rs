//! Load generator: sends a reproducible stream of chat activity to a running server.
//!
//! The seed determines the activity, and requests are sent one after the other. So two new servers under the same load
//! get the same requests and end up with the same messages, regardless of their speed.

mod client;
mod error;
mod plan;
mod report;

use std::net::IpAddr;
use std::time::Duration;

use reqwest::Url;
use tokio::time::{self, Instant};

use client::{Client, Session};
pub use error::LoadError;
use plan::Plan;
pub use plan::{Activity, Deed, Mix};
pub use report::LoadReport;

/// The number of newest messages from which a user picks one to comment on, edit, delete or read.
const VIEW: u32 = 20;

/// An account that sends requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The user name.
    pub user_name: String,
    /// The password.
    pub password: String,
}

/// A stream of activity.
#[derive(Clone, Debug)]
pub struct Load {
    /// The URL of the server: `http://127.0.0.1:7777`. A loopback address, unless [`allow_remote`](Self::allow_remote)
    /// is set.
    pub url: String,
    /// The number of rooms to create, at least 1.
    pub rooms: u32,
    /// The number of active users, at least 1. They share the accounts in turn, as the API cannot create any.
    pub users: u32,
    /// The accounts. The first one creates the rooms; all are members. Default: those of a new reference server.
    pub accounts: Vec<Account>,
    /// The average number of activities per second, above 0; the intervals are random. A slower server gets them as fast
    /// as it responds.
    pub rate: f64,
    /// The mix of activities.
    pub mix: Mix,
    /// The random seed.
    pub seed: u64,
    /// When to stop. Default: `None`, never.
    pub duration: Option<Duration>,
    /// After how many activities to stop. Default: `None`, never.
    pub count: Option<u64>,
    /// Whether the server may be on another machine. Default: `false`.
    pub allow_remote: bool,
}

impl Default for Load {
    fn default() -> Self {
        let account = |name: &str| Account {
            user_name: name.to_owned(),
            password: name.to_owned(),
        };
        Self {
            url: "http://127.0.0.1:7777".to_owned(),
            rooms: 5,
            users: 3,
            accounts: ["admin", "bob", "alice"].map(account).into(),
            rate: 10.0,
            mix: Mix::Mixed,
            seed: 1,
            duration: None,
            count: None,
            allow_remote: false,
        }
    }
}

impl Load {
    /// The infinite sequence of activities. It depends only on `rooms`, `users`, `rate`, `mix` and `seed`.
    ///
    /// # Errors
    /// Fails if there are no rooms, users or accounts, or if the rate is not a number above 0.
    pub fn activities(&self) -> Result<impl Iterator<Item = Activity> + use<>, LoadError> {
        if self.rooms == 0 || self.users == 0 || self.accounts.is_empty() {
            return Err(LoadError::Config("rooms, users and accounts are at least 1 each"));
        }
        if !(self.rate.is_finite() && self.rate > 0.0) {
            return Err(LoadError::Config("the rate is a number above 0"));
        }
        Ok(Plan::new(self))
    }

    /// Logs in, creates the rooms and sends the stream until it ends or `stop` resolves.
    ///
    /// Refused requests are counted in the report and do not stop the load.
    ///
    /// # Errors
    /// Fails if a setting is invalid, a login or the creation of a room fails, or the server is unreachable.
    pub async fn run(&self, stop: impl Future<Output = ()>) -> Result<LoadReport, LoadError> {
        let activities = self.activities()?;
        let client = Client::new(self.base()?)?;
        let mut sessions = Vec::new();
        for account in &self.accounts {
            sessions.push(client.log_in(account).await?);
        }
        let rooms = self.make_rooms(&client, &sessions).await?;
        tracing::info!(
            rooms = rooms.len(),
            accounts = sessions.len(),
            "the rooms are ready"
        );

        let mut report = LoadReport::default();
        let begin = Instant::now();
        let outcome = tokio::select! {
            outcome = self.send(activities, &client, &sessions, &rooms, begin, &mut report) => outcome,
            () = stop => Ok(()),
            () = after(self.duration) => Ok(()),
        };
        report.elapsed = begin.elapsed();
        outcome.map(|()| report)
    }

    async fn send(
        &self,
        activities: impl Iterator<Item = Activity>,
        client: &Client,
        sessions: &[Session],
        rooms: &[u64],
        begin: Instant,
        report: &mut LoadReport,
    ) -> Result<(), LoadError> {
        let limit = self.count.and_then(|count| usize::try_from(count).ok());
        for activity in activities.take(limit.unwrap_or(usize::MAX)) {
            time::sleep_until(begin + activity.at).await;
            let session = &sessions[activity.user as usize % sessions.len()];
            let room = rooms[activity.room as usize % rooms.len()];
            let done = perform(client, session, room, &activity.deed).await?;
            report.count(&done);
        }
        Ok(())
    }

    fn base(&self) -> Result<Url, LoadError> {
        let wrong = || LoadError::Url(self.url.clone());
        let url = Url::parse(&self.url).map_err(|_| wrong())?;
        let host = url
            .host_str()
            .filter(|_| url.scheme() == "http")
            .ok_or_else(wrong)?;
        let is_loopback = host == "localhost"
            || host
                .trim_matches(['[', ']'])
                .parse()
                .is_ok_and(|address: IpAddr| address.is_loopback());
        if is_loopback || self.allow_remote {
            Ok(url)
        } else {
            Err(LoadError::Remote(host.to_owned()))
        }
    }

    async fn make_rooms(&self, client: &Client, sessions: &[Session]) -> Result<Vec<u64>, LoadError> {
        let owner = sessions.first().ok_or(LoadError::Config("there is an account"))?;
        let members: Vec<u64> = sessions.iter().map(|session| session.user_id).collect();
        let mut rooms = Vec::new();
        for number in 1..=self.rooms {
            let name = format!("Load {} room {number}", self.seed);
            rooms.push(client.make_room(owner, &name, &members).await?);
        }
        Ok(rooms)
    }
}

/// Performs an activity. If it needs a message and there is none, the user sends one.
async fn perform(
    client: &Client,
    session: &Session,
    room: u64,
    deed: &Deed,
) -> Result<report::Done, LoadError> {
    use report::Kind;

    let (kind, choice, text) = match deed {
        Deed::Send { text } => return client.send(session, room, text).await,
        Deed::Pin { pinned } => return client.pin(session, room, *pinned).await,
        Deed::Comment { choice, text } => (Kind::Comment, *choice, text.as_str()),
        Deed::Edit { choice, text } => (Kind::Edit, *choice, text.as_str()),
        Deed::Delete { choice, text } => (Kind::Delete, *choice, text.as_str()),
        Deed::Read { choice, text } => (Kind::Read, *choice, text.as_str()),
    };
    let mut messages = client.newest(session, room, VIEW).await?;
    messages.retain(|message| match kind {
        Kind::Edit | Kind::Delete => message.user_id == session.user_id,
        Kind::Read => message.user_id != session.user_id && !message.is_read_by(session.user_id),
        _ => true,
    });
    let Some(message) = messages.get(choice as usize % messages.len().max(1)) else {
        return client.send(session, room, text).await;
    };
    match kind {
        Kind::Comment => client.comment(session, message.message_id, text).await,
        Kind::Edit => client.edit(session, message.message_id, text).await,
        Kind::Delete => client.delete(session, message.message_id).await,
        _ => client.read(session, message.message_id).await,
    }
}

async fn after(duration: Option<Duration>) {
    match duration {
        Some(duration) => time::sleep(duration).await,
        None => std::future::pending().await,
    }
}
