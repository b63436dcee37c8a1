/** A page that does nothing but listen, and answers what the test asks it. */

import { connect, type ConnectOptions, type EnginePlace, type EventsClient } from "room-events";

import { reload } from "./load.ts";
import { prepare, type Truth, View, type Violations } from "./view.ts";

/** How the client is set: everything is noticed soon, and everything there is belongs to the view. */
const OPTIONS: ConnectOptions = {
  reconnect: { initialMs: 50, maxMs: 1_000, timeoutMs: 3_000, stableAfterMs: 500 },
  rest: { timeoutMs: 3_000 },
  catchUp: { history: true, window: 20_000, maxMessages: 20_000 },
  watchdog: { silenceMs: 1_000, compareAfterMs: 2_000 },
};

/** How many changes of the status are kept, to be told where something went wrong. */
const LATEST = 12;

/** What came of waiting for the truth. */
export interface Settled {
  /** When the view was equal on a connection that is open, in Unix milliseconds; null where it never was. */
  equalAt: number | null;
  /** The first difference that was left; null where there is none. */
  difference: string | null;
}

/** What a page has to tell. */
export interface Report {
  status: string;
  violations: Violations;
  /** Errors that nobody caught, and what the page's policy refused. */
  uncaught: string[];
  /** How often each status was entered, and each code of an error delivered. */
  statuses: Record<string, number>;
  errors: Record<string, number>;
  /** The statuses that were entered last, with the time in Unix milliseconds. */
  latest: string[];
  /** Events of a type that the package does not know. */
  unknown: number;
  /** Events that came on the stream, and events that were caught up with. */
  live: number;
  recovered: number;
  /** How often the client has asked for a room to be loaded again. */
  resyncs: number;
  /** How often it has said that a room cannot be read for now. */
  unreadable: number;
}

/** What the test may ask of the page. */
export interface Chaos {
  /** Begins to listen, with an engine in that place. What another tab was told already is loaded. */
  start(user: string, engine: EnginePlace, joins: boolean): Promise<void>;
  /** The server lies on the stream until the round is over. */
  streamLies(): void;
  /** The view was equal to what the server has: from now on nothing is excused. */
  roundIsOver(): void;
  /** Loads what the client has given up, and waits until the view is what the server has, but not for ever. */
  settle(truth: Truth, limitMs: number): Promise<Settled>;
  report(): Report;
  /** Closes the client and lets go of everything. */
  stop(): void;
}

declare global {
  var chaos: Chaos;
}

let client: EventsClient | null = null;
let view = new View();
let notes = newNotes();
const uncaught: string[] = [];

addEventListener("error", (event) => uncaught.push(String(event.message)));
addEventListener("unhandledrejection", (event) => uncaught.push(String(event.reason)));
addEventListener("securitypolicyviolation", (event) => uncaught.push(`${event.violatedDirective}: ${event.blockedURI}`));

function newNotes() {
  return {
    statuses: {} as Record<string, number>,
    errors: {} as Record<string, number>,
    latest: [] as string[],
    unknown: 0,
    live: 0,
    recovered: 0,
    resyncs: 0,
    unreadable: 0,
  };
}

async function logIn(user: string): Promise<boolean> {
  try {
    const response = await fetch("/api/v1/login", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ userName: user, password: user }),
    });
    return response.ok;
  } catch {
    return false;
  }
}

/** Logs in, however often it takes: the server may be down. */
async function logInAtLast(user: string): Promise<boolean> {
  while (!(await logIn(user))) await new Promise((resolve) => setTimeout(resolve, 200));
  return true;
}

globalThis.chaos = {
  async start(user, engine, joins) {
    await logInAtLast(user);
    view = new View();
    if (joins) view.giveUp(null);
    notes = newNotes();
    client = await connect({ ...OPTIONS, engine, user, onUnauthorized: () => logInAtLast(user) });
    client.follow("all");
    view.listen(client);
    const { statuses, errors, latest } = notes;
    client.on("statechange", ({ status, cause }) => {
      statuses[status] = (statuses[status] ?? 0) + 1;
      latest.push(`${Date.now()} ${status}${cause ? ` (${cause.code} ${cause.reason})` : ""}`);
      if (latest.length > LATEST) latest.shift();
    });
    client.on("malformed", ({ code }) => (errors[code] = (errors[code] ?? 0) + 1));
    client.on("unknown", () => (notes.unknown += 1));
    client.on("resync", ({ roomId, reason }) => {
      if (reason === "unreadable") {
        // Nothing is to be loaded: once the room can be read, the client tells what differs.
        notes.unreadable += 1;
        return view.isUnchecked(roomId);
      }
      notes.resyncs += 1;
      // Loaded when the faults are over: an application cannot know that what it loads is out of date.
      view.giveUp(roomId);
    });
    for (const type of ["RoomCreated", "RoomUpdated", "RoomDeleted", "TextMessagesCreated", "TextMessagesUpdated", "TextMessageDeleted"] as const) {
      client.on(type, (_, { recovered }) => (notes[recovered ? "recovered" : "live"] += 1));
    }
  },

  streamLies() {
    view.streamLies = true;
  },

  roundIsOver() {
    view.roundIsOver();
  },

  async settle(truth, limitMs) {
    const expected = prepare(truth);
    const end = performance.now() + limitMs;
    let seen = -1;
    let difference: string | null = null;
    for (;;) {
      if (view.toLoad.size > 0) await reload(view);
      // Nothing is compared again before something has changed.
      if (seen !== view.changes) difference = view.difference(expected);
      seen = view.changes;
      const status = client?.status;
      if (difference === null && status === "open") return { equalAt: Date.now(), difference };
      if (performance.now() > end) return { equalAt: null, difference: difference ?? `the connection is ${status}` };
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  },

  report: () => ({ status: client?.status ?? "none", violations: view.violations, uncaught, ...notes }),

  stop() {
    client?.close();
    client = null;
    view = new View();
    notes = newNotes();
  },
};
