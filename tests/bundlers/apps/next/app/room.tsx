"use client";

import { useEffect, useState } from "react";
import { connect } from "room-events";
import { useConnection, useConnectionState, useEvents } from "room-events/react";

export function Room() {
  const connection = useConnection(() => connect({ url: new URLSearchParams(location.search).get("server")! }));
  const { status } = useConnectionState(connection);
  const [room, setRoom] = useState("");
  const [engine, setEngine] = useState("");
  useEffect(() => void connection?.then((client) => setEngine(client.engine)), [connection]);
  useEvents(connection, "RoomCreated", (created) => setRoom(created.room.displayName));
  return (
    <p>
      <b id="status">{status}</b> <i id="room">{room}</i> <u id="engine">{engine}</u>
    </p>
  );
}
