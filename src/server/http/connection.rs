//! One WebSocket: events out, pings, and the end of it.

use std::pin::pin;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::{self, Instant};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::{Error, ProtocolError};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{Bytes, Message, Utf8Bytes};
use tokio_util::either::Either;

use super::delay::DelayLine;
use super::serve::Transport;
use crate::server::config::EventLimits;
use crate::server::faults::{DropKind, Part};
use crate::server::hub::{CloseReason, Ending, Farewell, Subscription};
use crate::server::limit::Bucket;

/// How many events are gathered into one write at most.
const BATCH: usize = 64;

/// A text frame that announces 1,000 bytes and does not keep its word.
const HALF_A_FRAME: &[u8] = b"\x81\x7e\x03\xe8{\"type\":\"TextMess";

/// A connection that events go to.
pub(super) struct Connection {
    socket: WebSocketStream<Transport>,
    subscription: Subscription,
    limits: EventLimits,
}

/// How a connection ends.
enum End {
    /// The client is gone.
    Gone,
    /// The client has begun to close.
    ByClient,
    /// The server closes it.
    ByServer(Farewell),
    /// The client sent what cannot be read on from.
    Refused(CloseReason),
}

impl Connection {
    pub(super) fn new(
        socket: WebSocketStream<Transport>,
        subscription: Subscription,
        limits: EventLimits,
    ) -> Self {
        Self {
            socket,
            subscription,
            limits,
        }
    }

    /// Sends events until the client leaves, the hub closes the connection, or its session's lifetime is over.
    pub(super) async fn run(mut self, lifetime: Duration) {
        let id = self.subscription.id();
        tracing::debug!(?id, "connected");
        let end = self.exchange(lifetime).await;
        let Self {
            socket,
            subscription,
            limits,
        } = self;
        subscription.ended(match &end {
            End::Gone | End::ByServer(Farewell::Drop(_)) => Ending::Lost,
            End::ByClient => Ending::ByClient,
            End::ByServer(Farewell::Close(reason, _)) | End::Refused(reason) => Ending::ByServer(*reason),
        });
        // From here on nothing is queued for it.
        drop(subscription);
        match end {
            End::Gone => tracing::debug!(?id, "gone"),
            End::ByClient => {
                tracing::debug!(?id, "closed by the client");
                within(limits.close_timeout, finish(socket)).await;
            }
            End::ByServer(Farewell::Close(reason, text)) => {
                tracing::debug!(?id, ?reason, "closed");
                within(limits.close_timeout, close(socket, reason, text)).await;
            }
            End::ByServer(Farewell::Drop(how)) => {
                tracing::debug!(?id, ?how, "dropped");
                within(limits.close_timeout, break_off(socket, how)).await;
            }
            End::Refused(reason) => {
                tracing::debug!(?id, ?reason, "refused");
                within(limits.close_timeout, refuse(socket, reason)).await;
            }
        }
    }

    async fn exchange(&mut self, lifetime: Duration) -> End {
        let mut cut = pin!(self.subscription.cut());
        let mut expiry = pin!(time::sleep(lifetime));
        let mut quiet = pin!(time::sleep(self.limits.ping_interval));
        let mut pinged = false;
        let mut incoming_left = Bucket::full(Instant::now());
        let mut frames = Vec::new();
        let mut late = DelayLine::new(&self.subscription, self.limits.queue_events);
        let faults = self.subscription.faults();
        let user_id = self.subscription.user_id();
        let mut changes = faults.changes();
        loop {
            faults.pass(Some(user_id), Part::Events).await;
            let written = tokio::select! {
                biased;
                Ok(()) = changes.changed() => continue,
                () = &mut cut => return self.closed_by_hub(),
                () = &mut expiry => return End::ByServer(CloseReason::SessionEnded.farewell()),
                incoming = self.socket.next() => {
                    if let Some(end) = end_of(incoming) {
                        return end;
                    }
                    let now = Instant::now();
                    if !incoming_left.take(self.limits.client_messages, now) {
                        return End::Refused(CloseReason::TooManyMessages);
                    }
                    pinged = false;
                    quiet.as_mut().reset(now + self.limits.ping_interval);
                    continue;
                }
                () = &mut quiet => {
                    if pinged {
                        return End::ByServer(CloseReason::PingTimeout.farewell());
                    }
                    pinged = true;
                    quiet.as_mut().reset(Instant::now() + self.limits.ping_timeout);
                    write(&mut self.socket, [Message::Ping(Bytes::new())], self.limits.write_timeout, &mut cut).await
                }
                () = late.due() => {
                    write(&mut self.socket, late.take_due(), self.limits.write_timeout, &mut cut).await
                }
                taken = self.subscription.take(&mut frames, BATCH), if late.has_room() => {
                    let ended = taken == 0;
                    let messages = if ended { late.take_all() } else { late.pass(&mut frames) };
                    let written = write(&mut self.socket, messages, self.limits.write_timeout, &mut cut).await;
                    if ended {
                        return self.closed_by_hub();
                    }
                    written
                }
            };
            match written {
                Ok(()) => {}
                Err(WriteError::Broken) => return End::Gone,
                Err(WriteError::Stalled) => return End::ByServer(CloseReason::SlowReader.farewell()),
                Err(WriteError::Cut) => return self.closed_by_hub(),
            }
        }
    }

