// A timeline: the messages of a room, or the comments on a message.

import {
  SHOW_AROUND,
  SHOW_END,
  SHOW_GAP,
  SHOW_MESSAGE,
  SHOW_NEWER,
  SHOW_NEWEST,
  SHOW_OLDER,
  SHOW_UNREAD,
  VIEW_END,
  VIEW_GONE,
  VIEW_LACKS_ANCHOR,
  VIEW_LOADS_NEWER,
  VIEW_LOADS_OLDER,
  VIEW_START,
} from "../generated/tables.js";
import { makeError } from "../error.js";
import { message } from "../rest/answers.js";
import { diffsOf } from "./diffs.js";
import { makeLive } from "./live.js";
import { numberOf } from "./sending.js";
import { parse } from "./parse.js";
import { LOADING, makeView } from "./view.js";

/** Builds an item from the engine's format: text for a message, two values for a gap, more for an outgoing message. */
const builder = (sending) => (given) => {
  if (typeof given === "string") {
    const built = Object.freeze(message(parse(given), {}));
    return Object.freeze({ kind: "message", key: `m${built.messageId}`, message: built });
  }
  const [number, text, ...state] = given;
  if (typeof text === "boolean") return Object.freeze({ kind: "gap", key: `g${number}`, isLoading: text });
  return Object.freeze({ kind: "outgoing", key: `o${number}`, text, ...sending.describe(number, state) });
};

const isId = (value) => Number.isSafeInteger(value) && value >= 0;

/** Returns the code and the arguments that open a view at an anchor. */
function opening(anchor) {
  if (anchor === "end") return [SHOW_END];
  if (anchor === "unread") return [SHOW_UNREAD];
  if (isId(anchor)) return [SHOW_MESSAGE, anchor];
  throw makeError("invalid-option", "a timeline begins at `end`, `unread` or a message's id", anchor);
}

const snapshot = (items, [freshness, cause, flags, firstUnreadId]) =>
  Object.freeze({
    items: Object.freeze(items),
    freshness,
    cause,
    start: (flags & VIEW_START) !== 0,
    end: (flags & VIEW_END) !== 0,
    isLoadingOlder: (flags & VIEW_LOADS_OLDER) !== 0,
    isLoadingNewer: (flags & VIEW_LOADS_NEWER) !== 0,
    isAnchorMissing: (flags & VIEW_LACKS_ANCHOR) !== 0,
    isGone: (flags & VIEW_GONE) !== 0,
    firstUnreadId,
  });

/** The state of a timeline that is not loaded. */
const INITIAL = snapshot([], LOADING);

/**
 * @param {object} core the store's shared state
 * @param {number} roomId
 * @param {number} parentMessageId the message that the comments are on; 0 for the room's messages
 * @param {"end" | "unread" | number} anchor
 * @returns {{ live: import("../store.js").Timeline, update: () => void, end: (error: Error) => void, isWatched: () => boolean }}
 */
export function makeTimeline(core, roomId, parentMessageId, anchor) {
  if (!isId(roomId) || !isId(parentMessageId)) throw makeError("invalid-option", "a room and a message are named by their ids");
  const first = opening(anchor);
  const view = makeView(core, builder(core.sending), () => update());
  let value = INITIAL;
  /** The parts that `value` was built from. */
  let from = [];

  /** Returns the outgoing messages that the view does not show yet. */
  const extras = () => {
    const shown = new Set(view.items.map(({ key }) => key));
    return core.sending.list
      .filter((entry) => entry.roomId === roomId && entry.parentMessageId === parentMessageId && !shown.has(entry.key))
      .map((entry) => core.itemOf(entry));
  };
  const own = makeLive(core, {
    initial: INITIAL,
    read: () => value,
    isLoaded: () => value.freshness !== "loading",
    start() {
      const [what, at = 0] = first;
      core.follow();
      view.open(what, roomId, parentMessageId, at);
      update();
      return (error) => {
        view.close(error);
        update();
      };
    },
  });
  function update() {
    const more = view.isOpen ? extras() : [];
    const now = [view.items, view.state, ...more];
    if (now.length === from.length && now.every((part, index) => part === from[index])) return;
    const items = from[0] === view.items && more.length === 0 && from.length === 2 ? value.items : [...view.items, ...more];
    from = now;
    value = view.isOpen ? snapshot(items, view.state) : INITIAL;
    own.changed();
    core.changed();
  }
  Object.assign(own.live, core.sending.methods, {
    roomId,
    parentMessageId,
    older: () => view.show(SHOW_OLDER),
    newer: () => view.show(SHOW_NEWER),
    fill: (gap) => view.show(SHOW_GAP, roomId, parentMessageId, numberOf(gap.key ?? gap)),
    jumpTo(id) {
      view.show(SHOW_AROUND, roomId, parentMessageId, id);
      view.move(SHOW_MESSAGE, roomId, parentMessageId, id);
    },
    jumpToEnd() {
      view.show(SHOW_NEWEST);
      view.move(SHOW_END, roomId, parentMessageId, 0);
    },
    markRead(upTo) {
      core.reading.mark(value.items.flatMap(({ message }) => (message?.messageId <= upTo ? message : [])));
    },
    send: (text, options) => core.sending.send(roomId, parentMessageId, text, options),
    diffs: () => diffsOf(own.live, ({ items }) => items, ({ key }) => key, core.isClosed),
  });
  return Object.assign(own, { view, update });
}
