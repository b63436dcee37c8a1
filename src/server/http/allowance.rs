//! Limits the bytes that a client sends without completing a message.
//!
//! The WebSocket library reads fragments until a message is complete. Empty fragments reach neither its limit of the
//! message size nor the limit of the message rate.

use std::fmt;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// How much larger than the largest message its fragments may be: one with a single byte has a header of six.
const OVERHEAD: usize = 16;

/// A stream that fails if too many bytes arrive without a complete message.
pub(super) struct Allowance<S> {
    pub(super) stream: S,
    full: usize,
    left: usize,
}

/// The error for too many bytes without a complete message.
#[derive(Debug)]
pub(super) struct Exhausted;

impl fmt::Display for Exhausted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("too many fragments without a message")
    }
}

impl std::error::Error for Exhausted {}

impl<S> Allowance<S> {
    /// Allows messages of at most `max_message` bytes, and `buffer` bytes that are read ahead.
    pub(super) const fn new(stream: S, max_message: usize, buffer: usize) -> Self {
        let full = max_message.saturating_mul(OVERHEAD).saturating_add(buffer);
        Self {
            stream,
            full,
            left: full,
        }
    }

    /// Restores the allowance. Call this when a message is complete.
    pub(super) const fn renew(&mut self) {
        self.left = self.full;
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Allowance<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.left == 0 {
            return Poll::Ready(Err(io::Error::other(Exhausted)));
        }
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(context, buffer);
        let read = buffer.filled().len().saturating_sub(before);
        self.left = self.left.saturating_sub(read);
        polled
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Allowance<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
