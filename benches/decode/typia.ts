// The events, declared for typia as in a front end. typia generates the validator when the page is bundled.

import typia, { type tags } from "typia";

type Id = number & tags.Type<"uint64">;

interface Attachment {
  attachmentId: Id;
  attachmentState: string;
  createdUtc: Id;
  fileChecksum: string;
  fileName: string;
  fileSize: Id;
  hasThumbnail: boolean;
  lastModifiedUtc: Id;
  roomId: Id;
  textMessageId: Id;
}

interface Message {
  attachments: Attachment[];
  commentCount: Id;
  createdUtc: Id;
  lastEditedUtc: Id;
  lastModifiedUtc: Id;
  markupType: string;
  messageId: Id;
  messageType: string;
  parentMessageId: Id;
  priority: string;
  readTimestamps: { readUtc: Id; userId: Id }[];
  roomId: Id;
  text: string;
  userId: Id;
}

interface Room {
  roomId: Id;
  name: string;
  displayName: string;
  roomType: string;
  createdUtc: Id;
  lastModifiedUtc: Id;
  unreadMessageCount: Id;
  isModerator: boolean;
  isArchived: boolean;
  isPinned: boolean;
  lastMessage: { messageId: Id; userId?: Id; createdUtc: Id } | null;
}

type RoomEvent =
  | { type: "TextMessagesCreated"; data: { messages: Message[] } }
  | { type: "TextMessagesUpdated"; data: { messages: Message[] } }
  | { type: "TextMessageDeleted"; data: { parentMessageId: Id; roomId: Id; messageId: Id } }
  | { type: "RoomCreated"; data: { room: Room } }
  | { type: "RoomUpdated"; data: { room: Room } }
  | { type: "RoomDeleted"; data: { roomId: Id } };

const isEvent = typia.createIs<RoomEvent>();

/** Decodes a frame; throws if the event is invalid. */
export function decode(frame: string): RoomEvent {
  const event: unknown = JSON.parse(frame);
  if (!isEvent(event)) throw new Error("typia refuses");
  return event;
}