    /// The hub has ended the connection.
    fn closed_by_hub(&self) -> End {
        self.subscription.farewell().map_or(End::Gone, End::ByServer)
    }
}

/// Why messages were not written.
enum WriteError {
    /// The connection broke.
    Broken,
    /// The client took nothing for too long.
    Stalled,
    /// The hub closed the connection meanwhile.
    Cut,
}

/// Writes messages, unless the client takes nothing for the time given or the hub cuts the connection.
async fn write<S: AsyncRead + AsyncWrite + Unpin>(
    socket: &mut WebSocketStream<S>,
    messages: impl IntoIterator<Item = Message>,
    timeout: Duration,
    cut: &mut (impl Future<Output = ()> + Unpin),
) -> Result<(), WriteError> {
    // Each step writes little more than the socket's own buffer holds, so that the time limit is one on progress.
    let steps = async {
        for message in messages {
            step(timeout, socket.feed(message)).await?;
        }
        step(timeout, socket.flush()).await
    };
    tokio::select! {
        biased;
        written = steps => written,
        () = cut => Err(WriteError::Cut),
    }
}

async fn step(timeout: Duration, step: impl Future<Output = Result<(), Error>>) -> Result<(), WriteError> {
    match time::timeout(timeout, step).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) => Err(WriteError::Broken),
        Err(_) => Err(WriteError::Stalled),
    }
}

/// What an incoming message ends, if anything. Text and binary messages mean nothing and are dropped.
fn end_of(incoming: Option<Result<Message, Error>>) -> Option<End> {
    match incoming {
        Some(Ok(Message::Close(_))) => Some(End::ByClient),
        Some(Ok(_)) => None,
        None | Some(Err(Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) | Error::Io(_))) => {
            Some(End::Gone)
        }
        Some(Err(Error::Capacity(_))) => Some(End::Refused(CloseReason::MessageTooBig)),
        Some(Err(Error::Utf8(_))) => Some(End::Refused(CloseReason::InvalidText)),
        Some(Err(_)) => Some(End::Refused(CloseReason::ProtocolError)),
    }
}

/// Says why, behind what is on its way already, and waits for the client's answer.
async fn close<S: AsyncRead + AsyncWrite + Unpin>(
    mut socket: WebSocketStream<S>,
    reason: CloseReason,
    text: Option<Utf8Bytes>,
) -> Result<(), Error> {
    say_goodbye(&mut socket, reason, text).await?;
    finish(socket).await
}

/// Reads until both sides have sent a close frame. Dropping the socket then ends the connection: the server is to be
/// first in that (RFC 6455, section 7.1.1).
async fn finish<S: AsyncRead + AsyncWrite + Unpin>(mut socket: WebSocketStream<S>) -> Result<(), Error> {
    while let Some(incoming) = socket.next().await {
        incoming?;
    }
    Ok(())
}

/// Says why, and throws away what the client still sends: a connection that is dropped with something unread is torn
/// down by the system, and the client might never see the close frame.
async fn refuse<S: AsyncRead + AsyncWrite + Unpin>(
    mut socket: WebSocketStream<S>,
    reason: CloseReason,
) -> Result<(), Error> {
    say_goodbye(&mut socket, reason, None).await?;
    let stream = socket.get_mut();
    stream.shutdown().await?;
    let mut discarded = [0_u8; 1024];
    while stream.read(&mut discarded).await? > 0 {}
    Ok(())
}

async fn say_goodbye<S: AsyncRead + AsyncWrite + Unpin>(
    socket: &mut WebSocketStream<S>,
    reason: CloseReason,
    text: Option<Utf8Bytes>,
) -> Result<(), Error> {
    let frame = CloseFrame {
        code: reason.code().into(),
        reason: text.unwrap_or_else(|| reason.text().into()),
    };
    socket.send(Message::Close(Some(frame))).await
}

/// Ends the connection as a fault asks for it.
async fn break_off(mut socket: WebSocketStream<Transport>, how: DropKind) -> Result<(), Error> {
    match how {
        DropKind::Clean => socket.get_mut().shutdown().await?,
        DropKind::Abrupt => match socket.get_mut() {
            Either::Left(stream) => stream.set_zero_linger()?,
            Either::Right(stream) => stream.get_mut().0.set_zero_linger()?,
        },
        DropKind::MidFrame => {
            let stream = socket.get_mut();
            stream.write_all(HALF_A_FRAME).await?;
            stream.flush().await?;
            stream.shutdown().await?;
        }
    }
    Ok(())
}

async fn within(timeout: Duration, ending: impl Future<Output = Result<(), Error>>) {
    match time::timeout(timeout, ending).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::debug!(%error, "a connection broke while it was closed"),
        Err(_) => tracing::debug!("a connection did not end in time and is cut"),
    }
}
