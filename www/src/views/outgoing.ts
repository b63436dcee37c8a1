/** A message that is being sent, or was not sent. */

import type { OutgoingItem, Timeline } from "room-events/store";

import { button, h, setText } from "../dom.ts";
import type { Session } from "../session.ts";
import { avatar } from "./avatar.ts";
import { icon } from "./icons.ts";

export interface OutgoingRow {
  readonly element: HTMLElement;
  update(item: OutgoingItem, continued: boolean): void;
}

export function outgoingRow(session: Session, timeline: Timeline, { key, text }: OutgoingItem): OutgoingRow {
  const sign = avatar();
  const author = h("span", { class: "author" });
  const label = h("span");
  const resend = button({ class: "button small" }, () => timeline.resend(key), "Send again");
  const discard = button({ class: "button small" }, () => timeline.discard(key), "Discard");
  const state = h("footer", { class: "send-state" }, icon("clock"), icon("warning"), label, resend, discard);
  const body = h("div", { class: "message-body" }, h("header", { class: "message-header" }, author), h("p", { class: "text", dir: "auto" }, text), state);
  const element = h("li", { class: "message outgoing" }, sign.element, body);
  return {
    element,
    update(item, continued) {
      element.classList.toggle("continued", continued);
      element.dataset.state = item.state;
      sign.update(session.me, session.userName(session.me));
      setText(author, session.userName(session.me));
      setText(label, sentenceAbout(item, session.client?.status === "open"));
      resend.hidden = !item.failure?.mayResend;
      discard.hidden = item.state === "sending" || (item.state === "queued" && session.client?.status === "open");
    },
  };
}

function sentenceAbout({ state, failure }: OutgoingItem, isConnected: boolean): string {
  switch (state) {
    case "queued":
      return isConnected ? "Sending…" : "Waits for a connection";
    case "sending":
      return "Sending…";
    case "unconfirmed":
      return "Finding out whether it was sent…";
    case "failed":
      return `Not sent: ${reasonOf(failure)}`;
  }
}

function reasonOf(failure: OutgoingItem["failure"]): string {
  switch (failure?.reason) {
    case "unreachable":
      return "the server did not take it, several times.";
    case "unclear":
      return "whether the server has it cannot be found out.";
    case "gone":
      return "what it was written to is gone.";
    case "other-user":
      return "somebody else has logged in.";
    default:
      return `the server has refused it (status ${failure?.status}).`;
  }
}
