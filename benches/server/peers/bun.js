// A broadcast on Bun, as in its documentation: sockets subscribe to a topic, and the server publishes.

import { updated } from "./event.js";

const server = Bun.serve({
  hostname: "127.0.0.1",
  port: 0,
  async fetch(request, server) {
    if (request.method === "PUT") {
      const { content } = await request.json();
      server.publish("room", JSON.stringify(updated(content)));
      return Response.json({ httpStatusCode: 200 });
    }
    if (server.upgrade(request)) return undefined;
    return new Response(null, { status: 404 });
  },
  websocket: {
    open: (socket) => socket.subscribe("room"),
    message() {},
  },
});
console.log(`listening on http://127.0.0.1:${server.port}`);
