//! Attachments: streaming uploads, and downloads with ranges.

use axum::body::Body as HttpBody;
use axum::extract::multipart::{Field, Multipart, MultipartError, MultipartRejection};
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use tower_http::services::ServeFile;

use super::error::{ApiError, Failure};
use super::extract::{Caller, Ids, stopped_coming};
use super::schema::{Binary, UPLOAD_FIELD, Upload};
use super::{App, Nothing, Success, done, success};
use crate::protocol::attachment::Attachment;
use crate::protocol::ids::{AttachmentId, MessageId};
use crate::server::files::Files;
use crate::server::session::Identity;
use crate::server::store::attachments::NewAttachment;

/// The maximum number of files per request.
const FILES: usize = 100;

/// The maximum length of a file name, in characters.
const NAME_LENGTH: usize = 255;

const UNKNOWN_TYPE: &str = "application/octet-stream";

/// Attach files to a message: TextMessagesUpdated
///
/// All files or none. For its author and moderators.
#[utoipa::path(
    post,
    path = "/messages/{messageId}/attachments",
    operation_id = "attach",
    tag = "Attachments",
    params(("messageId" = MessageId, Path, description = "The message")),
    request_body(content = Upload, content_type = "multipart/form-data"),
    responses((status = 200, description = "Done", body = Success<Nothing>))
)]
pub(super) async fn upload(
    State(app): State<App>,
    Caller(caller): Caller,
    Ids(message_id): Ids<MessageId>,
    multipart: Result<Multipart, MultipartRejection>,
) -> Result<Response, ApiError> {
    let mut multipart =
        multipart.map_err(|error| ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, error.body_text()))?;
    let mut files = Vec::new();
    let received = match app.chat.require_attachable(caller, message_id).await {
        Ok(_) => receive(&app, &mut multipart, &mut files).await,
        Err(error) => Err(error.into()),
    };
    if received.is_err() {
        // Reads the rest, within the limit of the body, so that the client receives the response.
        while let Ok(Some(_)) = multipart.next_field().await {}
    }
    let names: Vec<_> = files
        .iter()
        .map(|file: &NewAttachment| file.stored_name.clone())
        .collect();
    let attached = match received {
        Ok(()) => app
            .chat
            .attach(caller, message_id, files)
            .await
            .map_err(ApiError::from),
        Err(error) => Err(error),
    };
    if let Err(error) = attached {
        app.files.remove(names).await;
        return Err(error);
    }
    Ok(done())
}

async fn receive(
    app: &App,
    multipart: &mut Multipart,
    files: &mut Vec<NewAttachment>,
) -> Result<(), ApiError> {
    let mut left = app.config.http.max_upload;
    while let Some(field) = multipart
        .next_field()
        .await
        .map_err(|error| unreadable(app, &error))?
    {
        if field.name() != Some(UPLOAD_FIELD) {
            return Err(ApiError::bad_request(format!(
                "Files come in the field `{UPLOAD_FIELD}`, and nothing else does"
            )));
        }
        if files.len() == FILES {
            return Err(ApiError::bad_request(format!(
                "At most {FILES} files can be attached at once"
            )));
        }
        files.push(receive_file(app, field, &mut left).await?);
    }
    if files.is_empty() {
        return Err(ApiError::bad_request(format!(
            "There is no file in the field `{UPLOAD_FIELD}`"
        )));
    }
    Ok(())
}

async fn receive_file(app: &App, mut field: Field<'_>, left: &mut u64) -> Result<NewAttachment, ApiError> {
    let sent = field.headers().get(header::CONTENT_DISPOSITION);
    let sent = sent.and_then(|value| sent_name(str::from_utf8(value.as_bytes()).ok()?));
    let file_name = plain_name(&sent.unwrap_or_else(|| field.file_name().unwrap_or_default().to_owned()));
    let content_type = field
        .content_type()
        .filter(|value| HeaderValue::from_str(value).is_ok())
        .unwrap_or(UNKNOWN_TYPE)
        .to_owned();
    let files: &Files = &app.files;
    let mut upload = files.begin().await.map_err(|error| ApiError::disk(&error))?;
    while let Some(bytes) = field.chunk().await.map_err(|error| unreadable(app, &error))? {
        let Some(rest) = left.checked_sub(bytes.len() as u64) else {
            return Err(too_large(app));
        };
        *left = rest;
        upload
            .write(&bytes)
            .await
            .map_err(|error| ApiError::disk(&error))?;
    }
    let finished = files
        .finish(upload)
        .await
        .map_err(|error| ApiError::disk(&error))?;
    Ok(NewAttachment {
        stored_name: finished.stored_name,
        file_name,
        content_type,
        file_size: finished.size,
        file_checksum: finished.checksum,
        size: finished.picture,
    })
}

fn too_large(app: &App) -> ApiError {
    ApiError::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        format!("The files are larger than {} bytes", app.config.http.max_upload),
    )
}

fn unreadable(app: &App, error: &MultipartError) -> ApiError {
    match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => too_large(app),
        _ if stopped_coming(error) => ApiError::body_timed_out(),
        status => ApiError::new(status, error.body_text()),
    }
}

/// The original file name, if it is in quotes.
///
/// Browsers write a quote as `%22` and leave everything else unchanged, including backslashes (HTML standard). Other
/// clients escape quotes and backslashes with a backslash (RFC 9110).
fn sent_name(disposition: &str) -> Option<String> {
    const BEGIN: &str = "filename=\"";
    let (at, _) = disposition
        .match_indices(BEGIN)
        .find(|(at, _)| disposition[..*at].ends_with([' ', ';']))?;
    let mut name = String::new();
    let mut rest = disposition[at + BEGIN.len()..].chars();
    while let Some(character) = rest.next() {
        match character {
            '"' => return Some(name.replace("%22", "\"")),
            '\\' => match rest.as_str().chars().next() {
                // A backslash before the closing quote is part of the name.
                Some('"') if rest.as_str().trim_end() != "\"" => name.extend(rest.next()),
                Some('\\') => name.extend(rest.next()),
                _ => name.push('\\'),
            },
            character => name.push(character),
        }
    }
    None
}

