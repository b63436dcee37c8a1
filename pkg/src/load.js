// Loads the WebAssembly module, wherever it comes from.

import { Engine, imports, named, use } from "module:joint";
import { guarded } from "./guard.js";

/** What a browser compiles while it still arrives. */
const MEDIA_TYPE = "application/wasm";

/** What a browser says of a page whose policy forbids WebAssembly: all name it differently. */
const REFUSED = /unsafe-eval|content.security.policy|csp/i;

/** The smallest module with an instruction of SIMD, the newest that the package's module has. */
const SIMD = [0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 8, 1, 6, 0, 65, 0, 253, 15, 11];

/** Adds to an error what can be done about it, if that is known. */
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

/** Compiles the module and starts it. */
async function loadOnce(source) {
  let from = await (typeof source === "function" ? source() : source);
  if (typeof from === "string" || from instanceof URL || from instanceof Request) from = await fetch(from);
  const known = imports();
  let instance;
  if (from instanceof Response) {
    const { ok, status, url } = from;
    const type = from.headers.get("content-type");
    // A page is what a server for development answers to whatever it does not have.
    if (!ok || type?.startsWith("text/html")) throw new Error(`${url} ${ok ? "is an HTML page" : `returned ${status}`}. Copy room-events.wasm there, pass its address to \`init()\`, or exclude the package from bundling (Vite: optimizeDeps.exclude)`);
    if (type === MEDIA_TYPE) ({ instance } = await WebAssembly.instantiateStreaming(from, known));
    else {
      // With a parameter it is right, too, but browsers compile only the bare type while it arrives.
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
 * Loads the module, once. A failure is not kept: the next call tries again.
 *
 * @param {unknown} source an address, a `Response`, bytes or a `WebAssembly.Module`, a promise of one of them, or a function that
 *   gives it
 * @returns {Promise<typeof Engine>}
 */
export const load = (source) =>
  (loaded ??= loadOnce(source).catch((error) => {
    loaded = undefined;
    throw explained(error);
  }));
