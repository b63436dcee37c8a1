// The entry point without further files: it contains the module as text, and the engine runs in the page.

import { entry } from "./client.js";
import { load, openLocal } from "./engine.js";
import text from "./room-events.wasm";

export { RoomEventsError } from "./error.js";

/** The value of a hexadecimal digit, from its character code. */
const digit = (code) => (code & 15) + 9 * (code >> 6);

/** Hexadecimal digits keep bytes aligned: they are a fifth smaller than base64 once compressed. */
const module = () =>
  Uint8Array.from({ length: text.length / 2 }, (_, index) => (digit(text.charCodeAt(2 * index)) << 4) | digit(text.charCodeAt(2 * index + 1)));

export const { connect, init } = /* @__PURE__ */ entry({ module, local: openLocal, load });
