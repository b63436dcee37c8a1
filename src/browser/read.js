// Reads single values from a tape (src/protocol/decode/tape.rs) and the frame's string.
//
// s: the frame. F, I: the memory as doubles and as 32-bit integers. o: the position of the tape, in slots of 64 bits.
// i: the position of an object, in slots; j: the same in half slots.

import { TAPE_LONG } from "../../pkg/src/generated/tables.js";

/** A string: a slice of the frame, parsed if it contains escapes. */
export const text = (s, I, j) => {
  const start = I[j];
  return start >= 0 ? s.slice(start, I[j + 1]) : JSON.parse(s.slice(~start - 1, I[j + 1] + 1));
};

/** A value of an enumeration. Known values are always the same string object. */
export const name = (s, I, j, known) => (I[j + 1] < 0 ? known[I[j]] : text(s, I, j));

/** A number; 0 if absent. */
export const number = (s, F, I, o, i) => {
  const value = F[i];
  return value === value ? value : longNumber(s, I, o, i * 2);
};

/** A number with more digits than Rust reads exactly, whose text is on the tape; 0 if absent. */
function longNumber(s, I, o, j) {
  if (I[j + 1] !== TAPE_LONG) return 0;
  const at = (o + I[j] + 1) * 2;
  return +s.slice(I[at], I[at + 1]);
}

/** An array of ids. */
export const ids = (F, I, o, at) => {
  const items = [];
  const first = o + at + 1;
  for (let i = first, end = first + I[(o + at) * 2]; i < end; i++) items.push(F[i]);
  return items;
};

/** The last seen names of an object's first unknown member, its second and so on. */
const names = ["", "", "", ""];

/** The name of an unknown member. Servers repeat these names, so the same string object is returned each time. */
function memberName(s, I, j, number) {
  const start = I[j];
  const length = I[j + 1] - start;
  const known = names[number];
  if (start >= 0 && known !== undefined && known.length === length && s.startsWith(known, start)) return known;
  const key = text(s, I, j);
  // A slice would keep the whole frame in memory; a property name is a separate string.
  if (number < names.length && key.length <= 64) [names[number]] = Object.keys({ [key]: 0 });
  return key;
}

/** Parses a JSON value. */
function anyValue(json) {
  const first = json.charCodeAt(0);
  if (first === 0x22) return json.includes("\\") ? JSON.parse(json) : json.slice(1, -1);
  // Only numbers begin with a digit, and JavaScript converts them the same way.
  return first >= 0x30 && first <= 0x39 ? +json : JSON.parse(json);
}

/** Adds the unknown members of an object. */
export function others(s, I, o, at, object) {
  for (let number = 0; at >= 0; number++) {
    const j = (o + at) * 2;
    const key = memberName(s, I, j, number);
    const value = anyValue(s.slice(I[j + 2], I[j + 3]));
    if (key === "__proto__") {
      Object.defineProperty(object, key, { value, configurable: true, enumerable: true, writable: true });
    } else {
      object[key] = value;
    }
    at = I[j + 4];
  }
}
