// Completes responses: absent fields get their neutral values, as in events.

const isId = Number.isSafeInteger;

/** Completes the entries of a list. Omits those without an id. */
const entries = (list, id, complete) =>
  Array.isArray(list) ? list.flatMap((entry) => (isId(entry?.[id]) ? complete(entry) : [])) : [];

/** Reads a list. Rejects a non-empty list in which no entry has an id. */
export const many = (member, id, complete) => (answer) => {
  const found = entries(answer[member], id, (entry) => complete(entry, answer));
  if (!found[0] && answer[member].length !== 0) throw new TypeError(`there is no \`${id}\``);
  return found;
};

/** Reads an object with an id. */
export const one = (id, complete) => (answer) => many("list", id, complete)({ list: [answer] })[0];

/** Reads any object. */
export function object(answer) {
  if (typeof answer !== "object") throw new TypeError("there is no object");
  return answer;
}

/** Reads a response without content. */
export const nothing = (answer) => void object(answer);

const CHANGED = { createdUtc: 0, lastModifiedUtc: 0 };

export const session = (given) => ({ userSessionId: null, ...given });

export const user = (given) => ({ userName: "", displayName: "", isAdmin: false, status: "Active", ...CHANGED, ...given });

export const room = (given) => ({
  roomType: "Private",
  unreadMessageCount: 0,
  isModerator: false,
  isArchived: false,
  isPinned: false,
  ...CHANGED,
  ...given,
  name: given.name ?? given.displayName ?? "",
  displayName: given.displayName ?? given.name ?? "",
  lastMessage: entries([given.lastMessage], "messageId", (last) => ({ createdUtc: 0, ...last }))[0] ?? null,
});

export const attachment = (given) => ({
  fileName: "",
  fileSize: 0,
  fileChecksum: "",
  hasThumbnail: false,
  attachmentState: "Initial",
  textMessageId: 0,
  roomId: 0,
  ...CHANGED,
  ...given,
});

export const message = ({ issueProperties, meetingProperties, ...given }, { roomId, parentMessageId = 0 }) => ({
  roomId,
  userId: 0,
  parentMessageId,
  text: "",
  messageType: "Regular",
  markupType: "TextPlain",
  priority: "Normal",
  lastEditedUtc: 0,
  commentCount: 0,
  ...CHANGED,
  ...given,
  attachments: entries(given.attachments, "attachmentId", attachment),
  readTimestamps: entries(given.readTimestamps, "userId", (receipt) => ({ readUtc: 0, ...receipt })),
  ...(issueProperties && { issueProperties: { type: "Task", status: "Backlog", assignees: [], ...issueProperties } }),
  ...(meetingProperties && { meetingProperties: { timeUtc: 0, duration: 0, ...meetingProperties } }),
});
