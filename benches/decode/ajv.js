// The events, declared for ajv as in a front end.

import Ajv from "ajv";

import { ENVELOPE } from "./envelope.js";

const isEvent = (() => {
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
  const last = { ...object({ messageId: id, userId: id, createdUtc: id }), required: ["messageId", "createdUtc"] };
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
 * @param {string} frame
 * @returns {object} the event; throws if it is invalid
 */
export function decode(frame) {
  const event = JSON.parse(frame);
  if (!isEvent(event)) throw new Error("ajv refuses");
  return event;
}
