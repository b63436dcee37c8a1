// Checks the addresses that a client connects to, and resolves them against the page.

import { makeError } from "./error.js";

/** The path of the Events API (specification, "Endpoints"). */
const PATH = "/api/v1/events";

/** The WebSocket scheme of each supported scheme. */
const SCHEMES = { "http:": "ws:", "ws:": "ws:", "https:": "wss:", "wss:": "wss:" };

/**
 * The base of relative addresses; empty if there is none. A `srcdoc` page uses the base of its parent, a worker from a
 * blob the origin of the page that created it.
 */
const pageUrl = () => {
  const { location, document, origin } = globalThis;
  return [location?.href, document?.baseURI, origin].find((url) => /^(http|ws)s?:/.test(url)) ?? "";
};

/** Converts a string or a `URL` to a string. */
function text(value, option) {
  if (typeof value === "string") return value;
  if (value instanceof URL) return value.href;
  throw makeError("invalid-option", `the option \`${option}\` has to be a string or a URL`, value);
}

/**
 * Returns the address of the Events API on the page's origin.
 *
 * @returns {string}
 * @throws {Error} `no-url`
 */
export function standardAddress() {
  const page = pageUrl();
  if (page === "") throw makeError("no-url", "this page has no origin to connect to: pass the option `url`");
  const { protocol, host } = new URL(page);
  return `${SCHEMES[protocol]}//${host}${PATH}`;
}

/**
 * Returns the address of a WebSocket.
 *
 * @param {unknown} given resolved against the page
 * @returns {string}
 * @throws {Error} `invalid-option`, `invalid-url`
 */
export function socketAddress(given) {
  const page = pageUrl();
  const url = text(given, "url");
  let cause;
  try {
    const parsed = page === "" ? new URL(url) : new URL(url, page);
    const scheme = SCHEMES[parsed.protocol];
    if (scheme) {
      parsed.protocol = scheme;
      // WebSockets refuse addresses with a fragment, which is never sent to a server anyway.
      parsed.hash = "";
      return parsed.href;
    }
  } catch (error) {
    cause = error;
  }
  const advice = "give a ws:, wss:, http: or https: address, or a path";
  throw makeError("invalid-url", `no WebSocket can be opened to \`${url}\`: ${advice}`, cause);
}

/**
 * Returns the base address of the REST API without a trailing slash.
 *
 * @param {unknown} given
 * @returns {string | undefined} undefined if it is derived from the address of the events
 * @throws {Error} `invalid-option`
 */
export function restAddress(given) {
  if (given === undefined) return undefined;
  const url = text(given, "rest.url");
  let resolved = url;
  try {
    // Absolute addresses stay unchanged.
    if (!/^[a-z][a-z\d+.-]*:/i.test(url.trim())) resolved = new URL(url, pageUrl()).href;
  } catch {
    // The first request fails with an error about the address.
  }
  return resolved.replace(/\/+$/, "");
}
