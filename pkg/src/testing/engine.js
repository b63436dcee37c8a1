// The fake engine for `room-events/store`: answers a page's messages from memory.

import {
  BATCH,
  SENDING,
  SHOW_DISCARD,
  SHOW_GAP,
  SHOW_MESSAGE,
  SHOW_NEWER,
  SHOW_NO_MORE,
  SHOW_OLDER,
  SHOW_RESEND,
  SHOW_SEND,
  SHOW_SENDING,
} from "../generated/tables.js";
import { Content } from "./content.js";
import { View } from "./view.js";

/** The statuses after which a retry may succeed. */
const MAY_RESEND = [409, 423, 425];

/** Calls back in a separate task, like a response. */
const later = (task) => setTimeout(task, 0);

const answer = (status, value) => ({ status, text: JSON.stringify(value) });

export class FakeEngine {
  #client;
  #hearers = new Set();
  #views = new Map();
  #lastView = 0;
  #onSend;
  #onUpload;
  #users;
  #permissions;
  /** The outgoing messages in the engine's format. */
  sending = [];
  /** The requests of stores: methods and paths. */
  requests = [];

  constructor(client, { rooms, messages, users = [], permissions = {}, userId = 1, onSend = () => "accept", onUpload = () => "accept" }) {
    this.#client = client;
    this.content = new Content({ rooms, messages });
    this.userId = userId;
    this.#users = users;
    this.#permissions = permissions;
    this.#onSend = onSend;
    this.#onUpload = onUpload;
  }

  get freshness() {
    const { status } = this.#client;
    return status === "open" ? "live" : status === "catching-up" ? status : "stale";
  }

