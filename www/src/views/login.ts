/** The log-in page. */

import type { Session } from "room-events/rest";

import { rest } from "../api.ts";
import { button, h, onSubmit } from "../dom.ts";
import { logo } from "./icons.ts";

/** Who exists on a reference server that was started without a database. The password is the name. */
const SEEDED = ["admin", "bob", "alice"] as const;

/** `notice` says why one is here again; `onLogin` is told who came. */
export function loginView(notice: string | null, onLogin: (session: Session) => void): HTMLElement {
  const userName = h("input", {
    class: "input", id: "user-name", type: "text", name: "username", autocomplete: "username", autocapitalize: "none", spellcheck: "false",
    required: true, "aria-describedby": "login-problem",
  });
  const password = h("input", {
    class: "input", id: "password", type: "password", name: "password", autocomplete: "current-password", required: true,
    "aria-describedby": "login-problem",
  });
  const problem = h("p", { class: "form-error", role: "alert", id: "login-problem" });
  const submit = h("button", { class: "button primary wide", type: "submit" }, "Log in");

  const field = (text: string, input: HTMLElement): HTMLElement => h("div", { class: "field" }, h("label", { for: input.id }, text), input);
  const form = h("form", { class: "login-form", method: "post" }, field("User name", userName), field("Password", password), problem, submit);
  onSubmit(form, submit, problem, async () => {
    submit.textContent = "Logging in…";
    try {
      onLogin(await rest.login(userName.value, password.value));
    } finally {
      submit.textContent = "Log in";
      password.select();
    }
  });

  const hints = SEEDED.map((name) =>
    button({ class: "chip", "aria-label": `Fill in ${name}` }, () => {
      userName.value = name;
      password.value = name;
      submit.focus();
    }, h("span", {}, name)),
  );

  const card = h("div", { class: "login-card" },
    h("div", { class: "login-brand" }, logo(), h("h1", {}, "room-events")),
    h("p", { class: "login-lead" }, "A small chat on a live event stream. Log in twice, in two windows, and watch the events arrive."),
    notice !== null && h("p", { class: "form-notice", role: "status" }, notice),
    form,
    h("div", { class: "login-hints" }, h("p", {}, "Users of the demo; each one’s password is the name."), h("div", { class: "chips" }, ...hints)),
  );
  return h("main", { class: "login" }, card);
}
