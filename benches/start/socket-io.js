import { io } from "socket.io-client";

// Skips the usual polling, which is the fastest configuration.
export const connect = (url) =>
  new Promise((resolve, reject) => io(url, { transports: ["websocket"] }).once("connect", resolve).once("connect_error", reject));
