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

/**
 * Makes the error that a mistake of the caller is answered with.
 *
 * @param {string} code
 * @param {string} message
 * @param {unknown} cause
 * @returns {Error}
 */
export function makeError(code, message, cause) {
  const error = new Error(message, cause === undefined ? undefined : { cause });
  error.name = "RoomEventsError";
  error.code = code;
  return error;
}

/**
 * Sends a GET request with the page's cookies.
 *
 * @param {string} url
 * @param {(status: number, body: string) => void} done called with status 0 where there was no answer; never once the
 *   request was given up
 * @returns {AbortController}
 */
export function fetchText(url, done) {
  const controller = new AbortController();
  const { signal } = controller;
  const answer = (status, body) => {
    if (!signal.aborted) done(status, body);
  };
  fetch(url, { credentials: "include", cache: "no-store", headers: { Accept: "application/json" }, signal })
    .then(async (response) => [response.status, await response.text()])
    .then(([status, body]) => answer(status, body), () => answer(0, ""));
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
 * @param {(authorized: boolean) => void} done
 */
export function authorize(hook, done) {
  new Promise((resolve) => resolve(hook())).then(
    (result) => done(result !== false),
    (error) => {
      report(error);
      done(false);
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

/** Whether the page is seen. What is no page counts as seen. */
export function isVisible() {
  return globalThis.document?.visibilityState !== "hidden";
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
  const [unknown, errors, , resyncs] = delivered.subarray(types.length);
  const events = Object.fromEntries(types.map((type, index) => [type, delivered[index]]));
  const queue = { frames: queuedFrames, bytes: queuedBytes };
  return { attempts, connections, frames, bytes, events, recovered, unknown, errors, resyncs, queue, lastClose };
}

/** Milliseconds since the page began; they may stand still while the machine sleeps. */
export const monotonicMs = () => performance.now();

/** Milliseconds since 1970; somebody may set them. */
export const wallMs = () => Date.now();
