// The live store: the data that an application shows. The engine holds it; this is the page's view of it.

import { report } from "../../src/browser/bridge.js";
import { makeError } from "./error.js";
import { BATCH, BYE, SENDING, SHOW, WELCOME } from "./generated/tables.js";
import { diffsOf } from "./store/diffs.js";
import { makeLive } from "./store/live.js";
import { makeReading } from "./store/reading.js";
import { makeRest } from "./store/requests.js";
import { makeRooms } from "./store/rooms.js";
import { makeSending } from "./store/sending.js";
import { makeTimeline } from "./store/timeline.js";

export { RoomEventsError } from "./error.js";
export { RestError } from "./rest/error.js";

/** The key by which the store accesses a client. Fake clients have it, too. */
const JOIN = Symbol.for("room-events.store");

/** The maximum number of unwatched timeline objects. */
const MAX_UNWATCHED = 50;

/** All grades of freshness, worst first. */
const GRADES = ["stale", "catching-up", "loading", "live"];

/** Creates a store on a client or the promise of one. */
export function createStore(source, options = {}) {
  const wrong = Object.keys(options).find((name) => name !== "lingerMs");
  if (wrong) throw makeError("invalid-option", `there is no option \`${wrong}\``);
  let client;
  let way;
  let stopListening;
  const there = Promise.resolve(source);
  /** The timelines by room, parent message and anchor. */
  const timelines = new Map();

  const rest = makeRest(async (...request) => {
    await there;
    if (core.failure) throw core.failure;
    return way.call("request", request);
  });

  const core = {
    /** How long values stay loaded without a listener, in milliseconds. */
    linger: options.lingerMs ?? 10_000,
    /** Why the store has ended; undefined while it is active. */
    failure: undefined,
    /** The values that are loaded or loading. */
    started: new Set(),
    views: new Map(),
    nextId: () => way?.nextView(),
    show: (what, ...args) => core.send(what, args, ""),
    send: (what, args, text) => way?.post({ kind: SHOW, what, args: Float64Array.from(args), text }),
    follow: () => core.sending.follow(),
    upload: (...given) => way?.upload(...given),
    isClosed: () => core.failure !== undefined,
    reading: makeReading(rest),
    changed() {
      const before = measured;
      measured = measure();
      if (measured[0] !== before[0]) freshness.changed();
      if (measured[1] !== before[1]) cause.changed();
    },
    /** Returns the item of an outgoing message. The same object as long as its state is the same. */
    itemOf(entry) {
      let item = items.get(entry);
      if (!item) {
        const { roomId, parentMessageId, ...rest } = entry;
        items.set(entry, (item = Object.freeze({ kind: "outgoing", ...rest })));
      }
      return item;
    },
  };
  const items = new WeakMap();
  core.sending = makeSending(core, () => {
    outbox.changed();
    for (const { update } of core.started) update?.();
  });
  const outbox = makeLive(core, {
    initial: core.sending.list,
    read: () => core.sending.list,
    isLoaded: () => way !== undefined,
    start: core.follow,
  });
  const rooms = makeRooms(core);

  const measure = () => {
    const { status, connection } = client ?? { status: "connecting" };
    const why = connection?.cause;
    const own = [why && (why.reason || `closed with ${why.code}`)];
    if (status === "connecting" && !why) own.unshift("loading");
    else own.unshift(status === "open" ? "live" : status === "catching-up" ? status : "stale");
    const states = [own, ...[...core.started].flatMap(({ view, isHeard }) => (view && isHeard() ? [view.state] : []))];
    const grade = GRADES.find((one) => states.some(([other]) => other === one));
    return [grade, states.find(([other, reason]) => other === grade && reason)?.[1] ?? null];
  };
  let measured = ["loading", null];
  const measurement = (index) =>
    makeLive(core, {
      initial: measured[index],
      read: () => measured[index],
      isLoaded: () => measured[0] !== "loading",
      start() {},
    });
  const freshness = measurement(0);
  const cause = measurement(1);

  /** Creates a value that is loaded once, with its first listener. */
  const loaded = (initial, load) => {
    let value = initial;
    let isLoaded = false;
    const own = makeLive(core, {
      initial,
      read: () => value,
      isLoaded: () => isLoaded,
      start() {
        isLoaded = false;
        load().then((result) => {
          value = result;
          isLoaded = true;
          own.changed();
        }, own.fail);
      },
    });
    return own.live;
  };
  const users = loaded(Object.freeze([]), async () => Object.freeze(await rest.users()));
  const permissionsOf = new Map();
  const roomsById = new Map();
  const once = (map, key, make) => {
    if (!map.has(key)) map.set(key, make());
    return map.get(key);
  };

  const timelineOf = (roomId, parentMessageId, anchor) => {
    const key = `${roomId}/${parentMessageId}/${anchor}`;
    const timeline = once(timelines, key, () => makeTimeline(core, roomId, parentMessageId, anchor));
    const unwatched = [...timelines].filter(([, other]) => other !== timeline && !other.isWatched());
    for (const [name] of unwatched.slice(0, -MAX_UNWATCHED)) timelines.delete(name);
    return timeline.live;
  };

  const end = (error) => {
    if (core.failure) return;
    core.failure = error;
    stopListening?.();
    for (const live of [...core.started]) live.end(error);
    way?.leave();
    way = undefined;
    measured = ["stale", error.message];
    freshness.changed();
    cause.changed();
  };
  const endWith = (what) => end(makeError("closed", `the ${what} is closed`));
  const close = () => endWith("store");

  const take = (message) => {
    if (message.kind === BATCH) {
      const { views = [] } = message;
      for (let index = 0; index < views.length; index += 3) {
        core.views.get(views[index])?.apply(views[index + 1], views[index + 2]);
      }
    } else if (message.kind === SENDING) core.sending.receive(message);
    else if (message.kind === WELCOME) message.isBack || open();
    else if (message.kind === BYE) for (const view of core.views.values()) view.stall(message.reason);
  };
  const hear = (message) => {
    try {
      take(message);
    } catch (error) {
      // The client still handles the message.
      report(error);
    }
  };
  /** Initializes an engine that does not know this store. */
  const open = () => {
    core.sending.restore();
    for (const { view } of core.started) view?.reopen();
    outbox.changed();
  };
  const join = (joined) => {
    if (core.failure) return;
    client = joined;
    if (typeof client?.[JOIN] !== "function") throw makeError("invalid-option", "a store needs a client of the same version");
    way = client[JOIN](hear);
    stopListening = client.on("statechange", ({ status }) => {
      core.changed();
      if (status === "unauthorized") core.reading.forget();
      if (status === "closed") endWith("client");
    });
    if (client.status === "closed") endWith("client");
    open();
    core.changed();
  };
  if (typeof source?.then === "function") there.then(join).catch(end);
  else join(source);

  return {
    __v_skip: true,
    rooms: rooms.live,
    room: (roomId) => once(roomsById, roomId, () => rooms.room(roomId)),
    timeline: (roomId, anchor = "end") => timelineOf(roomId, 0, anchor),
    thread: (roomId, messageId, anchor = "end") => timelineOf(roomId, messageId, anchor),
    unread: rooms.unread,
    outbox: Object.assign(outbox.live, core.sending.methods, {
      diffs: () => diffsOf(outbox.live, (list) => list, ({ key }) => key, core.isClosed),
    }),
    freshness: freshness.live,
    cause: cause.live,
    users,
    permissions: (roomId) => once(permissionsOf, roomId, () => loaded(undefined, () => rest.permissions(roomId))),
    remove: rest.remove,
    close,
    [Symbol.dispose ?? Symbol.for("Symbol.dispose")]: close,
  };
}
