/** The dialogs: one to confirm, one to make or rename a room. */

import type { NewRoom } from "room-events/reference";
import type { User } from "room-events/rest";

import { button, h, onSubmit, type Child } from "../dom.ts";

interface DialogParts {
  title: string;
  body: Child[];
  submit: string;
  danger?: boolean;
  /** Does what the dialog is for. It closes when this succeeds and shows the error when it does not. */
  run: () => Promise<void>;
}

let nextId = 1;

function openDialog({ title, body, submit, danger = false, run }: DialogParts): void {
  const titleId = `dialog-${nextId++}`;
  const problem = h("p", { class: "form-error", role: "alert" });
  const submitButton = h("button", { type: "submit", class: danger ? "button danger" : "button primary" }, submit);
  const form = h("form", { class: "dialog-form" },
    h("h2", { id: titleId }, title),
    ...body,
    problem,
    h("div", { class: "dialog-actions" }, button({ class: "button" }, () => dialog.close(), "Cancel"), submitButton),
  );
  const dialog = h("dialog", { class: "dialog", "aria-labelledby": titleId }, form);
  onSubmit(form, submitButton, problem, () => run().then(() => dialog.close()));
  dialog.addEventListener("close", () => dialog.remove());
  dialog.addEventListener("click", (event) => {
    // The backdrop is the dialog itself; everything inside of it is the form.
    if (event.target === dialog) dialog.close();
  });
  document.body.append(dialog);
  dialog.showModal();
}

/** Asks before something that cannot be taken back. */
export function confirmDialog(title: string, text: string, submit: string, run: () => Promise<void>): void {
  openDialog({ title, body: [h("p", { class: "dialog-text" }, text)], submit, danger: true, run });
}

/** Asks for a room's new name. */
export function renameRoomDialog(name: string, rename: (name: string) => Promise<void>): void {
  const field = nameField(name);
  openDialog({ title: "Rename room", body: [field.element], submit: "Rename", run: () => rename(field.input.value.trim()) });
  field.input.select();
}

/** Asks for all that a new room needs; `others` may be invited to a private one. */
export function newRoomDialog(others: readonly User[], create: (room: NewRoom) => Promise<void>): void {
  const field = nameField("");
  const isPublic = h("input", { type: "radio", name: "roomType", value: "Public" });
  const isPrivate = h("input", { type: "radio", name: "roomType", value: "Private" });
  isPublic.checked = true;
  const invitations = others.map((user) => ({ user, box: h("input", { type: "checkbox" }) }));
  const members = h("fieldset", { class: "choices", hidden: true },
    h("legend", {}, "Members"),
    ...invitations.map(({ user, box }) => h("label", { class: "choice" }, box, h("span", {}, user.displayName))),
  );
  for (const choice of [isPublic, isPrivate]) choice.addEventListener("change", () => (members.hidden = !isPrivate.checked || others.length === 0));
  const visibility = h("fieldset", { class: "choices" },
    h("legend", {}, "Who may see it"),
    h("label", { class: "choice" }, isPublic, h("span", {}, "Public", h("small", {}, "Every user sees it"))),
    h("label", { class: "choice" }, isPrivate, h("span", {}, "Private", h("small", {}, "Its members alone"))),
  );
  const run = (): Promise<void> => {
    const room: NewRoom = { name: field.input.value.trim(), roomType: isPrivate.checked ? "Private" : "Public" };
    if (isPrivate.checked) room.memberIds = invitations.filter(({ box }) => box.checked).map(({ user }) => user.userId);
    return create(room);
  };
  openDialog({ title: "New room", body: [field.element, visibility, members], submit: "Create", run });
}

function nameField(value: string): { element: HTMLElement; input: HTMLInputElement } {
  const input = h("input", { type: "text", class: "input", required: true, maxlength: 100, autocomplete: "off", autofocus: true });
  input.value = value;
  return { element: h("label", { class: "field" }, h("span", {}, "Name"), input), input };
}
