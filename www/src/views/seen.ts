/** Notices which messages are on the screen, while somebody can look at it. */

import type { Message } from "room-events";

export class SeenObserver {
  readonly #observer: IntersectionObserver;
  readonly #messages = new Map<Element, Message>();
  readonly #visible = new Set<Element>();
  readonly #onSeen: (message: Message) => void;

  /** `scroller` is what the messages scroll in; `onSeen` may be called again and again for one message. */
  constructor(scroller: Element, onSeen: (message: Message) => void) {
    this.#onSeen = onSeen;
    this.#observer = new IntersectionObserver(
      (entries) => {
        for (const { target, isIntersecting } of entries) {
          if (isIntersecting) this.#visible.add(target);
          else this.#visible.delete(target);
        }
        this.report();
      },
      { root: scroller, rootMargin: "-8px 0px" },
    );
    document.addEventListener("visibilitychange", this.report);
  }

  watch(element: Element, message: Message): void {
    const known = this.#messages.has(element);
    this.#messages.set(element, message);
    if (!known) this.#observer.observe(element);
  }

  unwatch(element: Element): void {
    if (!this.#messages.delete(element)) return;
    this.#visible.delete(element);
    this.#observer.unobserve(element);
  }

  /** Names everything that is on the screen now. */
  readonly report = (): void => {
    if (document.hidden) return;
    for (const element of this.#visible) {
      const message = this.#messages.get(element);
      if (message) this.#onSeen(message);
    }
  };

  disconnect(): void {
    this.#observer.disconnect();
    this.#messages.clear();
    this.#visible.clear();
    document.removeEventListener("visibilitychange", this.report);
  }
}
