// A page without a build step. `cargo xtask example vanilla` puts the package's files into the folder room-events.

import { connect } from "./room-events/index.js";
import "./room-events/inspector.js";
import { createRest } from "./room-events/rest.js";

const $ = (selector) => document.querySelector(selector);
const rest = createRest();

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
    const { userName, password } = event.target;
    await rest.login(userName.value, password.value);
    await start();
  } catch (error) {
    alert(error.message);
  }
});

$("#send").addEventListener("submit", async (event) => {
  event.preventDefault();
  await rest.send(1, event.target.content.value);
  event.target.reset();
});

await rest.status().then(start, showLogin);
