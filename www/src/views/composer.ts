/** Where a message or a comment is written. */

import { describeError } from "../api.ts";
import { h, iconButton } from "../dom.ts";
import type { Drafts } from "../drafts.ts";
import { isSubmitKey } from "./editor.ts";
import { icon } from "./icons.ts";
import type { TimelineView } from "./timeline.ts";

export type Composer = ReturnType<typeof composer>;

/** `label` names the field; what is written in it and not sent is kept as the draft of that place. */
export function composer(label: string, timeline: TimelineView, drafts: Drafts, place: string) {
  const input = h("textarea", { rows: 1, "aria-label": label, placeholder: label, enterkeyhint: "send", dir: "auto" });
  const problem = h("p", { class: "form-error", role: "alert" });
  const send = h("button", { type: "submit", class: "send-button", "aria-label": "Send", title: "Send" }, icon("send"));
  const picker = h("input", { type: "file", hidden: true, "aria-label": "Files" });
  picker.multiple = true;
  const pick = iconButton("Attach files", "clip", () => picker.click());
  const chosen = h("ul", { class: "attachments", "aria-label": "Files to send" });
  const form = h("form", { class: "composer" }, problem, chosen, h("div", { class: "composer-field" }, pick, picker, input, send));
  let files: File[] = [];

  const refresh = (): void => {
    drafts.set(place, input.value);
    send.disabled = input.value.trim() === "" && files.length === 0;
    chosen.hidden = files.length === 0;
  };
  const choose = (now: Iterable<File>): void => {
    files = [...now];
    chosen.replaceChildren(...files.map((file) => {
      const remove = iconButton(`Remove ${file.name}`, "close", () => choose(files.filter((other) => other !== file)));
      return h("li", { class: "attachment" }, icon("file"), h("span", { class: "file-name" }, file.name), remove);
    }));
    refresh();
  };
  picker.addEventListener("change", () => {
    choose([...files, ...(picker.files ?? [])]);
    picker.value = "";
  });
  input.addEventListener("paste", ({ clipboardData }) => choose([...files, ...(clipboardData?.files ?? [])]));
  input.value = drafts.get(place);
  choose([]);
  input.addEventListener("input", refresh);
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowUp" && input.value === "" && timeline.editLastOwn()) event.preventDefault();
    if (!isSubmitKey(event)) return;
    event.preventDefault();
    form.requestSubmit();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    // A message needs a text.
    const text = input.value.trim() || files.map(({ name }) => name).join(", ");
    if (text === "") return;
    try {
      timeline.send(text, files);
      problem.textContent = "";
      input.value = "";
      choose([]);
    } catch (error) {
      problem.textContent = describeError(error);
    }
  });
  return {
    element: form,
    focus: (): void => input.focus(),
    setLabel(text: string): void {
      if (input.placeholder !== text) input.placeholder = input.ariaLabel = text;
    },
  };
}
