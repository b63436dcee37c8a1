/** A message that is being sent, or was not sent. */

import type { SendFailureReason } from "room-events";
import type { OutgoingItem, Timeline } from "room-events/store";

import { button, h, setText, type Row } from "../dom.ts";
import type { Session } from "../session.ts";
import { avatar } from "./avatar.ts";
import { icon } from "./icons.ts";

const REASONS: Record<Exclude<SendFailureReason, "refused">, string> = {
  unreachable: "the server did not take it, several times.",
  unclear: "whether the server has it cannot be found out.",
  gone: "what it was written to is gone.",
  "other-user": "somebody else has logged in.",
};

export interface OutgoingLine {
  readonly item: OutgoingItem;
  /** It stands under a message of the same author: the name is not shown again. */
  readonly continued: boolean;
}

export function outgoingRow(session: Session, timeline: Timeline, { key, text }: OutgoingItem): Row<OutgoingLine> {
  const sign = avatar();
  const author = h("span", { class: "author" });
  const sentence = h("span");
  const label = h("span", { class: "send-label" }, icon("clock"), icon("warning"), sentence);
  const resend = button({ class: "button small" }, () => timeline.resend(key), "Send again");
  const discard = button({ class: "button small" }, () => timeline.discard(key), "Discard");
  const state = h("footer", { class: "send-state" }, label, resend, discard);
  const body = h("div", { class: "message-body" }, h("header", { class: "message-header" }, author), h("p", { class: "text", dir: "auto" }, text), state);
  const element = h("li", { class: "message outgoing" }, sign.element, body);
  return {
    element,
    update({ item, continued }) {
      const isConnected = session.client?.status === "open";
      element.classList.toggle("continued", continued);
      element.dataset.state = item.state;
      sign.update(session.me, session.userName(session.me));
      setText(author, session.userName(session.me));
      setText(sentence, sentenceAbout(item, isConnected));
      resend.hidden = !item.failure?.mayResend;
      discard.hidden = item.state === "sending" || (item.state === "queued" && isConnected);
    },
  };
}

function sentenceAbout({ state, failure }: OutgoingItem, isConnected: boolean): string {
  if (failure?.reason === "refused") return `Not sent: the server has refused it (status ${failure.status}).`;
  if (failure) return `Not sent: ${REASONS[failure.reason]}`;
  if (state === "unconfirmed") return "Finding out whether it was sent…";
  return state === "queued" && !isConnected ? "Waits for a connection" : "Sending…";
}
