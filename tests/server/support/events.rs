//! The events that a user receives.

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async};

use super::{LOBBY, User, description, patiently};

/// A connection for events.
pub(crate) struct Events {
    socket: WebSocketStream<TcpStream>,
}

/// How a connection ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Closed {
    /// With a close frame.
    Frame(u16, String),
    /// Without a close frame.
    Lost,
}

impl Closed {
    /// The code, as a browser reports it.
    pub(crate) fn code(&self) -> u16 {
        match self {
            Self::Frame(code, _) => *code,
            Self::Lost => 1006,
        }
    }
}

impl Events {
    /// Opens a connection with this header.
    pub(crate) async fn connect(url: &str, header: &(&'static str, String)) -> Result<Self, Error> {
        let authority = url
            .trim_start_matches("ws://")
            .split('/')
            .next()
            .expect("an authority");
        let stream = TcpStream::connect(authority).await.expect("the server listens");
        Self::connect_over(stream, url, header).await
    }

    /// The same over a connected socket.
    pub(crate) async fn connect_over(
        stream: TcpStream,
        url: &str,
        (name, value): &(&'static str, String),
    ) -> Result<Self, Error> {
        let mut request = url.into_client_request().expect("a URL");
        request
            .headers_mut()
            .insert(*name, value.parse().expect("a header's value"));
        let answer = patiently("the upgrade", client_async(request, stream)).await;
        match &answer {
            Ok((_, response)) => description::saw_upgrade(response.status().as_u16()),
            Err(Error::Http(response)) => description::saw_upgrade(response.status().as_u16()),
            Err(_) => {}
        }
        let (socket, _) = answer?;
        Ok(Self { socket })
    }

    /// The next event, or the end.
    pub(crate) async fn read(&mut self) -> Result<Value, Closed> {
        match self.frame().await? {
            Message::Text(text) => Ok(serde_json::from_str(&text).expect("an event is JSON")),
            other => panic!("{other:?} is no event"),
        }
    }

    /// The next frame except pings and pongs.
    pub(crate) async fn frame(&mut self) -> Result<Message, Closed> {
        loop {
            match self.raw().await? {
                Message::Ping(_) | Message::Pong(_) => {}
                message => return Ok(message),
            }
        }
    }

    /// The next frame, including pings and pongs.
    pub(crate) async fn raw(&mut self) -> Result<Message, Closed> {
        match patiently("a frame", self.socket.next()).await {
            Some(Ok(Message::Close(Some(CloseFrame { code, reason })))) => {
                // Reading on answers it.
                while patiently("the end", self.socket.next())
                    .await
                    .is_some_and(|last| last.is_ok())
                {}
                Err(Closed::Frame(code.into(), reason.as_str().to_owned()))
            }
            // A browser reports it as 1005, "no status".
            Some(Ok(Message::Close(None))) => Err(Closed::Frame(1005, String::new())),
            Some(Ok(message)) => Ok(message),
            Some(Err(_)) | None => Err(Closed::Lost),
        }
    }

    /// The next event.
    pub(crate) async fn next(&mut self) -> Value {
        self.read()
            .await
            .unwrap_or_else(|closed| panic!("closed with {closed:?} instead of an event"))
    }

    /// The `data` of the next event, which must be of this type.
    pub(crate) async fn expect(&mut self, event_type: &str) -> Value {
        let mut event = self.next().await;
        assert_eq!(event["type"], event_type, "{event}");
        event["data"].take()
    }

    /// Waits for the end of the connection. Panics if an event comes before it.
    pub(crate) async fn closed(&mut self) -> Closed {
        match self.frame().await {
            Ok(message) => panic!("{message:?} instead of the end"),
            Err(closed) => closed,
        }
    }

    /// Waits for the end of the connection and skips everything before it.
    pub(crate) async fn until_closed(&mut self) -> Closed {
        loop {
            if let Err(closed) = self.frame().await {
                return closed;
            }
        }
    }

    /// All events before the message with this text, that event, and the RoomUpdated after it.
    pub(crate) async fn until(&mut self, text: &str) -> Vec<Value> {
        let mut events = Vec::new();
        loop {
            let event = self.next().await;
            if event["type"] == "TextMessagesCreated" && event["data"]["messages"][0]["text"] == text {
                self.expect("RoomUpdated").await;
                return events;
            }
            events.push(event);
        }
    }

    /// Checks that no event is in flight: sends a message that everybody receives, and expects it first.
    pub(crate) async fn expect_silence(&mut self, speaker: &User) {
        expect_silence([self], speaker).await;
    }

    pub(crate) async fn send(&mut self, message: Message) {
        self.socket.send(message).await.expect("the message is sent");
    }

    pub(crate) async fn close(&mut self) {
        self.socket.close(None).await.expect("the close frame is sent");
    }
}

/// Checks that no event is in flight on any of the connections.
pub(crate) async fn expect_silence<const N: usize>(connections: [&mut Events; N], speaker: &User) {
    let text = "Is anybody there?";
    speaker
        .post(&format!("/rooms/{LOBBY}/messages"), json!({"content": text}))
        .await
        .done();
    for events in connections {
        assert_eq!(events.until(text).await, [] as [Value; 0]);
    }
}
