// Loads the WebAssembly module from any source.

import { Engine, imports, named, use } from "module:joint";
import { guarded } from "./guard.js";

/** The media type that browsers compile while it downloads. */
const MEDIA_TYPE = "application/wasm";

/** Matches the browsers' different errors for a Content-Security-Policy that forbids WebAssembly. */
const REFUSED = /unsafe-eval|content.security.policy|csp/i;

/** The smallest module with a SIMD instruction, the newest feature that the package's module uses. */
const SIMD = [0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 8, 1, 6, 0, 65, 0, 253, 15, 11];

/** Adds advice to an error, if the cause is known. */
function explained(error) {
  const { CompileError, validate } = globalThis.WebAssembly ?? {};
  if (CompileError && !(error instanceof CompileError)) return error;
  const isRefused = REFUSED.test(error.message);
  if (!isRefused && validate?.(new Uint8Array(SIMD))) return error;
  const cure = isRefused
    ? "the Content-Security-Policy has to allow 'wasm-unsafe-eval' in script-src"
    : `WebAssembly with SIMD is needed: ${globalThis.ROOM_EVENTS_BROWSERS}`;
  return new Error(`${cure} (${error.message})`, { cause: error });
}

/** Compiles and starts the module. */
async function loadOnce(source) {
  let from = await (typeof source === "function" ? source() : source);
  if (typeof from === "string" || from instanceof URL || from instanceof Request) from = await fetch(from);
  const known = imports();
  let instance;
  if (from instanceof Response) {
    const { ok, status, url } = from;
    const type = from.headers.get("content-type");
    // Development servers respond with a page instead of 404.
    if (!ok || type?.startsWith("text/html")) throw new Error(`${url} ${ok ? "is an HTML page" : `returned ${status}`}. Copy room-events.wasm there, pass its address to \`init()\`, or exclude the package from bundling (Vite: optimizeDeps.exclude)`);
    if (type === MEDIA_TYPE) ({ instance } = await WebAssembly.instantiateStreaming(from, known));
    else {
      // A parameter is valid, but browsers only stream the bare type.
      if (type?.split(";")[0].trim() !== MEDIA_TYPE) console.warn(`room-events: ${url} came as ${type}. Serve ${MEDIA_TYPE} to load it faster.`);
      from = await from.arrayBuffer();
    }
  }
  if (!instance) {
    const made = await WebAssembly.instantiate(from, known);
    instance = made.instance ?? made;
  }
  const exports = named(guarded(instance.exports));
  use(exports);
  exports.__wbindgen_start();
  return Engine;
}

let loaded;

/**
 * Loads the module once. After a failure, the next call tries again.
 *
 * @param {unknown} source an address, a `Response`, bytes or a `WebAssembly.Module`, a promise of one of them, or a
 *   function that returns one
 * @returns {Promise<typeof Engine>}
 */
export const load = (source) =>
  (loaded ??= loadOnce(source).catch((error) => {
    loaded = undefined;
    throw explained(error);
  }));
