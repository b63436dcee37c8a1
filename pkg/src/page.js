// The page's part of a client: holds the callbacks, and builds events from the engine's batches.

import {
  ACKNOWLEDGE,
  ACKNOWLEDGED_TOGETHER,
  ANSWER,
  ASK,
  BATCH,
  BYE,
  CALL,
  EVENT_TYPES,
  FAILURE,
  FOLLOW_ALL,
  FOLLOW_NONE,
  FOLLOW_ONLY,
  FRESHNESS,
  HELLO,
  IS_OF_MESSAGE,
  LISTEN,
  LOGIN_DECLINED,
  LOGIN_DONE,
  LOGIN_FAILED,
  PORT_VERSION,
  READY,
  RESULT,
  TOPICS,
  TOPIC_FRESHNESS,
  TOPIC_RESYNC,
  TOPIC_STATECHANGE,
  TOPIC_UNKNOWN,
  WELCOME,
} from "./generated/tables.js";
import { builders } from "./generated/builder.js";
import { socketAddress } from "./address.js";
import { makeError } from "./error.js";
import { report, soon } from "../../src/browser/bridge.js";
import { others } from "../../src/browser/read.js";
import { ended } from "./listenable.js";
import { inRooms, roomIds, roomOf, roomOrList, topicIndex } from "./topics.js";

/** Whether each event type is about messages, which `follow()` restricts. */

/** The cause after `close()`. */
const CLOSED = { code: 1000, reason: "closed by the application", wasClean: true, status: null };

/** The cause of a change of status that the engine could not report itself. */
const cause = (reason) => ({ code: 0, reason, wasClean: false, status: null });

/** A batch of deliveries: for each, the topic, the text or value, and the position of the tape. */
class Batch {
  #items;
  #doubles;
  #integers;
  #at = 0;

  constructor({ items, tapes }) {
    this.#items = items;
    this.#doubles = new Float64Array(tapes);
    this.#integers = new Int32Array(tapes);
  }

  get isOver() {
    return this.#at >= this.#items.length;
  }

  get topic() {
    return this.#items[this.#at];
  }

  /** The text of an event, or the value of a notice. */
  get value() {
    return this.#items[this.#at + 1];
  }

  advance() {
    this.#at += 3;
  }

  /** Builds the event. Absent fields get their neutral values. */
  event() {
    const { topic, value: frame } = this;
    const place = this.#items[this.#at + 2];
    const tape = place >>> 1;
    const integers = this.#integers;
    const data = builders[topic](frame, this.#doubles, integers, tape, tape + integers[(tape + 1) * 2]);
    const event = { type: EVENT_TYPES[topic], data, recovered: (place & 1) === 1 };
    const first = integers[tape * 2];
    if (first >= 0) others(frame, integers, tape, first, event);
    return event;
  }
}

/** Handlers for what an engine asks a page. They call functions of the options. */
const ANSWERS = {
  url: async (give) => socketAddress(await give()),
  headers: async (give) => [...new Headers(await give())],
  login: (give) =>
    new Promise((resolve) => resolve(give())).then(
      (result) => (result === false ? LOGIN_DECLINED : LOGIN_DONE),
      (error) => {
        report(error);
        return LOGIN_FAILED;
      },
    ),
};

/** The key by which `room-events/store`, a separate entry point, accesses a client. */
const STORE = Symbol.for("room-events.store");

/** Internal methods of a client. */
export const attach = Symbol("attach");
export const receive = Symbol("receive");
export const detach = Symbol("detach");
export const leave = Symbol("leave");

export class Page {
  #settings;
  /** The connection to the engine; undefined between two engines. */
  #link;
  #engine;
  /** Whether an engine has ever welcomed this page. */
  #wasWelcomed = false;
  /** The number of batches received from the current engine. */
  #received = 0;
  /** The number of those that were processed. */
  #handled = 0;
  #url;
  #status = "connecting";
  #connection = { attempt: 1, retryAt: null, cause: null };
  /** The results of `freshness()` by room; null for the list of rooms. */
  #freshness = new Map();
  #callbacks = TOPICS.map(() => []);
  #followed;
  #isListenDue = false;
  #inbox = [];
  #isDelivering = false;
  #stores = new Set();
  #lastView = 0;
  #calls = new Map();
  #lastCall = 0;
  #stats;
  #welcomed;

  /** @param {import("./options.js").Settings} settings */
  constructor(settings) {
    this.#settings = settings;
    this.#url = settings.url;
  }

  get url() {
    return this.#url;
  }

  get engine() {
    return this.#engine;
  }

  get status() {
    return this.#status;
  }

