// A WebSocket that the test plays.

/** All that were opened since the last `installSockets()`. */
export let sockets = [];

class PlayedSocket extends EventTarget {
  readyState = 0;
  closedWith = undefined;

  constructor(url) {
    super();
    this.url = String(url);
    sockets.push(this);
  }

  open() {
    this.readyState = 1;
    this.dispatchEvent(new Event("open"));
  }

  frame(text) {
    this.dispatchEvent(new MessageEvent("message", { data: text }));
  }

  /** Sends an event. */
  send(type, data) {
    this.frame(JSON.stringify({ type, data }));
  }

  lose(code, reason) {
    this.readyState = 3;
    this.dispatchEvent(Object.assign(new Event("close"), { code, reason, wasClean: false }));
  }

  close(...how) {
    if (this.readyState >= 2) return;
    this.readyState = 3;
    this.closedWith = how;
  }
}

export function installSockets() {
  sockets = [];
  globalThis.WebSocket = PlayedSocket;
}

/** Resolves when the event loop has had its turn, and what waited for that was done: timers first, then messages. */
export const turn = () => new Promise((resolve) => setTimeout(() => setImmediate(resolve)));

/** Resolves when the condition holds; looks at every turn of the event loop. */
export async function until(condition) {
  while (!condition()) await turn();
}

/** Options for a client that asks nothing of a server. */
export const ALONE = { url: "ws://chat.example/api/v1/events", catchUp: false };
