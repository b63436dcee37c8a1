-- Times are Unix milliseconds. Ids are never used twice: a client may still remember the old owner of one.

CREATE TABLE users (
    user_id INTEGER PRIMARY KEY AUTOINCREMENT,
    user_name TEXT NOT NULL UNIQUE COLLATE NOCASE,
    display_name TEXT NOT NULL,
    is_admin INTEGER NOT NULL,
    status TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    created_utc INTEGER NOT NULL,
    last_modified_utc INTEGER NOT NULL
) STRICT;

-- Secrets are kept as digests: a copy of the file opens no session.
CREATE TABLE sessions (
    digest BLOB PRIMARY KEY,
    user_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
    created_utc INTEGER NOT NULL,
    expires_utc INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX sessions_by_expiry ON sessions (expires_utc);

-- One a user.
CREATE TABLE tokens (
    user_id INTEGER PRIMARY KEY REFERENCES users ON DELETE CASCADE,
    digest BLOB NOT NULL UNIQUE,
    created_utc INTEGER NOT NULL,
    expires_utc INTEGER NOT NULL
) STRICT;

CREATE TABLE rooms (
    room_id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    room_type TEXT NOT NULL,
    is_archived INTEGER NOT NULL DEFAULT 0,
    -- Messages and comments.
    message_count INTEGER NOT NULL DEFAULT 0,
    created_utc INTEGER NOT NULL,
    last_modified_utc INTEGER NOT NULL
) STRICT;

-- What is a user's own about a room, whether a member or not: in a public room everybody has read something.
CREATE TABLE room_users (
    room_id INTEGER NOT NULL REFERENCES rooms ON DELETE CASCADE,
    user_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
    is_member INTEGER NOT NULL DEFAULT 0,
    is_moderator INTEGER NOT NULL DEFAULT 0,
    is_pinned INTEGER NOT NULL DEFAULT 0,
    -- Messages of the room that this user wrote or has read. The rest of message_count is unread: so a new message
    -- changes one row, however many users the room has.
    seen_count INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (room_id, user_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX room_users_by_user ON room_users (user_id);

CREATE TABLE messages (
    message_id INTEGER PRIMARY KEY AUTOINCREMENT,
    room_id INTEGER NOT NULL REFERENCES rooms ON DELETE CASCADE,
    user_id INTEGER NOT NULL REFERENCES users,
    -- 0 where the message is no comment.
    parent_message_id INTEGER NOT NULL,
    text TEXT NOT NULL,
    message_type TEXT NOT NULL,
    markup_type TEXT NOT NULL,
    priority TEXT NOT NULL,
    created_utc INTEGER NOT NULL,
    last_edited_utc INTEGER NOT NULL,
    last_modified_utc INTEGER NOT NULL,
    comment_count INTEGER NOT NULL DEFAULT 0,
    issue_type TEXT,
    issue_status TEXT,
    meeting_time_utc INTEGER,
    meeting_duration INTEGER
) STRICT;

CREATE INDEX messages_by_room ON messages (room_id, message_id);
CREATE INDEX messages_by_thread ON messages (room_id, parent_message_id, message_id);

CREATE TABLE issue_assignees (
    message_id INTEGER NOT NULL REFERENCES messages ON DELETE CASCADE,
    position INTEGER NOT NULL,
    user_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
    PRIMARY KEY (message_id, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE read_receipts (
    message_id INTEGER NOT NULL REFERENCES messages ON DELETE CASCADE,
    user_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
    read_utc INTEGER NOT NULL,
    PRIMARY KEY (message_id, user_id)
) STRICT, WITHOUT ROWID;
