// The two ways of a frame between JavaScript and WebAssembly: its text in, the objects out.

import { builders, types } from "./build.js";
import { others } from "./read.js";

const encoder = new TextEncoder();
/** @type {WebAssembly.Memory} */
let memory;
/** The memory as doubles and as integers of 32 bits, made anew when it has grown. */
let doubles = new Float64Array(0);
let integers = new Int32Array(0);

/**
 * Says where the module's memory is.
 *
 * @param {WebAssembly.Memory} ours
 */
export function attach(ours) {
  memory = ours;
}

/**
 * Copies a text into the memory, in UTF-8.
 *
 * @param {string} text
 * @param {number} at where
 * @param {number} capacity how many bytes fit
 * @returns {number} how many bytes it took, or -1 where it did not fit
 */
export function encode(text, at, capacity) {
  const { read, written } = encoder.encodeInto(text, new Uint8Array(memory.buffer, at, capacity));
  return read === text.length ? written : -1;
}

/**
 * Builds an event from the frame's text and from the tape that was made of it. Fields that the server left out get
 * their neutral value.
 *
 * @param {number} kind the number of the event type
 * @param {string} frame the frame's text
 * @param {boolean} recovered whether it was caught up with after a gap
 * @param {number} tape where the tape begins, in slots of 8 bytes
 * @returns {{type: string, data: object, recovered: boolean}}
 */
export function buildEvent(kind, frame, recovered, tape) {
  if (doubles.buffer !== memory.buffer) {
    doubles = new Float64Array(memory.buffer);
    integers = new Int32Array(memory.buffer);
  }
  const data = builders[kind](frame, doubles, integers, tape, tape + integers[(tape + 1) * 2]);
  const event = { type: types[kind], data, recovered };
  const first = integers[tape * 2];
  if (first >= 0) others(frame, integers, tape, first, event);
  return event;
}

/**
 * @param {{data: object}} event
 * @returns {object}
 */
export const dataOf = (event) => event.data;

/**
 * Builds what the topic `unknown` delivers.
 *
 * @param {string} type
 * @param {string} frame
 * @returns {{type: string, data: unknown, frame: string}}
 */
export function buildUnknown(type, frame) {
  return { type, data: JSON.parse(frame).data, frame };
}
