// A page without a build step. `cargo xtask example vanilla` copies the package's files into the folder room-events.

import { connect } from "./room-events/index.js";
import { createRest } from "./room-events/rest.js";
import { createStore } from "./room-events/store.js";

const $ = (selector) => document.querySelector(selector);
const rest = createRest();
// Your application asks for the name and the password.
const { userId } = await rest.status().catch(() => rest.login("bob", "bob"));
const store = createStore(connect());
const room = store.timeline(1);

const button = (text, onclick) => Object.assign(document.createElement("button"), { textContent: text, onclick });

function line(item) {
  const element = document.createElement("li");
  if (item.kind === "message") {
    const { userId: author, text, messageId } = item.message;
    element.append(`${author}: ${text} `); // text, never HTML
    if (author === userId) element.append(button("Delete", () => store.remove(messageId)));
  } else if (item.kind === "outgoing") {
    element.append(`${item.text} (${item.state}) `);
    if (item.failure?.mayResend) element.append(button("Send again", () => room.resend(item.key)));
  } else {
    element.append(button("Load what is missing", () => room.fill(item)));
  }
  return element;
}

room.subscribe(() => {
  const { items, start } = room.get();
  $("#older").hidden = start;
  $("ul").replaceChildren(...items.map(line));
});
store.freshness.subscribe(() => ($("[role=status]").textContent = store.freshness.get()));
$("#older").onclick = room.older;
$("form").onsubmit = (event) => {
  event.preventDefault();
  room.send(event.target.text.value);
  event.target.reset();
};
