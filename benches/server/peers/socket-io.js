// The fan-out on socket.io, as its documentation shows it: a room, and an event to all in it.

import { Server } from "socket.io";
import { create, listen } from "./http.js";

const http = create((event) => io.to("room").emit("event", event));
const io = new Server(http, { transports: ["websocket"] });
io.on("connection", (socket) => socket.join("room"));
listen(http);
