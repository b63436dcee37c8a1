// The events, declared for zod as in a front end.

import * as z from "zod";

import { ENVELOPE } from "./envelope.js";

const schema = (() => {
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
    lastMessage: z.looseObject({ messageId: id, userId: id.optional(), createdUtc: id }).nullable(),
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

/**
 * @param {string} frame
 * @returns {object} the event; throws if it is invalid
 */
export const decode = (frame) => schema.parse(JSON.parse(frame));
