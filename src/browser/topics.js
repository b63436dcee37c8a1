// What can be listened to.

import { makeError } from "./glue.js";

/** The six events, in the order of `EventType`. */
export const EVENT_TYPES = [
  "TextMessagesCreated",
  "TextMessagesUpdated",
  "TextMessageDeleted",
  "RoomCreated",
  "RoomUpdated",
  "RoomDeleted",
];

/** Everything, in the order of `Topic::index`. */
export const TOPICS = [...EVENT_TYPES, "unknown", "error", "state", "resync-required"];

/**
 * Checks what `on()` was called with.
 *
 * @param {unknown} topic
 * @param {unknown} callback
 * @returns {number} the topic's place among all
 * @throws {Error} `unknown-topic`, `invalid-callback`
 */
export function topicIndex(topic, callback) {
  const index = TOPICS.indexOf(topic);
  if (index < 0) {
    throw makeError("unknown-topic", `there is nothing called \`${String(topic)}\` to listen to: take ${TOPICS.join(", ")}`);
  }
  if (typeof callback !== "function") throw makeError("invalid-callback", "the callback has to be a function");
  return index;
}
