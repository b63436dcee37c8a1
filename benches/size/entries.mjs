// Modules with the minimal use of each package that receives events.

/**
 * @typedef {object} Entry
 * @property {string} name the name in the table
 * @property {string} package the package whose version is shown
 * @property {string} source the module to bundle
 */

/** Clients with a persistent connection. @type {Entry[]} */
export const CLIENTS = [
  {
    name: "reconnecting-websocket",
    package: "reconnecting-websocket",
    source: `import ReconnectingWebSocket from "reconnecting-websocket";
      export const connect = (url) => new ReconnectingWebSocket(url);`,
  },
  {
    name: "phoenix",
    package: "phoenix",
    source: `import { Socket } from "phoenix";
      export function connect(url) {
        const socket = new Socket(url);
        socket.connect();
        const channel = socket.channel("rooms");
        channel.join();
        return channel;
      }`,
  },
  {
    name: "socket.io-client",
    package: "socket.io-client",
    source: `import { io } from "socket.io-client";
      export const connect = (url) => io(url, { transports: ["websocket"] });`,
  },
  {
    name: "@microsoft/signalr",
    package: "@microsoft/signalr",
    source: `import { HubConnectionBuilder } from "@microsoft/signalr";
      export const connect = (url) => new HubConnectionBuilder().withUrl(url).withAutomaticReconnect().build();`,
  },
  {
    name: "@supabase/realtime-js",
    package: "@supabase/realtime-js",
    source: `import { RealtimeClient } from "@supabase/realtime-js";
      export const connect = (url, key) => new RealtimeClient(url, { params: { apikey: key } }).channel("rooms").subscribe();`,
  },
  {
    name: "pusher-js",
    package: "pusher-js",
    source: `import Pusher from "pusher-js";
      export const connect = (key, cluster) => new Pusher(key, { cluster }).subscribe("rooms");`,
  },
  {
    name: "centrifuge",
    package: "centrifuge",
    source: `import { Centrifuge } from "centrifuge";
      export function connect(url) {
        const client = new Centrifuge(url);
        client.connect();
        return client.newSubscription("rooms");
      }`,
  },
  {
    name: "ably",
    package: "ably",
    source: `import { Realtime } from "ably";
      export const connect = (key) => new Realtime(key).channels.get("rooms");`,
  },
  {
    name: "ably/modular",
    package: "ably",
    source: `import { BaseRealtime, FetchRequest, WebSocketTransport } from "ably/modular";
      export const connect = (key) =>
        new BaseRealtime({ key, plugins: { WebSocketTransport, FetchRequest } }).channels.get("rooms");`,
  },
];

/** Validators that pages use in addition to a client, with the same events declared. @type {Entry[]} */
export const VALIDATORS = ["ajv.js", "typia.ts", "valibot.js", "zod.js"].map((file) => {
  const [name] = file.split(".");
  return { name, package: name, source: `export { decode } from "../decode/${file}";` };
});
