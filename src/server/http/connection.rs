//! One WebSocket: events out, pings, and the end of it.

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

/// How many events are gathered into one write at most.
const BATCH: usize = 64;

/// How many batches may follow each other before everything else about the connection is looked at.
const BATCHES: u32 = 8;

/// Later than any connection lasts: what stands for a time that cannot be told.
const LONG: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);

/// A text frame that announces 1,000 bytes and does not keep its word.
const HALF_A_FRAME: &[u8] = b"\x81\x7e\x03\xe8{\"type\":\"TextMess";

/// A connection that events go to.
pub(super) struct Connection {
    link: Link<Transport>,
    subscription: Subscription,
    limits: EventLimits,
}

/// Both directions of a connection. Frames of the server go past the WebSocket library, which reads, answers pings and
/// closes.
struct Link<S> {
    socket: WebSocketStream<Allowance<S>>,
    outgoing: Outgoing,
    /// Whether the library may have something to write, an answer to a ping.
    answers: bool,
}

/// What happens next on a connection.
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

    /// Sends events until the client leaves, the hub closes the connection, or its session's lifetime is over.
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
        // From here on nothing is queued for it.
        drop(subscription);
        link.outgoing.keep_begun();
        // Boxed, so that thousands of connections that are open have no room set aside for their end.
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
        // One timer for both.
        let mut timer = pin!(time::sleep_until(quiet.min(expiry)));
        let mut pinged = false;
        let mut incoming_left = Bucket::full(begin);
        let mut frames = Vec::new();
        let mut late = DelayLine::new(&self.subscription, limits.queue_events);
        let faults = self.subscription.faults();
        let user_id = self.subscription.user_id();
        // Waits across the turns of the loop: whoever begins to wait anew has to get into line with all connections.
        let mut changed = pin!(changed(faults.changes()));
        let mut batches = 0;
        loop {
            faults.pass(Some(user_id), Part::Events).await;
            let may_take = late.has_room();
            // Mostly it is frames that wake the task. Then the rest need not be looked at before they are written, as
            // long as it is looked at now and then.
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
                        // Whether it gets through or not, this is the end.
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

/// Waits until the faults are others. Gives back what it has waited with.
async fn changed(mut changes: watch::Receiver<()>) -> watch::Receiver<()> {
    // The sender lives as long as the hub.
    if changes.changed().await.is_err() {
        std::future::pending::<()>().await;
    }
    changes
}

impl<S: AsyncRead + AsyncWrite + Unpin> Link<S> {
    /// Writes what is to go out, unless the client takes nothing for the time given or the hub cuts the connection.
    async fn write(
        &mut self,
        timeout: Duration,
        cut: &mut (impl Future<Output = ()> + Unpin),
    ) -> Result<(), WriteError> {
        // Almost always everything goes at once, and no timer and no waiting is needed.
        if !self.answers {
            match self.write_all().now_or_never() {
                Some(Ok(())) => return Ok(()),
                Some(Err(_)) => return Err(WriteError::Broken),
                None => {}
            }
        }
        // Each step is one that makes progress, so that the time limit is one on progress.
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

/// What an incoming message ends, if anything. Text and binary messages mean nothing and are dropped.
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

/// Says why, after what is already on its way, and waits for the client's answer.
async fn close<S: AsyncRead + AsyncWrite + Unpin>(
    mut link: Link<S>,
    reason: CloseReason,
    text: Option<Utf8Bytes>,
) -> Result<(), Error> {
    link.say_goodbye(reason, text).await?;
    finish(link.socket).await
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
    /// Sends a close frame after what has begun.
    async fn say_goodbye(&mut self, reason: CloseReason, text: Option<Utf8Bytes>) -> Result<(), Error> {
        self.write_all().await?;
        let frame = CloseFrame {
            code: reason.code().into(),
            reason: text.unwrap_or_else(|| reason.text().into()),
        };
        self.socket.send(Message::Close(Some(frame))).await
    }
}

/// Ends the connection as a fault asks for it.
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
