// A server that a test plays: it serves the package, counts what it is asked, and sends what the test says.

import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join, resolve } from "node:path";

import { WebSocketServer } from "ws";

const DIST = resolve(import.meta.dirname, "../../pkg/dist");
const TYPES = { js: "text/javascript", wasm: "application/wasm" };

/** A page that has the package as `roomEvents`, and notes what a client tells. */
const PAGE = `<!doctype html><meta charset=utf-8><title>engines</title><link rel=icon href=data:,>
<script type=module src=/page.js></script>`;

const SCRIPT = `import * as roomEvents from "./dist/index.js";
globalThis.open = async (options = {}, listen = {}) => {
  const client = (globalThis.client = await roomEvents.connect({ url: new URL("/api/v1/events", import.meta.url), ...options }));
  const told = (globalThis.told = []);
  for (const topic of ["RoomDeleted", "TextMessagesCreated", "statechange", "resync"]) {
    client.on(topic, (value) => told.push([topic, value.status ?? value.reason ?? value.roomId ?? value.messages.map(({ text }) => text).join()]), listen);
  }
  return client.engine;
};
globalThis.ready = true;`;

export class PlayedServer {
  #http;
  #sockets;
  /** The paths that the REST API was asked for. */
  asked = [];
  /** How many sockets were asked for. */
  attempts = 0;
  /** How many sockets were opened. */
  opened = 0;
  /** What `GET /status` is answered with. */
  status = 200;
  /** Who is logged in. */
  userId = 1;
  /** How many messages each room has. */
  rooms = new Map([[1, 1], [2, 1]]);

  constructor({ policy, missing = [], scripts = {}, refuses = false }) {
    if (refuses) this.status = 401;
    this.#http = createServer((request, response) => {
      const path = new URL(request.url ?? "/", "http://localhost").pathname;
      const send = (type, body, status = 200) => response.writeHead(status, { "content-type": type }).end(body);
      if (policy !== undefined) response.setHeader("content-security-policy", policy);
      if (missing.includes(path)) return send("text/plain", "", 404);
      if (path === "/") return send("text/html", PAGE);
      if (path === "/page.js") return send("text/javascript", SCRIPT);
      if (scripts[path]) return send("text/javascript", scripts[path]);
      if (path.startsWith("/dist/")) {
        response.setHeader("access-control-allow-origin", "*");
        return send(TYPES[path.split(".").at(-1) ?? ""] ?? "text/plain", readFileSync(join(DIST, path.slice("/dist/".length))));
      }
      this.asked.push(request.url ?? "");
      response.setHeader("access-control-allow-origin", request.headers.origin ?? "*");
      response.setHeader("access-control-allow-credentials", "true");
      const [status, body] = this.#answer(path);
      return send("application/json", JSON.stringify({ httpStatusCode: status, ...body }), status);
    });
    const verifyClient = (_, done) => {
      this.attempts += 1;
      done(!refuses, 401);
    };
    this.#sockets = new WebSocketServer({ server: this.#http, verifyClient });
    this.#sockets.on("connection", () => {
      this.opened += 1;
    });
  }

  static async start(options = {}) {
    const server = new PlayedServer(options);
    server.#http.listen(0, "127.0.0.1");
    await once(server.#http, "listening");
    return server;
  }

  #answer(path) {
    if (path.endsWith("/status")) return [this.status, { userId: this.userId }];
    const message = (roomId, messageId) => ({ messageId, roomId, userId: 1, text: `message ${messageId}`, createdUtc: messageId });
    if (path.endsWith("/rooms")) {
      const rooms = [...this.rooms].map(([roomId, count]) => ({
        roomId, displayName: `room ${roomId}`, lastModifiedUtc: count, lastMessage: { messageId: roomId * 1000 + count, createdUtc: count },
      }));
      return [200, { rooms }];
    }
    const room = Number(/\/rooms\/(\d+)\/messages$/.exec(path)?.[1]);
    const count = this.rooms.get(room) ?? 0;
    return [200, { roomId: room, messages: Array.from({ length: count }, (_, index) => message(room, room * 1000 + index + 1)) }];
  }

  get url() {
    return `http://127.0.0.1:${this.#http.address().port}`;
  }

  /** How many sockets are open. */
  get live() {
    return this.#sockets.clients.size;
  }

  /** Sends an event to everybody. */
  send(type, data) {
    for (const socket of this.#sockets.clients) socket.send(JSON.stringify({ type, data }));
  }

  /** Breaks all connections. */
  drop() {
    for (const socket of this.#sockets.clients) socket.terminate();
  }

  close() {
    this.drop();
    this.#sockets.close();
    this.#http.closeAllConnections();
    this.#http.close();
  }
}
