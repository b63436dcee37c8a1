/**
 * Two users, one with one page and one with three, and a server under load that fails them in every way it can, by turns. Each page builds its view
 * from the package's callbacks alone. After each round the load stands still, and both views have to become what the REST
 * API says.
 */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pass } from "node:timers/promises";

import { expect, test } from "@playwright/test";
import { build } from "vite";

import { ReferenceServer } from "../support/reference-server.ts";
import type { Report } from "./page/main.ts";
import { Api } from "./support/api.ts";
import { type Fault, FAULTS, OUTAGES, type Scene, SHARED_FAULTS } from "./support/faults.ts";
import { Loads } from "./support/load.ts";
import { type End, Person } from "./support/person.ts";
import { Deck, Random } from "./support/random.ts";
import { putBetweenMarkers, Tally } from "./support/tally.ts";

const MINUTES = Number(process.env.ROOM_EVENTS_CHAOS_MINUTES ?? "1");
const SEED = Number(process.env.ROOM_EVENTS_CHAOS_SEED ?? "1");
/** The file that the table is put into; none where it is only printed. */
const REPORT = process.env.ROOM_EVENTS_CHAOS_REPORT;

/** How many rounds a load lasts, unless it ends with the server. */
const ROUNDS_PER_LOAD = 12;
/** Every so many rounds the whole server fails. */
const ROUNDS_PER_OUTAGE = 6;
/** In one of so many rounds somebody is put out of a room and let in again. */
const ROUNDS_PER_EXPULSION = 4;
/** By how much what scripts have made may be more than before the client was there, in bytes. */
const OWN_ALLOWANCE = 16 * 1024;
/** The same for a page whose engine is in a worker: what came through its port once is more, and does not grow. */
const PORT_ALLOWANCE = 96 * 1024;
/** And by how much more than it was half-way: what a client leaves behind would grow with use. */
const OWN_GROWTH = 4 * 1024;
/** By how much JavaScript's heap may be larger than before, in bytes: what the engine compiles and notes while it runs. */
const HEAP_ALLOWANCE = 256 * 1024;
/** Fewer faults than this would be no chaos. */
const LEAST_FAULTS = MINUTES >= 15 ? 300 : 8;

/** A fault that a person's page has to recover from. */
interface Suffering {
  person: Person;
  fault: { name: string; mayGiveUp?: boolean };
}

