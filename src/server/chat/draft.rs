//! A message from the caller's input.

use rusqlite::Connection;
use serde::Deserialize;
use utoipa::ToSchema;

use super::access::VisibleRoom;
use super::{ChatError, permissions};
use crate::protocol::Extra;
use crate::protocol::ids::{MessageId, SafeInt, UnixMillis, UserId};
use crate::protocol::message::{
    IssueProperties, IssueStatus, IssueType, MarkupType, MeetingProperties, MessageType, Priority,
};
use crate::server::session::Identity;
use crate::server::store::messages::{Kind, NewMessage};
use crate::server::store::permissions::Flag;
use crate::server::store::users;

/// A new message. All fields except `content` are optional and default to those of an ordinary message.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Draft {
    pub(crate) content: String,
    markup_type: Option<MarkupType>,
    priority: Option<Priority>,
    message_type: Option<MessageType>,
    issue_properties: Option<IssueDraft>,
    meeting_properties: Option<MeetingDraft>,
}

/// The properties of an issue. When an existing issue is changed, absent fields stay unchanged.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
pub(crate) struct IssueDraft {
    #[serde(rename = "type")]
    issue_type: Option<IssueType>,
    status: Option<IssueStatus>,
    #[schema(max_items = 100)]
    assignees: Option<Vec<UserId>>,
}

#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct MeetingDraft {
    time_utc: UnixMillis,
    duration: SafeInt,
}

/// The maximum number of assignees of an issue.
const ASSIGNEES: usize = 100;

impl Draft {
    /// An ordinary message.
    pub(crate) const fn plain(content: String) -> Self {
        Self {
            content,
            markup_type: None,
            priority: None,
            message_type: None,
            issue_properties: None,
            meeting_properties: None,
        }
    }

    /// The number of users to look up.
    pub(super) fn assignee_count(&self) -> usize {
        let issue = self.issue_properties.as_ref();
        issue
            .and_then(|issue| issue.assignees.as_ref())
            .map_or(0, Vec::len)
    }

    /// Converts to a message that the caller may write.
    pub(super) fn message<'a>(
        &'a self,
        connection: &Connection,
        identity: &Identity,
        room: &VisibleRoom,
        parent: MessageId,
    ) -> Result<NewMessage<'a>, ChatError> {
        let kind = self.kind(connection)?;
        match kind {
            Kind::Regular => {}
            Kind::Issue(_) => permissions::require(connection, identity, room, Flag::CreateIssues)?,
            Kind::Meeting(_) => permissions::require(connection, identity, room, Flag::CreateMeetings)?,
        }
        let markup_type = self.markup_type.clone().unwrap_or(MarkupType::TextPlain);
        if let MarkupType::Other(other) = &markup_type {
            return Err(unknown("markupType", other, MarkupType::KNOWN));
        }
        let priority = self.priority.clone().unwrap_or(Priority::Normal);
        if let Priority::Other(other) = &priority {
            return Err(unknown("priority", other, Priority::KNOWN));
        }
        Ok(NewMessage {
            room_id: room.facts.room_id,
            user_id: identity.user_id,
            parent_message_id: parent,
            text: &self.content,
            markup_type,
            priority,
            kind,
        })
    }

    fn kind(&self, connection: &Connection) -> Result<Kind, ChatError> {
        let message_type = self.message_type.as_ref().unwrap_or(&MessageType::Regular);
        if self.issue_properties.is_some() && *message_type != MessageType::Issue {
            return Err(invalid(
                "Only a message of messageType Issue has issueProperties.",
            ));
        }
        if self.meeting_properties.is_some() && *message_type != MessageType::Meeting {
            return Err(invalid(
                "Only a message of messageType Meeting has meetingProperties.",
            ));
        }
        match message_type {
            MessageType::Regular => Ok(Kind::Regular),
            MessageType::Issue => {
                let draft = self.issue_properties.clone().unwrap_or_default();
                let blank = IssueProperties {
                    issue_type: IssueType::Task,
                    status: IssueStatus::Backlog,
                    assignees: Vec::new(),
                    extra: Extra::new(),
                };
                Ok(Kind::Issue(draft.apply(connection, blank)?))
            }
            MessageType::Meeting => {
                let MeetingDraft { time_utc, duration } = self
                    .meeting_properties
                    .ok_or_else(|| invalid("A meeting needs meetingProperties: timeUtc and duration."))?;
                Ok(Kind::Meeting(MeetingProperties {
                    time_utc,
                    duration,
                    extra: Extra::new(),
                }))
            }
            MessageType::Other(other) => Err(unknown("messageType", other, MessageType::KNOWN)),
        }
    }
}

impl IssueDraft {
    /// Applies the changes to an issue.
    pub(super) fn apply(
        self,
        connection: &Connection,
        mut issue: IssueProperties,
    ) -> Result<IssueProperties, ChatError> {
        issue.issue_type = self.issue_type.unwrap_or(issue.issue_type);
        issue.status = self.status.unwrap_or(issue.status);
        if let IssueType::Other(other) = &issue.issue_type {
            return Err(unknown("type", other, IssueType::KNOWN));
        }
        if let IssueStatus::Other(other) = &issue.status {
            return Err(unknown("status", other, IssueStatus::KNOWN));
        }
        if let Some(assignees) = self.assignees {
            if assignees.len() > ASSIGNEES {
                return Err(ChatError::Invalid(format!(
                    "An issue has at most {ASSIGNEES} assignees."
                )));
            }
            for user_id in &assignees {
                if !users::exists(connection, *user_id)? {
                    return Err(ChatError::UserNotFound);
                }
            }
            issue.assignees = assignees;
        }
        Ok(issue)
    }
}

fn invalid(text: &str) -> ChatError {
    ChatError::Invalid(text.to_owned())
}

fn unknown(field: &str, value: &str, known: &[&str]) -> ChatError {
    ChatError::Invalid(format!(
        "`{value}` is no {field}: it is one of {}.",
        known.join(", ")
    ))
}
