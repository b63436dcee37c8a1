/** The live log, which the package brings: every event as it arrived, newest first. */

import { RoomEventsInspector, type Delivered } from "room-events/inspector";

import { iconButton } from "../dom.ts";
import type { Session } from "../session.ts";
import { summarize } from "./summary.ts";

export function inspectorView(session: Session, onClose: () => void): RoomEventsInspector {
  const element = new RoomEventsInspector();
  element.id = "inspector";
  element.className = "inspector";
  // Names where the package has only numbers.
  element.describe = (...delivered: Delivered) => summarize(session, delivered);
  session.connecting.then((client) => (element.client = client), () => undefined);
  const close = iconButton("Close the log", "close", onClose, { slot: "actions" });
  element.append(close);
  return element;
}
