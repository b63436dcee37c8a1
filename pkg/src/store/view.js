// A view held by the engine: its items and its state, kept up to date.

import { SHOW_NO_MORE } from "../generated/tables.js";

/** The state of a view before the engine's first report. */
export const LOADING = ["loading", null, 0, null];

/**
 * Creates a view.
 *
 * @param {object} core the store's shared state
 * @param {(given: any) => object} build builds an item from the engine's format
 * @param {() => void} changed
 */
export function makeView(core, build, changed) {
  /** Its number at the engine; undefined while it is closed. Changes each time it is opened. */
  let id;
  let opening;
  /** The items in the engine's format with what was built from them, and the shown items. */
  let list = [];
  let shown = [];
  let state = LOADING;
  /** The items by text, so that they stay the same when another engine sends them. */
  let made = new Map();
  /** Whether a new engine has not reported on the shown items yet. */
  let isFresh = false;

  const make = (given) => (typeof given === "string" && made.get(given)) || { given, item: build(given) };
  const view = {
    get items() {
      return shown;
    },
    get state() {
      return state;
    },
    get isOpen() {
      return opening !== undefined;
    },
    /** Sends the engine a request about this view. */
    show(what, ...args) {
      if (id !== undefined) core.show(what, id, ...args);
    },
    open(what, ...args) {
      opening = [what, args];
      core.views.delete(id);
      id = core.nextId();
      if (id === undefined) return;
      core.views.set(id, view);
      made = new Map(list.map((entry) => [entry.given, entry]));
      list = [];
      isFresh = shown.length > 0;
      core.show(what, id, ...args);
    },
    /** Changes the position at which the next engine opens it. */
    move(what, ...args) {
      opening &&= [what, args];
    },
    /** Opens it at a new engine. */
    reopen() {
      if (opening) view.open(opening[0], ...opening[1]);
    },
    /** Marks the shown items as stale. */
    stall(cause) {
      if (!opening || state[0] === "loading") return;
      state = ["stale", cause, ...state.slice(2)];
      changed();
    },
    /** Closes it. With an error, the items stay visible. */
    close(error) {
      view.show(SHOW_NO_MORE);
      core.views.delete(id);
      id = undefined;
      if (error) return view.stall(error.message);
      opening = undefined;
      list = [];
      shown = [];
      state = LOADING;
    },
    /** Applies changes: steps as pairs of a position and an item, and the new state. */
    apply(steps, told) {
      for (let index = 0; index < steps.length; index += 2) {
        const place = steps[index];
        if (place < 0) list.splice(-1 - place, 1);
        else list.splice(place >> 1, place & 1, make(steps[index + 1]));
      }
      // Until a new engine has loaded the items, the old ones stay.
      if (isFresh && (told ?? LOADING)[0] === "loading") return;
      if (told) state = told;
      if (steps.length > 0 || isFresh) shown = list.map(({ item }) => item);
      isFresh = false;
      made = new Map();
      changed();
    },
  };
  return view;
}
