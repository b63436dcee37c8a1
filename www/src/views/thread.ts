/** The comments on one message. */

import { button, h } from "../dom.ts";
import type { Session } from "../session.ts";
import { composer, type Composer, type Drafts } from "./composer.ts";
import type { View } from "./conversation.ts";
import { icon } from "./icons.ts";
import { MessageRow } from "./message.ts";
import { TimelineView } from "./timeline.ts";

export function threadView(session: Session, drafts: Drafts): View {
  const element = h("section", { class: "thread", "aria-label": "Comments", hidden: true });
  let shown: { key: string; thread: Thread } | null = null;

  return {
    element,
    render() {
      const { roomId, threadId } = session.route;
      const key = threadId === null ? null : `${roomId} ${threadId}`;
      if (key !== (shown?.key ?? null)) {
        shown?.thread.timeline.dispose();
        shown = null;
        element.replaceChildren();
        element.hidden = roomId === null || threadId === null;
        if (key !== null && roomId !== null && threadId !== null) {
          shown = { key, thread: openThread(session, drafts, roomId, threadId) };
          element.replaceChildren(...shown.thread.children);
          shown.thread.writer.focus();
        }
      }
      shown?.thread.render();
    },
  };
}

interface Thread {
  children: HTMLElement[];
  timeline: TimelineView;
  writer: Composer;
  render(): void;
}

function openThread(session: Session, drafts: Drafts, roomId: number, threadId: number): Thread {
  const close = (): void => {
    session.go({ roomId, threadId: null });
    // Back to where one came from.
    document.querySelector<HTMLElement>(`.conversation [data-message-id="${threadId}"] [aria-label=Comment]`)?.focus();
  };
  const parent = h("ol", { class: "messages thread-parent", "aria-label": "Commented message" });
  const timeline = new TimelineView({
    session,
    timeline: () => session.chat.thread(threadId),
    label: "Comments",
    emptyTitle: "No comments yet",
    emptyText: "Write the first one below.",
    commentable: false,
    reload: () => void session.loadThread(threadId),
    loadOlder: () => session.loadOlderInThread(threadId),
    header: parent,
  });
  const writer = composer({
    label: "Comment",
    drafts,
    place: `thread ${threadId}`,
    onSend: (text) => session.comment(threadId, text),
    onEditLast: () => timeline.editLastOwn(),
  });
  const header = h(
    "header",
    { class: "pane-header" },
    h("div", { class: "pane-titles" }, h("h2", { class: "pane-title" }, "Comments")),
    button({ class: "icon-button", "aria-label": "Close comments", title: "Close comments" }, close, icon("close")),
  );

  let row: MessageRow | null = null;
  return {
    children: [header, timeline.element, writer.element],
    timeline,
    writer,
    render() {
      const message = session.chat.message(roomId, threadId);
      if (message) {
        const item = { message, continued: false, receiptsBelow: false, commentable: false };
        if (!row) {
          row = new MessageRow(session, item);
          parent.append(row.element);
        }
        row.update(item);
      }
      parent.hidden = !message;
      timeline.render();
    },
  };
}
