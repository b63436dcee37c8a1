// What is shorter, smaller or faster in JavaScript than through the bindings.

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
 * Tells the page that a callback threw, as the browser does for its own event listeners.
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

/** How often it is reported that an answer is still arriving, at most. */
const PROGRESS_MS = 1000;

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
 * @param {boolean} redirects whether redirects are followed; otherwise one is answered with `REQUEST_REDIRECTED`, as a
 *   browser does not tell its status
 * @param {(status: number, body: string, retryAfterMs: number) => void} report called once with the answer, or with what
 *   stands in place of its status (`REQUEST_…`), and before that while it arrives; never once the request was given up
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
 * @param {(outcome: number) => void} done gets the outcome (`LOGIN_…`)
 */
export function authorize(login, done) {
  login().then(done);
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

/**
 * Calls back in the page's next animation frame, or a while later if it draws none.
 *
 * @param {() => void} task
 */
export function nextFrame(task) {
  let frame;
  // A page that is not seen draws nothing, and a worker neither.
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
 * Builds what `stats()` gives. Both arrays are views of the memory: nothing may be kept of them.
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
