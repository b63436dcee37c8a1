// The options of `connect()` as an engine uses them.

import { DEFAULTS, LOGIN_FAILED, NUMBERS } from "./generated/tables.js";
import { Endpoint } from "./endpoint.js";

const PATHS = Object.keys(NUMBERS);

/**
 * @param {import("./options.js").Spec} spec
 * @param {(what: string) => Promise<any>} ask asks a page for what it has a function for
 * @param {object} local what a page in the same thread has given in place of globals
 * @param {() => void} startOver has another engine take the place of this one
 */
export const readSpec = (spec, ask, local, startOver) => ({
  endpoint: new Endpoint(spec, ask, local),
  /** How the application logs in again: resolves to what became of it (`LOGIN_…`). */
  login: spec.logsIn ? () => ask("login").catch(() => LOGIN_FAILED) : undefined,
  startOver,
  /** How many frames may wait, and how much they may weigh, before there is anybody to take them. */
  maxFrames: spec.numbers["queue.maxFrames"] ?? DEFAULTS["queue.maxFrames"],
  maxBytes: spec.numbers["queue.maxBytes"] ?? DEFAULTS["queue.maxBytes"],
  /** The option at that place of `NUMBERS`; NaN if it was not given. */
  number: (index) => spec.numbers[PATHS[index]] ?? NaN,
  /** The option that is true or false (`FLAG_…`), if it was given. */
  flag: (index) => spec.flags[index] ?? undefined,
});
