// Finds or starts the engine of a client, and connects the page to it.

import { BYE, PRESENCE, PRESENCE_FROZEN, PRESENCE_HIDDEN, PRESENCE_LEFT, PRESENCE_VISIBLE, READY } from "./generated/tables.js";
import { makeError } from "./error.js";

/**
 * A connection to an engine.
 *
 * @typedef {object} Link
 * @property {"shared" | "worker" | "page"} engine where it runs
 * @property {{ postMessage(message: object): void }} port
 * @property {object} about what the page sends the engine in addition to the options
 * @property {() => void} dispose closes the connection
 */

/**
 * The callbacks of a connection.
 *
 * @typedef {object} Caller
 * @property {(link: Link) => void} attach called with the first message from the engine
 * @property {(message: any) => void} receive called with every message
 * @property {() => void} left called when the page is suspended and can receive nothing more
 * @property {(reason: string) => void} lost called when the engine has ended
 */

/** How long an engine in a worker may take until its first message; less if there is another place to try. */
const START_MS = 10_000;
const TRY_MS = 4_000;

const NAME = "room-events";

/** Pages only connect to engines of the same version of the package. */
const VERSION = globalThis.ROOM_EVENTS_VERSION;

const isSeen = () => (globalThis.document?.visibilityState === "hidden" ? PRESENCE_HIDDEN : PRESENCE_VISIBLE);

/** Returns a unique name. */
const unique = () => `${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}`;

/**
 * Holds a lock until it is released.
 *
 * @param {string} name
 * @returns {{ held: Promise<void>, release: () => void }}
 */
export function hold(name) {
  let release;
  const held = new Promise((resolve) => {
    const done = new Promise((let_go) => (release = let_go));
    const { locks } = navigator;
    if (!locks) return resolve();
    locks.request(name, () => (resolve(), done)).catch(resolve);
  });
  return { held, release };
}

/** Returns the available places for an engine, in order of preference. */
function places(wanted, { module, worker }) {
  const hasLocks = Boolean(globalThis.navigator?.locks);
  // A worker loads the module by itself, from an address.
  const canWork = Boolean(worker) && typeof module === "string" && globalThis.document !== undefined;
  const possible = {
    // Without locks, the engine would not notice that a page is gone.
    shared: canWork && hasLocks && typeof SharedWorker === "function",
    worker: canWork && typeof Worker === "function",
    page: true,
  };
  return Object.keys(possible).filter((place) => possible[place] && (wanted === "auto" || wanted === place));
}

/**
 * Reports changes of the page's lifecycle (`PRESENCE_…`), and whether the page is gone for good. Returns a function
 * that removes the listeners.
 */
function watchPage(tell) {
  const { document } = globalThis;
  if (!document) return () => {};
  let isAway = false;
  const is = (away, presence) => ({ persisted }) => {
    isAway = away;
    tell(presence(), !persisted);
  };
  const listeners = [
    [globalThis, "pagehide", is(true, () => PRESENCE_LEFT)],
    [globalThis, "pageshow", is(false, isSeen)],
    [document, "freeze", is(true, () => PRESENCE_FROZEN)],
    [document, "resume", is(false, isSeen)],
    // Leaving a page also hides it, and that event comes last.
    [document, "visibilitychange", () => isAway || tell(isSeen())],
  ];
  for (const [target, name, listener] of listeners) target.addEventListener(name, listener);
  return () => {
    for (const [target, name, listener] of listeners) target.removeEventListener(name, listener);
  };
}

/**
 * Connects to an engine in one place.
 *
 * @param {"shared" | "worker" | "page"} place
 * @param {import("./options.js").Settings} settings
 * @param {import("./client.js").Source} source
 * @param {Caller} page
 * @returns {Promise<Link>} resolves with the engine's first message
 */