/// The name without folders and control characters.
fn plain_name(name: &str) -> String {
    let name = name.rsplit('/').next().unwrap_or_default();
    let name: String = name
        .chars()
        .filter(|character| !character.is_control())
        .take(NAME_LENGTH)
        .collect();
    if name.is_empty() { "file".to_owned() } else { name }
}

/// Get the properties of an attachment
#[utoipa::path(
    get,
    path = "/attachments/{id}",
    operation_id = "attachment",
    tag = "Attachments",
    params(("id" = AttachmentId, Path, description = "The attachment")),
    responses((status = 200, description = "The attachment", body = Success<Attachment>))
)]
pub(super) async fn show(
    State(app): State<App>,
    Caller(caller): Caller,
    Ids(attachment_id): Ids<AttachmentId>,
) -> Result<Response, ApiError> {
    Ok(success(app.chat.attachment(caller, attachment_id).await?.0))
}

/// Delete an attachment: TextMessagesUpdated
///
/// For the author of the message and moderators.
#[utoipa::path(
    delete,
    path = "/attachments/{id}",
    operation_id = "deleteAttachment",
    tag = "Attachments",
    params(("id" = AttachmentId, Path, description = "The attachment")),
    responses((status = 200, description = "Done", body = Success<Nothing>))
)]
pub(super) async fn delete(
    State(app): State<App>,
    Caller(caller): Caller,
    Ids(attachment_id): Ids<AttachmentId>,
) -> Result<Response, ApiError> {
    app.chat.delete_attachment(caller, attachment_id).await?;
    Ok(done())
}

/// Download an attachment
///
/// Supports `Range`.
#[utoipa::path(
    get,
    path = "/attachments/{id}/{fileName}",
    operation_id = "attachmentFile",
    tag = "Attachments",
    params(("id" = AttachmentId, Path, description = "The attachment"), ("fileName" = String, Path, description = "The name of its file")),
    responses((status = 200, description = "The bytes", content_type = "*/*", body = Binary),
        (status = 206, description = "A part of the bytes", content_type = "*/*", body = Binary),
        (status = 304, description = "Not changed since `If-Modified-Since`"),
        (status = 412, description = "Changed since `If-Unmodified-Since`", body = Failure),
        (status = 416, description = "The range is not within the bytes", body = Failure))
)]
pub(super) async fn download(
    State(app): State<App>,
    Caller(caller): Caller,
    Ids((attachment_id, _)): Ids<(AttachmentId, String)>,
    request: Request,
) -> Result<Response, ApiError> {
    send_file(app, caller, attachment_id, request).await
}

/// Downloads an attachment whose name is missing from the URL.
pub(super) async fn download_nameless(
    State(app): State<App>,
    Caller(caller): Caller,
    Ids(attachment_id): Ids<AttachmentId>,
    request: Request,
) -> Result<Response, ApiError> {
    send_file(app, caller, attachment_id, request).await
}

async fn send_file(
    app: App,
    caller: Identity,
    attachment_id: AttachmentId,
    request: Request,
) -> Result<Response, ApiError> {
    // Only the id counts. The name may be cut: a link with an unescaped `#` loses the rest.
    let (attachment, file) = app.chat.attachment(caller, attachment_id).await?;
    let response = ServeFile::new(app.files.path(&file.stored_name))
        .try_call(request)
        .await
        .map_err(|error| ApiError::disk(&error))?;
    if response.status() == StatusCode::NOT_FOUND {
        return Err(ApiError::new(StatusCode::NOT_FOUND, "Attachment not found"));
    }
    if response.status() == StatusCode::PRECONDITION_FAILED {
        return Err(ApiError::new(
            StatusCode::PRECONDITION_FAILED,
            "The attachment is newer than that",
        ));
    }
    if response.status() == StatusCode::RANGE_NOT_SATISFIABLE {
        let range = response.headers().get(header::CONTENT_RANGE).cloned();
        let mut refusal = ApiError::new(
            StatusCode::RANGE_NOT_SATISFIABLE,
            format!("The attachment has {} bytes", attachment.file_size),
        )
        .into_response();
        if let Some(range) = range {
            refusal.headers_mut().insert(header::CONTENT_RANGE, range);
        }
        return Ok(refusal);
    }
    let mut response = response.map(HttpBody::new);
    let headers = response.headers_mut();
    let content_type = HeaderValue::from_str(&file.content_type);
    headers.insert(
        header::CONTENT_TYPE,
        content_type.unwrap_or(HeaderValue::from_static(UNKNOWN_TYPE)),
    );
    if let Ok(disposition) = disposition(&attachment.file_name).parse() {
        headers.insert(header::CONTENT_DISPOSITION, disposition);
    }
    // Uploaded content never runs with the rights of this origin's pages.
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("sandbox"),
    );
    Ok(response)
}

/// The value of `Content-Disposition` (RFC 6266): the name in ASCII for old clients, and in UTF-8.
fn disposition(file_name: &str) -> String {
    let ascii: String = file_name
        .chars()
        .map(|character| match character {
            '"' | '\\' => '_',
            ' '..='~' => character,
            _ => '_',
        })
        .collect();
    let encoded: String = file_name
        .bytes()
        .map(|byte| match byte {
            b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'.' | b'-' | b'_' => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect();
    format!("attachment; filename=\"{ascii}\"; filename*=UTF-8''{encoded}")
}
