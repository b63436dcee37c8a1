//! The connections: thousands of them, as cheap as they can be.

use std::cell::RefCell;
use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinSet;

use crate::BoxError;
use crate::contestant::{Contestant, Dialect};
use crate::tally::{Batch, Received, Tally};
use crate::wire::{Incoming, shake_hands, split};

/// How many connections are being opened at a time.
const OPENING: u32 = 200;

/// How many connections come from one address of the loopback network: fewer than it has ports.
const PER_ADDRESS: u32 = 5000;

/// What one read takes at most.
const READ: usize = 256 << 10;

thread_local! {
    static BUFFER: RefCell<(Box<[u8]>, Batch)> =
        RefCell::new((vec![0; READ].into_boxed_slice(), Batch::default()));
}

/// All connections to one server. Dropping it cuts them.
pub(crate) struct Fleet {
    pub(crate) tally: Arc<Tally>,
    received: Vec<Arc<Received>>,
    _tasks: JoinSet<()>,
}

impl Fleet {
    /// Opens them. When this returns, each of them gets whatever is sent.
    pub(crate) async fn open(server: &Contestant, connections: u32) -> Result<Self, BoxError> {
        let mut opening = JoinSet::new();
        let mut opened = Vec::new();
        for number in 0..connections {
            if number >= OPENING
                && let Some(next) = opening.join_next().await
            {
                opened.push(next??);
            }
            opening.spawn(connect(
                server.address,
                number,
                server.kind.dialect(),
                cookie(server, number),
                None,
            ));
        }
        while let Some(next) = opening.join_next().await {
            opened.push(next??);
        }
        let tally = Arc::new(Tally::new(connections)?);
        let mut tasks = JoinSet::new();
        let mut received = Vec::new();
        let dialect = server.kind.dialect();
        for (number, (stream, begun)) in opened.into_iter().enumerate() {
            let of_this = Arc::new(Received::default());
            received.push(Arc::clone(&of_this));
            let tally = Arc::clone(&tally);
            tasks.spawn(async move {
                let error = match listen(stream, begun, dialect, number, &tally, &of_this).await {
                    Ok(()) => "the server closed it".to_owned(),
                    Err(error) => error.to_string(),
                };
                tally.fail(format!("connection {number} has ended: {error}"));
            });
        }
        Ok(Self {
            tally,
            received,
            _tasks: tasks,
        })
    }

    /// Checks that each connection has received each of the messages 0 to `messages` once.
    pub(crate) fn check(&self, messages: u32) -> Result<(), BoxError> {
        self.tally
            .check(messages, self.received.iter().map(AsRef::as_ref))
    }
}

fn cookie(server: &Contestant, number: u32) -> Option<String> {
    let count = u32::try_from(server.cookies.len()).unwrap_or(u32::MAX);
    let turn = number.checked_rem(count)?;
    server.cookies.get(usize::try_from(turn).ok()?).cloned()
}

/// Opens one connection; `receive_buffer` is how many bytes the system may take for it before it is read.
async fn connect(
    server: SocketAddr,
    number: u32,
    dialect: Dialect,
    cookie: Option<String>,
    receive_buffer: Option<u32>,
) -> io::Result<(TcpStream, Vec<u8>)> {
    let socket = TcpSocket::new_v4()?;
    let host = u8::try_from(number / PER_ADDRESS % 200).unwrap_or(0) + 2;
    socket.bind(SocketAddr::from((Ipv4Addr::new(127, 0, 0, host), 0)))?;
    if let Some(bytes) = receive_buffer {
        socket.set_recv_buffer_size(bytes)?;
    }
    let mut stream = socket.connect(server).await?;
    stream.set_nodelay(true)?;
    let begun = shake_hands(&mut stream, dialect, cookie.as_deref()).await?;
    Ok((stream, begun))
}

/// Counts what comes until the connection ends.
async fn listen(
    mut stream: TcpStream,
    begun: Vec<u8>,
    dialect: Dialect,
    number: usize,
    tally: &Tally,
    received: &Received,
) -> io::Result<()> {
    // The beginning of a frame whose rest has not come yet.
    let mut partial = begun;
    loop {
        let mut answers = Vec::new();
        let read = BUFFER.with_borrow_mut(|(buffer, batch)| {
            let read = stream.try_read(buffer)?;
            let fresh = &buffer[..read];
            let closed = if partial.is_empty() {
                let (used, closed) = take_frames(fresh, dialect, batch, &mut answers)?;
                partial.extend_from_slice(&fresh[used..]);
                closed
            } else {
                partial.extend_from_slice(fresh);
                let (used, closed) = take_frames(&partial, dialect, batch, &mut answers)?;
                partial.drain(..used);
                closed
            };
            if partial.is_empty() {
                // Ten thousand connections keep no buffer each.
                partial = Vec::new();
            }
            tally.note(number, received, batch);
            Ok::<_, io::Error>(if closed { 0 } else { read })
        });
        match read {
            Ok(0) => return Ok(()),
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => stream.readable().await?,
            Err(error) => return Err(error),
        }
        if !answers.is_empty() {
            stream.write_all(&answers).await?;
        }
    }
}

/// Takes all complete frames: how many bytes they have, and whether the server says goodbye.
fn take_frames(
    bytes: &[u8],
    dialect: Dialect,
    batch: &mut Batch,
    answers: &mut Vec<u8>,
) -> io::Result<(usize, bool)> {
    let mut used = 0;
    while let Some((incoming, length)) = split(&bytes[used..], dialect)? {
        used += length;
        match incoming {
            Incoming::Event(stamp, bytes) => batch.push(stamp, bytes),
            Incoming::Asks(payload, answer) => answers.extend(answer.frame(payload)),
            Incoming::Close => return Ok((used, true)),
            Incoming::Other => {}
        }
    }
    Ok((used, false))
}

/// A connection that reads nothing.
pub(crate) struct Stalled {
    stream: TcpStream,
    begun: Vec<u8>,
    dialect: Dialect,
}

impl Stalled {
    /// Opens one, with as little room in the system as that allows.
    pub(crate) async fn open(server: &Contestant) -> Result<Self, BoxError> {
        const ROOM: u32 = 4 << 10;
        let dialect = server.kind.dialect();
        let (stream, begun) = connect(server.address, 0, dialect, cookie(server, 0), Some(ROOM)).await?;
        Ok(Self {
            stream,
            begun,
            dialect,
        })
    }

    /// Reads what has been waiting for it, until it has seen that message: how many events they are.
    pub(crate) async fn wake_up(mut self, last: u32) -> Result<u32, BoxError> {
        let mut events = 0;
        loop {
            while let Some((incoming, length)) = split(&self.begun, self.dialect)? {
                match incoming {
                    Incoming::Event(stamp, _) => {
                        events += 1;
                        if stamp.sequence == last {
                            return Ok(events);
                        }
                    }
                    Incoming::Close => return Err("the stalled connection was closed".into()),
                    Incoming::Asks(..) | Incoming::Other => {}
                }
                self.begun.drain(..length);
            }
            if self.stream.read_buf(&mut self.begun).await? == 0 {
                return Err("the stalled connection was lost".into());
            }
        }
    }
}
