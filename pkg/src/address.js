// Where a client connects to: addresses, checked in the page and resolved against it.

import { makeError } from "./error.js";

/** The path of the Events API (specification, "Endpoints"). */
const PATH = "/api/v1/events";

/** The WebSocket schemes that go with schemes. */
const SCHEMES = { "http:": "ws:", "ws:": "ws:", "https:": "wss:", "wss:": "wss:" };

/**
 * What addresses are resolved against; empty if there is nothing. A page in `srcdoc` has the base of the page around it, a
 * worker from a blob the origin of the page that made it.
 */
const pageUrl = () => {
  const { location, document, origin } = globalThis;
  return [location?.href, document?.baseURI, origin].find((url) => /^(http|ws)s?:/.test(url)) ?? "";
};

/** A string or a `URL`, as text. */
function text(value, option) {
  if (typeof value === "string") return value;
  if (value instanceof URL) return value.href;
  throw makeError("invalid-option", `the option \`${option}\` has to be a string or a URL`, value);
}

/**
 * The address of the page's own Events API.
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
 * The address of a WebSocket.
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
      // A WebSocket refuses an address with a fragment, and no server ever sees one.
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
 * The base of the REST API, without a slash at its end.
 *
 * @param {unknown} given
 * @returns {string | undefined} undefined if it goes with the address of the events
 * @throws {Error} `invalid-option`
 */
export function restAddress(given) {
  if (given === undefined) return undefined;
  const url = text(given, "rest.url");
  let resolved = url;
  try {
    // An address that is whole stays as it is written.
    if (!/^[a-z][a-z\d+.-]*:/i.test(url.trim())) resolved = new URL(url, pageUrl()).href;
  } catch {
    // The first request fails with a sentence about the address.
  }
  return resolved.replace(/\/+$/, "");
}
