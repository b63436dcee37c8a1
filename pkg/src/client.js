// `connect()`: the socket is opened while the module is still being compiled.

import { EventsClient } from "../wasm/room_events.js";
import { makeError } from "./error.js";
import { buildStats } from "../../src/browser/glue.js";
import { readOptions } from "./options.js";
import { Link } from "../../src/browser/socket.js";
import { TOPICS, TOTALS } from "./generated/tables.js";
import { failed, failsafe } from "./guard.js";
import { listenable } from "./listenable.js";
import { load } from "./load.js";

/** What `stats()` gives when the numbers are lost. */
const emptyStats = (cause) => buildStats(new Float64Array(TOTALS), new Float64Array(TOPICS.length), cause);

class Client extends listenable(failsafe(EventsClient, emptyStats)) {
  #endpoint;

  constructor(options, link) {
    super(options, link);
    this.#endpoint = options.endpoint;
  }

  get url() {
    return this.#endpoint.url;
  }
}

/** What prints everything to the console, where the option or the page's storage asks for it; loaded only then. */
async function printer(wanted) {
  try {
    wanted ??= globalThis.window?.localStorage?.getItem("room-events") === "debug";
  } catch {
    // A page may be denied its storage.
  }
  if (!wanted) return;
  // Without it the client works as well.
  return import("./debug.js").then(({ watch }) => watch, console.warn);
}

/**
 * Makes `connect()` and `init()`.
 *
 * @param {() => unknown} standard where the module comes from unless `init()` says otherwise: an address, a `Response`,
 *   bytes, a `WebAssembly.Module`, or a promise of one of them
 */
export function entry(standard) {
  let source;
  let ready;

  /** Loads the module once. A failure is not kept: the next call tries again. */
  const loaded = () =>
    (ready ??= (async () => load(await (source ?? standard())))().catch((cause) => {
      ready = undefined;
      throw makeError("load-failed", `the WebAssembly module could not be loaded: ${cause?.message ?? cause}`, cause);
    }));

  async function init(from) {
    source = from ?? source;
    await loaded();
  }

  async function connect(options) {
    if (failed()) throw makeError("load-failed", failed().reason);
    const checked = readOptions(options);
    const { signal } = checked;
    signal?.throwIfAborted();
    const link = new Link(checked);
    let client;
    let watch;
    try {
      [, watch] = await new Promise((resolve, reject) => {
        signal?.addEventListener("abort", () => {
          client?.close();
          reject(signal.reason);
        }, { once: true });
        // The module first: a page's storage may take the browser some milliseconds.
        Promise.all([loaded(), printer(checked.debug)]).then(resolve, reject);
      });
      signal?.throwIfAborted();
    } catch (error) {
      link.close();
      throw error;
    }
    client = new Client(checked, link);
    watch?.(client);
    return client;
  }

  return { connect, init };
}
