// The entry for browsers: the module and the worker lie next to it.

import { entry } from "./client.js";

export { RoomEventsError } from "./error.js";

const load = async (module) => (await import("./engine.js")).load(module);

export const { connect, init } = /* @__PURE__ */ entry({
  module: new URL("./room-events.wasm", import.meta.url).href,
  worker: {
    shared: (name) => new SharedWorker(new URL("./worker.js", import.meta.url), { name }),
    worker: (name) => new Worker(new URL("./worker.js", import.meta.url), { name }),
  },
  local: async () => (await import("./engine.js")).openLocal(),
  load,
});
