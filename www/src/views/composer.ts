/** Where a message or a comment is written. */

import { describeError } from "../api.ts";
import { h } from "../dom.ts";
import type { Drafts } from "../drafts.ts";
import { isSubmitKey } from "./editor.ts";
import { icon } from "./icons.ts";
import type { TimelineView } from "./timeline.ts";

export interface Composer {
  readonly element: HTMLElement;
  focus(): void;
  setLabel(label: string): void;
}

/** `label` names the field; what is written in it and not sent is kept as the draft of that place. */
export function composer(label: string, timeline: TimelineView, drafts: Drafts, place: string): Composer {
  const input = h("textarea", { rows: 1, "aria-label": label, placeholder: label, enterkeyhint: "send", dir: "auto" });
  const problem = h("p", { class: "form-error", role: "alert" });
  const send = h("button", { type: "submit", class: "send-button", "aria-label": "Send", title: "Send" }, icon("send"));
  const form = h("form", { class: "composer" }, problem, h("div", { class: "composer-field" }, input, send));

  const refresh = (): void => {
    drafts.set(place, input.value);
    send.disabled = input.value.trim() === "";
  };
  input.value = drafts.get(place);
  refresh();
  input.addEventListener("input", refresh);
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowUp" && input.value === "" && timeline.editLastOwn()) event.preventDefault();
    if (!isSubmitKey(event)) return;
    event.preventDefault();
    form.requestSubmit();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const text = input.value.trim();
    if (text === "") return;
    try {
      timeline.send(text);
      problem.textContent = "";
      input.value = "";
      refresh();
    } catch (error) {
      problem.textContent = describeError(error);
    }
  });
  return {
    element: form,
    focus: () => input.focus(),
    setLabel(text) {
      if (input.placeholder !== text) input.placeholder = input.ariaLabel = text;
    },
  };
}
