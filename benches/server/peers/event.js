// The event that all peers send for a message.

const USER = 1;
const ROOM = 1;
const MESSAGE = 1;
const created = Date.now();

/** Returns the event that the reference server sends for an edited message, field by field. */
export function updated(text) {
  const now = Date.now();
  return {
    type: "TextMessagesUpdated",
    data: {
      messages: [
        {
          messageId: MESSAGE,
          messageType: "Regular",
          roomId: ROOM,
          text,
          userId: USER,
          parentMessageId: 0,
          markupType: "TextPlain",
          priority: "Normal",
          createdUtc: created,
          lastEditedUtc: now,
          lastModifiedUtc: now,
          commentCount: 0,
          attachments: [],
          readTimestamps: [],
        },
      ],
    },
  };
}
