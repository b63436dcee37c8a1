//! Messages, comments and read receipts.

use std::cmp::Reverse;

use rusqlite::Connection;

use super::change::Change;
use super::{Chat, ChatError, Draft, IssueDraft, access, permissions};
use crate::protocol::ids::{MessageId, RoomId};
use crate::protocol::message::Message;
use crate::server::quirk::{Quirk, Quirks};
use crate::server::session::Identity;
use crate::server::store::listing::{self, Part, Rest};
use crate::server::store::messages::{self, Page};
use crate::server::store::permissions::Flag;

/// The maximum number of messages sent at once.
const BULK: usize = 1000;

/// The maximum number of assignees of all messages sent at once.
const BULK_ASSIGNEES: usize = 1000;

/// The approximate number of bytes read at once. Other jobs wait meanwhile.
const PART: usize = 256 << 10;

impl Chat {
    /// A page of a room's messages without comments.
    pub(crate) async fn messages(
        &self,
        identity: Identity,
        room_id: RoomId,
        page: Page,
    ) -> Result<Part, ChatError> {
        let quirks = self.quirks;
        self.read_lagging(identity, move |connection| {
            access::room(connection, &identity, room_id)?;
            let parent = (!quirks.contains(Quirk::CommentsInRooms)).then_some(MessageId::ZERO);
            begin(connection, room_id, parent, page, quirks)
        })
        .await
    }

    /// The next part of a page, while the caller may see the room.
    pub(crate) async fn more_messages(&self, identity: Identity, rest: Rest) -> Result<Part, ChatError> {
        self.read_lagging(identity, move |connection| {
            access::room(connection, &identity, rest.room_id)?;
            Ok(listing::go_on(connection, rest, PART)?)
        })
        .await
    }

    /// A page of the comments on a message, and the room.
    pub(crate) async fn comments(
        &self,
        identity: Identity,
        message_id: MessageId,
        page: Page,
    ) -> Result<(RoomId, Part), ChatError> {
        let quirks = self.quirks;
        self.read_lagging(identity, move |connection| {
            let (message, _) = access::message(connection, &identity, message_id)?;
            let part = begin(connection, message.room_id, Some(message_id), page, quirks)?;
            Ok((message.room_id, part))
        })
        .await
    }

    /// Sends messages to a room, all or none. Events: one TextMessagesCreated, RoomUpdated.
    pub(crate) async fn send(
        &self,
        identity: Identity,
        room_id: RoomId,
        drafts: Vec<Draft>,
    ) -> Result<Vec<MessageId>, ChatError> {
        require_few(&drafts)?;
        self.change(move |change| {
            let room = access::room(change.connection, &identity, room_id)?;
            access::require_writable(&room)?;
            permissions::require(
                change.connection,
                &identity,
                &room,
                Flag::SendMessagesInMainThread,
            )?;
            change.watch(room_id)?;
            let mut ids = Vec::with_capacity(drafts.len());
            for draft in &drafts {
                let message = draft.message(change.connection, &identity, &room, MessageId::ZERO)?;
                ids.push(messages::insert(change.connection, &message, change.now)?);
            }
            change.messages_created(room_id, &ids)?;
            Ok(ids)
        })
        .await
    }

    /// Comments on a message, all or none. Events: one TextMessagesCreated, TextMessagesUpdated for the message,
    /// RoomUpdated.
    pub(crate) async fn comment(
        &self,
        identity: Identity,
        parent: MessageId,
        drafts: Vec<Draft>,
    ) -> Result<Vec<MessageId>, ChatError> {
        require_few(&drafts)?;
        self.change(move |change| {
            let (message, room) = access::message(change.connection, &identity, parent)?;
            access::require_writable(&room)?;
            permissions::require(
                change.connection,
                &identity,
                &room,
                Flag::SendMessagesInDiscussion,
            )?;
            if message.parent_message_id != MessageId::ZERO && !change.quirks.contains(Quirk::NestedComments)
            {
                return Err(ChatError::Invalid("A comment cannot be commented on.".to_owned()));
            }
            let room_id = message.room_id;
            change.watch(room_id)?;
            let mut ids = Vec::with_capacity(drafts.len());
            for draft in &drafts {
                let comment = draft.message(change.connection, &identity, &room, parent)?;
                ids.push(messages::insert(change.connection, &comment, change.now)?);
            }
            change.messages_created(room_id, &ids)?;
            tell_parent(change, room_id, parent)?;
            Ok(ids)
        })
        .await
    }

    /// Changes the text of a message. Event: TextMessagesUpdated. An equal text changes nothing.
    pub(crate) async fn edit(
        &self,
        identity: Identity,
        message_id: MessageId,
        text: String,
    ) -> Result<(), ChatError> {
        self.change(move |change| {
            let (message, room) = access::message(change.connection, &identity, message_id)?;
            if !access::may_change(&identity, &room, &message, change.quirks) {
                return Err(ChatError::Forbidden(
                    "Only its author, the moderators of the room and administrators may edit a message.",
                ));
            }
            access::require_writable(&room)?;
            permissions::require(change.connection, &identity, &room, own(&message))?;
            if message.text != text {
                change.watch(message.room_id)?;
                messages::set_text(change.connection, message_id, &text, change.now)?;
                change.messages_updated(message.room_id, &[message_id])?;
            }
            Ok(())
        })
        .await
    }

