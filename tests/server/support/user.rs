//! A user of the server.

use reqwest::header::{HeaderMap, SET_COOKIE};
use reqwest::{Client, Method, RequestBuilder};
use room_events::server::Server;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Error;

use super::{Events, description};

/// A user with a session or a token.
#[derive(Clone)]
pub(crate) struct User {
    pub(crate) id: u64,
    client: Client,
    base: String,
    events_url: String,
    /// The header with the credential.
    pub(crate) credential: (&'static str, String),
}

/// A response of the server.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Answer {
    pub(crate) async fn to(request: RequestBuilder) -> Self {
        let (client, request) = request.build_split();
        let request = request.expect("a request");
        let (method, url) = (request.method().clone(), request.url().clone());
        let response = super::patiently("an answer", client.execute(request))
            .await
            .expect("the server answers");
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let text = response.text().await.expect("the answer has a body");
        let body =
            serde_json::from_str(&text).unwrap_or_else(|_| panic!("not JSON, status {status}: {text}"));
        description::check(&method, &url, status, Some(&body)).await;
        Self {
            status,
            headers,
            body,
        }
    }

    /// The body of a success.
    pub(crate) fn ok(self) -> Value {
        assert_eq!(self.status, 200, "{}", self.body);
        assert_eq!(self.body["httpStatusCode"], 200, "{}", self.body);
        self.body
    }

    /// Checks that it is a success without other fields.
    pub(crate) fn done(self) {
        assert_eq!(self.ok(), json!({"httpStatusCode": 200}));
    }

    /// The text of a failure with this status.
    pub(crate) fn error(self, status: u16) -> String {
        assert_eq!(self.status, status, "{}", self.body);
        let text = self.body["errorText"]
            .as_str()
            .expect("a failure has a text")
            .to_owned();
        assert!(!text.is_empty());
        assert_eq!(self.body, json!({"errorText": text, "httpStatusCode": status}));
        text
    }
}

impl User {
    /// A client that is not logged in.
    pub(crate) fn nobody(server: &Server) -> Self {
        Self::nobody_at(&server.url())
    }

    /// A client that is not logged in, for the server at this URL.
    fn nobody_at(url: &str) -> Self {
        Self {
            id: 0,
            client: Client::new(),
            base: format!("{url}/api/v1"),
            events_url: format!("{}/api/v1/events", url.replacen("http", "ws", 1)),
            credential: ("x-nobody", String::new()),
        }
    }

    /// The same user with the same credential, for the server at this URL.
    pub(crate) fn at(&self, url: &str) -> Self {
        Self {
            id: self.id,
            credential: self.credential.clone(),
            ..Self::nobody_at(url)
        }
    }

    /// Logs in a user, with a new session.
    pub(crate) async fn log_in(server: &Server, name: &str) -> Self {
        Self::log_in_at(&server.url(), name).await
    }

    /// The same for the server at this URL.
    pub(crate) async fn log_in_at(url: &str, name: &str) -> Self {
        let nobody = Self::nobody_at(url);
        let answer = nobody
            .post("/login", json!({"userName": name, "password": name}))
            .await;
        let cookie = answer.headers[SET_COOKIE].to_str().expect("text");
        let cookie = cookie.split(';').next().expect("a name and a value").to_owned();
        let id = answer.ok()["userId"].as_u64().expect("an id");
        Self {
            id,
            credential: ("cookie", cookie),
            ..nobody
        }
    }

    /// The same user with a new token.
    pub(crate) async fn with_token(&self) -> Self {
        let token = self.post_nothing("/reference/token").await.ok();
        let token = token["token"].as_str().expect("a token");
        Self {
            credential: ("authorization", format!("Bearer {token}")),
            ..self.clone()
        }
    }

    /// A client with this credential.
    pub(crate) fn with_credential(&self, name: &'static str, value: impl Into<String>) -> Self {
        Self {
            credential: (name, value.into()),
            ..self.clone()
        }
    }

    /// A request with the credential.
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let (name, value) = &self.credential;
        self.client
            .request(method, format!("{}{path}", self.base))
            .header(*name, value)
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        Answer::to(self.request(Method::GET, path)).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        Answer::to(self.request(Method::POST, path).json(&body)).await
    }

    pub(crate) async fn post_nothing(&self, path: &str) -> Answer {
        Answer::to(self.request(Method::POST, path)).await
    }

    pub(crate) async fn put(&self, path: &str, body: Value) -> Answer {
        Answer::to(self.request(Method::PUT, path).json(&body)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        Answer::to(self.request(Method::DELETE, path)).await
    }

    /// Opens a connection for events.
    pub(crate) async fn events(&self) -> Events {
        self.try_events().await.expect("the upgrade is accepted")
    }

    /// Opens a connection for events, or returns the status of the refused upgrade.
    pub(crate) async fn try_events(&self) -> Result<Events, u16> {
        match Events::connect(&self.events_url, &self.credential).await {
            Ok(events) => Ok(events),
            Err(Error::Http(answer)) => Err(answer.status().as_u16()),
            Err(error) => panic!("{error}"),
        }
    }

    /// Sends several messages with properties. The response has their ids.
    pub(crate) async fn send_drafts(&self, room: u64, drafts: Value) -> Answer {
        let path = format!("/reference/rooms/{room}/messages");
        self.post(&path, json!({"messages": drafts})).await
    }

    /// Sends a message. Returns its id.
    pub(crate) async fn send(&self, room: u64, text: &str) -> u64 {
        self.post(&format!("/rooms/{room}/messages"), json!({"content": text}))
            .await
            .done();
        self.newest(&format!("/rooms/{room}/messages"), text).await
    }

    /// Sends a comment. Returns its id.
    pub(crate) async fn comment(&self, message: u64, text: &str) -> u64 {
        self.post(&format!("/messages/{message}/comments"), json!({"content": text}))
            .await
            .done();
        self.newest(&format!("/messages/{message}/comments"), text).await
    }

    async fn newest(&self, list: &str, text: &str) -> u64 {
        let newest = self.get(&format!("{list}?limit=1&direction=backward")).await.ok();
        let newest = &newest["messages"][0];
        assert_eq!(newest["text"], text);
        newest["messageId"].as_u64().expect("an id")
    }

    /// Creates a room. Returns its id.
    pub(crate) async fn create_room(&self, room: Value) -> u64 {
        self.post("/rooms", room).await.ok()["room"]["roomId"]
            .as_u64()
            .expect("an id")
    }

    /// A room of the user's list, if it exists.
    pub(crate) async fn find_room(&self, room: u64) -> Option<Value> {
        let mut rooms = self.get("/rooms").await.ok();
        let rooms = rooms["rooms"].as_array_mut().expect("a list of rooms");
        let index = rooms.iter().position(|other| other["roomId"] == room)?;
        Some(rooms.swap_remove(index))
    }

    /// A room of the user's list.
    pub(crate) async fn room(&self, room: u64) -> Value {
        self.find_room(room).await.expect("the room is in the list")
    }

    /// A message of a room's list, or a comment of a message's list.
    pub(crate) async fn message(&self, list: &str, id: u64) -> Value {
        let messages = self.get(list).await.ok();
        let found = messages["messages"]
            .as_array()
            .expect("a list")
            .iter()
            .find(|message| message["messageId"] == id);
        found.cloned().expect("the message is in the list")
    }
}
