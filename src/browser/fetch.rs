//! A request to the REST API that is aborted when dropped.

use std::time::Duration;

use wasm_bindgen::prelude::*;

use super::bridge;
use super::options::Options;
use crate::client::shared::{REQUEST_FAILED, REQUEST_PROGRESS, REQUEST_TOO_LARGE};
use crate::client::{Reply, Request};

/// A report about a request.
#[derive(Debug)]
pub(super) enum Fetched {
    /// A part of the response has arrived.
    Progress,
    /// The complete response: status, body, and `Retry-After`.
    Answer(u16, String, Option<Duration>),
    TooLarge,
    Failed,
}

impl Fetched {
    fn new(status: i32, body: String, retry_after_ms: f64) -> Self {
        match status {
            REQUEST_FAILED => Self::Failed,
            REQUEST_PROGRESS => Self::Progress,
            REQUEST_TOO_LARGE => Self::TooLarge,
            _ => {
                // NaN if the response has no `Retry-After`.
                let wait = (retry_after_ms >= 0.0).then(|| Duration::from_millis(retry_after_ms as u64));
                u16::try_from(status).map_or(Self::Failed, |status| Self::Answer(status, body, wait))
            }
        }
    }

    /// The outcome of the request; `None` while it is in progress.
    pub(super) fn reply(&self) -> Option<Reply<'_>> {
        match self {
            Self::Progress => None,
            Self::Answer(status, body, retry_after) => Some(Reply::Answer {
                status: *status,
                body,
                retry_after: *retry_after,
            }),
            Self::TooLarge => Some(Reply::TooLarge),
            Self::Failed => Some(Reply::Failed),
        }
    }
}

/// A request to the REST API.
pub(super) struct Fetch {
    controller: JsValue,
    /// Kept alive for JavaScript, which no longer calls it once the request is aborted.
    _report: Closure<dyn Fn(i32, String, f64)>,
}

impl Fetch {
    /// Sends the request. `report` is called while the response arrives and with the outcome, never during this call.
    pub(super) fn send(
        options: &Options,
        request: &Request,
        body: Option<String>,
        redirects: bool,
        report: impl Fn(Fetched) + 'static,
    ) -> Self {
        let report = Closure::new(move |status, body, wait| report(Fetched::new(status, body, wait)));
        let controller = bridge::fetch_text(
            options,
            request.method(),
            &request.path(),
            body,
            redirects,
            report.as_ref(),
        );
        Self {
            controller,
            _report: report,
        }
    }
}

impl Drop for Fetch {
    fn drop(&mut self) {
        bridge::abort(&self.controller);
    }
}
