// Copies the text of frames into the WebAssembly memory.

/** @type {TextEncoder} */
let encoder;
/** @type {WebAssembly.Memory} */
let memory;

/** The scratch buffer: most texts fit into it. */
let scratch = new Uint8Array(0);
let head = scratch;
let scratchAt = 0;
let scratchBytes = 0;

/**
 * Sets the module's memory and the position of the scratch buffer in it.
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

/** The text length up to which a loop is faster than the encoder. */
const SHORT = 128;

/**
 * Copies a short text character by character, if it is ASCII.
 *
 * @param {string} text
 * @param {Uint8Array} bytes
 * @param {number} length the number of characters to copy
 * @returns {boolean} whether they are ASCII
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
 * Copies a text into the scratch buffer as UTF-8.
 *
 * @param {string} text
 * @returns {number} the number of bytes, or -1 if the text does not fit
 */
export function encodeInScratch(text) {
  const { length } = text;
  if (length > scratchBytes) return -1;
  // When a memory grows, its old views are detached and become empty.
  if (scratch.length === 0) scratch = new Uint8Array(memory.buffer, scratchAt, scratchBytes);
  if (length <= SHORT && copyShort(text, scratch, length)) return length;
  const { read, written } = encoder.encodeInto(text, scratch);
  return read === length ? written : -1;
}

/**
 * Copies the beginning of a text into the scratch buffer as UTF-8: enough to identify the event type.
 *
 * @param {string} text
 * @returns {number} the number of bytes
 */
export function encodeHead(text) {
  if (head.length === 0) head = new Uint8Array(memory.buffer, scratchAt, 64);
  const length = Math.min(text.length, head.length);
  return copyShort(text, head, length) ? length : encoder.encodeInto(text, head).written;
}

/**
 * Copies as much of a text as fits into the memory, as UTF-8.
 *
 * @param {string} text
 * @param {number} at the position
 * @param {number} capacity in bytes
 * @returns {number} the number of bytes, or its bitwise complement if the text was truncated
 */
export function encode(text, at, capacity) {
  const { read, written } = encoder.encodeInto(text, new Uint8Array(memory.buffer, at, capacity));
  return read === text.length ? written : ~written;
}
