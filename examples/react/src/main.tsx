import { type FormEvent, StrictMode, useEffect, useState } from "react";
import { createRoot } from "react-dom/client";
import { connect, type Message } from "room-events";
import { useConnection, useConnectionState, useEvents } from "room-events/react";
import { createRest } from "room-events/rest";

import "../../style.css";

const rest = createRest();

/** What the user has put into a field. */
const field = (form: HTMLFormElement, name: string): string => String(new FormData(form).get(name));

function App() {
  const [session, setSession] = useState<"unknown" | "none" | "there">("unknown");
  useEffect(() => {
    rest.status().then(() => setSession("there"), () => setSession("none"));
  }, []);
  return (
    <>
      <h1>Messages</h1>
      {session === "none" && <Login onLogin={() => setSession("there")} />}
      {session === "there" && <Chat onEnd={() => setSession("none")} />}
    </>
  );
}

function Login({ onLogin }: { onLogin: () => void }) {
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    rest.login(field(form, "userName"), field(form, "password")).then(onLogin, (error: Error) => alert(error.message));
  };
  return (
    <form onSubmit={submit}>
      <label>User <input name="userName" defaultValue="bob" autoComplete="username" required /></label>
      <label>Password <input name="password" type="password" defaultValue="bob" autoComplete="current-password" required /></label>
      <button>Log in</button>
    </form>
  );
}

function Chat({ onEnd }: { onEnd: () => void }) {
  const connection = useConnection((signal) => connect({ signal }));
  const { status } = useConnectionState(connection);
  const [messages, setMessages] = useState<Message[]>([]);
  useEvents(connection, "TextMessagesCreated", (data) => setMessages((before) => [...data.messages.toReversed(), ...before]));
  useEvents(connection, "TextMessageDeleted", ({ messageId }) =>
    setMessages((before) => before.filter((message) => message.messageId !== messageId)),
  );
  useEffect(() => {
    if (status === "unauthorized") onEnd();
  }, [status, onEnd]);

  const send = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    rest.send(1, field(form, "content")).then(() => form.reset(), (error: Error) => alert(error.message));
  };
  return (
    <>
      <p role="status">{status}</p>
      <form onSubmit={send}>
        <label>Say something in the lobby <input name="content" required /></label>
        <button>Send</button>
      </form>
      <ul aria-label="Messages">
        {messages.map((message) => (
          <li key={message.messageId}>{message.userId}: {message.text}</li>
        ))}
      </ul>
    </>
  );
}

createRoot(document.getElementById("root")!).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
