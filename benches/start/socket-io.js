import { io } from "socket.io-client";

// Without the polling that comes first otherwise: the quickest that it can be.
export const connect = (url) =>
  new Promise((resolve, reject) => io(url, { transports: ["websocket"] }).once("connect", resolve).once("connect_error", reject));
