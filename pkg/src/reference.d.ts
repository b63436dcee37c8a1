/**
 * The reference server's own operations, for tests and demos. No production server has them.
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

/** A room to create. */
export interface NewRoom {
  name: string;
  /** Default: `Private`. */
  roomType?: RoomType | undefined;
  /** The members in addition to the caller. */
  memberIds?: readonly UserId[] | undefined;
}

/** Changes to a room. Omitted fields are left unchanged. */
export interface RoomChanges {
  name?: string | undefined;
  roomType?: RoomType | undefined;
  isArchived?: boolean | undefined;
  /** Whether the room is pinned for the caller. */
  isPinned?: boolean | undefined;
}

/** Changes to an issue. Omitted fields are left unchanged. */
export type IssueChanges = { [field in keyof IssueProperties]?: IssueProperties[field] | undefined };

/** A message to send. Omitted fields are as in a regular message. */
export interface MessageDraft {
  content: string;
  messageType?: MessageType | undefined;
  markupType?: MarkupType | undefined;
  priority?: Priority | undefined;
  /** Only for issues. */
  issueProperties?: IssueChanges | undefined;
  /** Only for meetings. */
  meetingProperties?: MeetingProperties | undefined;
}

/** Permissions to grant and revoke. Omitted ones are left unchanged. */
export interface PermissionChanges {
  /** The user. Default: all users without permissions of their own. */
  userId?: UserId | undefined;
  permissions: Permissions;
}

/** An injected fault. Its fields depend on `fault`: see the reference server's guide. */
export interface Fault {
  fault: string;
  /** The users that it affects. Default: `caller`. */
  scope?: "caller" | "all" | UserId | undefined;
  [field: string]: unknown;
}

/** An active fault. */
export interface ActiveFault extends Fault {
  scope: "all" | UserId;
  /** The remaining time in milliseconds; absent if unlimited. */
  remainingMs?: number;
  /** The remaining number of occurrences; absent if unlimited. */
  remainingCount?: number;
}

/** The reference server's own operations. The methods need no `this`, and reject like those of `RestClient`. */
export interface ReferenceClient {
  /** Creates a bearer token for the caller. The previous token becomes invalid. */
  issueToken(options?: CallOptions): Promise<Token>;
  /** Suspends or reactivates a user. For administrators. */
  setUserStatus(userId: UserId, status: UserStatus, options?: CallOptions): Promise<void>;
  /** Creates a room with the caller as moderator. */
  createRoom(room: NewRoom, options?: CallOptions): Promise<Room>;
  /** Changes a room. For moderators, except `isPinned`. */
  changeRoom(roomId: RoomId, changes: RoomChanges, options?: CallOptions): Promise<void>;
  /** Deletes a room and everything in it. For moderators. */
  deleteRoom(roomId: RoomId, options?: CallOptions): Promise<void>;
  /** Returns the members of a room. */
  members(roomId: RoomId, options?: CallOptions): Promise<Member[]>;
  /** Adds a member, or changes whether a member is a moderator. For moderators. */
  setMember(
    roomId: RoomId,
    userId: UserId,
    member?: { isModerator?: boolean | undefined },
    options?: CallOptions,
  ): Promise<void>;
  /** Removes a member. For moderators, and for members who leave. */
  removeMember(roomId: RoomId, userId: UserId, options?: CallOptions): Promise<void>;
  /** Sends messages, all or none, as one event. */
  sendMany(roomId: RoomId, messages: readonly MessageDraft[], options?: CallOptions): Promise<MessageId[]>;
  /** Sends comments on a message, all or none, as one event. */
  sendManyComments(messageId: MessageId, messages: readonly MessageDraft[], options?: CallOptions): Promise<MessageId[]>;
  /** Changes the text of a message. For its author and for moderators. */
  editMessage(messageId: MessageId, content: string, options?: CallOptions): Promise<void>;
  /** Changes an issue. */
  changeIssue(messageId: MessageId, changes: IssueChanges, options?: CallOptions): Promise<void>;
  /** Grants and revokes permissions in a room. For moderators. */
  setPermissions(roomId: RoomId, changes: PermissionChanges, options?: CallOptions): Promise<void>;
  /** Sets a user's avatar, a JPEG. */
  setUserAvatar(userId: UserId, picture: Blob, options?: CallOptions): Promise<void>;
  /** Deletes a user's avatar. */
  deleteUserAvatar(userId: UserId, options?: CallOptions): Promise<void>;
  /** Sets a room's avatar, a JPEG. For moderators. */
  setRoomAvatar(roomId: RoomId, picture: Blob, options?: CallOptions): Promise<void>;
  /** Deletes a room's avatar. For moderators. */
  deleteRoomAvatar(roomId: RoomId, options?: CallOptions): Promise<void>;
  /** Returns the active faults. This method and the next two require a server started with `--faults`. */
  faults(options?: CallOptions): Promise<ActiveFault[]>;
  /** Injects a fault. */
  inflict(fault: Fault, options?: CallOptions): Promise<void>;
  /** Clears the active faults. */
  clearFaults(options?: CallOptions): Promise<void>;
  /** Returns the OpenAPI document of the REST API. */
  openapi(options?: CallOptions): Promise<Record<string, unknown>>;
  /** Returns the AsyncAPI document of the events. */
  asyncapi(options?: CallOptions): Promise<Record<string, unknown>>;
}

/** Creates a client of the reference server's own operations. Sends no requests by itself. */
export declare function createReference(options?: RestOptions): ReferenceClient;
