// Sends requests to the REST API, and returns their results or errors.

import { RestError } from "./error.js";

/** The maximum delay of `setTimeout()`, in milliseconds. */
const MAX_DELAY = 2 ** 31 - 1;

/** The maximum size of a response, in bytes. */
const MAX_BODY = 2 ** 25;

/** The error codes of specific statuses. */
const CODES = { 401: "unauthorized", 403: "forbidden", 404: "not-found" };

/** Returns the error code of a status. */
export const codeOf = (status) => CODES[status] ?? (status < 500 ? "rejected" : "server");

/** Returns the base address of the API: the given one, or the page's own. */
export const baseOf = (url = `${globalThis.origin ?? ""}/api/v1`) => `${url}`.replace(/\/+$/, "");

/** Reads a body as text. Calls `progress` before each part. */
async function readText(body, progress) {
  const reader = body?.getReader();
  const decoder = new TextDecoder();
  let text = "";
  for (let bytes = 0, part; reader; text += decoder.decode(part, { stream: true })) {
    progress();
    ({ value: part } = await reader.read());
    if (!part) break;
    bytes += part.length;
    if (bytes > MAX_BODY) throw new RangeError("the answer is too large");
  }
  return text;
}

/** Returns the delay of a `Retry-After` header in milliseconds; undefined if there is none. */
function parseRetryAfter(value) {
  const wait = /^\d+$/.test(value) ? value * 1000 : Date.parse(value) - Date.now();
  return wait >= 0 ? Math.min(wait, MAX_DELAY) : undefined;
}

/**
 * Creates a function that sends requests.
 *
 * @param {string} base
 * @param {Omit<import("../rest.js").RestOptions, "url">} options
 */
export const requester =
  (base, { headers, credentials = "include", fetch: given, timeoutMs: patience = 10_000 }) =>
  /**
   * Sends a request.
   *
   * @param {string} method
   * @param {string} path
   * @param {(answer: any) => unknown} read converts the JSON response to the result; throws if it is invalid
   * @param {import("../rest.js").CallOptions & { send?: typeof fetch }} [options] `send`: used instead of `fetch()`
   * @param {BodyInit} [body]
   * @param {string} [type] the body's media type, unless `fetch()` sets it
   */
  async (method, path, read, { signal, timeoutMs = patience, send = given ?? fetch } = {}, body, type) => {
    signal?.throwIfAborted();
    const controller = new AbortController();
    const ended = controller.signal;
    let timer;
    let status;
    let retryAfterMs;
    const failure = (code, cause, sentence) =>
      new RestError(code, sentence || `${method} ${path}: ${cause?.message ?? code}`, { status, retryAfterMs, cause });
    const abort = () => controller.abort(signal.reason);
    const progress = () => {
      clearTimeout(timer);
      timer = setTimeout(() => controller.abort(failure("timeout")), Math.min(timeoutMs, MAX_DELAY));
    };
    async function exchange() {
      const all = new Headers(typeof headers === "function" ? await headers() : headers);
      if (!all.has("accept")) all.set("accept", "application/json");
      if (type) all.set("content-type", type);
      const init = { method, headers: all, credentials, cache: "no-store", body, signal: ended };
      const answer = await send(base + path, init, progress);
      ({ status } = answer);
      retryAfterMs = parseRetryAfter(answer.headers.get("retry-after"));
      return readText(answer.body, progress);
    }
    signal?.addEventListener("abort", abort);
    progress();
    try {
      const stopped = new Promise((_, reject) => (ended.onabort = reject));
      const text = await Promise.race([exchange(), stopped]).catch((cause) => {
        throw ended.aborted ? ended.reason : failure("network", cause);
      });
      const isSuccess = status < 300;
      let answer;
      try {
        // Null counts as absent.
        answer = JSON.parse(text, (_, value) => value ?? undefined);
        if (isSuccess) {
          delete answer.httpStatusCode;
          return read(answer);
        }
      } catch (cause) {
        if (isSuccess) throw failure("malformed", cause);
      }
      throw failure(codeOf(status), undefined, answer?.errorText);
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
      controller.abort();
    }
  };
