/** The list of rooms. */

import type { Room } from "room-events";

import { button, h, hiddenText, KeyedList, setText, type Row } from "../dom.ts";
import { ago, fullTime } from "../format.ts";
import { lastActivity } from "../model/chat.ts";
import { formatRoute } from "../route.ts";
import type { Session } from "../session.ts";
import type { View } from "./conversation.ts";
import { newRoomDialog } from "./dialogs.ts";
import { icon } from "./icons.ts";
import { emptyState } from "./timeline.ts";

/** A count above this is shown as "99+". */
const MOST_SHOWN = 99;

export function roomsView(session: Session): View {
  const notice = h("div", { class: "rooms-notice" });
  const list = h("ul", { class: "room-list" });
  const keyed = new KeyedList<Room>(list, (room) => room.roomId, () => roomRow(session));
  const create = button({ class: "icon-button", "aria-label": "New room", title: "New room" }, () => {
    const others = [...session.chat.users.values()].filter((user) => user.userId !== session.me);
    newRoomDialog(others, (room) => session.createRoom(room));
  }, icon("plus"));
  const element = h(
    "nav",
    { class: "rooms", "aria-label": "Rooms" },
    h("header", { class: "pane-header" }, h("div", { class: "pane-titles" }, h("h2", { class: "pane-title" }, "Rooms")), create),
    h("div", { class: "rooms-scroll" }, notice, list),
  );
  let noticeFor = "";

  return {
    element,
    render() {
      const { roomsStatus, roomsProblem, chat } = session;
      const rooms = chat.rooms.all;
      const key = roomsStatus === "ready" ? (rooms.length === 0 ? "none" : "") : `${roomsStatus} ${roomsProblem}`;
      if (key !== noticeFor) {
        noticeFor = key;
        if (key === "") notice.replaceChildren();
        else if (key === "none") notice.replaceChildren(emptyState("No rooms yet", "Make the first one with the plus sign above."));
        else if (roomsStatus === "failed") {
          notice.replaceChildren(
            emptyState("The rooms did not load", roomsProblem, button({ class: "button" }, () => void session.reload(), "Try again")),
          );
        } else notice.replaceChildren(skeleton());
      }
      keyed.render(rooms);
    },
  };
}

function roomRow(session: Session): Row<Room> {
  const sign = h("span", { class: "room-sign" });
  const kind = hiddenText("");
  const name = h("span", { class: "room-name" });
  const time = h("time", { class: "room-time" });
  const last = h("span", { class: "room-last" });
  const pin = h("span", { class: "room-pin", title: "Pinned" }, icon("pin"), hiddenText("Pinned"));
  const unread = h("span", { class: "badge" });
  const unreadText = h("span", { "aria-hidden": "true" });
  const unreadHidden = hiddenText("");
  unread.append(unreadText, unreadHidden);
  const link = h(
    "a",
    { class: "room-link" },
    sign,
    kind,
    h("span", { class: "room-lines" }, h("span", { class: "room-line" }, name, pin, time), h("span", { class: "room-line" }, last, unread)),
  );
  let signFor = "";
  return {
    element: h("li", {}, link),
    update(room) {
      const isOpen = session.route.roomId === room.roomId;
      link.href = formatRoute({ roomId: room.roomId, threadId: null });
      if (isOpen) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
      link.classList.toggle("unread", room.unreadMessageCount > 0);
      link.classList.toggle("archived", room.isArchived);
      if (signFor !== room.roomType) {
        signFor = room.roomType;
        const isPrivate = room.roomType === "Private";
        sign.replaceChildren(icon(isPrivate ? "lock" : "hash"));
        sign.title = isPrivate ? "Private room" : "Public room";
        setText(kind, isPrivate ? "Private room" : "Public room");
      }
      setText(name, room.name);
      pin.hidden = !room.isPinned;
      const activity = lastActivity(room);
      time.hidden = activity === 0;
      if (activity > 0) {
        time.dateTime = new Date(activity).toISOString();
        time.title = fullTime(activity);
        setText(time, ago(activity, Date.now()));
      }
      setText(last, lastLine(session, room));
      const count = room.unreadMessageCount;
      unread.hidden = count === 0;
      setText(unreadText, count === 0 ? "" : count > MOST_SHOWN ? `${MOST_SHOWN}+` : String(count));
      setText(unreadHidden, count === 0 ? "" : `${count} unread`);
    },
  };
}

function lastLine(session: Session, room: Room): string {
  if (room.isArchived) return "Archived";
  if (!room.lastMessage) return "No messages yet";
  const { userId } = room.lastMessage;
  if (userId === undefined) return "";
  return userId === session.me ? "You wrote last" : `${session.chat.userName(userId)} wrote last`;
}

function skeleton(): HTMLElement {
  const rows = Array.from({ length: 5 }, () => h("div", { class: "skeleton-row" }, h("span", { class: "skeleton square" }), h("span", { class: "skeleton-lines" }, h("span", { class: "skeleton" }), h("span", { class: "skeleton" }))));
  return h("div", { class: "skeleton-list", role: "status", "aria-label": "Loading rooms" }, ...rows);
}
