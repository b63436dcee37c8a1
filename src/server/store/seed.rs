//! The content of a new database: three users and a few rooms with messages.

use std::sync::OnceLock;

use rusqlite::Connection;

use super::avatars::{self, Subject};
use super::messages::{self, Kind, NewMessage};
use super::users::{self, NewUser};
use super::{StoreError, rooms};
use crate::protocol::Extra;
use crate::protocol::ids::{MessageId, RoomId, SafeInt, UnixMillis, UserId};
use crate::protocol::message::{
    IssueProperties, IssueStatus, IssueType, MarkupType, MeetingProperties, Priority,
};
use crate::protocol::room::RoomType;
use crate::server::quirk::{Quirk, Quirks};
use crate::server::{avatar, clock};

const MINUTE: u64 = 60_000;
const HOUR: u64 = 60 * MINUTE;

/// The id before the first one, with large ids.
const LARGE: i64 = (1 << 52) - 1;

/// User name, display name, and whether an administrator. The password is the user name.
const USERS: [(&str, &str, bool); 3] = [
    ("admin", "Admin", true),
    ("bob", "Bob", false),
    ("alice", "Alice", false),
];

/// Fills a database without users. The content begins eight hours before `now`.
pub(crate) fn demo(
    connection: &mut Connection,
    now: UnixMillis,
    quirks: Quirks,
    hash: impl Fn(&str) -> Result<String, StoreError>,
) -> Result<(), StoreError> {
    let transaction = connection.transaction()?;
    if !users::all(&transaction)?.is_empty() {
        return Ok(());
    }
    if quirks.contains(Quirk::LargeIds) {
        for table in ["users", "rooms", "messages", "attachments"] {
            transaction.execute(
                "INSERT INTO sqlite_sequence (name, seq) VALUES (?1, ?2)",
                (table, LARGE),
            )?;
        }
    }
    let start = SafeInt::new(now.get().saturating_sub(8 * HOUR)).unwrap_or_default();
    let [admin, bob, alice] = {
        let mut ids = [UserId::ZERO; USERS.len()];
        for (id, (user_name, display_name, is_admin)) in ids.iter_mut().zip(USERS) {
            let password_hash = hash(user_name)?;
            let user = NewUser {
                user_name,
                display_name,
                is_admin,
                password_hash: &password_hash,
            };
            *id = users::insert(&transaction, &user, start)?;
        }
        ids
    };
    let mut story = Story {
        connection: &transaction,
        time: start,
    };
    let [of_admin, of_bob, of_lobby] = pictures()?;
    avatars::set(&transaction, Subject::User(admin), Some(of_admin))?;
    avatars::set(&transaction, Subject::User(bob), Some(of_bob))?;

    let lobby = story.room("Lobby", RoomType::Public, &[admin, bob, alice])?;
    avatars::set(&transaction, Subject::Room(lobby), Some(of_lobby))?;
    let welcome = story.say(lobby, admin, "Welcome! Everybody can read and write here.")?;
    story.read(welcome, bob)?;
    story.read(welcome, alice)?;
    let hello = story.say(lobby, bob, "Hello all. What is on for today?")?;
    story.comment(lobby, hello, alice, "The release notes, I am on them.")?;
    story.comment(lobby, hello, admin, "And the planning at the end of the day.")?;
    story.read(hello, alice)?;

    let project = story.room("Project Comet", RoomType::Public, &[bob, admin])?;
    story.add(NewMessage {
        markup_type: MarkupType::TextMarkdown,
        ..plain(
            project,
            bob,
            "The first draft is **done**:\n\n- connect\n- receive events\n- reconnect",
        )
    })?;
    let issue = story.add(NewMessage {
        priority: Priority::High,
        kind: Kind::Issue(IssueProperties {
            issue_type: IssueType::Bug,
            status: IssueStatus::InProgress,
            assignees: vec![bob, alice],
            extra: Extra::new(),
        }),
        ..plain(
            project,
            alice,
            "The unread count stays after the last message was deleted",
        )
    })?;
    story.read(issue, bob)?;
    story.comment(
        project,
        issue,
        bob,
        "I can see it too, a test for it comes first.",
    )?;
    let planning = clock::after(now, 2 * HOUR);
    story.add(NewMessage {
        kind: Kind::Meeting(MeetingProperties {
            time_utc: planning,
            duration: SafeInt::from(30 * 60_000_u32),
            extra: Extra::new(),
        }),
        ..plain(project, admin, "Planning")
    })?;

    let operations = story.room("Operations", RoomType::Private, &[admin, bob])?;
    let backup = story.say(operations, admin, "The backup ran through tonight.")?;
    story.read(backup, bob)?;
    story.say(operations, bob, "Good. I'll try a restore this week.")?;

    let design = story.room("Design", RoomType::Private, &[alice, admin])?;
    story.say(design, alice, "New colours for the dark theme are in the folder.")?;

    story.room("Bob and Alice", RoomType::Private, &[bob, alice])?;

    transaction.commit()?;
    Ok(())
}

