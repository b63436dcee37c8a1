import { useEffect, useState } from "react";
import { connect } from "room-events";
import { useConnection, useConnectionState, useEvents } from "room-events/react";

const asked = new URLSearchParams(location.search);

export default function App() {
  const connection = useConnection((signal) => connect({ url: asked.get("server")!, engine: (asked.get("engine") ?? "auto") as "auto", signal }));
  const { status } = useConnectionState(connection);
  const [room, setRoom] = useState("");
  const [engine, setEngine] = useState("");
  // The first client of the strict mode is given up, and its promise rejects.
  useEffect(() => void connection?.then((client) => setEngine(client.engine), () => {}), [connection]);
  useEvents(connection, "RoomCreated", (created) => setRoom(created.room.displayName));
  return (
    <p>
      <b id="status">{status}</b> <i id="room">{room}</i> <u id="engine">{engine}</u>
    </p>
  );
}
