// The addresses, sockets and requests of an engine.

/** Derives the base address of the REST API from that of the events: the same path without its last segment. */
function restBase({ protocol, host, pathname }) {
  return `${protocol.replace("ws", "http")}//${host}${pathname.replace(/(\/[^/]+)?\/*$/, "")}`;
}

/** After this delay, in milliseconds, every new response has a later `Date`, which counts seconds. */
const DATE_MS = 2_000;

/** The number of responses that are remembered to detect cached ones. */
const REMEMBERED = 500;

export class Endpoint {
  #ask;
  #spec;
  #local;
  /** The address of the latest attempt; undefined until a page has provided the first. */
  #address;
  /** By path: the `Date` of the latest response, and when the first response with it arrived. */
  #answers = new Map();
  #hasWarned = false;

  /**
   * @param {import("./options.js").Spec} spec
   * @param {(what: string) => Promise<any>} ask asks a page to call a function of its options: `url`, `headers`
   * @param {{ WebSocket?: new (url: string) => WebSocket, fetch?: typeof fetch }} local replacements of the globals,
   *   given by a page in the same thread
   */
  constructor(spec, ask, local) {
    this.#spec = spec;
    this.#ask = ask;
    this.#local = local;
    if (spec.url !== null) this.#address = new URL(spec.url);
  }

  /**
   * Calls `use` with the address for an attempt: immediately, unless a page has to be asked.
   *
   * @param {(address: URL) => void} use
   * @param {(reason: string) => void} fail
   */
  locate(use, fail) {
    if (this.#spec.url !== null) return use(this.#address);
    this.#ask("url")
      .then((url) => new URL(url))
      .then((address) => use((this.#address = address)), (error) => fail(`the option \`url\` gave no address: ${error?.message ?? error}`));
  }

  /**
   * Opens a socket.
   *
   * @param {URL} address
   * @throws the browser's own error if it refuses the address immediately
   */
  open(address) {
    this.#address = address;
    return new (this.#local.WebSocket ?? WebSocket)(address.href);
  }

  /**
   * Returns the address of a request. If a function provides the address of the events, its query is added: it may
   * contain a token.
   */
  #request(path) {
    const address = this.#address;
    const base = this.#spec.rest.url ?? restBase(address);
    if (this.#spec.url !== null) return base + path;
    const [route, own] = path.split("?");
    const query = new URLSearchParams(address?.search);
    for (const [name, value] of new URLSearchParams(own)) query.set(name, value);
    return `${base}${route}?${query}`.replace(/\?$/, "");
  }

  /**
   * Sends a request to the REST API.
   *
   * @param {string} path
   * @param {RequestInit & { signal: AbortSignal }} init
   * @returns {Promise<Response>}
   * @throws {Error} also if the response comes from a cache and so may be outdated
   */
  async fetch(path, init) {
    const { headers: given, credentials = "include" } = this.#spec.rest;
    const { fetch: send = fetch } = this.#local;
    const headers = new Headers(given === null ? await this.#ask("headers") : given);
    init.signal.throwIfAborted();
    if (!headers.has("accept")) headers.set("accept", "application/json");
    if (typeof init.body === "string") headers.set("content-type", "application/json");
    const url = this.#request(path);
    const request = { credentials, headers, ...init };
    const sent = performance.now();
    const answer = await send(url, request);
    // A server with a constant `Date` returns it here as well. Caches do not store responses to HEAD.
    const current = () => send(url, { ...request, method: "HEAD" });
    if (init.method !== "GET" || !this.#isRepeated(path, answer, sent) || (await hasDate(current, answer))) return answer;
    init.signal.throwIfAborted();
    const said = `${path} came from a cache. Exclude the API from your service worker.`;
    if (!this.#hasWarned) console.warn(`room-events: ${said}`);
    this.#hasWarned = true;
    throw new Error(said);
  }

  /** Whether a response has the `Date` of one that arrived well before its request was sent. */
  #isRepeated(path, { headers }, sent) {
    const date = headers?.get("date");
    const known = this.#answers.get(path);
    if (!date) return false;
    if (known?.date === date) return sent - known.arrived > DATE_MS;
    this.#answers.delete(path);
    this.#answers.set(path, { date, arrived: performance.now() });
    if (this.#answers.size > REMEMBERED) this.#answers.delete(this.#answers.keys().next().value);
    return false;
  }
}

/** Whether a new response has the same `Date` as another. */
const hasDate = (ask, { headers }) =>
  ask().then(
    (answer) => answer.headers.get("date") === headers.get("date"),
    () => false,
  );
