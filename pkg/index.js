import init, { connect as open, EventsClient } from "./wasm/room_events.js";

// The generated method gives up the handle alone; to dispose of a client is to close it.
EventsClient.prototype[Symbol.dispose ?? Symbol.for("Symbol.dispose")] = EventsClient.prototype.close;

/** @type {Promise<unknown> | undefined} */
let ready;

/** Loads the WebAssembly module once. A failure is not kept: the next call tries again. */
function load() {
  ready ??= init({ module_or_path: new URL("./wasm/room_events_bg.wasm", import.meta.url) }).catch((error) => {
    ready = undefined;
    throw error;
  });
  return ready;
}

/** What prints everything to the console, where the option or the page's storage asks for it; loaded only then. */
async function printer(options) {
  let wanted = options?.debug;
  try {
    wanted ??= globalThis.window?.localStorage?.getItem("room-events") === "debug";
  } catch {
    // A page may be denied its storage.
  }
  if (!wanted) return;
  // Without it the client works as well.
  return import("./src/debug.js").then(({ watch }) => watch, console.warn);
}

export async function connect(options) {
  const [watch] = await Promise.all([printer(options), load()]);
  const client = open(options);
  watch?.(client);
  return client;
}
