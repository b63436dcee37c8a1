//! A file that hangs on a message.

use serde::{Deserialize, Serialize};

use super::Extra;
use super::ids::{AttachmentId, MessageId, RoomId, SafeInt, UnixMillis};
use super::open_enum::open_enum;

open_enum! {
    /// How far an attachment has come on its way from one client to the others.
    AttachmentState {
        /// Announced, nothing done yet.
        Initial,
        /// The sender computes the checksum.
        ChecksumCalculationOnClientSideInProgress,
        /// The sender could not compute the checksum.
        ChecksumCalculationOnClientSideFailed,
        /// The bytes are on their way to the server.
        UploadFromClientToServerInProgress,
        /// The upload broke off.
        UploadFromClientToServerFailed,
        /// The server compares the checksum.
        ChecksumVerificationOnServerSideInProgress,
        /// The bytes that arrived are not those that were announced.
        ChecksumVerificationOnServerSideMismatch,
        /// The server could not compute the checksum.
        ChecksumVerificationOnServerSideFailed,
        /// Complete: it can be downloaded.
        ReadyForDownloadFromServerToClient,
    }
}

/// Width and height of a picture, in pixels.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(
    all(feature = "server", not(target_arch = "wasm32")),
    derive(utoipa::ToSchema)
)]
pub struct PictureSize {
    /// Pixels across.
    pub width: SafeInt,
    /// Pixels down.
    pub height: SafeInt,
    /// Fields that this version does not know.
    #[serde(flatten)]
    #[cfg_attr(all(feature = "server", not(target_arch = "wasm32")), schema(ignore))]
    pub extra: Extra,
}

/// An attachment, as it stands in [`Message::attachments`](super::message::Message::attachments).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(
    all(feature = "server", not(target_arch = "wasm32")),
    derive(utoipa::ToSchema)
)]
#[serde(rename_all = "camelCase")]
pub struct Attachment {
    /// Its id.
    pub attachment_id: AttachmentId,
    /// The name that the sender's file has.
    #[serde(default)]
    pub file_name: String,
    /// Bytes.
    #[serde(default)]
    pub file_size: SafeInt,
    /// SHA-1 of the bytes, in hexadecimal.
    #[serde(default)]
    pub file_checksum: String,
    /// Whether the server has a small picture of it.
    #[serde(default)]
    pub has_thumbnail: bool,
    /// How far it has come.
    #[serde(default = "AttachmentState::assumed")]
    pub attachment_state: AttachmentState,
    /// When it was added.
    #[serde(default)]
    pub created_utc: UnixMillis,
    /// When it last changed.
    #[serde(default)]
    pub last_modified_utc: UnixMillis,
    /// The message that it hangs on.
    #[serde(default)]
    pub text_message_id: MessageId,
    /// The room of that message.
    #[serde(default)]
    pub room_id: RoomId,
    /// Of a picture, sometimes: its size.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<PictureSize>,
    /// Fields that this version does not know.
    #[serde(flatten)]
    #[cfg_attr(all(feature = "server", not(target_arch = "wasm32")), schema(ignore))]
    pub extra: Extra,
}

impl AttachmentState {
    /// What an attachment without a state is taken for.
    pub(crate) fn assumed() -> Self {
        Self::Initial
    }
}
