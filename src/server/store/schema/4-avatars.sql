-- Pictures that were uploaded, small enough to be kept here: JPEG.
CREATE TABLE user_avatars (
    user_id INTEGER PRIMARY KEY REFERENCES users ON DELETE CASCADE,
    jpeg BLOB NOT NULL
) STRICT;

CREATE TABLE room_avatars (
    room_id INTEGER PRIMARY KEY REFERENCES rooms ON DELETE CASCADE,
    jpeg BLOB NOT NULL
) STRICT;
