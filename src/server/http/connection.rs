//! A WebSocket connection: sending events, pings, closing.

use std::io;
use std::pin::pin;
use std::time::Duration;

use futures_util::{FutureExt, SinkExt, StreamExt};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::watch;
use tokio::time::{self, Instant};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::{Error, ProtocolError};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};
use tokio_util::either::Either;

use super::allowance::{Allowance, Exhausted};
use super::delay::DelayLine;
use super::outgoing::Outgoing;
use super::serve::Transport;
use crate::server::config::EventLimits;
use crate::server::faults::{DropKind, Part};
use crate::server::hub::{CloseReason, Ending, Farewell, Frame, Subscription};
use crate::server::limit::Bucket;

/// The maximum number of events per write.
const BATCH: usize = 64;

/// The maximum number of consecutive batches before the other sources are polled.
const BATCHES: u32 = 8;

/// Longer than any connection lasts: replaces lifetimes that overflow.
const LONG: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);

/// A text frame that announces 1,000 bytes but has fewer.
const HALF_A_FRAME: &[u8] = b"\x81\x7e\x03\xe8{\"type\":\"TextMess";

/// A connection that events are sent to.
pub(super) struct Connection {
    link: Link<Transport>,
    subscription: Subscription,
    limits: EventLimits,
}

/// Both directions of a connection. The server's frames bypass the WebSocket library, which reads, answers pings and
/// closes.
struct Link<S> {
    socket: WebSocketStream<Allowance<S>>,
    outgoing: Outgoing,
    /// Whether the library may have output, such as a pong.
    answers: bool,
}

/// The next event on a connection.
enum Step {
    FaultsChanged,
    Cut,
    Incoming(Option<Result<Message, Error>>),
    Timer,
    DelayedDue,
    Frames,
}

/// How a connection ends.
enum End {
    /// The client disconnected.
    Gone,
    /// The client started the closing handshake.
    ByClient,
    /// The server closes it.
    ByServer(Farewell),
    /// The client sent something that cannot be parsed further.
    Refused(CloseReason),
}

impl Connection {
    pub(super) fn new(
        socket: WebSocketStream<Allowance<Transport>>,
        subscription: Subscription,
        limits: EventLimits,
    ) -> Self {
        Self {
            link: Link {
                socket,
                outgoing: Outgoing::default(),
                answers: false,
            },
            subscription,
            limits,
        }
    }

    /// Sends events until the client leaves, the hub closes the connection, or the session expires.
    pub(super) async fn run(mut self, lifetime: Duration) {
        let id = self.subscription.id();
        tracing::debug!(?id, "connected");
        let end = self.exchange(lifetime).await;
        let Self {
            mut link,
            subscription,
            limits,
        } = self;
        subscription.ended(match &end {
            End::Gone | End::ByServer(Farewell::Drop(_)) => Ending::Lost,
            End::ByClient => Ending::ByClient,
            End::ByServer(Farewell::Close(reason, _)) | End::Refused(reason) => Ending::ByServer(*reason),
        });
        // From here on, nothing is queued for it.
        drop(subscription);
        link.outgoing.keep_begun();
        // Boxed, so that open connections do not reserve memory for closing.
        match end {
            End::Gone => tracing::debug!(?id, "gone"),
            End::ByClient => {
                tracing::debug!(?id, "closed by the client");
                within(limits.close_timeout, Box::pin(finish(link.socket))).await;
            }
            End::ByServer(Farewell::Close(reason, text)) => {
                tracing::debug!(?id, ?reason, "closed");
                within(limits.close_timeout, Box::pin(close(link, reason, text))).await;
            }
            End::ByServer(Farewell::Drop(how)) => {
                tracing::debug!(?id, ?how, "dropped");
                within(limits.close_timeout, Box::pin(break_off(link, how))).await;
            }
            End::Refused(reason) => {
                tracing::debug!(?id, ?reason, "refused");
                within(limits.close_timeout, Box::pin(refuse(link, reason))).await;
            }
        }
    }

