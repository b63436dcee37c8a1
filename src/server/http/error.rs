//! Errors in the format of the API.

use std::any::Any;
use std::fmt::Display;
use std::io::{self, ErrorKind};

use axum::Json;
use axum::http::{Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use super::App;
use crate::server::chat::ChatError;
use crate::server::hub::HubError;
use crate::server::session::{SessionError, whole_seconds};
use crate::server::store::StoreError;

/// A failure: a status and `{"errorText", "httpStatusCode"}`.
#[derive(Debug)]
pub(super) struct ApiError {
    status: StatusCode,
    text: String,
    /// The value of `Retry-After` in seconds, if known.
    retry_after: Option<u64>,
}

/// The body of a failure.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Failure {
    /// The error in a sentence.
    error_text: String,
    /// The HTTP status of the response.
    #[schema(minimum = 400, maximum = 599)]
    http_status_code: u16,
}

impl ApiError {
    pub(super) fn new(status: StatusCode, text: impl Into<String>) -> Self {
        Self {
            status,
            text: text.into(),
            retry_after: None,
        }
    }

    pub(super) fn bad_request(text: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, text)
    }

    pub(super) fn no_such_path(uri: &Uri) -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            format!("There is nothing at {}", uri.path()),
        )
    }

    pub(super) fn method_not_allowed(method: &Method, uri: &Uri) -> Self {
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            format!("{method} is not a method of {}", uri.path()),
        )
    }

    pub(super) fn body_too_large(app: &App) -> Self {
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            format!("The body is larger than {} bytes", app.config.http.max_body),
        )
    }

    pub(super) fn body_timed_out() -> Self {
        Self::new(
            StatusCode::REQUEST_TIMEOUT,
            "The body stopped coming, or came too slowly",
        )
    }

    /// A file cannot be written or read.
    pub(super) fn disk(error: &io::Error) -> Self {
        match error.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Self::full(),
            _ => Self::internal("disk-failed", error),
        }
    }

    fn full() -> Self {
        Self::new(
            StatusCode::INSUFFICIENT_STORAGE,
            "The server has no room for more. Reading and deleting go on.",
        )
    }

    /// The database failed.
    fn store(error: &StoreError) -> Self {
        match error {
            StoreError::Full => Self::full(),
            StoreError::Locked => Self {
                retry_after: Some(1),
                ..Self::new(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "Another process has locked the database of the server.",
                )
            },
            error => Self::internal(error.code(), error),
        }
    }

    /// An internal error. Its cause is only logged.
    pub(super) fn internal(code: &'static str, cause: &dyn Display) -> Self {
        tracing::error!(code, %cause, "a request failed");
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "The server failed; its log says why.",
        )
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let body = Failure {
            error_text: self.text,
            http_status_code: self.status.as_u16(),
        };
        let retry_after = self.retry_after.map(|seconds| [(header::RETRY_AFTER, seconds)]);
        (self.status, retry_after, Json(body)).into_response()
    }
}

impl From<SessionError> for ApiError {
    fn from(error: SessionError) -> Self {
        match error {
            SessionError::Missing | SessionError::Invalid | SessionError::WrongPassword => {
                Self::new(StatusCode::UNAUTHORIZED, error.to_string())
            }
            SessionError::TooManyLogins(wait) => Self {
                retry_after: Some(whole_seconds(wait)),
                ..Self::new(StatusCode::TOO_MANY_REQUESTS, error.to_string())
            },
            SessionError::Hub(HubError::TooMany) => {
                Self::new(StatusCode::TOO_MANY_REQUESTS, error.to_string())
            }
            SessionError::Hub(HubError::Closed) => {
                Self::new(StatusCode::SERVICE_UNAVAILABLE, error.to_string())
            }
            SessionError::Store(error) => Self::store(&error),
            SessionError::Password(_) | SessionError::Random(_) => Self::internal(error.code(), &error),
        }
    }
}

impl From<ChatError> for ApiError {
    fn from(error: ChatError) -> Self {
        let status = match error {
            ChatError::RoomNotFound
            | ChatError::MessageNotFound
            | ChatError::AttachmentNotFound
            | ChatError::AvatarNotFound
            | ChatError::CursorNotFound
            | ChatError::UserNotFound => StatusCode::NOT_FOUND,
            ChatError::Forbidden(_) | ChatError::NotPermitted(_) => StatusCode::FORBIDDEN,
            ChatError::Invalid(_) => StatusCode::BAD_REQUEST,
            ChatError::Store(error) => return Self::store(&error),
            ChatError::Avatar(_) | ChatError::Event(_) => {
                return Self::internal(error.code(), &error);
            }
        };
        Self::new(status, error.to_string())
    }
}

/// The response of a handler that panicked.
pub(super) fn panicked(_: Box<dyn Any + Send>) -> Response {
    ApiError::internal("panicked", &"a handler panicked").into_response()
}
