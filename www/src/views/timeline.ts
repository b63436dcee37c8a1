/** The messages of a room, or the comments on a message: oldest above, newest below, and the newest in view. */

import type { Message } from "room-events";

import { button, h, KeyedList, setText, type Row } from "../dom.ts";
import { day, midnight } from "../format.ts";
import type { Timeline } from "../model/chat.ts";
import type { Session } from "../session.ts";
import { icon } from "./icons.ts";
import { MessageRow, readersOf, type MessageItem } from "./message.ts";
import { SeenObserver } from "./seen.ts";

/** Messages of one author that are closer than this (milliseconds) stand under one name. */
const CONTINUED_WITHIN = 5 * 60_000;

/** How far from the end (CSS pixels) still counts as the end. */
const END_SLACK = 40;

type Item = { key: string; day: number } | ({ key: string } & MessageItem);

export interface TimelineParts {
  session: Session;
  /** The list, looked up at each drawing: it may be forgotten and made anew after a gap. */
  timeline: () => Timeline;
  /** What the list is called for a screen reader. */
  label: string;
  emptyTitle: string;
  emptyText: string;
  commentable: boolean;
  reload: () => void;
  loadOlder: () => Promise<void>;
  /** Stands above the messages and scrolls with them. */
  header?: HTMLElement;
}

export class TimelineView {
  readonly element: HTMLElement;
  readonly #parts: TimelineParts;
  readonly #scroller: HTMLElement;
  readonly #content: HTMLElement;
  readonly #notice = h("div", { class: "timeline-notice" });
  readonly #older: HTMLButtonElement;
  readonly #jump: HTMLButtonElement;
  readonly #list: KeyedList<Item>;
  readonly #rows = new Map<number, MessageRow>();
  readonly #seen: SeenObserver;
  readonly #resize: ResizeObserver;
  #atEnd = true;
  #newestDrawn = 0;
  #noticeKey = "";

  constructor(parts: TimelineParts) {
    this.#parts = parts;
    const { session } = parts;
    const list = h("ol", { class: "messages", "aria-label": parts.label });
    this.#older = button({ class: "button small older" }, () => this.#loadOlder(), "Show earlier messages");
    this.#jump = button({ class: "jump", hidden: true }, () => this.scrollToEnd(), icon("arrowDown"), "New messages");
    this.#content = h("div", { class: "timeline-content" }, parts.header, this.#older, this.#notice, list);
    this.#scroller = h("div", { class: "timeline", tabindex: 0, role: "log", "aria-label": parts.label }, this.#content);
    this.element = h("div", { class: "timeline-frame" }, this.#scroller, this.#jump);

    this.#seen = new SeenObserver(this.#scroller, (message) => session.marker.seen(message));
    this.#list = new KeyedList<Item>(list, (item) => item.key, (item) => ("day" in item ? dayRow() : this.#messageRow(item)));
    this.#scroller.addEventListener("scroll", () => {
      const { scrollHeight, scrollTop, clientHeight } = this.#scroller;
      this.#atEnd = scrollHeight - scrollTop - clientHeight < END_SLACK;
      if (this.#atEnd) this.#jump.hidden = true;
    }, { passive: true });
    // The end stays in view when the composer grows, a panel opens or a message changes its height.
    this.#resize = new ResizeObserver(() => {
      if (this.#atEnd) this.scrollToEnd();
    });
    this.#resize.observe(this.#scroller);
    this.#resize.observe(this.#content);
  }

  render(): void {
    const timeline = this.#parts.timeline();
    const messages = timeline.messages.all;
    const anchor = this.#atEnd ? null : this.#anchor();

    this.#scroller.ariaBusy = String(timeline.status === "loading");
    this.#drawNotice(timeline);
    this.#older.hidden = !timeline.hasOlder || timeline.status !== "ready";
    this.#list.render(timeline.status === "ready" ? itemsOf(messages, this.#parts.commentable) : []);

    if (anchor) this.#scroller.scrollTop += anchor.row.element.getBoundingClientRect().top - anchor.top;
    this.#followNewest(messages.at(-1));
    this.#seen.report();
  }

  scrollToEnd(): void {
    this.#atEnd = true;
    this.#jump.hidden = true;
    this.#scroller.scrollTop = this.#scroller.scrollHeight;
  }

  /** Opens the editor on the person's own last message here; false where there is none. */
  editLastOwn(): boolean {
    const { session, timeline } = this.#parts;
    const own = timeline().messages.all.findLast((message) => message.userId === session.me);
    const row = own && this.#rows.get(own.messageId);
    row?.edit();
    return row !== undefined;
  }

  dispose(): void {
    this.#seen.disconnect();
    this.#resize.disconnect();
  }

  /** The first message that is in view, and where: it is to stay there whatever comes above it. */
  #anchor(): { row: MessageRow; top: number } | null {
    const edge = this.#scroller.getBoundingClientRect().top;
    for (const message of this.#parts.timeline().messages.all) {
      const row = this.#rows.get(message.messageId);
      const rectangle = row?.element.getBoundingClientRect();
      if (row && rectangle && rectangle.bottom > edge) return { row, top: rectangle.top };
    }
    return null;
  }

  #followNewest(newest: Message | undefined): void {
    if (!newest) return;
    const isNew = newest.messageId > this.#newestDrawn;
    const isFirst = this.#newestDrawn === 0;
    this.#newestDrawn = Math.max(newest.messageId, this.#newestDrawn);
    if (this.#atEnd || (isNew && newest.userId === this.#parts.session.me)) this.scrollToEnd();
    else if (isNew && !isFirst) this.#jump.hidden = false;
  }

  #drawNotice(timeline: Timeline): void {
    const { status, problem } = timeline;
    const key = status === "ready" ? (timeline.messages.size === 0 ? "none" : "") : `${status} ${problem}`;
    if (key === this.#noticeKey) return;
    this.#noticeKey = key;
    const { emptyTitle, emptyText, reload } = this.#parts;
    if (key === "") this.#notice.replaceChildren();
    else if (key === "none") this.#notice.replaceChildren(emptyState(emptyTitle, emptyText));
    else if (status === "failed") {
      this.#notice.replaceChildren(emptyState("The messages did not load", problem, button({ class: "button" }, reload, "Try again")));
    } else this.#notice.replaceChildren(skeleton());
  }

  #messageRow(item: MessageItem): Row<Item> {
    const row = new MessageRow(this.#parts.session, item);
    this.#rows.set(item.message.messageId, row);
    return {
      element: row.element,
      update: (next) => {
        if ("day" in next) return;
        row.update(next);
        if (this.#parts.session.marker.isUnread(next.message)) this.#seen.watch(row.element, next.message);
        else this.#seen.unwatch(row.element);
      },
      dispose: () => {
        this.#rows.delete(row.message.messageId);
        this.#seen.unwatch(row.element);
      },
    };
  }

  #loadOlder(): void {
    this.#older.disabled = true;
    // Even at the very end of a short list, what was in view is to stay in view.
    this.#atEnd = false;
    void this.#parts.loadOlder().finally(() => {
      this.#older.disabled = false;
    });
  }
}

