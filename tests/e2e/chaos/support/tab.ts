/**
 * A page of its own user, driven by the DevTools protocol alone. Playwright's own pages count as seen and focused whatever
 * is in front of them, so that they are never hidden and cannot be frozen.
 */

import type { CDPSession } from "@playwright/test";

import { ownBytes } from "./heap.ts";

/** How long the browser may take to answer, in milliseconds. A page that is busy answers late. */
const ANSWER_LIMIT = 60_000;

interface Answer {
  id?: number;
  method?: string;
  params?: Record<string, unknown>;
  result?: Record<string, unknown>;
  error?: { message: string };
}

interface Pending {
  resolve: (result: Record<string, unknown>) => void;
  reject: (error: Error) => void;
}

interface Evaluated {
  result: { value?: unknown };
  exceptionDetails?: { text: string; exception?: { description?: string } };
}

/** What a page holds, after its garbage was collected. */
export interface Holdings {
  /** Bytes of JavaScript's heap that are in use. */
  heap: number;
  /** Those of them that are objects, functions, arrays, strings and numbers: not compiled code and the like. */
  own: number;
  /** Event listeners of JavaScript. */
  listeners: number;
  nodes: number;
}

export class Tab {
  /** Errors that the page did not catch or wrote to its console. */
  readonly problems: string[] = [];
  readonly #root: CDPSession;
  readonly #context: string;
  readonly #target: string;
  readonly #session: string;
  /** A page of another site: it is in a process of its own, and is not counted with this one. */
  readonly #away: string;
  readonly #pending = new Map<number, Pending>();
  readonly #listeners = new Map<string, Set<(params: Record<string, unknown>) => void>>();
  /** What the browser said when it last did not keep the page. */
  #whyNotKept: unknown;
  #last = 0;
  #cover: string | null = null;

