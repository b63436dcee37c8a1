/**
 * The client.
 *
 * @module room-events
 */

import type { ConnectOptions, EventsClient } from "./types.js";

export type * from "./types.js";
export { RoomEventsError } from "./types.js";

/**
 * Connects to the Events API.
 *
 * The socket is opened at once, while the WebAssembly module is still being loaded. The promise resolves as soon as the
 * client exists. No event is delivered before the code behind `await` had its turn, so callbacks that are registered
 * there miss nothing. That the server cannot be reached is no rejection but a state: the client goes on trying.
 *
 * If the WebAssembly module fails later, for example because there is no memory left, every client of the page ends in
 * the state `closed`, with a `cause` that says so. Its methods do not throw then.
 *
 * @throws RoomEventsError `invalid-option`, `invalid-url`, `no-url`, `no-web-socket`, `load-failed`
 */
export declare function connect(options?: ConnectOptions): Promise<EventsClient>;

/**
 * Where the WebAssembly module comes from: an address, an answer of `fetch()`, its bytes, or the module compiled (in projects
 * whose compiler knows `WebAssembly`).
 */
export type ModuleSource =
  | string
  | URL
  | Request
  | Response
  | ArrayBuffer
  | ArrayBufferView
  | (typeof globalThis extends { WebAssembly: { Module: { prototype: infer Module } } } ? Module & object : never);

/**
 * Loads the WebAssembly module now, or from elsewhere. There is no need to call it: `connect()` does, and finds the module
 * beside the package's JavaScript.
 *
 * It is loaded once. A failure is not kept: the next `init()` or `connect()` tries again, from the last source that was
 * given.
 *
 * @param source where the module is, if not in its usual place: `room-events/room-events.wasm`
 * @throws RoomEventsError `load-failed`
 */
export declare function init(source?: ModuleSource | PromiseLike<ModuleSource>): Promise<void>;
