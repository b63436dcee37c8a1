/** How current the page is: a sign that is always there, and a line about it while something may be out of date. */

import type { Freshness, StateChange } from "room-events";

import { h, setText } from "../dom.ts";
import { words } from "../format.ts";
import type { Session } from "../session.ts";
import type { View } from "./conversation.ts";

/** How often the countdown is looked at, in milliseconds. */
const COUNTDOWN_TICK = 250;

/** The sign in the top bar. */
export function connectionSign(session: Session): View {
  const label = h("span", { class: "connection-label", role: "status" });
  // Read out every second it would be noise: the label beside it says what matters.
  const countdown = h("span", { class: "connection-countdown", "aria-hidden": "true" });
  const dot = h("span", { class: "connection-dot", "aria-hidden": "true" });
  const element = h("div", { class: "connection", role: "group", "aria-label": "Connection" }, dot, label, countdown);
  let timer = 0;

  function drawCountdown(): void {
    const { client } = session;
    // While it waits: when the connection tries again, on `Date.now()`'s clock.
    const retryAt = client?.status === "waiting" ? client.connection.retryAt : null;
    setText(countdown, retryAt === null ? "" : `in ${Math.max(0, Math.ceil((retryAt - Date.now()) / 1000))} s`);
    window.clearTimeout(timer);
    if (retryAt !== null) timer = window.setTimeout(drawCountdown, COUNTDOWN_TICK);
  }

  return {
    element,
    render() {
      const { status, freshness } = stateOf(session);
      element.dataset.status = status;
      element.dataset.freshness = freshness;
      setText(label, labelOf(status, freshness, Boolean(session.client?.connection.cause)));
      drawCountdown();
    },
  };
}

/** The line under the top bar: what may be out of date, why, and what comes next. */
export function freshnessBanner(session: Session): View {
  const text = h("p", {});
  const element = h("div", { class: "banner", role: "status" }, text);
  return {
    element,
    render() {
      const line = lineAbout(session);
      element.hidden = line === "";
      setText(text, line);
    },
  };
}

function stateOf({ client, problem, store }: Session): { status: StateChange["status"] | "failed"; freshness: Freshness } {
  return { status: problem === null ? (client?.status ?? "connecting") : "failed", freshness: store.freshness.get() };
}

function labelOf(status: string, freshness: Freshness, isAgain: boolean): string {
  switch (status) {
    case "open":
      return freshness === "stale" ? "Out of date" : freshness === "catching-up" ? "Catching up" : "Live";
    case "catching-up":
      return "Catching up";
    case "connecting":
      // The same words as while it waits, so that nothing new is read out at each attempt.
      return isAgain ? "Reconnecting" : "Connecting";
    case "waiting":
      return "Reconnecting";
    case "failed":
      return "No live events";
    default:
      return words(status.replace(/^./, (first) => first.toUpperCase()));
  }
}

function lineAbout(session: Session): string {
  const { status, freshness } = stateOf(session);
  if (session.problem !== null) return `The page cannot load anything: ${session.problem}`;
  if (freshness !== "stale") return "";
  const cause = session.store.cause.get() ?? "the reason is unknown";
  if (status === "open") return `Some of what you see may be out of date: ${cause}. It is tried again.`;
  if (status === "offline") return "You are offline. What you see may be out of date. What you write is sent once you are back.";
  return `Events are not arriving: ${cause}. What you see may be out of date. It is brought up to date, and what you write is sent, once the connection is back.`;
}
