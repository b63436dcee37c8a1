/** The demo, used while its server and its browser fail it: at every calm moment it shows what the REST API says. */

import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as pass } from "node:timers/promises";

import { expect, test } from "@playwright/test";

import { ReferenceServer } from "../support/reference-server.ts";
import { Api } from "./support/api.ts";
import { Demo } from "./support/demo.ts";
import { type Fault, OUTAGES, type Outage, type Scene, SHARED_FAULTS } from "./support/faults.ts";
import { Loads } from "./support/load.ts";
import { Deck, Random } from "./support/random.ts";
import { Tally } from "./support/tally.ts";

const MINUTES = Number(process.env.ROOM_EVENTS_CHAOS_MINUTES ?? "1");
const SEED = Number(process.env.ROOM_EVENTS_CHAOS_SEED ?? "1");
const ROUNDS_PER_LOAD = 12;
const ROUNDS_PER_OUTAGE = 6;
const LEAST_FAULTS = MINUTES >= 15 ? 300 : 8;

test(`the demo matches the server after every fault (seed ${SEED}, ${MINUTES} min)`, async ({ browser }) => {
  const folder = await mkdtemp(join(tmpdir(), "room-events-demo-"));
  await cp(resolve(import.meta.dirname, "../../../www/dist"), folder, { recursive: true });
  await cp(join(import.meta.dirname, "page/public"), folder, { recursive: true });
  const server = await ReferenceServer.start({ page: folder, more: ["--faults", "--log", "warn"] });
  const admin = new Api(server.url, "admin");
  const bob = new Api(server.url, "bob");
  const random = new Random(SEED);
  const loads = new Loads(server.url, admin, SEED);
  const scene: Scene = { server, admin, loads, random };
  const tally = new Tally();
  // What the stream lost in silence, the demo finds in a minute: too long for each round. It has one page.
  const faults = new Deck(SHARED_FAULTS.filter(({ lies, name }) => !lies && !name.includes("another page")), random);
  const outages = new Deck(OUTAGES, random);
  let rounds = 0;
  try {
    await admin.logIn();
    const demo = await Demo.enter(await browser.newBrowserCDPSession(), server.url, bob);
    const victim = { tab: demo.tab, userId: bob.userId, replaceTab: () => Promise.resolve() };
    for (const end = Date.now() + MINUTES * 60_000; Date.now() < end; rounds += 1) {
      if (loads.hasEnded || rounds % ROUNDS_PER_LOAD === 0) await loads.next();
      else loads.goOn();
      await demo.openRoom(random.pick(loads.rooms).roomId);
      await demo.use();
      const isOutage = rounds % ROUNDS_PER_OUTAGE === ROUNDS_PER_OUTAGE - 1;
      const fault: Outage | Fault = isOutage ? outages.deal() : faults.deal();
      tally.injected(fault.name);
      await fault.begin(scene, victim);
      // A page that is frozen, or in the cache, is used by nobody.
      if (!fault.name.startsWith("browser: page")) await demo.use();
      await pass(random.between(300, 1_500));
      await fault.end?.({ ...scene, ...victim });
      await demo.use();
      await admin.clearFaults();
      loads.halt();
      const began = Date.now();
      const difference = await demo.settle();
      if (difference !== null) throw new Error(`round ${rounds}, after "${fault.name}": ${difference}`);
      tally.recovered(fault.name, Date.now() - began);
      expect(demo.tab.problems, `errors in the page after "${fault.name}"`).toEqual([]);
    }
  } finally {
    await loads.end();
    console.log(`\n${tally.table()}\n`);
    await server.dispose();
    await rm(folder, { recursive: true, force: true });
  }
  expect(tally.total().injected).toBeGreaterThanOrEqual(LEAST_FAULTS);
});
