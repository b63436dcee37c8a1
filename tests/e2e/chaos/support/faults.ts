/** Everything that is done to a page and to its server. */

import type { Room } from "room-events";

import type { ReferenceServer } from "../../support/reference-server.ts";
import type { Api } from "./api.ts";
import type { Loads } from "./load.ts";
import type { Random } from "./random.ts";
import type { Tab } from "./tab.ts";

/** What a fault has to do with. */
export interface Scene {
  server: ReferenceServer;
  /** Somebody who disturbs others and is not disturbed. */
  admin: Api;
  loads: Loads;
  random: Random;
}

/** A page that is disturbed, and its user, who may have others. */
export interface Victim {
  tab: Tab;
  userId: number;
  replaceTab(): Promise<void>;
}

/** A fault of one page. What it begins with the server lasts until all faults are cleared. */
export interface Fault {
  /** As the table has it. */
  name: string;
  begin(scene: Scene, victim: Victim): Promise<void>;
  /** Ends what the browser was told. */
  end?(victim: Victim): Promise<void>;
  /** Whether the stream leaves events out or says what is not so, and only a comparison can find that out. */
  lies?: boolean;
  /** Whether the client may give rooms up (`resync`) instead of recovering them. */
  mayGiveUp?: boolean;
}

/** A fault of the server as a whole, which every page has to bear. */
export interface Outage {
  name: string;
  begin(scene: Scene): Promise<void>;
  end?(scene: Scene): Promise<void>;
}

/** A fault of the reference server (docs/reference-server.md). `room` is one that the load writes into. */
type Served = (random: Random, room: Room) => object;

/** Faults of the reference server, inflicted on the page's user. */
function served(name: string, ...faults: Served[]): Fault {
  return {
    name,
    begin: async ({ admin, loads, random }, { userId }) => {
      const room = random.pick(loads.rooms);
      const drawn = faults.map((fault) => fault(random, room));
      for (const fault of drawn) await admin.inflict({ scope: userId, ...fault });
    },
  };
}

/** What a fault of REST concerns (`path`, `exact`). */
type Place = (room: Room) => object;

const MESSAGES: Place = ({ roomId }) => ({ path: `/rooms/${roomId}/messages` });
const ROOM_LIST: Place = () => ({ path: "/rooms", exact: true });
const EVERYTHING: Place = () => ({});

/** A fault of REST in one of these places, and a drop: the page has to catch up under it. */
function rest(name: string, places: readonly Place[], fault: (random: Random) => object): Fault {
  const placed: Served = (random, room) => ({ ...fault(random), ...random.pick(places)(room) });
  return served(`REST: ${name}, and a drop`, placed, drop);
}

const status = (...statuses: number[]) => (random: Random) => ({ fault: "restStatus", status: random.pick(statuses) });
const spoilt = (body: string, ...statuses: number[]) => (random: Random) => ({ ...status(...statuses)(random), body });
const lag = (random: Random) => ({ fault: "restLag", lagMs: random.between(200, 2_000) });
const lose = () => ({ fault: "lose", count: 3 });
const garbage = (kind: string): Fault => served(`garbage: ${kind}`, () => ({ fault: "garbage", kind }));
const lying = (fault: Fault): Fault => ({ ...fault, lies: true });
const refused = (fault: Fault): Fault => ({ ...fault, mayGiveUp: true });
const drop = () => ({ fault: "drop", how: "abrupt" });

/** The name of every fault that is dealt matches this. */
const WANTED = new RegExp(process.env.ROOM_EVENTS_CHAOS_FAULTS ?? "");

