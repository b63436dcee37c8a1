// Prepares the options of `connect()` for an engine.

import { DEFAULTS, LOGIN_FAILED, NUMBERS } from "./generated/tables.js";
import { Endpoint } from "./endpoint.js";

const PATHS = Object.keys(NUMBERS);

/**
 * @param {import("./options.js").Spec} spec
 * @param {(what: string) => Promise<any>} ask asks a page to call a function of its options
 * @param {object} local replacements of globals, given by a page in the same thread
 * @param {() => void} startOver replaces this engine by a new one
 */
export const readSpec = (spec, ask, local, startOver) => ({
  endpoint: new Endpoint(spec, ask, local),
  /** Asks the application to log in again; resolves to the outcome (`LOGIN_…`). */
  login: spec.logsIn ? () => ask("login").catch(() => LOGIN_FAILED) : undefined,
  startOver,
  /** The bounds of the buffer of a socket that has no listener yet. */
  maxFrames: spec.numbers["queue.maxFrames"] ?? DEFAULTS["queue.maxFrames"],
  maxBytes: spec.numbers["queue.maxBytes"] ?? DEFAULTS["queue.maxBytes"],
  /** Returns the numeric option at that position of `NUMBERS`; NaN if not given. */
  number: (index) => spec.numbers[PATHS[index]] ?? NaN,
  /** Returns a boolean option (`FLAG_…`); undefined if not given. */
  flag: (index) => spec.flags[index] ?? undefined,
});
