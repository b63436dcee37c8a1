/** The comments on one message. */

import { h, iconButton } from "../dom.ts";
import type { Session } from "../session.ts";
import { discussion } from "./discussion.ts";
import { MessageRow } from "./message.ts";
import { paneIn, type Pane, type View } from "./pane.ts";

export function threadView(session: Session): View {
  const element = h("section", { class: "thread", "aria-label": "Comments", hidden: true });
  const show = paneIn(element);
  return {
    element,
    render() {
      const { roomId, threadId } = session.route;
      element.hidden = roomId === null || threadId === null;
      show(`${roomId} ${threadId}`, () => (roomId === null || threadId === null ? { children: [] } : openThread(session, roomId, threadId)));
    },
  };
}

function openThread(session: Session, roomId: number, threadId: number): Pane {
  const close = (): void => {
    session.go({ roomId, threadId: null });
    // Back to where one came from.
    document.querySelector<HTMLElement>(`.conversation [data-message-id="${threadId}"] [aria-label=Comment]`)?.focus();
  };
  const parent = h("ol", { class: "messages thread-parent", "aria-label": "Commented message" });
  const comments = session.store.thread(roomId, threadId);
  const { timeline, writer } = discussion({
    session,
    timeline: comments,
    label: "Comments",
    write: "Comment",
    empty: ["No comments yet", "Write the first one below."],
    place: `thread ${threadId}`,
    commentable: false,
    header: parent,
  });
  const title = h("div", { class: "pane-titles" }, h("h2", { class: "pane-title" }, "Comments"));
  const header = h("header", { class: "pane-header" }, title, iconButton("Close comments", "close", close));

  let row: MessageRow | null = null;
  // As soon as it is part of the page.
  queueMicrotask(() => writer.focus());
  return {
    children: [header, timeline.element, writer.element],
    render() {
      const { items, freshness, start, end } = session.store.timeline(roomId, "unread").get();
      const found = items.find(({ key }) => key === `m${threadId}`);
      // A deletion that was missed shows in the room: it is loaded there, and the message is not.
      const ids = items.map((item) => (item.kind === "message" ? item.message.messageId : threadId));
      const surrounds = (start || ids.some((id) => id < threadId)) && (end || ids.some((id) => id > threadId));
      const isDeleted = comments.get().isGone || (row !== null && !found && freshness === "live" && surrounds);
      // If the room is gone, too, the session leads away from it.
      if (isDeleted && session.room(roomId)) session.leaveThread();
      if (found?.kind === "message") {
        const line = { message: found.message, continued: false, receiptsBelow: false, commentable: false };
        row ??= new MessageRow(session, line);
        row.update(line);
        parent.replaceChildren(row.element);
      }
      parent.hidden = !found;
      timeline.render();
    },
    dispose: () => timeline.dispose(),
  };
}
