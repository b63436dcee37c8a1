import { type FormEvent, StrictMode, useEffect, useState } from "react";
import { createRoot } from "react-dom/client";
import { connect, type Message } from "room-events";
import { useConnection, useConnectionState, useEvents } from "room-events/react";

import "../../style.css";

async function post(path: string, form: HTMLFormElement): Promise<void> {
  const body = JSON.stringify(Object.fromEntries(new FormData(form)));
  const response = await fetch(`/api/v1${path}`, { method: "POST", headers: { "Content-Type": "application/json" }, body });
  if (!response.ok) throw new Error(((await response.json()) as { errorText: string }).errorText);
}

function App() {
  const [session, setSession] = useState<"unknown" | "none" | "there">("unknown");
  useEffect(() => {
    void fetch("/api/v1/status").then(({ ok }) => setSession(ok ? "there" : "none"));
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
    post("/login", event.currentTarget).then(onLogin, (error: Error) => alert(error.message));
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
    void post("/rooms/1/messages", form).then(() => form.reset());
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
