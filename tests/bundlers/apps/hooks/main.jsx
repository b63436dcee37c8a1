// The hooks of room-events/react, on the client for tests. The page says what came of it.

import { Component, StrictMode, act, useState } from "react";
import { createRoot } from "react-dom/client";
import { useConnection, useConnectionState, useEvents } from "room-events/react";
import { createFakeClient } from "room-events/testing";

import { storeTests } from "./store.jsx";

globalThis.IS_REACT_ACT_ENVIRONMENT = true;

function equal(actual, expected, what) {
  const [found, wanted] = [actual, expected].map((value) => JSON.stringify(value));
  if (found !== wanted) throw new Error(`${what}: ${found} instead of ${wanted}`);
}

/** Renders into an element of its own. */
async function render(element) {
  const container = document.body.appendChild(document.createElement("div"));
  const root = createRoot(container, { onUncaughtError() {}, onCaughtError() {}, onRecoverableError() {} });
  await act(async () => root.render(element));
  return { container, render: (next) => act(async () => root.render(next)), unmount: () => act(async () => root.unmount()) };
}

const TESTS = {
  async "the strict mode leaves one client open, and unmounting none"() {
    const clients = [];
    const signals = [];
    function Page() {
      const connection = useConnection((signal) => {
        signals.push(signal);
        clients.push(createFakeClient());
        return clients.at(-1);
      });
      return useConnectionState(connection).status;
    }
    const page = await render(<StrictMode><Page /></StrictMode>);
    equal(clients.map((client) => client.status), ["closed", "open"], "mounted twice");
    equal(signals.map((signal) => signal.aborted), [true, false], "signals");
    equal(page.container.textContent, "open", "shown");
    await act(async () => clients[1].setStatus("waiting", { retryAt: 5 }));
    equal(page.container.textContent, "waiting", "shown after a change");
    await page.unmount();
    equal(clients.map((client) => client.status), ["closed", "closed"], "unmounted");
    equal(clients.map((client) => client.listenerCount("statechange")), [0, 0], "callbacks");
  },

  async "a client that comes later is closed if nobody waits for it any more"() {
    let resolve;
    const client = createFakeClient();
    function Page() {
      useConnection(() => new Promise((done) => (resolve = done)));
      return null;
    }
    const page = await render(<Page />);
    await page.unmount();
    await act(async () => resolve(client));
    equal(client.status, "closed", "status");
  },

  async "what comes with the client itself is heard"() {
    const client = createFakeClient({ status: "connecting" });
    const seen = [];
    function Page() {
      const connection = useConnection(async () => client);
      useEvents(connection, "RoomDeleted", ({ roomId }, event) => seen.push(roomId, event.type));
      return useConnectionState(connection).status;
    }
    // The client delivers nothing before its callers had their turn, and the first thing then.
    const page = await render(<Page />);
    client.setStatus("open");
    client.emit("RoomDeleted", { roomId: 1 });
    equal(seen, [1, "RoomDeleted"], "events");
    await page.unmount();
  },

  async "the callback of the last rendering is called, and none is registered anew"() {
    const client = createFakeClient();
    const seen = [];
    let registered = 0;
    const { on } = client;
    client.on = (...args) => {
      registered += 1;
      return on.apply(client, args);
    };
    const Page = ({ name, type = "RoomDeleted" }) => {
      useEvents(client, type, ({ roomId }) => seen.push(`${name} ${roomId}`));
      return null;
    };
    const page = await render(<Page name="a" />);
    client.emit("RoomDeleted", { roomId: 1 });
    await page.render(<Page name="b" />);
    client.emit("RoomDeleted", { roomId: 2 });
    equal(registered, 1, "registrations");
    await page.render(<Page name="c" type="TextMessageDeleted" />);
    client.emit("RoomDeleted", { roomId: 3 });
    client.emit("TextMessageDeleted", { roomId: 4, messageId: 5, parentMessageId: 0 });
    equal(seen, ["a 1", "b 2", "c 4"], "calls");
    await page.unmount();
    equal(["RoomDeleted", "TextMessageDeleted"].map((type) => client.listenerCount(type)), [0, 0], "callbacks");
    equal(client.status, "open", "a client from elsewhere is left alone");
  },

  async "another client takes the place of the first"() {
    const [first, second] = [createFakeClient({ status: "offline" }), createFakeClient()];
    const Page = ({ client }) => useConnectionState(client).status;
    const page = await render(<Page client={null} />);
    equal(page.container.textContent, "connecting", "without a client");
    await page.render(<Page client={first} />);
    equal(page.container.textContent, "offline", "the first");
    await page.render(<Page client={second} />);
    equal(page.container.textContent, "open", "the second");
    await act(async () => first.setStatus("waiting"));
    equal(page.container.textContent, "open", "the first is not listened to");
    await page.unmount();
  },

  async "a failure reaches the error boundary"() {
    class Boundary extends Component {
      state = {};
      static getDerivedStateFromError(error) {
        return { error };
      }
      render() {
        return this.state.error ? `failed: ${this.state.error.code}` : this.props.children;
      }
    }
    const reported = [];
    const report = (event) => {
      reported.push(String(event.reason ?? event.error));
      event.preventDefault();
    };
    addEventListener("unhandledrejection", report);
    function Page() {
      const connection = useConnection(async () => {
        throw Object.assign(new Error("no module"), { code: "load-failed" });
      });
      useEvents(connection, "RoomDeleted", () => {});
      const [count] = useState(0);
      return `${useConnectionState(connection).status} ${count}`;
    }
    const page = await render(<Boundary><Page /></Boundary>);
    equal(page.container.textContent, "failed: load-failed", "shown");
    await new Promise((resolve) => setTimeout(resolve));
    equal(reported, [], "it is not reported once more");
    removeEventListener("unhandledrejection", report);
    await page.unmount();
  },

  ...storeTests(render, equal),
};

const outcomes = [];
for (const [name, test] of Object.entries(TESTS)) {
  try {
    await test();
    outcomes.push(`ok: ${name}`);
  } catch (error) {
    outcomes.push(`FAILED: ${name}: ${error.stack}`);
  }
}
globalThis.outcomes = outcomes;
