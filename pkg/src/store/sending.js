// The messages that are being sent, as the engine tells of them, and those that it has not heard of yet.

import { makeError } from "../error.js";
import { MAX_OUTGOING, SEND_FAILURES, SHOW_DISCARD, SHOW_RESEND, SHOW_SEND, SHOW_SENDING } from "../generated/tables.js";

/** The state of a message that is being sent, and why it was not sent. */
export const sendState = ([state, reason, status, mayResend]) => ({
  state,
  failure: reason ? Object.freeze({ reason, status: status || null, mayResend }) : null,
});

const keyOf = (number) => `o${number}`;
const numberOf = (key) => Number(key.slice(1));

/**
 * @param {object} core what the store shares
 * @param {() => void} changed
 */
export function makeSending(core, changed) {
  /** What the engine tells, by the numbers of the messages. */
  let known = new Map();
  /** What was sent, and the engine has not told of. */
  const unheard = new Map();
  let isFollowing = false;
  let list = Object.freeze([]);

  const outgoing = (told) => {
    const [number, text, roomId, parentMessageId, , , ...state] = told;
    return Object.freeze({ key: keyOf(number), roomId, parentMessageId, text, ...sendState(state) });
  };
  const update = () => {
    const before = new Map(list.map((entry) => [entry.key, entry]));
    const entries = [...known, ...unheard].map(([number, told]) => {
      const old = before.get(keyOf(number));
      const { state, failure } = sendState(told.slice(6));
      return old?.state === state && old.failure?.reason === failure?.reason ? old : outgoing(told);
    });
    list = Object.freeze(entries);
    changed();
  };
  const sending = {
    get list() {
      return list;
    },
    /** Has the engine tell of all messages that are being sent, by whichever page. */
    follow() {
      if (!isFollowing) core.show(SHOW_SENDING);
      isFollowing = true;
    },
    send(roomId, parentMessageId, text) {
      if (typeof text !== "string" || text.trim() === "") throw makeError("invalid-option", "a message needs a text");
      if (list.length >= MAX_OUTGOING) throw makeError("outbox-full", `${MAX_OUTGOING} messages are being sent`);
      sending.follow();
      // 53 bits: no other page has the same.
      const number = Math.floor(Math.random() * 2 ** 53);
      unheard.set(number, [number, text, roomId, parentMessageId, -1, NaN, "queued"]);
      update();
      core.send(SHOW_SEND, [number, roomId, parentMessageId], text);
      return keyOf(number);
    },
    resend: (key) => core.show(SHOW_RESEND, numberOf(key)),
    discard(key) {
      if (unheard.delete(numberOf(key))) update();
      core.show(SHOW_DISCARD, numberOf(key));
    },
    /** The engine tells what is being sent; `heard` is the message that this is the answer to. */
    receive({ all, heard }) {
      known = new Map(all.map((told) => [told[0], told]));
      for (const number of [...known.keys(), heard]) unheard.delete(number);
      update();
    },
    /** Another engine is there: it goes on with what the one before was sending. */
    restore() {
      if (!isFollowing) return;
      isFollowing = false;
      const all = [...known, ...unheard];
      known = new Map();
      unheard.clear();
      for (const [number, told] of all) unheard.set(number, told);
      for (const [number, told] of all) {
        const [, text, roomId, parentMessageId, above, user, , reason, status = 0] = told;
        core.send(SHOW_SEND, [number, roomId, parentMessageId, above, user, status, SEND_FAILURES.indexOf(reason)], text);
      }
      sending.follow();
    },
  };
  return sending;
}
