/** The last events that arrived, as the inspector shows them. */

export interface LogEntry {
  readonly id: number;
  /** When it arrived here: Unix milliseconds. */
  readonly at: number;
  /** The event's type, or `state`, `error`. */
  readonly type: string;
  /** One line about it. */
  readonly summary: string;
  /** All of it. */
  readonly payload: unknown;
}

/** How many entries are kept; older ones go. */
export const LOG_LIMIT = 500;

export class EventLog {
  #entries: LogEntry[] = [];
  #nextId = 1;
  #total = 0;

  /** Newest first. */
  get entries(): readonly LogEntry[] {
    return this.#entries;
  }

  /** How many have arrived since the start or the last {@link clear}, those that are no longer kept included. */
  get total(): number {
    return this.#total;
  }

  add(type: string, summary: string, payload: unknown): void {
    const entry = { id: this.#nextId++, at: Date.now(), type, summary, payload };
    this.#entries = [entry, ...this.#entries.slice(0, LOG_LIMIT - 1)];
    this.#total += 1;
  }

  clear(): void {
    this.#entries = [];
    this.#total = 0;
  }
}
