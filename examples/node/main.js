// Prints what happens in the rooms of a user: node main.js [SERVER] [USER] [PASSWORD]
//
// In a browser the cookie of the login goes along by itself. Here it is added by hand, to the WebSocket and to the
// requests of the catch-up.

import { connect } from "room-events";
import { createRest } from "room-events/rest";
import WebSocket from "ws";

const [server = "http://127.0.0.1:7777", userName = "bob", password = "bob"] = process.argv.slice(2);

const { userSessionId } = await createRest({ url: `${server}/api/v1` }).login(userName, password);
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
process.once("SIGINT", () => client.close());
process.once("SIGTERM", () => client.close());

for await (const { type, data } of client) {
  if (type === "TextMessagesCreated") {
    for (const message of data.messages) console.log(`room ${message.roomId}, user ${message.userId}: ${message.text}`);
  } else {
    console.log(type);
  }
}
