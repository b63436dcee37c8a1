// Rejects unknown options and suggests the intended ones.

import { makeError } from "./error.js";

/** Whether two words differ by at most `most` inserted, deleted or replaced letters. */
function isNear(one, other, most) {
  if (one === other) return true;
  if (most === 0) return false;
  const [oneRest, otherRest] = [one.slice(1), other.slice(1)];
  if (one[0] === other[0]) return isNear(oneRest, otherRest, most);
  return [[oneRest, other], [one, otherRest], [oneRest, otherRest]].some((pair) => isNear(...pair, most - 1));
}

/** Returns the known path whose last segment is most similar to a name. Prefers earlier paths. */
function nearest(name, paths) {
  const last = (path) => path.split(".").at(-1).toLowerCase();
  for (let most = 0; most <= Math.min(2, name.length / 3); most++) {
    const found = paths.find((path) => isNear(name.toLowerCase(), last(path), most));
    if (found) return found;
  }
}

/**
 * Rejects unknown options.
 *
 * @param {object} given
 * @param {string[]} known the paths of all options: `catchUp.window` is in a nested object
 * @param {string} [section] the prefix of the given options' paths, with its dot
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
