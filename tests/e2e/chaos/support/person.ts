/** A user with pages of its own. */

import type { CDPSession } from "@playwright/test";
import type { EnginePlace } from "room-events";

import type { Report, Settled } from "../page/main.ts";
import { Api } from "./api.ts";
import { type Holdings, Tab } from "./tab.ts";
import type { Flaws } from "./tally.ts";

/** How long a page may take to be equal again before its difference counts as lost, in milliseconds. */
const SETTLE_LIMIT = 30_000;
/** How long a page waits for one reading of the truth, which may be out of date. */
const READING_LIMIT = 3_000;
/** How long the browser may keep a socket whose server does not answer its close, in milliseconds, and the listener on it. */
const CLOSING_LIMIT = 10_000;

/** Before anything is measured. */
const NOTHING: Holdings = { heap: 0, own: 0, listeners: 0, nodes: 0 };

/** What is to be said of a person at the end. */
export interface End {
  name: string;
  tabs: number;
  /** Where the pages have their engine. */
  engine: EnginePlace;
  report: Report;
  /** How often a client has given a room up when it was not allowed to. */
  needlessResyncs: number;
  /** Errors in the pages that nobody caught, as the browser saw them. */
  problems: readonly string[];
  /** What the first page held before its client was there, and when it was closed half-way and at the end. */
  atStart: Holdings;
  halfWay: Holdings;
  atEnd: Holdings;
}

/** What a page has told so far. */
interface Told {
  resyncs: number;
  flaws: Flaws;
}

export class Person {
  readonly name: string;
  /** The first of them is measured. All have the same engine, if it is shared. */
  readonly tabs: Tab[] = [];
  readonly #root: CDPSession;
  readonly #url: string;
  readonly #api: Api;
  readonly #engine: EnginePlace;
  readonly #told = new Map<Tab, Told>();
  #atStart: Holdings = NOTHING;
  #halfWay: Holdings = NOTHING;
  /** What was told in pages and by clients that are closed. */
  #earlier = { live: 0, recovered: 0 };
  #needlessResyncs = 0;
  /** The problems of pages that are closed. */
  readonly #problems: string[] = [];

  private constructor(root: CDPSession, url: string, api: Api, name: string, engine: EnginePlace) {
    this.#root = root;
    this.#url = url;
    this.#api = api;
    this.name = name;
    this.#engine = engine;
  }

  /** Opens a page, and starts a client that is there to warm it up. */
  static async enter(root: CDPSession, url: string, name: string, engine: EnginePlace): Promise<Person> {
    const api = new Api(url, name);
    await api.logIn();
    const person = new Person(root, url, api, name, engine);
    const tab = await Tab.open(root, `${url}/`);
    person.tabs.push(tab);
    await person.#start(tab);
    await tab.leave();
    await tab.comeBack();
    return person;
  }

  get tab(): Tab {
    const [first] = this.tabs;
    if (!first) throw new Error(`${this.name} has no page`);
    return first;
  }

  get userId(): number {
    return this.#api.userId;
  }

