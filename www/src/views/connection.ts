/** The state of the connection: a sign that is always there, and a line about it while events do not flow. */

import type { ConnectionState } from "room-events";

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
    const { nextAttemptAt } = session;
    setText(countdown, nextAttemptAt === null ? "" : `in ${secondsUntil(nextAttemptAt)} s`);
  }

  return {
    element,
    render() {
      const state = session.connectProblem === null ? (session.connection?.state ?? "connecting") : "failed";
      element.dataset.state = state;
      setText(label, labelOf(state, session.connection));
      drawCountdown();
      const counting = session.nextAttemptAt !== null;
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

function labelOf(state: string, connection: ConnectionState | null): string {
  switch (state) {
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
      return words(state);
  }
}

function lineAbout({ connectProblem, connection }: Session): string | null {
  if (connectProblem !== null) return `Live events could not start: ${connectProblem}`;
  const cause = connection?.cause;
  if (!connection || connection.state === "open" || !cause) return null;
  const reason = cause.reason === "" ? "" : `, ${cause.reason}`;
  return `Events are not arriving (${cause.code}${reason}). What you see may be out of date; it is brought up to date once the connection is back.`;
}

function secondsUntil(moment: number): number {
  return Math.max(0, Math.ceil((moment - performance.now()) / 1000));
}
