//! Attachments.

use super::{Chat, ChatError, access, permissions};
use crate::protocol::attachment::Attachment;
use crate::protocol::ids::{AttachmentId, MessageId, RoomId};
use crate::server::quirk::Quirks;
use crate::server::session::Identity;
use crate::server::store::StoreError;
use crate::server::store::attachments::{self, NewAttachment, StoredFile};
use crate::server::store::permissions::Flag;

impl Chat {
    /// Rejects callers who may not attach files to a message, before the upload.
    pub(crate) async fn require_attachable(
        &self,
        identity: Identity,
        message_id: MessageId,
    ) -> Result<(), ChatError> {
        let quirks = self.quirks;
        self.read(move |connection| attachable(connection, &identity, message_id, quirks).map(drop))
            .await
    }

    /// Attaches files to a message, all or none. Event: TextMessagesUpdated.
    pub(crate) async fn attach(
        &self,
        identity: Identity,
        message_id: MessageId,
        files: Vec<NewAttachment>,
    ) -> Result<(), ChatError> {
        self.change(move |change| {
            let room_id = attachable(change.connection, &identity, message_id, change.quirks)?;
            change.watch(room_id)?;
            for file in &files {
                attachments::insert(change.connection, message_id, file, change.now)?;
            }
            change.messages_updated(room_id, &[message_id])
        })
        .await
    }

    /// An attachment of a message that the caller may see, and its file.
    pub(crate) async fn attachment(
        &self,
        identity: Identity,
        attachment_id: AttachmentId,
    ) -> Result<(Attachment, StoredFile), ChatError> {
        self.read(move |connection| {
            let (attachment, file) =
                attachments::find(connection, attachment_id)?.ok_or(ChatError::AttachmentNotFound)?;
            match access::room(connection, &identity, attachment.room_id) {
                Ok(_) => Ok((attachment, file)),
                Err(ChatError::RoomNotFound) => Err(ChatError::AttachmentNotFound),
                Err(error) => Err(error),
            }
        })
        .await
    }

    /// Deletes an attachment. Event: TextMessagesUpdated.
    pub(crate) async fn delete_attachment(
        &self,
        identity: Identity,
        attachment_id: AttachmentId,
    ) -> Result<(), ChatError> {
        let (attachment, _) = self.attachment(identity, attachment_id).await?;
        self.remove(move |change| {
            let found = attachments::find(change.connection, attachment_id)?;
            found.ok_or(ChatError::AttachmentNotFound)?;
            let (message, room) =
                access::message(change.connection, &identity, attachment.text_message_id)?;
            if message.user_id != identity.user_id && !access::may_moderate(&identity, &room) {
                return Err(ChatError::Forbidden(
                    "Only the author of the message, the moderators of the room and administrators may delete \
                     an attachment.",
                ));
            }
            let flag = permissions::at(
                &message,
                Flag::ChangeOwnFilesInMainThread,
                Flag::ChangeOwnFilesInDiscussion,
            );
            permissions::require(change.connection, &identity, &room, flag)?;
            change.watch(message.room_id)?;
            attachments::delete(change.connection, &attachment, change.now)?;
            change.messages_updated(message.room_id, &[message.message_id])
        })
        .await?;
        self.remove_orphans().await
    }

    /// Removes the files of deleted attachments.
    pub(super) async fn remove_orphans(&self) -> Result<(), ChatError> {
        let orphans = self
            .store
            .run_shrinking(|connection| attachments::take_orphans(connection).map_err(StoreError::from))
            .await?;
        self.files.remove(orphans).await;
        Ok(())
    }
}

/// The room of a message that the caller may attach files to.
fn attachable(
    connection: &rusqlite::Connection,
    identity: &Identity,
    message_id: MessageId,
    quirks: Quirks,
) -> Result<RoomId, ChatError> {
    let (message, room) = access::message(connection, identity, message_id)?;
    if !access::may_change(identity, &room, &message, quirks) {
        return Err(ChatError::Forbidden(
            "Only its author, the moderators of the room and administrators may attach files to a message.",
        ));
    }
    access::require_writable(&room)?;
    for (in_main_thread, in_discussion) in [
        (Flag::ChangeOwnFilesInMainThread, Flag::ChangeOwnFilesInDiscussion),
        (Flag::SendFilesInMainThread, Flag::SendFilesInDiscussion),
    ] {
        let flag = permissions::at(&message, in_main_thread, in_discussion);
        permissions::require(connection, identity, &room, flag)?;
    }
    Ok(message.room_id)
}
