// A request to the REST API, from its options to its result or its error.

import { RestError } from "./error.js";

/** The longest delay that `setTimeout()` takes, in milliseconds. */
const MAX_DELAY = 2 ** 31 - 1;

/** The most that is read of an answer, in bytes. */
const MAX_BODY = 2 ** 25;

/** The codes of the statuses that have one of their own. */
const CODES = { 401: "unauthorized", 403: "forbidden", 404: "not-found" };

/** What a status that is no success stands for. */
export const codeOf = (status) => CODES[status] ?? (status < 500 ? "rejected" : "server");

/** The base of the API: the one that is given, or the page's own. */
export const baseOf = (url = `${globalThis.origin ?? ""}/api/v1`) => `${url}`.replace(/\/+$/, "");

/** Reads a body as text. `progress` is called before each part of it. */
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

/** The milliseconds that a header `Retry-After` asks to wait; undefined if there is none. */
function parseRetryAfter(value) {
  const wait = /^\d+$/.test(value) ? value * 1000 : Date.parse(value) - Date.now();
  return wait >= 0 ? Math.min(wait, MAX_DELAY) : undefined;
}

/**
 * Gives a function that sends requests with these options.
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
   * @param {(answer: any) => unknown} read makes the result of a JSON answer; throws if it is not what is expected
   * @param {import("../rest.js").CallOptions & { send?: typeof fetch }} [options] `send`: in place of `fetch()`
   * @param {BodyInit} [body]
   * @param {string} [type] the body's media type, unless it is left to `fetch()`
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
        // What is null counts as absent.
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
