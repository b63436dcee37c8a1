/** What the tests use of the package `ws`, which comes without types. */
declare module "ws" {
  import type { Server } from "node:http";

  export class WebSocket {
    send(text: string): void;
    terminate(): void;
    on(type: "close", listener: () => void): this;
  }

  export class WebSocketServer {
    constructor(options: { server: Server });
    readonly clients: Set<WebSocket>;
    on(type: "connection", listener: (socket: WebSocket) => void): this;
    close(): void;
  }
}