  /** Opens another page. */
  async openTab(): Promise<void> {
    const tab = await Tab.open(this.#root, `${this.#url}/`, this.tab);
    this.tabs.push(tab);
    await this.#start(tab);
  }

  /** Closes a page, not the first, without a word to it, and opens another one. */
  async replaceTab(): Promise<void> {
    const [tab] = this.tabs.splice(1, 1);
    if (!tab) throw new Error(`${this.name} has no other page`);
    await this.#account(tab, true);
    await tab.kill();
    this.#problems.push(...tab.problems);
    await this.openTab();
  }

  /** Measures the page, now that what is compiled and made once is there, and starts the client that counts. */
  async begin(): Promise<void> {
    await this.settle();
    await this.tab.call("stop");
    // The first snapshot makes some objects that the engine had put off.
    await this.tab.holdings();
    this.#atStart = await this.tab.holdings();
    this.#halfWay = this.#atStart;
    await this.#start(this.tab);
  }

  report(): Promise<Report> {
    return this.tab.call("report");
  }

  /** Has every page do something. */
  async callAll(method: string): Promise<void> {
    await Promise.all(this.tabs.map((tab) => tab.call(method)));
  }

  /**
   * Waits until the view of every page is what the server has, and tells when that was; or what the difference is. Rooms that
   * a client has given up since the last time are excused if it was allowed to.
   */
  async settle(mayGiveUp = false): Promise<Settled> {
    let last: Settled = { equalAt: 0, difference: null };
    for (const settled of await Promise.all(this.tabs.map((tab) => this.#untilEqual(tab)))) {
      if (last.equalAt !== null && (settled.equalAt === null || settled.equalAt > last.equalAt)) last = settled;
    }
    for (const tab of this.tabs) await this.#account(tab, mayGiveUp);
    return last;
  }

  async #untilEqual(tab: Tab): Promise<Settled> {
    const end = Date.now() + SETTLE_LIMIT;
    let truth = await this.#api.truth();
    for (;;) {
      const settled = await tab.call<Settled>("settle", truth, READING_LIMIT);
      // What was under way when the load was halted may have changed the truth since it was read.
      const now = await this.#api.truth();
      const isCurrent = JSON.stringify(now) === JSON.stringify(truth);
      if (isCurrent && (settled.equalAt !== null || Date.now() > end)) return settled;
      truth = now;
    }
  }

  /** Takes down what rooms a page's client has given up. */
  async #account(tab: Tab, mayGiveUp: boolean): Promise<void> {
    const told = this.#toldIn(tab);
    const { resyncs } = await tab.call<Report>("report");
    if (!mayGiveUp) this.#needlessResyncs += resyncs - told.resyncs;
    told.resyncs = resyncs;
  }

  #toldIn(tab: Tab): Told {
    let told = this.#told.get(tab);
    if (!told) {
      told = { resyncs: 0, flaws: { lost: 0, duplicated: 0, misled: 0, uncaught: 0 } };
      this.#told.set(tab, told);
    }
    return told;
  }

  /** What went wrong since this was last asked. */
  async newFlaws(isLost: boolean): Promise<Flaws> {
    const fresh: Flaws = { lost: Number(isLost), duplicated: 0, misled: 0, uncaught: 0 };
    for (const tab of this.tabs) {
      const { violations, uncaught } = await tab.call<Report>("report");
      const told = this.#toldIn(tab);
      const before = told.flaws;
      told.flaws = {
        lost: 0,
        duplicated: violations.duplicated.length,
        misled: violations.misplaced.length + violations.disordered.length,
        uncaught: uncaught.length + tab.problems.length,
      };
      fresh.duplicated += told.flaws.duplicated - before.duplicated;
      fresh.misled += told.flaws.misled - before.misled;
      fresh.uncaught += told.flaws.uncaught - before.uncaught;
    }
    return fresh;
  }

  /** Closes the clients, sees what is left of one, and starts others. */
  async takeStock(): Promise<void> {
    this.#halfWay = await this.#stop();
    for (const tab of this.tabs) await this.#start(tab);
    await this.settle(true);
  }

  async #start(tab: Tab): Promise<void> {
    this.#told.delete(tab);
    await tab.call("start", this.name, this.#engine, tab !== this.tab);
  }

  /** Closes the clients, and tells what is left in the first page once its last socket is gone. */
  async #stop(): Promise<Holdings> {
    this.#earlier = await this.#counts();
    await this.callAll("stop");
    const end = Date.now() + CLOSING_LIMIT;
    for (;;) {
      const holdings = await this.tab.holdings();
      if (holdings.listeners <= this.#atStart.listeners || Date.now() > end) return holdings;
    }
  }

  /** Closes the clients, then the pages. */
  async leave(): Promise<End> {
    const report = { ...(await this.report()), ...(await this.#counts()) };
    const atEnd = await this.#stop();
    await this.tab.close();
    const problems = [...this.#problems, ...this.tabs.flatMap((tab) => tab.problems)];
    const { name, tabs } = this;
    return { name, tabs: tabs.length, engine: this.#engine, report, needlessResyncs: this.#needlessResyncs, problems, atStart: this.#atStart, halfWay: this.#halfWay, atEnd };
  }

  /** How much was told in all pages. */
  async #counts(): Promise<{ live: number; recovered: number }> {
    const counts = { ...this.#earlier };
    for (const { live, recovered } of await Promise.all(this.tabs.map((tab) => tab.call<Report>("report")))) {
      counts.live += live;
      counts.recovered += recovered;
    }
    return counts;
  }
}
