// The decoded frames: all event types, and messages of many shapes.

const ATTACHMENT = {
  attachmentId: 13,
  attachmentState: "ReadyForDownloadFromServerToClient",
  createdUtc: 0,
  fileChecksum: "74578eba4b0802bd3c1f0adee5985eb5933a4aad",
  fileName: "Screenshot.png",
  fileSize: 63560,
  hasThumbnail: true,
  lastModifiedUtc: 1753209786659,
  roomId: 2,
  textMessageId: 2000124,
};

const TEXTS = {
  ascii: "Test message with some more words in it, as people write to each other.",
  cyrillic: "Проверочное сообщение, в котором ещё несколько слов, как пишут люди.",
  emoji: "Looks good 👍 shipping it 🚀🚀, thanks everybody 🎉 see you tomorrow 👋",
  escapes: 'He said: "ship it",\nand\tthen: C:\\temp\\build "twice", and\nthat was it.',
  long: "All work and no play makes a long message, and a long message makes a long frame. ".repeat(25),
};

function message(number, { text = "ascii", unknown = false }) {
  return {
    attachments: number % 5 === 0 ? [{ ...ATTACHMENT, textMessageId: 2000124 + number }] : [],
    commentCount: 0,
    createdUtc: 1753207692547,
    lastEditedUtc: 1753207692547,
    lastModifiedUtc: 1753359160687,
    markupType: "TextPlain",
    messageId: 2000124 + number,
    messageType: "Regular",
    parentMessageId: 0,
    priority: "Normal",
    readTimestamps: [
      { readUtc: 1759757496294, userId: 1 },
      { readUtc: 1759757494239, userId: 2 },
    ],
    roomId: 2,
    text: `${number}: ${TEXTS[text]}`,
    userId: 1,
    ...(unknown && { reactions: { "+1": [1, 2, 3] }, editor: "web" }),
  };
}

const ROOM = {
  roomId: 2,
  name: "Operations",
  displayName: "Operations",
  roomType: "Private",
  createdUtc: 1753207692547,
  lastModifiedUtc: 1753359160687,
  unreadMessageCount: 3,
  isModerator: true,
  isArchived: false,
  isPinned: true,
  lastMessage: { messageId: 2000124, userId: 1, createdUtc: 1753207692547 },
};

const messages = (count, shape = {}) => ({
  type: "TextMessagesCreated",
  data: { messages: Array.from({ length: count }, (_, index) => message(index + 1, shape)) },
});

/** Pairs of a name and an event. */
export const FRAMES = [
  ["RoomDeleted", { type: "RoomDeleted", data: { roomId: 2 } }],
  ["TextMessageDeleted", { type: "TextMessageDeleted", data: { parentMessageId: 0, roomId: 2, messageId: 2000124 } }],
  ["RoomCreated", { type: "RoomCreated", data: { room: ROOM } }],
  ["RoomUpdated", { type: "RoomUpdated", data: { room: ROOM } }],
  ["TextMessagesUpdated", { ...messages(1), type: "TextMessagesUpdated" }],
  ["1 message", messages(1)],
  ["50 messages", messages(50)],
  ["500 messages", messages(500)],
  ["50, Cyrillic", messages(50, { text: "cyrillic" })],
  ["50, emoji", messages(50, { text: "emoji" })],
  ["50, escapes", messages(50, { text: "escapes" })],
  ["50, long text", messages(50, { text: "long" })],
  ["50, unknown keys", messages(50, { unknown: true })],
];

/**
 * Returns different strings of an event. Each is flat and unseen, as from a WebSocket.
 *
 * @param {object} event
 * @param {number} count
 */
export function strings(event, count) {
  const text = JSON.stringify(event);
  const fresh = (bytes) => new TextDecoder().decode(bytes);
  return Array.from({ length: count }, (_, index) =>
    fresh(new TextEncoder().encode(text.replace('"roomId":2', `"roomId":${10 + index}`))));
}
