// Prints the lobby, answers "ping", and deletes its answers: node main.js [SERVER] [USER] [PASSWORD]

import { connect } from "room-events";
import { createRest } from "room-events/rest";
import { createStore } from "room-events/store";
import WebSocket from "ws";

const [server = "http://127.0.0.1:7777", userName = "bob", password = "bob"] = process.argv.slice(2);

// A browser sends the session cookie by itself; here you add it to the WebSocket and to the requests.
const { userId, userSessionId } = await createRest({ url: `${server}/api/v1` }).login(userName, password);
const headers = { cookie: `VirolaUserSessionId=${userSessionId}` };
const client = await connect({
  url: `${server}/api/v1/events`,
  rest: { headers },
  WebSocket: class extends WebSocket {
    constructor(url) {
      super(url, { headers });
    }
  },
});
client.on("statechange", ({ status }) => console.log(`[${status}]`));
const store = createStore(client);
process.once("SIGINT", () => client.close());
process.once("SIGTERM", () => client.close());

const lobby = store.timeline(1);
for await (const changes of lobby.diffs()) {
  for (const { op, items, item } of changes) {
    for (const { message } of items ?? (op === "insert" ? [item] : [])) {
      if (message) console.log(`${message.userId}: ${message.text}`);
      if (op === "insert" && message?.text === "ping") lobby.send("pong");
      if (op === "insert" && message?.text === "pong" && message.userId === userId) await store.remove(message.messageId);
    }
  }
}
