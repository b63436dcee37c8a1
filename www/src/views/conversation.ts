/** The open room: its name, its messages, and where to write the next one. */

import type { Room } from "room-events";

import { button, h, setText } from "../dom.ts";
import type { Session } from "../session.ts";
import { composer, type Drafts } from "./composer.ts";
import { confirmDialog, renameRoomDialog } from "./dialogs.ts";
import { icon } from "./icons.ts";
import { emptyState, TimelineView } from "./timeline.ts";

export interface View {
  readonly element: HTMLElement;
  render(): void;
}

export function conversationView(session: Session, drafts: Drafts): View {
  const element = h("section", { class: "conversation", tabindex: "-1", "aria-label": "Open room" });
  let shown: { key: string; render: (() => void) | null; dispose: (() => void) | null } | null = null;

  function show(key: string, build: () => { children: HTMLElement[]; render?: () => void; dispose?: () => void }): void {
    if (shown?.key !== key) {
      shown?.dispose?.();
      const { children, render, dispose } = build();
      element.replaceChildren(...children);
      shown = { key, render: render ?? null, dispose: dispose ?? null };
    }
    shown.render?.();
  }

  return {
    element,
    render() {
      const { roomId } = session.route;
      if (roomId === null) {
        show("none", () => ({ children: [emptyState("No room is open", "Pick one from the list, or make a new one.")] }));
      } else if (session.roomsStatus === "ready" && !session.chat.rooms.get(roomId)) {
        const back = button({ class: "button" }, () => session.go({ roomId: null, threadId: null }), "Show all rooms");
        show(`missing ${roomId}`, () => ({
          children: [emptyState("This room is not here", "It was deleted, or you are not one of its members.", back)],
        }));
      } else {
        show(`room ${roomId}`, () => openRoom(session, drafts, roomId));
      }
    },
  };
}

function openRoom(session: Session, drafts: Drafts, roomId: number): { children: HTMLElement[]; render: () => void; dispose: () => void } {
  const room = (): Room | undefined => session.chat.rooms.get(roomId);
  const timeline = new TimelineView({
    session,
    timeline: () => session.chat.room(roomId),
    label: "Messages",
    emptyTitle: "Nothing was said here yet",
    emptyText: "Write the first message below.",
    commentable: true,
    reload: () => void session.loadRoom(roomId),
    loadOlder: () => session.loadOlderInRoom(roomId),
  });
  const writer = composer({
    label: "Message",
    drafts,
    place: `room ${roomId}`,
    onSend: (text) => session.send(roomId, text),
    onEditLast: () => timeline.editLastOwn(),
  });

  const sign = h("span", { class: "room-sign" });
  const title = h("h2", { class: "pane-title" });
  const kind = h("p", { class: "pane-subtitle" });
  const rename = button({ class: "icon-button", "aria-label": "Rename room", title: "Rename room" }, () => {
    renameRoomDialog(room()?.name ?? "", (name) => session.renameRoom(roomId, name));
  }, icon("pencil"));
  const remove = button({ class: "icon-button", "aria-label": "Delete room", title: "Delete room" }, () => {
    confirmDialog(`Delete “${room()?.name ?? ""}”?`, "The room and all of its messages go for everybody.", "Delete room", () => session.deleteRoom(roomId));
  }, icon("trash"));
  const back = button({ class: "icon-button back", "aria-label": "Back to rooms" }, () => session.go({ roomId: null, threadId: null }), icon("arrowLeft"));
  const header = h("header", { class: "pane-header" }, back, sign, h("div", { class: "pane-titles" }, title, kind), rename, remove);

  let signFor = "";
  return {
    children: [header, timeline.element, writer.element],
    render() {
      const found = room();
      header.classList.toggle("loading", !found);
      if (found) {
        const isPrivate = found.roomType === "Private";
        if (signFor !== found.roomType) sign.replaceChildren(icon(isPrivate ? "lock" : "hash"));
        signFor = found.roomType;
        setText(title, found.name);
        setText(kind, `${isPrivate ? "Private room" : "Public room"}${found.isArchived ? " · archived" : ""}`);
        writer.setLabel(`Message ${found.name}`);
        const mayChange = found.isModerator || session.isAdmin;
        rename.hidden = !mayChange;
        remove.hidden = !mayChange;
      }
      timeline.render();
    },
    dispose: () => timeline.dispose(),
  };
}
