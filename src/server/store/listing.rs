//! Reads lists of messages in parts.

use rusqlite::{Connection, OptionalExtension};

use super::messages::{COLUMNS, Direction, Page, from_row};
use crate::protocol::ids::{MessageId, RoomId};
use crate::protocol::message::Message;

/// The rest of a list. It ends at the message that was the last one when the list began.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rest {
    pub(crate) room_id: RoomId,
    parent: Option<MessageId>,
    from: MessageId,
    to: MessageId,
    left: Option<u32>,
}

/// A part of a list, and the rest.
pub(crate) type Part = (Vec<Message>, Option<Rest>);

/// The first part of a page, with about `bytes` bytes: of the comments on a message, or of a room's messages without
/// comments (`parent` 0) or with them (`None`).
pub(crate) fn begin(
    connection: &Connection,
    room_id: RoomId,
    parent: Option<MessageId>,
    page: Page,
    bytes: usize,
) -> rusqlite::Result<Part> {
    match range(connection, room_id, parent, page)? {
        Some(rest) => go_on(connection, rest, bytes),
        None => Ok((Vec::new(), None)),
    }
}

/// Whether a list contains a message.
pub(crate) fn contains(
    connection: &Connection,
    room_id: RoomId,
    parent: Option<MessageId>,
    message_id: MessageId,
) -> rusqlite::Result<bool> {
    connection
        .prepare_cached(&format!(
            "SELECT 1 FROM messages WHERE {} AND message_id = ?3",
            of(parent)
        ))?
        .exists((room_id, parent, message_id))
}

/// The SQL condition of a list.
const fn of(parent: Option<MessageId>) -> &'static str {
    match parent {
        Some(_) => "room_id = ?1 AND parent_message_id = ?2",
        None => "room_id = ?1 AND ?2 IS NULL",
    }
}

/// The whole list.
pub(crate) fn all(
    connection: &Connection,
    room_id: RoomId,
    parent: MessageId,
) -> rusqlite::Result<Vec<Message>> {
    let (messages, _) = begin(connection, room_id, Some(parent), Page::ALL, usize::MAX)?;
    Ok(messages)
}

/// The bounds of a page, or `None` if it is empty.
fn range(
    connection: &Connection,
    room_id: RoomId,
    parent: Option<MessageId>,
    page: Page,
) -> rusqlite::Result<Option<Rest>> {
    let list = of(parent);
    let newest: Option<MessageId> = connection
        .prepare_cached(&format!("SELECT max(message_id) FROM messages WHERE {list}"))?
        .query_row((room_id, parent), |row| row.get(0))?;
    let Some(newest) = newest.filter(|_| page.limit != Some(0)) else {
        return Ok(None);
    };
    let everything = Rest {
        room_id,
        parent,
        from: MessageId::ZERO,
        to: newest,
        left: None,
    };
    let from_cursor = |cursor: MessageId, step: i64| {
        let step = if page.is_exclusive { step } else { 0 };
        cursor.get().checked_add_signed(step).and_then(MessageId::new)
    };
    Ok(match page.direction {
        Direction::Forward => {
            let from = page
                .cursor
                .map_or(Some(MessageId::ZERO), |cursor| from_cursor(cursor, 1));
            from.map(|from| Rest {
                from,
                left: page.limit,
                ..everything
            })
        }
        Direction::Backward => {
            let Some(to) = page.cursor.map_or(Some(newest), |cursor| from_cursor(cursor, -1)) else {
                return Ok(None);
            };
            let from = match page.limit {
                // The index alone answers this query.
                Some(limit) => connection
                    .prepare_cached(&format!(
                        "SELECT message_id FROM messages WHERE {list} AND message_id <= ?3 \
                         ORDER BY message_id DESC LIMIT 1 OFFSET ?4"
                    ))?
                    .query_row((room_id, parent, to, limit.saturating_sub(1)), |row| row.get(0))
                    .optional()?
                    .unwrap_or(MessageId::ZERO),
                None => MessageId::ZERO,
            };
            Some(Rest {
                from,
                to,
                ..everything
            })
        }
    })
}

/// The next part of a list, with about `bytes` bytes and at least one message if there is one.
pub(crate) fn go_on(connection: &Connection, rest: Rest, bytes: usize) -> rusqlite::Result<Part> {
    // A negative limit means none.
    let limit = rest.left.map_or(-1, i64::from);
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM messages WHERE {} AND message_id >= ?3 AND message_id <= ?4 \
         ORDER BY message_id LIMIT ?5",
        of(rest.parent)
    ))?;
    let mut rows = statement.query((rest.room_id, rest.parent, rest.from, rest.to, limit))?;
    let (mut messages, mut taken) = (Vec::new(), 0_usize);
    while let Some(row) = rows.next()? {
        if taken >= bytes {
            let count = u32::try_from(messages.len()).unwrap_or(u32::MAX);
            return Ok((
                messages,
                Some(Rest {
                    from: row.get(0)?,
                    left: rest.left.map(|left| left.saturating_sub(count)),
                    ..rest
                }),
            ));
        }
        let message = from_row(connection, row)?;
        taken = taken.saturating_add(size(&message));
        messages.push(message);
    }
    Ok((messages, None))
}

/// The approximate length of a message in JSON.
fn size(message: &Message) -> usize {
    let assignees = message
        .issue_properties
        .as_ref()
        .map_or(0, |issue| issue.assignees.len());
    message.text.len()
        + 512
        + 512 * message.attachments.len()
        + 48 * message.read_timestamps.len()
        + 16 * assignees
}