    async fn exchange(&mut self, lifetime: Duration) -> End {
        let limits = self.limits;
        let mut cut = self.subscription.cut();
        let begin = Instant::now();
        let expiry = begin + lifetime.min(LONG);
        let mut quiet = begin + limits.ping_interval;
        // One timer for both deadlines.
        let mut timer = pin!(time::sleep_until(quiet.min(expiry)));
        let mut pinged = false;
        let mut incoming_left = Bucket::full(begin);
        let mut frames = Vec::new();
        let mut late = DelayLine::new(&self.subscription, limits.queue_events);
        let faults = self.subscription.faults();
        let user_id = self.subscription.user_id();
        // Kept across iterations: each new waiter has to queue up with those of all connections.
        let mut changed = pin!(changed(faults.changes()));
        let mut batches = 0;
        loop {
            faults.pass(Some(user_id), Part::Events).await;
            let may_take = late.has_room();
            // Usually, frames wake the task. They are then written before the other sources are polled, at most
            // `BATCHES` times in a row.
            let step = tokio::select! {
                biased;
                () = self.subscription.ready(), if may_take && batches < BATCHES => Step::Frames,
                changes = &mut changed => {
                    changed.set(self::changed(changes));
                    Step::FaultsChanged
                }
                () = &mut cut => Step::Cut,
                () = &mut timer => Step::Timer,
                incoming = self.link.socket.next() => Step::Incoming(incoming),
                () = late.due() => Step::DelayedDue,
                () = self.subscription.ready(), if may_take && batches >= BATCHES => Step::Frames,
            };
            batches = match step {
                Step::Frames => batches % BATCHES + 1,
                _ => 0,
            };
            match step {
                Step::FaultsChanged => continue,
                Step::Cut => return self.closed_by_hub(),
                Step::Timer => {
                    let now = Instant::now();
                    if now >= expiry {
                        return End::ByServer(CloseReason::SessionEnded.farewell());
                    }
                    if pinged {
                        return End::ByServer(CloseReason::PingTimeout.farewell());
                    }
                    pinged = true;
                    quiet = now + limits.ping_timeout;
                    timer.as_mut().reset(quiet.min(expiry));
                    self.link.outgoing.push(Frame::ping());
                }
                Step::Incoming(incoming) => {
                    if let Some(end) = end_of(incoming) {
                        return end;
                    }
                    self.link.answers = true;
                    self.link.socket.get_mut().renew();
                    let now = Instant::now();
                    if !incoming_left.take(limits.client_messages, now) {
                        return End::Refused(CloseReason::TooManyMessages);
                    }
                    pinged = false;
                    quiet = now + limits.ping_interval;
                    timer.as_mut().reset(quiet.min(expiry));
                    continue;
                }
                Step::DelayedDue => late.take_due(&mut self.link.outgoing),
                Step::Frames => {
                    if self.subscription.take_ready(&mut frames, BATCH) > 0 {
                        late.pass(&mut frames, &mut self.link.outgoing);
                    } else {
                        late.take_all(&mut self.link.outgoing);
                        // The connection ends whether this succeeds or not.
                        drop(self.link.write(limits.write_timeout, &mut cut).await);
                        return self.closed_by_hub();
                    }
                }
            }
            match self.link.write(limits.write_timeout, &mut cut).await {
                Ok(()) => {}
                Err(WriteError::Broken) => return End::Gone,
                Err(WriteError::Stalled) => return End::ByServer(CloseReason::SlowReader.farewell()),
                Err(WriteError::Cut) => return self.closed_by_hub(),
            }
        }
    }

    /// How the hub ended the connection.
    fn closed_by_hub(&self) -> End {
        self.subscription.farewell().map_or(End::Gone, End::ByServer)
    }
}

/// Why a write failed.
enum WriteError {
    /// The connection broke.
    Broken,
    /// The client accepted nothing for too long.
    Stalled,
    /// The hub closed the connection.
    Cut,
}

/// Waits until the faults change. Returns the receiver.
async fn changed(mut changes: watch::Receiver<()>) -> watch::Receiver<()> {
    // The sender lives as long as the hub.
    if changes.changed().await.is_err() {
        std::future::pending::<()>().await;
    }
    changes
}

