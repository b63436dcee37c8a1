// A view of the fake server's data, as the engine holds it.

import {
  SHOW_AROUND,
  SHOW_END,
  SHOW_GAP,
  SHOW_MESSAGE,
  SHOW_NEWER,
  SHOW_NEWEST,
  SHOW_OLDER,
  SHOW_ROOMS,
  SHOW_UNREAD,
  VIEW_END,
  VIEW_GONE,
  VIEW_LACKS_ANCHOR,
  VIEW_LOADS_NEWER,
  VIEW_LOADS_OLDER,
  VIEW_START,
} from "../generated/tables.js";
import { stepsBetween } from "../store/diffs.js";
import { listKey } from "./content.js";

/** The number of messages per load, as in the real client. */
const PAGE = 50;

const keyOf = ([key]) => key;

export class View {
  #engine;
  #key;
  /** The loaded messages. */
  #loaded = new Set();
  #isAtEnd = false;
  #lacksAnchor = false;
  #loads;
  #told = [];
  #state = "";

  constructor(engine, what, roomId, parentMessageId) {
    this.#engine = engine;
    this.#key = what === SHOW_ROOMS ? undefined : listKey(roomId, parentMessageId);
    this.isLoaded = false;
    this.roomId = roomId;
  }

  #isUnread({ userId, readTimestamps }) {
    const me = this.#engine.userId;
    return userId !== me && !readTimestamps.some((receipt) => receipt.userId === me);
  }

  #load(messages) {
    for (const { messageId } of messages) this.#loaded.add(messageId);
  }

  #around(list, id) {
    const at = list.findIndex(({ messageId }) => messageId >= id);
    const place = at < 0 ? list.length : at;
    this.#lacksAnchor = list[place]?.messageId !== id;
    this.#load(list.slice(Math.max(place - PAGE / 2, 0), place + PAGE / 2));
  }

  /** Marks that something is loading. */
  begin(what, at) {
    this.#loads = { what, at };
  }

  /** Loads the requested messages. */
  finish(what, at) {
    this.#loads = undefined;
    this.isLoaded = true;
    if (!this.#key) return;
    const list = this.#engine.content.list(this.#key);
    const place = (id) => list.findIndex(({ messageId }) => messageId === id);
    const places = list.flatMap(({ messageId }, index) => (this.#loaded.has(messageId) ? index : []));
    if ([SHOW_END, SHOW_UNREAD, SHOW_NEWEST].includes(what)) this.#load(list.slice(-PAGE));
    if (what === SHOW_UNREAD) {
      const first = list.findIndex((message) => this.#isUnread(message));
      if (first >= 0) this.#load(list.slice(first));
    } else if (what === SHOW_MESSAGE || what === SHOW_AROUND) this.#around(list, at);
    else if (what === SHOW_OLDER) this.#load(list.slice(Math.max((places[0] ?? 0) - PAGE, 0), places[0] ?? 0));
    else if (what === SHOW_NEWER) this.#load(list.slice((places.at(-1) ?? -1) + 1).slice(0, PAGE));
    else if (what === SHOW_GAP) {
      const above = place(at);
      const below = places.filter((index) => index < above).at(-1) ?? -1;
      this.#load(list.slice(below + 1, Math.min(below + 1 + PAGE, above)));
    }
    this.#isAtEnd = list.length === 0 || this.#loaded.has(list.at(-1).messageId);
  }

  /** Returns the items, as pairs of a key and the engine's format, and the state. */
  #show() {
    const { content, freshness } = this.#engine;
    const isGone = this.#key && (content.gone.has(this.roomId) || content.gone.has(this.#key));
    const state = isGone ? ["stale", "the list is gone"] : [freshness, freshness === "live" ? null : "there is no connection"];
    if (!this.#key) {
      const rooms = [...content.rooms.values()].sort((one, other) => one.roomId - other.roomId);
      return [rooms.map((room) => [room.roomId, JSON.stringify(room)]), [...state, VIEW_START | VIEW_END, null]];
    }
    const list = content.list(this.#key);
    // If the end is shown, new messages are shown, too.
    if (this.#isAtEnd) {
      const last = list.findLastIndex(({ messageId }) => this.#loaded.has(messageId));
      this.#load(list.slice(last + 1));
    }
    const items = [];
    let isAfterGap = false;
    let unread = null;
    for (const message of list) {
      const { messageId } = message;
      if (!this.#loaded.has(messageId)) {
        isAfterGap = true;
        continue;
      }
      if (isAfterGap && items.length > 0) {
        const isLoading = this.#loads?.what === SHOW_GAP && this.#loads.at === messageId;
        items.push([`g${messageId}`, [messageId, isLoading]]);
        unread = null;
      }
      isAfterGap = false;
      if (this.#isUnread(message)) unread ??= messageId;
      items.push([messageId, JSON.stringify(message)]);
    }
    const isStart = list.length === 0 || this.#loaded.has(list[0].messageId);
    const flags =
      (isStart ? VIEW_START : 0) |
      (this.#isAtEnd ? VIEW_END : 0) |
      (this.#loads?.what === SHOW_OLDER ? VIEW_LOADS_OLDER : 0) |
      (this.#loads?.what === SHOW_NEWER ? VIEW_LOADS_NEWER : 0) |
      (this.#lacksAnchor ? VIEW_LACKS_ANCHOR : 0) |
      (isGone ? VIEW_GONE : 0);
    for (const [number, text, roomId, parent, , , ...sending] of this.#engine.sending) {
      if (listKey(roomId, parent) === this.#key) items.push([`o${number}`, [number, text, ...sending]]);
    }
    return [items, [...state, flags, this.#isAtEnd ? unread : null]];
  }

  /**
   * Returns the changes since the last call: the steps and the state in the engine's format; undefined if there are
   * none.
   */
  news() {
    if (!this.isLoaded) return;
    const [shown, state] = this.#show();
    const before = new Map(this.#told);
    const isSame = (one, other) => JSON.stringify(one) === JSON.stringify(other);
    const items = shown.map((item) => (isSame(before.get(item[0]), item[1]) ? this.#told.find(([key]) => key === item[0]) : item));
    const steps = stepsBetween(this.#told, items, keyOf).flatMap(({ op, index, item }) =>
      op === "remove" ? [-1 - index, null] : [index * 2 + (op === "update" ? 1 : 0), item[1]],
    );
    this.#told = items;
    const isChanged = !isSame(this.#state, state);
    this.#state = state;
    return steps.length > 0 || isChanged ? [steps, isChanged ? state : null] : undefined;
  }
}
