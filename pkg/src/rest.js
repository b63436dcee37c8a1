// The REST API: one method per documented operation.

import { attachment, many, message, nothing, object, one, room, session, user } from "./rest/answers.js";
import { methodsOf } from "./rest/operations.js";
import { baseOf, requester } from "./rest/request.js";
import { uploader } from "./rest/upload.js";

export { RestError } from "./rest/error.js";

const OPERATIONS = {
  login: ["POST /login userName password", one("userId", session)],
  status: ["GET /status", one("userId", session)],
  logout: ["POST /logout"],
  users: ["GET /users", many("users", "userId", user)],
  rooms: ["GET /rooms", many("rooms", "roomId", room)],
  permissions: ["GET /room-permissions/*", ({ roomPermissions }) => object(roomPermissions.permissions)],
  messages: ["GET /rooms/*/messages", many("messages", "messageId", message)],
  comments: ["GET /messages/*/comments", many("messages", "messageId", message)],
  send: ["POST /rooms/*/messages content"],
  sendComment: ["POST /messages/*/comments content"],
  markRead: ["POST /messages/*/read"],
  deleteMessage: ["DELETE /messages/*"],
  attachment: ["GET /attachments/*", one("attachmentId", attachment)],
  deleteAttachment: ["DELETE /attachments/*"],
  serverHealth: ["GET /server-health", object],
};

/** Iterates over the pages of a list, without messages of earlier pages, until a page has nothing new. */
const paged = (load) =>
  async function* (id, { cursor, limit = 100, direction, ...options } = {}) {
    const sign = direction === "backward" ? -1 : 1;
    for (;;) {
      // With inclusive cursors, pages of one message would make no progress.
      const page = await load(id, { ...options, cursor, direction, limit: Math.max(limit, 2) });
      const fresh = page
        .sort((one, other) => one.messageId - other.messageId)
        .filter(({ messageId }, at) => messageId !== page[at - 1]?.messageId && !((messageId - cursor) * sign <= 0));
      if (!fresh[0]) return;
      yield fresh;
      cursor = fresh.at(sign < 0 ? 0 : -1).messageId;
    }
  };

/** Creates a client of the REST API. */
export function createRest({ url, ...options } = {}) {
  const base = baseOf(url);
  const request = requester(base, options);
  const methods = methodsOf(request, OPERATIONS);
  const pages = paged(methods.messages);
  return {
    ...methods,
    pages,
    commentPages: paged(methods.comments),
    async around(roomId, messageId, { limit = 50, ...call } = {}) {
      const first = async (page) => (await pages(roomId, { ...call, ...page }).next()).value ?? [];
      const older = await first({ cursor: messageId, limit: limit + 1, direction: "backward" });
      // Starts at the message before it, so that the result includes the message with inclusive and exclusive cursors.
      return older.concat(await first({ cursor: older.at(-1)?.messageId, limit: limit + 2 }));
    },
    attach(messageId, files, { onProgress, ...call } = {}) {
      const form = new FormData();
      for (const file of Array.from(files)) form.append("files", file);
      if (globalThis.XMLHttpRequest && !options.fetch && options.credentials !== "omit") call.send = uploader(onProgress);
      // `fetch()` does not report upload progress, so there is no timeout.
      else call.timeoutMs ??= Infinity;
      return request("POST", `/messages/${messageId}/attachments`, nothing, call, form);
    },
    attachmentUrl: ({ attachmentId, fileName }) =>
      `${base}/attachments/${attachmentId}/${encodeURIComponent(fileName.replace(/\p{Cs}/gu, "\ufffd"))}`,
    userAvatarUrl: (userId) => `${base}/users/${userId}/avatar.jpg`,
    roomAvatarUrl: (roomId) => `${base}/rooms/${roomId}/avatar.jpg`,
  };
}
