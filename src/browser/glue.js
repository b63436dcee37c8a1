// What is shorter, smaller or faster in JavaScript than through the bindings.

import { types } from "./build.js";

/**
 * Tells the page that a callback threw, as the browser does for its own event listeners.
 *
 * @param {unknown} error
 */
export function report(error) {
  if (typeof globalThis.reportError === "function") globalThis.reportError(error);
  else console.error(error);
}

/** How much of an answer is read, in bytes. */
const MAX_BODY_BYTES = 32 << 20;

/** How long a server may ask to wait before the next request. */
const MAX_RETRY_AFTER_MS = 600_000;

/** How often it is reported that an answer is still arriving, at most. */
const PROGRESS_MS = 1000;

/** What is reported of a request in place of an HTTP status. */
const FAILED = 0;
const PROGRESS = -1;
const TOO_LARGE = -2;

/** The status that stands for a redirect that was not followed: a browser does not tell which one it was. */
const REDIRECT = 302;

/** The milliseconds that an answer asks to wait; NaN where it does not. Of another origin only where that exposes it. */
function retryAfter(headers) {
  const value = headers.get("retry-after");
  const sent = Date.parse(headers.get("date")) || Date.now();
  const wait = /^\d+$/.test(value) ? value * 1000 : Date.parse(value) - sent;
  return Math.min(Math.max(wait, 0), MAX_RETRY_AFTER_MS);
}

/** What is reported of an answer in the end. `progress` is called when a part of it has arrived. */
async function readAnswer({ status, type, headers, body }, progress) {
  progress();
  const reader = body?.getReader();
  const decoder = new TextDecoder();
  let text = "";
  for (let bytes = 0; ; progress()) {
    const { done, value } = reader ? await reader.read() : { done: true };
    if (done) return [type === "opaqueredirect" ? REDIRECT : status, text + decoder.decode(), retryAfter(headers)];
    bytes += value.length;
    if (bytes > MAX_BODY_BYTES) {
      reader.cancel().catch(() => {});
      return [TOO_LARGE];
    }
    text += decoder.decode(value, { stream: true });
  }
}

/**
 * Sends a GET request.
 *
 * @param {{ endpoint: import("./endpoint.js").Endpoint }} options
 * @param {string} path
 * @param {boolean} redirects whether redirects are followed; otherwise one is answered with status 302
 * @param {(status: number, body: string, retryAfterMs: number) => void} report called once with the answer, or with what
 *   stands in the place of its status, and before that while it arrives; never once the request was given up
 * @returns {AbortController}
 */
export function fetchText({ endpoint }, path, redirects, report) {
  const controller = new AbortController();
  const { signal } = controller;
  const tell = (status, body = "", wait = NaN) => {
    if (!signal.aborted) report(status, body, wait);
  };
  let next = 0;
  const progress = () => {
    const now = monotonicMs();
    if (now < next) return;
    next = now + PROGRESS_MS;
    tell(PROGRESS);
  };
  const redirect = redirects ? "follow" : "manual";
  endpoint
    .fetch(path, { cache: "no-store", redirect, signal })
    .then((response) => readAnswer(response, progress))
    .then((answer) => tell(...answer), () => tell(FAILED));
  return controller;
}

/** @param {AbortController} controller */
export function abort(controller) {
  controller.abort();
}

/**
 * Asks the application to log in again.
 *
 * @param {() => unknown} hook
 * @param {(outcome: number) => void} done 0: the user is not logged in, 1: the user is, 2: that failed
 */
export function authorize(hook, done) {
  new Promise((resolve) => resolve(hook())).then(
    (result) => done(result === false ? 0 : 1),
    (error) => {
      report(error);
      done(2);
    },
  );
}

/** @type {(() => void)[]} */
const tasks = [];
/** @type {MessageChannel | undefined} */
let channel;

/**
 * Calls back once the event loop has had its turn. A message is not slowed down in a page that is not seen, as a timer
 * is.
 *
 * @param {() => void} task
 */
export function soon(task) {
  if (channel === undefined) {
    channel = new MessageChannel();
    channel.port1.onmessage = () => {
      tasks.shift()?.();
      if (tasks.length > 0) return;
      // Nothing stays behind when nobody has anything to do.
      channel.port1.close();
      channel = undefined;
    };
    channel.port1.unref?.();
  }
  tasks.push(task);
  channel.port2.postMessage(0);
}

/** How long it may take until the page draws, in milliseconds. One that is not seen draws nothing. */
const FRAME_MS = 250;

/**
 * Calls back when the page draws its next picture, or a while later where it draws none.
 *
 * @param {() => void} task
 */
export function nextFrame(task) {
  let frame;
  const timer = setTimeout(() => {
    globalThis.cancelAnimationFrame?.(frame);
    task();
  }, FRAME_MS);
  frame = globalThis.requestAnimationFrame?.(() => {
    clearTimeout(timer);
    task();
  });
}

/** The address of the page or the worker; empty where it has none. */
export const pageUrl = () => globalThis.location?.href ?? "";

/**
 * Builds what `stats()` gives. Both arrays are views of the memory: nothing may be kept of them.
 *
 * @param {Float64Array} totals in the order of their names here
 * @param {Float64Array} delivered by the number of the topic
 * @param {object | null} lastClose
 * @returns {object}
 */
export function buildStats(totals, delivered, lastClose) {
  const [attempts, connections, frames, bytes, recovered, queuedFrames, queuedBytes] = totals;
  const [unknown, malformed, , resyncs] = delivered.subarray(types.length);
  const events = Object.fromEntries(types.map((type, index) => [type, delivered[index]]));
  const queue = { frames: queuedFrames, bytes: queuedBytes };
  return { attempts, connections, frames, bytes, events, recovered, unknown, malformed, resyncs, queue, lastClose };
}

/**
 * Builds what `connection` gives.
 *
 * @param {number} attempt
 * @param {number} retryAt milliseconds since 1970; NaN if no attempt is planned
 * @param {object | null} cause
 */
export const buildConnection = (attempt, retryAt, cause) => ({ attempt, retryAt: retryAt || null, cause });

/** Builds the notice `statechange`. */
export const buildStateChange = (status, ...connection) => ({ status, ...buildConnection(...connection) });

/** Milliseconds since the page began; they may stand still while the machine sleeps. */
export const monotonicMs = () => performance.now();

/** Milliseconds since 1970; somebody may set them. */
export const wallMs = () => Date.now();
