// What every program here does: it connects with a token of the reference server, creates a room, and hears of it.

/**
 * @param {typeof import("room-events").connect} connect
 * @param {{ api: string, token: string, Socket: new (url: string, protocols: string[], options: object) => object }} server
 *   `Socket`: the class of the package `ws`, which can send headers
 * @returns {Promise<boolean>} whether the event is about the room
 */
export async function receive(connect, { api, token, Socket }) {
  const headers = { authorization: `Bearer ${token}` };
  const client = await connect({
    url: `${api}/events`,
    rest: { headers },
    WebSocket: class extends Socket {
      constructor(url) {
        super(url, [], { headers });
      }
    },
  });
  while (client.status !== "open") await client.next("statechange");
  const name = `room ${crypto.randomUUID()}`;
  const heard = client.next("RoomCreated");
  const body = JSON.stringify({ name });
  const answer = await fetch(`${api}/rooms`, { method: "POST", headers: { ...headers, "content-type": "application/json" }, body });
  if (!answer.ok) throw new Error(`a room cannot be created: ${await answer.text()}`);
  const { room } = await heard;
  client.close();
  return room.displayName === name;
}
