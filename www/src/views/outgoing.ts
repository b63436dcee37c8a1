/** A message that is being sent, or was not sent. */

import type { SendFailureReason } from "room-events";
import type { OutgoingItem, Timeline } from "room-events/store";

import { button, h, setText, type Row } from "../dom.ts";
import { count } from "../format.ts";
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

export function outgoingRow(session: Session, timeline: Timeline, { key, text, files }: OutgoingItem): Row<OutgoingLine> {
  const sign = avatar();
  const author = h("span", { class: "author" });
  const sentence = h("span");
  const label = h("span", { class: "send-label" }, icon("clock"), icon("warning"), sentence);
  const resend = button({ class: "button small" }, () => timeline.resend(key), "Send again");
  const discard = button({ class: "button small" }, () => timeline.discard(key), "Discard");
  const state = h("footer", { class: "send-state" }, label, resend, discard);
  const said = h("p", { class: "text", dir: "auto" });
  const names = files.map((file) => (file instanceof File ? file.name : "a file")).join(", ");
  const bar = h("progress", { "aria-label": `Upload of ${names}` });
  const upload = h("div", { class: "upload" }, icon("file"), h("span", { class: "upload-label" }, names), bar);
  const body = h("div", { class: "message-body" }, h("header", { class: "message-header" }, author), said, upload, state);
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
      // The message itself is there by then.
      said.hidden = item.messageId !== null;
      setText(said, said.hidden ? "" : text);
      upload.hidden = files.length === 0;
      bar.hidden = item.state !== "uploading";
      bar.value = item.progress;
      setText(discard, bar.hidden ? "Discard" : "Cancel");
      resend.hidden = !item.failure?.mayResend;
      discard.hidden = item.state === "sending" || (item.state === "queued" && isConnected);
    },
  };
}

function sentenceAbout({ state, failure, messageId, files }: OutgoingItem, isConnected: boolean): string {
  const what = messageId === null ? "Not sent" : "Not uploaded";
  if (failure?.reason === "refused") return `${what}: the server has refused it (status ${failure.status}).`;
  if (failure) return `${what}: ${REASONS[failure.reason]}`;
  if (state === "uploading") return `Uploading ${count(files.length, "file", "files")}…`;
  if (state === "unconfirmed") return "Finding out whether it was sent…";
  return state === "queued" && !isConnected ? "Waits for a connection" : "Sending…";
}
