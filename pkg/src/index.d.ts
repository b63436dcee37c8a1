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
 * The engine opens the socket while the WebAssembly module is still being loaded. The promise resolves as soon as the engine
 * serves this client. No event is delivered before the code that follows `await` had its turn: listeners that are added
 * there miss nothing. If the server is unreachable, `connect()` still resolves; watch `statechange`.
 *
 * If the WebAssembly module fails later, for example because there is no memory left, every client of that engine ends in
 * the status `closed`, with a `cause` that says so. Its methods do not throw then.
 *
 * @throws RoomEventsError `invalid-option`, `invalid-url`, `no-url`, `no-web-socket`, `load-failed`, `engine-failed`
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
 * Says where the WebAssembly module comes from. There is no need to call it: `connect()` finds the module next to the
 * package's JavaScript.
 *
 * From an address, an engine in a worker loads the module itself. Anything else is loaded now, once, for engines in the page.
 * A failure is not kept: the next `init()` or `connect()` tries again, from the last source that was given.
 *
 * @param source where the module is, if not in its usual place: `room-events/room-events.wasm`
 * @throws RoomEventsError `load-failed`
 */
export declare function init(source?: ModuleSource | PromiseLike<ModuleSource>): Promise<void>;
