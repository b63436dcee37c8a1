//! A text message with its attachments, read receipts and properties.

use serde::{Deserialize, Serialize};

use super::Extra;
use super::attachment::Attachment;
use super::ids::{MessageId, RoomId, SafeInt, UnixMillis, UserId};
use super::open_enum::open_enum;

open_enum! {
    /// The kind of a message.
    MessageType {
        /// A plain message.
        Regular,
        /// A tracked piece of work with [`IssueProperties`].
        Issue,
        /// An appointment with [`MeetingProperties`].
        Meeting,
    }
}

open_enum! {
    /// The format of the text. Treat the text as untrusted in every format, above all [`TextHtml`](Self::TextHtml).
    MarkupType {
        /// Plain text.
        TextPlain,
        /// HTML.
        TextHtml,
        /// Markdown.
        TextMarkdown,
        /// Source code.
        TextCode,
        /// LaTeX.
        TextLatex,
    }
}

open_enum! {
    /// The urgency of a message.
    Priority {
        /// Blocks all other work.
        Blocker,
        /// More urgent than almost everything else.
        Critical,
        /// More urgent than normal.
        High,
        /// The default.
        Normal,
        /// Less urgent than normal.
        Low,
        /// Of no urgency.
        Trivial,
    }
}

open_enum! {
    /// The kind of work that an issue describes.
    IssueType {
        /// Something to do.
        Task,
        /// A part of a task.
        Subtask,
        /// A defect.
        Bug,
        /// A large body of work.
        Epic,
        /// A user's goal and its reason.
        Story,
        /// A requested feature.
        FeatureRequest,
        /// A change awaiting review.
        MergeRequest,
    }
}

open_enum! {
    /// The progress of an issue.
    IssueStatus {
        /// Not planned yet.
        Backlog,
        /// Planned.
        ToDo,
        /// In progress.
        InProgress,
        /// Done, to be verified.
        ToVerify,
        /// Done and verified.
        Done,
        /// Will not be done.
        Declined,
    }
}

/// A read receipt: who read a message, and when.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(
    all(feature = "server", not(target_arch = "wasm32")),
    derive(utoipa::ToSchema)
)]
#[serde(rename_all = "camelCase")]
pub struct ReadTimestamp {
    /// The reader.
    pub user_id: UserId,
    /// When the message was read.
    pub read_utc: UnixMillis,
    /// Fields unknown to this version.
    #[serde(flatten)]
    #[cfg_attr(all(feature = "server", not(target_arch = "wasm32")), schema(ignore))]
    pub extra: Extra,
}

/// The additional properties of an issue.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(
    all(feature = "server", not(target_arch = "wasm32")),
    derive(utoipa::ToSchema)
)]
pub struct IssueProperties {
    /// The kind of work.
    #[serde(rename = "type")]
    pub issue_type: IssueType,
    /// The progress.
    pub status: IssueStatus,
    /// The users that it is assigned to.
    #[serde(default)]
    pub assignees: Vec<UserId>,
    /// Fields unknown to this version.
    #[serde(flatten)]
    #[cfg_attr(all(feature = "server", not(target_arch = "wasm32")), schema(ignore))]
    pub extra: Extra,
}

/// The additional properties of a meeting.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(
    all(feature = "server", not(target_arch = "wasm32")),
    derive(utoipa::ToSchema)
)]
#[serde(rename_all = "camelCase")]
pub struct MeetingProperties {
    /// When the meeting begins.
    pub time_utc: UnixMillis,
    /// The duration. The API specifies no unit; the value is passed on unchanged.
    pub duration: SafeInt,
    /// Fields unknown to this version.
    #[serde(flatten)]
    #[cfg_attr(all(feature = "server", not(target_arch = "wasm32")), schema(ignore))]
    pub extra: Extra,
}

/// A text message, as in TextMessagesCreated and TextMessagesUpdated of the Events API.
///
/// This type follows the documented API. The [decoder](super::decode) accepts more: fields that are null, absent or of
/// the wrong type, and negative user ids.
///
/// The fields in the specification's example are required (`messageId`, `messageType`, `roomId`, `text`, `userId`). The
/// others default to their neutral values.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(
    all(feature = "server", not(target_arch = "wasm32")),
    derive(utoipa::ToSchema)
)]
#[serde(rename_all = "camelCase")]
pub struct Message {
    /// Its id.
    pub message_id: MessageId,
    /// The author.
    pub user_id: UserId,
    /// The room of the message.
    pub room_id: RoomId,
    /// The parent of a comment; 0 if the message is no comment.
    #[serde(default)]
    pub parent_message_id: MessageId,
    /// The text, in the format of [`markup_type`](Self::markup_type).
    pub text: String,
    /// The kind of message.
    pub message_type: MessageType,
    /// The format of the text.
    #[serde(default = "MarkupType::assumed")]
    pub markup_type: MarkupType,
    /// The urgency.
    #[serde(default = "Priority::assumed")]
    pub priority: Priority,
    /// When the message was sent.
    #[serde(default)]
    pub created_utc: UnixMillis,
    /// When the text last changed.
    #[serde(default)]
    pub last_edited_utc: UnixMillis,
    /// When anything last changed, including read receipts.
    #[serde(default)]
    pub last_modified_utc: UnixMillis,
    /// The number of comments.
    #[serde(default)]
    pub comment_count: SafeInt,
    /// The attached files.
    #[serde(default)]
    pub attachments: Vec<Attachment>,
    /// The read receipts.
    #[serde(default)]
    pub read_timestamps: Vec<ReadTimestamp>,
    /// The properties of an issue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issue_properties: Option<IssueProperties>,
    /// The properties of a meeting.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meeting_properties: Option<MeetingProperties>,
    /// Fields unknown to this version.
    #[serde(flatten)]
    #[cfg_attr(all(feature = "server", not(target_arch = "wasm32")), schema(ignore))]
    pub extra: Extra,
}

impl MarkupType {
    /// The format of a message without one: the harmless choice.
    pub(crate) fn assumed() -> Self {
        Self::TextPlain
    }
}

impl Priority {
    /// The priority of a message without one.
    pub(crate) fn assumed() -> Self {
        Self::Normal
    }
}