  get #isOpen() {
    return this.#client.status === "open";
  }

  /** Connects a store. */
  join(hear) {
    this.#hearers.add(hear);
    return {
      post: (message) => this.#receive(message),
      upload: (own, tell) => this.#upload(own, tell),
      call: (_, request) => new Promise((resolve) => later(() => resolve(this.#answer(...request)))),
      nextView: () => (this.#lastView += 1),
      leave: () => this.#hearers.delete(hear),
    };
  }

  #tell(message) {
    for (const hear of this.#hearers) hear(message);
  }

  /** Sends the changes to the stores. */
  refresh() {
    const views = [...this.#views].flatMap(([id, view]) => {
      const news = view.news();
      return news ? [id, ...news] : [];
    });
    if (views.length > 0) this.#tell({ kind: BATCH, items: [], views });
  }

  #tellSending(heard = NaN) {
    this.#tell({ kind: SENDING, all: this.sending, heard, sent: [] });
    this.refresh();
  }

  /** Applies an event. Without a connection, stores see it once there is one. */
  apply(type, data) {
    this.content.apply(type, data);
    if (type === "RoomDeleted") {
      for (const told of this.sending) if (told[2] === data.roomId) this.#fail(told, "gone");
    }
    if (this.#isOpen) this.refresh();
  }

  /** Handles a change of status. */
  update() {
    if (!this.#isOpen) return this.refresh();
    for (const view of this.#views.values()) view.open?.();
    this.refresh();
    for (const told of this.sending) if (told[6] === "queued") this.#post(told);
  }

  #receive({ what, args, text }) {
    if (what === SHOW_SEND) return this.#send([...args], text);
    const [id, roomId, parent, at] = args;
    const outgoing = this.sending.find(([number]) => number === id);
    if (what === SHOW_SENDING) return this.#tellSending();
    if (what === SHOW_DISCARD) {
      this.sending = this.sending.filter((told) => told !== outgoing);
      return this.#tellSending();
    }
    if (what === SHOW_RESEND) {
      if (outgoing?.[6] !== "failed") return;
      this.#change(outgoing, "queued");
      return this.#post(outgoing);
    }
    if (what === SHOW_NO_MORE) return this.#views.delete(id);
    if (what <= SHOW_MESSAGE) return this.#open(id, new View(this, what, roomId, parent), what, at);
    const view = this.#views.get(id);
    if (!view?.isLoaded) return;
    if ([SHOW_OLDER, SHOW_NEWER, SHOW_GAP].includes(what)) view.begin(what, at);
    this.refresh();
    later(() => {
      view.finish(what, at);
      this.refresh();
    });
  }

  #open(id, view, what, at) {
    this.#views.set(id, view);
    view.open = () => {
      view.open = undefined;
      later(() => {
        view.finish(what, at);
        this.refresh();
      });
    };
    if (this.#isOpen) view.open();
  }

  #change(told, ...state) {
    told.splice(6, 4, ...state);
    this.#tellSending();
  }

  #fail(told, reason, status = 0) {
    this.#change(told, "failed", reason, status, MAY_RESEND.includes(status));
  }

  #send([number, roomId, parent], text) {
    const told = [number, text, roomId, parent, -1, this.userId, "queued"];
    this.sending = [...this.sending, told];
    this.#tellSending(number);
    if (this.content.gone.has(roomId)) this.#fail(told, "gone");
    else if (this.#isOpen) this.#post(told);
  }

  #post(told) {
    const [number, text, roomId, parentMessageId] = told;
    later(() => {
      if (!this.sending.includes(told) || told[6] !== "queued" || !this.#isOpen) return;
      this.#change(told, "sending");
      const result = this.#onSend({ text, roomId, parentMessageId });
      if (typeof result === "number") return this.#fail(told, "refused", result);
      if (result === "hold") return;
      this.sending = this.sending.filter(([other]) => other !== number);
      const message = { messageId: this.content.nextId(), roomId, parentMessageId, userId: this.userId, text, createdUtc: Date.now() };
      // One update for both, as with the real client.
      this.#tell({ kind: SENDING, all: this.sending, heard: NaN, sent: [number, message.messageId] });
      this.#client.emit("TextMessagesCreated", { messages: [message] });
    });
  }

  /** Uploads the files of a message, all or none. */
  #upload({ messageId, files }, tell) {
    later(() => {
      const message = this.content.message(messageId);
      const result = this.#onUpload({ messageId, files });
      if (!message) return tell(0, "failed", "gone", 404, false);
      if (typeof result === "number") return tell(0, "failed", ...(result < 500 ? ["refused", result, false] : ["unclear", result, true]));
      if (result === "hold") return;
      const { roomId } = message;
      const attachments = files.map(({ name, size }, index) => ({
        attachmentId: messageId * 100 + index,
        fileName: name,
        fileSize: size,
        attachmentState: "ReadyForDownloadFromServerToClient",
        textMessageId: messageId,
        roomId,
      }));
      tell(1, "uploading");
      this.#client.emit("TextMessagesUpdated", { messages: [{ ...message, attachments: [...message.attachments, ...attachments] }] });
    });
  }

  #answer(method, path) {
    this.requests.push([method, path]);
    const [, kind, given] = path.split("/");
    const message = this.content.message(Number(given));
    if (kind === "status") return answer(200, { userId: this.userId });
    if (kind === "users") return answer(200, { users: this.#users });
    if (kind === "room-permissions" && this.content.rooms.has(Number(given))) {
      return answer(200, { roomPermissions: { permissions: this.#permissions } });
    }
    if (kind !== "messages" || !message) return answer(404, { errorText: "there is no such thing" });
    const { messageId, roomId, parentMessageId, readTimestamps } = message;
    if (method === "DELETE") this.#client.emit("TextMessageDeleted", { messageId, roomId, parentMessageId });
    else {
      const receipt = { userId: this.userId, readUtc: Date.now() };
      this.#client.emit("TextMessagesUpdated", { messages: [{ ...message, readTimestamps: [...readTimestamps, receipt] }] });
    }
    return answer(200, {});
  }
}