test(`four pages match the server after every fault (seed ${SEED}, ${MINUTES} min)`, async ({ browser }) => {
  const folder = await buildPage();
  const server = await ReferenceServer.start({ page: folder, more: ["--faults", "--log", "warn"] });
  const admin = new Api(server.url, "admin");
  const loads = new Loads(server.url, admin, SEED);
  const random = new Random(SEED);
  const scene: Scene = { server, admin, loads, random };
  const tally = new Tally();
  const people: Person[] = [];
  const began = Date.now();
  let rounds = 0;
  let isHalfOver = false;

  /** Everything that was begun has ended: the load stands still, and each page has to catch up. */
  async function settle(sufferings: Suffering[], shared = false): Promise<void> {
    await admin.clearFaults();
    loads.halt();
    const endedAt = Date.now();
    const times = await Promise.all(
      sufferings.map(async ({ person, fault }) => {
        const { equalAt, difference } = await person.settle(fault.mayGiveUp);
        const flaws = await person.newFlaws(equalAt === null);
        tally.flawed(fault.name, flaws);
        const time = Math.max(0, (equalAt ?? Date.now()) - endedAt);
        if (equalAt !== null && !shared) tally.recovered(fault.name, time);
        if (flaws.lost + flaws.duplicated + flaws.misled + flaws.uncaught > 0) {
          const all = await Promise.all(person.tabs.map((tab) => tab.call<Report>("report")));
          const pages = all.map(({ violations, uncaught, latest }, index) => ({ ...violations, uncaught, latest, problems: person.tabs[index]?.problems }));
          const what = JSON.stringify({ difference, pages, endedAt });
          throw new Error(`round ${rounds}: ${person.name} after "${fault.name}": ${what}`);
        }
        await person.callAll("roundIsOver");
        return time;
      }),
    );
    // A fault that all pages bear is over when the last of them has recovered.
    const [first] = sufferings;
    if (first && shared) tally.recovered(first.fault.name, Math.max(...times));
  }

  async function fail(): Promise<void> {
    const outage = outages.deal();
    tally.injected(outage.name);
    await outage.begin(scene);
    await pass(random.between(300, 1_500));
    await outage.end?.(scene);
    await settle(people.map((person) => ({ person, fault: outage })), true);
  }

  async function disturb(): Promise<void> {
    const dealt = people.map((person) => {
      const fault: Fault = (person.tabs.length > 1 ? sharedFaults : faults).deal();
      const tab = random.pick(person.tabs);
      return { person, fault, victim: { tab, userId: person.userId, replaceTab: () => person.replaceTab() } };
    });
    const expelled = random.between(1, ROUNDS_PER_EXPULSION) === 1 ? await expel(random, admin, loads, people) : null;
    await Promise.all(
      dealt.map(async ({ person, fault, victim }) => {
        tally.injected(fault.name);
        if (fault.lies) await person.callAll("streamLies");
        await fault.begin(scene, victim);
      }),
    );
    await pass(random.between(300, 1_500));
    await expelled?.();
    await Promise.all(dealt.map(({ fault, victim }) => fault.end?.(victim)));
    await settle(dealt);
  }

  const [faults, sharedFaults, outages] = [new Deck(FAULTS, random), new Deck(SHARED_FAULTS, random), new Deck(OUTAGES, random)];
  let failure: unknown = null;
  try {
    await admin.logIn();
    const root = await browser.newBrowserCDPSession();
    people.push(await Person.enter(root, server.url, "bob", "page"), await Person.enter(root, server.url, "alice", "shared"));
    // The browser makes something for a page whose server cannot be reached, once.
    await server.kill();
    for (const person of people) await expect.poll(async () => (await person.report()).statuses["waiting"] ?? 0).toBeGreaterThan(2);
    await server.restart();
    for (const person of people) await person.begin();
    for (let opened = 0; opened < 2; opened += 1) await people[1]?.openTab();
    await loads.next();
    while (Date.now() - began < MINUTES * 60_000) {
      rounds += 1;
      await (rounds % ROUNDS_PER_OUTAGE === 0 ? fail() : disturb());
      if (!isHalfOver && Date.now() - began > MINUTES * 30_000) {
        isHalfOver = true;
        for (const person of people) await person.takeStock();
      }
      if (loads.hasEnded || rounds % ROUNDS_PER_LOAD === 0) await loads.next();
      else loads.goOn();
    }
  } catch (error) {
    // What was found so far is still told.
    failure = error;
  }
  await loads.end();
  console.log(`\n${tally.table()}\n`);
  const ends: End[] = [];
  try {
    for (const person of people) ends.push(await person.leave());
  } catch (error) {
    failure ??= error;
  }
  for (const end of ends) console.log(JSON.stringify(end));
  await server.dispose();
  await rm(folder, { recursive: true, force: true });
  if (failure !== null) throw failure;

  expect(isHalfOver).toBe(true);
  for (const { name, engine, report, needlessResyncs, problems, atStart, halfWay, atEnd } of ends) {
    expect.soft(problems, `errors in ${name}'s page`).toEqual([]);
    expect.soft(report.uncaught, `errors that ${name}'s page did not catch`).toEqual([]);
    const { violations } = report;
    expect.soft(violations, `what ${name} was told wrong`).toEqual({ duplicated: [], misplaced: [], disordered: [] });
    expect.soft(needlessResyncs, `rooms that ${name}'s clients have given up without need`).toBe(0);
    expect.soft(report.recovered, "events that were caught up with").toBeGreaterThan(0);
    expect.soft(atEnd.listeners, `listeners in ${name}'s page after close()`).toBe(atStart.listeners);
    expect.soft(atEnd.nodes, `nodes in ${name}'s page after close()`).toBeLessThanOrEqual(atStart.nodes);
    expect.soft(atEnd.own, `objects in ${name}'s page after close()`).toBeLessThan(atStart.own + (engine === "page" ? OWN_ALLOWANCE : PORT_ALLOWANCE));
    expect.soft(atEnd.own, `objects in ${name}'s page after both close()`).toBeLessThan(halfWay.own + OWN_GROWTH);
    expect.soft(atEnd.heap, `heap of ${name}'s page after close()`).toBeLessThan(atStart.heap + HEAP_ALLOWANCE);
  }
  const { injected, recoveries, lost, duplicated, misled, uncaught } = tally.total();
  expect({ lost, duplicated, misled, uncaught }).toEqual({ lost: 0, duplicated: 0, misled: 0, uncaught: 0 });
  expect(recoveries.length).toBe(injected);
  expect(injected).toBeGreaterThanOrEqual(LEAST_FAULTS);
  if (REPORT) await putBetweenMarkers(REPORT, "chaos", summary(tally, rounds, ends, browser.version()));
});

/** What the run came to, for people. */
function summary(tally: Tally, rounds: number, ends: readonly End[], version: string): string {
  const sum = (count: (end: End) => number): string => ends.reduce((all, end) => all + count(end), 0).toLocaleString("en");
  const kilobytes = (bytes: number): string => `${Math.round(bytes / 1024).toLocaleString("en")} kB`;
  const kept = ends.map(({ name, atStart, halfWay, atEnd }) => {
    const objects = [atStart, halfWay, atEnd].map(({ own }) => `${(own / 1024).toFixed(1)} kB`);
    return (
      `${name}'s page held ${objects[0]} of objects before, ${objects[1]} after \`close()\` half-way and ${objects[2]} after \`close()\` at the ` +
      `end; ${kilobytes(atStart.heap)} of heap and then ${kilobytes(atEnd.heap)}; ${atStart.listeners} listeners and then ` +
      `${atEnd.listeners}; ${atStart.nodes} nodes and then ${atEnd.nodes}`
    );
  });
  return [
    `\`cargo xtask chaos --minutes ${MINUTES} --seed ${SEED}\`, Chromium ${version}: ${tally.total().injected} faults in ${rounds} rounds. ` +
      `The four pages, three of them with one engine, were told of ${sum(({ report }) => report.live)} events live and of ${sum(({ report }) => report.recovered)} recovered. ${kept.join(". ")}.`,
    tally.table(),
  ].join("\n\n");
}

async function buildPage(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "room-events-chaos-"));
  await build({
    root: join(import.meta.dirname, "page"),
    configFile: false,
    logLevel: "warn",
    build: {
      target: "es2023",
      outDir: folder,
      emptyOutDir: true,
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
    },
  });
  return folder;
}

/** Puts somebody out of a room; what is given back lets them in again. */
async function expel(random: Random, admin: Api, loads: Loads, people: readonly Person[]): Promise<() => Promise<void>> {
  const { roomId } = random.pick(loads.rooms);
  const path = `/rooms/${roomId}/members/${random.pick(people).userId}`;
  await admin.ask("DELETE", path);
  return async () => {
    await admin.ask("PUT", path);
  };
}
