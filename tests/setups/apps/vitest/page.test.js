import { connect } from "room-events";
import { expect, inject, test } from "vitest";

test("an event is received", async () => {
  const api = inject("api");
  const post = (path, body) =>
    fetch(api + path, { method: "POST", credentials: "include", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
  expect((await post("/login", { userName: "alice", password: "alice" })).ok).toBe(true);
  const client = await connect({ url: `${api}/events` });
  while (client.status !== "open") await client.next("statechange");
  const heard = client.next("RoomCreated");
  await post("/rooms", { name: "kitchen" });
  expect((await heard).room.displayName).toBe("kitchen");
  client.close();
});
