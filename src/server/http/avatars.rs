//! Pictures of users and rooms.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use sha1::{Digest, Sha1};

use super::error::ApiError;
use super::extract::{Caller, Ids, stopped_coming};
use super::schema::Binary;
use super::{App, Nothing, Success, done};
use crate::protocol::ids::{RoomId, UserId};

/// The media type of pictures.
const JPEG: &str = "image/jpeg";

/// The maximum width and height of an uploaded picture, in pixels.
const LARGEST_SIDE: usize = 4096;

/// A JPEG body.
pub(super) struct Jpeg(Vec<u8>);

impl FromRequest<App> for Jpeg {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &App) -> Result<Self, ApiError> {
        let content_type = request.headers().get(header::CONTENT_TYPE);
        let is_jpeg =
            content_type.is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(JPEG.as_bytes()));
        if !is_jpeg {
            return Err(ApiError::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                format!("The body must be a JPEG, with the header Content-Type: {JPEG}"),
            ));
        }
        let bytes = Bytes::from_request(request, app)
            .await
            .map_err(|rejection| unreadable(app, &rejection))?;
        let is_fine = imagesize::image_type(&bytes).ok() == Some(imagesize::ImageType::Jpeg)
            && imagesize::blob_size(&bytes).is_ok_and(|size| {
                [size.width, size.height]
                    .iter()
                    .all(|side| (1..=LARGEST_SIDE).contains(side))
            });
        if !is_fine {
            return Err(ApiError::bad_request(format!(
                "The body is no JPEG of at most {LARGEST_SIDE} by {LARGEST_SIDE} pixels"
            )));
        }
        Ok(Self(bytes.into()))
    }
}

fn unreadable(app: &App, rejection: &BytesRejection) -> ApiError {
    match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => ApiError::body_too_large(app),
        _ if stopped_coming(rejection) => ApiError::body_timed_out(),
        status => ApiError::new(status, rejection.body_text()),
    }
}

/// Get the picture of a user
///
/// 404 if the user has none.
#[utoipa::path(
    get,
    path = "/users/{userId}/avatar.jpg",
    operation_id = "userAvatar",
    tag = "Users",
    params(("userId" = UserId, Path, description = "The user")),
    responses((status = 200, description = "The picture", content_type = "image/jpeg", body = Binary),
        (status = 304, description = "Not modified, according to `If-None-Match`"))
)]
pub(super) async fn of_user(
    State(app): State<App>,
    _: Caller,
    Ids(user_id): Ids<UserId>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    Ok(picture(app.chat.user_avatar(user_id).await?, &headers))
}

/// Change the picture of a user
///
/// For the user and administrators.
#[utoipa::path(
    put,
    path = "/users/{userId}/avatar.jpg",
    operation_id = "setUserAvatar",
    tag = "Reference",
    params(("userId" = UserId, Path, description = "The user")),
    request_body(content = Binary, content_type = "image/jpeg"),
    responses((status = 200, description = "Done", body = Success<Nothing>))
)]
pub(super) async fn set_of_user(
    State(app): State<App>,
    Caller(caller): Caller,
    Ids(user_id): Ids<UserId>,
    Jpeg(jpeg): Jpeg,
) -> Result<Response, ApiError> {
    app.chat.set_user_avatar(caller, user_id, Some(jpeg)).await?;
    Ok(done())
}

/// Remove the picture of a user
///
/// For the user and administrators.
#[utoipa::path(
    delete,
    path = "/users/{userId}/avatar.jpg",
    operation_id = "deleteUserAvatar",
    tag = "Reference",
    params(("userId" = UserId, Path, description = "The user")),
    responses((status = 200, description = "Done", body = Success<Nothing>))
)]
pub(super) async fn delete_of_user(
    State(app): State<App>,
    Caller(caller): Caller,
    Ids(user_id): Ids<UserId>,
) -> Result<Response, ApiError> {
    app.chat.set_user_avatar(caller, user_id, None).await?;
    Ok(done())
}

/// Get the picture of a room
///
/// 404 if the room has none.
#[utoipa::path(
    get,
    path = "/rooms/{roomId}/avatar.jpg",
    operation_id = "roomAvatar",
    tag = "Rooms",
    params(("roomId" = RoomId, Path, description = "The room")),
    responses((status = 200, description = "The picture", content_type = "image/jpeg", body = Binary),
        (status = 304, description = "Not modified, according to `If-None-Match`"))
)]
pub(super) async fn of_room(
    State(app): State<App>,
    Caller(caller): Caller,
    Ids(room_id): Ids<RoomId>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    Ok(picture(app.chat.room_avatar(caller, room_id).await?, &headers))
}

/// Change the picture of a room: RoomUpdated
///
/// For moderators.
#[utoipa::path(
    put,
    path = "/rooms/{roomId}/avatar.jpg",
    operation_id = "setRoomAvatar",
    tag = "Reference",
    params(("roomId" = RoomId, Path, description = "The room")),
    request_body(content = Binary, content_type = "image/jpeg"),
    responses((status = 200, description = "Done", body = Success<Nothing>))
)]
pub(super) async fn set_of_room(
    State(app): State<App>,
    Caller(caller): Caller,
    Ids(room_id): Ids<RoomId>,
    Jpeg(jpeg): Jpeg,
) -> Result<Response, ApiError> {
    app.chat.set_room_avatar(caller, room_id, Some(jpeg)).await?;
    Ok(done())
}

/// Remove the picture of a room: RoomUpdated
///
/// For moderators.
#[utoipa::path(
    delete,
    path = "/rooms/{roomId}/avatar.jpg",
    operation_id = "deleteRoomAvatar",
    tag = "Reference",
    params(("roomId" = RoomId, Path, description = "The room")),
    responses((status = 200, description = "Done", body = Success<Nothing>))
)]
pub(super) async fn delete_of_room(
    State(app): State<App>,
    Caller(caller): Caller,
    Ids(room_id): Ids<RoomId>,
) -> Result<Response, ApiError> {
    app.chat.set_room_avatar(caller, room_id, None).await?;
    Ok(done())
}

/// The picture, or 304 if the caller already has it.
fn picture(jpeg: Vec<u8>, headers: &HeaderMap) -> Response {
    let digest: String = Sha1::digest(&jpeg)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let tag = format!("\"{digest}\"");
    let is_known = headers
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|known| known.trim().trim_start_matches("W/") == tag);
    let mut response = if is_known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let headers = [
            (header::CONTENT_TYPE, JPEG),
            (header::CONTENT_DISPOSITION, "inline; filename=\"avatar.jpg\""),
        ];
        (headers, jpeg).into_response()
    };
    // The picture may change at any time, so clients have to revalidate it with the tag.
    let headers = response.headers_mut();
    headers.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("private, no-cache"),
    );
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(header::ETAG, tag);
    }
    response
}
