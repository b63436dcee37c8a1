import { type FormEvent, StrictMode, useMemo } from "react";
import { createRoot } from "react-dom/client";
import { connect } from "room-events";
import { useConnection, useFreshness, useTimeline } from "room-events/react";
import { createRest } from "room-events/rest";
import { createStore } from "room-events/store";

import "../style.css";

function Lobby({ me }: { me: number }) {
  const connection = useConnection((signal) => connect({ signal }));
  const store = useMemo(() => connection && createStore(connection), [connection]);
  const { items, start, timeline } = useTimeline(store, 1);
  const send = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    timeline?.send(event.currentTarget["text"].value);
    event.currentTarget.reset();
  };
  return (
    <>
      <h1>Lobby</h1>
      <p role="status">{useFreshness(store)}</p>
      {!start && <button onClick={timeline?.older}>Older messages</button>}
      <ul aria-label="Messages">
        {items.map((item) => (
          <li key={item.key}>
            {item.kind === "message" && `${item.message.userId}: ${item.message.text} `}
            {item.kind === "message" && item.message.userId === me && <button onClick={() => store?.remove(item.message.messageId)}>Delete</button>}
            {item.kind === "outgoing" && `${item.text} (${item.state}) `}
            {item.kind === "outgoing" && item.failure?.mayResend && <button onClick={() => timeline?.resend(item.key)}>Send again</button>}
            {item.kind === "gap" && <button onClick={() => timeline?.fill(item)}>Load what is missing</button>}
          </li>
        ))}
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
createRoot(document.getElementById("app")!).render(<StrictMode><Lobby me={userId} /></StrictMode>);
