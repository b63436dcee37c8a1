// Loads the WebAssembly module, wherever it comes from.

import { Engine, imports, named, use } from "module:joint";
import { guarded } from "./guard.js";

/** What a browser compiles while it still arrives. */
const MEDIA_TYPE = "application/wasm";

/** Compiles the module and starts it. */
async function loadOnce(source) {
  let from = await (typeof source === "function" ? source() : source);
  if (typeof from === "string" || from instanceof URL || from instanceof Request) from = await fetch(from);
  const known = imports();
  let instance;
  if (from instanceof Response) {
    if (!from.ok) throw new Error(`${from.status} ${from.statusText} from ${from.url}`);
    const type = from.headers.get("content-type");
    // What a server for development answers to whatever it does not have.
    if (type?.startsWith("text/html")) throw new Error(`${from.url} is a page. Tell \`init()\` where room-events.wasm is, or have your bundler leave the package alone (Vite: optimizeDeps.exclude)`);
    if (type === MEDIA_TYPE) ({ instance } = await WebAssembly.instantiateStreaming(from, known));
    else {
      console.warn(`room-events: ${from.url} came as ${type}. As ${MEDIA_TYPE} it would be there sooner.`);
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
  (loaded ??= loadOnce(source).catch((cause) => {
    loaded = undefined;
    throw cause;
  }));
