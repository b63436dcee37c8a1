// What the peers on Node share: the endpoint that a message comes in through.

import { createServer } from "node:http";
import { updated } from "./event.js";

/** An HTTP server whose `PUT` with `{"content": TEXT}` hands `broadcast` the event that tells of it. */
export function create(broadcast) {
  const server = createServer((request, response) => {
    if (request.method !== "PUT") {
      response.writeHead(404).end();
      return;
    }
    const chunks = [];
    request.on("data", (chunk) => chunks.push(chunk));
    request.on("end", () => {
      const { content } = JSON.parse(Buffer.concat(chunks).toString());
      broadcast(updated(content));
      response.writeHead(200, { "Content-Type": "application/json" }).end('{"httpStatusCode":200}');
    });
  });
  // A server that is busy for longer than the usual five seconds would close connections that requests are coming on.
  server.keepAliveTimeout = 0;
  return server;
}

/** Listens on any free port of the loopback interface, and says which, as the reference server does. */
export function listen(server) {
  // As many as the reference server lets wait: thousands of connections come at once.
  server.listen({ port: 0, host: "127.0.0.1", backlog: 1024 }, () => {
    console.log(`listening on http://127.0.0.1:${server.address().port}`);
  });
}
