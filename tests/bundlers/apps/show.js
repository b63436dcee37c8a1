// What every application here does: it connects to the server that the page's address names, and shows what it hears.

/** @param {(options: object) => Promise<import("room-events").EventsClient>} connect */
export async function show(connect) {
  const { dataset } = document.documentElement;
  const asked = new URLSearchParams(location.search);
  try {
    const client = await connect({ url: asked.get("server"), engine: asked.get("engine") ?? "auto" });
    client.on("statechange", ({ status }) => (dataset.status = status));
    client.on("RoomCreated", ({ room }) => (dataset.room = room.displayName));
    dataset.engine = client.engine;
    dataset.status = client.status;
  } catch (error) {
    dataset.error = `${error.code}: ${error.message}`;
  }
}
