// The outgoing messages: those that the engine reports, and those that it has not received yet.

import { makeError } from "../error.js";
import { MAX_OUTGOING, SEND_FAILURES, SHOW_DISCARD, SHOW_RESEND, SHOW_SEND, SHOW_SENDING } from "../generated/tables.js";

/** Converts the state of an outgoing message, and the reason of its failure. */
const sendState = ([state, reason, status, mayResend]) => ({
  state,
  failure: reason ? Object.freeze({ reason, status: status || null, mayResend }) : null,
});

/** The options of messages without files. */
const NONE = { files: Object.freeze([]) };

/** The mutable part of an outgoing message, as a string. */
const stateOf = ({ state, progress, failure }) => JSON.stringify([state, progress, failure]);

const keyOf = (number) => `o${number}`;
/** Returns the number in a key. */
export const numberOf = (key) => Number(key.slice(1));

/**
 * @param {object} core the store's shared state
 * @param {() => void} changed
 */
export function makeSending(core, changed) {
  /** The messages that the engine reports, by number. */
  let known = new Map();
  /** The sent messages that the engine has not reported yet. */
  let unheard = new Map();
  /** The files of messages, by number. `told` has the engine's format and exists once the message is sent. */
  const uploads = new Map();
  let isFollowing = false;
  let list = Object.freeze([]);

  /** Returns the state and the files of a message. */
  const describe = (number, state) => {
    const { files, messageId = null, progress = 0 } = uploads.get(number) ?? NONE;
    return { ...sendState(state), files, messageId, progress };
  };
  const outgoing = (told) => {
    const [number, text, roomId, parentMessageId, , , ...state] = told;
    return Object.freeze({ key: keyOf(number), roomId, parentMessageId, text, ...describe(number, state) });
  };
  const update = () => {
    const before = new Map(list.map((entry) => [entry.key, entry]));
    const uploading = [...uploads.values()].flatMap(({ told }) => (told ? [told] : []));
    const entries = [...known.values(), ...unheard.values(), ...uploading].map((told) => {
      const now = outgoing(told);
      const old = before.get(now.key);
      return old && stateOf(old) === stateOf(now) ? old : now;
    });
    list = Object.freeze(entries);
    changed();
  };
  /** Uploads the files of a sent message. */
  const upload = (own) => {
    const tell = (progress, ...state) => {
      own.progress = progress;
      own.told.splice(6, 4, ...state);
      if (progress === 1) uploads.delete(own.told[0]);
      update();
    };
    tell(0, "uploading");
    core.upload(own, tell);
  };
  /** The methods that timelines and the outbox share. */
  const methods = {
    resend(key) {
      const own = uploads.get(numberOf(key));
      if (own?.messageId && own.told[6] === "failed") upload(own);
      else core.show(SHOW_RESEND, numberOf(key));
    },
    discard(key) {
      const number = numberOf(key);
      const own = uploads.get(number);
      own?.stop?.abort();
      if (own?.told) uploads.delete(number);
      unheard.delete(number);
      update();
      core.show(SHOW_DISCARD, number);
    },
  };
  const sending = {
    get list() {
      return list;
    },
    describe,
    methods,
    /** Makes the engine report the outgoing messages of all pages. */
    follow() {
      if (!isFollowing) core.show(SHOW_SENDING);
      isFollowing = true;
    },
    send(roomId, parentMessageId, text, { files } = NONE) {
      if (!text?.trim?.()) throw makeError("invalid-option", "a message needs a text");
      if (list.length >= MAX_OUTGOING) throw makeError("outbox-full", `${MAX_OUTGOING} messages are being sent`);
      sending.follow();
      // 53 random bits, unique among all pages.
      const number = Math.floor(Math.random() * 2 ** 53);
      const last = [number, text, roomId, parentMessageId, -1, NaN, "queued"];
      if (files?.length > 0) uploads.set(number, { files: Object.freeze([...files]), last });
      unheard.set(number, last);
      update();
      core.send(SHOW_SEND, [number, roomId, parentMessageId], text);
      return keyOf(number);
    },
    /** Handles a report of the engine. `heard` is the message that it responds to. */
    receive({ all, heard, sent }) {
      known = new Map(all.map((told) => [told[0], told]));
      for (const number of [...known.keys(), heard]) unheard.delete(number);
      for (const [number, own] of uploads) {
        const told = known.get(number) ?? unheard.get(number);
        if (told) own.last = told;
        if (told || own.told) continue;
        own.told = [...own.last];
        own.messageId = sent[sent.indexOf(number) + 1 || -1];
        if (own.messageId) upload(own);
        else if (own.told[6] === "sending") own.told.splice(6, 4, "failed", "gone", 0, false);
        // It was discarded.
        else uploads.delete(number);
      }
      update();
    },
    /** Hands the outgoing messages of the previous engine to a new one. */
    restore() {
      if (!isFollowing) return;
      isFollowing = false;
      unheard = new Map([...known, ...unheard]);
      known = new Map();
      for (const told of [...unheard.values()]) {
        const [number, text, roomId, parentMessageId, above, user, , reason, status = 0] = told;
        core.send(SHOW_SEND, [number, roomId, parentMessageId, above, user, status, SEND_FAILURES.indexOf(reason)], text);
      }
      sending.follow();
    },
  };
  return sending;
}
