/** The live log, which the package brings: every event as it arrived, newest first. */

import { RoomEventsInspector, type Delivered } from "room-events/inspector";

import { button } from "../dom.ts";
import { summarize } from "../model/summary.ts";
import type { Session } from "../session.ts";
import { icon } from "./icons.ts";

export function inspectorView(session: Session, onClose: () => void): RoomEventsInspector {
  const element = new RoomEventsInspector();
  element.id = "inspector";
  element.className = "inspector";
  // Names where the package has only numbers.
  element.describe = (...delivered: Delivered) => summarize(session.chat, delivered);
  session.onClient = (client) => {
    element.client = client;
  };
  const close = button({ class: "icon-button", slot: "actions", "aria-label": "Close the log", title: "Close the log" }, onClose, icon("close"));
  element.append(close);
  return element;
}
