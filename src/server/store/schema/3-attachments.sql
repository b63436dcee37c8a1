CREATE TABLE attachments (
    attachment_id INTEGER PRIMARY KEY AUTOINCREMENT,
    message_id INTEGER NOT NULL REFERENCES messages ON DELETE CASCADE,
    -- The file beside the database that has the bytes.
    stored_name TEXT NOT NULL UNIQUE,
    file_name TEXT NOT NULL,
    content_type TEXT NOT NULL,
    file_size INTEGER NOT NULL,
    file_checksum TEXT NOT NULL,
    width INTEGER,
    height INTEGER,
    created_utc INTEGER NOT NULL
) STRICT;

CREATE INDEX attachments_by_message ON attachments (message_id);

-- Files that no attachment needs any more, until they are removed.
CREATE TABLE orphaned_files (
    stored_name TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;

CREATE TRIGGER attachments_orphan_files AFTER DELETE ON attachments BEGIN
    INSERT OR IGNORE INTO orphaned_files (stored_name) VALUES (old.stored_name);
END;
