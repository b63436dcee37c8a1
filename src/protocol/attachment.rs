//! A file attached to a message.

use serde::{Deserialize, Serialize};

use super::Extra;
use super::ids::{AttachmentId, MessageId, RoomId, SafeInt, UnixMillis};
use super::open_enum::open_enum;

open_enum! {
    /// The progress of an attachment from its sender to the other clients.
    AttachmentState {
        /// Announced; nothing has been done yet.
        Initial,
        /// The sender is computing the checksum.
        ChecksumCalculationOnClientSideInProgress,
        /// The sender could not compute the checksum.
        ChecksumCalculationOnClientSideFailed,
        /// The file is being uploaded to the server.
        UploadFromClientToServerInProgress,
        /// The upload failed.
        UploadFromClientToServerFailed,
        /// The server is verifying the checksum.
        ChecksumVerificationOnServerSideInProgress,
        /// The checksum of the received file differs from the announced one.
        ChecksumVerificationOnServerSideMismatch,
        /// The server could not compute the checksum.
        ChecksumVerificationOnServerSideFailed,
        /// Complete and ready for download.
        ReadyForDownloadFromServerToClient,
    }
}

/// The width and height of a picture, in pixels.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(
    all(feature = "server", not(target_arch = "wasm32")),
    derive(utoipa::ToSchema)
)]
pub struct PictureSize {
    /// The width in pixels.
    pub width: SafeInt,
    /// The height in pixels.
    pub height: SafeInt,
    /// Fields unknown to this version.
    #[serde(flatten)]
    #[cfg_attr(all(feature = "server", not(target_arch = "wasm32")), schema(ignore))]
    pub extra: Extra,
}

/// An attachment, as in [`Message::attachments`](super::message::Message::attachments).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(
    all(feature = "server", not(target_arch = "wasm32")),
    derive(utoipa::ToSchema)
)]
#[serde(rename_all = "camelCase")]
pub struct Attachment {
    /// Its id.
    pub attachment_id: AttachmentId,
    /// The file name on the sender's side.
    #[serde(default)]
    pub file_name: String,
    /// The size in bytes.
    #[serde(default)]
    pub file_size: SafeInt,
    /// The checksum of the file: SHA-1 in hexadecimal.
    #[serde(default)]
    pub file_checksum: String,
    /// Whether the server has a thumbnail.
    #[serde(default)]
    pub has_thumbnail: bool,
    /// The progress of the upload.
    #[serde(default = "AttachmentState::assumed")]
    pub attachment_state: AttachmentState,
    /// When it was added.
    #[serde(default)]
    pub created_utc: UnixMillis,
    /// When it last changed.
    #[serde(default)]
    pub last_modified_utc: UnixMillis,
    /// The message that it is attached to.
    #[serde(default)]
    pub text_message_id: MessageId,
    /// The room of that message.
    #[serde(default)]
    pub room_id: RoomId,
    /// The size of a picture, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<PictureSize>,
    /// Fields unknown to this version.
    #[serde(flatten)]
    #[cfg_attr(all(feature = "server", not(target_arch = "wasm32")), schema(ignore))]
    pub extra: Extra,
}

impl AttachmentState {
    /// The state of an attachment without one.
    pub(crate) fn assumed() -> Self {
        Self::Initial
    }
}
