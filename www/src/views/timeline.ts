/** The messages of a room, or the comments on a message: oldest above, newest below, more at both ends as one scrolls. */

import type { Timeline, TimelineState } from "room-events/store";

import { button, h, KeyedList, setText } from "../dom.ts";
import type { Session } from "../session.ts";
import { emptyState, skeleton } from "./empty.ts";
import { icon } from "./icons.ts";
import { Place } from "./place.ts";
import { linesOf, rowOf, type Line } from "./rows.ts";

/** How near to an end (CSS pixels) more is loaded. */
const NEAR = 300;

export interface TimelineParts {
  session: Session;
  timeline: Timeline;
  /** What the list is called for a screen reader. */
  label: string;
  /** What stands there if there are no messages: a title and a sentence. */
  empty: [title: string, text: string];
  commentable: boolean;
  /** Stands above the messages and scrolls with them. */
  header?: HTMLElement;
}

export class TimelineView {
  readonly element: HTMLElement;
  readonly #parts: TimelineParts;
  readonly #scroller: HTMLElement;
  readonly #place: Place;
  readonly #notice = h("div", { class: "timeline-notice" });
  readonly #older = h("p", { class: "older", hidden: true }, "Loading earlier messages…");
  readonly #status = h("p", { class: "timeline-status", role: "status" });
  readonly #jump: HTMLButtonElement;
  readonly #jumpLabel = h("span");
  readonly #list: KeyedList<Line>;
  readonly #resize: ResizeObserver;
  readonly #stop: () => void;
  /** What was drawn. */
  #state: TimelineState;
  #isPlaced = false;
  /** Whether the reader goes to the newest message as soon as it is loaded. */
  #isJumping = false;
  /** The message above which the line about unread ones stands; it stays there after it was read. */
  #unreadFrom: number | null = null;
  #noticeFor = "";

