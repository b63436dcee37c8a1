// `connect()`: a page's client, and the engine that it finds.

import { makeError } from "./error.js";
import { FAILURE } from "./generated/tables.js";
import { openLink } from "./link.js";
import { hold, listenable } from "./listenable.js";
import { readOptions } from "./options.js";
import { attach, detach, leave, Page, receive } from "./page.js";

/**
 * Where engines and their module come from.
 *
 * @typedef {object} Source
 * @property {unknown} module the address of the module, or whatever else `init()` takes, or a function that gives it
 * @property {{ shared(name: string): SharedWorker, worker(name: string): Worker } | undefined} worker
 * @property {() => Promise<object>} local opens a port of an engine in this thread
 * @property {(module: unknown) => Promise<unknown>} load loads the module in this thread
 */

class Client extends listenable(Page) {}

/** How often an engine may be lost, each time after less than `SHORT_MS`, until the client is given up. */
const LOSSES = 3;
const SHORT_MS = 10_000;

/** What prints everything to the console, if the option or the page's storage asks for it; loaded only then. */
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

/** An address that a worker understands as the page does; anything else as it is. */
function address(source) {
  const base = globalThis.document?.baseURI;
  return source instanceof URL || (base && typeof source === "string") ? new URL(source, base).href : source;
}

/** Finds an engine for a client, and another one whenever that is lost. Resolves when it is welcome. */
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
 * Makes `connect()` and `init()`.
 *
 * @param {Source} source
 */
export function entry(source) {
  async function init(from) {
    try {
      if (from !== undefined) source.module = address(await from);
      // An engine in a worker loads it by itself.
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
      // The engine first: a page's storage may take the browser some milliseconds.
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
