/** The open room: its name, its messages, and where to write the next one. */

import { reference } from "../api.ts";
import { button, h, iconButton, setText } from "../dom.ts";
import type { Session } from "../session.ts";
import { confirmDialog, renameRoomDialog } from "./dialogs.ts";
import { discussion } from "./discussion.ts";
import { emptyState } from "./empty.ts";
import { paneIn, type Pane, type View } from "./pane.ts";
import { kindOf, roomSign } from "./room-sign.ts";

export function conversationView(session: Session): View {
  const element = h("section", { class: "conversation", tabindex: "-1", "aria-label": "Open room" });
  const show = paneIn(element);
  return {
    element,
    render() {
      const { roomId } = session.route;
      if (roomId === null) {
        show("none", () => ({ children: [emptyState("No room is open", "Pick one from the list, or make a new one.")] }));
      } else if (session.hasRooms && !session.room(roomId)) {
        const back = button({ class: "button" }, () => session.go({ roomId: null, threadId: null }), "Show all rooms");
        show(`missing ${roomId}`, () => ({ children: [emptyState("This room is not here", "It was deleted, or you are not one of its members.", back)] }));
      } else {
        show(`room ${roomId}`, () => openRoom(session, roomId));
      }
    },
  };
}

function openRoom(session: Session, roomId: number): Pane {
  const name = (): string => session.room(roomId)?.name ?? "";
  const { timeline, writer } = discussion({
    session,
    timeline: session.store.timeline(roomId, "unread"),
    label: "Messages",
    write: "Message",
    empty: ["Nothing was said here yet", "Write the first message below."],
    place: `room ${roomId}`,
    commentable: true,
  });
  const sign = roomSign();
  const title = h("h2", { class: "pane-title" });
  const kind = h("p", { class: "pane-subtitle" });
  const rename = iconButton("Rename room", "pencil", () => {
    renameRoomDialog(name(), (changed) => session.call(reference.changeRoom(roomId, { name: changed })));
  });
  const remove = iconButton("Delete room", "trash", () => {
    const text = "The room and all of its messages go for everybody.";
    confirmDialog(`Delete “${name()}”?`, text, "Delete room", () => session.call(reference.deleteRoom(roomId)));
  });
  const back = iconButton("Back to rooms", "arrowLeft", () => session.go({ roomId: null, threadId: null }), { class: "icon-button back" });
  const header = h("header", { class: "pane-header" }, back, sign.element, h("div", { class: "pane-titles" }, title, kind), rename, remove);

  return {
    children: [header, timeline.element, writer.element],
    render() {
      const room = session.room(roomId);
      header.classList.toggle("loading", !room);
      if (room) {
        sign.update(room);
        setText(title, room.name);
        setText(kind, `${kindOf(room)}${room.isArchived ? " · archived" : ""}`);
        writer.setLabel(`Message ${room.name}`);
      }
      const mayChange = room !== undefined && (room.isModerator || session.user(session.me)?.isAdmin === true);
      for (const action of [rename, remove]) action.hidden = !mayChange;
      timeline.render();
    },
    dispose: () => timeline.dispose(),
  };
}
