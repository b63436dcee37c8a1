// A page without a build step. `cargo xtask example vanilla` puts the package's files into the folder room-events.

import { connect } from "./room-events/index.js";
import "./room-events/inspector.js";

const $ = (selector) => document.querySelector(selector);

async function post(path, body) {
  const response = await fetch(`/api/v1${path}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error((await response.json()).errorText);
}

function showLogin() {
  $("#login").hidden = false;
  $("#chat").hidden = true;
}

async function start() {
  $("#login").hidden = true;
  $("#chat").hidden = false;
  const client = await connect();
  const show = ({ status }) => {
    $("#status").textContent = status;
    if (status === "unauthorized") {
      client.close();
      showLogin();
    }
  };
  client.on("statechange", show);
  // Another tab may have opened the connection already.
  show(client);
  client.on("TextMessagesCreated", ({ messages }) => {
    for (const message of messages) {
      const line = document.createElement("li");
      // What others write is text, never HTML.
      line.textContent = `${message.userId}: ${message.text}`;
      $("#messages").prepend(line);
    }
  });
  const inspector = $("room-events-inspector");
  inspector.client = client;
  inspector.hidden = false;
}

$("#login").addEventListener("submit", async (event) => {
  event.preventDefault();
  try {
    await post("/login", Object.fromEntries(new FormData(event.target)));
    await start();
  } catch (error) {
    alert(error.message);
  }
});

$("#send").addEventListener("submit", async (event) => {
  event.preventDefault();
  await post("/rooms/1/messages", Object.fromEntries(new FormData(event.target)));
  event.target.reset();
});

if ((await fetch("/api/v1/status")).ok) await start();
else showLogin();
