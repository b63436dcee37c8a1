/** Tells the server which messages have been seen, one after the other, so that reading never holds up writing. */

import type { Message } from "room-events";

import { rest } from "../api.ts";

export class ReadMarker {
  readonly #me: number;
  readonly #onError: (error: unknown) => void;
  /** Those that are queued or on their way, and those that the server has accepted: each is told once. */
  readonly #told = new Set<number>();
  readonly #queue: number[] = [];
  #running = false;

  constructor(me: number, onError: (error: unknown) => void) {
    this.#me = me;
    this.#onError = onError;
  }

  /** Whether this message still waits for its reader. */
  isUnread(message: Message): boolean {
    return message.userId !== this.#me && !message.readTimestamps.some(({ userId }) => userId === this.#me);
  }

  /** The message was on the screen. */
  seen(message: Message): void {
    if (!this.isUnread(message) || this.#told.has(message.messageId)) return;
    this.#told.add(message.messageId);
    this.#queue.push(message.messageId);
    if (!this.#running) void this.#run();
  }

  /** Forgets what is queued, and that anything was told: after a gap the receipts that came with the messages count. */
  reset(): void {
    this.#queue.length = 0;
    this.#told.clear();
  }

  async #run(): Promise<void> {
    this.#running = true;
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
      try {
        await rest.markRead(next);
      } catch (error) {
        // It stays unread here too, and is told again when it is next seen.
        this.#told.delete(next);
        this.#onError(error);
      }
    }
    this.#running = false;
  }
}
