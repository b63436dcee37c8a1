//! Login, logout, tokens and users.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::{Cookie, SameSite};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::error::{ApiError, Failure};
use super::extract::{Address, Body, Caller, Ids, OptionalBody, SESSION_COOKIE, credential};
use super::{App, Nothing, Success, done, success};
use crate::protocol::ids::{UnixMillis, UserId};
use crate::server::session::{Credential, SessionError};
use crate::server::store::users::{User, UserStatus};

/// The credentials. A missing field counts as wrong.
#[derive(Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Login {
    #[schema(required = true, nullable = false)]
    user_name: Option<String>,
    #[schema(required = true, nullable = false)]
    password: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Session {
    user_id: UserId,
    /// Null if the request was authenticated with a token.
    user_session_id: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Token {
    user_id: UserId,
    token: String,
    expires_utc: UnixMillis,
}

#[derive(Serialize, ToSchema)]
struct Users {
    users: Vec<User>,
}

/// Log in
///
/// Sets the session cookie `VirolaUserSessionId`. User names are case-insensitive.
#[utoipa::path(
    post,
    path = "/login",
    operation_id = "login",
    tag = "Account",
    security(()),
    request_body = Login,
    responses((status = 200, description = "The session", body = Success<Session>),
        (status = 401, description = "The user name or the password is wrong or missing, or the user is suspended", body = Failure),
        (status = 429, description = "Too many logins have failed; `Retry-After` says how many seconds to wait", body = Failure,
            headers(("Retry-After" = u64))))
)]
pub(super) async fn log_in(
    State(app): State<App>,
    Address(address): Address,
    OptionalBody(login): OptionalBody<Login>,
) -> Result<Response, ApiError> {
    let (Some(user_name), Some(password)) = (login.user_name, login.password) else {
        return Err(SessionError::WrongPassword.into());
    };
    let session = app.sessions.log_in(address, user_name, password).await?;
    let cookie = session_cookie(&app, session.secret.clone());
    let body = success(Session {
        user_id: session.user_id,
        user_session_id: Some(session.secret),
    });
    Ok((CookieJar::new().add(cookie), body).into_response())
}

/// Get the authenticated user
#[utoipa::path(
    get,
    path = "/status",
    operation_id = "status",
    tag = "Account",
    responses((status = 200, description = "The user of the session", body = Success<Session>))
)]
pub(super) async fn status(Caller(identity): Caller, headers: HeaderMap) -> Response {
    let user_session_id = match credential(&headers) {
        Some(Credential::Session(id)) => Some(id),
        _ => None,
    };
    success(Session {
        user_id: identity.user_id,
        user_session_id,
    })
}

/// Log out
///
/// Closes the connections of the session. A token is no session: 401. The cookie is cleared in any case.
#[utoipa::path(
    post,
    path = "/logout",
    operation_id = "logout",
    tag = "Account",
    security(("session" = [])),
    responses((status = 200, description = "The session has ended", body = Success<Nothing>))
)]
pub(super) async fn log_out(State(app): State<App>, headers: HeaderMap) -> Response {
    let ended = app.sessions.log_out(credential(&headers)).await;
    let mut cookie = session_cookie(&app, String::new());
    cookie.make_removal();
    let answer = ended.map_or_else(|error| ApiError::from(error).into_response(), |()| done());
    // The cookie is useless without a session.
    (CookieJar::new().add(cookie), answer).into_response()
}

/// Issue a bearer token for the caller
///
/// Revokes the previous token and closes its connections.
#[utoipa::path(
    post,
    path = "/reference/token",
    operation_id = "issueToken",
    tag = "Reference",
    responses((status = 200, description = "The token, which is shown only once", body = Success<Token>))
)]
pub(super) async fn issue_token(
    State(app): State<App>,
    Caller(identity): Caller,
) -> Result<Response, ApiError> {
    let token = app.sessions.issue_token(identity).await?;
    Ok(success(Token {
        user_id: token.user_id,
        token: token.secret,
        expires_utc: token.expires_utc,
    }))
}

/// A user's status.
#[derive(Deserialize, ToSchema)]
pub(super) struct SetStatus {
    status: UserStatus,
}

/// Suspend or reactivate a user
///
/// Suspension ends the user's sessions, token and connections at once. For administrators, except for themselves.
#[utoipa::path(
    put,
    path = "/reference/users/{userId}/status",
    operation_id = "setUserStatus",
    tag = "Reference",
    params(("userId" = UserId, Path, description = "The user")),
    request_body = SetStatus,
    responses((status = 200, description = "Done", body = Success<Nothing>))
)]
pub(super) async fn set_status(
    State(app): State<App>,
    Caller(caller): Caller,
    Ids(user_id): Ids<UserId>,
    Body(SetStatus { status }): Body<SetStatus>,
) -> Result<Response, ApiError> {
    app.chat.set_status(caller, user_id, status).await?;
    Ok(done())
}

/// List all users
#[utoipa::path(
    get,
    path = "/users",
    operation_id = "users",
    tag = "Users",
    responses((status = 200, description = "The users, by their ids", body = Success<Users>))
)]
pub(super) async fn users(State(app): State<App>, _: Caller) -> Result<Response, ApiError> {
    Ok(success(Users {
        users: app.chat.users().await?,
    }))
}

/// Builds a session cookie. The browser drops it when it closes; the server may end the session earlier or later.
fn session_cookie(app: &App, id: String) -> Cookie<'static> {
    Cookie::build((SESSION_COOKIE, id))
        .path("/")
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(app.config.secure_cookie || app.config.tls.is_some())
        .build()
}
