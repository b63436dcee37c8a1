// The entry without a second file: the module is part of it, as text.

import { entry } from "./client.js";
import text from "./room-events.wasm";

export { RoomEventsError } from "./error.js";
export const { connect, init } = /* @__PURE__ */ entry(() => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)));