async function openIn(place, settings, source, { attach, receive, left, lost }) {
  const lock = `${NAME} page ${unique()}`;
  let own = place === "page" ? undefined : hold(lock);
  // Not awaited for engines in the page, so that one whose code is loaded starts synchronously.
  if (own) await own.held;
  const name = `${NAME} ${JSON.stringify([VERSION, settings.user ?? null, settings.spec])}`;
  let worker;
  const openPort = () => {
    if (place === "page") return source.local();
    worker = source.worker[place](name);
    return worker.port ?? worker;
  };
  let port;
  try {
    port = openPort();
    if (port.then) port = await port;
  } catch (cause) {
    own?.release();
    throw makeError("engine-failed", `the engine could not be started: ${cause?.message ?? cause}`, cause);
  }
  const about = {
    presence: isSeen(),
    module: source.module,
    ...(place === "page" ? { local: settings.local } : { lock }),
  };
  const ending = new AbortController();
  const link = {
    engine: place,
    port,
    about,
    dispose() {
      if (ending.signal.aborted) return;
      ending.abort();
      unwatch();
      own?.release();
      closePort();
    },
  };
  const closePort = () => {
    port.onmessage = null;
    port.close?.();
  };
  let engine;
  /** Waits for the end of the engine, which releases its lock. */
  const watchEngine = () => {
    if (!engine) return;
    const watching = new AbortController();
    ending.signal.addEventListener("abort", () => watching.abort());
    navigator.locks.request(engine, { signal: watching.signal }, () => {
      link.dispose();
      lost("the connection's worker has ended");
    }).catch(() => {});
    return watching;
  };
  let watching;
  const unwatch = watchPage(async (presence, isOver) => {
    about.presence = presence;
    if (place !== "page") {
      // A page that holds or requests a lock is not eligible for the back/forward cache. In the cache, a message from a
      // shared worker evicts it, and one may be in flight.
      if (presence === PRESENCE_LEFT) {
        link.port.postMessage(isOver ? { kind: BYE } : { kind: PRESENCE, presence });
        if (place === "shared") {
          closePort();
          // Messages wait for the next port.
          link.port = { postMessage: (message) => unsaid.push(message) };
          left();
        }
        own?.release();
        watching?.abort();
        own = watching = undefined;
        return;
      }
      // A suspended page is frozen next, and cannot take a lock then.
      if (presence === PRESENCE_FROZEN && !own) return;
      if (!own) {
        const taken = hold(lock);
        own = taken;
        await taken.held;
        // It may have been suspended and resumed again in the meantime.
        if (own !== taken || ending.signal.aborted) return;
        watching = watchEngine();
        if (place === "shared") {
          port = openPort();
          listen();
          return;
        }
      }
    }
    link.port.postMessage({ kind: PRESENCE, presence });
  });
  let isAttached = false;
  const unsaid = [];
  let listen;
  return new Promise((resolve, reject) => {
    const fail = (reason) => {
      clearTimeout(timer);
      link.dispose();
      worker?.terminate?.();
      reject(makeError("engine-failed", reason));
    };
    const timer = place === "page" ? undefined : setTimeout(fail, settings.engine === "auto" ? TRY_MS : START_MS, "the connection's worker did not start");
    if (worker) worker.onerror = (event) => fail(`the connection's worker failed: ${event.message ?? "it could not be loaded"}`);
    const hear = ({ data }) => {
      link.port = port;
      if (data.kind === READY && data.lock !== engine) {
        engine = data.lock;
        watching?.abort();
        watching = watchEngine();
      }
      if (!isAttached) attach(link);
      isAttached = true;
      clearTimeout(timer);
      // From now on, the engine reports its failures in messages.
      if (worker) worker.onerror = null;
      resolve(link);
      receive(data);
      // After the page's hello.
      for (const message of unsaid.splice(0)) port.postMessage(message);
    };
    listen = () => {
      port.onmessage = hear;
      port.start?.();
    };
    listen();
  });
}

/**
 * Connects to an engine, in the requested place or in the first that works.
 *
 * @param {import("./options.js").Settings} settings
 * @param {import("./client.js").Source} source
 * @param {Caller} page
 * @returns {Promise<Link>}
 * @throws {Error} `engine-failed`
 */
export async function openLink(settings, source, page) {
  let failure = makeError("engine-failed", `the engine \`${settings.engine}\` is not available here`);
  for (const place of places(settings.engine, source)) {
    try {
      return await openIn(place, settings, source, page);
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}
