// `connect()`: creates a client and connects it to an engine.

import { makeError } from "./error.js";
import { FAILURE } from "./generated/tables.js";
import { openLink } from "./link.js";
import { hold, listenable } from "./listenable.js";
import { readOptions } from "./options.js";
import { attach, detach, leave, Page, receive } from "./page.js";

/**
 * The sources of engines and their module.
 *
 * @typedef {object} Source
 * @property {unknown} module the module as `init()` accepts it, or a function that returns it
 * @property {{ shared(name: string): SharedWorker, worker(name: string): Worker } | undefined} worker
 * @property {() => Promise<object>} local opens a port to an engine in this thread
 * @property {(module: unknown) => Promise<unknown>} load loads the module in this thread
 */

class Client extends listenable(Page) {}

/** How many engines in a row may be lost, each within `SHORT_MS`, before the client fails. */
const LOSSES = 3;
const SHORT_MS = 10_000;

/** Loads the console logging, if the option or `localStorage` asks for it. */
async function printer(wanted) {
  try {
    wanted ??= globalThis.window?.localStorage?.getItem("room-events") === "debug";
  } catch {
    // Access to the storage may be denied.
  }
  if (!wanted) return;
  // The client also works without logging.
  return import("./debug.js").then(({ watch }) => watch, console.warn);
}

/** Resolves an address against the page, for use in a worker. Returns anything else unchanged. */
function address(source) {
  const base = globalThis.document?.baseURI;
  return source instanceof URL || (base && typeof source === "string") ? new URL(source, base).href : source;
}

/** Connects a client to an engine, and to another one whenever that is lost. Resolves once the engine welcomes it. */
function join(client, settings, source, losses = 0) {
  const began = performance.now();
  return new Promise((resolve, reject) => {
    openLink(settings, source, {
      attach: (link) => client[attach](link).then(resolve, reject),
      receive: (message) => client[receive](message),
      left: () => client[leave]("the page was suspended before the engine responded"),
      lost(reason) {
        client[detach](reason);
        if (client.status === "closed") return;
        const inARow = performance.now() - began < SHORT_MS ? losses + 1 : 0;
        const again = inARow < LOSSES ? join(client, settings, source, inARow) : Promise.reject(makeError("engine-failed", reason));
        again.catch(({ code, message }) => client[receive]({ kind: FAILURE, code, message }));
      },
    }).catch(reject);
  });
}

/**
 * Creates `connect()` and `init()`.
 *
 * @param {Source} source
 */
export function entry(source) {
  async function init(from) {
    try {
      if (from !== undefined) source.module = address(await from);
      // Engines in workers load the module themselves.
      if (!source.worker || typeof source.module !== "string") await source.load(source.module);
    } catch (cause) {
      throw makeError("load-failed", `the WebAssembly module could not be loaded: ${cause?.message ?? cause}`, cause);
    }
  }

  async function connect(options) {
    const settings = readOptions(options);
    const { signal } = settings;
    signal?.throwIfAborted();
    const client = new Client(settings);
    const aborted = new Promise((_, reject) => {
      const abort = () => {
        client.close();
        reject(signal.reason);
      };
      client[hold](signal, abort);
    });
    aborted.catch(() => {});
    const [, watch] = await Promise.race([
      aborted,
      // The engine first: access to the storage may take the browser some milliseconds.
      Promise.all([join(client, settings, source), printer(settings.debug)]).catch((error) => {
        client.close();
        throw error;
      }),
    ]);
    watch?.(client);
    return client;
  }

  return { connect, init };
}
