/**
 * A live event log for any page.
 *
 * @module room-events/inspector
 */

import type { EventDataMap, EventsClient, NoticeMap } from "./index.js";

/** The parts of a client that the inspector uses. Every `EventsClient` has them. */
export type InspectedClient = Pick<EventsClient, "on" | "status" | "connection" | "stats" | "url">;

type Topics = EventDataMap & NoticeMap;

/** A topic and the value that its callbacks receive. */
export type Delivered = { [Topic in keyof Topics]: [topic: Topic, value: Topics[Topic]] }[keyof Topics];

/**
 * `<room-events-inspector>`: the status of a connection, a live log of everything that its client delivers, and its
 * statistics.
 *
 * It listens while it is part of a document, and keeps the last 500 entries. Its colours follow the page's
 * `color-scheme`; override them with the custom properties `--room-events-surface`, `--room-events-text`,
 * `--room-events-accent` and `--room-events-font`. An element in the slot `actions` appears in the header.
 */
export declare class RoomEventsInspector extends HTMLElement {
  /** The inspected client. Setting another one clears the log. */
  client: InspectedClient | null;
  /**
   * Describes a delivery in one line; return `undefined` for the default description. The result may contain text from
   * other users: it is shown as text, not as HTML.
   */
  describe: ((...delivered: Delivered) => string | undefined) | null;
  /** Whether the log is paused. Deliveries are shown once it is resumed. */
  paused: boolean;
  /** Clears the log. */
  clear(): void;
}

declare global {
  interface HTMLElementTagNameMap {
    "room-events-inspector": RoomEventsInspector;
  }
}
