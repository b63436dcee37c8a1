// The names of options: misspelt ones are refused.

import { makeError } from "./error.js";

/** Whether one word becomes the other by at most so many letters put in, left out or replaced. */
function isNear(one, other, most) {
  if (one === other) return true;
  if (most === 0) return false;
  const [oneRest, otherRest] = [one.slice(1), other.slice(1)];
  if (one[0] === other[0]) return isNear(oneRest, otherRest, most);
  return [[oneRest, other], [one, otherRest], [oneRest, otherRest]].some((pair) => isNear(...pair, most - 1));
}

/** The known path whose last word is most like that name; those that come first are preferred. */
function nearest(name, paths) {
  const last = (path) => path.split(".").at(-1).toLowerCase();
  for (let most = 0; most <= Math.min(2, name.length / 3); most++) {
    const found = paths.find((path) => isNear(name.toLowerCase(), last(path), most));
    if (found) return found;
  }
}

/**
 * Refuses options that are not known.
 *
 * @param {object} given
 * @param {string[]} known the paths of all options: `catchUp.window` is one in an object of its own
 * @param {string} [section] the beginning of the paths of those that are given, with its dot
 * @throws {Error} `invalid-option`
 */
export function checkNames(given, known, section = "") {
  for (const name of Object.keys(given)) {
    const path = section + name;
    if (!name.includes(".") && known.some((other) => `${other}.`.startsWith(`${path}.`))) continue;
    const all = [...known, ...known.map((other) => other.split(".")[0])];
    const right = nearest(name, [...all.filter((other) => other.startsWith(section)), ...all]);
    throw makeError("invalid-option", `there is no option \`${path}\`${right ? `: did you mean \`${right}\`?` : ""}`);
  }
}
