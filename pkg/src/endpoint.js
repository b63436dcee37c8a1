// Where a client connects to, and how: the address, the sockets and the requests.

import { makeError } from "./error.js";
import { pageUrl } from "../../src/browser/glue.js";

/** The path of the Events API (specification, "Endpoints"). */
const PATH = "/api/v1/events";

/** The WebSocket schemes that go with schemes. */
const SCHEMES = { "http:": "ws:", "ws:": "ws:", "https:": "wss:", "wss:": "wss:" };

/** A string or a `URL`, as text. */
export function text(value, option) {
  if (typeof value === "string") return value;
  if (value instanceof URL) return value.href;
  throw makeError("invalid-option", `the option \`${option}\` has to be a string or a URL`, value);
}

/** The page's own Events API. */
function standard(page) {
  const { protocol, host } = page === "" ? {} : new URL(page);
  if (!SCHEMES[protocol] || !host) {
    throw makeError("no-url", "this page has no origin to connect to: give the option `url`");
  }
  return new URL(`${SCHEMES[protocol]}//${host}${PATH}`);
}

/** An address resolved against the page, for a WebSocket. */
function resolve(given, page) {
  const url = text(given, "url");
  let cause;
  try {
    const parsed = page === "" ? new URL(url) : new URL(url, page);
    const scheme = SCHEMES[parsed.protocol];
    if (scheme) {
      parsed.protocol = scheme;
      // A WebSocket refuses an address with a fragment, and no server ever sees one.
      parsed.hash = "";
      return parsed;
    }
  } catch (error) {
    cause = error;
  }
  const advice = "give a ws:, wss:, http: or https: address, or a path";
  throw makeError("invalid-url", `no WebSocket can be opened to \`${url}\`: ${advice}`, cause);
}

/** The base of the REST API that goes with the address of its events: the same path without its last part. */
function restBase({ protocol, host, pathname }) {
  return `${protocol.replace("ws", "http")}//${host}${pathname.replace(/(\/[^/]+)?\/*$/, "")}`;
}

export class Endpoint {
  #given;
  #rest;
  #Socket;
  /** The address of the latest attempt; undefined until a function has given the first. */
  #address;

  /**
   * @param {unknown} given the option `url`
   * @param {{ url?: unknown, headers?: unknown, credentials?: string, fetch?: typeof fetch }} rest the option `rest`, checked
   * @param {(new (url: string) => WebSocket) | undefined} Socket the option `WebSocket`
   * @throws {Error} `invalid-option`, `invalid-url`, `no-url`
   */
  constructor(given, rest, Socket) {
    this.#rest = { ...rest, url: rest.url === undefined ? undefined : text(rest.url, "rest.url").replace(/\/+$/, "") };
    this.#Socket = Socket;
    if (typeof given === "function") this.#given = given;
    else this.#address = given === undefined || given === null ? standard(pageUrl()) : resolve(given, pageUrl());
  }

  /** The address of the latest attempt; empty if there is none yet. */
  get url() {
    return this.#address?.href ?? "";
  }

  /**
   * Hands over the address for an attempt: at once, unless it comes from a function.
   *
   * @param {(address: URL) => void} use
   * @param {(reason: string) => void} fail
   */
  locate(use, fail) {
    if (!this.#given) return use(this.#address);
    new Promise((done) => done(this.#given()))
      .then((given) => resolve(given, pageUrl()))
      .then(use, (error) => fail(`the option \`url\` gave no address: ${error?.message ?? error}`));
  }

  /**
   * Begins to open a socket.
   *
   * @param {URL} address
   * @throws the browser's own error if it refuses the address out of hand
   */
  open(address) {
    this.#address = address;
    return new (this.#Socket ?? WebSocket)(address.href);
  }

  /** The address of a request. The query of an address that a function gave goes along: it may hold a token. */
  #request(path) {
    const address = this.#address;
    const base = this.#rest.url ?? restBase(address);
    if (!this.#given) return base + path;
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
   */
  async fetch(path, init) {
    const { headers: given, credentials = "include", fetch: send = fetch } = this.#rest;
    const headers = new Headers(typeof given === "function" ? await given() : given);
    init.signal.throwIfAborted();
    if (!headers.has("accept")) headers.set("accept", "application/json");
    return send(this.#request(path), { credentials, headers, ...init });
  }
}
