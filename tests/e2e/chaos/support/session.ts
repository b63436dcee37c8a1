/** What the DevTools protocol has to say to one page or worker, and what that answers. */

import type { CDPSession } from "@playwright/test";

/** How long the browser may take to answer, in milliseconds. A page that is busy answers late. */
const ANSWER_LIMIT = 60_000;

type Params = Record<string, unknown>;

interface Answer {
  id?: number;
  method?: string;
  params?: Params;
  result?: Params;
  error?: { message: string };
}

interface Pending {
  resolve: (result: Params) => void;
  reject: (error: Error) => void;
}

interface Evaluated {
  result: { value?: unknown };
  exceptionDetails?: { text: string; exception?: { description?: string } };
}

export class Session {
  readonly #root: CDPSession;
  readonly #id: string;
  readonly #pending = new Map<number, Pending>();
  readonly #listeners = new Map<string, Set<(params: Params) => void>>();
  #last = 0;

  private constructor(root: CDPSession, id: string) {
    this.#root = root;
    this.#id = id;
    root.on("Target.receivedMessageFromTarget", this.#hear);
  }

  static async attach(root: CDPSession, targetId: string): Promise<Session> {
    const { sessionId } = await root.send("Target.attachToTarget", { targetId, flatten: false });
    return new Session(root, sessionId);
  }

  /** Ends what was set for the target here. It may be gone already. */
  async detach(): Promise<void> {
    this.#root.off("Target.receivedMessageFromTarget", this.#hear);
    await this.#root.send("Target.detachFromTarget", { sessionId: this.#id }).catch(() => {});
  }

  async evaluate(expression: string): Promise<unknown> {
    const answer = await this.send("Runtime.evaluate", { expression, awaitPromise: true, returnByValue: true });
    const { result, exceptionDetails } = answer as unknown as Evaluated;
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  }

  on(event: string, listener: (params: Params) => void): void {
    const listeners = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, listeners.add(listener));
  }

  off(event: string): void {
    this.#listeners.delete(event);
  }

  next(event: string): Promise<Params> {
    return new Promise((resolve) => {
      const once = (params: Params): void => {
        this.#listeners.get(event)?.delete(once);
        resolve(params);
      };
      this.on(event, once);
    });
  }

  send(method: string, params: object = {}): Promise<Params> {
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
      this.#root.send("Target.sendMessageToTarget", { sessionId: this.#id, message }).catch(settle(reject));
    });
  }

  readonly #hear = ({ sessionId, message }: { sessionId: string; message: string }): void => {
    if (sessionId !== this.#id) return;
    const { id, method, params, result, error } = JSON.parse(message) as Answer;
    if (id === undefined) {
      for (const listener of this.#listeners.get(method ?? "") ?? []) listener(params ?? {});
      return;
    }
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    if (error) pending?.reject(new Error(error.message));
    else pending?.resolve(result ?? {});
  };
}
