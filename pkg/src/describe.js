// Describes every delivery of a client in one line, for the console and the inspector.

import { TOPICS } from "./generated/tables.js";

/** The maximum number of characters shown of a message's text. */
const EXCERPT = 60;

/**
 * Listens to all topics.
 *
 * @param {Pick<import("./index.js").EventsClient, "on">} client
 * @param {(topic: string, value: any, whole: unknown) => void} told receives the topic, the first argument of its
 *   callbacks, and the whole event or notice
 * @returns {() => void} removes the listeners
 */
export function listen(client, told) {
  const offs = TOPICS.map((topic) => client.on(topic, (value, event) => told(topic, value, event ?? value)));
  return () => {
    for (const off of offs) off();
  };
}

/**
 * Describes a delivery in one line. The result contains text from other users and is not HTML.
 *
 * @param {string} topic
 * @param {any} value the first argument of the topic's callbacks
 * @returns {string}
 */
export function describe(topic, value) {
  switch (topic) {
    case "TextMessagesCreated":
    case "TextMessagesUpdated":
      return messages(value.messages);
    case "TextMessageDeleted":
      return `${value.parentMessageId === 0 ? "message" : "comment"} ${value.messageId} in room ${value.roomId}`;
    case "RoomCreated":
    case "RoomUpdated":
      return `room ${value.room.roomId}: ${excerpt(value.room.displayName ?? "")}, ${value.room.unreadMessageCount} unread`;
    case "RoomDeleted":
      return `room ${value.roomId}`;
    case "unknown":
      return "an event of an unknown type";
    case "malformed":
      return `${value.code}: ${value.message}`;
    case "resync":
      return `${value.roomId === null ? "all rooms" : `room ${value.roomId}`}: ${value.reason}`;
    case "freshness":
      return `${value.roomId === null ? "the list of rooms" : `room ${value.roomId}`}: ${[value.freshness, value.cause].filter(Boolean).join(" · ")}`;
    case "statechange":
      return connection(value);
    default:
      return "";
  }
}

/**
 * @param {import("./index.js").StateChange} value
 * @returns {string}
 */
function connection({ status, attempt, retryAt, cause }) {
  const parts = [status];
  if (status === "connecting" && attempt > 1) parts.push(`attempt ${attempt}`);
  if (retryAt !== null) parts.push(`next attempt in ${(Math.max(0, retryAt - Date.now()) / 1000).toFixed(1)} s`);
  if (cause) parts.push([cause.code || "", cause.reason].filter(Boolean).join(" "));
  return parts.filter(Boolean).join(" · ");
}

/** @param {import("./index.js").Message[]} all */
function messages(all) {
  const [first] = all;
  if (!first) return "no messages";
  const line = `message ${first.messageId} in room ${first.roomId}: ${excerpt(first.text)}`;
  return all.length === 1 ? line : `${all.length} messages · ${line}`;
}

/** @param {string} text */
function excerpt(text) {
  // Only as much text as can be shown is processed.
  const characters = [...text.slice(0, 4 * EXCERPT).replace(/\s+/g, " ").trim()];
  return characters.length > EXCERPT ? `${characters.slice(0, EXCERPT - 1).join("")}…` : characters.join("");
}
