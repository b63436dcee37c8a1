/** What stands in a list of messages: the messages, what is being sent, days, gaps, and a line above what is unread. */

import type { Message } from "room-events";
import type { GapItem, Timeline, TimelineItem } from "room-events/store";

import { button, h, setText, type Row } from "../dom.ts";
import { day, midnight } from "../format.ts";
import { MessageRow, readersOf, type MessageLine } from "./message.ts";
import { outgoingRow, type OutgoingLine } from "./outgoing.ts";
import type { Session } from "../session.ts";

/** Messages of one author that are closer than this (milliseconds) stand under one name. */
const CONTINUED_WITHIN = 5 * 60_000;

type GapLine = { gap: GapItem };
type DayLine = { at: number };

export type Line = { key: string } & (
  | ({ kind: "day" } & DayLine)
  | { kind: "unread" }
  | ({ kind: "gap" } & GapLine)
  | ({ kind: "outgoing" } & OutgoingLine)
  | ({ kind: "message" } & MessageLine)
);

/** The lines of a list; `unreadFrom` is the message above which the line about unread ones stands. */
export function linesOf(items: readonly TimelineItem[], me: number, unreadFrom: number | null, commentable: boolean): Line[] {
  const lines: Line[] = [];
  items.forEach((item, index) => {
    const [before, after] = [items[index - 1], items[index + 1]];
    if (item.kind === "gap") lines.push({ key: item.key, kind: "gap", gap: item });
    if (item.kind === "outgoing") {
      const continued = before?.kind === "outgoing" || (before?.kind === "message" && before.message.userId === me);
      lines.push({ key: item.key, kind: "outgoing", item, continued });
    }
    if (item.kind !== "message") return;
    const { message } = item;
    const last = before?.kind === "message" ? before.message : null;
    const next = after?.kind === "message" ? after.message : null;
    const isFirstUnread = message.messageId === unreadFrom;
    if (!last || midnight(last.createdUtc) !== midnight(message.createdUtc)) lines.push({ key: `day-${message.messageId}`, kind: "day", at: message.createdUtc });
    if (isFirstUnread) lines.push({ key: "unread", kind: "unread" });
    lines.push({
      key: item.key,
      kind: "message",
      message,
      continued: last !== null && !isFirstUnread && continues(last, message),
      receiptsBelow: next !== null && continues(message, next) && String(readersOf(message)) === String(readersOf(next)),
      commentable,
    });
  });
  return lines;
}

/** Makes the row of a line. It is updated with lines of the same key, so of the same kind. */
export function rowOf(line: Line, session: Session, timeline: Timeline): Row<Line> {
  const rows = {
    day: dayRow,
    unread: () => ({ element: h("li", { class: "unread-line" }, h("span", {}, "New messages")), update: () => undefined }),
    gap: () => gapRow(timeline),
    outgoing: () => outgoingRow(session, timeline, (line as OutgoingLine).item),
    message: () => new MessageRow(session, line as MessageLine),
  };
  return rows[line.kind]() as Row<Line>;
}

function dayRow(): Row<DayLine> {
  const label = h("span");
  return { element: h("li", { class: "day" }, label), update: ({ at }) => setText(label, day(at, Date.now())) };
}

function gapRow(timeline: Timeline): Row<GapLine> {
  let key = "";
  const fill = button({ class: "button small" }, () => timeline.fill(key));
  return {
    element: h("li", { class: "gap" }, h("span", {}, "Messages are missing here"), fill),
    update({ gap }) {
      key = gap.key;
      fill.disabled = gap.isLoading;
      setText(fill, gap.isLoading ? "Loading…" : "Load missing messages");
    },
  };
}

/** Whether the second message stands under the name of the first. */
function continues(first: Message, second: Message): boolean {
  const [before, after] = [first.createdUtc, second.createdUtc];
  return first.userId === second.userId && after - before < CONTINUED_WITHIN && midnight(before) === midnight(after);
}
