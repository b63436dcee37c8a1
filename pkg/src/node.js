// The entry for Node.js, which cannot fetch files.

import { readFile } from "node:fs/promises";

import { entry } from "./client.js";

export { RoomEventsError } from "./error.js";
export const { connect, init } = /* @__PURE__ */ entry(() => readFile(new URL("./room-events.wasm", import.meta.url)));
