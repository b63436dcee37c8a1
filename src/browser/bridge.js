// Functions that are shorter, smaller or faster in JavaScript than through the bindings.

import {
  EVENT_TYPES,
  MAX_BODY_BYTES,
  MAX_RETRY_AFTER_MS,
  REQUEST_FAILED,
  REQUEST_PROGRESS,
  REQUEST_REDIRECTED,
  REQUEST_TOO_LARGE,
  TOPIC_MALFORMED,
  TOPIC_RESYNC,
  TOPIC_UNKNOWN,
  TOTAL_ATTEMPTS,
  TOTAL_BYTES,
  TOTAL_CONNECTIONS,
  TOTAL_FRAMES,
  TOTAL_QUEUED_BYTES,
  TOTAL_QUEUED_FRAMES,
  TOTAL_RECOVERED,
} from "../../pkg/src/generated/tables.js";

/**
 * Reports an exception of a callback, as the browser does for its own event listeners.
 *
 * @param {unknown} error
 */
export function report(error) {
  if (typeof globalThis.reportError === "function") globalThis.reportError(error);
  else console.error(error);
}

/**
 * Adds three values to an array.
 *
 * @param {unknown[]} items
 */
export function push(items, topic, value, tape) {
  items.push(topic, value, tape);
}

/** The minimum interval between reports that a response is still arriving, in milliseconds. */
const PROGRESS_MS = 1000;

/**
 * The delay that a response requests, in milliseconds, or NaN. Across origins, the server has to expose the headers.
 */
function retryAfter(headers) {
  const value = headers.get("retry-after");
  const sent = Date.parse(headers.get("date")) || Date.now();
  const wait = /^\d+$/.test(value) ? value * 1000 : Date.parse(value) - sent;
  return Math.min(Math.max(wait, 0), MAX_RETRY_AFTER_MS);
}

/** Reads a response. Returns the arguments for `report`. Calls `progress` for each received part. */
async function readAnswer({ status, type, headers, body }, progress) {
  progress();
  const reader = body?.getReader();
  const decoder = new TextDecoder();
  let text = "";
  for (let bytes = 0; ; progress()) {
    const { done, value } = reader ? await reader.read() : { done: true };
    if (done) return [type === "opaqueredirect" ? REQUEST_REDIRECTED : status, text + decoder.decode(), retryAfter(headers)];
    bytes += value.length;
    if (bytes > MAX_BODY_BYTES) {
      reader.cancel().catch(() => {});
      return [REQUEST_TOO_LARGE];
    }
    text += decoder.decode(value, { stream: true });
  }
}

/**
 * Sends a request.
 *
 * @param {{ endpoint: import("../../pkg/src/endpoint.js").Endpoint }} options
 * @param {string} method
 * @param {string} path
 * @param {string | undefined} body JSON
 * @param {boolean} redirects whether to follow redirects; otherwise they are reported as `REQUEST_REDIRECTED`, as
 *   browsers hide their status
 * @param {(status: number, body: string, retryAfterMs: number) => void} report called while the response arrives, and
 *   once with the response, or with a code in place of its status (`REQUEST_…`); never after the request was aborted
 * @returns {AbortController}
 */
export function fetchText({ endpoint }, method, path, body, redirects, report) {
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
    tell(REQUEST_PROGRESS);
  };
  const redirect = redirects ? "follow" : "manual";
  endpoint
    .fetch(path, { method, body, cache: "no-store", redirect, signal })
    .then((response) => readAnswer(response, progress))
    .then((answer) => tell(...answer), () => tell(REQUEST_FAILED));
  return controller;
}

/** @param {AbortController} controller */
export function abort(controller) {
  controller.abort();
}

/**
 * Asks the application to log in again.
 *
 * @param {() => Promise<number>} login
 * @param {(outcome: number) => void} done receives the outcome (`LOGIN_…`)
 */
export function authorize(login, done) {
  login().then(done);
}

/** @type {(() => void)[]} */
const tasks = [];
/** @type {MessageChannel | undefined} */
let channel;

/**
 * Calls back in a new task of the event loop. Hidden pages throttle timers, but not messages.
 *
 * @param {() => void} task
 */
export function soon(task) {
  if (channel === undefined) {
    channel = new MessageChannel();
    channel.port1.onmessage = () => {
      tasks.shift()?.();
      if (tasks.length > 0) return;
      // An open port would keep Node.js running.
      channel.port1.close();
      channel = undefined;
    };
    channel.port1.unref?.();
  }
  tasks.push(task);
  channel.port2.postMessage(0);
}

/**
 * Calls back in the page's next animation frame, or after a while if none is drawn.
 *
 * @param {() => void} task
 */
export function nextFrame(task) {
  let frame;
  // Hidden pages draw no frames, and shared workers have none.
  const patience = globalThis.requestAnimationFrame ? 250 : 16;
  const timer = setTimeout(() => {
    globalThis.cancelAnimationFrame?.(frame);
    task();
  }, patience);
  frame = globalThis.requestAnimationFrame?.(() => {
    clearTimeout(timer);
    task();
  });
}

/**
 * Builds the result of `stats()`. Both arrays are views of the memory: do not keep them.
 *
 * @param {Float64Array} totals by their positions (`TOTAL_…`)
 * @param {Float64Array} delivered by the number of the topic
 * @param {object | null} lastClose
 * @returns {object}
 */
export function buildStats(totals, delivered, lastClose) {
  return {
    attempts: totals[TOTAL_ATTEMPTS],
    connections: totals[TOTAL_CONNECTIONS],
    frames: totals[TOTAL_FRAMES],
    bytes: totals[TOTAL_BYTES],
    events: Object.fromEntries(EVENT_TYPES.map((type, index) => [type, delivered[index]])),
    recovered: totals[TOTAL_RECOVERED],
    unknown: delivered[TOPIC_UNKNOWN],
    malformed: delivered[TOPIC_MALFORMED],
    resyncs: delivered[TOPIC_RESYNC],
    queue: { frames: totals[TOTAL_QUEUED_FRAMES], bytes: totals[TOTAL_QUEUED_BYTES] },
    lastClose,
  };
}

/**
 * Builds the value of `connection`.
 *
 * @param {number} attempt
 * @param {number} retryAt milliseconds since 1970; NaN if no attempt is planned
 * @param {object | null} cause
 */
export const buildConnection = (attempt, retryAt, cause) => ({ attempt, retryAt: retryAt || null, cause });

/** Builds the notice `statechange`. */
export const buildStateChange = (status, ...connection) => ({ status, ...buildConnection(...connection) });

/** Milliseconds since the page was opened. The clock may stop while the machine sleeps. */
export const monotonicMs = () => performance.now();

/** Milliseconds since 1970. The user may set this clock. */
export const wallMs = () => Date.now();