const ALL: readonly Fault[] = [
  served("drop: clean", () => ({ fault: "drop", how: "clean" })),
  served("drop: abrupt", drop),
  served("drop: mid-frame", () => ({ fault: "drop", how: "midFrame" })),
  served("close: come again (1000, 1001, 1011 to 1013)", (random) => ({
    fault: "close",
    code: random.pick([1000, 1001, 1011, 1012, 1013]),
  })),
  served("close: log in again (1008, 4401, 4403)", (random) => ({
    fault: "close",
    code: random.pick([1008, 4401, 4403]),
    reason: "log in again",
  })),
  served("sessions expire", () => ({ fault: "expireSessions" })),
  served("upgrades refused with 503", (random) => ({ fault: "refuseUpgrades", count: random.between(1, 4) }), drop),
  served("upgrades refused with 401", () => ({ fault: "refuseUpgrades", status: 401, count: 2 }), drop),
  served("stall: REST, and a drop", () => ({ fault: "stall", part: "rest" }), drop),
  served("stall: all", () => ({ fault: "stall", part: "all" })),
  // What the stream brings seconds after an answer had a newer version is told: a server's clock does not decide.
  lying(served("stall: events", () => ({ fault: "stall", part: "events" }))),
  lying(served("events delayed", () => ({ fault: "delay", delayMs: 150, jitterMs: 400 }))),
  served("REST fails, and a drop", (random) => ({ fault: "restStatus", status: random.pick([429, 500, 502, 503]) }), drop),
  served("REST fails now and then, and a drop", () => ({ fault: "restStatus", status: 503, count: 3 }), drop),
  refused(rest("a room's messages refused with 403 or 404", [MESSAGES], status(403, 404))),
  refused(rest("the list of rooms refused with 403 or 404", [ROOM_LIST], status(403, 404))),
  rest("a room's messages fail", [MESSAGES], status(500, 502, 503)),
  rest("the list of rooms fails", [ROOM_LIST], status(500, 502, 503)),
  rest("429 with Retry-After", [MESSAGES, ROOM_LIST, EVERYTHING], (random) => ({ ...status(429)(random), retryAfterS: 1 })),
  rest("login pages", [MESSAGES, ROOM_LIST, EVERYTHING], spoilt("html", 200, 403, 503)),
  rest("truncated answers", [MESSAGES, ROOM_LIST, EVERYTHING], spoilt("truncated", 200)),
  rest("a room's messages hang", [MESSAGES], () => ({ fault: "restHang" })),
  rest("the list of rooms hangs", [ROOM_LIST], () => ({ fault: "restHang" })),
  rest("slow bodies", [MESSAGES, ROOM_LIST, EVERYTHING], (random) => ({ fault: "restSlow", bytesPerSecond: random.between(500, 20_000) })),
  served("REST: short pages, and a drop", (random) => ({ fault: "restCap", limit: random.between(1, 30) }), drop),
  served("REST: large pages refused, and a drop", (random) => ({ fault: "restCap", limit: random.between(1, 99), mode: "refuse" }), drop),
  lying(served("REST: lag, and a drop", lag, drop)),
  lying(served("REST: lag, and three events lost", lag, lose)),
  lying(served("events lost: the next three", lose)),
  lying(served("events lost: half of them", (random) => ({ fault: "lose", share: 0.5, seed: random.between(0, 1e6) }))),
  garbage("notJson"),
  garbage("empty"),
  garbage("binary"),
  garbage("truncated"),
  garbage("notAnEvent"),
  garbage("malformed"),
  garbage("deep"),
  garbage("unknownType"),
  lying(garbage("unknownEnum")),
  lying(garbage("huge")),
  {
    name: "browser: offline",
    begin: (_, { tab }) => tab.setOffline(true),
    end: ({ tab }) => tab.setOffline(false),
  },
  {
    name: "browser: page hidden, and a drop",
    begin: async ({ admin }, { tab, userId }) => {
      await tab.hide();
      await admin.inflict({ scope: userId, ...drop() });
    },
    end: ({ tab }) => tab.show(),
  },
  {
    name: "browser: page frozen",
    begin: async (_, { tab }) => {
      await tab.hide();
      await tab.freeze(true);
    },
    end: async ({ tab }) => {
      await tab.freeze(false);
      await tab.show();
    },
  },
  {
    name: "browser: page in the back/forward cache",
    begin: (_, { tab }) => tab.leave(),
    end: ({ tab }) => tab.comeBack(),
  },
];

/** What can happen to several pages with one engine. */
const OF_TABS: readonly Fault[] = [
  {
    name: "browser: shared worker ended",
    begin: (_, { tab }) => tab.killWorker(),
    mayGiveUp: true,
  },
  {
    name: "browser: another page closed, and one opened",
    begin: (_, victim) => victim.replaceTab(),
  },
];

const wanted = (faults: readonly Fault[]): Fault[] => faults.filter(({ name }) => WANTED.test(name));

/** For somebody with one page, and for somebody with several. */
export const FAULTS = wanted(ALL);
export const SHARED_FAULTS = wanted([...ALL, ...OF_TABS]);

export const OUTAGES: readonly Outage[] = [
  {
    name: "server: killed and started again",
    begin: ({ server }) => server.kill(),
    end: ({ server }) => server.restart(),
  },
  {
    name: "server: restarts (1012, then 503)",
    begin: ({ admin, random }) => admin.inflict({ scope: "all", fault: "restart", ms: random.between(100, 800) }),
  },
  {
    name: "server: everything stalls",
    begin: ({ admin }) => admin.inflict({ scope: "all", fault: "stall", part: "all" }),
  },
  {
    name: "server: every connection dropped",
    begin: ({ admin }) => admin.inflict({ scope: "all", ...drop() }),
  },
];
