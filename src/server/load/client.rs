//! The HTTP client of a load.

use reqwest::header::COOKIE;
use reqwest::{Method, Response, Url};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::report::{Done, Kind};
use super::{Account, LoadError};

/// A client of the REST API.
pub(super) struct Client {
    http: reqwest::Client,
    base: String,
}

/// A logged-in account.
pub(super) struct Session {
    pub(super) user_id: u64,
    cookie: String,
}

/// The relevant fields of a message.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Message {
    pub(super) message_id: u64,
    pub(super) user_id: u64,
    #[serde(default)]
    read_timestamps: Vec<Receipt>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Receipt {
    user_id: u64,
}

#[derive(Deserialize)]
struct Messages {
    messages: Vec<Message>,
}

#[derive(Deserialize)]
struct OneRoom {
    room: Room,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Room {
    room_id: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct LoggedIn {
    user_id: u64,
    user_session_id: String,
}

impl Message {
    pub(super) fn is_read_by(&self, user_id: u64) -> bool {
        self.read_timestamps
            .iter()
            .any(|receipt| receipt.user_id == user_id)
    }
}

impl Client {
    pub(super) fn new(server: Url) -> Result<Self, LoadError> {
        // Servers on this machine are not reached through a proxy.
        let http = reqwest::Client::builder()
            .no_proxy()
            .build()
            .map_err(LoadError::Unreachable)?;
        let base = format!("{}/api/v1", server.as_str().trim_end_matches('/'));
        Ok(Self { http, base })
    }

    pub(super) async fn log_in(&self, account: &Account) -> Result<Session, LoadError> {
        let body = json!({"userName": account.user_name, "password": account.password});
        let response = self.ask(None, Method::POST, "/login", Some(body)).await?;
        let what = format!("log in {}", account.user_name);
        let LoggedIn {
            user_id,
            user_session_id,
        } = answer(response, "/login", what).await?;
        let cookie = format!("VirolaUserSessionId={user_session_id}");
        Ok(Session { user_id, cookie })
    }

    pub(super) async fn make_room(
        &self,
        session: &Session,
        name: &str,
        members: &[u64],
    ) -> Result<u64, LoadError> {
        let body = json!({"name": name, "roomType": "Private", "memberIds": members});
        let response = self
            .ask(Some(session), Method::POST, "/rooms", Some(body))
            .await?;
        let OneRoom { room } = answer(response, "/rooms", "make a room".to_owned()).await?;
        Ok(room.room_id)
    }

    /// The newest messages of a room; empty if the server refuses or its response is invalid.
    pub(super) async fn newest(
        &self,
        session: &Session,
        room: u64,
        limit: u32,
    ) -> Result<Vec<Message>, LoadError> {
        let path = format!("/rooms/{room}/messages?direction=backward&limit={limit}");
        let response = self.ask(Some(session), Method::GET, &path, None).await?;
        if !response.status().is_success() {
            return Ok(Vec::new());
        }
        let messages = read(response, &path).await.map(|Messages { messages }| messages);
        if let Err(error) = &messages {
            tracing::warn!(%error, "no messages");
        }
        Ok(messages.unwrap_or_default())
    }

    pub(super) async fn send(&self, session: &Session, room: u64, text: &str) -> Result<Done, LoadError> {
        let path = format!("/rooms/{room}/messages");
        self.act(
            session,
            Kind::Send,
            Method::POST,
            &path,
            Some(json!({"content": text})),
        )
        .await
    }

    pub(super) async fn comment(&self, session: &Session, id: u64, text: &str) -> Result<Done, LoadError> {
        let path = format!("/messages/{id}/comments");
        self.act(
            session,
            Kind::Comment,
            Method::POST,
            &path,
            Some(json!({"content": text})),
        )
        .await
    }

    pub(super) async fn edit(&self, session: &Session, id: u64, text: &str) -> Result<Done, LoadError> {
        let path = format!("/messages/{id}");
        self.act(
            session,
            Kind::Edit,
            Method::PUT,
            &path,
            Some(json!({"content": text})),
        )
        .await
    }

    pub(super) async fn delete(&self, session: &Session, id: u64) -> Result<Done, LoadError> {
        let path = format!("/messages/{id}");
        self.act(session, Kind::Delete, Method::DELETE, &path, None).await
    }

    pub(super) async fn read(&self, session: &Session, id: u64) -> Result<Done, LoadError> {
        let path = format!("/messages/{id}/read");
        self.act(session, Kind::Read, Method::POST, &path, None).await
    }

    pub(super) async fn pin(&self, session: &Session, room: u64, pinned: bool) -> Result<Done, LoadError> {
        let path = format!("/rooms/{room}");
        self.act(
            session,
            Kind::Pin,
            Method::PUT,
            &path,
            Some(json!({"isPinned": pinned})),
        )
        .await
    }

    async fn act(
        &self,
        session: &Session,
        kind: Kind,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Result<Done, LoadError> {
        let response = self.ask(Some(session), method, path, body).await?;
        let status = response.status().as_u16();
        // Read completely, so that the connection can be reused.
        let text = response.text().await.map_err(LoadError::Unreachable)?;
        if status != 200 {
            tracing::warn!(status, path, answer = text, "refused");
        }
        Ok(Done { kind, status })
    }

    async fn ask(
        &self,
        session: Option<&Session>,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Result<Response, LoadError> {
        tracing::debug!(%method, path, "asking");
        let mut request = self.http.request(method, format!("{}{path}", self.base));
        if let Some(session) = session {
            request = request.header(COOKIE, &session.cookie);
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        request.send().await.map_err(LoadError::Unreachable)
    }
}

/// Parses a response that the load depends on.
async fn answer<T: DeserializeOwned>(response: Response, path: &str, what: String) -> Result<T, LoadError> {
    let status = response.status();
    if status.is_success() {
        return read(response, path).await;
    }
    let body = response.text().await.map_err(LoadError::Unreachable)?;
    let text = serde_json::from_str::<Value>(&body)
        .ok()
        .and_then(|body| Some(body.get("errorText")?.as_str()?.to_owned()))
        .unwrap_or(body);
    Err(LoadError::Refused {
        what,
        status: status.as_u16(),
        text,
    })
}

async fn read<T: DeserializeOwned>(response: Response, path: &str) -> Result<T, LoadError> {
    response.json().await.map_err(|source| LoadError::Answer {
        path: path.to_owned(),
        source,
    })
}
