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
export const PROGRAM = process.env.ROOM_EVENTS_SERVER ?? join(ROOT, "target/debug/reference-server");
const PAGE = process.env.ROOM_EVENTS_WWW ?? join(ROOT, "www/dist");

/** How long the server may take to say that it listens, in milliseconds. */
const START_TIMEOUT = 20_000;

/** How a server is started. */
export interface ServerOptions {
  /** The folder of the pages that it serves. Default: the demo. */
  page?: string;
  /** More of its options. */
  more?: readonly string[];
}

export class ReferenceServer {
  readonly #directory: string;
  readonly #page: string;
  readonly #more: readonly string[];
  #process: ChildProcessByStdio<null, Readable, Readable> | null = null;
  #address = "127.0.0.1:0";
  #log = "";

  private constructor(directory: string, { page = PAGE, more = [] }: ServerOptions) {
    this.#directory = directory;
    this.#page = page;
    this.#more = more;
  }

  /** Starts a server with a new database on a port of its own. */
  static async start(options: ServerOptions = {}): Promise<ReferenceServer> {
    if (!existsSync(PROGRAM)) {
      throw new Error(`There is no reference server at ${PROGRAM}. Build it, or name it in ROOM_EVENTS_SERVER.`);
    }
    const server = new ReferenceServer(await mkdtemp(join(tmpdir(), "room-events-e2e-")), options);
    if (!existsSync(join(server.#page, "index.html"))) {
      throw new Error(`The page is not built: there is no index.html in ${server.#page}.`);
    }
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
      [
        ...["--listen", this.#address, "--www", this.#page],
        ...["--database", join(this.#directory, "database.sqlite")],
        ...this.#more,
      ],
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
