// A WebSocket that the test plays, and counts of all that a client could leave behind.

import { Host } from "../../pkg/src/host.js";
import { openPair } from "../../pkg/src/pair.js";
import { listenable } from "../../pkg/src/listenable.js";
import { openLink } from "../../pkg/src/link.js";
import { readOptions } from "../../pkg/src/options.js";
import { attach, Page, receive } from "../../pkg/src/page.js";
import { soon } from "../../src/browser/bridge.js";

class Client extends listenable(Page) {}

/**
 * A client with an engine in this thread, as `connect()` of the package makes it.
 *
 * @param {unknown} options
 * @param {(...args: unknown[]) => object} makeEngine
 */
export async function connect(options, makeEngine) {
  const settings = readOptions(options);
  const client = new Client(settings);
  const Engine = function (...args) {
    return makeEngine(...args);
  };
  const local = () => openPair((port) => new Host(async () => Engine, true).attach(port));
  await new Promise((resolve, reject) => {
    const caller = {
      attach: (link) => client[attach](link).then(resolve, reject),
      receive: (message) => client[receive](message),
    };
    openLink({ ...settings, engine: "page" }, { local }, caller).catch(reject);
  });
  // After the client has told its engine for the first time what it listens to.
  await new Promise((resolve) => soon(resolve));
  return client;
}

const real = {
  WebSocket: globalThis.WebSocket,
  setTimeout: globalThis.setTimeout,
  clearTimeout: globalThis.clearTimeout,
  reportError: globalThis.reportError,
};

class FakeSocket extends EventTarget {
  static CONNECTING = 0;
  static OPEN = 1;
  static CLOSING = 2;
  static CLOSED = 3;
  readyState = 0;
  listeners = 0;
  closedWith = undefined;

  constructor(url) {
    super();
    if (harness.refuse) throw new DOMException("refused by policy", "SecurityError");
    this.url = String(url);
    harness.sockets.push(this);
  }

  // The listener for errors stays with the socket, and holds nothing.
  addEventListener(type, ...args) {
    this.listeners += type !== "error";
    super.addEventListener(type, ...args);
  }

  removeEventListener(type, ...args) {
    this.listeners -= type !== "error";
    super.removeEventListener(type, ...args);
  }

  close(code, reason) {
    if (code !== undefined && code !== 1000 && !(code >= 3000 && code <= 4999)) {
      throw new DOMException("a code that browsers refuse", "InvalidAccessError");
    }
    if (this.readyState >= 2) return;
    this.closedWith = `${code} ${reason}`;
    this.readyState = 3;
  }
}

/** What stands in the stack of what WebKit's driver does. */
const WEBKIT_DRIVER = "evaluateJavaScriptFunction";

let harness;

/** Puts the fakes in place. */
export function install() {
  harness = { sockets: [], timers: new Map(), reported: [], refuse: false };
  globalThis.WebSocket = FakeSocket;
  globalThis.setTimeout = (callback, delay, ...rest) => {
    const id = real.setTimeout.call(globalThis, (...args) => {
      harness.timers.delete(id);
      callback(...args);
    }, delay, ...rest);
    const { stack } = new Error();
    // WebKit's driver runs in the page, and limits the time of what it is asked to run.
    if (!stack.includes(WEBKIT_DRIVER)) harness.timers.set(id, `${delay} ms, ${stack}`);
    return id;
  };
  globalThis.clearTimeout = (id) => {
    harness.timers.delete(id);
    real.clearTimeout.call(globalThis, id);
  };
  globalThis.reportError = (error) => harness.reported.push(String(error?.message ?? error));
}

/** Takes the fakes back. */
export function uninstall() {
  Object.assign(globalThis, real);
  delete document.visibilityState;
}

export const socketCount = () => harness.sockets.length;
export const liveSockets = () => harness.sockets.filter((socket) => socket.readyState < 2).length;
export const liveListeners = () => harness.sockets.reduce((sum, socket) => sum + socket.listeners, 0);
export const liveTimers = () => harness.timers.size;
/** Where the timers that are set were set. */
export const timerStacks = () => [...harness.timers.values()].join("\n");
export const reported = () => harness.reported.join("\n");
export const socketUrl = () => harness.sockets.at(-1).url;
export const closedWith = (index) => harness.sockets[index].closedWith;
export const refuseSockets = (refuse) => {
  harness.refuse = refuse;
};

/** Resolves when the event loop has had its turn: what is listened to has been told then. */
export const tick = () => new Promise((resolve) => real.setTimeout.call(globalThis, resolve));

export async function open() {
  await tick();
  const socket = harness.sockets.at(-1);
  socket.readyState = 1;
  socket.dispatchEvent(new Event("open"));
}

export async function frame(data) {
  await tick();
  frameNow(data);
}

/** The same, without a turn of the event loop before it. */
export function frameNow(data) {
  harness.sockets.at(-1).dispatchEvent(new MessageEvent("message", { data }));
}

export async function lose(code, reason, wasClean) {
  await tick();
  const socket = harness.sockets.at(-1);
  socket.readyState = 3;
  socket.dispatchEvent(new CloseEvent("close", { code, reason, wasClean }));
}

/** Resolves when the condition holds; looks at every turn of the event loop. */
export async function until(condition) {
  while (!condition()) await new Promise((resolve) => real.setTimeout.call(globalThis, resolve, 1));
}

/** Whether the structured clone of a value is the same, and has no prototype but the plain ones. */
export function isPlain(value) {
  if (value === null || typeof value !== "object") return typeof value !== "function";
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== Array.prototype) return false;
  return JSON.stringify(structuredClone(value)) === JSON.stringify(value) && Object.values(value).every(isPlain);
}

/** A request with the page's cookies; resolves to the answer's JSON. */
export async function call(method, url, body) {
  const headers = body === undefined ? {} : { "Content-Type": "application/json" };
  const response = await fetch(url, { method, body, headers, credentials: "include" });
  return response.json();
}

/** Resolves to whether the condition came to hold before the time was over. */
export async function untilWithin(condition, limitMs) {
  const end = performance.now() + limitMs;
  while (!condition()) {
    if (performance.now() > end) return false;
    await new Promise((resolve) => real.setTimeout.call(globalThis, resolve, 1));
  }
  return true;
}

/** What the browser tells a page of the network, and of leaving it. */
export async function signal(name) {
  await tick();
  globalThis.dispatchEvent(new Event(name));
}

/** What the browser tells a page of its own life. */
export async function signalDocument(name) {
  await tick();
  document.dispatchEvent(new Event(name));
}

/** The page is seen, or no longer; until the fakes are taken back. */
export async function setVisible(visible) {
  const state = visible ? "visible" : "hidden";
  Object.defineProperty(document, "visibilityState", { configurable: true, get: () => state });
  await signalDocument("visibilitychange");
}

// A page's policy may forbid to make functions from text.

export const throwing = (message) => () => {
  throw new Error(message);
};

export const nothing = () => () => {};
