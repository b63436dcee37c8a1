/** The status of the connection: a sign that is always there, and a line about it while events do not flow. */

import type { StateChange } from "room-events";

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
  const element = h(
    "div",
    { class: "connection", role: "group", "aria-label": "Connection" },
    h("span", { class: "connection-dot", "aria-hidden": "true" }),
    label,
    countdown,
  );
  let timer = 0;

  function drawCountdown(): void {
    const retryAt = waitsUntil(session);
    setText(countdown, retryAt === null ? "" : `in ${secondsUntil(retryAt)} s`);
  }

  return {
    element,
    render() {
      const status = session.connectProblem === null ? (session.connection?.status ?? "connecting") : "failed";
      element.dataset.status = status;
      setText(label, labelOf(status, session.connection));
      drawCountdown();
      const counting = waitsUntil(session) !== null;
      if (counting && timer === 0) timer = window.setInterval(drawCountdown, COUNTDOWN_TICK);
      if (!counting && timer !== 0) {
        window.clearInterval(timer);
        timer = 0;
      }
    },
  };
}

/** The line under the top bar: why no events flow, and what comes next. */
export function connectionBanner(session: Session): View {
  const text = h("p", {});
  const element = h("div", { class: "banner", hidden: true }, text);
  return {
    element,
    render() {
      const line = lineAbout(session);
      element.hidden = line === null;
      if (line !== null) setText(text, line);
    },
  };
}

function labelOf(status: string, connection: StateChange | null): string {
  switch (status) {
    case "open":
      return "Live";
    case "connecting":
      // The same words as while it waits, so that nothing new is read out at each attempt.
      return connection?.cause ? "Reconnecting" : "Connecting";
    case "waiting":
      return "Reconnecting";
    case "failed":
      return "No live events";
    default:
      return words(status);
  }
}

function lineAbout({ connectProblem, connection }: Session): string | null {
  if (connectProblem !== null) return `Live events could not start: ${connectProblem}`;
  const cause = connection?.cause;
  if (!connection || connection.status === "open" || !cause) return null;
  const reason = cause.reason === "" ? "" : `, ${cause.reason}`;
  return `Events are not arriving (${cause.code}${reason}). What you see may be out of date; it is brought up to date once the connection is back.`;
}

/** While the connection waits: when it tries again, on `Date.now()`'s clock. */
function waitsUntil({ connection }: Session): number | null {
  return connection?.status === "waiting" ? connection.retryAt : null;
}

function secondsUntil(moment: number): number {
  return Math.max(0, Math.ceil((moment - Date.now()) / 1000));
}
