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

  /** What is to be sent, oldest first. The first is on its way. */
  const queue: string[] = [];

  const refresh = (): void => {
    send.disabled = input.value.trim() === "";
    form.ariaBusy = queue.length > 0 ? "true" : null;
  };
  const write = (text: string): void => {
    input.value = text;
    drafts.set(place, text);
    refresh();
  };
  /** Sends one after the other, so that they arrive in the order in which they were written. */
  const sendAll = async (): Promise<void> => {
    for (let text = queue[0]; text !== undefined; text = queue[0]) {
      try {
        await onSend(text);
        queue.shift();
      } catch (error) {
        problem.textContent = describeError(error);
        // Nothing is lost: it is in the field again, before what was written since, also in another field for the place.
        write([...queue.splice(0), drafts.get(place) ?? ""].filter((part) => part !== "").join("\n"));
      }
      refresh();
    }
  };
  input.addEventListener("input", () => {
    drafts.set(place, input.value);
    refresh();
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowUp" && input.value === "" && onEditLast()) event.preventDefault();
    if (!isSubmitKey(event)) return;
    event.preventDefault();
    form.requestSubmit();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const text = input.value.trim();
    if (text === "") return;
    problem.textContent = "";
    queue.push(text);
    if (queue.length === 1) void sendAll();
    // Whoever types fast begins the next one at once.
    write("");
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
