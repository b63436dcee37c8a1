/** The round sign of a person: initials on a colour of their own. */

import { h, setText } from "../dom.ts";
import { initials } from "../format.ts";

/** How many colours the style sheet has. */
const HUES = 8;

export interface Avatar {
  readonly element: HTMLElement;
  update(userId: number, name: string): void;
}

export function avatar(): Avatar {
  const element = h("span", { class: "avatar", "aria-hidden": "true" });
  return {
    element,
    update(userId, name) {
      element.dataset.hue = String(userId % HUES);
      setText(element, initials(name));
    },
  };
}
