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
 * The engine opens the socket while the WebAssembly module is loading. The promise resolves as soon as the engine
 * serves this client. No event is delivered before the code after `await` has run, so listeners added there miss
 * nothing. If the server is unreachable, `connect()` still resolves; watch `statechange`.
 *
 * If the WebAssembly module fails later, for example because it runs out of memory, every client of that engine becomes
 * `closed`, with a `cause` that says so. Its methods do not throw then.
 *
 * @throws RoomEventsError `invalid-option`, `invalid-url`, `no-url`, `no-web-socket`, `load-failed`, `engine-failed`
 */
export declare function connect(options?: ConnectOptions): Promise<EventsClient>;

/**
 * The source of the WebAssembly module: an address, a `fetch()` response, its bytes, or a compiled module (if
 * TypeScript's libraries declare `WebAssembly`).
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
 * Sets the source of the WebAssembly module. Only needed if `connect()` does not find it next to the package's
 * JavaScript.
 *
 * If the source is an address, an engine in a worker loads the module itself. Any other source is loaded now, once, for
 * engines in the page. A failure is not permanent: the next `init()` or `connect()` tries again, from the latest
 * source.
 *
 * @param source where the module is, if not in its usual place: `room-events/room-events.wasm`
 * @throws RoomEventsError `load-failed`
 */
export declare function init(source?: ModuleSource | PromiseLike<ModuleSource>): Promise<void>;
