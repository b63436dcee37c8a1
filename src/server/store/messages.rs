//! Messages, comments and read receipts.

use std::collections::BTreeSet;

use rusqlite::{Connection, OptionalExtension, Row};

use super::{attachments, rooms, times};
use crate::protocol::Extra;
use crate::protocol::ids::{MessageId, RoomId, UnixMillis, UserId};
use crate::protocol::message::{
    IssueProperties, MarkupType, MeetingProperties, Message, MessageType, Priority, ReadTimestamp,
};
use crate::server::quirk::{Quirk, Quirks};

/// A part of a list of messages. The result is always in ascending order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Page {
    /// Only this message and newer ones (forward) or older ones (backward); `None`: all.
    pub(crate) cursor: Option<MessageId>,
    /// Whether the message of the cursor is excluded.
    pub(crate) is_exclusive: bool,
    /// The maximum number of messages, counted from the cursor or from the end at which the direction begins; `None`:
    /// all.
    pub(crate) limit: Option<u32>,
    pub(crate) direction: Direction,
}

impl Page {
    /// The whole list.
    pub(crate) const ALL: Self = Self {
        cursor: None,
        is_exclusive: false,
        limit: None,
        direction: Direction::Forward,
    };
}

/// The direction of a page from its cursor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Direction {
    /// Newer messages.
    #[default]
    Forward,
    /// Older messages.
    Backward,
}

/// A message to insert.
pub(crate) struct NewMessage<'a> {
    pub(crate) room_id: RoomId,
    pub(crate) user_id: UserId,
    /// 0 if it is no comment.
    pub(crate) parent_message_id: MessageId,
    pub(crate) text: &'a str,
    pub(crate) markup_type: MarkupType,
    pub(crate) priority: Priority,
    pub(crate) kind: Kind,
}

/// The kind of a message, with its properties.
pub(crate) enum Kind {
    /// A plain message.
    Regular,
    /// A tracked piece of work.
    Issue(IssueProperties),
    /// An appointment.
    Meeting(MeetingProperties),
}

pub(super) const COLUMNS: &str = "message_id, user_id, room_id, parent_message_id, text, message_type, markup_type, \
     priority, created_utc, last_edited_utc, last_modified_utc, comment_count, issue_type, issue_status, \
     meeting_time_utc, meeting_duration";

pub(super) fn from_row(connection: &Connection, row: &Row<'_>) -> rusqlite::Result<Message> {
    let message_id = row.get(0)?;
    let issue_properties = match row.get(12)? {
        Some(issue_type) => Some(IssueProperties {
            issue_type,
            status: row.get(13)?,
            assignees: assignees(connection, message_id)?,
            extra: Extra::new(),
        }),
        None => None,
    };
    let meeting_properties = match row.get(14)? {
        Some(time_utc) => Some(MeetingProperties {
            time_utc,
            duration: row.get(15)?,
            extra: Extra::new(),
        }),
        None => None,
    };
    Ok(Message {
        message_id,
        user_id: row.get(1)?,
        room_id: row.get(2)?,
        parent_message_id: row.get(3)?,
        text: row.get(4)?,
        message_type: row.get(5)?,
        markup_type: row.get(6)?,
        priority: row.get(7)?,
        created_utc: row.get(8)?,
        last_edited_utc: row.get(9)?,
        last_modified_utc: row.get(10)?,
        comment_count: row.get(11)?,
        attachments: attachments::of_message(connection, message_id)?,
        read_timestamps: receipts(connection, message_id)?,
        issue_properties,
        meeting_properties,
        extra: Extra::new(),
    })
}

fn assignees(connection: &Connection, message_id: MessageId) -> rusqlite::Result<Vec<UserId>> {
    connection
        .prepare_cached("SELECT user_id FROM issue_assignees WHERE message_id = ?1 ORDER BY position")?
        .query_map((message_id,), |row| row.get(0))?
        .collect()
}

fn receipts(connection: &Connection, message_id: MessageId) -> rusqlite::Result<Vec<ReadTimestamp>> {
    connection
        .prepare_cached(
            "SELECT user_id, read_utc FROM read_receipts WHERE message_id = ?1 ORDER BY read_utc, user_id",
        )?
        .query_map((message_id,), |row| {
            Ok(ReadTimestamp {
                user_id: row.get(0)?,
                read_utc: row.get(1)?,
                extra: Extra::new(),
            })
        })?
        .collect()
}

/// A message, if it exists.
pub(crate) fn find(connection: &Connection, message_id: MessageId) -> rusqlite::Result<Option<Message>> {
    connection
        .prepare_cached(&format!("SELECT {COLUMNS} FROM messages WHERE message_id = ?1"))?
        .query_row((message_id,), |row| from_row(connection, row))
        .optional()
}

