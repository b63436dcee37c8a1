// What turns a frame into an event: ours, and what front ends use today.

import Ajv from "ajv";
import * as v from "valibot";
import { z } from "zod";

const ENVELOPE = {
  TextMessagesCreated: "messages",
  TextMessagesUpdated: "messages",
  TextMessageDeleted: "deleted",
  RoomCreated: "room",
  RoomUpdated: "room",
  RoomDeleted: "gone",
};

export const schema = (() => {
  const id = z.number().int().nonnegative();
  const attachment = z.looseObject({
    attachmentId: id, attachmentState: z.string(), createdUtc: id, fileChecksum: z.string(), fileName: z.string(),
    fileSize: id, hasThumbnail: z.boolean(), lastModifiedUtc: id, roomId: id, textMessageId: id,
  });
  const message = z.looseObject({
    attachments: z.array(attachment), commentCount: id, createdUtc: id, lastEditedUtc: id, lastModifiedUtc: id,
    markupType: z.string(), messageId: id, messageType: z.string(), parentMessageId: id, priority: z.string(),
    readTimestamps: z.array(z.looseObject({ readUtc: id, userId: id })), roomId: id, text: z.string(), userId: id,
  });
  const room = z.looseObject({
    roomId: id, name: z.string(), displayName: z.string(), roomType: z.string(), createdUtc: id, lastModifiedUtc: id,
    unreadMessageCount: id, isModerator: z.boolean(), isArchived: z.boolean(), isPinned: z.boolean(),
    lastMessage: z.looseObject({ messageId: id, userId: id, createdUtc: id }).nullable(),
  });
  const data = {
    messages: z.looseObject({ messages: z.array(message) }),
    deleted: z.looseObject({ parentMessageId: id, roomId: id, messageId: id }),
    room: z.looseObject({ room }),
    gone: z.looseObject({ roomId: id }),
  };
  return z.discriminatedUnion("type", Object.entries(ENVELOPE).map(([type, kind]) =>
    z.looseObject({ type: z.literal(type), data: data[kind] })));
})();

const valibotData = (() => {
  const id = v.pipe(v.number(), v.integer(), v.minValue(0));
  const attachment = v.looseObject({
    attachmentId: id, attachmentState: v.string(), createdUtc: id, fileChecksum: v.string(), fileName: v.string(),
    fileSize: id, hasThumbnail: v.boolean(), lastModifiedUtc: id, roomId: id, textMessageId: id,
  });
  const message = v.looseObject({
    attachments: v.array(attachment), commentCount: id, createdUtc: id, lastEditedUtc: id, lastModifiedUtc: id,
    markupType: v.string(), messageId: id, messageType: v.string(), parentMessageId: id, priority: v.string(),
    readTimestamps: v.array(v.looseObject({ readUtc: id, userId: id })), roomId: id, text: v.string(), userId: id,
  });
  const room = v.looseObject({
    roomId: id, name: v.string(), displayName: v.string(), roomType: v.string(), createdUtc: id, lastModifiedUtc: id,
    unreadMessageCount: id, isModerator: v.boolean(), isArchived: v.boolean(), isPinned: v.boolean(),
    lastMessage: v.nullable(v.looseObject({ messageId: id, userId: id, createdUtc: id })),
  });
  const data = {
    messages: v.looseObject({ messages: v.array(message) }),
    deleted: v.looseObject({ parentMessageId: id, roomId: id, messageId: id }),
    room: v.looseObject({ room }),
    gone: v.looseObject({ roomId: id }),
  };
  return v.variant("type", Object.entries(ENVELOPE).map(([type, kind]) =>
    v.looseObject({ type: v.literal(type), data: data[kind] })));
})();

const ajvData = (() => {
  const id = { type: "integer", minimum: 0 };
  const text = { type: "string" };
  const flag = { type: "boolean" };
  const object = (properties) => ({ type: "object", required: Object.keys(properties), properties });
  const list = (items) => ({ type: "array", items });
  const attachment = object({
    attachmentId: id, attachmentState: text, createdUtc: id, fileChecksum: text, fileName: text, fileSize: id,
    hasThumbnail: flag, lastModifiedUtc: id, roomId: id, textMessageId: id,
  });
  const message = object({
    attachments: list(attachment), commentCount: id, createdUtc: id, lastEditedUtc: id, lastModifiedUtc: id,
    markupType: text, messageId: id, messageType: text, parentMessageId: id, priority: text,
    readTimestamps: list(object({ readUtc: id, userId: id })), roomId: id, text, userId: id,
  });
  const last = object({ messageId: id, userId: id, createdUtc: id });
  const room = object({
    roomId: id, name: text, displayName: text, roomType: text, createdUtc: id, lastModifiedUtc: id,
    unreadMessageCount: id, isModerator: flag, isArchived: flag, isPinned: flag, lastMessage: { ...last, nullable: true },
  });
  const data = {
    messages: object({ messages: list(message) }),
    deleted: object({ parentMessageId: id, roomId: id, messageId: id }),
    room: object({ room }),
    gone: object({ roomId: id }),
  };
  return new Ajv({ discriminator: true }).compile({
    type: "object",
    discriminator: { propertyName: "type" },
    required: ["type", "data"],
    oneOf: Object.entries(ENVELOPE).map(([type, kind]) => ({ properties: { type: { const: type }, data: data[kind] } })),
  });
})();

/**
 * The last one gives no event: it is what a frame costs that nobody listens to.
 *
 * @param {{decodeFrame: (frame: string) => object, checkFrame: (frame: string) => boolean, lookAtHead: (frame: string) => boolean}} ours
 * @returns {[name: string, decode: (frame: string) => object][]}
 */
export const contestants = (ours) => [
  ["JSON.parse", (frame) => JSON.parse(frame)],
  ["room-events", (frame) => ours.decodeFrame(frame)],
  ["JSON.parse + ajv", (frame) => {
    const event = JSON.parse(frame);
    if (!ajvData(event)) throw new Error("ajv refuses");
    return event;
  }],
  ["JSON.parse + zod", (frame) => schema.parse(JSON.parse(frame))],
  ["JSON.parse + valibot", (frame) => v.parse(valibotData, JSON.parse(frame))],
  ["wasm check, then JSON.parse", (frame) => {
    if (!ours.checkFrame(frame)) throw new Error("the check refuses");
    return JSON.parse(frame);
  }],
  ["room-events, not listening", (frame) => ({ type: ours.lookAtHead(frame) ? "known" : "" })],
];
