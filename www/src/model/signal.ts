/** Tells the views, once a frame, that something has changed. */
export class Signal {
  readonly #listeners = new Set<() => void>();
  #due = false;

  constructor() {
    // A frame that was asked for just before the page was hidden does not come. The title still counts unread messages.
    document.addEventListener("visibilitychange", this.#run);
  }

  /** Calls `listener` after each change. */
  subscribe(listener: () => void): void {
    this.#listeners.add(listener);
  }

  /** However often this is called, the listeners are called once, before the next picture. */
  changed(): void {
    if (this.#due) return;
    this.#due = true;
    if (document.hidden) setTimeout(this.#run);
    else requestAnimationFrame(this.#run);
  }

  /** Calls no listener any more. */
  end(): void {
    this.#listeners.clear();
    document.removeEventListener("visibilitychange", this.#run);
  }

  readonly #run = (): void => {
    if (!this.#due) return;
    this.#due = false;
    for (const listener of this.#listeners) listener();
  };
}
