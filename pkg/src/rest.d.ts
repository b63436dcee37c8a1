/**
 * The REST API: one method for each operation, without WebAssembly.
 *
 * @module room-events/rest
 */

import type {
  Attachment,
  AttachmentId,
  Message,
  MessageId,
  OpenEnum,
  RequestHeaders,
  Room,
  RoomId,
  UnixMillis,
  UserId,
} from "./types.js";

/** Options of `createRest()` and `createReference()`. They mean the same as the option group `rest` of `connect()`. */
export interface RestOptions {
  /** The base of the API. Default: `/api/v1` of the page's origin. */
  url?: string | URL | undefined;
  /**
   * Headers of every request. A function is called before each; if it rejects, the request has failed. Default: `Accept:
   * application/json`, which is sent in any case unless you give another.
   */
  headers?: RequestHeaders | (() => RequestHeaders | PromiseLike<RequestHeaders>) | undefined;
  /** Whether cookies go along, as `fetch()` takes it. Default: `include`. */
  credentials?: "include" | "same-origin" | "omit" | undefined;
  /** Sends the requests instead of the global `fetch()`, uploads too. */
  fetch?: ((url: string, init: RequestInit) => Promise<Response>) | undefined;
  /**
   * After how many milliseconds without progress a request counts as failed. Each part of an answer that arrives starts
   * the time over. Default: 10000.
   */
  timeoutMs?: number | undefined;
}

/** Options of every method that sends a request. */
export interface CallOptions {
  /** Cancels the request when it is aborted: the promise rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
  /** Overrides the `timeoutMs` of the client. */
  timeoutMs?: number | undefined;
}

/** Options of `messages()` and `comments()`. */
export interface PageOptions extends CallOptions {
  /**
   * The id of the message to start from. Whether the answer has that message, too, depends on the server. Default: the
   * oldest message (forward), or the newest (backward).
   */
  cursor?: MessageId | undefined;
  /** How many messages at most. A server may send fewer. Default: all. */
  limit?: number | undefined;
  /** `forward`: newer messages; `backward`: older ones. Default: `forward`. */
  direction?: "forward" | "backward" | undefined;
}

/** Options of `pages()` and `commentPages()`. */
export interface PagesOptions extends PageOptions {
  /** The id of the message to start from, which is not among the results. Default: see `PageOptions`. */
  cursor?: MessageId | undefined;
  /** How many messages to ask for at a time, at least 2. Default: 100. */
  limit?: number | undefined;
}

/** Options of `around()`. */
export interface AroundOptions extends CallOptions {
  /** How many messages before that one, and how many after it. A server may send fewer. Default: 50. */
  limit?: number | undefined;
}

/** How much of an upload has been sent, in bytes. */
export interface UploadProgress {
  loaded: number;
  total: number;
}

/** Options of `attach()`. */
export interface UploadOptions extends CallOptions {
  /**
   * Called as the files are sent, if there is an `XMLHttpRequest`, the option `fetch` is not given and `credentials` is
   * not `omit`. Otherwise it is never called, and there is no timeout unless you give `timeoutMs`.
   */
  onProgress?: ((progress: UploadProgress) => void) | undefined;
}

/** Who is logged in. */
export interface Session {
  userId: UserId;
  /** The value of the session's cookie; null if the caller came with a token. A browser keeps the cookie by itself. */
  userSessionId: string | null;
}

/** Whether a user may use the server. */
export type UserStatus = OpenEnum<"Active" | "Suspended" | "DeletionInProgress">;

/** A user. Neutral values: `""`, `false`, 0, `"Active"`. */
export interface User {
  userId: UserId;
  /** The name to log in with. */
  userName: string;
  displayName: string;
  isAdmin: boolean;
  status: UserStatus;
  createdUtc: UnixMillis;
  lastModifiedUtc: UnixMillis;
}

/** What a user may be allowed in a room. */
export type PermissionFlag =
  | "canSendMessagesInMainThread"
  | "canSendMessagesInDiscussion"
  | "canEditOrDeleteOwnMessagesInMainThread"
  | "canEditOrDeleteOwnMessagesInDiscussion"
  | "canAttachOrDeleteFilesInOwnMessagesInMainThread"
  | "canAttachOrDeleteFilesInOwnMessagesInDiscussion"
  | "canSendFilesIntoRoomInMainThread"
  | "canSendFilesIntoRoomInDiscussion"
  | "canReactToMessagesWithEmojiInMainThread"
  | "canReactToMessagesWithEmojiInDiscussion"
  | "uiCanSeeWhoReadMessageInMainThread"
  | "uiCanSeeWhoReadMessageInDiscussion"
  | "canChangePropertiesOfUnrelatedIssues"
  | "canCreateIssues"
  | "canCreateMeetings"
  | "canRecordMeetings"
  | "canUseIntercom"
  | "canIntercomListen"
  | "canIntercomTalk"
  | "canIntercomWatchVideo"
  | "canIntercomStreamVideo"
  | "canShareScreen"
  | "canSendNudge"
  | "uiCanSeeRoomSidebar";

/** The flags of a user in a room. One that is absent is not granted. A newer server may send others. */
export interface Permissions extends Partial<Record<PermissionFlag, boolean>> {
  [flag: string]: boolean | undefined;
}

