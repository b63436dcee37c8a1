/** The reference server as a process of its own, that a test may kill and start again. */

import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";

const ROOT = resolve(import.meta.dirname, "../../..");
const PROGRAM = process.env.ROOM_EVENTS_SERVER ?? join(ROOT, "target/debug/reference-server");
const PAGE = process.env.ROOM_EVENTS_WWW ?? join(ROOT, "www/dist");

/** How long the server may take to say that it listens, in milliseconds. */
const START_TIMEOUT = 20_000;

export class ReferenceServer {
  readonly #directory: string;
  #process: ChildProcessByStdio<null, Readable, Readable> | null = null;
  #address = "127.0.0.1:0";
  #log = "";

  private constructor(directory: string) {
    this.#directory = directory;
  }

  /** Starts a server with a new database on a port of its own. */
  static async start(): Promise<ReferenceServer> {
    if (!existsSync(PROGRAM)) {
      throw new Error(`There is no reference server at ${PROGRAM}. Build it, or name it in ROOM_EVENTS_SERVER.`);
    }
    if (!existsSync(join(PAGE, "index.html"))) {
      throw new Error(`The demo is not built: there is no index.html in ${PAGE}.`);
    }
    const server = new ReferenceServer(await mkdtemp(join(tmpdir(), "room-events-e2e-")));
    await server.restart();
    return server;
  }

  get url(): string {
    return `http://${this.#address}`;
  }

  /** What it has written to its standard error output. */
  get log(): string {
    return this.#log;
  }

  /** Starts it after {@link kill}: at the same address, with the same database. */
  async restart(): Promise<void> {
    const child = spawn(
      PROGRAM,
      ["--listen", this.#address, "--www", PAGE, "--database", join(this.#directory, "database.sqlite")],
      { stdio: ["ignore", "pipe", "pipe"] },
    );
    this.#process = child;
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#log += text;
    });
    this.#address = await addressOf(child, () => this.#log);
  }

  /** Ends it as a crash does, and waits until it is gone. */
  async kill(): Promise<void> {
    const child = this.#process;
    this.#process = null;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    child.kill("SIGKILL");
    await exited;
  }

  /** Ends it and leaves nothing behind. */
  async dispose(): Promise<void> {
    await this.kill();
    await rm(this.#directory, { recursive: true, force: true });
  }
}

/** Reads its output until it says where it listens. */
function addressOf(child: ChildProcessByStdio<null, Readable, Readable>, log: () => string): Promise<string> {
  return new Promise((found, fail) => {
    const timer = setTimeout(() => end(`The server did not say where it listens within ${START_TIMEOUT} ms.`), START_TIMEOUT);
    function end(problem: string | null): void {
      clearTimeout(timer);
      child.off("error", onError).off("exit", onExit);
      if (problem !== null) fail(new Error(`${problem}\n${log()}`));
    }
    const onError = (error: Error): void => end(String(error));
    const onExit = (code: number | null, signal: string | null): void => end(`The server ended at its start (${signal ?? code}).`);
    child.once("error", onError).once("exit", onExit);
    // It is read to the end, even after the address: a full pipe would stop the server.
    createInterface({ input: child.stdout }).on("line", (line) => {
      const address = /^listening on http:\/\/(\S+?)\/?$/.exec(line)?.[1];
      if (!address) return;
      end(null);
      found(address);
    });
  });
}
