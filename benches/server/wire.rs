//! As much of the WebSocket protocol as it takes to count deliveries, cheaply: the generator shares the machine with
//! the server that it measures.

use std::io;

use memchr::memchr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::contestant::Dialect;

/// Stands before the stamp in a text, and nowhere else in an event.
const MARK: u8 = b'~';
const SEQUENCE_DIGITS: usize = 8;
const TIME_DIGITS: usize = 12;

/// How much may come before the first event: the answer to the upgrade.
const LONGEST_HEAD: usize = 4 << 10;

/// What a text says beside its padding: which message it is and when it was sent, in microseconds of the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    pub(crate) sequence: u32,
    pub(crate) sent: u64,
}

impl Stamp {
    /// The text of a message: all are of the same length, so that all events are.
    pub(crate) fn text(self, length: usize) -> String {
        let mut text = format!(
            "~{:0sequence_digits$}{:0time_digits$}",
            self.sequence,
            self.sent,
            sequence_digits = SEQUENCE_DIGITS,
            time_digits = TIME_DIGITS,
        );
        while text.len() < length {
            text.push_str(" and so on");
        }
        text.truncate(length.max(1 + SEQUENCE_DIGITS + TIME_DIGITS));
        text
    }

    /// Finds it in an event; `None` where it is none of this run's.
    fn find(event: &[u8]) -> Option<Self> {
        let digits = event.get(memchr(MARK, event)? + 1..)?;
        let sequence = number(digits.get(..SEQUENCE_DIGITS)?)?;
        Some(Self {
            sequence: u32::try_from(sequence).ok()?,
            sent: number(digits.get(SEQUENCE_DIGITS..SEQUENCE_DIGITS + TIME_DIGITS)?)?,
        })
    }
}

fn number(digits: &[u8]) -> Option<u64> {
    digits.iter().try_fold(0, |number, digit| {
        digit
            .is_ascii_digit()
            .then(|| number * 10 + u64::from(digit - b'0'))
    })
}

/// What a server has sent.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Incoming<'a> {
    /// An event of this run, and the length of its payload.
    Event(Stamp, usize),
    /// It wants this answer.
    Asks(&'a [u8], Answer),
    /// It says goodbye.
    Close,
    /// Nothing that matters.
    Other,
}

/// What keeps a connection alive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// A pong frame with the payload of the ping.
    Pong,
    /// socket.io's own: the text `3`.
    Three,
}

impl Answer {
    /// The frame, masked as a client's have to be, with a mask that leaves everything as it is.
    pub(crate) fn frame(self, payload: &[u8]) -> Vec<u8> {
        match self {
            Self::Pong => client_frame(0xA, payload),
            Self::Three => client_frame(0x1, b"3"),
        }
    }
}

/// A frame of at most 125 bytes.
fn client_frame(opcode: u8, payload: &[u8]) -> Vec<u8> {
    // Nobody sends a longer ping: RFC 6455 forbids it, and `split` has refused it.
    let payload = &payload[..payload.len().min(125)];
    let length = u8::try_from(payload.len()).unwrap_or(125);
    let mut frame = vec![0x80 | opcode, 0x80 | length, 0, 0, 0, 0];
    frame.extend_from_slice(payload);
    frame
}

/// Takes the first frame from a server's bytes: its content and its length. `None` if it is not complete.
pub(crate) fn split(bytes: &[u8], dialect: Dialect) -> io::Result<Option<(Incoming<'_>, usize)>> {
    let &[first, second, ref rest @ ..] = bytes else {
        return Ok(None);
    };
    let (length, header) = match second {
        0..=125 => (usize::from(second), 2),
        126 => match rest {
            &[a, b, ..] => (usize::from(u16::from_be_bytes([a, b])), 4),
            _ => return Ok(None),
        },
        127 => match rest.first_chunk() {
            Some(length) => match usize::try_from(u64::from_be_bytes(*length)) {
                Ok(length) if length < 1 << 30 => (length, 10),
                _ => return Err(invalid("a frame of more than 1 GiB")),
            },
            None => return Ok(None),
        },
        128.. => return Err(invalid("a masked frame")),
    };
    let end = header + length;
    let Some(payload) = bytes.get(header..end) else {
        return Ok(None);
    };
    let incoming = match first {
        0x81 => text(payload, dialect),
        0x89 if length > 125 => return Err(invalid("a ping that is too long")),
        0x89 => Incoming::Asks(payload, Answer::Pong),
        0x88 => Incoming::Close,
        0x82 | 0x8A => Incoming::Other,
        _ => return Err(invalid("a frame that no server of this benchmark sends")),
    };
    Ok(Some((incoming, end)))
}

fn text(payload: &[u8], dialect: Dialect) -> Incoming<'_> {
    match Stamp::find(payload) {
        Some(stamp) => Incoming::Event(stamp, payload.len()),
        None if dialect == Dialect::SocketIo && payload == b"2" => Incoming::Asks(b"", Answer::Three),
        None => Incoming::Other,
    }
}

fn invalid(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

/// Makes a WebSocket of a connection, and joins where the dialect asks for that. Events may come from here on; what was
/// read of them already is returned.
pub(crate) async fn shake_hands(
    stream: &mut TcpStream,
    dialect: Dialect,
    cookie: Option<&str>,
) -> io::Result<Vec<u8>> {
    let path = match dialect {
        Dialect::Plain => "/api/v1/events",
        Dialect::SocketIo => "/socket.io/?EIO=4&transport=websocket",
    };
    let cookie = cookie.map_or_else(String::new, |cookie| format!("Cookie: {cookie}\r\n"));
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: {}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{cookie}\r\n",
        stream.peer_addr()?
    );
    stream.write_all(request.as_bytes()).await?;
    let mut read = Vec::new();
    let head = until(stream, &mut read, |read| {
        memchr::memmem::find(read, b"\r\n\r\n").map(|end| end + 4)
    })
    .await?;
    if !read.starts_with(b"HTTP/1.1 101 ") {
        let answer = String::from_utf8_lossy(&read).into_owned();
        return Err(invalid(&format!("the upgrade was refused: {answer}")));
    }
    read.drain(..head);
    if dialect == Dialect::SocketIo {
        // Engine.IO opens, then the client connects to the namespace and is told that it is.
        for said in [Some(b"40".as_slice()), None] {
            let end = until(stream, &mut read, |read| {
                split(read, dialect).ok().flatten().map(|(_, end)| end)
            })
            .await?;
            read.drain(..end);
            if let Some(said) = said {
                stream.write_all(&client_frame(0x1, said)).await?;
            }
        }
    }
    Ok(read)
}

/// Reads until the condition finds an end.
async fn until(
    stream: &mut TcpStream,
    read: &mut Vec<u8>,
    end: impl Fn(&[u8]) -> Option<usize>,
) -> io::Result<usize> {
    loop {
        if let Some(end) = end(read) {
            return Ok(end);
        }
        if read.len() > LONGEST_HEAD {
            return Err(invalid("no end of a handshake"));
        }
        if stream.read_buf(read).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
}
