//! The parameters of faults of REST requests.

use axum::http::Method;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use tokio::time::{self, Instant};

/// The body of a response whose status comes from a fault.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum RestBody {
    /// The API's error JSON. The request is not carried out.
    #[default]
    Error,
    /// A login page in HTML, like that of an authenticating proxy after its session has expired. The request is not
    /// carried out.
    Html,
    /// The first half of a successful response: complete HTTP, but truncated JSON. The request is carried out.
    Truncated,
}

/// What happens to a request for a larger page than a fault allows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum CapMode {
    /// The page is shorter than requested.
    #[default]
    Silent,
    /// The response is 400. A request without a limit gets a short page.
    Refuse,
}

/// The method of requests that a fault affects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum RestMethod {
    /// Reads.
    Get,
    /// Creates and sends.
    Post,
    /// Changes.
    Put,
    /// Deletes.
    Delete,
}

impl RestMethod {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Delete => "DELETE",
        }
    }
}

/// The response to a request that a fault affects.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StatusFault {
    pub(crate) status: u16,
    pub(crate) body: RestBody,
    pub(crate) retry_after_s: Option<u64>,
}

/// The limit of a page.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cap {
    pub(crate) limit: u32,
    pub(crate) mode: CapMode,
}

/// The rate at which a body is sent.
pub(crate) struct Slowness {
    pub(crate) bytes_per_second: u64,
    pub(crate) hold: Hold,
}

/// The age of the state that a user reads.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lag {
    pub(crate) ms: u64,
    /// The [`Lagging`] that it belongs to.
    pub(crate) run: u64,
}

/// A period during which at least one fault makes reads lag.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lagging {
    /// The longest active lag.
    pub(crate) longest_ms: u64,
    /// Identifies the period.
    pub(crate) run: u64,
}

/// The end of a fault, for a pending request.
pub(crate) struct Hold {
    pub(super) until: Option<Instant>,
    pub(super) clears: watch::Receiver<()>,
}

impl Hold {
    /// Waits until the fault expires or is cleared.
    pub(crate) async fn over(mut self) {
        // An error means the end of the server and its faults.
        match self.until {
            Some(until) => drop(time::timeout_at(until, self.clears.changed()).await),
            None => drop(self.clears.changed().await),
        }
    }
}

/// A request that a fault may affect.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Call<'a> {
    pub(crate) method: &'a Method,
    /// Relative to `/api/v1`.
    pub(crate) path: &'a str,
}

impl Call<'_> {
    /// Whether it has the method and the path of a fault or, unless `exact`, a path below it.
    pub(super) fn is_of(self, method: Option<RestMethod>, path: Option<&str>, exact: bool) -> bool {
        method.is_none_or(|method| self.method == method.as_str()) && concerns(path, exact, self.path)
    }
}

/// Whether a path is that of a fault or, unless `exact`, below it. Both are relative to `/api/v1`.
fn concerns(fault: Option<&str>, exact: bool, path: &str) -> bool {
    let Some(fault) = fault else {
        return true;
    };
    if exact {
        return path == fault;
    }
    path.strip_prefix(fault)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || fault.ends_with('/'))
}

#[cfg(test)]
mod tests {
    use super::concerns;

    #[test]
    fn a_path_matches_at_the_borders_of_its_segments() {
        for (fault, path, prefix, exact) in [
            (None, "/rooms", true, true),
            (Some("/rooms"), "/rooms", true, true),
            (Some("/rooms"), "/rooms/3/messages", true, false),
            (Some("/rooms"), "/roomsy", false, false),
            (Some("/rooms/3"), "/rooms/31/messages", false, false),
            (Some("/rooms/"), "/rooms/3", true, false),
            (Some("/rooms/"), "/rooms", false, false),
            (Some("/"), "/status", true, false),
        ] {
            assert_eq!(concerns(fault, false, path), prefix, "{fault:?} {path}");
            assert_eq!(concerns(fault, true, path), exact, "{fault:?} {path}, exact");
        }
    }
}
