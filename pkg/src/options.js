// The options of `connect()`, checked. Here and not in Rust, so that the socket can be opened while the module is still
// being compiled.

import { DEFAULTS, FLAG_CATCH_UP, FLAG_FRAME, FLAG_HISTORY, MAX_NUMBER, NUMBERS } from "./generated/tables.js";
import { Endpoint } from "./endpoint.js";
import { makeError } from "./error.js";
import { checkNames } from "./names.js";

/** All options, by their paths: first those that are numbers, in the order in which Rust counts them. */
const PATHS = [
  ...Object.keys(NUMBERS),
  ...["url", "WebSocket", "rest.url", "rest.headers", "rest.credentials", "rest.fetch"],
  ...["catchUp.history", "onUnauthorized", "signal", "debug", "delivery"],
];

/** What `rest.credentials` may be: what `fetch()` takes. */
const CREDENTIALS = ["include", "same-origin", "omit"];

function refuse(option, expected, cause) {
  throw makeError("invalid-option", `the option \`${option}\` has to be ${expected}`, cause);
}

/** Refuses what is given and is not right. */
function check(value, option, isRight, expected) {
  if (value !== undefined && !isRight(value)) refuse(option, expected, value);
}

const isFunction = (value) => typeof value === "function";

/** Whether that can be the headers of a request. */
function isHeaders(value) {
  try {
    return typeof value === "object" && Boolean(new Headers(value));
  } catch {
    return false;
  }
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
  !(value >= (least ?? 1) && value <= MAX_NUMBER) || typeof value !== "number" || (least !== null && value % 1 !== 0);

/** The options that are numbers, by their paths. */
function readNumbers(sections) {
  const numbers = {};
  for (const [path, least] of Object.entries(NUMBERS)) {
    const [name, inner] = path.split(".");
    const value = sections[name][inner];
    if (value === undefined) continue;
    if (isOff(value, least)) {
      refuse(path, `a ${least === null ? "number of milliseconds" : "whole number"} from ${least ?? 1} to ${MAX_NUMBER}`, value);
    }
    numbers[path] = value;
  }
  return numbers;
}

/**
 * What `connect()` was asked for.
 *
 * @typedef {object} Options
 * @property {Endpoint} endpoint where to connect, and how
 * @property {(() => unknown) | undefined} onUnauthorized how the application logs in again
 * @property {AbortSignal | undefined} signal ends it all
 * @property {boolean | undefined} debug whether to print what the client does
 * @property {number} maxFrames how many frames may wait
 * @property {number} maxBytes how much they may weigh
 * @property {(index: number) => number | undefined} number the option at that place of `NUMBERS`, if it was given
 * @property {(index: number) => boolean | undefined} flag the option that is true or false (`FLAG_…`), if it was given
 */

/**
 * Reads what `connect()` was called with; `undefined` means all defaults.
 *
 * @param {unknown} given
 * @returns {Options}
 * @throws {Error} `invalid-option`, `invalid-url`, `no-url`, `no-web-socket`
 */
export function readOptions(given) {
  const root = section(given, "");
  const { onUnauthorized, signal, catchUp, delivery, WebSocket: Socket } = root;
  check(Socket, "WebSocket", isFunction, "a constructor");
  if (!isFunction(Socket ?? globalThis.WebSocket)) {
    const advice = "a browser has it, and Node.js from version 22 on; otherwise give the option `WebSocket`";
    throw makeError("no-web-socket", `there is no WebSocket here: ${advice}`);
  }
  const sections = {};
  for (const name of ["reconnect", "rest", "watchdog", "queue", "catchUp"]) {
    sections[name] = name === "catchUp" && typeof catchUp === "boolean" ? {} : section(root[name], name);
  }
  const { headers, credentials, fetch } = sections.rest;
  check(headers, "rest.headers", (value) => isFunction(value) || isHeaders(value), "headers or a function");
  check(credentials, "rest.credentials", (value) => CREDENTIALS.includes(value), CREDENTIALS.join(", "));
  check(fetch, "rest.fetch", isFunction, "a function");
  const endpoint = new Endpoint(root.url, sections.rest, Socket);
  check(onUnauthorized, "onUnauthorized", isFunction, "a function");
  check(signal, "signal", (value) => isFunction(value?.addEventListener), "an AbortSignal");
  const numbers = readNumbers(sections);
  const ceiling = numbers["reconnect.maxMs"] ?? DEFAULTS["reconnect.maxMs"];
  if (numbers["reconnect.initialMs"] > ceiling) refuse("reconnect.initialMs", "at most `reconnect.maxMs`");
  check(delivery, "delivery", (value) => ["turn", "frame"].includes(value), "`turn` or `frame`");
  const { history } = sections.catchUp;
  check(history, "catchUp.history", (value) => typeof value === "boolean", "true or false");
  const flags = [];
  flags[FLAG_CATCH_UP] = typeof catchUp === "boolean" ? catchUp : undefined;
  flags[FLAG_HISTORY] = history;
  flags[FLAG_FRAME] = delivery === "frame";
  return {
    endpoint,
    onUnauthorized,
    signal,
    debug: root.debug,
    maxFrames: numbers["queue.maxFrames"] ?? DEFAULTS["queue.maxFrames"],
    maxBytes: numbers["queue.maxBytes"] ?? DEFAULTS["queue.maxBytes"],
    number: (index) => numbers[PATHS[index]],
    flag: (index) => flags[index],
  };
}
