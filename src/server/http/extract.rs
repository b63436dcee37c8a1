//! Extractors for handlers, which reject with the API's errors.

use std::convert::Infallible;
use std::fmt;
use std::iter;
use std::marker::PhantomData;
use std::net::{IpAddr, Ipv4Addr};

use axum::body::Bytes;
use axum::extract::rejection::{JsonRejection, PathRejection};
use axum::extract::{FromRequest, FromRequestParts, Json, Path, Query, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum_extra::extract::CookieJar;
use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeOwned, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use utoipa::IntoParams;

use super::App;
use super::error::ApiError;
use super::pace::TooSlow;
use super::serve::Peer;
use crate::protocol::ids::MessageId;
use crate::server::quirk::Quirk;
use crate::server::session::{Credential, Identity};
use crate::server::store::messages::{Direction, Page};

/// The session cookie.
pub(in crate::server) const SESSION_COOKIE: &str = "VirolaUserSessionId";

/// The credential of a request: a token or else a cookie.
pub(super) fn credential(headers: &HeaderMap) -> Option<Credential> {
    if let Some(value) = headers.get(header::AUTHORIZATION) {
        // A scheme other than Bearer counts as a wrong token, not as a missing one.
        let token = value
            .to_str()
            .ok()
            .and_then(|value| value.split_once(' '))
            .map_or("", |(scheme, token)| {
                if scheme.eq_ignore_ascii_case("bearer") {
                    token.trim()
                } else {
                    ""
                }
            });
        return Some(Credential::Token(token.to_owned()));
    }
    session(headers)
}

/// The session of a request, from its cookie.
pub(super) fn session(headers: &HeaderMap) -> Option<Credential> {
    CookieJar::from_headers(headers)
        .get(SESSION_COOKIE)
        .map(|cookie| Credential::Session(cookie.value().to_owned()))
}

/// The authenticated user; 401 without valid credentials.
pub(super) struct Caller(pub(super) Identity);

impl FromRequestParts<App> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        Ok(Self(app.sessions.identify(credential(&parts.headers)).await?))
    }
}

/// The address of the client; the unspecified one for requests without a socket.
pub(super) struct Address(pub(super) IpAddr);

impl<S: Sync> FromRequestParts<S> for Address {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let peer = parts.extensions.get::<Peer>();
        Ok(Self(
            peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), Peer::address),
        ))
    }
}

/// A JSON body.
pub(super) struct Body<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequest<App> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &App) -> Result<Self, ApiError> {
        read(request, app).await.map(|Object(body)| Self(body))
    }
}

async fn read<T: DeserializeOwned>(request: Request, app: &App) -> Result<T, ApiError> {
    let (parts, body) = request.into_parts();
    let rejection = match Bytes::from_request(Request::from_parts(parts.clone(), body), app).await {
        // The parser skips the values of unknown fields without checking their encoding.
        Ok(bytes) if str::from_utf8(&bytes).is_err() => {
            return Err(ApiError::bad_request("The body is not JSON: it is not UTF-8"));
        }
        Ok(bytes) => match Json::from_request(Request::from_parts(parts, bytes.into()), app).await {
            Ok(Json(body)) => return Ok(body),
            Err(rejection) => rejection,
        },
        Err(rejection) => rejection.into(),
    };
    Err(match rejection {
        JsonRejection::MissingJsonContentType(_) => ApiError::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "The body must be JSON, with the header Content-Type: application/json",
        ),
        JsonRejection::JsonSyntaxError(error) => {
            ApiError::bad_request(format!("The body is not JSON: {}", cause(&error)))
        }
        JsonRejection::JsonDataError(error) => {
            ApiError::bad_request(format!("The body is not what is expected: {}", cause(&error)))
        }
        rejection if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE => ApiError::body_too_large(app),
        rejection if stopped_coming(&rejection) => ApiError::body_timed_out(),
        rejection => ApiError::new(rejection.status(), rejection.body_text()),
    })
}

