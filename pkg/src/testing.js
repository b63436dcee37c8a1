// A fake client for tests of applications: no WebAssembly and no network.

import { buildConnection, buildStats, report } from "../../src/browser/bridge.js";
import { inRooms, roomIds, roomOf, roomOrList, topicIndex } from "./topics.js";
import {
  EVENT_TYPES,
  IS_OF_MESSAGE,
  TOPICS,
  TOPIC_FRESHNESS,
  TOPIC_RESYNC,
  TOPIC_STATECHANGE,
  TOTALS,
  TOTAL_ATTEMPTS,
  TOTAL_CONNECTIONS,
  TOTAL_FRAMES,
  TOTAL_RECOVERED,
} from "./generated/tables.js";
import { ended, listenable } from "./listenable.js";
import { FakeEngine } from "./testing/engine.js";

export { RoomEventsError } from "./error.js";

/** The counterpart of `Page` in page.js. */
class Core {
  #callbacks = TOPICS.map(() => []);
  #status = "open";
  #connection = buildConnection(1, null, null);
  #delivered = new Float64Array(TOPICS.length);
  #recovered = 0;
  /** The rooms whose messages are delivered; undefined for all. */
  #followed;
  /** The results of `freshness()` by room; null for the list of rooms. */
  #freshness = new Map([[null, "live"]]);
  #engine;
  /** The number of calls of `reconnectNow()`. */
  reconnects = 0;

  constructor(content) {
    this.#engine = new FakeEngine(this, content);
  }

  get requests() {
    return this.#engine.requests;
  }

  /** Connects a store, as `Page` does. */
  [Symbol.for("room-events.store")](hear) {
    return this.#engine.join(hear);
  }

  get status() {
    return this.#status;
  }

  get connection() {
    return { ...this.#connection };
  }

  get engine() {
    return "page";
  }

  on(topic, callback, options) {
    const callbacks = this.#callbacks[topicIndex(topic, callback)];
    const entry = { callback, room: roomOf(options) };
    if (this.#status !== "closed") callbacks.push(entry);
    return () => {
      entry.callback = undefined;
      const at = callbacks.indexOf(entry);
      if (at >= 0) callbacks.splice(at, 1);
    };
  }

  follow(ids) {
    const rooms = roomIds(ids);
    this.#followed = rooms && new Set(rooms);
  }

  freshness(id) {
    return this.#freshness.get(roomOrList(id) ?? null);
  }

  async stats() {
    const totals = new Float64Array(TOTALS);
    totals[TOTAL_ATTEMPTS] = totals[TOTAL_CONNECTIONS] = 1;
    // The topics before `resync` arrive in frames.
    totals[TOTAL_FRAMES] = this.#delivered.subarray(0, TOPIC_RESYNC).reduce((sum, count) => sum + count, 0);
    totals[TOTAL_RECOVERED] = this.#recovered;
    return buildStats(totals, this.#delivered, this.#connection.cause);
  }

  reconnectNow() {
    this.reconnects += 1;
  }

  close() {
    this.setStatus("closed");
  }

  emit(topic, data, { recovered = false } = {}) {
    const index = topicIndex(topic, report);
    if (topic === "statechange") return this.setStatus(data.status, data);
    if (topic === "freshness") this.#freshness.set(data.roomId, data.freshness);
    const event = index < EVENT_TYPES.length ? { type: topic, data, recovered } : undefined;
    if (!event) return this.#call(index, data);
    if (this.#status !== "closed") this.#engine.apply(topic, data);
    const followed = IS_OF_MESSAGE[index] && this.#followed;
    const wanted = followed ? inRooms(event, (room) => followed.has(room)) : event;
    if (!wanted) return;
    if (recovered) this.#recovered += 1;
    this.#call(index, wanted.data, wanted);
  }

  setStatus(status, { attempt = 1, retryAt = null, cause = null } = {}) {
    if (this.#status === "closed") return;
    this.#status = status;
    this.#connection = buildConnection(attempt, retryAt, cause && { status: null, ...cause });
    this.#engine.update();
    this.#call(TOPIC_STATECHANGE, { status, ...this.#connection });
    if (status !== "closed") return;
    for (const callbacks of this.#callbacks) callbacks.length = 0;
    this[ended]();
  }

  listenerCount(topic) {
    return this.#callbacks[topicIndex(topic, report)].length;
  }

  #call(index, ...args) {
    if (this.#status !== "closed") this.#delivered[index] += 1;
    for (const { callback, room } of [...this.#callbacks[index]]) {
      const event = args[1];
      const own = room === undefined || !event ? event : inRooms(event, (other) => other === room);
      if (event && !own) continue;
      if (room !== undefined && index === TOPIC_FRESHNESS && args[0].roomId !== room) continue;
      try {
        callback?.(own?.data ?? args[0], own);
      } catch (error) {
        report(error);
      }
    }
  }
}

class FakeClient extends listenable(Core) {
  #url;

  constructor(url, content) {
    super(content);
    this.#url = url;
  }

  get url() {
    return this.#url;
  }
}

export function createFakeClient({ url = "ws://fake.invalid/api/v1/events", status, ...content } = {}) {
  const client = new FakeClient(url, content);
  if (status !== undefined) client.setStatus(status);
  return client;
}

export function fakeMessage(fields) {
  return {
    messageId: 1,
    userId: 1,
    roomId: 1,
    parentMessageId: 0,
    text: "",
    messageType: "Regular",
    markupType: "TextPlain",
    priority: "Normal",
    createdUtc: 0,
    lastEditedUtc: 0,
    lastModifiedUtc: 0,
    commentCount: 0,
    attachments: [],
    readTimestamps: [],
    ...fields,
  };
}

export function fakeRoom(fields) {
  const name = fields?.displayName ?? fields?.name ?? "";
  return {
    roomId: 1,
    name,
    displayName: name,
    roomType: "Private",
    createdUtc: 0,
    lastModifiedUtc: 0,
    unreadMessageCount: 0,
    isModerator: false,
    isArchived: false,
    isPinned: false,
    lastMessage: null,
    ...fields,
  };
}
