/**
 * The reference server's own operations: what a test or a demo needs beyond the documented REST API. No production server
 * has them.
 *
 * @module room-events/reference
 */

import type { CallOptions, Permissions, RestOptions, UserStatus } from "./rest.js";
import type {
  IssueProperties,
  MarkupType,
  MeetingProperties,
  MessageId,
  MessageType,
  Priority,
  Room,
  RoomId,
  RoomType,
  UnixMillis,
  UserId,
} from "./types.js";

export { RestError } from "./rest.js";
export type { CallOptions, Permissions, RestErrorCode, RestOptions, UserStatus } from "./rest.js";

/** A bearer token. */
export interface Token {
  userId: UserId;
  token: string;
  /** When it expires. */
  expiresUtc: UnixMillis;
}

/** A member of a room. */
export interface Member {
  userId: UserId;
  isModerator: boolean;
}

/** A room to be created. */
export interface NewRoom {
  name: string;
  /** Default: `Private`. */
  roomType?: RoomType | undefined;
  /** Who is in it in addition to the caller. */
  memberIds?: readonly UserId[] | undefined;
}

/** What to change about a room. What is left out stays. */
export interface RoomChanges {
  name?: string | undefined;
  roomType?: RoomType | undefined;
  isArchived?: boolean | undefined;
  /** Whether the caller has pinned it. */
  isPinned?: boolean | undefined;
}

/** What to change about an issue. What is left out stays. */
export type IssueChanges = { [field in keyof IssueProperties]?: IssueProperties[field] | undefined };

/** A message to be sent. What is left out is as in an ordinary message. */
export interface MessageDraft {
  content: string;
  messageType?: MessageType | undefined;
  markupType?: MarkupType | undefined;
  priority?: Priority | undefined;
  /** Of an issue. */
  issueProperties?: IssueChanges | undefined;
  /** Of a meeting. */
  meetingProperties?: MeetingProperties | undefined;
}

/** Flags to grant and to take. Those that are left out stay. */
export interface PermissionChanges {
  /** Whose. Default: everybody who has no rule of their own. */
  userId?: UserId | undefined;
  permissions: Permissions;
}

/** Something that goes wrong on purpose. Which fields there are depends on `fault`: see the reference server's guide. */
export interface Fault {
  fault: string;
  /** Whom it concerns. Default: `caller`. */
  scope?: "caller" | "all" | UserId | undefined;
  [field: string]: unknown;
}

/** A fault that lasts. */
export interface ActiveFault extends Fault {
  scope: "all" | UserId;
  /** For how many milliseconds it still lasts; absent if there is no limit. */
  remainingMs?: number;
  /** How many times it still happens; absent if there is no limit. */
  remainingCount?: number;
}

/** The reference server's own operations. The methods need no `this`, and reject as those of `RestClient` do. */
export interface ReferenceClient {
  /** Creates a bearer token for the caller. The one before is void. */
  issueToken(options?: CallOptions): Promise<Token>;
  /** Suspends a user, or lets one in again. For administrators. */
  setUserStatus(userId: UserId, status: UserStatus, options?: CallOptions): Promise<void>;
  /** Creates a room, which the caller moderates. */
  createRoom(room: NewRoom, options?: CallOptions): Promise<Room>;
  /** Changes a room. For moderators, except `isPinned`. */
  changeRoom(roomId: RoomId, changes: RoomChanges, options?: CallOptions): Promise<void>;
  /** Deletes a room and everything in it. For moderators. */
  deleteRoom(roomId: RoomId, options?: CallOptions): Promise<void>;
  /** The members of a room. */
  members(roomId: RoomId, options?: CallOptions): Promise<Member[]>;
  /** Adds a member, or changes whether one moderates. For moderators. */
  setMember(
    roomId: RoomId,
    userId: UserId,
    member?: { isModerator?: boolean | undefined },
    options?: CallOptions,
  ): Promise<void>;
  /** Removes a member. For moderators, and for users who leave. */
  removeMember(roomId: RoomId, userId: UserId, options?: CallOptions): Promise<void>;
  /** Sends messages, all or none, with one event. */
  sendMany(roomId: RoomId, messages: readonly MessageDraft[], options?: CallOptions): Promise<MessageId[]>;
  /** Comments on a message, all or none, with one event. */
  sendManyComments(messageId: MessageId, messages: readonly MessageDraft[], options?: CallOptions): Promise<MessageId[]>;
  /** Changes the text of a message. For its author and for moderators. */
  editMessage(messageId: MessageId, content: string, options?: CallOptions): Promise<void>;
  /** Changes an issue. */
  changeIssue(messageId: MessageId, changes: IssueChanges, options?: CallOptions): Promise<void>;
  /** Grants and takes flags in a room. For moderators. */
  setPermissions(roomId: RoomId, changes: PermissionChanges, options?: CallOptions): Promise<void>;
  /** Sets a user's picture, a JPEG. */
  setUserAvatar(userId: UserId, picture: Blob, options?: CallOptions): Promise<void>;
  /** Removes a user's picture. */
  deleteUserAvatar(userId: UserId, options?: CallOptions): Promise<void>;
  /** Sets a room's picture, a JPEG. For moderators. */
  setRoomAvatar(roomId: RoomId, picture: Blob, options?: CallOptions): Promise<void>;
  /** Removes a room's picture. For moderators. */
  deleteRoomAvatar(roomId: RoomId, options?: CallOptions): Promise<void>;
  /** The faults that last. The server has this and the next two if it was started with `--faults`. */
  faults(options?: CallOptions): Promise<ActiveFault[]>;
  /** Lets something go wrong. */
  inflict(fault: Fault, options?: CallOptions): Promise<void>;
  /** Ends the faults that last. */
  clearFaults(options?: CallOptions): Promise<void>;
  /** The OpenAPI document of the REST API. */
  openapi(options?: CallOptions): Promise<Record<string, unknown>>;
  /** The AsyncAPI document of the events. */
  asyncapi(options?: CallOptions): Promise<Record<string, unknown>>;
}

/** Creates a client of the reference server's own operations. It sends nothing by itself. */
export declare function createReference(options?: RestOptions): ReferenceClient;
