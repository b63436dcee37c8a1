// The list of rooms, and values computed from it.

import { SHOW_ROOMS } from "../generated/tables.js";
import { room } from "../rest/answers.js";
import { diffsOf } from "./diffs.js";
import { derive, makeLive } from "./live.js";
import { parse } from "./parse.js";
import { LOADING, makeView } from "./view.js";

const build = (given) => Object.freeze(room(parse(given)));

/** The time of the latest activity in a room. */
const activity = ({ lastMessage, createdUtc }) => lastMessage?.createdUtc ?? createdUtc;

/** Sorts pinned rooms first, then by latest activity. */
const order = (one, other) =>
  other.isPinned - one.isPinned || activity(other) - activity(one) || one.roomId - other.roomId;

const INITIAL = Object.freeze([]);

/** @param {object} core the store's shared state */
export function makeRooms(core) {
  const view = makeView(core, build, () => update());
  let value = INITIAL;
  let from = value;
  let state = LOADING;
  const own = makeLive(core, {
    initial: INITIAL,
    read: () => value,
    isLoaded: () => view.state[0] !== "loading",
    start() {
      view.open(SHOW_ROOMS);
      return (error) => {
        view.close(error);
        update();
      };
    },
  });
  function update() {
    if (from === view.items && state === view.state) return;
    if (!view.isOpen) value = INITIAL;
    else if (from !== view.items) value = Object.freeze([...view.items].sort(order));
    from = view.items;
    state = view.state;
    own.changed();
    core.changed();
  }
  Object.assign(own.live, {
    diffs: () => diffsOf(own.live, (rooms) => rooms, ({ roomId }) => roomId, core.isClosed),
  });
  return Object.assign(own, {
    view,
    room: (roomId) => derive(own.live, (rooms) => rooms.find((one) => one.roomId === roomId)),
    unread: derive(own.live, (rooms) => {
      const counts = rooms.map(({ unreadMessageCount }) => Math.max(unreadMessageCount, 0));
      return Object.freeze({
        messages: counts.reduce((sum, count) => sum + count, 0),
        rooms: counts.filter((count) => count > 0).length,
      });
    }),
  });
}
