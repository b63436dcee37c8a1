// The minimal servers for each client.

import { once } from "node:events";
import { createServer } from "node:http";

import { Server } from "socket.io";
import { WebSocketServer } from "ws";

/** The end of a SignalR message. */
const END = "\u001e";

/** Starts all servers. */
export async function servers() {
  const open = [];
  const listen = async (http) => {
    http.listen(0, "127.0.0.1");
    await once(http, "listening");
    open.push(http);
    return http.address().port;
  };

  const plain = createServer();
  new WebSocketServer({ server: plain });
  const socketIo = createServer();
  new Server(socketIo, { transports: ["websocket"] });
  const signalr = createServer();
  new WebSocketServer({ server: signalr }).on("connection", (socket) => {
    // The handshake of the hub protocol: the client names its protocol, and an empty object accepts it.
    socket.once("message", () => socket.send(`{}${END}`));
  });
  return {
    addresses: {
      "room-events": `ws://127.0.0.1:${await listen(plain)}/api/v1/events`,
      "socket.io-client": `http://127.0.0.1:${await listen(socketIo)}`,
      "@microsoft/signalr": `http://127.0.0.1:${await listen(signalr)}/hub`,
    },
    close() {
      for (const http of open) {
        http.closeAllConnections();
        http.close();
      }
    },
  };
}
