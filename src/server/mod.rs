//! The reference server: a native program, and a library for tests, that speaks the protocol of the package.
//!
//! It is there to develop against: a chat server with users, rooms and messages, the documented REST API (Web API v1)
//! and the event stream at `/api/v1/events`. Run it with `cargo run --features server --bin reference-server`, or start
//! as many as a test needs:
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
//! [`Detached`] is the same server without sockets, and with a clock that goes when it is told to.
//!
//! A new database has three users, whose passwords are their names: `admin` (an administrator), `bob` and `alice`. It
//! has public and private rooms, among them one that bob is in and alice is not, and the other way round, and messages
//! with comments, read receipts, an issue and a meeting. admin, bob and the lobby have a picture.
//!
//! # Endpoints
//!
//! All paths begin with `/api/v1`. Bodies are JSON. Every answer carries `httpStatusCode`; a failure is
//! `{"errorText", "httpStatusCode"}` and nothing else. Those marked with * are this server's own: the documented API
//! has none for the purpose, and a client for production must not count on them.
//!
//! | method and path | what it does |
//! | --- | --- |
//! | `POST /login` | `{"userName", "password"}`: begins a session and sets its cookie, `VirolaUserSessionId` |
//! | `GET /status` | who is logged in; `userSessionId` is null for a caller with a token |
//! | `POST /logout` | ends the session and closes its connections |
//! | `POST /reference/token` * | a bearer token for the caller, `{userId, token, expiresUtc}`; the one before is void |
//! | `PUT /reference/users/{userId}/status` * | `{"status"}`, Active, Suspended or DeletionInProgress: the last two end the user's sessions, token and connections at once; for administrators, and not for themselves |
//! | `GET /users` | all users |
//! | `GET /users/{userId}/avatar.jpg`, `GET /rooms/{roomId}/avatar.jpg` | the picture; 404 for those that have none |
//! | `PUT`, `DELETE` there * | a JPEG of at most [`HttpLimits::max_body`]: changes the picture, or removes it; a user's is for the user and for administrators, a room's for moderators |
//! | `GET /rooms` | the rooms that the caller may see: the public ones, and those that the caller is a member of |
//! | `POST /rooms` * | `{"name", "roomType"?, "memberIds"?}`: makes a room, Private by default, which the caller moderates; answers with `room` |
//! | `PUT /rooms/{roomId}` * | `{"name"?, "roomType"?, "isArchived"?}` for moderators, `{"isPinned"?}` for the caller alone |
//! | `DELETE /rooms/{roomId}` * | removes a room with all that is in it; for moderators |
//! | `GET /rooms/{roomId}/members` * | `members: [{userId, isModerator}]` |
//! | `PUT /rooms/{roomId}/members/{userId}` * | `{"isModerator"?}` or no body: adds a member, or changes one; for moderators |
//! | `DELETE /rooms/{roomId}/members/{userId}` * | takes a member out; for moderators, and for whoever leaves |
//! | `GET /rooms/{roomId}/messages` | messages, with `cursor`, `limit`, `direction` |
//! | `POST /rooms/{roomId}/messages` | `{"content"}`: sends a message; other fields are ignored |
//! | `POST /reference/rooms/{roomId}/messages` * | `{"messages": [{"content", "markupType"?, "priority"?, "messageType"?, "issueProperties"?, "meetingProperties"?}]}`: sends up to 1,000 messages in one TextMessagesCreated, all or none; answers with `messageIds` |
//! | `POST /reference/messages/{messageId}/comments` * | the same for comments |
//! | `PUT /reference/messages/{messageId}/issue` * | `{"type"?, "status"?, "assignees"?}`: changes an issue |
//! | `PUT /messages/{messageId}` * | `{"content"}`: edits a message; for its author and for moderators |
//! | `DELETE /messages/{messageId}` | deletes a message, with its comments; for its author and for moderators |
//! | `GET /messages/{messageId}/comments` | comments, with `cursor`, `limit`, `direction` |
//! | `POST /messages/{messageId}/comments` | `{"content"}`: comments on a message that is no comment itself |
//! | `POST /messages/{messageId}/read` | the caller has read the message |
//! | `POST /messages/{messageId}/attachments` | multipart/form-data, field `files`: attaches files to a message; for its author and for moderators; 413 beyond [`HttpLimits::max_upload`] |
//! | `GET /attachments/{id}` | what is known about an attachment. `hasThumbnail` is true for pictures, but the API has no address for a thumbnail |
//! | `GET /attachments/{id}/{fileName}` | its bytes, also in ranges |
//! | `DELETE /attachments/{id}` | deletes an attachment; for the message's author and for moderators |
//! | `GET /room-permissions/{roomId}` | the caller's flags; moderators have all |
//! | `PUT /reference/room-permissions/{roomId}` * | `{"userId"?, "permissions": {flag: bool}}`: gives and takes flags, of one user or of everybody who has no rule of their own; for moderators |
//! | `GET /server-health` | `{version, startedUtc, connectionCount, userCount, roomCount, messageCount, attachmentCount, attachmentBytes}` |
//! | `GET /openapi.json`, `GET /asyncapi.json` * | the descriptions of the REST API and of the events; for everybody |
//! | `GET /events` | the WebSocket |
//! | `POST /reference/faults` * | a [`Fault`] for the caller, a user or all (see [`faults`]); only with [`Config::faults`], like the next two |
//! | `GET /reference/faults` * | the faults that last |
//! | `DELETE /reference/faults` * | ends them |
//!
//! "Moderators" means those of the room, and administrators who may see it. An administrator sees no private room
//! without being a member. Who may not see a room gets the 404 that a room which does not exist gets.
//!
//! # Where the documentation leaves something open
//!
//! Each [`Quirk`] switches one decision to the other reading ([`Config::quirks`], `--quirk`). Without quirks:
//!
//! - A page begins with the message that its cursor names. Any number is a cursor: it stands for a place in the list. Lists
//!   of a room's messages have no comments, and comments cannot be commented on.
//! - Reading a message leaves a receipt, for its author as well. Reading it again changes nothing.
//! - Moderators and administrators edit, attach files to and delete messages of others.
//! - `lastMessage` is `{messageId, createdUtc}`, null in a room without messages. Rooms have `name` and `displayName`, with the same value.
//! - `lastModifiedUtc` of a message grows with every change of it, a receipt too. `lastEditedUtc` is `createdUtc` until the text changes.
//! - `fileChecksum` is SHA-1. Attachments that are pictures have `size` and `hasThumbnail`.
//! - Users and rooms without a picture answer 404.
//! - 401 tells missing credentials from expired ones by its text. The upgrade of `/events` takes a token or the cookie. Logging
//!   out closes the connections of the session.
//!
//! Decisions without a quirk: Unread messages are those that the user neither wrote nor has read, including comments. The last
//! message of a room may be a comment. Nothing can be written into an archived room. What a flag of the room's permissions
//! forbids is answered with 403; flags that begin with `ui`, and those about features that this server lacks (emoji, intercom,
//! screens, nudges, recordings), are for the client to respect. An event has messages of one room.
//!
//! # Events
//!
//! A connection gets the events of every change that is committed after its upgrade was accepted, each once, in the
//! order of the commits, which is the same for everybody. Rooms are rendered for their recipient. An event is sent for
//! what changed: a RoomUpdated that would tell its recipient nothing new is left out.
//!
//! | change | events |
//! | --- | --- |
//! | a message | TextMessagesCreated, RoomUpdated |
//! | a comment | TextMessagesCreated, TextMessagesUpdated for its parent, RoomUpdated |
//! | an edit, a change of an issue, attachments added or removed | TextMessagesUpdated |
//! | a read receipt | TextMessagesUpdated, and RoomUpdated for the reader if the message was unread |
//! | a deletion | TextMessageDeleted for each comment and then for the message; for a comment, TextMessagesUpdated for its parent; RoomUpdated where the last message or an unread count changed |
//! | a room is made, or a user is added to a private one | RoomCreated for those who see it now |
//! | a room is renamed, archived, pinned, its moderators or its picture change | RoomUpdated for those for whom it differs |
//! | a room is deleted, or a user is taken out of a private one | RoomDeleted for those who saw it |
//!
//! What a client sends is dropped. The server pings a connection that is silent, and closes connections with these
//! codes ([`CloseReason`]):
//!
//! | code | why |
//! | --- | --- |
//! | 1001 | the server shuts down |
//! | 1002, 1007 | the client broke the WebSocket protocol, or sent text that is not UTF-8 |
//! | 1009 | the client sent a message that is too large ([`EventLimits::max_client_message`]) |
//! | 4001 | the session or token that the connection came with has ended |
//! | 4002 | the client reads more slowly than events come ([`EventLimits::queue_events`], [`EventLimits::queue_bytes`], [`EventLimits::write_timeout`]); what was waiting is dropped |
//! | 4003 | the client did not answer a ping ([`EventLimits::ping_timeout`]) |
//! | 4004 | the user was suspended |
//! | 4005 | the client sends more messages than the server takes ([`EventLimits::client_messages`]) |
//!
//! A user has a limited number of connections ([`EventLimits::connections_per_user`]): one more upgrade is answered with
//! 429. So has an address ([`HttpLimits::connections_per_address`]), whatever they are for: one more is closed unheard.
//!
//! # Browsers
//!
//! Pages that the server serves itself ([`Config::www`]) may use it. Pages of other origins may where
//! [`Config::allowed_origins`] names them; otherwise they cannot read answers, change anything or open the WebSocket:
//! a request that carries their `Origin` is refused with 403. Requests without an `Origin` come from no browser.
//!
//! The session's cookie is `SameSite=Lax` and `HttpOnly`, and `Secure` with TLS ([`Config::tls`]). Logins that fail are
//! limited in rate ([`LoginLimits`]): more are answered with 429 and `Retry-After`.
//!
//! # Inside
//!
//! `store` keeps everything in SQLite, on one thread. `hub` knows who is connected and hands events out. `chat` holds
//! the rules: who may do what, and which events it makes. `session` tells who is asking. `http` puts REST and
//! WebSockets in front of them, `faults` disturbs connections on purpose; `hub` and `store` know
//! nothing of HTTP.

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
    ActiveFault, CapMode, DropKind, Fault, FaultError, Faults, Garbage, Part, RestBody, ScheduledFault, Scope,
};
pub use hub::CloseReason;
pub use lifecycle::Server;
pub use limit::Rate;
pub use origin::{AllowedOrigin, OriginError};
pub use quirk::{Quirk, Quirks};
pub use store::StoreError;
pub use tls::{Tls, TlsError};
