// The two ways of a frame between JavaScript and WebAssembly: its text in, the objects out.

import { builders } from "../../pkg/src/generated/builder.js";
import { COPIER } from "../../pkg/src/generated/copier.js";
import { EVENT_TYPES } from "../../pkg/src/generated/tables.js";
import { report } from "./glue.js";
import { others } from "./read.js";
import { inRooms } from "../../pkg/src/topics.js";

/** @type {TextEncoder} */
let encoder;
/** @type {WebAssembly.Memory} */
let memory;
/** The memory as doubles and as integers of 32 bits, made anew when it has grown. */
let doubles = new Float64Array(0);
let integers = new Int32Array(0);

/** A part of the memory that most texts fit into. */
let desk = new Uint8Array(0);
let head = desk;
let deskAt = 0;
let deskBytes = 0;
/** Copies a text onto the desk, where the browser has what it takes. */
let copyText;

/**
 * Makes a function that copies a text to an address of the memory, as UTF-8. It returns the number of bytes, or -1 if they
 * might not fit before the given end. It is faster than the browser's encoder, and undefined in browsers without JS String
 * Builtins.
 *
 * @param {WebAssembly.Memory} memory
 * @param {number} most how long the texts are at most, in UTF-16 code units
 * @returns {((text: string, at: number, end: number) => number) | undefined}
 */
function copier(memory, most) {
  try {
    const bytes = Uint8Array.from(atob(COPIER), (byte) => byte.charCodeAt(0));
    const module = new WebAssembly.Module(bytes, { builtins: ["js-string"] });
    return new WebAssembly.Instance(module, { e: { m: memory, n: most } }).exports.c;
  } catch {
    // A browser that knows no builtins takes them for missing imports, or for no WebAssembly at all.
  }
}

/**
 * Says where the module's memory is, and the desk in it.
 *
 * @param {WebAssembly.Memory} ours
 * @param {number} at
 * @param {number} capacity in bytes
 */
export function attach(ours, at, capacity) {
  encoder ??= new TextEncoder();
  memory = ours;
  deskAt = at;
  deskBytes = capacity;
  copyText ??= copier(ours, capacity);
}

/** Up to so many characters a loop is quicker than a call of the encoder. */
const SHORT = 160;

/**
 * Copies a short text character by character, if it is ASCII alone.
 *
 * @param {string} text
 * @param {Uint8Array} bytes
 * @param {number} length how many of its characters
 * @returns {boolean} whether it was
 */
function copyShort(text, bytes, length) {
  for (let index = 0; index < length; index++) {
    const unit = text.charCodeAt(index);
    if (unit > 127) return false;
    bytes[index] = unit;
  }
  return true;
}

/**
 * Copies a text onto the desk, in UTF-8.
 *
 * @param {string} text
 * @returns {number} how many bytes it took, or -1 where it did not fit
 */
export function encodeOnDesk(text) {
  const { length } = text;
  if (length > deskBytes) return -1;
  if (copyText !== undefined) return copyText(text, deskAt, deskAt + deskBytes);
  // A memory that has grown leaves its old views behind, empty.
  if (desk.length === 0) desk = new Uint8Array(memory.buffer, deskAt, deskBytes);
  if (length <= SHORT && copyShort(text, desk, length)) return length;
  const { read, written } = encoder.encodeInto(text, desk);
  return read === length ? written : -1;
}

/**
 * Copies the first characters of a text onto the desk, in UTF-8: enough to tell one event type from another.
 *
 * @param {string} text
 * @returns {number} how many bytes there are
 */
export function encodeHead(text) {
  if (head.length === 0) head = new Uint8Array(memory.buffer, deskAt, 64);
  const length = Math.min(text.length, head.length);
  return copyShort(text, head, length) ? length : encoder.encodeInto(text, head).written;
}

/**
 * Copies as much of a text as fits into the memory, in UTF-8.
 *
 * @param {string} text
 * @param {number} at where
 * @param {number} capacity how many bytes fit
 * @returns {number} how many bytes it took, all bits turned where more is left
 */
export function encode(text, at, capacity) {
  const { read, written } = encoder.encodeInto(text, new Uint8Array(memory.buffer, at, capacity));
  return read === text.length ? written : ~written;
}

/**
 * Builds an event from the frame's text and from the tape that was made of it. Fields that the server left out get
 * their neutral value.
 *
 * @param {number} kind the number of the event type
 * @param {string} frame the frame's text
 * @param {boolean} recovered whether it was caught up with after a gap
 * @param {number} tape where the tape begins, in slots of 8 bytes
 * @returns {{type: string, data: object, recovered: boolean} | undefined} nothing where there is no memory for it, or
 *   where it was checked wrongly: the page is told
 */
export function buildEvent(kind, frame, recovered, tape) {
  // Here, and not where it is called from: the bindings catch what is thrown at the price of a crossing.
  try {
    if (doubles.length === 0) {
      doubles = new Float64Array(memory.buffer);
      integers = new Int32Array(memory.buffer);
    }
    const data = builders[kind](frame, doubles, integers, tape, tape + integers[(tape + 1) * 2]);
    const event = { type: EVENT_TYPES[kind], data, recovered };
    const first = integers[tape * 2];
    if (first >= 0) others(frame, integers, tape, first, event);
    return event;
  } catch (error) {
    report(error);
  }
}

/**
 * Calls a callback with an event. What it throws is reported to the page.
 *
 * @param {(data: object, event: object) => unknown} callback
 * @param {{data: object} | undefined} event
 */
export function callWithEvent(callback, event) {
  try {
    if (event) callback(event.data, event);
  } catch (error) {
    report(error);
  }
}

/**
 * Calls a callback with what is no event. What it throws is reported to the page.
 *
 * @param {(value: unknown) => unknown} callback
 * @param {unknown} value
 */
export function callWith(callback, value) {
  try {
    callback(value);
  } catch (error) {
    report(error);
  }
}

/**
 * An event with the messages of one room alone.
 *
 * @param {{data: object} | undefined} event
 * @param {number} roomId
 */
export const onlyRoom = (event, roomId) => event && inRooms(event, (other) => other === roomId);

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
