// A WebSocket that buffers its events until there is a listener.

import { SOCKET_BINARY, SOCKET_CLOSED, SOCKET_OPENED, SOCKET_TEXT } from "../../pkg/src/generated/tables.js";
import { soon } from "./bridge.js";

/** The open sockets. */
const open = new Set();

/** Closes all sockets. Their events are no longer reported. */
export function closeAll() {
  for (const link of open) link.close();
}

/** A WebSocket that buffers its events, in order, until there is a listener. */
export class EarlySocket {
  #socket;
  /** The buffered events; undefined once events are reported directly. */
  #held = [];
  #bytes = 0;
  #options;
  #report;
  #closed = false;
  /**
   * Frames are the most frequent events. Calling a function is faster than calling `handleEvent()`, and each property
   * access of the event costs time.
   */
  #listeners = [
    ["open", this],
    ["message", (event) => (this.#held ? this.#hold(event) : this.#tellFrame(event.data))],
    ["close", this],
  ];

  /**
   * Opens the socket once its address is known.
   *
   * @param {{ endpoint: import("../../pkg/src/endpoint.js").Endpoint, maxFrames: number, maxBytes: number }} options
   *   `maxFrames` and `maxBytes`: the bounds of the buffer. Beyond them, the socket is closed, so that the client
   *   notices the loss.
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
      // The address was checked, so this is the browser's policy (mixed content, blocked port), which may change.
      this.#fail(1006, "the browser refused to open a WebSocket");
      return;
    }
    this.#socket.binaryType = "arraybuffer";
    for (const [type, listener] of this.#listeners) this.#socket.addEventListener(type, listener);
    // `close` follows with the details. The listener stays after `close()`: the Node.js package `ws` ends the process
    // if an error has no listener, and reports one if a socket is closed while opening.
    this.#socket.addEventListener("error", () => {});
  }

  /** Reports a failed attempt asynchronously, as a socket does. */
  #fail(code, reason) {
    soon(() => this.handleEvent({ type: "close", code, reason, wasClean: code === 0 }));
  }

  /** Called by the socket for all events except frames. */
  handleEvent(event) {
    if (this.#held) this.#hold(event);
    else this.#tell(event);
  }

  #hold(event) {
    this.#bytes += event.data?.length ?? event.data?.byteLength ?? 0;
    if (this.#held.push(event) > this.#options.maxFrames || this.#bytes > this.#options.maxBytes) this.#socket.close();
  }

  /**
   * Reports all events, beginning with the buffered ones, never during this call.
   *
   * @param {(event: number, value: string | undefined, code: number, wasClean: boolean) => void} report receives the
   *   event (`SOCKET_…`), and the text of a frame, or the reason and the code of the close
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
   * Closes the socket, if it is open. Reports nothing afterwards.
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
      // The browser does not allow the code or the reason.
      socket.close();
    }
  }
}
