//! A text message, with everything that can hang on it.

use serde::{Deserialize, Serialize};

use super::Extra;
use super::attachment::Attachment;
use super::ids::{MessageId, RoomId, SafeInt, UnixMillis, UserId};
use super::open_enum::open_enum;

open_enum! {
    /// What kind of message it is.
    MessageType {
        /// Plain conversation.
        Regular,
        /// A piece of work that is tracked: it has [`IssueProperties`].
        Issue,
        /// An appointment: it has [`MeetingProperties`].
        Meeting,
    }
}

open_enum! {
    /// How the text is to be read. The text is untrusted in every case, [`TextHtml`](Self::TextHtml) most of all.
    MarkupType {
        /// As it is.
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
    /// How urgent a message is.
    Priority {
        /// Nothing else goes on before this.
        Blocker,
        /// Before almost everything.
        Critical,
        /// Before the ordinary.
        High,
        /// The ordinary.
        Normal,
        /// After the ordinary.
        Low,
        /// Whenever.
        Trivial,
    }
}

open_enum! {
    /// What kind of work an issue is.
    IssueType {
        /// Something to do.
        Task,
        /// A part of something to do.
        Subtask,
        /// Something broken.
        Bug,
        /// A large body of work.
        Epic,
        /// What a user wants to do and why.
        Story,
        /// Something wished for.
        FeatureRequest,
        /// A change that waits for review.
        MergeRequest,
    }
}

open_enum! {
    /// How far an issue has come.
    IssueStatus {
        /// Not planned yet.
        Backlog,
        /// Planned.
        ToDo,
        /// Somebody is at it.
        InProgress,
        /// Done, to be checked.
        ToVerify,
        /// Done and checked.
        Done,
        /// Will not be done.
        Declined,
    }
}

/// A read receipt: who has read a message, and when.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(
    all(feature = "server", not(target_arch = "wasm32")),
    derive(utoipa::ToSchema)
)]
#[serde(rename_all = "camelCase")]
pub struct ReadTimestamp {
    /// The reader.
    pub user_id: UserId,
    /// When it was read.
    pub read_utc: UnixMillis,
    /// Fields that this version does not know.
    #[serde(flatten)]
    #[cfg_attr(all(feature = "server", not(target_arch = "wasm32")), schema(ignore))]
    pub extra: Extra,
}

/// What an issue carries in addition to its text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(
    all(feature = "server", not(target_arch = "wasm32")),
    derive(utoipa::ToSchema)
)]
pub struct IssueProperties {
    /// What kind of work it is.
    #[serde(rename = "type")]
    pub issue_type: IssueType,
    /// How far it has come.
    pub status: IssueStatus,
    /// Who is to do it.
    #[serde(default)]
    pub assignees: Vec<UserId>,
    /// Fields that this version does not know.
    #[serde(flatten)]
    #[cfg_attr(all(feature = "server", not(target_arch = "wasm32")), schema(ignore))]
    pub extra: Extra,
}

/// What a meeting carries in addition to its text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(
    all(feature = "server", not(target_arch = "wasm32")),
    derive(utoipa::ToSchema)
)]
#[serde(rename_all = "camelCase")]
pub struct MeetingProperties {
    /// When it begins.
    pub time_utc: UnixMillis,
    /// How long it takes. The API names no unit; it is passed on as it comes.
    pub duration: SafeInt,
    /// Fields that this version does not know.
    #[serde(flatten)]
    #[cfg_attr(all(feature = "server", not(target_arch = "wasm32")), schema(ignore))]
    pub extra: Extra,
}

/// A text message: Events API, "TextMessagesCreated" and "TextMessagesUpdated".
///
/// This is a message as the documented API has it. The [decoder](super::decode) accepts more: fields that are null, absent
/// or of the wrong kind, and negative user ids.
///
/// Required are the fields that the specification itself shows (`messageId`, `messageType`, `roomId`, `text`, `userId`).
/// An absent one of the others has its neutral value.
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
    /// The room that it is in.
    pub room_id: RoomId,
    /// The message that this one comments on; 0 if it is no comment.
    #[serde(default)]
    pub parent_message_id: MessageId,
    /// The text, to be read as [`markup_type`](Self::markup_type) says.
    pub text: String,
    /// What kind of message it is.
    pub message_type: MessageType,
    /// How the text is to be read.
    #[serde(default = "MarkupType::assumed")]
    pub markup_type: MarkupType,
    /// How urgent it is.
    #[serde(default = "Priority::assumed")]
    pub priority: Priority,
    /// When it was sent.
    #[serde(default)]
    pub created_utc: UnixMillis,
    /// When its text last changed.
    #[serde(default)]
    pub last_edited_utc: UnixMillis,
    /// When anything about it last changed, a read receipt too.
    #[serde(default)]
    pub last_modified_utc: UnixMillis,
    /// How many comments it has.
    #[serde(default)]
    pub comment_count: SafeInt,
    /// The files on it.
    #[serde(default)]
    pub attachments: Vec<Attachment>,
    /// The read receipts.
    #[serde(default)]
    pub read_timestamps: Vec<ReadTimestamp>,
    /// Of an issue: what it is and how far it has come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issue_properties: Option<IssueProperties>,
    /// Of a meeting: when, and how long.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meeting_properties: Option<MeetingProperties>,
    /// Fields that this version does not know.
    #[serde(flatten)]
    #[cfg_attr(all(feature = "server", not(target_arch = "wasm32")), schema(ignore))]
    pub extra: Extra,
}

impl MarkupType {
    /// What a message without a markup type is taken for: the reading that can do no harm.
    pub(crate) fn assumed() -> Self {
        Self::TextPlain
    }
}

impl Priority {
    /// What a message without a priority is taken for.
    pub(crate) fn assumed() -> Self {
        Self::Normal
    }
}
