/**
 * The REST API: one method per operation, without WebAssembly.
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

/** Options of `createRest()` and `createReference()`, with the same meaning as the option `rest` of `connect()`. */
export interface RestOptions {
  /** The base address. Default: `/api/v1` on the page's origin. */
  url?: string | URL | undefined;
  /**
   * Headers of every request. A function is called before each request; if it rejects, the request fails. `Accept:
   * application/json` is always sent, unless you set `Accept`.
   */
  headers?: RequestHeaders | (() => RequestHeaders | PromiseLike<RequestHeaders>) | undefined;
  /** Whether to send cookies, as for `fetch()`. Default: `include`. */
  credentials?: "include" | "same-origin" | "omit" | undefined;
  /** Used instead of the global `fetch()`, including for uploads. */
  fetch?: ((url: string, init: RequestInit) => Promise<Response>) | undefined;
  /**
   * The timeout of a request without progress, in milliseconds. Each received part of the response restarts it.
   * Default: 10000.
   */
  timeoutMs?: number | undefined;
}

/** Options of all methods that send a request. */
export interface CallOptions {
  /** Cancels the request. The promise rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
  /** Overrides the client's `timeoutMs`. */
  timeoutMs?: number | undefined;
}

/** Options of `messages()` and `comments()`. */
export interface PageOptions extends CallOptions {
  /**
   * The id of the message to start from. Whether the result includes it depends on the server. Default: the oldest
   * message (`forward`) or the newest (`backward`).
   */
  cursor?: MessageId | undefined;
  /** The maximum number of messages. A server may send fewer. Default: all. */
  limit?: number | undefined;
  /** Towards newer (`forward`) or older messages (`backward`). Default: `forward`. */
  direction?: "forward" | "backward" | undefined;
}

/** Options of `pages()` and `commentPages()`. */
export interface PagesOptions extends PageOptions {
  /** The id of the message to start from. The result does not include it. Default: see `PageOptions`. */
  cursor?: MessageId | undefined;
  /** The number of messages per request, at least 2. Default: 100. */
  limit?: number | undefined;
}

/** Options of `around()`. */
export interface AroundOptions extends CallOptions {
  /** The maximum number of messages before that one, and after it. A server may send fewer. Default: 50. */
  limit?: number | undefined;
}

/** The progress of an upload, in bytes. */
export interface UploadProgress {
  loaded: number;
  total: number;
}

/** Options of `attach()`. */
export interface UploadOptions extends CallOptions {
  /**
   * Called during the upload, if `XMLHttpRequest` exists, the option `fetch` is not set and `credentials` is not
   * `omit`. Otherwise, it is never called, and there is no timeout unless you set `timeoutMs`.
   */
  onProgress?: ((progress: UploadProgress) => void) | undefined;
}

/** The session of the logged-in user. */
export interface Session {
  userId: UserId;
  /** The value of the session cookie; null if the request used a token. Browsers keep the cookie automatically. */
  userSessionId: string | null;
}

/** The state of a user account. */
export type UserStatus = OpenEnum<"Active" | "Suspended" | "DeletionInProgress">;

/** A user. Neutral values: `""`, `false`, 0, `"Active"`. */
export interface User {
  userId: UserId;
  /** The login name. */
  userName: string;
  displayName: string;
  isAdmin: boolean;
  status: UserStatus;
  createdUtc: UnixMillis;
  lastModifiedUtc: UnixMillis;
}

/** A permission in a room. */
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

/** A user's permissions in a room. Absent permissions are not granted. Newer servers may send others. */
export interface Permissions extends Partial<Record<PermissionFlag, boolean>> {
  [flag: string]: boolean | undefined;
}

/**
 * The kind of error.
 *
 * - `unauthorized`: status 401. Nobody is logged in, the session has ended, or the user name or password is wrong.
 * - `forbidden`: status 403.
 * - `not-found`: status 404. It does not exist, or the user has no access.
 * - `rejected`: another status below 500, for example 400 or 429.
 * - `server`: a status of 500 or more.
 * - `network`: there was no response, it was interrupted, or it exceeds 32 MiB.
 * - `timeout`: there was no progress for `timeoutMs`.
 * - `malformed`: the response does not match the API description, for example the login page of a proxy.
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
 * The error of all methods. Only requests that you cancel reject with the signal's reason instead. `instanceof` works
 * across `room-events/rest` and `room-events/reference`.
 */