/** A message where there is nothing else. */
export function emptyState(title: string, text: string, action?: HTMLElement): HTMLElement {
  return h("div", { class: "empty" }, icon("events"), h("p", { class: "empty-title" }, title), h("p", { class: "empty-text" }, text), action);
}

function skeleton(): HTMLElement {
  const rows = Array.from({ length: 4 }, () =>
    h("div", { class: "skeleton-row" }, h("span", { class: "skeleton circle" }), h("span", { class: "skeleton-lines" }, h("span", { class: "skeleton" }), h("span", { class: "skeleton" }))),
  );
  return h("div", { class: "skeleton-list", role: "status", "aria-label": "Loading messages" }, ...rows);
}

function dayRow(): Row<Item> {
  const label = h("span");
  return {
    element: h("li", { class: "day" }, label),
    update(item) {
      if ("day" in item) setText(label, day(item.day, Date.now()));
    },
  };
}

/** The messages with a line before the first one of each day. */
function itemsOf(messages: readonly Message[], commentable: boolean): Item[] {
  const items: Item[] = [];
  messages.forEach((message, index) => {
    const before = messages[index - 1];
    const after = messages[index + 1];
    if (!before || midnight(before.createdUtc) !== midnight(message.createdUtc)) {
      items.push({ key: `day-${message.messageId}`, day: message.createdUtc });
    }
    items.push({
      key: `message-${message.messageId}`,
      message,
      continued: before !== undefined && continues(before, message),
      receiptsBelow: after !== undefined && continues(message, after) && String(readersOf(message)) === String(readersOf(after)),
      commentable,
    });
  });
  return items;
}

/** Whether the second message stands under the name of the first. */
function continues(first: Message, second: Message): boolean {
  return (
    first.userId === second.userId &&
    second.createdUtc - first.createdUtc < CONTINUED_WITHIN &&
    midnight(first.createdUtc) === midnight(second.createdUtc)
  );
}
