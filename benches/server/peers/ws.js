// A broadcast on Node and `ws`, as in its documentation.

import { WebSocket, WebSocketServer } from "ws";
import { create, listen } from "./http.js";

const http = create((event) => {
  const text = JSON.stringify(event);
  for (const client of server.clients) {
    if (client.readyState === WebSocket.OPEN) client.send(text);
  }
});
const server = new WebSocketServer({ server: http, path: "/api/v1/events" });
server.on("connection", (client) => client.on("error", () => client.terminate()));
listen(http);
