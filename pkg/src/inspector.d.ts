/**
 * A live log for any page.
 *
 * @module room-events/inspector
 */

import type { EventDataMap, EventsClient, NoticeMap } from "./index.js";

/** What the inspector needs of a client: every `EventsClient` has it. */
export type InspectedClient = Pick<EventsClient, "on" | "status" | "connection" | "stats" | "url">;

type Topics = EventDataMap & NoticeMap;

/** A topic and what its callbacks get. */
export type Delivered = { [Topic in keyof Topics]: [topic: Topic, value: Topics[Topic]] }[keyof Topics];

/**
 * `<room-events-inspector>`: the status of a connection, a live log of everything that its client delivers, and its
 * numbers.
 *
 * It listens while it is part of a document, and keeps the last 500 entries. Its colours follow the page's
 * `color-scheme`; the custom properties `--room-events-surface`, `--room-events-text`, `--room-events-accent` and
 * `--room-events-font` change them. An element in its slot `actions` stands in the header.
 */
export declare class RoomEventsInspector extends HTMLElement {
  /** The client that is looked at. Another one begins with an empty log. */
  client: InspectedClient | null;
  /**
   * Says in one line what a topic has delivered; `undefined` leaves the line to the inspector. It may hold texts of
   * other users: it is shown as text.
   */
  describe: ((...delivered: Delivered) => string | undefined) | null;
  /** Whether the list stands still. What arrives meanwhile is shown afterwards. */
  paused: boolean;
  /** Empties the log. */
  clear(): void;
}

declare global {
  interface HTMLElementTagNameMap {
    "room-events-inspector": RoomEventsInspector;
  }
}
