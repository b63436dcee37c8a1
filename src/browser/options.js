// The options of `connect()`, checked. Here and not in Rust, so that the socket can be opened while the module is still
// being compiled.

import { makeError } from "./error.js";
import { pageUrl } from "./glue.js";
import { checkNames } from "./names.js";

/** The path of the Events API (specification, "Endpoints"). */
const PATH = "/api/v1/events";

/** What a browser's timer can wait, and the largest count. */
const LIMIT = 2 ** 31 - 1;

/** The options that are numbers; of whole ones, the least. Absent, they are what Rust has as their defaults. */
const NUMBERS = {
  "reconnect.maxMs": null,
  "reconnect.initialMs": null,
  "reconnect.timeoutMs": null,
  "reconnect.stableAfterMs": null,
  "reconnect.attempts": 1,
  "rest.timeoutMs": null,
  "watchdog.silenceMs": null,
  "watchdog.compareAfterMs": null,
  "queue.maxFrames": 1,
  "queue.maxBytes": 1,
  "queue.turnMs": null,
  "catchUp.window": 1,
  "catchUp.maxMessages": 1,
  "catchUp.rooms": 0,
};

/** All options, by their paths. */
const PATHS = [...Object.keys(NUMBERS), "url", "rest.url", "catchUp.history", "onUnauthorized", "signal", "debug", "delivery"];

/** The defaults that are needed before the module is there: those of `BackoffConfig` and `DeliveryQueueConfig`. */
const DEFAULTS = { "reconnect.maxMs": 30000, "queue.maxFrames": 10000, "queue.maxBytes": 16777216 };

/** The WebSocket schemes that go with schemes. */
const SCHEMES = { "http:": "ws:", "ws:": "ws:", "https:": "wss:", "wss:": "wss:" };

function refuse(option, expected, cause) {
  throw makeError("invalid-option", `the option \`${option}\` has to be ${expected}`, cause);
}

/** A string or a `URL`, as text. */
function text(value, option) {
  if (typeof value === "string") return value;
  return value instanceof URL ? value.href : refuse(option, "a string or a URL");
}

/** The page's own Events API. */
function standard(page) {
  const { protocol, host } = page === "" ? {} : new URL(page);
  if (!SCHEMES[protocol] || !host) {
    throw makeError("no-url", "this page has no origin to connect to: give the option `url`");
  }
  return new URL(`${SCHEMES[protocol]}//${host}${PATH}`);
}

/** The address: what was given, resolved against the page, or the page's own Events API. */
function resolve(given) {
  const page = pageUrl();
  if (given === undefined || given === null) return standard(page);
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

/** An object of options, without unknown ones; empty if there is none. */
function section(value, option) {
  if (value === undefined) return {};
  if (typeof value !== "object" || value === null) refuse(option || "options", "an object");
  checkNames(value, PATHS, option && `${option}.`);
  return value;
}

/** What is no number of milliseconds, or no count, within the limits. */
const isOff = (value, least) =>
  !(value >= (least ?? 1) && value <= LIMIT) || typeof value !== "number" || (least !== null && value % 1 !== 0);

/** The options that are numbers, by their paths. */
function readNumbers(sections) {
  const numbers = {};
  for (const [path, least] of Object.entries(NUMBERS)) {
    const [name, inner] = path.split(".");
    const value = sections[name][inner];
    if (value === undefined) continue;
    if (isOff(value, least)) {
      refuse(path, `a ${least === null ? "number of milliseconds" : "whole number"} from ${least ?? 1} to ${LIMIT}`, value);
    }
    numbers[path] = value;
  }
  return numbers;
}

/**
 * What `connect()` was asked for.
 *
 * @typedef {object} Options
 * @property {string} url where to connect: absolute, `ws:` or `wss:`
 * @property {string} restUrl the base of the REST API
 * @property {(() => unknown) | undefined} onUnauthorized how the application logs in again
 * @property {AbortSignal | undefined} signal ends it all
 * @property {boolean | undefined} debug whether to print what the client does
 * @property {number} maxFrames how many frames may wait
 * @property {number} maxBytes how much they may weigh
 * @property {(path: string) => number | undefined} number the option of that path that is a number, where it was given
 * @property {(path: string) => boolean | undefined} flag the one that is true or false
 */

/**
 * Reads what `connect()` was called with; `undefined` means all defaults.
 *
 * @param {unknown} given
 * @returns {Options}
 * @throws {Error} `invalid-option`, `invalid-url`, `no-url`
 */
export function readOptions(given) {
  const root = section(given, "");
  const { onUnauthorized, signal, catchUp } = root;
  const sections = {};
  for (const name of ["reconnect", "rest", "watchdog", "queue", "catchUp"]) {
    sections[name] = name === "catchUp" && typeof catchUp === "boolean" ? {} : section(root[name], name);
  }
  const { rest } = sections;
  const url = resolve(root.url);
  const restUrl = rest.url === undefined ? restBase(url) : text(rest.url, "rest.url").replace(/\/+$/, "");
  if (onUnauthorized !== undefined && typeof onUnauthorized !== "function") {
    refuse("onUnauthorized", "a function", onUnauthorized);
  }
  if (signal !== undefined && typeof signal?.addEventListener !== "function") refuse("signal", "an AbortSignal", signal);
  const numbers = readNumbers(sections);
  const ceiling = numbers["reconnect.maxMs"] ?? DEFAULTS["reconnect.maxMs"];
  if (numbers["reconnect.initialMs"] > ceiling) refuse("reconnect.initialMs", "at most `reconnect.maxMs`");
  const { delivery = "turn" } = root;
  if (delivery !== "turn" && delivery !== "frame") refuse("delivery", "`turn` or `frame`", delivery);
  const flags = typeof catchUp === "boolean" ? { catchUp } : { "catchUp.history": sections.catchUp.history };
  flags["delivery.frame"] = delivery === "frame";
  const history = flags["catchUp.history"];
  if (history !== undefined && typeof history !== "boolean") refuse("catchUp.history", "true or false", history);
  return {
    url: url.href,
    restUrl,
    onUnauthorized,
    signal,
    debug: root.debug,
    maxFrames: numbers["queue.maxFrames"] ?? DEFAULTS["queue.maxFrames"],
    maxBytes: numbers["queue.maxBytes"] ?? DEFAULTS["queue.maxBytes"],
    number: (path) => numbers[path],
    flag: (path) => flags[path],
  };
}