impl<S: AsyncRead + AsyncWrite + Unpin> Link<S> {
    /// Writes all pending output, unless the client accepts nothing within the timeout or the hub cuts the connection.
    async fn write(
        &mut self,
        timeout: Duration,
        cut: &mut (impl Future<Output = ()> + Unpin),
    ) -> Result<(), WriteError> {
        // Usually everything is written at once, without a timer.
        if !self.answers {
            match self.write_all().now_or_never() {
                Some(Ok(())) => return Ok(()),
                Some(Err(_)) => return Err(WriteError::Broken),
                None => {}
            }
        }
        // Each step makes progress, so the timeout applies to progress.
        let steps = async {
            if self.answers {
                step(timeout, self.socket.flush()).await?;
                self.answers = false;
            }
            while !self.outgoing.is_empty() {
                step(timeout, self.outgoing.write_some(self.socket.get_mut())).await?;
            }
            step(timeout, self.socket.get_mut().flush()).await
        };
        tokio::select! {
            biased;
            written = steps => written,
            () = cut => Err(WriteError::Cut),
        }
    }

    /// Writes all frames.
    async fn write_all(&mut self) -> io::Result<()> {
        let stream = self.socket.get_mut();
        self.outgoing.write_all(stream).await?;
        stream.flush().await
    }
}

async fn step<E>(timeout: Duration, step: impl Future<Output = Result<(), E>>) -> Result<(), WriteError> {
    match time::timeout(timeout, step).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) => Err(WriteError::Broken),
        Err(_) => Err(WriteError::Stalled),
    }
}

/// How an incoming message ends the connection, if it does. Text and binary messages are ignored.
fn end_of(incoming: Option<Result<Message, Error>>) -> Option<End> {
    match incoming {
        Some(Ok(Message::Close(_))) => Some(End::ByClient),
        Some(Ok(_)) => None,
        Some(Err(Error::Io(error))) if error.get_ref().is_some_and(|error| error.is::<Exhausted>()) => {
            Some(End::Refused(CloseReason::TooManyMessages))
        }
        None | Some(Err(Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) | Error::Io(_))) => {
            Some(End::Gone)
        }
        Some(Err(Error::Capacity(_))) => Some(End::Refused(CloseReason::MessageTooBig)),
        Some(Err(Error::Utf8(_))) => Some(End::Refused(CloseReason::InvalidText)),
        Some(Err(_)) => Some(End::Refused(CloseReason::ProtocolError)),
    }
}

/// Sends a close frame after the pending output, and waits for the client's.
async fn close<S: AsyncRead + AsyncWrite + Unpin>(
    mut link: Link<S>,
    reason: CloseReason,
    text: Option<Utf8Bytes>,
) -> Result<(), Error> {
    link.say_goodbye(reason, text).await?;
    finish(link.socket).await
}

/// Reads until both sides have sent a close frame. Dropping the socket then closes the connection: the server should do
/// so first (RFC 6455, section 7.1.1).
async fn finish<S: AsyncRead + AsyncWrite + Unpin>(mut socket: WebSocketStream<S>) -> Result<(), Error> {
    while let Some(incoming) = socket.next().await {
        incoming?;
    }
    Ok(())
}

/// Sends a close frame and discards further input. If a socket with unread input were dropped, the system would reset
/// the connection, and the client might miss the close frame.
async fn refuse<S: AsyncRead + AsyncWrite + Unpin>(
    mut link: Link<S>,
    reason: CloseReason,
) -> Result<(), Error> {
    link.say_goodbye(reason, None).await?;
    let stream = &mut link.socket.get_mut().stream;
    stream.shutdown().await?;
    let mut discarded = [0_u8; 1024];
    while stream.read(&mut discarded).await? > 0 {}
    Ok(())
}

impl<S: AsyncRead + AsyncWrite + Unpin> Link<S> {
    /// Sends a close frame after the pending output.
    async fn say_goodbye(&mut self, reason: CloseReason, text: Option<Utf8Bytes>) -> Result<(), Error> {
        self.write_all().await?;
        let frame = CloseFrame {
            code: reason.code().into(),
            reason: text.unwrap_or_else(|| reason.text().into()),
        };
        self.socket.send(Message::Close(Some(frame))).await
    }
}

/// Ends the connection as a fault requests.
async fn break_off(mut link: Link<Transport>, how: DropKind) -> Result<(), Error> {
    let socket = &mut link.socket;
    match how {
        DropKind::Clean => socket.get_mut().shutdown().await?,
        DropKind::Abrupt => match &socket.get_mut().stream {
            Either::Left(stream) => stream.set_zero_linger()?,
            Either::Right(stream) => stream.get_ref().0.set_zero_linger()?,
        },
        DropKind::MidFrame => {
            link.write_all().await?;
            let stream = link.socket.get_mut();
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
