/**
 * The client with its WebAssembly module inside of the JavaScript.
 *
 * @module room-events/inline
 */

export * from "./index.js";
