/** How current the page is: a sign that is always there, and a line about it while something may be out of date. */

import type { StateChange } from "room-events";

import { h, setText } from "../dom.ts";
import { words } from "../format.ts";
import type { Session } from "../session.ts";
import type { View } from "./pane.ts";

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
      element.dataset.status = statusOf(session);
      element.dataset.freshness = session.store.freshness.get();
      setText(label, labelOf(session));
      drawCountdown();
    },
  };
}

/** The line under the top bar: what may be out of date, why, and what comes next. */
export function freshnessBanner(session: Session): View {
  const element = h("p", { class: "banner", role: "status" });
  return {
    element,
    render() {
      setText(element, lineAbout(session));
      element.hidden = element.textContent === "";
    },
  };
}

function statusOf({ client, problem }: Session): StateChange["status"] | "failed" {
  return problem === null ? (client?.status ?? "connecting") : "failed";
}

function labelOf(session: Session): string {
  const status = statusOf(session);
  const freshness = session.store.freshness.get();
  if (status === "failed") return "No live events";
  if (status === "open") return freshness === "stale" ? "Out of date" : freshness === "catching-up" ? "Catching up" : "Live";
  // The same words while it waits and at each attempt, so that nothing new is read out.
  if (status === "waiting" || (status === "connecting" && session.client?.connection.cause)) return "Reconnecting";
  return status === "catching-up" ? "Catching up" : words(status.replace(/^./, (first) => first.toUpperCase()));
}

function lineAbout(session: Session): string {
  const status = statusOf(session);
  if (session.problem !== null) return `The page cannot load anything: ${session.problem}`;
  if (session.store.freshness.get() !== "stale") return "";
  const cause = session.store.cause.get() ?? "the reason is unknown";
  if (status === "open") return `Some of what you see may be out of date: ${cause}. It is tried again.`;
  if (status === "offline") return "You are offline. What you see may be out of date. What you write is sent once you are back.";
  return `Events are not arriving: ${cause}. What you see may be out of date. It is brought up to date, and what you write is sent, once the connection is back.`;
}
