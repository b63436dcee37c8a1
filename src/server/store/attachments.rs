//! The properties of attachments. Their content is in files.

use rusqlite::{Connection, OptionalExtension, Row};

use super::times;
use crate::protocol::Extra;
use crate::protocol::attachment::{Attachment, AttachmentState, PictureSize};
use crate::protocol::ids::{AttachmentId, MessageId, SafeInt, UnixMillis};

/// An uploaded file.
#[derive(Clone, Debug)]
pub(crate) struct NewAttachment {
    /// The name of the file with the content.
    pub(crate) stored_name: String,
    /// The original name.
    pub(crate) file_name: String,
    pub(crate) content_type: String,
    /// In bytes.
    pub(crate) file_size: SafeInt,
    /// In hexadecimal digits.
    pub(crate) file_checksum: String,
    /// The width and height of a picture, in pixels.
    pub(crate) size: Option<(SafeInt, SafeInt)>,
}

/// The file of an attachment.
#[derive(Clone, Debug)]
pub(crate) struct StoredFile {
    pub(crate) stored_name: String,
    pub(crate) content_type: String,
}

const SELECT: &str = "SELECT a.attachment_id, a.file_name, a.file_size, a.file_checksum, a.width, a.height, \
     a.created_utc, a.message_id, m.room_id, a.stored_name, a.content_type \
     FROM attachments a JOIN messages m USING (message_id)";

fn from_row(row: &Row<'_>) -> rusqlite::Result<Attachment> {
    let created_utc = row.get(6)?;
    let size = match (row.get(4)?, row.get(5)?) {
        (Some(width), Some(height)) => Some(PictureSize {
            width,
            height,
            extra: Extra::new(),
        }),
        _ => None,
    };
    Ok(Attachment {
        has_thumbnail: size.is_some(),
        attachment_id: row.get(0)?,
        file_name: row.get(1)?,
        file_size: row.get(2)?,
        file_checksum: row.get(3)?,
        attachment_state: AttachmentState::ReadyForDownloadFromServerToClient,
        created_utc,
        // Attachments never change.
        last_modified_utc: created_utc,
        text_message_id: row.get(7)?,
        room_id: row.get(8)?,
        size,
        extra: Extra::new(),
    })
}

/// The attachments of a message.
pub(super) fn of_message(
    connection: &Connection,
    message_id: MessageId,
) -> rusqlite::Result<Vec<Attachment>> {
    connection
        .prepare_cached(&format!(
            "{SELECT} WHERE a.message_id = ?1 ORDER BY a.attachment_id"
        ))?
        .query_map((message_id,), from_row)?
        .collect()
}

/// An attachment and its file, if it exists.
pub(crate) fn find(
    connection: &Connection,
    attachment_id: AttachmentId,
) -> rusqlite::Result<Option<(Attachment, StoredFile)>> {
    connection
        .prepare_cached(&format!("{SELECT} WHERE a.attachment_id = ?1"))?
        .query_row((attachment_id,), |row| {
            let file = StoredFile {
                stored_name: row.get(9)?,
                content_type: row.get(10)?,
            };
            Ok((from_row(row)?, file))
        })
        .optional()
}

/// Adds an attachment to a message.
pub(crate) fn insert(
    connection: &Connection,
    message_id: MessageId,
    file: &NewAttachment,
    now: UnixMillis,
) -> rusqlite::Result<()> {
    let (width, height) = file.size.unzip();
    connection
        .prepare_cached(
            "INSERT INTO attachments (message_id, stored_name, file_name, content_type, file_size, \
             file_checksum, width, height, created_utc) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?
        .execute((
            message_id,
            &file.stored_name,
            &file.file_name,
            &file.content_type,
            file.file_size,
            &file.file_checksum,
            width,
            height,
            now,
        ))?;
    times::touch_message(connection, message_id, now)
}

/// Removes an attachment from its message.
pub(crate) fn delete(
    connection: &Connection,
    attachment: &Attachment,
    now: UnixMillis,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached("DELETE FROM attachments WHERE attachment_id = ?1")?
        .execute((attachment.attachment_id,))?;
    times::touch_message(connection, attachment.text_message_id, now)
}

/// The names of all files of attachments.
pub(crate) fn stored_names(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    connection
        .prepare_cached("SELECT stored_name FROM attachments")?
        .query_map((), |row| row.get(0))?
        .collect()
}

/// Takes the names of the files that are no longer needed.
pub(crate) fn take_orphans(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    connection
        .prepare_cached("DELETE FROM orphaned_files RETURNING stored_name")?
        .query_map((), |row| row.get(0))?
        .collect()
}
