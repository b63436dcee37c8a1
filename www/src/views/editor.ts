/** Changing the text of a message in its place. */

import { button, h, onSubmit } from "../dom.ts";

export type Editor = ReturnType<typeof editor>;

/** It is closed when `onSave` succeeds, and shows the error when it does not. */
export function editor(text: string, onSave: (text: string) => Promise<void>, onClose: () => void) {
  const input = h("textarea", { class: "input", rows: 1, "aria-label": "Message text", dir: "auto" });
  input.value = text;
  const problem = h("p", { class: "form-error", role: "alert" });
  const save = h("button", { type: "submit", class: "button primary small" }, "Save");
  const hint = h("span", { class: "hint" }, "Enter saves, Escape cancels");
  const actions = h("div", { class: "editor-actions" }, save, button({ class: "button small" }, onClose, "Cancel"), hint);
  const form = h("form", { class: "editor" }, input, problem, actions);
  onSubmit(form, save, problem, async () => {
    const changed = input.value.trim();
    if (changed === "") throw new Error("A message cannot be empty. Delete it instead.");
    await onSave(changed);
    onClose();
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
    focus(): void {
      input.focus();
      input.setSelectionRange(input.value.length, input.value.length);
    },
  };
}

/** Enter, but not the one that breaks a line or accepts what an input method suggests. */
export function isSubmitKey(event: KeyboardEvent): boolean {
  return event.key === "Enter" && !event.shiftKey && !event.isComposing;
}
