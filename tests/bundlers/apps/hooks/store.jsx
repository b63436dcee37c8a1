// The hooks that show a store, on the fake client.

import { Profiler, StrictMode, act, memo } from "react";
import { renderToString } from "react-dom/server.browser";
import { useFreshness, useLive, useRoom, useRooms, useThread, useTimeline, useUnread } from "room-events/react";
import { createStore } from "room-events/store";
import { createFakeClient, fakeMessage, fakeRoom } from "room-events/testing";

const pause = (milliseconds = 10) => act(() => new Promise((resolve) => setTimeout(resolve, milliseconds)));

/** A client with three rooms and two messages in the first, and a store that lets go quickly. */
function makeStore(options) {
  const rooms = [1, 2, 3].map((roomId) => ({ roomId, displayName: `room ${roomId}`, unreadMessageCount: roomId }));
  const messages = [11, 12].map((messageId) => ({ messageId, roomId: 1, text: `message ${messageId}` }));
  const client = createFakeClient({ rooms, messages, ...options });
  return { client, store: createStore(client, { lingerMs: 20 }) };
}

export const storeTests = (render, equal) => ({
  async "an event renders the row of its room among 200, and no other"() {
    const rooms = Array.from({ length: 200 }, (_, index) => ({ roomId: index + 1, displayName: `room ${index + 1}` }));
    const { client, store } = makeStore({ rooms });
    const rendered = [];
    const note = (id) => rendered.push(id);
    const Row = memo(({ room }) => (
      <Profiler id={room.displayName} onRender={note}>
        <li>{room.displayName}</li>
      </Profiler>
    ));
    const List = () => useRooms(store).map((room) => <Row key={room.roomId} room={room} />);
    const page = await render(<List />);
    await pause();
    equal(rendered.length, 200, "rendered at first");
    rendered.length = 0;
    await act(async () => client.emit("RoomUpdated", { room: fakeRoom({ roomId: 2, displayName: "kitchen" }) }));
    equal(page.container.children.length, 200, "rows");
    equal(rendered, ["kitchen"], "rendered after the event");
    await page.unmount();
  },

  async "the strict mode loads a timeline once, and unmounting lets go of it"() {
    const { client, store } = makeStore();
    const texts = (items) => items.map(({ text, message }) => text ?? message.text).join();
    function Page() {
      const { items, freshness, timeline } = useTimeline(store, 1);
      return <button onClick={() => timeline.send("mine")}>{`${freshness}: ${texts(items)}`}</button>;
    }
    const page = await render(<StrictMode><Page /></StrictMode>);
    await pause();
    equal(page.container.textContent, "live: message 11,message 12", "shown");
    await act(async () => client.emit("TextMessagesCreated", { messages: [fakeMessage({ messageId: 13, text: "news" })] }));
    await act(async () => page.container.firstChild.click());
    equal(page.container.textContent, "live: message 11,message 12,news,mine", "sent at once");
    await pause();
    equal(page.container.textContent, "live: message 11,message 12,news,mine", "and there");
    equal(store.outbox.get(), [], "outbox");
    await page.unmount();
    const timeline = store.timeline(1);
    equal(timeline.get() === timeline.initial, false, "kept for a while");
    await pause(60);
    equal(timeline.get() === timeline.initial, true, "then let go");
  },

  async "a server renders what there is before anything is loaded, and loads nothing"() {
    const { client, store } = makeStore();
    function Page() {
      const { items, freshness } = useTimeline(store, 1);
      return `${useRooms(store).length} ${items.length} ${freshness} ${useUnread(store).messages} ${useRoom(store, 1)?.name}`;
    }
    equal(renderToString(<Page />), "0 0 loading 0 undefined", "rendered");
    await pause();
    equal(store.timeline(1).get() === store.timeline(1).initial, true, "timeline");
    equal(client.requests, [], "requests");
    const stop = store.rooms.subscribe(() => {});
    await store.rooms.ready;
    equal(renderToString(<Page />), "0 0 loading 0 undefined", "rendered the same when it is loaded, for hydration");
    stop();
  },

  async "a selected part renders only if it changes"() {
    const { client, store } = makeStore();
    let count = 0;
    const selectNames = (rooms) => rooms.map(({ displayName }) => displayName).join();
    function Page() {
      count += 1;
      return useLive(store.rooms, selectNames);
    }
    const page = await render(<Page />);
    await pause();
    const before = count;
    await act(async () => client.emit("RoomUpdated", { room: fakeRoom({ roomId: 2, displayName: "room 2", unreadMessageCount: 9 }) }));
    equal(count, before, "renderings");
    await act(async () => client.emit("RoomDeleted", { roomId: 3 }));
    equal([page.container.textContent, count], ["room 1,room 2", before + 1], "shown");
    await page.unmount();
  },

  async "another room takes the place of the first"() {
    const { client, store } = makeStore();
    const Page = ({ roomId }) => {
      const { items, timeline } = useTimeline(store, roomId);
      const { items: comments } = useThread(store, roomId, 11);
      return `${timeline?.roomId} ${items.length} ${comments.length} ${useRoom(store, roomId)?.displayName}`;
    };
    const page = await render(<Page roomId={null} />);
    equal(page.container.textContent, "undefined 0 0 undefined", "none");
    client.emit("TextMessagesCreated", { messages: [fakeMessage({ messageId: 20, parentMessageId: 11 })] });
    await page.render(<Page roomId={1} />);
    await pause();
    equal(page.container.textContent, "1 2 1 room 1", "the first");
    await page.render(<Page roomId={2} />);
    equal(page.container.textContent, "2 0 0 room 2", "never the messages of the other");
    await page.unmount();
  },

  async "without a store there is nothing, and with one there is"() {
    const { client, store } = makeStore({ status: "connecting" });
    const Page = ({ store }) => {
      const { messages, rooms } = useUnread(store);
      return `${useFreshness(store)} ${messages} ${rooms} ${useRooms(store).length} ${useLive(undefined)}`;
    };
    const page = await render(<Page store={null} />);
    equal(page.container.textContent, "loading 0 0 0 undefined", "without");
    await page.render(<Page store={store} />);
    await act(async () => client.setStatus("open"));
    await pause();
    equal(page.container.textContent, "live 6 3 3 undefined", "with");
    await act(async () => client.setStatus("waiting"));
    await pause();
    equal(page.container.textContent, "stale 6 3 3 undefined", "without a connection");
    await page.unmount();
  },
});