  private constructor(root: CDPSession, context: string, target: string, session: string, url: string) {
    this.#root = root;
    this.#context = context;
    this.#target = target;
    this.#session = session;
    const away = new URL("away.html", url);
    away.hostname = "localhost";
    this.#away = away.href;
    root.on("Target.receivedMessageFromTarget", ({ sessionId, message }) => {
      if (sessionId === this.#session) this.#receive(JSON.parse(message) as Answer);
    });
  }

  /** Opens a page with cookies of its own. */
  static async open(root: CDPSession, url: string): Promise<Tab> {
    const { browserContextId } = await root.send("Target.createBrowserContext");
    const { targetId } = await root.send("Target.createTarget", { url: "about:blank", browserContextId });
    const { sessionId } = await root.send("Target.attachToTarget", { targetId, flatten: false });
    const tab = new Tab(root, browserContextId, targetId, sessionId, url);
    tab.#on("Runtime.exceptionThrown", ({ exceptionDetails }) => {
      const { text, exception } = exceptionDetails as NonNullable<Evaluated["exceptionDetails"]>;
      tab.problems.push(exception?.description ?? text);
    });
    tab.#on("Runtime.consoleAPICalled", ({ type, args }) => {
      if (type === "error") tab.problems.push(`console.error: ${JSON.stringify(args)}`);
    });
    tab.#on("Log.entryAdded", ({ entry }) => {
      const { level, source, text } = entry as { level: string; source: string; text: string };
      // The browser writes down every request that failed; that they fail is the point here.
      if (level === "error" && source !== "network" && !text.startsWith("WebSocket connection")) tab.problems.push(text);
    });
    tab.#on("Page.backForwardCacheNotUsed", ({ notRestoredExplanations }) => (tab.#whyNotKept = notRestoredExplanations));
    for (const domain of ["Page", "Runtime", "Log", "Network", "Performance"]) await tab.#send(`${domain}.enable`);
    await tab.#navigate(() => tab.#send("Page.navigate", { url }));
    return tab;
  }

  /** Calls a method of the page's `chaos` and waits for what it gives. */
  async call<T>(method: string, ...args: unknown[]): Promise<T> {
    return (await this.#evaluate(`chaos.${method}(...${JSON.stringify(args)})`)) as T;
  }

  /** The browser says that there is no network, and there is none. */
  async setOffline(offline: boolean): Promise<void> {
    await this.#send("Network.emulateNetworkConditions", {
      offline,
      latency: 0,
      downloadThroughput: -1,
      uploadThroughput: -1,
    });
  }

  /** Another page is in front of it. */
  async hide(): Promise<void> {
    const { targetId } = await this.#root.send("Target.createTarget", {
      url: this.#away,
      browserContextId: this.#context,
    });
    this.#cover = targetId;
    await this.#root.send("Target.activateTarget", { targetId });
    await this.#until("document.visibilityState === 'hidden'");
  }

  async show(): Promise<void> {
    await this.#root.send("Target.activateTarget", { targetId: this.#target });
    if (this.#cover !== null) await this.#root.send("Target.closeTarget", { targetId: this.#cover });
    this.#cover = null;
    await this.#until("document.visibilityState === 'visible'");
  }

  /** Stops a hidden page: nothing runs in it. */
  async freeze(frozen: boolean): Promise<void> {
    await this.#send("Page.setWebLifecycleState", { state: frozen ? "frozen" : "active" });
  }

  /** Leaves the page, which the browser keeps. */
  async leave(): Promise<void> {
    await this.#navigate(() => this.#send("Page.navigate", { url: this.#away }));
  }

  /** Back to it. An error where the browser has not kept it. */
  async comeBack(): Promise<void> {
    const history = await this.#send("Page.getNavigationHistory");
    const entries = history["entries"] as { id: number }[];
    const before = entries[(history["currentIndex"] as number) - 1];
    if (!before) throw new Error("there is no page to come back to");
    await this.#navigate(() => this.#send("Page.navigateToHistoryEntry", { entryId: before.id }));
    if ((await this.#evaluate("chaos.report().status")) === "none") {
      throw new Error(`the browser has not kept the page: ${JSON.stringify(this.#whyNotKept)}`);
    }
  }

  async holdings(): Promise<Holdings> {
    await this.#send("HeapProfiler.collectGarbage");
    const { usedSize } = await this.#send("Runtime.getHeapUsage");
    const metrics = (await this.#send("Performance.getMetrics"))["metrics"] as { name: string; value: number }[];
    const metric = (name: string): number => {
      const found = metrics.find((one) => one.name === name);
      if (!found) throw new Error(`the browser has no metric ${name}`);
      return found.value;
    };
    const own = ownBytes(await this.#snapshot());
    return { heap: usedSize as number, own, listeners: metric("JSEventListeners"), nodes: metric("Nodes") };
  }

  async #snapshot(): Promise<string> {
    let snapshot = "";
    const name = "HeapProfiler.addHeapSnapshotChunk";
    this.#on(name, ({ chunk }) => (snapshot += chunk as string));
    await this.#send("HeapProfiler.takeHeapSnapshot", { reportProgress: false });
    this.#listeners.delete(name);
    return snapshot;
  }

  async close(): Promise<void> {
    await this.#root.send("Target.disposeBrowserContext", { browserContextId: this.#context });
  }

  /** Does what brings another document in and waits until it is there. */
  async #navigate(go: () => Promise<unknown>): Promise<void> {
    const navigated = this.#next("Page.frameNavigated");
    await go();
    await navigated;
    await this.#until("document.readyState === 'complete'");
  }

  #until(condition: string): Promise<unknown> {
    return this.#evaluate(
      `new Promise((resolve) => (function look() { ${condition} ? resolve() : setTimeout(look, 5); })())`,
    );
  }

  async #evaluate(expression: string): Promise<unknown> {
    const answer = await this.#send("Runtime.evaluate", { expression, awaitPromise: true, returnByValue: true });
    const { result, exceptionDetails } = answer as unknown as Evaluated;
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  }

  #on(event: string, listener: (params: Record<string, unknown>) => void): void {
    const listeners = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, listeners.add(listener));
  }

  #next(event: string): Promise<Record<string, unknown>> {
    return new Promise((resolve) => {
      const once = (params: Record<string, unknown>): void => {
        this.#listeners.get(event)?.delete(once);
        resolve(params);
      };
      this.#on(event, once);
    });
  }

  #send(method: string, params: object = {}): Promise<Record<string, unknown>> {
    const id = (this.#last += 1);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#pending.delete(id);
        reject(new Error(`the browser has not answered ${method} within ${ANSWER_LIMIT} ms`));
      }, ANSWER_LIMIT);
      const settle = <T>(then: (value: T) => void) => (value: T) => {
        clearTimeout(timer);
        then(value);
      };
      this.#pending.set(id, { resolve: settle(resolve), reject: settle(reject) });
      const message = JSON.stringify({ id, method, params });
      this.#root.send("Target.sendMessageToTarget", { sessionId: this.#session, message }).catch(settle(reject));
    });
  }

  #receive({ id, method, params, result, error }: Answer): void {
    if (id === undefined) {
      for (const listener of this.#listeners.get(method ?? "") ?? []) listener(params ?? {});
      return;
    }
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    if (error) pending?.reject(new Error(error.message));
    else pending?.resolve(result ?? {});
  }
}
