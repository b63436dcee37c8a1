// Runs in the page: measures the main-thread cost of a stream, and the latency of an event.

import { connect } from "room-events";

import { decode as zod } from "../decode/zod.js";

/** Messages per animation frame: about 1,000 events per second. */
const BATCH = 16;

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];
const quantile = (values, share) => values.toSorted((a, b) => a - b)[Math.floor(values.length * share)];

/** A fake socket for the client. */
class PlayedSocket extends EventTarget {
  static last;
  readyState = 1;

  constructor() {
    super();
    PlayedSocket.last = this;
  }

  close() {}
}

/** The application's reaction to events: an open room, and a list of all rooms. */
class Application {
  messages = new Map();
  rooms = new Map();
  calls = 0;

  constructor(room) {
    this.room = room;
  }

  message(message) {
    this.calls += 1;
    this.messages.set(message.messageId, message);
  }

  deleted(id) {
    this.calls += 1;
    this.messages.delete(id);
  }

  updated(room) {
    this.calls += 1;
    this.rooms.set(room.roomId, room);
  }

  gone(id) {
    this.calls += 1;
    this.rooms.delete(id);
  }
}

/** A handwritten switch. */
function byHand(application, decode) {
  return ({ data: frame }) => {
    const { type, data } = decode(frame);
    switch (type) {
      case "TextMessagesCreated":
      case "TextMessagesUpdated":
        for (const message of data.messages) if (message.roomId === application.room) application.message(message);
        break;
      case "TextMessageDeleted":
        if (data.roomId === application.room) application.deleted(data.messageId);
        break;
      case "RoomCreated":
      case "RoomUpdated":
        application.updated(data.room);
        break;
      case "RoomDeleted":
        application.gone(data.roomId);
        break;
    }
  };
}

async function ours(application, { rooms }, delivery) {
  const real = { WebSocket: globalThis.WebSocket, fetch: globalThis.fetch };
  globalThis.WebSocket = PlayedSocket;
  // The catch-up requests the rooms and their messages; there are none of the latter yet.
  globalThis.fetch = async (url, ...rest) => {
    const path = String(url);
    if (!path.includes("/api/v1/")) return real.fetch.call(globalThis, url, ...rest);
    return new Response(path.endsWith("/rooms") ? rooms : '{"httpStatusCode":200,"messages":[]}');
  };
  const client = await connect({ url: "ws://played.invalid/api/v1/events", delivery, engine: "page" });
  const roomId = application.room;
  const each = ({ messages }) => messages.forEach((message) => application.message(message));
  client.on("TextMessagesCreated", each, { roomId });
  client.on("TextMessagesUpdated", each, { roomId });
  client.on("TextMessageDeleted", ({ messageId }) => application.deleted(messageId), { roomId });
  client.on("RoomCreated", ({ room }) => application.updated(room));
  client.on("RoomUpdated", ({ room }) => application.updated(room));
  client.on("RoomDeleted", ({ roomId }) => application.gone(roomId));
  PlayedSocket.last.dispatchEvent(new Event("open"));
  while (client.status !== "open") await new Promise((resolve) => setTimeout(resolve));
  // The first reading of the rooms continues after the connection is open.
  for (let quiet = 0; quiet < 5; quiet += 1) await new Promise((resolve) => setTimeout(resolve, 20));
  const socket = PlayedSocket.last;
  Object.assign(globalThis, real);
  return { receive: (event) => socket.dispatchEvent(event), end: () => client.close() };
}

/** Plays a trace once. Returns how long the main thread was busy, in milliseconds. */
async function play(frames, receive) {
  const pictures = [];
  const real = globalThis.requestAnimationFrame;
  globalThis.requestAnimationFrame = (draw) => pictures.push(draw);
  let busy = 0;
  for (let at = 0; at < frames.length; at += BATCH) {
    // Created as by the browser, a string and an event per frame, outside the measurement.
    const events = frames.slice(at, at + BATCH).map((data) => new MessageEvent("message", { data }));
    const begin = performance.now();
    for (const event of events) receive(event);
    for (const draw of pictures.splice(0)) draw();
    busy += performance.now() - begin;
  }
  globalThis.requestAnimationFrame = real;
  await new Promise((resolve) => setTimeout(resolve));
  return busy;
}

/** A listener that is called through an event target, as by the browser. */
function listener(handle) {
  const target = new EventTarget();
  target.addEventListener("message", handle);
  return { receive: (event) => target.dispatchEvent(event), end() {} };
}

/**
 * @param {{frames: string[], rooms: string, room: number}} trace
 */
export async function traffic(trace, rounds) {
  const contestants = {
    'room-events, `delivery: "turn"`': (application) => ours(application, trace, "turn"),
    'room-events, `delivery: "frame"`': (application) => ours(application, trace, "frame"),
    "JSON.parse": (application) => listener(byHand(application, JSON.parse)),
    "JSON.parse + zod": (application) => listener(byHand(application, zod)),
  };
  const times = {};
  const seen = {};
  for (let round = -1; round < rounds; round += 1) {
    for (const [name, begin] of Object.entries(contestants)) {
      const application = new Application(trace.room);
      const { receive, end } = await begin(application);
      const busy = await play(trace.frames, receive);
      end();
      seen[name] = [application.messages.size, application.rooms.size, application.calls];
      if (round >= 0) (times[name] ??= []).push((busy * 1000) / trace.frames.length);
    }
  }
  const parse = median(times["JSON.parse"]);
  return Object.entries(times).map(([name, micros]) => ({
    name,
    micros: median(micros),
    low: Math.min(...micros),
    high: Math.max(...micros),
    ratio: median(micros) / parse,
    messages: seen[name][0],
    rooms: seen[name][1],
    calls: seen[name][2],
  }));
}

/**
 * Measures the latency from sending a message to its callback, through a real server: this package, and a bare
 * WebSocket in the same page.
 */
export async function latency(count) {
  const post = (path, body) =>
    fetch(`/api/v1${path}`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
  await post("/login", { userName: "bob", password: "bob" });
  const { room } = await (await post("/rooms", { name: "Latency" })).json();
  const sent = new Map();
  const delays = { "room-events": [], WebSocket: [] };
  const arrived = (name, text) => {
    const begin = sent.get(text);
    if (begin !== undefined) delays[name].push(performance.now() - begin);
  };
  const client = await connect({ engine: "page" });
  client.on("TextMessagesCreated", ({ messages }) => messages.forEach(({ text }) => arrived("room-events", text)));
  const bare = new WebSocket(`${location.origin.replace("http", "ws")}/api/v1/events`);
  bare.onmessage = ({ data }) => {
    const event = JSON.parse(data);
    if (event.type === "TextMessagesCreated") event.data.messages.forEach(({ text }) => arrived("WebSocket", text));
  };
  while (client.status !== "open" || bare.readyState !== 1) await new Promise((resolve) => setTimeout(resolve, 5));
  for (let number = 0; number < count; number += 1) {
    const content = `message ${number}`;
    sent.set(content, performance.now());
    await post(`/rooms/${room.roomId}/messages`, { content });
    while (delays["room-events"].length <= number || delays.WebSocket.length <= number) {
      await new Promise((resolve) => setTimeout(resolve));
    }
  }
  client.close();
  bare.close();
  return Object.entries(delays).map(([name, values]) => ({
    name,
    p50: quantile(values, 0.5),
    p99: quantile(values, 0.99),
  }));
}

globalThis.traffic = traffic;
globalThis.latency = latency;
globalThis.ready = true;