/// A value from a JSON object. By default, serde also parses a struct from an array of its fields' values.
struct Object<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ObjectVisitor<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
            type Value = T;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<T, A::Error> {
                T::deserialize(MapAccessDeserializer::new(fields))
            }
        }

        deserializer.deserialize_map(ObjectVisitor(PhantomData)).map(Self)
    }
}

/// Whether a body could not be read because it stalled or was too slow.
pub(super) fn stopped_coming(error: &(dyn std::error::Error + 'static)) -> bool {
    iter::successors(Some(error), |error| error.source()).any(|error| error.is::<TooSlow>())
}

/// The innermost error, which is serde's.
fn cause(error: &(dyn std::error::Error + 'static)) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}

/// An optional body; absent or null means the default.
pub(super) struct OptionalBody<T>(pub(super) T);

impl<T: DeserializeOwned + Default> FromRequest<App> for OptionalBody<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &App) -> Result<Self, ApiError> {
        if request.headers().contains_key(header::CONTENT_TYPE) {
            let body: Option<Object<T>> = read(request, app).await?;
            Ok(Self(body.map(|Object(body)| body).unwrap_or_default()))
        } else {
            Ok(Self(T::default()))
        }
    }
}

/// One id in a path, or a tuple of them.
pub(super) struct Ids<T>(pub(super) T);

impl<T: DeserializeOwned + Send> FromRequestParts<App> for Ids<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        match Path::from_request_parts(parts, app).await {
            Ok(Path(ids)) => Ok(Self(ids)),
            Err(PathRejection::FailedToDeserializePathParams(_)) => Err(ApiError::bad_request(
                "An id in the path is not a positive integer below 2^53",
            )),
            Err(rejection) => Err(ApiError::new(rejection.status(), rejection.body_text())),
        }
    }
}

/// `cursor`, `limit` and `direction` of a list of messages.
pub(super) struct PageQuery(pub(super) Page);

/// `cursor`, `limit` and `direction` as strings.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct RawPage {
    /// The id of the message to start from (included). Default, or with -1: the oldest message (forward) or the newest
    /// (backward).
    #[param(value_type = Option<i64>, minimum = -1, maximum = 9_007_199_254_740_991_i64)]
    cursor: Option<String>,
    /// The maximum number of messages. Default: all.
    #[param(value_type = Option<i64>, minimum = 0, maximum = 4_294_967_295_i64)]
    limit: Option<String>,
    /// `forward` (the default): from the cursor to newer messages; `backward`: to older ones.
    #[param(value_type = Option<String>, pattern = "^(forward|backward)$")]
    direction: Option<String>,
}

impl FromRequestParts<App> for PageQuery {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let Query(raw) = Query::<RawPage>::from_request_parts(parts, app)
            .await
            .map_err(|rejection| {
                ApiError::bad_request(format!("The query cannot be read: {}", cause(&rejection)))
            })?;
        Ok(Self(Page {
            is_exclusive: app.config.quirks.contains(Quirk::ExclusiveCursors),
            cursor: raw.cursor.as_deref().map_or(Ok(None), parse_cursor)?,
            limit: raw.limit.as_deref().map(parse_limit).transpose()?,
            direction: raw
                .direction
                .as_deref()
                .map_or(Ok(Direction::default()), parse_direction)?,
        }))
    }
}

fn parse_cursor(text: &str) -> Result<Option<MessageId>, ApiError> {
    if text == "-1" {
        return Ok(None);
    }
    text.parse()
        .ok()
        .and_then(MessageId::new)
        .map(Some)
        .ok_or_else(|| {
            ApiError::bad_request(format!(
                "`{text}` is no cursor: it is the id of a message, or -1 for none"
            ))
        })
}

fn parse_limit(text: &str) -> Result<u32, ApiError> {
    text.parse().map_err(|_| {
        ApiError::bad_request(format!(
            "`{text}` is no limit: it is a number from 0 to {}",
            u32::MAX
        ))
    })
}

fn parse_direction(text: &str) -> Result<Direction, ApiError> {
    match text {
        "forward" => Ok(Direction::Forward),
        "backward" => Ok(Direction::Backward),
        _ => Err(ApiError::bad_request(format!(
            "`{text}` is no direction: it is forward or backward"
        ))),
    }
}
