//! Request bodies with time limits.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use axum::BoxError;
use axum::body::{Bytes, HttpBody};
use hyper::body::{Frame, Incoming, SizeHint};
use tokio::time::{Instant, Sleep, sleep_until};

use crate::server::config::HttpLimits;

/// A request body that fails if it makes no progress, or too little.
pub(super) struct Paced {
    body: Incoming,
    limits: HttpLimits,
    /// Starts when the body is first polled.
    clock: Option<Pin<Box<Clock>>>,
}

struct Clock {
    timer: Pin<Box<Sleep>>,
    /// The deadline of the whole body, unless more arrives.
    end: Instant,
}

/// The error for a body that is too slow.
#[derive(Debug)]
pub(super) struct TooSlow;

impl fmt::Display for TooSlow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the body came too slowly")
    }
}

impl std::error::Error for TooSlow {}

impl Paced {
    pub(super) const fn new(body: Incoming, limits: HttpLimits) -> Self {
        Self {
            body,
            limits,
            clock: None,
        }
    }
}

impl HttpBody for Paced {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let Self { body, limits, clock } = self.get_mut();
        let clock = clock.get_or_insert_with(|| {
            let now = Instant::now();
            let end = now + limits.body_time;
            Box::pin(Clock {
                timer: Box::pin(sleep_until(end.min(now + limits.body_timeout))),
                end,
            })
        });
        let Poll::Ready(frame) = Pin::new(body).poll_frame(context) else {
            ready!(clock.timer.as_mut().poll(context));
            return Poll::Ready(Some(Err(TooSlow.into())));
        };
        if let Some(Ok(frame)) = &frame {
            let now = Instant::now();
            if now >= clock.end {
                return Poll::Ready(Some(Err(TooSlow.into())));
            }
            let bytes = frame.data_ref().map_or(0, Bytes::len);
            clock.end += limits.time_for(bytes);
            let next = clock.end.min(now + limits.body_timeout);
            clock.timer.as_mut().reset(next);
        }
        Poll::Ready(frame.map(|frame| frame.map_err(Into::into)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
