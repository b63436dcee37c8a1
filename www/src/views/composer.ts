/** Where a message or a comment is written. */

import { describeError } from "../api.ts";
import { h } from "../dom.ts";
import { isSubmitKey } from "./editor.ts";
import { icon } from "./icons.ts";

/** What was written and not sent, by the place where it was written, for as long as the page lives. */
export type Drafts = Map<string, string>;

interface ComposerParts {
  /** What this is for a screen reader, and in the empty field. */
  label: string;
  drafts: Drafts;
  /** The draft's place. */
  place: string;
  onSend: (text: string) => Promise<void>;
  /** Arrow up in the empty field: opens the person's last message for editing. False where there is none. */
  onEditLast: () => boolean;
}

export interface Composer {
  readonly element: HTMLElement;
  focus(): void;
  setLabel(label: string): void;
}

export function composer({ label, drafts, place, onSend, onEditLast }: ComposerParts): Composer {
  const input = h("textarea", { rows: 1, "aria-label": label, placeholder: label, enterkeyhint: "send", dir: "auto" });
  input.value = drafts.get(place) ?? "";
  const problem = h("p", { class: "form-error", role: "alert" });
  const send = h("button", { type: "submit", class: "send-button", "aria-label": "Send", title: "Send" }, icon("send"));
  const form = h("form", { class: "composer" }, problem, h("div", { class: "composer-field" }, input, send));

  const refresh = (): void => {
    drafts.set(place, input.value);
    send.disabled = form.ariaBusy === "true" || input.value.trim() === "";
  };
  input.addEventListener("input", refresh);
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowUp" && input.value === "" && onEditLast()) event.preventDefault();
    if (!isSubmitKey(event)) return;
    event.preventDefault();
    form.requestSubmit();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const text = input.value.trim();
    if (text === "" || form.ariaBusy === "true") return;
    problem.textContent = "";
    const written = input.value;
    form.ariaBusy = "true";
    refresh();
    onSend(text)
      .then(() => {
        // Whoever types fast has begun the next one already.
        if (input.value === written) input.value = "";
        else if (input.value.startsWith(written)) input.value = input.value.slice(written.length);
      })
      .catch((error: unknown) => {
        problem.textContent = describeError(error);
      })
      .finally(() => {
        form.ariaBusy = null;
        refresh();
      });
  });
  refresh();
  return {
    element: form,
    focus: () => input.focus(),
    setLabel(text) {
      if (input.placeholder === text) return;
      input.placeholder = text;
      input.ariaLabel = text;
    },
  };
}
