// esbuild knows nothing of `new URL(…, import.meta.url)`: the module is imported as a file, and named.
import { connect, init } from "room-events";
import module from "room-events/room-events.wasm";

import { show } from "./show.js";

show(async (options) => {
  await init(module);
  return connect(options);
});