    /// Changes an issue. Event: TextMessagesUpdated. Equal values change nothing.
    pub(crate) async fn change_issue(
        &self,
        identity: Identity,
        message_id: MessageId,
        changes: IssueDraft,
    ) -> Result<(), ChatError> {
        self.change(move |change| {
            let (message, room) = access::message(change.connection, &identity, message_id)?;
            access::require_writable(&room)?;
            let Some(before) = message.issue_properties else {
                return Err(ChatError::Invalid("The message is no issue.".to_owned()));
            };
            if message.user_id != identity.user_id && !before.assignees.contains(&identity.user_id) {
                permissions::require(change.connection, &identity, &room, Flag::ChangeUnrelatedIssues)?;
            }
            let issue = changes.apply(change.connection, before.clone())?;
            if issue != before {
                change.watch(message.room_id)?;
                messages::set_issue(change.connection, message_id, &issue, change.now)?;
                change.messages_updated(message.room_id, &[message_id])?;
            }
            Ok(())
        })
        .await
    }

    /// Deletes a message after its comments. Events: TextMessageDeleted for each, RoomUpdated; for a comment, also
    /// TextMessagesUpdated for its parent.
    pub(crate) async fn delete_message(
        &self,
        identity: Identity,
        message_id: MessageId,
    ) -> Result<(), ChatError> {
        self.remove(move |change| {
            let (message, room) = access::message(change.connection, &identity, message_id)?;
            if message.user_id != identity.user_id && !access::may_moderate(&identity, &room) {
                return Err(ChatError::Forbidden(
                    "Only its author, the moderators of the room and administrators may delete a message.",
                ));
            }
            permissions::require(change.connection, &identity, &room, own(&message))?;
            let room_id = message.room_id;
            change.watch(room_id)?;
            let mut doomed = vec![message.clone()];
            let mut at = 0;
            while let Some(parent) = doomed.get(at).map(|message| message.message_id) {
                doomed.extend(listing::all(change.connection, room_id, parent)?);
                at += 1;
            }
            // Comments precede their parents, and siblings are in ascending order.
            doomed.sort_by_key(|message| (Reverse(message.parent_message_id), message.message_id));
            for message in &doomed {
                messages::delete(change.connection, message, change.now)?;
                change.message_deleted(message)?;
            }
            if message.parent_message_id != MessageId::ZERO {
                tell_parent(change, room_id, message.parent_message_id)?;
            }
            Ok(())
        })
        .await?;
        self.remove_orphans().await
    }

    /// Notes that the caller has read a message. Events: TextMessagesUpdated, and RoomUpdated for the caller if the
    /// message was unread. A second call changes nothing.
    pub(crate) async fn mark_read(&self, identity: Identity, message_id: MessageId) -> Result<(), ChatError> {
        self.change(move |change| {
            let (message, _) = access::message(change.connection, &identity, message_id)?;
            change.watch(message.room_id)?;
            if messages::mark_read(
                change.connection,
                &message,
                identity.user_id,
                change.now,
                change.quirks,
            )? {
                change.messages_updated(message.room_id, &[message_id])?;
            }
            Ok(())
        })
        .await
    }
}

/// Rejects too many or no messages.
fn require_few(drafts: &[Draft]) -> Result<(), ChatError> {
    if drafts.is_empty() || drafts.len() > BULK {
        return Err(ChatError::Invalid(format!(
            "From 1 to {BULK} messages can be sent at once."
        )));
    }
    if drafts.iter().map(Draft::assignee_count).sum::<usize>() > BULK_ASSIGNEES {
        return Err(ChatError::Invalid(format!(
            "Messages that are sent at once have at most {BULK_ASSIGNEES} assignees together."
        )));
    }
    Ok(())
}

/// The first part of a page.
fn begin(
    connection: &Connection,
    room_id: RoomId,
    parent: Option<MessageId>,
    page: Page,
    quirks: Quirks,
) -> Result<Part, ChatError> {
    if let Some(cursor) = page.cursor.filter(|_| quirks.contains(Quirk::StrictCursors))
        && !listing::contains(connection, room_id, parent, cursor)?
    {
        return Err(ChatError::CursorNotFound);
    }
    Ok(listing::begin(connection, room_id, parent, page, PART)?)
}

/// Adds TextMessagesUpdated for a message whose comments changed.
fn tell_parent(change: &mut Change<'_>, room_id: RoomId, parent: MessageId) -> Result<(), ChatError> {
    if change.quirks.contains(Quirk::SilentParents) {
        return Ok(());
    }
    change.messages_updated(room_id, &[parent])
}

/// The flag that an author needs to change a message.
fn own(message: &Message) -> Flag {
    permissions::at(
        message,
        Flag::ChangeOwnMessagesInMainThread,
        Flag::ChangeOwnMessagesInDiscussion,
    )
}
