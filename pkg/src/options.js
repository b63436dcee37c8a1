// Checks the options of `connect()` in the page, and converts them for the engine.

import { DEFAULTS, FLAG_CATCH_UP, FLAG_FRAME, FLAG_HISTORY, MAX_NUMBER, NUMBERS } from "./generated/tables.js";
import { restAddress, socketAddress, standardAddress } from "./address.js";
import { makeError } from "./error.js";
import { checkNames } from "./names.js";

/** The paths of all options. Numbers come first, in the order of the Rust enum. */
const PATHS = [
  ...Object.keys(NUMBERS),
  ...["url", "WebSocket", "rest.url", "rest.headers", "rest.credentials", "rest.fetch"],
  ...["catchUp.history", "onUnauthorized", "signal", "debug", "delivery", "engine", "user"],
];

/** The allowed values of `rest.credentials`, as for `fetch()`. */
const CREDENTIALS = ["include", "same-origin", "omit"];

function refuse(option, expected, cause) {
  throw makeError("invalid-option", `the option \`${option}\` has to be ${expected}`, cause);
}

/** Rejects an invalid value. */
function check(value, option, isRight, expected) {
  if (value !== undefined && !isRight(value)) refuse(option, expected, value);
}

/** The allowed values of `engine`. */
const ENGINES = ["auto", "shared", "worker", "page"];

const isFunction = (value) => typeof value === "function";

/** Whether a value is valid as request headers. */
function isHeaders(value) {
  try {
    return typeof value === "object" && Boolean(new Headers(value));
  } catch {
    return false;
  }
}

/** Returns an object of options after rejecting unknown ones; empty if not given. */
function section(value, option) {
  if (value === undefined) return {};
  if (typeof value !== "object" || value === null) refuse(option || "options", "an object");
  checkNames(value, PATHS, option && `${option}.`);
  return value;
}

/** Whether a value is not a number of milliseconds, or not a count, within the limits. */
const isOff = (value, least) =>
  !(value >= (least ?? 1) && value <= MAX_NUMBER) || typeof value !== "number" || (least !== null && value % 1 !== 0);

/** Reads the numeric options, by their paths. */
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
 * The options as sent to an engine. They are plain values only, so that they also identify the engine.
 *
 * @typedef {object} Spec
 * @property {string | null} url the address of the events; null if a page provides it
 * @property {{ url?: string, headers?: [string, string][] | null, credentials?: string }} rest `headers` is null if a
 *   page provides them
 * @property {Record<string, number>} numbers the numeric options, by their paths
 * @property {(boolean | null)[]} flags the boolean options (`FLAG_…`)
 * @property {boolean} logsIn whether pages can log in again
 */

/**
 * The checked options of `connect()`.
 *
 * @typedef {object} Settings
 * @property {Spec} spec
 * @property {string} url the address of the events; empty until a function has provided it
 * @property {{ url?: () => unknown, headers?: () => unknown, login?: () => unknown }} functions called for the engine
 * @property {{ WebSocket?: new (url: string) => WebSocket, fetch?: typeof fetch }} local only usable by an engine in
 *   the page
 * @property {"auto" | "shared" | "worker" | "page"} engine the requested place of the engine
 * @property {string | number | undefined} user the logged-in user
 * @property {AbortSignal | undefined} signal closes the client
 * @property {boolean | undefined} debug whether to log to the console
 * @property {number} turnMs how long callbacks may run before yielding to the event loop
 */

/**
 * Checks the options of `connect()`; `undefined` means all defaults.
 *
 * @param {unknown} given
 * @returns {Settings}
 * @throws {Error} `invalid-option`, `invalid-url`, `no-url`, `no-web-socket`
 */
export function readOptions(given) {
  const root = section(given, "");
  const { url, onUnauthorized, signal, catchUp, delivery, engine = "auto", user, WebSocket: Socket } = root;
  check(Socket, "WebSocket", isFunction, "a constructor");
  if (!isFunction(Socket ?? globalThis.WebSocket)) {
    const advice = "use a browser or Node.js 22 and newer, or pass the option `WebSocket`";
    throw makeError("no-web-socket", `there is no WebSocket here: ${advice}`);
  }
  const sections = {};
  for (const name of ["reconnect", "rest", "watchdog", "queue", "store", "catchUp"]) {
    sections[name] = name === "catchUp" && typeof catchUp === "boolean" ? {} : section(root[name], name);
  }
  const { headers, credentials, fetch } = sections.rest;
  check(headers, "rest.headers", (value) => isFunction(value) || isHeaders(value), "headers or a function");
  check(credentials, "rest.credentials", (value) => CREDENTIALS.includes(value), CREDENTIALS.join(", "));
  check(fetch, "rest.fetch", isFunction, "a function");
  check(onUnauthorized, "onUnauthorized", isFunction, "a function");
  check(signal, "signal", (value) => isFunction(value?.addEventListener), "an AbortSignal");
  check(engine, "engine", (value) => ENGINES.includes(value), ENGINES.join(", "));
  check(user, "user", (value) => ["string", "number"].includes(typeof value), "a string or a number");
  const restUrl = restAddress(sections.rest.url);
  const address = isFunction(url) ? null : url == null ? standardAddress() : socketAddress(url);
  const numbers = readNumbers(sections);
  const ceiling = numbers["reconnect.maxMs"] ?? DEFAULTS["reconnect.maxMs"];
  if (numbers["reconnect.initialMs"] > ceiling) refuse("reconnect.initialMs", "at most `reconnect.maxMs`");
  check(delivery, "delivery", (value) => ["turn", "frame"].includes(value), "`turn` or `frame`");
  const { history } = sections.catchUp;
  check(history, "catchUp.history", (value) => typeof value === "boolean", "true or false");
  const isLocal = Socket !== undefined || fetch !== undefined;
  if (isLocal && !["auto", "page"].includes(engine)) refuse("engine", "`page` if `WebSocket` or `rest.fetch` is given");
  const flags = [];
  flags[FLAG_CATCH_UP] = typeof catchUp === "boolean" ? catchUp : null;
  flags[FLAG_HISTORY] = history ?? null;
  flags[FLAG_FRAME] = delivery === "frame";
  const own = isFunction(headers) ? null : headers && [...new Headers(headers)];
  return {
    spec: {
      url: address,
      rest: { url: restUrl, headers: own, credentials },
      numbers,
      flags,
      logsIn: onUnauthorized !== undefined,
    },
    url: address ?? "",
    functions: {
      url: address === null ? url : undefined,
      headers: own === null ? headers : undefined,
      login: onUnauthorized,
    },
    local: { WebSocket: Socket, fetch },
    engine: isLocal ? "page" : engine,
    user,
    signal,
    debug: root.debug,
    turnMs: numbers["queue.turnMs"] ?? DEFAULTS["queue.turnMs"],
  };
}