  constructor(parts: TimelineParts) {
    this.#parts = parts;
    const { session, timeline, label } = parts;
    const list = h("ol", { class: "messages", "aria-label": label });
    const content = h("div", { class: "timeline-content" }, parts.header, this.#older, this.#notice, list);
    this.#scroller = h("div", { class: "timeline", tabindex: 0, role: "log", "aria-label": label }, content);
    this.#jump = button({ class: "jump", hidden: true }, () => this.jumpToEnd(), icon("arrowDown"), this.#jumpLabel);
    this.element = h("div", { class: "timeline-frame" }, this.#scroller, this.#status, this.#jump);
    this.#place = new Place(this.#scroller, list);
    this.#list = new KeyedList<Line>(list, ({ key }) => key, (line) => rowOf(line, session, timeline));
    this.#state = timeline.initial;
    this.#scroller.addEventListener("scroll", () => {
      this.#afterMove();
      this.#isJumping &&= this.#place.isAtEnd;
    }, { passive: true });
    // The end stays in view when the composer grows, a panel opens or a message changes its height.
    this.#resize = new ResizeObserver(() => {
      if (this.#place.isAtEnd && this.#state.end) this.#place.toEnd();
    });
    this.#resize.observe(this.#scroller);
    this.#resize.observe(content);
    this.#stop = timeline.subscribe(session.signal.changed);
  }

  render(): void {
    const { session, timeline, commentable } = this.#parts;
    const state = timeline.get();
    // Until the oldest unread message is found, there is no place to begin at.
    const isOpening = !this.#isPlaced && (state.freshness === "loading" || (state.isLoadingOlder && state.freshness !== "stale"));
    const follows = (this.#place.isAtEnd && this.#state.end) || this.#isJumping;
    const restore = this.#isPlaced && !follows ? this.#place.hold() : null;
    const missed = !isOpening && this.#noteUnread(state);
    this.#state = state;

    this.#scroller.ariaBusy = String(isOpening);
    this.#scroller.dataset["end"] = String(state.end);
    this.#drawNotice(isOpening);
    setText(this.#status, this.#isPlaced ? statusOf(state, session.client?.status === "open") : "");
    this.#older.hidden = !this.#isPlaced || !state.isLoadingOlder;
    this.#list.render(isOpening ? [] : linesOf(state.items, session.me, this.#unreadFrom, commentable));
    if (isOpening) return;

    if (restore) restore();
    else this.#place.toEnd();
    if (missed && !restore) this.#toUnread();
    this.#isPlaced = true;
    if (state.end) this.#isJumping = false;
    this.#afterMove();
  }

  send(text: string, files: File[]): void {
    this.#parts.timeline.send(text, { files });
    this.#unreadFrom = null;
    this.jumpToEnd();
  }

  jumpToEnd(): void {
    this.#parts.timeline.jumpToEnd();
    this.#isJumping = true;
    this.#place.toEnd();
    this.#parts.session.signal.changed();
  }

  /** Opens the editor on the person's own last message here; false if there is none. */
  editLastOwn(): boolean {
    const own = [...this.#scroller.querySelectorAll<HTMLElement>(".messages:last-child > .own")].at(-1);
    own?.querySelector<HTMLElement>("[aria-label=Edit]")?.click();
    return own !== undefined;
  }

  dispose(): void {
    this.#stop();
    this.#resize.disconnect();
  }

  #toUnread(): void {
    const line = this.#scroller.querySelector(".unread-line");
    if (line) this.#place.toRow(line);
  }

  /**
   * Whether the reader has begun to miss something: it was opened, came while nobody looked, or while there was no connection.
   * The line stands there, and does not move while it is read.
   */
  #noteUnread({ firstUnreadId }: TimelineState): boolean {
    const wasLive = this.#isPlaced && this.#state.freshness === "live";
    const isNews = firstUnreadId !== null && (!wasLive || this.#state.firstUnreadId === null);
    const isAway = !wasLive || !this.#place.isAtEnd || !this.#place.isShown;
    if (!isNews || !isAway || firstUnreadId === this.#unreadFrom) return false;
    this.#unreadFrom = firstUnreadId;
    return !wasLive;
  }

  /** Loads what the reader comes near to, and tells what was seen. */
  #afterMove(): void {
    const { timeline } = this.#parts;
    const { start, end, items, freshness, isLoadingOlder, isLoadingNewer, firstUnreadId } = this.#state;
    const { above, below } = this.#place.look();
    this.#jump.hidden = !this.#isPlaced || items.length === 0 || (this.#place.isAtEnd && end);
    setText(this.#jumpLabel, firstUnreadId === null ? "Jump to newest" : "New messages");
    if (!this.#isPlaced || !this.#place.isShown) return;
    if (above < NEAR && !start && !isLoadingOlder) timeline.older();
    if (below < NEAR && !end && !isLoadingNewer) timeline.newer();
    const seen = this.#place.lastInView((row) => row.dataset.messageId !== undefined);
    if (seen && freshness === "live") timeline.markRead(Number(seen.dataset.messageId));
  }

  #drawNotice(isOpening: boolean): void {
    const { freshness, cause, items } = this.#state;
    const key = isOpening ? `loading ${cause}` : items.length > 0 ? "" : `${freshness === "stale"} ${cause}`;
    if (key === this.#noticeFor) return;
    this.#noticeFor = key;
    this.#notice.replaceChildren();
    if (isOpening) this.#notice.append(skeleton("messages", "circle", 4));
    else if (items.length === 0 && freshness === "stale") this.#notice.append(emptyState("The messages did not load", `Because ${cause}. It is tried again.`));
    else if (items.length === 0) this.#notice.append(emptyState(...this.#parts.empty));
  }
}

/** What to say about a list whose messages are not up to date. That there is no connection is said elsewhere. */
function statusOf({ freshness, cause, isLoadingNewer }: TimelineState, isConnected: boolean): string {
  if (isLoadingNewer) return "Loading newer messages…";
  if (freshness === "catching-up") return "Catching up on what was missed…";
  return isConnected && cause !== null ? `Not up to date: ${cause}. It is tried again.` : "";
}