export declare class RestError extends Error {
  constructor(
    code: RestErrorCode,
    message: string,
    details?: { status?: number | null | undefined; retryAfterMs?: number | null | undefined; cause?: unknown },
  );
  name: "RestError";
  /** The kind of error. */
  readonly code: RestErrorCode;
  /** The HTTP status; null if there was no response. */
  readonly status: number | null;
  /** The delay that the server requests (`Retry-After`), in milliseconds; null if it requests none. */
  readonly retryAfterMs: number | null;
  /** The underlying error, if any. */
  readonly cause?: unknown;
}

/**
 * The REST API, one method per operation. The methods need no `this`.
 *
 * Fields that are absent or null get neutral values, as in events. List entries without an id are omitted. If a
 * response is not a JSON object, or lacks the list, the error is `malformed`.
 */
export interface RestClient {
  /** Starts a session. Browsers keep its cookie. */
  login(userName: string, password: string, options?: CallOptions): Promise<Session>;
  /** Returns the session. Rejects with `unauthorized` if nobody is logged in. */
  status(options?: CallOptions): Promise<Session>;
  /** Ends the session. Rejects with `unauthorized` if there is none. */
  logout(options?: CallOptions): Promise<void>;
  /** Returns all users. */
  users(options?: CallOptions): Promise<User[]>;
  /** Returns the rooms that the user may see. */
  rooms(options?: CallOptions): Promise<Room[]>;
  /** Returns the user's permissions in a room. */
  permissions(roomId: RoomId, options?: CallOptions): Promise<Permissions>;
  /** Returns a page of a room's messages, oldest first, without comments. */
  messages(roomId: RoomId, options?: PageOptions): Promise<Message[]>;
  /**
   * Iterates over a room's messages page by page. Each page is sorted oldest first, and no message appears twice. Ends
   * at an empty page, or at a page without new messages.
   *
   * @example
   * for await (const page of rest.pages(roomId, { direction: "backward" })) {
   *   show(page);
   *   if (page[0].createdUtc < yesterday) break;
   * }
   */
  pages(roomId: RoomId, options?: PagesOptions): AsyncGenerator<Message[], void, undefined>;
  /**
   * Returns a message with those before and after it, oldest first. Sends two requests. A deleted message is missing
   * from the result.
   */
  around(roomId: RoomId, messageId: MessageId, options?: AroundOptions): Promise<Message[]>;
  /** Returns a page of the comments on a message, oldest first. */
  comments(messageId: MessageId, options?: PageOptions): Promise<Message[]>;
  /** Iterates over the comments on a message page by page, like `pages()`. */
  commentPages(messageId: MessageId, options?: PagesOptions): AsyncGenerator<Message[], void, undefined>;
  /** Sends a message. The server does not return its id; the message arrives as an event. */
  send(roomId: RoomId, content: string, options?: CallOptions): Promise<void>;
  /** Comments on a message. */
  sendComment(messageId: MessageId, content: string, options?: CallOptions): Promise<void>;
  /** Marks a message as read. */
  markRead(messageId: MessageId, options?: CallOptions): Promise<void>;
  /** Deletes a message. */
  deleteMessage(messageId: MessageId, options?: CallOptions): Promise<void>;
  /** Returns the metadata of an attachment. */
  attachment(attachmentId: AttachmentId, options?: CallOptions): Promise<Attachment>;
  /** Attaches files to a message. */
  attach(messageId: MessageId, files: Iterable<Blob> | ArrayLike<Blob>, options?: UploadOptions): Promise<void>;
  /** Deletes an attachment. */
  deleteAttachment(attachmentId: AttachmentId, options?: CallOptions): Promise<void>;
  /** Returns the URL of an attachment's file. */
  attachmentUrl(attachment: Pick<Attachment, "attachmentId" | "fileName">): string;
  /** Returns the URL of a user's avatar. It responds with an error status if the user has none. */
  userAvatarUrl(userId: UserId): string;
  /** Returns the URL of a room's avatar. It responds with an error status if the room has none. */
  roomAvatarUrl(roomId: RoomId): string;
  /** Returns the server's health metrics. Their names are undocumented. */
  serverHealth(options?: CallOptions): Promise<Record<string, unknown>>;
}

/** Creates a client of the REST API. Sends no requests by itself. */
export declare function createRest(options?: RestOptions): RestClient;
