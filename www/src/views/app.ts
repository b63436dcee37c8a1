/** The page of somebody who is logged in: top bar, rooms, the open room, its thread, and the live log. */

import { describeError } from "../api.ts";
import { button, h } from "../dom.ts";
import type { Session } from "../session.ts";
import { readSetting, writeSetting } from "../settings.ts";
import { freshnessBanner } from "./connection.ts";
import { conversationView } from "./conversation.ts";
import { inspectorView } from "./inspector.ts";
import { roomsView } from "./rooms.ts";
import { threadView } from "./thread.ts";
import type { Toasts } from "./toasts.ts";
import { topBar } from "./top-bar.ts";

const LOG_SETTING = "room-events-demo.log";

/** Widths of the style sheet: up to the first, one pane is shown at a time; from the second on, the log is open at first. */
const NARROW = "(max-width: 759px)";
const ROOMY = "(min-width: 960px)";

export function appView(session: Session, toasts: Toasts): HTMLElement {
  let logOpen = matchMedia(ROOMY).matches && readSetting(LOG_SETTING) !== "closed";

  const setLog = (open: boolean): void => {
    logOpen = open;
    if (!matchMedia(NARROW).matches) writeSetting(LOG_SETTING, open ? "open" : "closed");
    session.signal.changed();
  };
  const logout = (): void => void session.logout().catch((error: unknown) => toasts.show(describeError(error)));
  const bar = topBar(session, () => logOpen, () => setLog(!logOpen), logout);
  const banner = freshnessBanner(session);
  const rooms = roomsView(session);
  const conversation = conversationView(session);
  const thread = threadView(session);
  const inspector = inspectorView(session, () => {
    setLog(false);
    bar.element.querySelector<HTMLElement>("[aria-controls=inspector]")?.focus();
  });

  const panes = h("main", { class: "panes" }, rooms.element, conversation.element, thread.element, inspector);
  const skip = button({ class: "skip-link" }, () => conversation.element.focus(), "Skip to the open room");
  const element = h("div", { class: "app" }, h("header", {}, skip, bar.element, banner.element), panes);

  let wasThread = session.route.threadId;
  session.onDraw = () => {
    const { roomId, threadId } = session.route;
    // On a narrow screen the log lies over the rest; whoever opens a thread wants to see that.
    if (threadId !== wasThread && threadId !== null && matchMedia(NARROW).matches) logOpen = false;
    wasThread = threadId;
    panes.dataset.pane = threadId !== null ? "thread" : roomId !== null ? "room" : "rooms";
    panes.classList.toggle("with-log", logOpen);
    panes.classList.toggle("with-thread", threadId !== null);
    inspector.hidden = !logOpen;
    for (const view of [bar, banner, rooms, conversation, thread]) view.render();
    const { messages } = session.store.unread.get();
    document.title = messages > 0 ? `(${messages}) room-events` : "room-events";
  };
  session.onDraw();
  return element;
}
