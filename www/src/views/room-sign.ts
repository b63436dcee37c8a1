/** The sign of a room: who may see it. */

import type { Room } from "room-events";

import { h } from "../dom.ts";
import { icon } from "./icons.ts";

export interface RoomSign {
  readonly element: HTMLElement;
  update(room: Room): void;
}

export function kindOf({ roomType }: Room): string {
  return roomType === "Private" ? "Private room" : "Public room";
}

export function roomSign(): RoomSign {
  const element = h("span", { class: "room-sign" });
  return {
    element,
    update(room) {
      const kind = kindOf(room);
      if (element.title === kind) return;
      element.title = kind;
      element.replaceChildren(icon(room.roomType === "Private" ? "lock" : "hash"));
    },
  };
}
