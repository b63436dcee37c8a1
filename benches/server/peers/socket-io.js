// A broadcast on socket.io, as in its documentation: an event to all sockets in a room.

import { Server } from "socket.io";
import { create, listen } from "./http.js";

const http = create((event) => io.to("room").emit("event", event));
const io = new Server(http, { transports: ["websocket"] });
io.on("connection", (socket) => socket.join("room"));
listen(http);
