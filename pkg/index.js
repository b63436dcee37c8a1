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

export async function connect(options) {
  await load();
  return open(options);
}
