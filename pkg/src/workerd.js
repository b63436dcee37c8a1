// The entry point for workers that may not compile WebAssembly: the module is imported.

import module from "./room-events.wasm";

import { entry } from "./client.js";
import { load, openLocal } from "./engine.js";

export { RoomEventsError } from "./error.js";
export const { connect, init } = /* @__PURE__ */ entry({ module, local: openLocal, load });
