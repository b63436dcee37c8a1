// The entry point without further files: it contains the module as text, and the engine runs in the page.

import { entry } from "./client.js";
import { load, openLocal } from "./engine.js";
import text from "./room-events.wasm";

export { RoomEventsError } from "./error.js";

const module = () => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

export const { connect, init } = /* @__PURE__ */ entry({ module, local: openLocal, load });
