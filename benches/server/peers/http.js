// The HTTP endpoint of the peers on Node, which receives messages.

import { createServer } from "node:http";
import { updated } from "./event.js";

/** Creates an HTTP server. A `PUT` with `{"content": TEXT}` calls `broadcast` with the event. */
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
  // A server busy for longer than the default of five seconds would close connections with requests in flight.
  server.keepAliveTimeout = 0;
  return server;
}

/** Listens on a free port of the loopback interface and prints its address, like the reference server. */
export function listen(server) {
  // The same backlog as the reference server, as thousands of connections arrive at once.
  server.listen({ port: 0, host: "127.0.0.1", backlog: 1024 }, () => {
    console.log(`listening on http://127.0.0.1:${server.address().port}`);
  });
}
