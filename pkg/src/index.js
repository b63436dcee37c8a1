// The entry point for browsers. The module and the worker are files next to it.

import { entry } from "./client.js";

export { RoomEventsError } from "./error.js";

/**
 * In development, Vite up to 7 and Angular move this file, but not the files next to it. Those stay in the package, or,
 * for Angular, at the path of its assets.
 */
const find = ({ href }) =>
  href.replace(/\/node_modules\/\.[^?]*\/deps\//, "/node_modules/room-events/dist/").replace(/\/@fs\/.*\/\.angular\/.*\/deps\//, "/");

const load = async (module) => (await import("./engine.js")).load(module);

export const { connect, init } = /* @__PURE__ */ entry({
  module: find(new URL("./room-events.wasm", import.meta.url)),
  // The worker's script is an asset, like the module. Bundlers would rebuild it in a `new Worker()`, and some require
  // its name.
  worker: {
    shared: (name) => new globalThis.SharedWorker(find(new URL("./worker.js", import.meta.url)), { name }),
    worker: (name) => new globalThis.Worker(find(new URL("./worker.js", import.meta.url)), { name }),
  },
  local: async () => (await import("./engine.js")).openLocal(),
  load,
});
