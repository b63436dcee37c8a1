// The sockets and the requests of an engine.

/** The base of the REST API that goes with the address of its events: the same path without its last part. */
function restBase({ protocol, host, pathname }) {
  return `${protocol.replace("ws", "http")}//${host}${pathname.replace(/(\/[^/]+)?\/*$/, "")}`;
}

/** How long after an answer every new one has a later `Date`, which counts seconds, in milliseconds. */
const DATE_MS = 2_000;

/** How many answers are remembered to notice that they come again. */
const REMEMBERED = 500;

export class Endpoint {
  #ask;
  #spec;
  #local;
  /** The address of the latest attempt; undefined until a page has given the first. */
  #address;
  /** By path, the `Date` of the latest answer, and when the first one with it arrived. */
  #answers = new Map();
  #hasWarned = false;

  /**
   * @param {import("./options.js").Spec} spec
   * @param {(what: string) => Promise<any>} ask asks a page for what it has a function for: `url`, `headers`
   * @param {{ WebSocket?: new (url: string) => WebSocket, fetch?: typeof fetch }} local what a page in the same thread has
   *   given in place of the globals
   */
  constructor(spec, ask, local) {
    this.#spec = spec;
    this.#ask = ask;
    this.#local = local;
    if (spec.url !== null) this.#address = new URL(spec.url);
  }

  /**
   * Hands over the address for an attempt: at once, unless a page has to be asked.
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
   * Begins to open a socket.
   *
   * @param {URL} address
   * @throws the browser's own error if it refuses the address out of hand
   */
  open(address) {
    this.#address = address;
    return new (this.#local.WebSocket ?? WebSocket)(address.href);
  }

  /** The address of a request. The query of an address that a function gave goes along: it may hold a token. */
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
   * @throws {Error} also if the answer comes from a cache: it does not say what is so now
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
    // A server that always says the same `Date` says it here, too. Caches do not keep answers to HEAD.
    const current = () => send(url, { ...request, method: "HEAD" });
    if (init.method !== "GET" || !this.#isRepeated(path, answer, sent) || (await hasDate(current, answer))) return answer;
    init.signal.throwIfAborted();
    const said = `${path} came from a cache. Exclude the API from your service worker.`;
    if (!this.#hasWarned) console.warn(`room-events: ${said}`);
    this.#hasWarned = true;
    throw new Error(said);
  }

  /** Whether an answer has the `Date` of one that was there before its request was sent. */
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

/** Whether an answer that is asked for has the same `Date` as another. */
const hasDate = (ask, { headers }) =>
  ask().then(
    (answer) => answer.headers.get("date") === headers.get("date"),
    () => false,
  );
