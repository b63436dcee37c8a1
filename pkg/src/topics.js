// Checks topics and rooms.

import { TOPICS } from "./generated/tables.js";
import { makeError } from "./error.js";

/**
 * Checks the arguments of `on()`.
 *
 * @param {unknown} topic
 * @param {unknown} callback
 * @returns {number} the topic's index
 * @throws {Error} `unknown-topic`, `invalid-callback`
 */
export function topicIndex(topic, callback) {
  const index = TOPICS.indexOf(topic);
  if (index < 0) {
    throw makeError("unknown-topic", `unknown topic \`${String(topic)}\`: use one of ${TOPICS.join(", ")}`);
  }
  if (typeof callback !== "function") throw makeError("invalid-callback", "the callback has to be a function");
  return index;
}

/** Checks a room's id. */
function roomId(id) {
  if (Number.isSafeInteger(id) && id >= 0) return id;
  throw makeError("invalid-option", "the option `roomId` has to be the id of a room, a whole number", id);
}

/**
 * Returns the room that a callback is restricted to.
 *
 * @param {{roomId?: unknown} | undefined} options
 * @returns {number | undefined} undefined for all
 * @throws {Error} `invalid-option`
 */
export const roomOf = (options) => (options?.roomId === undefined ? undefined : roomId(options.roomId));

/**
 * Checks the argument of `freshness()`.
 *
 * @param {unknown} id
 * @returns {number | undefined} undefined for the list of rooms
 * @throws {Error} `invalid-option`
 */
export const roomOrList = (id) => (id == null ? undefined : roomId(id));

/**
 * Checks the argument of `follow()`.
 *
 * @param {Iterable<unknown> | "all" | null | undefined} ids
 * @returns {Float64Array | undefined} undefined if it does not name rooms
 * @throws {Error} `invalid-option`
 */
export const roomIds = (ids) => (ids == null || ids === "all" ? undefined : Float64Array.from(ids, roomId));

/**
 * Restricts an event to rooms.
 *
 * @param {{type: string, data: any}} event
 * @param {(roomId: number) => boolean} wanted
 * @returns {object | undefined} the same event if all its rooms are wanted; undefined if none is
 */
export function inRooms(event, wanted) {
  const { data } = event;
  if (!data.messages) return wanted((data.room ?? data).roomId) ? event : undefined;
  const messages = data.messages.filter((message) => wanted(message.roomId));
  if (messages.length === data.messages.length) return event;
  return messages.length > 0 ? { ...event, data: { ...data, messages } } : undefined;
}
