/** The list of rooms. */

import type { Room } from "room-events";

import { reference } from "../api.ts";
import { h, hiddenText, iconButton, KeyedList, setText, type Row } from "../dom.ts";
import { ago, fullTime } from "../format.ts";
import { formatRoute } from "../route.ts";
import type { Session } from "../session.ts";
import type { View } from "./pane.ts";
import { newRoomDialog } from "./dialogs.ts";
import { emptyState, skeleton } from "./empty.ts";
import { icon } from "./icons.ts";
import { kindOf, roomSign } from "./room-sign.ts";

/** A count above this is shown as "99+". */
const MOST_SHOWN = 99;

export function roomsView(session: Session): View {
  const notice = h("div", { class: "rooms-notice" });
  const list = h("ul", { class: "room-list" });
  const keyed = new KeyedList<Room>(list, (room) => room.roomId, () => roomRow(session));
  const create = iconButton("New room", "plus", () => {
    const others = session.store.users.get().filter((user) => user.userId !== session.me);
    newRoomDialog(others, (room) => session.call(reference.createRoom(room)));
  });
  const element = h("nav", { class: "rooms", "aria-label": "Rooms" },
    h("header", { class: "pane-header" }, h("div", { class: "pane-titles" }, h("h2", { class: "pane-title" }, "Rooms")), create),
    h("div", { class: "rooms-scroll" }, notice, list),
  );
  let noticeFor = "";

  return {
    element,
    render() {
      const rooms = session.store.rooms.get();
      const cause = session.store.cause.get();
      const key = rooms.length > 0 ? "" : session.hasRooms ? `none ${cause}` : `loading ${session.problem}`;
      if (key !== noticeFor) {
        noticeFor = key;
        notice.replaceChildren();
        if (key.startsWith("loading null")) notice.append(skeleton("rooms", "square", 5));
        else if (key && (session.problem ?? cause)) notice.append(emptyState("The rooms did not load", session.problem ?? `Because ${cause}. It is tried again.`));
        else if (key) notice.append(emptyState("No rooms yet", "Make the first one with the plus sign above."));
      }
      keyed.render(rooms);
    },
  };
}

function roomRow(session: Session): Row<Room> {
  const sign = roomSign();
  const kind = hiddenText("");
  const name = h("span", { class: "room-name" });
  const time = h("time", { class: "room-time" });
  const last = h("span", { class: "room-last" });
  const pin = h("span", { class: "room-pin", title: "Pinned" }, icon("pin"), hiddenText("Pinned"));
  const unreadText = h("span", { "aria-hidden": "true" });
  const unreadHidden = hiddenText("");
  const unread = h("span", { class: "badge" }, unreadText, unreadHidden);
  const above = h("span", { class: "room-line" }, name, pin, time);
  const below = h("span", { class: "room-line" }, last, unread);
  const link = h("a", { class: "room-link" }, sign.element, kind, h("span", { class: "room-lines" }, above, below));
  return {
    element: h("li", {}, link),
    update(room) {
      link.href = formatRoute({ roomId: room.roomId, threadId: null });
      if (session.route.roomId === room.roomId) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
      link.classList.toggle("unread", room.unreadMessageCount > 0);
      link.classList.toggle("archived", room.isArchived);
      sign.update(room);
      setText(kind, kindOf(room));
      setText(name, room.name);
      pin.hidden = !room.isPinned;
      // When its newest message was sent, or when it was made.
      const activity = room.lastMessage?.createdUtc ?? room.createdUtc;
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
  // The documented API does not say who it was.
  if (userId === undefined) return kindOf(room);
  return userId === session.me ? "You wrote last" : `${session.userName(userId)} wrote last`;
}
