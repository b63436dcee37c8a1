/** A user with a page of its own. */

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
  /** Where the page has its engine. */
  engine: EnginePlace;
  report: Report;
  /** How often the client has given a room up when it was allowed to. */
  excusedResyncs: number;
  /** Errors in the page that nobody caught, as the browser saw them. */
  problems: readonly string[];
  /** What the page held before its client was there, and when it was closed half-way and at the end. */
  atStart: Holdings;
  halfWay: Holdings;
  atEnd: Holdings;
}

export class Person {
  readonly name: string;
  readonly tab: Tab;
  readonly #api: Api;
  /** Where the page has its engine. */
  readonly #engine: EnginePlace;
  #atStart: Holdings = NOTHING;
  #halfWay: Holdings = NOTHING;
  /** What the page has told of a client that is closed. */
  #earlier = { live: 0, recovered: 0, resyncs: 0 };
  #excusedResyncs = 0;
  #seenResyncs = 0;
  #counted: Flaws = { lost: 0, duplicated: 0, misled: 0, uncaught: 0 };

  private constructor(name: string, api: Api, tab: Tab, engine: EnginePlace) {
    this.#engine = engine;
    this.name = name;
    this.tab = tab;
    this.#api = api;
  }

  /** Opens the page, and starts a client that is there to warm it up. */
  static async enter(root: CDPSession, url: string, name: string, engine: EnginePlace): Promise<Person> {
    const api = new Api(url, name);
    await api.logIn();
    const tab = await Tab.open(root, `${url}/`);
    await tab.call("start", name, engine);
    await tab.leave();
    await tab.comeBack();
    return new Person(name, api, tab, engine);
  }

  /** Measures the page, now that what is compiled and made once is there, and starts the client that counts. */
  async begin(): Promise<void> {
    await this.settle();
    this.#seenResyncs = 0;
    await this.tab.call("stop");
    // The first snapshot makes some objects that the engine had put off.
    await this.tab.holdings();
    this.#atStart = await this.tab.holdings();
    this.#halfWay = this.#atStart;
    await this.tab.call("start", this.name, this.#engine);
  }

  get userId(): number {
    return this.#api.userId;
  }

  report(): Promise<Report> {
    return this.tab.call("report");
  }

  /**
   * Waits until the page's view is what the server has, and tells when that was; or what the difference is. Rooms that the
   * client has given up since the last time, and was allowed to, are excused.
   */
  async settle(mayGiveUp = false): Promise<Settled> {
    const settled = await this.#untilEqual();
    const { resyncs } = await this.#told();
    if (mayGiveUp) this.#excusedResyncs += resyncs - this.#seenResyncs;
    this.#seenResyncs = resyncs;
    return settled;
  }

  async #untilEqual(): Promise<Settled> {
    const end = Date.now() + SETTLE_LIMIT;
    let truth = await this.#api.truth();
    for (;;) {
      const settled = await this.tab.call<Settled>("settle", truth, READING_LIMIT);
      // What was under way when the load was halted may have changed the truth since it was read.
      const now = await this.#api.truth();
      const isCurrent = JSON.stringify(now) === JSON.stringify(truth);
      if (isCurrent && (settled.equalAt !== null || Date.now() > end)) return settled;
      truth = now;
    }
  }

  /** What went wrong since this was last asked. */
  async newFlaws(isLost: boolean): Promise<Flaws> {
    const { violations, uncaught } = await this.report();
    const all = {
      lost: this.#counted.lost + Number(isLost),
      duplicated: violations.duplicated.length,
      misled: violations.misplaced.length + violations.disordered.length,
      uncaught: uncaught.length + this.tab.problems.length,
    };
    const fresh = {
      lost: Number(isLost),
      duplicated: all.duplicated - this.#counted.duplicated,
      misled: all.misled - this.#counted.misled,
      uncaught: all.uncaught - this.#counted.uncaught,
    };
    this.#counted = all;
    return fresh;
  }

  /** Closes the client, sees what is left of it, and starts another. */
  async takeStock(): Promise<void> {
    this.#earlier = await this.#told();
    this.#halfWay = await this.#stop();
    await this.tab.call("start", this.name, this.#engine);
    await this.settle();
  }

  /** Closes the client, and tells what is left once its last socket is gone. */
  async #stop(): Promise<Holdings> {
    await this.tab.call("stop");
    const end = Date.now() + CLOSING_LIMIT;
    for (;;) {
      const holdings = await this.tab.holdings();
      if (holdings.listeners <= this.#atStart.listeners || Date.now() > end) return holdings;
    }
  }

  /** Closes the client, then the page. */
  async leave(): Promise<End> {
    const report = { ...(await this.report()), ...(await this.#told()) };
    const atEnd = await this.#stop();
    await this.tab.close();
    return { name: this.name, engine: this.#engine, report, excusedResyncs: this.#excusedResyncs, problems: this.tab.problems, atStart: this.#atStart, halfWay: this.#halfWay, atEnd };
  }

  /** What both clients were told. */
  async #told(): Promise<{ live: number; recovered: number; resyncs: number }> {
    const { live, recovered, resyncs } = await this.report();
    const before = this.#earlier;
    return { live: before.live + live, recovered: before.recovered + recovered, resyncs: before.resyncs + resyncs };
  }
}