/// Inserts a message. Its author counts as having seen it.
pub(crate) fn insert(
    connection: &Connection,
    message: &NewMessage<'_>,
    now: UnixMillis,
) -> rusqlite::Result<MessageId> {
    let (message_type, issue, meeting) = match &message.kind {
        Kind::Regular => (MessageType::Regular, None, None),
        Kind::Issue(issue) => (MessageType::Issue, Some(issue), None),
        Kind::Meeting(meeting) => (MessageType::Meeting, None, Some(meeting)),
    };
    let message_id = connection
        .prepare_cached(
            "INSERT INTO messages (room_id, user_id, parent_message_id, text, message_type, markup_type, \
             priority, created_utc, last_edited_utc, last_modified_utc, issue_type, issue_status, \
             meeting_time_utc, meeting_duration) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8, ?8, ?9, ?10, ?11, ?12) RETURNING message_id",
        )?
        .query_row(
            (
                message.room_id,
                message.user_id,
                message.parent_message_id,
                message.text,
                message_type,
                &message.markup_type,
                &message.priority,
                now,
                issue.map(|issue| &issue.issue_type),
                issue.map(|issue| &issue.status),
                meeting.map(|meeting| meeting.time_utc),
                meeting.map(|meeting| meeting.duration),
            ),
            |row| row.get(0),
        )?;
    if let Some(issue) = issue {
        assign(connection, message_id, &issue.assignees)?;
    }
    if message.parent_message_id != MessageId::ZERO {
        count_comment(connection, message.parent_message_id, 1, now)?;
    }
    rooms::count_message(connection, message.room_id, 1)?;
    rooms::count_seen(connection, message.room_id, message.user_id, 1)?;
    Ok(message_id)
}

/// Changes the text of a message.
pub(crate) fn set_text(
    connection: &Connection,
    message_id: MessageId,
    text: &str,
    now: UnixMillis,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "UPDATE messages SET text = ?2, last_edited_utc = max(created_utc + 1, ?3) WHERE message_id = ?1",
        )?
        .execute((message_id, text, now))?;
    times::touch_message(connection, message_id, now)
}

fn assign(connection: &Connection, message_id: MessageId, assignees: &[UserId]) -> rusqlite::Result<()> {
    for (position, assignee) in (0_i64..).zip(assignees) {
        connection
            .prepare_cached(
                "INSERT INTO issue_assignees (message_id, position, user_id) VALUES (?1, ?2, ?3)",
            )?
            .execute((message_id, position, assignee))?;
    }
    Ok(())
}

/// Changes the properties of an issue.
pub(crate) fn set_issue(
    connection: &Connection,
    message_id: MessageId,
    issue: &IssueProperties,
    now: UnixMillis,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached("UPDATE messages SET issue_type = ?2, issue_status = ?3 WHERE message_id = ?1")?
        .execute((message_id, &issue.issue_type, &issue.status))?;
    connection
        .prepare_cached("DELETE FROM issue_assignees WHERE message_id = ?1")?
        .execute((message_id,))?;
    assign(connection, message_id, &issue.assignees)?;
    times::touch_message(connection, message_id, now)
}

/// Adds a read receipt, unless the user has read the message before. Returns whether one was added.
pub(crate) fn mark_read(
    connection: &Connection,
    message: &Message,
    user_id: UserId,
    now: UnixMillis,
    quirks: Quirks,
) -> rusqlite::Result<bool> {
    let is_own = message.user_id == user_id;
    if is_own && quirks.contains(Quirk::NoOwnReceipts) {
        return Ok(false);
    }
    let added = connection
        .prepare_cached(
            "INSERT OR IGNORE INTO read_receipts (message_id, user_id, read_utc) VALUES (?1, ?2, ?3)",
        )?
        .execute((message.message_id, user_id, now))?;
    if added == 0 {
        return Ok(false);
    }
    // A message is never unread for its author.
    if !is_own {
        rooms::count_seen(connection, message.room_id, user_id, 1)?;
    }
    if !quirks.contains(Quirk::UnmodifiedByReceipts) {
        times::touch_message(connection, message.message_id, now)?;
    }
    Ok(true)
}

/// Deletes a message that has no comments.
pub(crate) fn delete(connection: &Connection, message: &Message, now: UnixMillis) -> rusqlite::Result<()> {
    let readers = receipts(connection, message.message_id)?;
    let readers = readers.iter().map(|receipt| receipt.user_id);
    for seen_by in readers.chain([message.user_id]).collect::<BTreeSet<_>>() {
        rooms::count_seen(connection, message.room_id, seen_by, -1)?;
    }
    rooms::count_message(connection, message.room_id, -1)?;
    connection
        .prepare_cached("DELETE FROM messages WHERE message_id = ?1")?
        .execute((message.message_id,))?;
    if message.parent_message_id != MessageId::ZERO {
        count_comment(connection, message.parent_message_id, -1, now)?;
    }
    Ok(())
}

fn count_comment(
    connection: &Connection,
    parent: MessageId,
    change: i64,
    now: UnixMillis,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached("UPDATE messages SET comment_count = comment_count + ?2 WHERE message_id = ?1")?
        .execute((parent, change))?;
    times::touch_message(connection, parent, now)
}
