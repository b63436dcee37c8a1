/** `reference-server load` as a process that can be halted, so that there is a moment at which nothing changes. */

import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable } from "node:stream";

import type { Room } from "room-events";

import { PROGRAM } from "../../support/reference-server.ts";
import type { Api } from "./api.ts";

export class Load {
  readonly seed: number;
  readonly #process: ChildProcessByStdio<null, Readable, Readable>;
  #log = "";
  #ready: Promise<void>;

  private constructor(url: string, seed: number, rate: number, rooms: number) {
    this.seed = seed;
    this.#process = spawn(
      PROGRAM,
      ["load", "--url", url, "--rooms", String(rooms), "--rate", String(rate), "--mix", "mixed", "--seed", String(seed), "--log", "info"],
      { stdio: ["ignore", "pipe", "pipe"] },
    );
    this.#process.stdout.resume();
    this.#ready = new Promise((ready, fail) => {
      this.#process.stderr.setEncoding("utf8").on("data", (text: string) => {
        // It is read to the end, but only its beginning is of interest.
        if (this.#log.length < 10_000) this.#log += text;
        if (this.#log.includes("the rooms are ready")) ready();
      });
      this.#process.once("error", fail);
      this.#process.once("exit", () => fail(new Error(`the load ended before its rooms were ready:\n${this.#log}`)));
    });
  }

  /** Starts one and waits until its rooms are there. */
  static async start(url: string, seed: number, rate: number, rooms: number): Promise<Load> {
    const load = new Load(url, seed, rate, rooms);
    await load.#ready;
    return load;
  }

  /** Whether it has ended by itself, as it does when it cannot reach the server. */
  get hasEnded(): boolean {
    return this.#process.exitCode !== null || this.#process.signalCode !== null;
  }

  /** What the names of its rooms begin with. */
  get roomNames(): string {
    return `Load ${this.seed} `;
  }

  halt(): void {
    this.#process.kill("SIGSTOP");
  }

  goOn(): void {
    this.#process.kill("SIGCONT");
  }

  async end(): Promise<void> {
    if (this.hasEnded) return;
    const exited = once(this.#process, "exit");
    this.#process.kill("SIGKILL");
    await exited;
  }
}

/** Activities per second. */
const RATE = 25;
const ROOMS_PER_LOAD = 2;

/** One load after the other. The rooms of a load go when the load behind it ends, so that the server does not fill up. */
export class Loads {
  readonly #url: string;
  readonly #admin: Api;
  #seed: number;
  #current: Load | null = null;
  #rooms: readonly Room[] = [];

  constructor(url: string, admin: Api, seed: number) {
    this.#url = url;
    this.#admin = admin;
    this.#seed = seed;
  }

  get hasEnded(): boolean {
    return this.#current?.hasEnded ?? true;
  }

  halt(): void {
    this.#current?.halt();
  }

  goOn(): void {
    this.#current?.goOn();
  }

  /** The rooms of the load that runs. */
  get rooms(): readonly Room[] {
    return this.#rooms;
  }

  async next(): Promise<void> {
    await this.end();
    const kept = this.#current?.roomNames;
    this.#seed += 1;
    const current = await Load.start(this.#url, this.#seed, RATE, ROOMS_PER_LOAD);
    this.#current = current;
    const rooms = await this.#admin.rooms();
    this.#rooms = rooms.filter(({ displayName }) => displayName.startsWith(current.roomNames));
    for (const { roomId, displayName } of rooms) {
      const isOld = displayName.startsWith("Load ") && !displayName.startsWith(current.roomNames);
      if (isOld && !(kept !== undefined && displayName.startsWith(kept))) {
        await this.#admin.ask("DELETE", `/rooms/${roomId}`);
      }
    }
  }

  async end(): Promise<void> {
    await this.#current?.end();
  }
}
