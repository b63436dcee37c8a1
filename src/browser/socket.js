// A WebSocket, and what happens to it before anybody listens.

import { SOCKET_BINARY, SOCKET_CLOSED, SOCKET_OPENED, SOCKET_TEXT } from "../../pkg/src/generated/tables.js";
import { soon } from "./bridge.js";

/** The sockets that are not closed yet. */
const open = new Set();

/** Closes all sockets. Nothing more is reported of them. */
export function closeAll() {
  for (const link of open) link.close();
}

/** A WebSocket that keeps what happens to it until somebody listens, in order. */
export class EarlySocket {
  #socket;
  /** What nobody has heard of yet; undefined once everything goes straight on. */
  #held = [];
  #bytes = 0;
  #options;
  #report;
  #closed = false;
  /** Of frames there are most: a function is called sooner than an object is, and the event is asked for the least. */
  #listeners = [
    ["open", this],
    ["message", (event) => (this.#held ? this.#hold(event) : this.#tellFrame(event.data))],
    ["close", this],
  ];

  /**
   * Begins to open, as soon as its address is known.
   *
   * @param {{ endpoint: import("../../pkg/src/endpoint.js").Endpoint, maxFrames: number, maxBytes: number }} options `maxFrames` and
   *   `maxBytes`: how much may be kept. Beyond it the connection is given up, so that what is missing is known to be
   *   missing.
   */
  constructor(options) {
    this.#options = options;
    open.add(this);
    options.endpoint.locate((address) => this.#open(address), (reason) => this.#fail(0, reason));
  }

  #open(address) {
    if (this.#closed) return;
    try {
      this.#socket = this.#options.endpoint.open(address);
    } catch {
      // The address was checked, so this is the browser's policy (mixed content, blocked port): it may change.
      this.#fail(1006, "the browser refused to open a WebSocket");
      return;
    }
    this.#socket.binaryType = "arraybuffer";
    for (const [type, listener] of this.#listeners) this.#socket.addEventListener(type, listener);
    // `close` follows and says all. The listener stays after `close()`: the package `ws` for Node.js ends the process
    // when an error has none, and reports one when a socket is closed that is still opening.
    this.#socket.addEventListener("error", () => {});
  }

  /** Tells of an attempt that has not led to a socket; later, as a socket does. */
  #fail(code, reason) {
    soon(() => this.handleEvent({ type: "close", code, reason, wasClean: code === 0 }));
  }

  /** Called by the socket for all but frames. */
  handleEvent(event) {
    if (this.#held) this.#hold(event);
    else this.#tell(event);
  }

  #hold(event) {
    this.#bytes += event.data?.length ?? event.data?.byteLength ?? 0;
    if (this.#held.push(event) > this.#options.maxFrames || this.#bytes > this.#options.maxBytes) this.#socket.close();
  }

  /**
   * Reports everything from now on, and first what has happened already; never from within this call.
   *
   * @param {(event: number, value: string | undefined, code: number, wasClean: boolean) => void} report what it was
   *   (`SOCKET_…`), and the text of a frame, or the reason of the close with its code
   */
  listen(report) {
    this.#report = report;
    const held = this.#held;
    if (held.length === 0) this.#held = undefined;
    else {
      soon(() => {
        this.#held = undefined;
        for (const event of held) this.#tell(event);
      });
    }
  }

  #tell({ type, data, reason, code, wasClean }) {
    if (this.#closed) return;
    if (type === "message") this.#tellFrame(data);
    else if (type === "open") this.#report(SOCKET_OPENED, undefined, 0, false);
    else {
      open.delete(this);
      this.#report(SOCKET_CLOSED, reason, code, wasClean);
    }
  }

  #tellFrame(data) {
    if (typeof data === "string") this.#report(SOCKET_TEXT, data, 0, false);
    else this.#report(SOCKET_BINARY, undefined, 0, false);
  }

  /**
   * Closes, if it is not closed yet, and reports nothing more.
   *
   * @param {number} [code] 1000, or 3000 to 4999
   * @param {string} [reason] below 124 bytes
   */
  close(code, reason) {
    if (this.#closed) return;
    this.#closed = true;
    open.delete(this);
    const socket = this.#socket;
    if (!socket) return;
    for (const [type, listener] of this.#listeners) socket.removeEventListener(type, listener);
    try {
      socket.close(code, reason);
    } catch {
      // A code or a reason that the browser does not allow.
      socket.close();
    }
  }
}