  get connection() {
    return { ...this.#connection };
  }

  on(topic, callback, options) {
    const index = topicIndex(topic, callback);
    const entry = { callback, room: roomOf(options) };
    const callbacks = this.#callbacks[index];
    if (this.#status !== "closed") {
      callbacks.push(entry);
      this.#listenSoon();
    }
    return () => {
      const at = callbacks.indexOf(entry);
      entry.callback = undefined;
      if (at < 0) return;
      callbacks.splice(at, 1);
      this.#listenSoon();
    };
  }

  follow(ids) {
    const rooms = roomIds(ids);
    this.#followed = { all: ids === "all", rooms: rooms && new Set(rooms) };
    this.#listenSoon();
  }

  freshness(id) {
    return this.#freshness.get(roomOrList(id) ?? null);
  }

  stats() {
    return this.#stats ?? this.#call("stats");
  }

  reconnectNow() {
    this.#post({ kind: CALL, name: "reconnectNow" });
  }

  /**
   * Connects a store to the engine.
   *
   * @param {(message: object) => void} hear called with all messages from the engine, and with `BYE` when it is gone
   */
  [STORE](hear) {
    this.#stores.add(hear);
    return {
      post: (message) => this.#post(message),
      call: (name, args) => this.#call(name, args),
      upload: async (own, tell) => {
        own.stop = new AbortController();
        try {
          const { upload } = await import("./upload.js");
          await upload(this.#settings, (what) => ANSWERS[what](this.#settings.functions[what]), own, tell);
        } catch (error) {
          report(error);
          tell(0, "failed", "unreachable", 0, true);
        }
      },
      nextView: () => (this.#lastView += 1),
      leave: () => this.#stores.delete(hear),
    };
  }

  close() {
    if (this.#status === "closed") return;
    this.#end(CLOSED);
  }

  /**
   * Connects to an engine.
   *
   * @param {import("./link.js").Link} link
   * @returns {Promise<void>} resolves when the engine has welcomed the page
   */
  [attach](link) {
    if (this.#status === "closed") link.dispose();
    else this.#link = link;
    this.#engine = link.engine;
    return new Promise((resolve, reject) => {
      this.#welcomed = { resolve, reject };
    });
  }

  /** Handles the loss of the engine. */
  [detach](reason) {
    this.#link = undefined;
    for (const hear of this.#stores) hear({ kind: BYE, reason });
    this[leave](reason);
    this.#welcomed?.reject(makeError("engine-failed", reason));
    if (!this.#wasWelcomed || this.#status === "closed") return;
    this.#inbox.length = 0;
    this.#change({ status: "connecting", attempt: 1, retryAt: null, cause: cause(reason) });
  }

  /** Rejects all pending calls. */
  [leave](reason) {
    for (const { reject } of this.#calls.values()) reject(makeError("engine-failed", reason));
    this.#calls.clear();
  }

  /** Introduces the page to the engine. */
  #hello() {
    this.#post({ kind: HELLO, version: PORT_VERSION, spec: this.#settings.spec, received: this.#received, ...this.#link.about });
  }

  #post(message) {
    this.#link?.port.postMessage(message);
  }

  #call(name, args) {
    return new Promise((resolve, reject) => {
      if (!this.#link) return reject(makeError("closed", "the client is closed, or its engine is being replaced"));
      const id = ++this.#lastCall;
      this.#calls.set(id, { resolve, reject });
      this.#post({ kind: CALL, name, id, args });
    });
  }

  /** Handles a message from the engine. */
  [receive](message) {
    for (const hear of this.#stores) hear(message);
    switch (message.kind) {
      case READY:
        // The client may have been closed in the meantime.
        if (!this.#link) return;
        if (message.version !== PORT_VERSION) return this.#fail("engine-failed", "worker.js and this page differ in version");
        return this.#hello();
      case WELCOME:
        return this.#welcome(message);
      case BATCH:
        this.#received += 1;
        this.#inbox.push(new Batch(message));
        return this.#deliver();
      case FRESHNESS:
        this.#freshness = new Map(message.all);
        return;
      case ASK:
        this.#answer(message);
        return;
      case RESULT:
        return this.#settle(message);
      case FAILURE:
        return this.#fail(message.code, message.message, message.cause);
    }
  }

  #settle({ id, value, error }) {
    const call = this.#calls.get(id);
    this.#calls.delete(id);
    if (error === undefined) call?.resolve(value);
    else call?.reject(makeError("engine-failed", error));
  }

  #welcome({ isBack, status, connection, freshness }) {
    // Everything else follows in the missed batches.
    if (isBack) return;
    if (this.#status === "closed") return this.#post({ kind: BYE });
    const isAgain = this.#wasWelcomed;
    this.#wasWelcomed = true;
    this.#received = this.#handled = 0;
    this.#freshness = new Map(freshness);
    if (isAgain) {
      // The engine does not know what happened before it started, or while it had dropped this page.
      this.#tell(TOPIC_RESYNC, { roomId: null, reason: "nothing-known" });
      if (status !== this.#status) this.#change({ status, ...connection });
      this.#listenSoon();
    } else {
      this.#status = status;
      this.#connection = connection;
      // After the code that follows `await connect()` has added its listeners.
      soon(() => this.#listen());
    }
    this.#welcomed.resolve();
  }

  #fail(code, message, reason) {
    this.#welcomed?.reject(makeError(code, message, reason));
    if (!this.#wasWelcomed || this.#status === "closed") return;
    this.#end(cause(message));
  }

  #answer({ id, what }) {
    ANSWERS[what](this.#settings.functions[what]).then(
      (value) => {
        if (what === "url" && this.#status !== "closed") this.#url = value;
        this.#post({ kind: ANSWER, id, value });
      },
      (error) => this.#post({ kind: ANSWER, id, error: String(error?.message ?? error) }),
    );
  }

  /** Sends the listeners to the engine, once for all changes in the same task. */
  #listenSoon() {
    if (this.#isListenDue || !this.#wasWelcomed) return;
    this.#isListenDue = true;
    queueMicrotask(() => {
      if (this.#isListenDue) this.#listen();
    });
  }

  #listen() {
    this.#isListenDue = false;
    if (this.#status === "closed") return;
    const pairs = this.#callbacks.flatMap((callbacks, index) =>
      [...new Set(callbacks.map(({ room }) => room ?? -1))].flatMap((room) => [index, room]),
    );
    const { all, rooms } = this.#followed ?? {};
    const follow = all ? FOLLOW_ALL : rooms ? FOLLOW_ONLY : FOLLOW_NONE;
    this.#post({ kind: LISTEN, registered: Float64Array.from(pairs), follow, rooms: Float64Array.from(rooms ?? []) });
  }

  /** Calls the callbacks of the received batches, until the turn is over. */
  #deliver() {
    // A callback caused further deliveries: the outer run continues, which keeps the order.
    if (this.#isDelivering) return;
    this.#isDelivering = true;
    const end = performance.now() + this.#settings.turnMs;
    let isOver = false;
    while (this.#inbox.length > 0 && !isOver) {
      const [batch] = this.#inbox;
      while (!batch.isOver && !isOver && this.#inbox[0] === batch) {
        try {
          this.#handle(batch);
        } catch (error) {
          // A delivery that cannot be built does not block the others.
          report(error);
        }
        batch.advance();
        // Reading the clock takes as long as a short callback.
        isOver = (!batch.isOver || this.#inbox.length > 1) && performance.now() >= end;
      }
      if (batch.isOver && this.#inbox[0] === batch) {
        this.#inbox.shift();
        this.#handled += 1;
        if (this.#handled % ACKNOWLEDGED_TOGETHER === 0) this.#post({ kind: ACKNOWLEDGE });
      }
    }
    this.#isDelivering = false;
    if (this.#inbox.length > 0) soon(() => this.#deliver());
  }

  #handle(batch) {
    const { topic, value } = batch;
    if (topic === TOPIC_STATECHANGE) return this.#change(value);
    if (topic === TOPIC_FRESHNESS) this.#freshness.set(value.roomId, value.freshness);
    if (this.#callbacks[topic].length === 0) return;
    if (topic < EVENT_TYPES.length) return this.#tell(topic, batch.event());
    if (topic !== TOPIC_UNKNOWN) return this.#tell(topic, value);
    const [type, frame] = value;
    this.#tell(topic, { type, data: JSON.parse(frame).data, frame });
  }

  /** Applies a new state of the connection. */
  #change(change) {
    const { status, ...connection } = change;
    this.#status = status;
    this.#connection = connection;
    const callbacks = [...this.#callbacks[TOPIC_STATECHANGE]];
    if (status === "closed") {
      this.#callbacks.forEach((list) => list.splice(0));
      this.#inbox.length = 0;
    }
    for (const entry of callbacks) this.#run(entry, change);
    if (status !== "closed") return;
    this[ended]?.();
    this.#leave();
  }

  /** Closes the client. */
  #end(why) {
    this.#change({ status: "closed", attempt: this.#connection.attempt, retryAt: null, cause: why });
  }

  #leave() {
    this.#stats = this.#call("stats");
    this.#post({ kind: BYE });
    const link = this.#link;
    // Not before the response.
    this.#stats.catch(() => {}).then(() => link?.dispose());
  }

  /** Calls the callbacks of a topic, each with its part of the event. */
  #tell(topic, value) {
    const isEvent = topic < EVENT_TYPES.length;
    const { rooms } = this.#followed ?? {};
    const whole = rooms && IS_OF_MESSAGE[topic] ? inRooms(value, (room) => rooms.has(room)) : value;
    if (!whole) return;
    for (const entry of [...this.#callbacks[topic]]) {
      const { room } = entry;
      if (isEvent) {
        const share = room === undefined ? whole : inRooms(whole, (other) => other === room);
        if (share) this.#run(entry, share.data, share);
      } else if (topic !== TOPIC_FRESHNESS || room === undefined || value.roomId === room) this.#run(entry, value);
    }
  }

  /** Calls a callback, unless it was removed. Exceptions are reported to the page. */
  #run({ callback }, ...args) {
    try {
      callback?.(...args);
    } catch (error) {
      report(error);
    }
  }
}
