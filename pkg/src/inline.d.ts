/**
 * The client with its WebAssembly module embedded in the JavaScript.
 *
 * @module room-events/inline
 */

export * from "./index.js";
