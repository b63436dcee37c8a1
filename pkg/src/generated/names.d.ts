// Generated from the Rust sources by `cargo xtask codegen`: do not edit.

import type { OpenEnum } from "../types.js";

/** What kind of message it is. */
export type MessageType = OpenEnum<
  | "Regular"
  | "Issue"
  | "Meeting"
>;

/** How a message's text is to be read. The text is untrusted in every case, `TextHtml` most of all. */
export type MarkupType = OpenEnum<
  | "TextPlain"
  | "TextHtml"
  | "TextMarkdown"
  | "TextCode"
  | "TextLatex"
>;

/** How urgent a message is. */
export type Priority = OpenEnum<
  | "Blocker"
  | "Critical"
  | "High"
  | "Normal"
  | "Low"
  | "Trivial"
>;

/** What kind of work an issue is. */
export type IssueType = OpenEnum<
  | "Task"
  | "Subtask"
  | "Bug"
  | "Epic"
  | "Story"
  | "FeatureRequest"
  | "MergeRequest"
>;

/** How far an issue has come. */
export type IssueStatus = OpenEnum<
  | "Backlog"
  | "ToDo"
  | "InProgress"
  | "ToVerify"
  | "Done"
  | "Declined"
>;

/** Who may find a room: its members alone, or every user. */
export type RoomType = OpenEnum<
  | "Private"
  | "Public"
>;

/** How far an attachment has come on its way from one client to the others. */
export type AttachmentState = OpenEnum<
  | "Initial"
  | "ChecksumCalculationOnClientSideInProgress"
  | "ChecksumCalculationOnClientSideFailed"
  | "UploadFromClientToServerInProgress"
  | "UploadFromClientToServerFailed"
  | "ChecksumVerificationOnServerSideInProgress"
  | "ChecksumVerificationOnServerSideMismatch"
  | "ChecksumVerificationOnServerSideFailed"
  | "ReadyForDownloadFromServerToClient"
>;

/**
 * What is wrong.
 *
 * - `invalid-json`, `truncated`, `missing-type`, `binary-frame`: the frame is no event.
 * - `too-deep`: more than 128 levels of nesting.
 * - `too-large`: a frame of more than 16 MiB; or a message or a room that takes too much memory.
 * - `too-long`: more than 100,000 items in an array of a known field.
 * - `missing-field`: an object without its id.
 * - `duplicate-field`: a field is there twice; the first value counts.
 * - `wrong-type`, `out-of-range`: a value of the wrong kind.
 */
export type MalformedCode = 
  | "invalid-json"
  | "truncated"
  | "too-deep"
  | "too-large"
  | "too-long"
  | "missing-type"
  | "missing-field"
  | "duplicate-field"
  | "wrong-type"
  | "out-of-range"
  | "binary-frame";

/**
 * What the connection does.
 *
 * - `connecting`: a socket is being opened.
 * - `catching-up`: the socket is open, and the client reads what was missed. Events of the rooms that it reads wait, for
 *   at most 5 seconds each; all others are delivered.
 * - `open`: events flow.
 * - `waiting`: the connection broke or could not be made; the next attempt comes at `retryAt`.
 * - `offline`: there is no network, or the page is frozen or in the back/forward cache. The client reconnects once that
 *   ends.
 * - `unauthorized`: the server does not accept the session. Log in again and call `reconnectNow()`, or give
 *   `onUnauthorized`. When the page is shown again, the client asks `GET /status`, and reconnects if the user has logged
 *   in elsewhere.
 * - `closed`: `close()` was called, `reconnect.attempts` are used up, or the WebAssembly module has failed. Nothing
 *   follows.
 */
export type ConnectionStatus = 
  | "connecting"
  | "catching-up"
  | "open"
  | "waiting"
  | "offline"
  | "unauthorized"
  | "closed";

/**
 * Why the client could not recover missed events.
 *
 * - `too-far-behind`: the room has more new messages than `catchUp.maxMessages`, or more than 32 MiB of them. Load the
 *   room again. With a `roomId` of null, more events waited for this page than its queue holds: load everything again.
 * - `nothing-known`: the connection broke before the client had read the room for the first time, or it cannot tell old
 *   comments from new ones. Load the room again, or everything if `roomId` is null.
 * - `unreadable`: the room, or the list of rooms, cannot be read, and its events can wait no longer. Do nothing: the
 *   client delivers them without comparing them with the REST API, keeps trying, and delivers the differences once it can
 *   read the room.
 */
export type ResyncReason = 
  | "too-far-behind"
  | "nothing-known"
  | "unreadable";

/**
 * How current the client's knowledge of a room, or of the list of rooms, is.
 *
 * - `loading`: the client reads it for the first time. Its events are delivered; with `catchUp.history` they wait.
 * - `live`: it is complete, and events keep it up to date.
 * - `catching-up`: there was a gap; the client reads what was missed. Its events wait, for at most 5 seconds.
 * - `stale`: there is no connection, or it cannot be read. Its events are delivered, and the client keeps trying.
 */
export type Freshness = 
  | "loading"
  | "live"
  | "catching-up"
  | "stale";

/**
 * How far a message has come that is being sent.
 *
 * - `queued`: it waits for its turn, or for a connection.
 * - `sending`: the server has been asked to take it.
 * - `unconfirmed`: whether the server has it is not known. The client looks for it before it sends it again.
 * - `uploading`: the message itself is there, and its files are being uploaded.
 * - `failed`: it was not sent.
 */
export type SendState = 
  | "queued"
  | "sending"
  | "unconfirmed"
  | "failed"
  | "uploading";

/**
 * Why a message was not sent.
 *
 * - `refused`: the server does not take it.
 * - `unreachable`: the server did not take it, several times.
 * - `unclear`: whether the server has taken it cannot be found out.
 * - `gone`: the room, or the message that it comments on, is gone.
 * - `other-user`: another user has logged in.
 */
export type SendFailureReason = 
  | "refused"
  | "unreachable"
  | "unclear"
  | "gone"
  | "other-user";
