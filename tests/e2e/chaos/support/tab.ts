/**
 * A page of its own user, driven by the DevTools protocol alone. Playwright's own pages count as seen and focused whatever
 * is in front of them, so that they are never hidden and cannot be frozen.
 */

import type { CDPSession } from "@playwright/test";

import { ownBytes } from "./heap.ts";
import { Session } from "./session.ts";

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
  readonly #session: Session;
  /** A page of another site: it is in a process of its own, and is not counted with this one. */
  readonly #away: string;
  /** What the browser said when it last did not keep the page. */
  #whyNotKept: unknown;
  #cover: string | null = null;
  /** What the shared worker is told. */
  #worker: Session | null = null;

  private constructor(root: CDPSession, context: string, target: string, session: Session, url: string) {
    this.#root = root;
    this.#context = context;
    this.#target = target;
    this.#session = session;
    const away = new URL("away.html", url);
    away.hostname = "localhost";
    this.#away = away.href;
  }

  /** Opens a page, with cookies of its own unless it shares those of another one. */
  static async open(root: CDPSession, url: string, other?: Tab): Promise<Tab> {
    const { browserContextId } = other ? { browserContextId: other.#context } : await root.send("Target.createBrowserContext");
    const { targetId } = await root.send("Target.createTarget", { url: "about:blank", browserContextId });
    const session = await Session.attach(root, targetId);
    const tab = new Tab(root, browserContextId, targetId, session, url);
    session.on("Runtime.exceptionThrown", ({ exceptionDetails }) => {
      const { text, exception } = exceptionDetails as { text: string; exception?: { description?: string } };
      tab.problems.push(exception?.description ?? text);
    });
    session.on("Runtime.consoleAPICalled", ({ type, args }) => {
      if (type === "error") tab.problems.push(`console.error: ${JSON.stringify(args)}`);
    });
    session.on("Log.entryAdded", ({ entry }) => {
      const { level, source, text } = entry as { level: string; source: string; text: string };
      // The browser writes down every request that failed; that they fail is the point here.
      if (level === "error" && source !== "network" && !text.startsWith("WebSocket connection")) tab.problems.push(text);
    });
    session.on("Page.backForwardCacheNotUsed", ({ notRestoredExplanations }) => (tab.#whyNotKept = notRestoredExplanations));
    for (const domain of ["Page", "Runtime", "Log", "Network", "Performance"]) await session.send(`${domain}.enable`);
    await tab.#navigate(() => session.send("Page.navigate", { url }));
    return tab;
  }

  /** Calls a method of the page's `chaos` and waits for what it gives. */
  async call<T>(method: string, ...args: unknown[]): Promise<T> {
    return (await this.evaluate(`chaos.${method}(...${JSON.stringify(args)})`)) as T;
  }

  /** Evaluates an expression in the page and waits for what it gives. */
  evaluate(expression: string): Promise<unknown> {
    return this.#session.evaluate(expression);
  }

  /** The browser says that there is no network, and there is none, for the page's shared worker neither. */
  async setOffline(offline: boolean): Promise<void> {
    const conditions = { offline, latency: 0, downloadThroughput: -1, uploadThroughput: -1 };
    await this.#session.send("Network.emulateNetworkConditions", conditions);
    await this.#worker?.detach();
    this.#worker = null;
    const targetId = offline ? await this.#findWorker() : undefined;
    if (!targetId) return;
    this.#worker = await Session.attach(this.#root, targetId);
    await this.#worker.send("Network.enable");
    await this.#worker.send("Network.emulateNetworkConditions", conditions);
  }

  /** The page's shared worker, if it has one. */
  async #findWorker(): Promise<string | undefined> {
    const { targetInfos } = await this.#root.send("Target.getTargets");
    const isOwn = ({ type, browserContextId }: { type: string; browserContextId?: string }): boolean =>
      type === "shared_worker" && browserContextId === this.#context;
    return targetInfos.find(isOwn)?.targetId;
  }

  /** Ends the shared worker, as the browser does when memory is short. */
  async killWorker(): Promise<void> {
    const targetId = await this.#findWorker();
    if (!targetId) throw new Error("there is no shared worker to be killed");
    await this.#root.send("Target.closeTarget", { targetId });
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
    await this.#session.send("Page.setWebLifecycleState", { state: frozen ? "frozen" : "active" });
  }

  /** Leaves the page, which the browser keeps. */
  async leave(): Promise<void> {
    await this.#navigate(() => this.#session.send("Page.navigate", { url: this.#away }));
  }

  /** Back to it. An error where the browser has not kept it. */
  async comeBack(): Promise<void> {
    const history = await this.#session.send("Page.getNavigationHistory");
    const entries = history["entries"] as { id: number }[];
    const before = entries[(history["currentIndex"] as number) - 1];
    if (!before) throw new Error("there is no page to come back to");
    await this.#navigate(() => this.#session.send("Page.navigateToHistoryEntry", { entryId: before.id }));
    if ((await this.#session.evaluate("chaos.report().status")) === "none") {
      throw new Error(`the browser has not kept the page: ${JSON.stringify(this.#whyNotKept)}`);
    }
  }

  async holdings(): Promise<Holdings> {
    await this.#session.send("HeapProfiler.collectGarbage");
    const { usedSize } = await this.#session.send("Runtime.getHeapUsage");
    const metrics = (await this.#session.send("Performance.getMetrics"))["metrics"] as { name: string; value: number }[];
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
    this.#session.on(name, ({ chunk }) => (snapshot += chunk as string));
    await this.#session.send("HeapProfiler.takeHeapSnapshot", { reportProgress: false });
    this.#session.off(name);
    return snapshot;
  }

  /** Closes the page, without a word to what runs in it. */
  async kill(): Promise<void> {
    await this.#session.detach();
    await this.#root.send("Target.closeTarget", { targetId: this.#target });
  }

  /** Closes it and all that share its cookies. */
  async close(): Promise<void> {
    await this.#root.send("Target.disposeBrowserContext", { browserContextId: this.#context });
  }

  /** Does what brings another document in and waits until it is there. */
  async #navigate(go: () => Promise<unknown>): Promise<void> {
    const navigated = this.#session.next("Page.frameNavigated");
    await go();
    await navigated;
    await this.#until("document.readyState === 'complete'");
  }

  #until(condition: string): Promise<unknown> {
    return this.#session.evaluate(
      `new Promise((resolve) => (function look() { ${condition} ? resolve() : setTimeout(look, 5); })())`,
    );
  }
}
