//! A request to the REST API that is given up when it is dropped.

use std::time::Duration;

use wasm_bindgen::prelude::*;

use super::bridge;
use super::options::Options;
use crate::client::shared::{REQUEST_FAILED, REQUEST_PROGRESS, REQUEST_TOO_LARGE};
use crate::client::{Reply, Request};

/// What is reported of a request.
#[derive(Debug)]
pub(super) enum Fetched {
    /// A part of the answer has arrived.
    Progress,
    /// The whole answer: status, body, and how long the server asks to wait.
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
                // NaN if the server does not ask to wait.
                let wait = (retry_after_ms >= 0.0).then(|| Duration::from_millis(retry_after_ms as u64));
                u16::try_from(status).map_or(Self::Failed, |status| Self::Answer(status, body, wait))
            }
        }
    }

    /// What became of the request; `None` as long as nothing has.
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
    /// Held so that JavaScript can call it; once the request is given up, it does not.
    _report: Closure<dyn Fn(i32, String, f64)>,
}

impl Fetch {
    /// Sends the request. `report` is called while the answer arrives and with what became of it; never from within this
    /// call.
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
