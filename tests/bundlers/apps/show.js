// What every application here does: it connects to the server that the page's address names, and shows what it hears.

/** @param {(options: object) => Promise<import("room-events").EventsClient>} connect */
export async function show(connect) {
  const { dataset } = document.documentElement;
  try {
    const client = await connect({ url: new URLSearchParams(location.search).get("server") });
    client.on("statechange", ({ status }) => (dataset.status = status));
    client.on("RoomCreated", ({ room }) => (dataset.room = room.displayName));
  } catch (error) {
    dataset.error = `${error.code}: ${error.message}`;
  }
}
