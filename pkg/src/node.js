// The entry point for Node.js, whose `fetch()` cannot read files.

import { readFile } from "node:fs/promises";

import { entry } from "./client.js";
import { load, openLocal } from "./engine.js";

export { RoomEventsError } from "./error.js";

const module = () => readFile(new URL("./room-events.wasm", import.meta.url));

export const { connect, init } = /* @__PURE__ */ entry({ module, local: openLocal, load });
