// A page that accepts updates of itself, and with them those of its chat module.
import { client, edit } from "./chat.js";

const controller = new AbortController();
const { signal } = controller;
globalThis.heard ??= [];
client.on("RoomCreated", ({ room }) => globalThis.heard.push(room.displayName), { signal });
client.on("statechange", show, { signal });
show();

function show() {
  document.documentElement.dataset.shown = `${edit} ${client.status}`;
}

import.meta.hot.accept();
import.meta.hot.dispose(() => controller.abort());
