import type { ConnectOptions, EventsClient } from "./wasm/room_events.js";

export type {
  Attachment,
  AttachmentId,
  AttachmentState,
  ClientStats,
  CloseCause,
  ConnectionState,
  ConnectOptions,
  EventDataMap,
  EventsClient,
  EventType,
  FrameError,
  FrameErrorCode,
  IssueProperties,
  IssueStatus,
  IssueType,
  LastMessage,
  MarkupType,
  MeetingProperties,
  Message,
  MessageId,
  MessageType,
  NoticeMap,
  OpenEnum,
  Priority,
  ReadTimestamp,
  ResyncRequired,
  Room,
  RoomData,
  RoomDeleted,
  RoomEvent,
  RoomEventsError,
  RoomId,
  RoomType,
  TextMessageDeleted,
  TextMessages,
  UnixMillis,
  UnknownEvent,
  UserId,
} from "./wasm/room_events.js";

/**
 * Connects to the Events API.
 *
 * The promise resolves as soon as the client exists: its socket is still opening then, and no event is delivered
 * before the code behind `await` had its turn, so callbacks that are registered there miss nothing. That the server
 * cannot be reached is no rejection but a state: the client goes on trying.
 *
 * @throws RoomEventsError where an option cannot be used. Whatever made the WebAssembly module fail to load is thrown
 *   as it is, and the next call tries again.
 */
export declare function connect(options?: ConnectOptions): Promise<EventsClient>;