/// The pictures of admin, bob and the lobby; the others have none. Drawn once per process, which may run many servers.
fn pictures() -> Result<&'static [Vec<u8>; 3], StoreError> {
    static DRAWN: OnceLock<[Vec<u8>; 3]> = OnceLock::new();
    if let Some(drawn) = DRAWN.get() {
        return Ok(drawn);
    }
    let draw =
        |name, number| avatar::draw(name, number).map_err(|error| StoreError::Picture(error.to_string()));
    let drawn = [draw("Admin", 1)?, draw("Bob", 2)?, draw("Lobby", 3)?];
    Ok(DRAWN.get_or_init(|| drawn))
}

/// Adds content, several minutes apart.
struct Story<'a> {
    connection: &'a Connection,
    time: UnixMillis,
}

fn plain(room_id: RoomId, user_id: UserId, text: &str) -> NewMessage<'_> {
    NewMessage {
        room_id,
        user_id,
        parent_message_id: MessageId::ZERO,
        text,
        markup_type: MarkupType::TextPlain,
        priority: Priority::Normal,
        kind: Kind::Regular,
    }
}

impl Story<'_> {
    fn later(&mut self) -> UnixMillis {
        self.time = clock::after(self.time, 7 * MINUTE);
        self.time
    }

    /// Adds a room with these members; the first one is the moderator.
    fn room(&mut self, name: &str, room_type: RoomType, members: &[UserId]) -> rusqlite::Result<RoomId> {
        let time = self.later();
        let room_id = rooms::insert(self.connection, name, &room_type, time)?;
        for (index, user_id) in members.iter().enumerate() {
            rooms::set_member(self.connection, room_id, *user_id, index == 0)?;
        }
        Ok(room_id)
    }

    fn add(&mut self, message: NewMessage<'_>) -> rusqlite::Result<MessageId> {
        let time = self.later();
        messages::insert(self.connection, &message, time)
    }

    fn say(&mut self, room_id: RoomId, user_id: UserId, text: &str) -> rusqlite::Result<MessageId> {
        self.add(plain(room_id, user_id, text))
    }

    fn comment(
        &mut self,
        room_id: RoomId,
        parent_message_id: MessageId,
        user_id: UserId,
        text: &str,
    ) -> rusqlite::Result<MessageId> {
        self.add(NewMessage {
            parent_message_id,
            ..plain(room_id, user_id, text)
        })
    }

    fn read(&mut self, message_id: MessageId, user_id: UserId) -> rusqlite::Result<()> {
        let time = self.later();
        if let Some(message) = messages::find(self.connection, message_id)? {
            messages::mark_read(self.connection, &message, user_id, time, Quirks::default())?;
        }
        Ok(())
    }
}
