//! Sends response bodies slowly.

use std::pin::Pin;
use std::time::Duration;

use axum::body::{Body, BodyDataStream, Bytes, HttpBody};
use axum::http::{HeaderValue, header};
use axum::response::Response;
use futures_util::{StreamExt, stream};
use tokio::time::{self, Instant};

/// The number of portions per second, unless one byte takes longer.
const TICKS_PER_SECOND: u64 = 20;

/// A body being sent.
struct Trickle {
    body: BodyDataStream,
    /// Bytes that have been read but not sent.
    waiting: Bytes,
    /// The number of bytes sent at a time.
    portion: usize,
    interval: Duration,
    /// When to send the next portion.
    due: Instant,
    /// Resolves when the rest may be sent at once; `None` after that.
    released: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
}

/// Sends the body at the given rate until it is released.
pub(super) fn slow(
    answer: Response,
    bytes_per_second: u64,
    released: impl Future<Output = ()> + Send + 'static,
) -> Response {
    if answer.body().is_end_stream() {
        return answer;
    }
    let portion = (bytes_per_second / TICKS_PER_SECOND).max(1);
    let interval = Duration::from_secs_f64(portion as f64 / bytes_per_second.max(1) as f64);
    let (mut parts, body) = answer.into_parts();
    // A stream has no known length.
    if let Some(length) = body.size_hint().exact() {
        parts
            .headers
            .entry(header::CONTENT_LENGTH)
            .or_insert(HeaderValue::from(length));
    }
    let trickle = Trickle {
        body: body.into_data_stream(),
        waiting: Bytes::new(),
        portion: usize::try_from(portion).unwrap_or(usize::MAX),
        interval,
        due: Instant::now() + interval,
        released: Some(Box::pin(released)),
    };
    Response::from_parts(parts, Body::from_stream(stream::unfold(trickle, Trickle::next)))
}

impl Trickle {
    /// Waits until the next portion is due and returns it.
    async fn next(mut self) -> Option<(Result<Bytes, axum::Error>, Self)> {
        while self.waiting.is_empty() {
            match self.body.next().await? {
                Ok(bytes) => self.waiting = bytes,
                Err(error) => return Some((Err(error), self)),
            }
        }
        if let Some(released) = &mut self.released {
            tokio::select! {
                biased;
                () = released => self.released = None,
                () = time::sleep_until(self.due) => {}
            }
        }
        let size = match self.released {
            Some(_) => self.portion.min(self.waiting.len()),
            None => self.waiting.len(),
        };
        self.due = self.due.max(Instant::now()) + self.interval;
        Some((Ok(self.waiting.split_to(size)), self))
    }
}

#[cfg(test)]
mod tests {
    use std::future;

    use super::*;

    async fn first_portions(bytes_per_second: u64, count: usize) -> (Vec<usize>, Duration) {
        let answer = Response::new(Body::from(vec![0; 1000]));
        let mut body = slow(answer, bytes_per_second, future::pending())
            .into_body()
            .into_data_stream();
        let begun = Instant::now();
        let mut sizes = Vec::new();
        for _ in 0..count {
            sizes.push(body.next().await.expect("more").expect("bytes").len());
        }
        (sizes, begun.elapsed())
    }

    #[tokio::test]
    async fn a_body_is_sent_in_portions_at_its_pace() {
        let (sizes, time) = first_portions(1000, 2).await;
        assert_eq!(sizes, [50, 50]);
        assert!(time >= Duration::from_millis(100));
        let (sizes, time) = first_portions(10, 1).await;
        assert_eq!(sizes, [1]);
        assert!(time >= Duration::from_millis(100));
    }

    #[tokio::test]
    async fn a_body_that_is_released_goes_at_once() {
        let answer = slow(Response::new(Body::from(vec![0; 1000])), 1, future::ready(()));
        assert_eq!(answer.headers()[header::CONTENT_LENGTH], "1000");
        let mut body = answer.into_body().into_data_stream();
        assert_eq!(body.next().await.expect("more").expect("bytes").len(), 1000);
        assert!(body.next().await.is_none());
    }

    #[tokio::test]
    async fn nothing_is_left_as_it_is() {
        let answer = slow(Response::new(Body::empty()), 1, future::pending());
        assert!(answer.headers().is_empty());
        assert!(answer.body().is_end_stream());
    }
}