/**
 * What went wrong with a request.
 *
 * - `unauthorized`: status 401. Nobody is logged in, or the session has ended; or user name or password are wrong.
 * - `forbidden`: status 403.
 * - `not-found`: status 404. It does not exist, or the user may not see it.
 * - `rejected`: another status below 500, for example 400 or 429.
 * - `server`: a status of 500 or more.
 * - `network`: there was no answer, it broke off, or it has more than 32 MiB.
 * - `timeout`: there was no progress for `timeoutMs`.
 * - `malformed`: the answer is not what the API describes, for example the login page of a proxy.
 */
export type RestErrorCode =
  | "unauthorized"
  | "forbidden"
  | "not-found"
  | "rejected"
  | "server"
  | "network"
  | "timeout"
  | "malformed";

/**
 * What every method rejects with, except that a request that you cancel rejects with the signal's reason. `instanceof` works
 * across `room-events/rest` and `room-events/reference`.
 */
export declare class RestError extends Error {
  constructor(
    code: RestErrorCode,
    message: string,
    details?: { status?: number | null | undefined; retryAfterMs?: number | null | undefined; cause?: unknown },
  );
  name: "RestError";
  /** What went wrong. */
  readonly code: RestErrorCode;
  /** The HTTP status; null if there was no answer. */
  readonly status: number | null;
  /** How many milliseconds the server asks to wait (`Retry-After`); null if it does not. */
  readonly retryAfterMs: number | null;
  /** The error that led to this one, if any. */
  readonly cause?: unknown;
}

/**
 * The REST API, one method for each operation. The methods need no `this`.
 *
 * Fields that are absent or null get their neutral values, as in events. An entry of a list without its id is left out; the
 * rest of the list is delivered. An answer that is no JSON object, or has no such list, is `malformed`.
 */
export interface RestClient {
  /** Begins a session. A browser keeps its cookie. */
  login(userName: string, password: string, options?: CallOptions): Promise<Session>;
  /** Who is logged in. Rejects with `unauthorized` if nobody is. */
  status(options?: CallOptions): Promise<Session>;
  /** Ends the session. Rejects with `unauthorized` if there is none. */
  logout(options?: CallOptions): Promise<void>;
  /** All users. */
  users(options?: CallOptions): Promise<User[]>;
  /** The rooms that the user may see. */
  rooms(options?: CallOptions): Promise<Room[]>;
  /** What the user may do in a room. */
  permissions(roomId: RoomId, options?: CallOptions): Promise<Permissions>;
  /** A page of a room's messages, the oldest first. Comments are not among them. */
  messages(roomId: RoomId, options?: PageOptions): Promise<Message[]>;
  /**
   * A room's messages page by page, each page the oldest message first, no message twice. Ends when the server has no more:
   * at an empty page, or one with nothing new.
   *
   * @example
   * for await (const page of rest.pages(roomId, { direction: "backward" })) {
   *   show(page);
   *   if (page[0].createdUtc < yesterday) break;
   * }
   */
  pages(roomId: RoomId, options?: PagesOptions): AsyncGenerator<Message[], void, undefined>;
  /** A message with those before and after it, the oldest first. Takes two requests. The message is missing if it is gone. */
  around(roomId: RoomId, messageId: MessageId, options?: AroundOptions): Promise<Message[]>;
  /** A page of the comments on a message, the oldest first. */
  comments(messageId: MessageId, options?: PageOptions): Promise<Message[]>;
  /** The comments on a message page by page, as `pages()`. */
  commentPages(messageId: MessageId, options?: PagesOptions): AsyncGenerator<Message[], void, undefined>;
  /** Sends a message. The server does not say its id: it arrives as an event. */
  send(roomId: RoomId, content: string, options?: CallOptions): Promise<void>;
  /** Comments on a message. */
  sendComment(messageId: MessageId, content: string, options?: CallOptions): Promise<void>;
  /** Says that the user has read a message. */
  markRead(messageId: MessageId, options?: CallOptions): Promise<void>;
  /** Deletes a message. */
  deleteMessage(messageId: MessageId, options?: CallOptions): Promise<void>;
  /** What is known about an attachment. */
  attachment(attachmentId: AttachmentId, options?: CallOptions): Promise<Attachment>;
  /** Attaches files to a message. */
  attach(messageId: MessageId, files: Iterable<Blob> | ArrayLike<Blob>, options?: UploadOptions): Promise<void>;
  /** Deletes an attachment. */
  deleteAttachment(attachmentId: AttachmentId, options?: CallOptions): Promise<void>;
  /** The address of an attachment's bytes. */
  attachmentUrl(attachment: Pick<Attachment, "attachmentId" | "fileName">): string;
  /** The address of a user's picture. Some users have none: it is answered with an error status. */
  userAvatarUrl(userId: UserId): string;
  /** The address of a room's picture. Some rooms have none: it is answered with an error status. */
  roomAvatarUrl(roomId: RoomId): string;
  /** The server's own figures. Their names are not documented. */
  serverHealth(options?: CallOptions): Promise<Record<string, unknown>>;
}

/** Creates a client of the REST API. It sends nothing by itself. */
export declare function createRest(options?: RestOptions): RestClient;
