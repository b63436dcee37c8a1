//! The output queue of a connection.
//!
//! Frames are written unchanged, many per call, bypassing the WebSocket library. The library would build the header of
//! each frame again and copy the frame into a buffer per connection.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::ready;

use tokio::io::AsyncWrite;

use crate::server::hub::Frame;

/// The maximum number of frames per write.
const AT_ONCE: usize = 64;

/// The capacity that an empty queue keeps, in frames.
const ROOM: usize = 64;

/// Frames, and how many bytes of the first one are written.
#[derive(Default)]
pub(super) struct Outgoing {
    frames: VecDeque<Frame>,
    written: usize,
}

impl Outgoing {
    pub(super) fn is_empty(&self) -> bool {
        self.frames.is_empty()
    }

    pub(super) fn push(&mut self, frame: Frame) {
        self.frames.push_back(frame);
    }

    pub(super) fn extend(&mut self, frames: impl IntoIterator<Item = Frame>) {
        self.frames.extend(frames);
    }

    /// Drops the frames that have not been started. The next frame can follow the rest.
    pub(super) fn keep_begun(&mut self) {
        self.frames.truncate(usize::from(self.written > 0));
    }

    /// Writes as much as the client accepts at once, after waiting until it accepts something. Cancellation neither
    /// loses nor repeats bytes.
    pub(super) async fn write_some(&mut self, stream: &mut (impl AsyncWrite + Unpin)) -> io::Result<()> {
        let count = poll_fn(|context| {
            let mut slices = [IoSlice::new(&[]); AT_ONCE];
            let mut count = 0;
            for (slice, frame) in slices.iter_mut().zip(&self.frames) {
                let skipped = if count == 0 { self.written } else { 0 };
                *slice = IoSlice::new(&frame.bytes()[skipped..]);
                count += 1;
            }
            let written = ready!(Pin::new(&mut *stream).poll_write_vectored(context, &slices[..count]))?;
            Ok::<_, io::Error>(written).into()
        })
        .await?;
        if count == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        self.advance(count);
        Ok(())
    }

    /// Writes everything.
    pub(super) async fn write_all(&mut self, stream: &mut (impl AsyncWrite + Unpin)) -> io::Result<()> {
        while !self.is_empty() {
            self.write_some(stream).await?;
        }
        Ok(())
    }

    fn advance(&mut self, count: usize) {
        self.written += count;
        while let Some(frame) = self.frames.front() {
            let length = frame.bytes().len();
            if self.written < length {
                break;
            }
            self.written -= length;
            self.frames.pop_front();
        }
        if self.frames.is_empty() {
            self.frames.shrink_to(ROOM);
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;
    use tokio::io::{AsyncReadExt, duplex};

    use super::*;

    fn frames() -> Vec<Frame> {
        (0..200)
            .map(|number| Frame::raw(&"x".repeat(number * 3)))
            .collect()
    }

    fn bytes(frames: &[Frame]) -> Vec<u8> {
        frames.iter().flat_map(Frame::bytes).copied().collect()
    }

    #[tokio::test]
    async fn frames_arrive_whole_and_in_order_however_little_is_taken_at_once() {
        for room in [1, 7, 1000, 1 << 20] {
            let (mut client, mut server) = duplex(room);
            let mut outgoing = Outgoing::default();
            outgoing.extend(frames());
            let write = async {
                outgoing.write_all(&mut server).await.expect("the client reads");
                drop(server);
            };
            let mut read = Vec::new();
            let (_, outcome) = tokio::join!(write, client.read_to_end(&mut read));
            outcome.expect("reads");
            assert_eq!(read, bytes(&frames()));
            assert!(outgoing.is_empty());
        }
    }

    #[tokio::test]
    async fn what_has_begun_is_kept_and_the_rest_is_not() {
        let frames = frames();
        let (mut client, mut server) = duplex(bytes(&frames[..100]).len() + 1);
        let mut outgoing = Outgoing::default();
        outgoing.extend(frames.clone());
        let written = outgoing.write_all(&mut server).now_or_never();
        assert!(
            written.is_none(),
            "there is room for half of the frames and a byte"
        );
        outgoing.keep_begun();
        outgoing.push(Frame::ping());
        let write = async {
            outgoing.write_all(&mut server).await.expect("the client reads");
            drop(server);
        };
        let mut read = Vec::new();
        let (_, outcome) = tokio::join!(write, client.read_to_end(&mut read));
        outcome.expect("reads");
        let expected = [&frames[..101], &[Frame::ping()]].concat();
        assert_eq!(read, bytes(&expected));
    }

    #[tokio::test]
    async fn nothing_is_kept_where_nothing_has_begun() {
        let mut outgoing = Outgoing::default();
        outgoing.extend(frames());
        outgoing.keep_begun();
        assert!(outgoing.is_empty());
    }
}
