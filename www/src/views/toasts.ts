/** Short notices at the edge of the page, which go by themselves. */

import { h, iconButton } from "../dom.ts";

/** How long a notice stays, in milliseconds. */
const STAY = 6_000;

export class Toasts {
  readonly element = h("div", { class: "toasts", role: "status", "aria-live": "polite" });

  show(text: string): void {
    const toast = h("div", { class: "toast" }, h("p", {}, text));
    let timer = 0;
    const start = (): void => void (timer = window.setTimeout(() => toast.remove(), STAY));
    toast.append(iconButton("Dismiss", "close", () => {
      clearTimeout(timer);
      toast.remove();
    }));
    // It stays while somebody reads it.
    toast.addEventListener("pointerenter", () => clearTimeout(timer));
    toast.addEventListener("pointerleave", start);
    this.element.append(toast);
    start();
  }
}
