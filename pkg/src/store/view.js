// A view that the engine keeps: its items and its state, brought up to date by what the engine sends.

import { SHOW_NO_MORE } from "../generated/tables.js";

/** The state of a view of which the engine has told nothing yet. */
export const LOADING = ["loading", null, 0, null];

/**
 * Opens views at an engine, and closes them.
 *
 * @param {object} core what the store shares
 * @param {(given: any) => object} build makes an item of what the engine sends
 * @param {() => void} changed
 */
export function makeView(core, build, changed) {
  /** Its number at the engine; undefined while it is closed. Another one whenever it is opened anew. */
  let id;
  let opening;
  /** What the engine shows, each with what it was made of; and what of it is shown here. */
  let list = [];
  let shown = [];
  let state = LOADING;
  /** What was made of which text, for items to stay the same when another engine sends them. */
  let made = new Map();
  /** Whether the engine has told nothing yet of what is shown already. */
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
    /** Asks the engine for something that concerns this view. */
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
    /** It shows another place: there it is opened by another engine. */
    move(what, ...args) {
      opening &&= [what, args];
    },
    /** Another engine is there. */
    reopen() {
      if (opening) view.open(opening[0], ...opening[1]);
    },
    /** What is shown cannot be kept up to date. */
    stall(cause) {
      if (!opening || state[0] === "loading") return;
      state = ["stale", cause, ...state.slice(2)];
      changed();
    },
    /** Closes it. After an error it goes on showing what it shows. */
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
    /** Takes what has changed: the steps, each a position and an item, and the new state. */
    apply(steps, told) {
      for (let index = 0; index < steps.length; index += 2) {
        const place = steps[index];
        if (place < 0) list.splice(-1 - place, 1);
        else list.splice(place >> 1, place & 1, make(steps[index + 1]));
      }
      // What another engine does not show yet stays, until it does.
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
