// The events, declared for valibot as in a front end.

import * as v from "valibot";

import { ENVELOPE } from "./envelope.js";

const schema = (() => {
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
    lastMessage: v.nullable(v.looseObject({ messageId: id, userId: v.optional(id), createdUtc: id })),
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

/**
 * @param {string} frame
 * @returns {object} the event; throws if it is invalid
 */
export const decode = (frame) => v.parse(schema, JSON.parse(frame));
