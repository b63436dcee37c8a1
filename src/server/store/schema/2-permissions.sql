-- What is not allowed in a room. What is not listed is.
CREATE TABLE room_denials (
    room_id INTEGER NOT NULL REFERENCES rooms ON DELETE CASCADE,
    -- 0: everybody but those who have rows of their own for the flag.
    user_id INTEGER NOT NULL,
    flag TEXT NOT NULL,
    is_denied INTEGER NOT NULL,
    PRIMARY KEY (room_id, user_id, flag)
) STRICT, WITHOUT ROWID;
