import { connect } from "room-events";
import WebSocket from "ws";

import { receive } from "./receive.mjs";

console.log((await receive(connect, { api: process.env.API, token: process.env.TOKEN, Socket: WebSocket })) ? "received" : "another room");
