// Records the frames that a server sends one user while others are active, to play them to every contestant.

import { spawn } from "node:child_process";

import WebSocket from "ws";

/** Starts a program. Resolves to it and to the address that it prints. */
async function start(program) {
  const server = spawn(program, ["--listen", "127.0.0.1:0"], { stdio: ["ignore", "pipe", "inherit"] });
  const url = await new Promise((resolve, reject) => {
    let printed = "";
    server.stdout.on("data", (chunk) => {
      printed += chunk;
      const found = /http:\/\/[^\s]+/.exec(printed);
      if (found) resolve(found[0]);
    });
    server.on("exit", () => reject(new Error("the reference server has ended")));
  });
  return { server, url };
}

async function logIn(url, user) {
  const answer = await fetch(`${url}/api/v1/login`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ userName: user, password: user }),
  });
  return answer.headers.getSetCookie().map((cookie) => cookie.split(";")[0]).join("; ");
}

/**
 * Records a load.
 *
 * @param {string} program the reference server
 * @param {string[]} load the arguments of its `load`
 * @returns {Promise<{frames: string[], rooms: string}>} the frames sent to bob, and his final rooms, as a response of
 *   the REST API
 */
export async function record(program, load) {
  const { server, url } = await start(program);
  try {
    const cookie = await logIn(url, "bob");
    const frames = [];
    const socket = new WebSocket(`${url.replace("http", "ws")}/api/v1/events`, { headers: { cookie } });
    socket.on("message", (data) => frames.push(data.toString()));
    await new Promise((resolve) => socket.on("open", resolve));
    const activity = spawn(program, ["load", "--url", url, ...load], { stdio: ["ignore", "ignore", "inherit"] });
    const code = await new Promise((resolve) => activity.on("exit", resolve));
    if (code !== 0) throw new Error(`the load has ended with ${code}`);
    // Everything sent before the pong has arrived then.
    await new Promise((resolve) => {
      socket.on("pong", resolve);
      socket.ping();
    });
    const rooms = await (await fetch(`${url}/api/v1/rooms`, { headers: { cookie } })).text();
    socket.terminate();
    return { frames, rooms };
  } finally {
    server.kill();
  }
}

/**
 * Starts a reference server, for measurements through a real socket.
 *
 * @param {string} program
 */
export async function serve(program, site) {
  const server = spawn(program, ["--listen", "127.0.0.1:0", "--www", site], { stdio: ["ignore", "pipe", "inherit"] });
  const url = await new Promise((resolve) => {
    server.stdout.on("data", (chunk) => {
      const found = /http:\/\/[^\s]+/.exec(String(chunk));
      if (found) resolve(found[0]);
    });
  });
  return { url, stop: () => server.kill() };
}
