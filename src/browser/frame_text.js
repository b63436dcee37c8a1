// The way of a frame's text into WebAssembly.

/** @type {TextEncoder} */
let encoder;
/** @type {WebAssembly.Memory} */
let memory;

/** A part of the memory that most texts fit into. */
let scratch = new Uint8Array(0);
let head = scratch;
let scratchAt = 0;
let scratchBytes = 0;

/**
 * Says where the module's memory is, and the scratch buffer in it.
 *
 * @param {WebAssembly.Memory} ours
 * @param {number} at
 * @param {number} capacity in bytes
 */
export function attach(ours, at, capacity) {
  encoder ??= new TextEncoder();
  memory = ours;
  scratchAt = at;
  scratchBytes = capacity;
}

/** The number of characters up to which a loop is faster than a call of the encoder. */
const SHORT = 128;

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
 * Copies a text into the scratch buffer, in UTF-8.
 *
 * @param {string} text
 * @returns {number} how many bytes it took, or -1 where it did not fit
 */
export function encodeInScratch(text) {
  const { length } = text;
  if (length > scratchBytes) return -1;
  // A memory that has grown leaves its old views behind, empty.
  if (scratch.length === 0) scratch = new Uint8Array(memory.buffer, scratchAt, scratchBytes);
  if (length <= SHORT && copyShort(text, scratch, length)) return length;
  const { read, written } = encoder.encodeInto(text, scratch);
  return read === length ? written : -1;
}

/**
 * Copies the first characters of a text into the scratch buffer, in UTF-8: enough to tell one event type from another.
 *
 * @param {string} text
 * @returns {number} how many bytes there are
 */
export function encodeHead(text) {
  if (head.length === 0) head = new Uint8Array(memory.buffer, scratchAt, 64);
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
