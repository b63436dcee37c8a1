import { For, Show, onCleanup } from "solid-js";
import { render } from "solid-js/web";
import { connect } from "room-events";
import { createRest } from "room-events/rest";
import { useFreshness, useTimeline } from "room-events/solid";
import { createStore, type GapItem, type MessageItem, type OutgoingItem } from "room-events/store";

import "../style.css";

function Lobby(props: { me: number }) {
  const controller = new AbortController();
  onCleanup(() => controller.abort());
  const store = createStore(connect({ signal: controller.signal }));
  const { timeline, state } = useTimeline(store, 1);
  const send = (event: SubmitEvent & { currentTarget: HTMLFormElement }) => {
    event.preventDefault();
    timeline()?.send(event.currentTarget["text"].value);
    event.currentTarget.reset();
  };
  const message = ({ message }: MessageItem) => (
    <>
      {message.userId}: {message.text}{" "}
      <Show when={message.userId === props.me}><button onClick={() => store.remove(message.messageId)}>Delete</button></Show>
    </>
  );
  const outgoing = (item: OutgoingItem) => (
    <>
      {item.text} ({item.state}){" "}
      <Show when={item.failure?.mayResend}><button onClick={() => timeline()?.resend(item.key)}>Send again</button></Show>
    </>
  );
  const gap = (item: GapItem) => <button onClick={() => timeline()?.fill(item)}>Load what is missing</button>;
  return (
    <>
      <h1>Lobby</h1>
      <p role="status">{useFreshness(store)()}</p>
      <Show when={!state().start}><button onClick={() => timeline()?.older()}>Older messages</button></Show>
      <ul aria-label="Messages">
        <For each={state().items}>
          {(item) => <li>{item.kind === "message" ? message(item) : item.kind === "outgoing" ? outgoing(item) : gap(item)}</li>}
        </For>
      </ul>
      <form onSubmit={send}>
        <label>Message <input name="text" required /></label> <button>Send</button>
      </form>
    </>
  );
}

const rest = createRest();
// Your application asks for the name and the password.
const { userId } = await rest.status().catch(() => rest.login("bob", "bob"));
render(() => <Lobby me={userId} />, document.getElementById("app")!);
