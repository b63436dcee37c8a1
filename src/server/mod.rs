//! The reference server: a native program, and a library for tests, with the protocol of the package.
//!
//! It is a chat server to develop against, with users, rooms and messages, the documented REST API (Web API v1) and the
//! event stream at `/api/v1/events`. Run it with `cargo run --features server --bin reference-server`, or start as many
//! as a test needs:
//!
//! ```no_run
//! use room_events::server::{Config, PasswordCost, Server};
//!
//! # async fn example() -> Result<(), room_events::server::ServerError> {
//! let server = Server::start(Config { password_cost: PasswordCost::MINIMAL, ..Config::default() }).await?;
//! println!("log in at {}/api/v1/login, listen at {}", server.url(), server.events_url());
//! server.shutdown().await;
//! # Ok(())
//! # }
//! ```
//!
//! [`Detached`] is the same server without sockets, and with a clock that the caller sets.
//!
//! A new database has three users, whose passwords are their names: `admin` (an administrator), `bob` and `alice`. It
//! has public and private rooms, including one with bob but not alice and one with alice but not bob. The messages have
//! comments, read receipts, an issue and a meeting. admin, bob and the lobby have a picture.
//!
//! # Endpoints
//!
//! All paths begin with `/api/v1`. Bodies are JSON. Every response has `httpStatusCode`; a failure is
//! `{"errorText", "httpStatusCode"}` and nothing else. Operations marked with * are specific to this server: the
//! documented API lacks them, and clients for production must not depend on them.
//!
//! | method and path | effect |
//! | --- | --- |
//! | `POST /login` | `{"userName", "password"}`: starts a session and sets its cookie, `VirolaUserSessionId` |
//! | `GET /status` | the authenticated user; `userSessionId` is null for a caller with a token |
//! | `POST /logout` | ends the session and closes its connections |
//! | `POST /reference/token` * | issues a bearer token for the caller, `{userId, token, expiresUtc}`, and revokes the previous one |
//! | `PUT /reference/users/{userId}/status` * | `{"status"}`, Active, Suspended or DeletionInProgress: the last two end the user's sessions, token and connections at once; for administrators, except for themselves |
//! | `GET /users` | all users |
//! | `GET /users/{userId}/avatar.jpg`, `GET /rooms/{roomId}/avatar.jpg` | the picture; 404 if there is none |
//! | `PUT`, `DELETE` of these * | changes the picture to a JPEG of at most [`HttpLimits::max_body`], or removes it; for the user and administrators, or the moderators of the room |
//! | `GET /rooms` | the rooms that the caller may see: the public ones, and those that the caller is a member of |
//! | `POST /rooms` * | `{"name", "roomType"?, "memberIds"?}`: creates a room, Private by default, with the caller as moderator; returns `room` |
//! | `PUT /rooms/{roomId}` * | `{"name"?, "roomType"?, "isArchived"?}` for moderators, `{"isPinned"?}` for the caller only |
//! | `DELETE /rooms/{roomId}` * | deletes a room and its content; for moderators |
//! | `GET /rooms/{roomId}/members` * | `members: [{userId, isModerator}]` |
//! | `PUT /rooms/{roomId}/members/{userId}` * | `{"isModerator"?}` or no body: adds or changes a member; for moderators |
//! | `DELETE /rooms/{roomId}/members/{userId}` * | removes a member; for moderators, and for members who leave |
//! | `GET /rooms/{roomId}/messages` | messages, with `cursor`, `limit`, `direction` |
//! | `POST /rooms/{roomId}/messages` | `{"content"}`: sends a message; other fields are ignored |
//! | `POST /reference/rooms/{roomId}/messages` * | `{"messages": [{"content", "markupType"?, "priority"?, "messageType"?, "issueProperties"?, "meetingProperties"?}]}`: sends up to 1,000 messages in one TextMessagesCreated, all or none; returns `messageIds` |
//! | `POST /reference/messages/{messageId}/comments` * | the same for comments |
//! | `PUT /reference/messages/{messageId}/issue` * | `{"type"?, "status"?, "assignees"?}`: changes an issue |
//! | `PUT /messages/{messageId}` * | `{"content"}`: edits a message; for its author and moderators |
//! | `DELETE /messages/{messageId}` | deletes a message and its comments; for its author and moderators |
//! | `GET /messages/{messageId}/comments` | comments, with `cursor`, `limit`, `direction` |
//! | `POST /messages/{messageId}/comments` | `{"content"}`: comments on a message that is no comment itself |
//! | `POST /messages/{messageId}/read` | marks the message as read by the caller |
//! | `POST /messages/{messageId}/attachments` | multipart/form-data, field `files`: attaches files to a message; for its author and moderators; 413 beyond [`HttpLimits::max_upload`] |
//! | `GET /attachments/{id}` | the properties of an attachment. `hasThumbnail` is true for pictures, but the API has no URL for thumbnails |
//! | `GET /attachments/{id}/{fileName}` | the file, with support for ranges |
//! | `DELETE /attachments/{id}` | deletes an attachment; for the author of the message and moderators |
//! | `GET /room-permissions/{roomId}` | the caller's flags; moderators have all |
//! | `PUT /reference/room-permissions/{roomId}` * | `{"userId"?, "permissions": {flag: bool}}`: grants and revokes flags, of one user or of everyone without an individual rule; for moderators |
//! | `GET /server-health` | `{version, startedUtc, connectionCount, userCount, roomCount, messageCount, attachmentCount, attachmentBytes}` |
//! | `GET /openapi.json`, `GET /asyncapi.json` * | the descriptions of the REST API and of the events; without credentials |
//! | `GET /events` | the WebSocket |
//! | `POST /reference/faults` * | injects a [`Fault`] for the caller, a user or all (see [`faults`]); only with [`Config::faults`], like the next two |
//! | `GET /reference/faults` * | the active faults |
//! | `DELETE /reference/faults` * | ends the active faults |
//!
//! "Moderators" are those of the room, and administrators who may see it. Administrators do not see a private room
//! without being members. A room that a user may not see gets the same 404 as one that does not exist.
//!
//! # Where the documentation is ambiguous
//!
//! Each [`Quirk`] switches one decision to the other interpretation ([`Config::quirks`], `--quirk`). Without quirks:
//!
//! - A page includes the message of its cursor. Any number is a valid cursor: it is a position in the list. Lists of a
//!   room's messages have no comments, and comments cannot have comments.
//! - Reading a message leaves a receipt, also for its author. Reading it again changes nothing.
//! - Moderators and administrators edit, attach files to and delete messages of others.
//! - `lastMessage` is `{messageId, createdUtc}`, null in a room without messages. Rooms have `name` and `displayName`,
//!   with the same value.
//! - `lastModifiedUtc` of a message grows with every change, including receipts. `lastEditedUtc` is `createdUtc` until
//!   the text changes.
//! - `fileChecksum` is SHA-1. Pictures among the attachments have `size` and `hasThumbnail`.
//! - Users and rooms without a picture answer 404.
//! - The text of a 401 distinguishes missing from expired credentials. The upgrade of `/events` accepts a token or the
//!   cookie. Logging out closes the connections of the session.
//!
//! Decisions without a quirk: Unread messages are those that the user neither wrote nor read, including comments. The
//! last message of a room may be a comment. Messages in an archived room can be deleted, but not written or edited. If
//! a flag of the room's permissions forbids an operation, the response is 403. Flags that begin with `ui`, and those
//! about features that this server lacks (emoji, intercom, screens, nudges, recordings), are left to the client. An
//! event has messages of one room.
//!
//! # Events
//!
//! A connection gets the events of every change that is committed after its upgrade was accepted, each once, in commit
//! order, which is the same for all connections. Rooms are rendered for their recipient. RoomUpdated is omitted if
//! nothing changed for its recipient.
//!
//! | change | events |
//! | --- | --- |
//! | a message | TextMessagesCreated, RoomUpdated |
//! | a comment | TextMessagesCreated, TextMessagesUpdated for its parent, RoomUpdated |
//! | an edit, a change of an issue, attachments added or removed | TextMessagesUpdated |
//! | a read receipt | TextMessagesUpdated, and RoomUpdated for the reader if the message was unread |
//! | a deletion | TextMessageDeleted for each comment and then for the message; for a comment, TextMessagesUpdated for its parent; RoomUpdated if the last message or an unread count changed |
//! | a room is created, or a user is added to a private one | RoomCreated for users who see it now |
//! | a room is renamed, archived or pinned, or its moderators or picture change | RoomUpdated for users for whom it differs |
//! | a room is deleted, or a user is removed from a private one | RoomDeleted for users who saw it |
//!
//! Messages from clients are ignored. The server pings silent connections, and closes connections with these codes
//! ([`CloseReason`]):
//!
//! | code | reason |
//! | --- | --- |
//! | 1001 | the server is shutting down |
//! | 1002, 1007 | the client violated the WebSocket protocol, or sent text that is not UTF-8 |
//! | 1009 | the client sent a message that is too large ([`EventLimits::max_client_message`]) |
//! | 4001 | the session or token of the connection has ended |
//! | 4002 | the client reads too slowly ([`EventLimits::queue_events`], [`EventLimits::queue_bytes`], [`EventLimits::write_timeout`]); queued events are dropped |
//! | 4003 | the client did not answer a ping ([`EventLimits::ping_timeout`]) |
//! | 4004 | the user was suspended |
//! | 4005 | the client sent too many messages ([`EventLimits::client_messages`]) |
//!
//! The connections of a user are limited ([`EventLimits::connections_per_user`]): further upgrades get 429. All
//! connections of an address are limited, too ([`HttpLimits::connections_per_address`]): further ones are closed at
//! once.
//!
//! # Browsers
//!
//! Pages from the server itself ([`Config::www`]) may use it. Pages of other origins may if [`Config::allowed_origins`]
//! lists them. Otherwise they cannot read responses, and their writes and upgrades get 403. Requests without an `Origin`,
//! as from other clients, are not restricted.
//!
//! The session cookie is `SameSite=Lax` and `HttpOnly`, and `Secure` with TLS ([`Config::tls`]). The rate of failed
//! logins is limited ([`LoginLimits`]): beyond it, the response is 429 with `Retry-After`.
//!
//! # Architecture
//!
//! `store` keeps everything in SQLite, on one thread. `hub` tracks connections and delivers events. `chat` has the
//! rules: access control, and the events of each operation. `session` authenticates. `http` adds REST and WebSockets on
//! top, and `faults` disturbs connections on purpose. `hub` and `store` are independent of HTTP.

mod avatar;
mod chat;
mod clock;
mod config;
mod detached;
mod error;
pub mod faults;
mod files;
#[cfg(any(test, fuzzing))]
#[path = "../../fuzz/server.rs"]
pub mod fuzz;
mod http;
mod hub;
mod lifecycle;
mod limit;
pub mod load;
mod origin;
mod quirk;
mod rewrite;
mod session;
mod store;
mod tasks;
mod tls;

pub use config::{Config, EventLimits, HttpLimits, LoginLimits, PasswordCost};
pub use detached::{Detached, DetachedAnswer, DetachedEvents};
pub use error::ServerError;
pub use faults::{
    ActiveFault, CapMode, DropKind, Fault, FaultError, Faults, Garbage, Part, RestBody, RestMethod,
    ScheduledFault, Scope,
};
pub use hub::CloseReason;
pub use lifecycle::Server;
pub use limit::Rate;
pub use origin::{AllowedOrigin, OriginError};
pub use quirk::{Quirk, Quirks};
pub use store::StoreError;
pub use tls::{Tls, TlsError};
