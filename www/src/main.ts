/** Where the page begins: who is here decides what is shown. */

import type { Session as Login } from "room-events/rest";

import { currentSession, describeError } from "./api.ts";
import { button } from "./dom.ts";
import { Session } from "./session.ts";
import { applyTheme, storedTheme } from "./theme.ts";
import { appView } from "./views/app.ts";
import { emptyState } from "./views/empty.ts";
import { loginView } from "./views/login.ts";
import { Toasts } from "./views/toasts.ts";

applyTheme(storedTheme());

const toasts = new Toasts();
const root = document.createElement("div");
root.id = "app";
document.body.append(root, toasts.element);

async function begin(): Promise<void> {
  root.replaceChildren();
  try {
    const session = await currentSession();
    if (session) showChat(session);
    else showLogin(null);
  } catch (error) {
    root.replaceChildren(emptyState("The page cannot start", describeError(error), button({ class: "button" }, () => void begin(), "Try again")));
  }
}

function showLogin(notice: string | null): void {
  for (const dialog of document.querySelectorAll("dialog")) dialog.close();
  document.title = "Log in · room-events";
  root.replaceChildren(loginView(notice, showChat));
  document.getElementById("user-name")?.focus();
}

function showChat({ userId }: Login): void {
  const session = new Session(userId, { onEnd: showLogin, onNotice: (text) => toasts.show(text) });
  root.replaceChildren(appView(session, toasts));
}

void begin();
