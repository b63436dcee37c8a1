/** The comments on one message. */

import { h, iconButton } from "../dom.ts";
import type { Session } from "../session.ts";
import type { Pane, View } from "./conversation.ts";
import { discussion } from "./discussion.ts";
import { MessageRow } from "./message.ts";

export function threadView(session: Session): View {
  const element = h("section", { class: "thread", "aria-label": "Comments", hidden: true });
  let shown: { key: string; pane: Pane } | null = null;

  return {
    element,
    render() {
      const { roomId, threadId } = session.route;
      const key = roomId === null || threadId === null ? null : `${roomId} ${threadId}`;
      if (key !== (shown?.key ?? null)) {
        shown?.pane.dispose?.();
        shown = key !== null && roomId !== null && threadId !== null ? { key, pane: openThread(session, roomId, threadId) } : null;
        element.hidden = shown === null;
        element.replaceChildren(...(shown?.pane.children ?? []));
        element.querySelector("textarea")?.focus();
      }
      shown?.pane.render?.();
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
  return {
    children: [header, timeline.element, writer.element],
    render() {
      // Where the room is gone, too, the session leads away from it.
      if (comments.get().isGone && session.room(roomId)) session.leaveThread();
      const found = session.store.timeline(roomId, "unread").get().items.find(({ key }) => key === `m${threadId}`);
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
