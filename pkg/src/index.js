// The entry for browsers: the module lies beside it.

import { entry } from "./client.js";

export { RoomEventsError } from "./error.js";
export const { connect, init } = /* @__PURE__ */ entry(() => new URL("./room-events.wasm", import.meta.url));
