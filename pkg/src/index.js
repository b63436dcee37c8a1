// The entry for browsers: the module and the worker lie next to it.

import { entry } from "./client.js";

export { RoomEventsError } from "./error.js";

/**
 * Vite up to 7 and Angular move this file when they serve an application for development, and not what lies next to it: that is
 * in the package, and in Angular where its assets are.
 */
const find = ({ href }) =>
  href.replace(/\/node_modules\/\.[^?]*\/deps\//, "/node_modules/room-events/dist/").replace(/\/@fs\/.*\/\.angular\/.*\/deps\//, "/");

const load = async (module) => (await import("./engine.js")).load(module);

export const { connect, init } = /* @__PURE__ */ entry({
  module: find(new URL("./room-events.wasm", import.meta.url)),
  // The worker's script is an asset like the module. As `new Worker()` bundlers would build it again, and some want its name.
  worker: {
    shared: (name) => new globalThis.SharedWorker(find(new URL("./worker.js", import.meta.url)), { name }),
    worker: (name) => new globalThis.Worker(find(new URL("./worker.js", import.meta.url)), { name }),
  },
  local: async () => (await import("./engine.js")).openLocal(),
  load,
});
