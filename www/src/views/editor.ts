/** Changing the text of a message in its place. */

import { describeError } from "../api.ts";
import { button, h } from "../dom.ts";

export interface Editor {
  readonly element: HTMLElement;
  focus(): void;
}

interface EditorParts {
  text: string;
  /** Saves; the editor closes when it succeeds and shows the error when it does not. */
  onSave: (text: string) => Promise<void>;
  onClose: () => void;
}

export function editor({ text, onSave, onClose }: EditorParts): Editor {
  const input = h("textarea", { class: "input", rows: 1, "aria-label": "Message text", dir: "auto" });
  input.value = text;
  const problem = h("p", { class: "form-error", role: "alert" });
  const save = h("button", { type: "submit", class: "button primary small" }, "Save");
  const form = h(
    "form",
    { class: "editor" },
    input,
    problem,
    h("div", { class: "editor-actions" }, save, button({ class: "button small" }, onClose, "Cancel"), h("span", { class: "hint" }, "Enter saves, Escape cancels")),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const changed = input.value.trim();
    if (changed === "") {
      problem.textContent = "A message cannot be empty. Delete it instead.";
      return;
    }
    save.disabled = true;
    onSave(changed).then(onClose, (error: unknown) => {
      save.disabled = false;
      problem.textContent = describeError(error);
    });
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      event.stopPropagation();
      onClose();
    }
    if (isSubmitKey(event)) {
      event.preventDefault();
      form.requestSubmit();
    }
  });
  return {
    element: form,
    focus() {
      input.focus();
      input.setSelectionRange(input.value.length, input.value.length);
    },
  };
}

/** Enter, but not the one that breaks a line or accepts what an input method suggests. */
export function isSubmitKey(event: KeyboardEvent): boolean {
  return event.key === "Enter" && !event.shiftKey && !event.isComposing;
}
