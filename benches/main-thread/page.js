// The measured page: a bare socket with a switch, or the package. Both handle events in the same way.

const { searchParams } = new URL(location.href);
const [url, kind, room] = ["server", "kind", "room"].map((name) => searchParams.get(name));

/** The final state of the application. */
const messages = new Map();
const delays = (globalThis.delays = []);
globalThis.count = 0;

/** The text of a message contains the time when it was sent. */
function take(all) {
  const now = performance.timeOrigin + performance.now();
  for (const message of all) {
    messages.set(message.messageId, message);
    delays.push(now - parseFloat(message.text));
  }
  globalThis.count += 1;
}

function bare() {
  const socket = new WebSocket(url);
  socket.onmessage = ({ data: frame }) => {
    const { type, data } = JSON.parse(frame);
    switch (type) {
      case "TextMessagesCreated": {
        const wanted = room ? data.messages.filter(({ roomId }) => roomId === Number(room)) : data.messages;
        if (wanted.length > 0) take(wanted);
        break;
      }
      case "TextMessagesUpdated":
        break;
    }
  };
  return new Promise((resolve) => (socket.onopen = resolve));
}

async function ours() {
  const { connect } = await import("./dist/index.js");
  const client = await connect({ url, engine: kind, catchUp: false });
  client.on("TextMessagesCreated", ({ messages }) => take(messages), room ? { roomId: Number(room) } : undefined);
  if (client.status !== "open") await client.next("statechange");
}

await (kind === "bare" ? bare() : ours());
globalThis.ready = true;
